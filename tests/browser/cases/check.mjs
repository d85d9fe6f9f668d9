// The page that checks a browser and its network: all is well, UDP is closed, all
// of the relay is closed, WebSockets do not pass, the server is private.
import assert from 'node:assert/strict';
import net from 'node:net';
import { scenario } from '../lib/scenario.mjs';
import { freePort } from '../lib/server.mjs';

const timeout = 60_000;

const steps = (person) =>
  person.page.$$eval('[data-testid="step"]', (all) => Object.fromEntries(all.map((e) => [e.dataset.step, e.dataset.state])));
const closed = (person) => person.page.$$eval('[data-testid="closed"]', (all) => all.map((e) => e.textContent.trim()));

async function checked(person, verdict) {
  await person.click('start-check');
  await person.until('verdict', 'data-verdict', verdict, 45_000);
  return steps(person);
}

for (const kind of ['chromium', 'firefox']) {
  scenario(`everything a call needs is there, ${kind}`, { timeout }, async (stage) => {
    const person = await stage.person(kind);
    await person.open('/check');
    await person.find('start-check');
    // With the keyboard, and what is read out is the verdict.
    for (let i = 0; i < 10; i++) {
      await person.page.keyboard.press('Tab');
      if ((await person.page.evaluate(() => document.activeElement?.dataset.testid)) === 'start-check') break;
    }
    await person.page.keyboard.press('Enter');
    await person.until('verdict', 'data-verdict', 'good', 45_000);
    const { 'relay-tls': tls, ...others } = await steps(person);
    assert.equal(tls, 'skipped');
    assert.deepEqual([...new Set(Object.values(others))], ['ok'], JSON.stringify(others));
    assert.equal(Object.keys(others).length, 9);
    assert.deepEqual(await closed(person), []);
    assert.equal(await person.page.$eval('[role="status"] h2', (e) => e.textContent), 'Calls work from here');
  });
}

scenario('where UDP is closed it says so, and that calls work', { timeout }, async (stage) => {
  // A way for TCP alone.
  const port = await freePort();
  const way = net.createServer((from) => {
    const to = net.connect(stage.server.relayPort, '127.0.0.1');
    from.pipe(to).pipe(from);
    for (const end of [from, to]) end.on('error', () => {});
  });
  await new Promise((done) => way.listen(port, '127.0.0.1', done));
  stage.with({ close: () => way.close() });
  const person = await stage.person('chromium', { relay: { from: stage.server.relayPort, to: port } });
  await person.open('/check');
  const seen = await checked(person, 'tcp-only');
  assert.equal(seen['relay-udp'], 'failed');
  assert.equal(seen['relay-tcp'], 'ok');
  assert.deepEqual(await closed(person), [`Port ${stage.server.relayPort} is closed for UDP here.`]);
});

scenario('where the relay cannot be reached it names both ports', { timeout }, async (stage) => {
  const relay = { from: stage.server.relayPort, to: await freePort() };
  const person = await stage.person('chromium', { relay });
  await person.open('/check');
  const seen = await checked(person, 'direct-only');
  assert.equal(seen.socket, 'ok');
  assert.deepEqual(await closed(person), ['UDP', 'TCP'].map((way) => `Port ${relay.from} is closed for ${way} here.`));
});

scenario('where WebSockets do not pass it says that', { timeout, mayLog: /WebSocket/ }, async (stage) => {
  const person = await stage.person('chromium');
  await person.page.evaluateOnNewDocument(() => {
    const Real = WebSocket;
    globalThis.WebSocket = class extends Real {
      constructor(url, protocol) {
        super(url.replace(/\/ws$/, '/nowhere'), protocol);
      }
    };
  });
  await person.open('/check');
  const seen = await checked(person, 'socket');
  assert.deepEqual([seen.server, seen.encryption, seen.socket, seen['relay-udp']], ['ok', 'ok', 'failed', 'skipped']);
  assert.match(await person.page.$eval('[data-step="socket"]', (e) => e.textContent), /blocks WebSockets/);
});

scenario('a private server is checked with its password', { timeout, env: { CATCHUP_CREATE_PASSWORD: 'open sesame' }, mayLog: /403/ }, async (stage) => {
  const person = await stage.person('chromium');
  await person.open('/check');
  const seen = await checked(person, 'unknown');
  assert.deepEqual([seen.server, seen.socket, seen['relay-udp']], ['failed', 'ok', 'skipped']);
  await person.type('password', 'open sesame');
  await person.page.keyboard.press('Enter');
  await person.until('verdict', 'data-verdict', 'good', 45_000);
});
