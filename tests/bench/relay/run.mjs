// The relay beside coturn and a bare forwarder: node tests/bench/relay/run.mjs
//
//   --rows TEXT     only rows whose name holds TEXT
//   --rounds N      each server so often in turn (3)
//   --seconds S     of load in each run (2)
//   --servers A,B   of ours, coturn, bare, bare-trains
//
// Prints a table in Markdown: medians of the rounds.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { claimProcessors, measure, secret, servers } from './servers.mjs';

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    servers: { type: 'string', default: 'ours,coturn,bare,bare-trains' },
  },
});

const rows = [];
const row = (name, settings) => rows.push({ name, settings });
for (const size of [1200, 170]) {
  row(`udp channel ${size} single`, { size });
  row(`udp channel ${size} trains of 8`, { size, burst: 8 });
  row(`udp channel ${size} paced 20k/s`, { size, rate: 20_000 });
}
row('udp send 1200 single', { with: 'send' });
row('udp send 1200 trains of 8', { with: 'send', burst: 8 });
row('udp send 1200 paced 20k/s', { with: 'send', rate: 20_000 });
for (const size of [1200, 170]) row(`tcp channel ${size} single`, { size, transport: 'tcp' });
row('tcp channel 1200 eight a write', { transport: 'tcp', burst: 8 });
row('tcp channel 1200 paced 20k/s', { transport: 'tcp', rate: 20_000 });
row('udp channel 1200 single, 10 allocations', { clients: 10 });
row('udp channel 1200 single, 1000 allocations', { clients: 1000 });

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)];
const chosen = rows.filter((r) => r.name.includes(flags.rows));
const names = flags.servers.split(',');

async function once(name, what, settings) {
  const server = await servers[name]();
  try {
    return await measure(what, { port: server.port, pid: server.pid, secret, ...settings });
  } finally {
    await server.stop();
  }
}

/** `name` → what the rounds measured, the servers in turn so that noise hits all. */
async function inTurn(what, settings, among) {
  const seen = Object.fromEntries(among.map((name) => [name, []]));
  for (let round = 0; round < Number(flags.rounds); round++)
    for (const name of among) seen[name].push(await once(name, what, settings));
  return seen;
}

const mid = (list, key) => median(list.map((r) => r[key]));
const percent = (list) => {
  const sent = list.reduce((n, r) => n + r.sent, 0);
  return (100 * list.reduce((n, r) => n + r.lost, 0)) / sent;
};

function print(cells) {
  console.log(`| ${cells.join(' | ')} |`);
}

async function table() {
  console.log(`${cpus().length} × ${cpus()[0].model}, ${new Date().toISOString().slice(0, 10)}, ` +
    `${flags.rounds} rounds of ${flags.seconds} s, ${claimProcessors() ? 'real-time, pinned' : 'NOT real-time'}\n`);
  print(['load', 'server', 'µs/packet', 'packets/s', 'lost %', 'p50 µs', 'p99 µs', '÷ coturn']);
  print(Array(8).fill('---'));
  for (const { name, settings } of chosen) {
    // The bare forwarder knows no TCP and no indications.
    const bare = settings.transport !== 'tcp' && settings.with !== 'send';
    const among = names.filter((n) => bare || !n.startsWith('bare'));
    const seen = await inTurn('load', { seconds: flags.seconds, ...settings }, among);
    for (const n of among) {
      const own = mid(seen[n], 'us_per_packet');
      const ratio = seen.coturn ? (own / mid(seen.coturn, 'us_per_packet')).toFixed(2) : '';
      const wrong = seen[n].reduce((sum, r) => sum + r.wrong, 0);
      print([name, n, own.toFixed(2), mid(seen[n], 'pps').toFixed(0), percent(seen[n]).toFixed(2),
        mid(seen[n], 'p50_us').toFixed(0), mid(seen[n], 'p99_us').toFixed(0), ratio]);
      if (wrong > 0) throw new Error(`${n}: ${wrong} packets arrived changed`);
    }
  }
}

/** Beside the packets: state, strangers, and where losses begin. */
async function others() {
  const among = names.filter((n) => !n.startsWith('bare'));
  const wanted = (name) => name.includes(flags.rows);
  console.log('');
  print(['what', ...among]);
  print(Array(among.length + 1).fill('---'));
  for (const clients of [1000, 10_000]) {
    const name = `open ${clients} allocations`;
    if (!wanted(name)) continue;
    const seen = await inTurn('hold', { clients }, among);
    print([`${name}: a second`, ...among.map((n) => mid(seen[n], 'per_second').toFixed(0))]);
    print([`${name}: CPU µs each`, ...among.map((n) => mid(seen[n], 'us_each').toFixed(1))]);
    print([`${name}: KiB each`, ...among.map((n) => mid(seen[n], 'kib_each').toFixed(2))]);
  }
  for (const what of ['binding', 'allocate']) {
    const name = `strangers: ${what}`;
    if (!wanted(name)) continue;
    const seen = {};
    // coturn keeps them all, so it gets fewer.
    for (const n of among) seen[n] = await once(n, 'flood', { what, count: n === 'ours' ? 1e6 : 5e4 });
    print([`${name}: requests`, ...among.map((n) => seen[n].requests)]);
    print([`${name}: bytes of request, answer`,
      ...among.map((n) => `${seen[n].bytes_per_request}, ${seen[n].bytes_per_answer}`)]);
    print([`${name}: CPU µs each`, ...among.map((n) => seen[n].us_each.toFixed(2))]);
    print([`${name}: KiB more memory`, ...among.map((n) => seen[n].grown_kib)]);
  }
  if (wanted('a call under 50k/s of strangers')) {
    const seen = {};
    for (const n of among) {
      const server = await servers[n]();
      const to = { port: server.port, secret };
      const [call] = await Promise.all([
        measure('load', { ...to, clients: 4, rate: 1000, seconds: 3 }),
        measure('flood', { ...to, rate: 50_000, count: 175_000 }),
      ]);
      await server.stop();
      seen[n] = `${call.p99_us.toFixed(0)}, ${call.lost}`;
    }
    print(['a call under 50k/s of strangers: p99 µs, lost', ...among.map((n) => seen[n])]);
  }
  if (wanted('first loss') && among.includes('coturn'))
    for (let rate = 30_000; rate <= 150_000; rate += 10_000) {
      const shape = { rate, seconds: flags.seconds };
      const theirs = await once('coturn', 'load', shape);
      if (theirs.lost / theirs.sent < 0.001) continue;
      const own = among.includes('ours') ? await once('ours', 'load', shape) : { lost: 0, sent: 1 };
      const loss = { ours: own, coturn: theirs };
      print([`first loss of coturn, ${rate}/s: lost %`,
        ...among.map((n) => ((100 * loss[n].lost) / loss[n].sent).toFixed(3))]);
      break;
    }
}

if (chosen.length > 0) await table();
await others();
