/** Which of the servers that browsers are told belongs to which step. */
import type { StepName } from './steps';

export interface Way {
  step: StepName;
  port: number;
  server: RTCIceServer;
}

/** `stun:host:port`, `turn:host:port?transport=udp` (RFC 7064, RFC 7065). */
export function wayOf(url: string, server: RTCIceServer): Way | null {
  const [, scheme, host, port, transport] =
    /^(stun|turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/.exec(url) ?? [];
  if (!scheme || !host) return null;
  const step: StepName =
    scheme === 'stun'
      ? 'stun-udp'
      : scheme === 'turns'
        ? 'relay-tls'
        : transport === 'tcp'
          ? 'relay-tcp'
          : 'relay-udp';
  const known = Number(port ?? (scheme === 'turns' ? 5349 : 3478));
  return { step, port: known, server: { ...server, urls: [url] } };
}

/** The first of each kind: they are of this server; an operator's further ones come behind. */
export function waysOf(servers: readonly RTCIceServer[]): Way[] {
  const out = new Map<StepName, Way>();
  for (const server of servers) {
    for (const url of [server.urls].flat()) {
      const way = wayOf(url, server);
      if (way && !out.has(way.step)) out.set(way.step, way);
    }
  }
  return [...out.values()];
}
