// Problems that the server found with itself, in sentences.
import type { SelfCheck } from './types';

const soon = 14;
const names: Record<string, string> = {
  'relay-udp': 'the relay over UDP',
  'relay-tcp': 'the relay over TCP',
  'relay-tls': 'the relay over TLS',
  'relay-certificate': 'the certificate of the relay',
  https: 'the site over https',
};

/** One sentence for each thing to look at; `now` is in unix seconds. */
export function troubles(checks: SelfCheck[], now: number): string[] {
  return checks.flatMap(({ check, ok, trouble, expires }) => {
    const name = names[check] ?? check;
    const days = Math.floor((expires - now) / 86_400);
    const out = ok ? [] : [`The server does not get to ${name}: ${trouble}.`];
    if (expires > 0 && days < soon) {
      out.push(
        days < 0
          ? `The certificate of ${name} has ended.`
          : `The certificate of ${name} ends in ${days === 1 ? '1 day' : `${days} days`}.`,
      );
    }
    return out;
  });
}
