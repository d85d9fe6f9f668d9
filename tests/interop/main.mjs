// Other people's TURN clients and MLS members against the real server.
//   node tests/interop/main.mjs [--long] [--opening] [--write] [CLIENT...]
// docs/interop.md says what is tested, how, and how it went.
import { token } from '../browser/lib/operator.mjs';
import { Server } from '../browser/lib/server.mjs';
import { clients, members } from './lib/clients.mjs';
import { runLong } from './lib/long.mjs';
import { cases as memberCases, runMember, runTogether } from './lib/mls-cases.mjs';
import { limit, measureOpening } from './lib/opening.mjs';
import { Report } from './lib/report.mjs';
import { cases, runCases } from './lib/turn-cases.mjs';

const options = process.argv.slice(2).filter((arg) => arg.startsWith('--'));
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const known = [...clients, ...members].map(({ name }) => name);
const wrong = [
  ...options.filter((one) => !['--long', '--opening', '--write'].includes(one)),
  ...wanted.filter((name) => !known.includes(name)),
];
if (wrong.length > 0) {
  console.error(`unknown: ${wrong.join(' ')}\nclients: ${known.join(' ')}\noptions: --long --opening --write`);
  process.exit(2);
}
const chosen = (list) => list.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const report = new Report(known);
const server = await Server.start({ CATCHUP_ADMIN_TOKEN: token });

/** Those chosen of a list that can be had. */
async function prepared(list) {
  const ready = [];
  for (const client of chosen(list)) {
    try {
      await client.prepare();
      ready.push(client);
    } catch (error) {
      report.failed(client.name, `is not to be had: ${error.message}`);
    }
  }
  return ready;
}

async function opening(ready) {
  const client = ready.find(({ name }) => name === 'node-datachannel');
  if (!client) return;
  const { ours, coturn, ratio, repeats } = await measureOpening(client, server);
  const note = `median of 10: ${ours.toFixed(0)} ms here, ${coturn.toFixed(0)} ms on coturn, ${ratio.toFixed(2)} times; ` +
    `hello repeated: ${repeats.ours} and ${repeats.coturn}`;
  report.figure('opening', client.name, { ok: ratio <= limit, note });
}

async function long(ready) {
  const lasting = ready.filter(({ long: takesPart = true }) => takesPart);
  const runs = lasting.map((client) => runLong(client, server).catch((error) => ({ ok: false, note: error.message })));
  for (const [i, client] of lasting.entries()) report.figure('long', client.name, await runs[i]);
}

async function all(ready) {
  for (const client of ready) {
    for (const transport of client.transports) {
      report.row(client, transport, cases, await runCases(client, server, transport));
    }
  }
  const natives = await prepared(members);
  for (const member of natives) report.member(member, memberCases, await runMember(member.name, server));
  if (natives.length === members.length) {
    const names = natives.map(({ name }) => name);
    report.figure('together', names.join(', '), await runTogether(names, server));
  }
}

try {
  const ready = await prepared(clients);
  if (options.includes('--long')) await long(ready);
  else if (options.includes('--opening')) await opening(ready);
  else await all(ready);
} finally {
  await server.stop();
}
if (options.includes('--write')) report.write();
report.close();
// Bundled code of the web app may still have timers.
process.exit();
