/** Relay credentials from `POST /turn-cred`, kept until they are nearly over. */
import type { RoutePolicy } from '../call/types';

export interface IceAnswer {
  servers: RTCIceServer[];
  /** Seconds. */
  ttl: number;
}

export type FetchIce = () => Promise<IceAnswer | { retryAfter: number } | null>;

/** Which of the servers a policy allows. */
export function allowedServers(servers: RTCIceServer[], policy: RoutePolicy): RTCIceServer[] {
  if (policy === 'auto') return servers;
  return servers
    .map((server) => ({ ...server, urls: [server.urls].flat().filter((url) => fits(url, policy)) }))
    .filter((server) => server.urls.length > 0);
}

function fits(url: string, policy: RoutePolicy): boolean {
  if (!/^turns?:/.test(url)) return false;
  const tcp = /[?&]transport=tcp\b/.test(url) || url.startsWith('turns:');
  if (policy === 'relay-udp') return !tcp;
  return policy === 'relay-tcp' ? tcp : true;
}

export function connectionConfig(
  servers: RTCIceServer[],
  policy: RoutePolicy,
): RTCConfiguration & { encodedInsertableStreams: boolean } {
  return {
    iceServers: allowedServers(servers, policy),
    iceTransportPolicy: policy === 'auto' ? 'all' : 'relay',
    bundlePolicy: 'max-bundle',
    rtcpMuxPolicy: 'require',
    // Without it Chromium sends frames before a transform is there, and in clear.
    encodedInsertableStreams: true,
  };
}

/** Refreshed in the last fifth of their life. */
const renewAt = 0.8;

export class IceServerCache {
  private held: { servers: RTCIceServer[]; until: number } | null = null;
  private asking: Promise<void> | null = null;
  private notBefore = 0;

  constructor(
    private readonly ask: FetchIce,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The servers; [] when there is no way to get any now. Never waits for a refused retry. */
  async get(): Promise<RTCIceServer[]> {
    const now = this.now();
    if (this.held && now < this.held.until) return this.held.servers;
    if (now >= this.notBefore) {
      this.asking ??= this.refresh().finally(() => {
        this.asking = null;
      });
      await this.asking;
    }
    return this.held?.servers ?? [];
  }

  private async refresh(): Promise<void> {
    const answer = await this.ask();
    const now = this.now();
    if (answer === null) {
      this.notBefore = now + 1000;
    } else if ('retryAfter' in answer) {
      this.notBefore = now + answer.retryAfter * 1000;
    } else {
      this.held = { servers: answer.servers, until: now + answer.ttl * 1000 * renewAt };
    }
  }
}

/** What `/turn-cred` says; null when it is something else. */
export function readIceAnswer(value: unknown): IceAnswer | null {
  if (typeof value !== 'object' || value === null) return null;
  const { ttl, ice_servers: list } = value as Record<string, unknown>;
  if (typeof ttl !== 'number' || !(ttl > 0) || !Array.isArray(list)) return null;
  const servers: RTCIceServer[] = [];
  for (const entry of list.slice(0, 16) as unknown[]) {
    if (typeof entry !== 'object' || entry === null) return null;
    const { urls, username, credential } = entry as Record<string, unknown>;
    if (!Array.isArray(urls) || !urls.every((url) => typeof url === 'string')) return null;
    const server: RTCIceServer = { urls };
    if (typeof username === 'string') server.username = username;
    if (typeof credential === 'string') server.credential = credential;
    servers.push(server);
  }
  return { servers, ttl };
}

/** The real request. `token` is the session's; without one nothing is asked. */
export function fetchIce(token: () => string | null): FetchIce {
  return async () => {
    const bearer = token();
    if (bearer === null) return null;
    try {
      const response = await fetch('/turn-cred', {
        method: 'POST',
        headers: { Authorization: `Bearer ${bearer}` },
        referrerPolicy: 'no-referrer',
        signal: AbortSignal.timeout(5000),
      });
      if (response.ok) return readIceAnswer(await response.json());
      const retry = Number(response.headers.get('Retry-After'));
      return retry > 0 ? { retryAfter: retry } : null;
    } catch {
      return null;
    }
  };
}
