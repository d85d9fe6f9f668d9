// One packet a second each way for longer than allocations, permissions and
// channels last (600, 300 and 600 s), all clients at the same time.
import { Observer } from './observer.mjs';
import { credentials, drive, lostWords } from './turn-cases.mjs';

export const seconds = 640;

/** `{ok, note, version}`: what was lost, and how often each request was answered with success. */
export async function runLong(client, server) {
  const name = client.name.replaceAll('/', '-');
  const users = { a: credentials(server.turnSecret, `${name}-long-a`), b: credentials(server.turnSecret, `${name}-long-b`) };
  const passwords = Object.fromEntries(Object.values(users).map((user) => [user.username, user.password]));
  const observer = await Observer.start({ port: server.relayPort, passwords });
  try {
    const question = { port: observer.port, transport: 'udp', ...users, count: seconds, interval_ms: 1000 };
    const run = await drive(client, question);
    const { version } = run;
    const counts = {};
    for (const { method, code, ended } of observer.noted) {
      if (code === 200 && !ended) counts[method] = (counts[method] ?? 0) + 1;
    }
    const requests = Object.entries(counts).map(([method, n]) => `${n} ${method}`).join(', ');
    if (run.error) return { ok: false, note: `${run.error.step}: ${run.error.text}`, version };
    const lost = run.missing.flat().length;
    const which = lost > 0 ? ` (${lostWords(run)})` : '';
    return { ok: lost === 0, note: `${lost} of ${2 * seconds} lost${which}; answered: ${requests}`, version };
  } finally {
    await observer.stop();
  }
}
