// Tasks of each TURN client with our relay. Four runs of its driver over one
// transport: straight to the relay, with a wrong password, and twice through an
// observer that lets allocations seem to last seconds, and then makes nonces stale.
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { actors } from '../../browser/lib/operator.mjs';
import { pause, root } from '../../browser/lib/server.mjs';
import { Observer } from './observer.mjs';

export const cases = [
  'allocate', 'permission', 'channel', 'both ways', 'refresh', 'teardown', 'wrong password', 'stale nonce',
];

// Nonces grow stale during the life of an allocation. The second Allocate follows the
// challenge at once, and most clients give up when that is answered 438.
const staledMethods = ['CreatePermission', 'ChannelBind', 'Refresh'];
// An allocation seems to last so long in the run through the observer.
const shortLifetime = 4;

/** REST credentials for a user (docs/turn.md); as the server makes them. */
export function credentials(secret, name) {
  const username = `${Math.floor(Date.now() / 1000) + 3600}:${name}`;
  return { username, password: createHmac('sha1', secret).update(username).digest('base64') };
}

/** Runs the driver once; its line, parsed. */
export function drive(client, question) {
  const [command, ...args] = client.command(question);
  const limit = 30_000 + (question.count ?? 0) * (question.interval_ms ?? 0);
  return new Promise((done, failed) => {
    execFile(command, [...args, JSON.stringify({ host: '127.0.0.1', timeout_ms: 15_000, ...question })], {
      cwd: root,
      env: { ...process.env, ...client.env },
      timeout: limit,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 24,
    }, (error, out, errors) => {
      try {
        done(JSON.parse(out.trim().split('\n').pop()));
      } catch {
        failed(new Error(`${client.name} said nothing to read: ${error ?? ''}\n${`${out}${errors}`.slice(-2000)}`));
      }
    });
  });
}

const allocations = async (server) => (await actors(server, 'allocation')).length;

/** Whether the relay has no more allocations than `wanted` within two seconds. */
async function goneDown(server, wanted) {
  for (let i = 0; i < 20; i++) {
    if ((await allocations(server)) <= wanted) return true;
    await pause(100);
  }
  return false;
}

const passed = (ms) => ({ ok: true, ms });
const refused = (note) => ({ ok: false, note });
const saidError = ({ error }) => `${error.step}: ${error.text}`;
const lost = ({ missing }) => missing.flat().length;

/** `1-3 7` for the numbers 1, 2, 3, 7. */
function ranges(numbers) {
  const spans = [];
  for (const n of numbers) {
    if (spans.at(-1)?.[1] === n - 1) spans.at(-1)[1] = n;
    else spans.push([n, n]);
  }
  return spans.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(' ');
}

/** Which packets of each side did not arrive. */
export const lostWords = ({ missing: [a, b] }) => `lost of the first: ${ranges(a) || 'none'}; of the second: ${ranges(b) || 'none'}`;

/** Straight to the relay: talk both ways, then end. */
async function straight({ client, server, users, transport }, seen) {
  const before = await allocations(server);
  const run = await drive(client, { port: server.relayPort, transport, ...users, count: 50, interval_ms: 10 });
  seen.version = run.version;
  const at = run.error?.step;
  seen['allocate'] = at === 'allocate' ? refused(saidError(run)) : passed(run.steps.allocate);
  if (run.error && at !== 'close') seen['both ways'] = refused(saidError(run));
  else seen['both ways'] = lost(run) === 0 ? passed(run.steps.open) : refused(lostWords(run));
  if (run.error) seen['teardown'] = refused(saidError(run));
  else if (await goneDown(server, before)) seen['teardown'] = passed(run.steps.close);
  else seen['teardown'] = refused('the allocations stay');
}

