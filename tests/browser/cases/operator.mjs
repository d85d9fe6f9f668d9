// The operator's page: what it shows of a relayed call, what it does to it, and
// what is in the log afterwards.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { token } from '../lib/operator.mjs';
import { never, scenario } from '../lib/scenario.mjs';
import { pause, root } from '../lib/server.mjs';

const pictures = process.argv.includes('--update-screens') && `${root}docs/images/`;

/** The operator at a page of theirs, signed in. */
async function lookInside(stage) {
  const site = `http://localhost:${stage.server.adminPort}`;
  const operator = await stage.person('chromium', { site, name: 'operator' });
  await operator.open('/admin/');
  await operator.type('token', 'not-the-token-at-all');
  await operator.click('sign-in');
  await operator.page.waitForFunction(
    () => document.querySelector('[data-testid="sign-in-error"]')?.textContent.includes('not the token'),
    { timeout: 10_000 },
  );
  await operator.type('token', token);
  await operator.click('sign-in');
  await operator.until('connection', 'data-state', 'live');
  return operator;
}

/** Nodes of the tree as they are on the page. */
const nodes = (operator, kind) =>
  operator.page.$$eval(
    `[role="treeitem"]${kind ? `[data-kind="${kind}"]` : ''}`,
    (items) => items.map((i) => ({ ...i.dataset, level: i.getAttribute('aria-level') })),
  );

async function shows(operator, kind, holds, timeout = 15_000) {
  const end = Date.now() + timeout;
  let seen;
  do {
    seen = await nodes(operator, kind);
    if (holds(seen)) return seen;
    await pause(100);
  } while (Date.now() < end);
  return assert.fail(`${kind} nodes are ${JSON.stringify(seen)}`);
}

async function select(operator, id) {
  await operator.page.click(`[role="treeitem"][data-id="${id}"]`);
  await operator.until('detail', 'data-id', id);
}

async function confirmed(operator, testId) {
  await operator.click(testId);
  await operator.click(`${testId}-yes`);
}

const shot = async (operator, name) => {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await operator.page.screenshot({ path: `${pictures}${name}-1280.png` });
};

const env = { CATCHUP_ADMIN_TOKEN: token };
const mayLog = /401|WebSocket|Failed to load/;

scenario('the operator sees a call, its relay, an actor that is killed, and a drain', { env, mayLog, timeout: 150_000 }, async (stage) => {
  const operator = await lookInside(stage);
  assert.deepEqual((await nodes(operator)).map((n) => n.kind), ['registry', 'limiter', 'limiter', 'limiter', 'relay', 'sfu']);

  // A call starts, and takes its way through the relay.
  const { pair, room, keys, path } = await stage.call(['chromium', 'chromium'], { route: 'relay-udp' });
  const [shown] = await shows(operator, 'room', (all) => all.length === 1 && all[0].state === 'open');
  await shows(operator, 'peer', (all) => all.length === 2 && all.every((n) => n.state === 'connected' && n.level === '3'));
  await shows(operator, 'allocation', (all) => all.length >= 2 && all.every((n) => n.state === 'udp'));
  await select(operator, shown.id);
  const epoch = () =>
    operator.page.$$eval('[data-testid="detail"] dt', (all) => all.find((e) => e.textContent === 'epoch')?.nextElementSibling.textContent);
  assert.ok(Number(await epoch()) >= 1, `two are in the group of the room, and its epoch is ${await epoch()}`);
  await pause(pictures ? 8000 : 0);
  await shot(operator, 'admin');

  // With the keyboard: up to the room's end and down again.
  const selected = () => operator.page.$eval('[aria-selected="true"]', (e) => e.dataset.id);
  await operator.page.focus('[role="treeitem"][tabindex="0"]');
  await operator.page.keyboard.press('ArrowLeft');
  await shows(operator, 'peer', (all) => all.length === 0);
  assert.equal(await selected(), shown.id);
  await operator.page.keyboard.press('ArrowRight');
  await shows(operator, 'peer', (all) => all.length === 2);
  await operator.page.keyboard.press('ArrowRight');
  assert.match(await selected(), /^peer:/);
  await operator.page.keyboard.press('Home');
  assert.equal(await selected(), 'registry:registry');
  assert.equal(await operator.page.$$eval('[role="tree"] [tabindex="0"]', (all) => all.length), 1);

  // A limiter is killed: away, then another of its name.
  await select(operator, 'limiter:create-room');
  await confirmed(operator, 'do-kill');
  await shows(operator, 'limiter', (all) => all.some((n) => n.id === 'limiter:create-room' && n.restarts === '1' && n.state === 'running'));
  await shot(operator, 'admin-restarted');

  // A drain, and its end.
  await confirmed(operator, 'drain');
  await operator.find('draining');
  await shot(operator, 'admin-draining');
  await operator.click('undrain');
  await operator.page.waitForSelector('[data-testid="draining"]', { hidden: true, timeout: 10_000 });

  // The room is locked: who is in it stays, and somebody else reads why not.
  await select(operator, shown.id);
  await confirmed(operator, 'do-lock');
  await shows(operator, 'room', (all) => all[0].state === 'locked');
  const late = await stage.person('chromium', { name: 'late' });
  await late.join(path);
  await late.error('room-locked');
  await confirmed(operator, 'do-unlock');
  await shows(operator, 'room', (all) => all[0].state === 'open');
  await shows(operator, 'peer', (all) => all.length === 2);

  // Somebody is kicked.
  await select(operator, (await nodes(operator, 'peer'))[0].id);
  await confirmed(operator, 'do-kick');
  await shows(operator, 'peer', (all) => all.length === 1);

  never(() => inspectLog(stage, { room, keys, people: pair.map((p) => p.name) }));
});

/** The log of all this, at its most talkative: what happened, and of nobody. */
function inspectLog(stage, { room, keys, people }) {
  const { log } = stage.server;
  for (const line of log.trimEnd().split('\n')) {
    assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warn|error|audit) [a-z]+(_[a-z]+)*( [a-z][a-z0-9_]*=("([^"\\]|\\.)*"|[^\s"]+))*$/, line);
  }
  for (const expected of [/info room_opened room=[0-9a-f]{8}/, /error limiter_crashed endpoint=create-room/, /warn limiter_restarted/, /audit operator action=kill-actor on=limiter:create-room status=200/, /audit operator action=kick-peer on=peer:[0-9a-f]{8} status=200/, /audit operator action=drain on=server/, /audit operator action=lock-room on=room:[0-9a-f]{8} status=200/]) {
    assert.match(log, expected);
  }
  const text = log.replace(/^\S+Z/gm, '');
  const secrets = [room, room.slice(0, 12), keys.fragment, keys.fragment.slice(3), stage.server.turnSecret, token, ...people];
  for (const secret of secrets) assert.ok(!text.includes(secret), `the log has ${secret}`);
  const patterns = {
    'an IPv4 address': /\b\d{1,3}(\.\d{1,3}){3}\b/,
    'an IPv6 address': /::|\b([0-9a-f]{1,4}:){3,}/i,
    'something as long as a key, an id or a token': /[A-Za-z0-9_-]{24,}/,
    'a session description': /\bv=0\b|[\s"]a=\w|candidate:|fingerprint|ufrag/i,
    'a header or a url': /Bearer|Authorization|https?:|turn:/i,
  };
  for (const [what, pattern] of Object.entries(patterns)) {
    assert.doesNotMatch(text, pattern, `the log has ${what}: ${pattern.exec(text)?.[0]}`);
  }
}
