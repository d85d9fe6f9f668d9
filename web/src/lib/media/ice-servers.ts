/** Relay credentials from `POST /turn-cred`, kept until they are nearly over. */
import { clock } from '../clock';
import { events } from '../events';
import type { RoutePolicy } from './types';

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

/** Renewed in the last fifth of their life. */
const renewAt = 0.8;
/** Credentials that the relay refused are kept for so long; another request would bring no better ones. */
const keepRefused = 10_000;

interface Held {
  servers: RTCIceServer[];
  since: number;
  /** Used until then without asking for newer ones. */
  until: number;
  /** The relay takes them until then. */
  expires: number;
}

const newerLimitMs = 1_000;

export class IceServerCache {
  private held: Held | null = null;
  private asking: Promise<void> | null = null;
  private notBefore = 0;
  /** Counts admissions: an answer to a request of an earlier one is not kept. */
  private admission = 0;

  /** `now`: milliseconds that count sleep, because credentials expire meanwhile. */
  constructor(
    private readonly ask: FetchIce,
    private readonly now: () => number = () => clock.elapsed(),
  ) {}

  /**
   * The servers; [] when there is no way to get any now. Never waits for a refused retry,
   * and for newer ones at most a second: a network that is cut must not delay a restart.
   */
  async get(): Promise<RTCIceServer[]> {
    const now = this.now();
    if (this.held && now < this.held.until) return this.held.servers;
    if (now >= this.notBefore) {
      this.asking ??= this.request();
      const { held, asking } = this;
      const good = held !== null && now < held.expires;
      await (good ? Promise.race([asking, after(newerLimitMs)]) : asking);
    }
    return this.held?.servers ?? [];
  }

  /** The server admitted this page anew: asks for credentials of this admission. */
  admitted(): void {
    this.admission += 1;
    this.asking = null;
    this.notBefore = 0;
    if (this.held) this.held.until = 0;
    void this.get();
  }

  /**
   * The relay refused the credentials, or no route was found with them: the next `get`
   * asks for new ones. At most every 10 s, since a relay may refuse all credentials.
   * Returns whether new ones are worth another try.
   */
  doubt(): boolean {
    const now = this.now();
    if (this.held === null || now < this.held.since + keepRefused) return false;
    this.held.until = now;
    return true;
  }

  private request(): Promise<void> {
    const asking = this.refresh().finally(() => {
      if (this.asking === asking) this.asking = null;
    });
    return asking;
  }

  private async refresh(): Promise<void> {
    const { admission } = this;
    const answer = await this.ask();
    if (admission !== this.admission) {
      // The newer admission has a request of its own: callers of this one wait for it.
      await this.asking;
      return;
    }
    const now = this.now();
    if (answer === null) {
      this.notBefore = now + 1000;
    } else if ('retryAfter' in answer) {
      this.notBefore = now + answer.retryAfter * 1000;
    } else {
      const until = now + answer.ttl * 1000 * renewAt;
      this.held = { servers: answer.servers, since: now, until, expires: now + answer.ttl * 1000 };
    }
  }
}

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Parses the answer of `/turn-cred`; null when it has another form. */
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

/** The session that pays for the request: its token, and what to do when the server refuses that. */
export interface TokenSource {
  /** null without a session: then nothing is asked. */
  readonly token: string | null;
  /** The server does not take the token any more. */
  tokenRefused(): void;
}

/** The real request. */
export function fetchIce(session: TokenSource): FetchIce {
  return async () => {
    const { token } = session;
    if (token === null) return null;
    try {
      const response = await fetch('/turn-cred', {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}` },
        referrerPolicy: 'no-referrer',
        signal: AbortSignal.timeout(5000),
      });
      if (response.ok) return readIceAnswer(await response.json());
      events.note('no relay credentials, status', response.status);
      if (response.status === 401 && token === session.token) session.tokenRefused();
      const retry = Number(response.headers.get('Retry-After'));
      return retry > 0 ? { retryAfter: retry } : null;
    } catch (error) {
      events.failed('no relay credentials', error);
      return null;
    }
  };
}