/** With a wrong password: it has to be told so, and nothing is left at the relay. */
async function wrongPassword({ client, server, users, transport }, seen) {
  const before = await allocations(server);
  const b = { ...users.b, password: 'not the password' };
  const begun = performance.now();
  const run = await drive(client, {
    port: server.relayPort, transport, a: { ...users.a, password: 'nor this' }, b, count: 1, interval_ms: 10,
  });
  const left = (await allocations(server)) - before;
  if (!run.error) seen['wrong password'] = refused('let in');
  else if (run.error.step !== 'allocate') seen['wrong password'] = refused(saidError(run));
  else if (left > 0) seen['wrong password'] = refused(`${left} allocations`);
  else seen['wrong password'] = passed(run.steps.allocate ?? performance.now() - begun);
}

/** Reads the observer's notes about a method: a success, and after how long. */
function succeeded(noted, method, wanted = () => true) {
  const first = noted.find((one) => one.method === method && one.code === 200 && wanted(one));
  return first && passed(first.ms);
}

/** Each stale nonce has to be answered 438, and its method to succeed later. */
function staleNonces(noted) {
  const staled = noted.filter((one) => one.staled);
  for (const one of staled) {
    if (one.code !== 438) return refused(`${one.method} with a stale nonce: ${one.code}`);
    const after = noted.slice(noted.indexOf(one) + 1);
    const again = after.find(({ client, method, code }) => client === one.client && method === one.method && code === 200);
    if (!again) return refused(`${one.method} does not succeed after 438`);
  }
  const methods = [...new Set(staled.map(({ method }) => method))];
  return methods.length > 0 ? { ok: true, note: methods.join(', ') } : refused('no request was staled');
}

/** Through the observer: `{run, noted}`. */
async function observed({ client, server, users, transport }, stale) {
  const passwords = Object.fromEntries(Object.values(users).map((user) => [user.username, user.password]));
  const observer = await Observer.start({ port: server.relayPort, passwords, stale, lifetime: shortLifetime });
  try {
    const run = await drive(client, { port: observer.port, transport, ...users, count: 120, interval_ms: 50 });
    const failed = run.error && run.error.step !== 'close' ? refused(saidError(run)) : null;
    const wrong = failed ?? (lost(run) > 0 ? refused(lostWords(run)) : null);
    return { noted: observer.noted, wrong };
  } finally {
    await observer.stop();
  }
}

/** Which requests succeed, and that an allocation is refreshed in time. */
async function watched(context, seen) {
  const { noted, wrong } = await observed(context, []);
  const nothing = (method) => wrong ?? refused(`no ${method} succeeded`);
  seen['permission'] = succeeded(noted, 'CreatePermission') ?? nothing('CreatePermission');
  seen['channel'] = succeeded(noted, 'ChannelBind') ?? nothing('ChannelBind');
  seen['refresh'] = wrong ?? succeeded(noted, 'Refresh', ({ ended }) => !ended) ?? nothing('Refresh');
}

/** Each kind of request has its first nonce made stale; nothing may be lost by it. */
async function stale(context, seen) {
  const { noted, wrong } = await observed(context, context.client.stale ?? staledMethods);
  seen['stale nonce'] = wrong ?? staleNonces(noted);
}

/** All cases over one transport: `{case: {ok, ms?, note?}, version}`; a case that is never done is null. */
export async function runCases(client, server, transport) {
  const name = `${client.name}-${transport}`.replaceAll('/', '-');
  const users = { a: credentials(server.turnSecret, `${name}-a`), b: credentials(server.turnSecret, `${name}-b`) };
  const seen = {};
  const context = { client, server, users, transport };
  const parts = [[straight, 'both ways'], [wrongPassword, 'wrong password'], [watched, 'refresh'], [stale, 'stale nonce']];
  for (const [part, about] of parts) {
    try {
      await part(context, seen);
    } catch (error) {
      seen[about] ??= refused(error.message);
    }
  }
  for (const one of cases) {
    seen[one] ??= refused('not reached');
    if (client.never?.[one]) seen[one] = null;
  }
  return seen;
}
