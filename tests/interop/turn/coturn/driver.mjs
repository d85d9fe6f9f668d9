// coturn's turnutils_uclient: two clients of it talk to each other (contract:
// ../README.md). It makes pairs of allocations with one user, and only counts.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const ask = JSON.parse(process.argv[2]);
const run = promisify(execFile);
const messages = Math.max(ask.count, 20);

const { stdout: version } = await run('dpkg-query', ['-W', '-f', '${Version}', 'coturn']);
const result = { version, steps: {}, error: null };
const begun = performance.now();
try {
  const { stdout } = await run('turnutils_uclient', [
    '-u', ask.a.username, '-w', ask.a.password, '-p', `${ask.port}`, '-y', '-c', '-m', '2', '-n', `${messages}`,
    '-z', `${ask.interval_ms}`, '-l', '170', ...(ask.transport === 'tcp' ? ['-t'] : []), ask.host,
  ], { timeout: ask.timeout_ms + messages * ask.interval_ms });
  const totals = [...stdout.matchAll(/tot_send_msgs=(\d+), tot_recv_msgs=(\d+)/g)].pop();
  if (!totals) throw new Error(stdout.trim().split('\n').pop());
  const [sent, received] = totals.slice(1).map(Number);
  const lost = Array.from({ length: Math.max(0, sent - received) }, (_, i) => i);
  Object.assign(result, { sent, missing: [lost, []] });
  result.steps = { allocate: performance.now() - begun, open: performance.now() - begun, close: 0 };
} catch (error) {
  const text = `${error.stdout ?? ''}${error.stderr ?? ''}` || error.message;
  const refusal = text.match(/error 4\d\d[^\n]*/)?.[0] ?? text.slice(-200);
  result.error = { step: 'allocate', text: refusal };
}
console.log(JSON.stringify(result));
