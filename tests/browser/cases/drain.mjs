// The server is replaced during calls: what people see, and how long it takes.
import assert from 'node:assert/strict';
import { emptyRoom } from '../lib/member.mjs';
import { Nginx } from '../lib/nginx.mjs';
import { longestPause, recorded, startRecording } from '../lib/pauses.mjs';
import { long, scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';

const offline = /WebSocket|ERR_CONNECTION|ERR_EMPTY|Failed to load|NetworkError|can.t establish|interrupted|503/i;

/**
 * Half of them are relayed. TEST_LONG=1 plays ten, TEST_CALLS any number. Of more than
 * six only one of the two speaks: two processors carry no more microphones than that.
 */
const calls = Number(process.env.TEST_CALLS) || (long ? 10 : 2);
const listening = calls > 6;
const within = 6000;

scenario(`${calls} calls, half of them relayed, go on with the next server`, { timeout: 100_000 + calls * 12_000, mayLog: offline, env: { CATCHUP_DRAIN_SECONDS: '2' } }, async (stage) => {
  const people = [];
  for (let i = 0; i < calls; i++) {
    const route = i % 2 ? 'relay-udp' : undefined;
    const kind = i < 6 ? 'chromium' : 'chromium-second';
    const { pair } = await stage.call([kind, kind], { route, light: true });
    // Sound tells all there is to know; pictures of so many would be too much for one machine.
    for (const person of pair) await person.click('cam-toggle');
    if (listening) await pair[1].click('mic-toggle');
    people.push(...pair.map((person, one) => ({ person, route, hears: one === 1 || !listening })));
    if (calls > 2) console.log(`call ${i + 1} at ${new Date().toISOString()}`);
  }
  await startRecording(people.map(({ person }) => person), calls > 2 ? 250 : 100);
  await pause(2000);
  const termAt = Date.now();
  await stage.server.kill('SIGTERM');
  const endedAt = Date.now();
  await stage.server.launch();
  const startedAt = Date.now();
  await Promise.all(people.map(({ person }) => person.phase('active', 20_000)));
  await pause(Math.max(0, endedAt + within + 2000 - Date.now()));

  const seen = [];
  for (const { person, route, hears } of people) {
    const samples = await recorded(person);
    assert.ok(samples.some(({ told, phase }) => told && phase === 'active'), `${person.name} was told beforehand`);
    assert.ok(!samples.at(-1).told && samples.at(-1).phase === 'active', `${person.name} is back`);
    const away = samples.findLast(({ at, phase }) => at > termAt && phase !== 'active');
    const sound = longestPause(samples, 'sound');
    seen.push({
      route: route ?? 'direct',
      hears,
      back: away ? away.at - endedAt : 0,
      silent: sound.ms,
      soundBack: Math.max(0, sound.until - endedAt),
      lost: samples.at(-1).lost - samples[0].lost,
    });
  }
  const worst = (route, what) => Math.max(...seen.filter((s) => s.hears && s.route === route).map((s) => s[what]));
  console.log(
    `the server was away for ${startedAt - endedAt} ms; back after at most ${Math.max(...seen.map((s) => s.back))} ms; ` +
      `relayed sound after ${worst('relay-udp', 'soundBack')} ms; direct sound paused for ${worst('direct', 'silent')} ms at most, lost ${worst('direct', 'lost')} packets`,
  );
  for (const one of seen) {
    assert.ok(one.back <= within, `back after ${one.back} ms: ${JSON.stringify(one)}`);
    if (!one.hears) continue;
    if (one.route === 'direct') {
      assert.equal(one.lost, 0, JSON.stringify(one));
      // Pages that wait for a processor count late; what was lost they know for certain.
      assert.ok(one.silent < (calls > 2 ? 4000 : 1000), JSON.stringify(one));
    } else {
      assert.ok(one.soundBack <= within, JSON.stringify(one));
    }
  }
});

scenario('a server that drains makes no new calls, and says so kindly', { mayLog: offline, env: { CATCHUP_DRAIN_SECONDS: '30' } }, async (stage) => {
  const { pair } = await stage.call(['chromium', 'firefox']);
  const unopened = await emptyRoom(stage.server);
  const visitor = await stage.person('chromium', { name: 'Visitor' });
  await visitor.open('/');
  await visitor.find('start-call');
  process.kill(stage.server.pid, 'SIGTERM');
  await Promise.all(pair.map((p) => p.find('draining')));
  await visitor.click('start-call');
  await visitor.error('draining');
  assert.match(await visitor.page.$eval('[data-testid="error"]', (e) => e.textContent), /Server is updating/);
  // A link that nobody has opened waits for the next server, too.
  const early = await stage.person('chromium', { name: 'Early' });
  await early.join(`/r/${unopened.room}${unopened.keys.fragment}`);
  await early.page.waitForFunction(() => document.body.textContent.includes('Server is updating'), { timeout: 10_000 });
  await Promise.all(pair.map((p) => p.receives(1)));
  await Promise.all(pair.map((p) => p.phase('active')));
  await stage.server.kill('SIGTERM'); // at once
  await stage.server.launch();
  await early.phase('alone', 20_000);
  await Promise.all(pair.map((p) => p.phase('active', 20_000)));
});

scenario('a call through nginx with TLS', {}, async (stage) => {
  const nginx = stage.with(await Nginx.start(stage.server));
  const { pair } = await stage.call(['chromium', 'chromium'], { site: nginx.url, insecure: true });
  await Promise.all(pair.map((p) => p.receives(2)));
  for (const person of pair) {
    const sockets = await person.page.evaluate(() => window.__seen.sockets.map(({ url }) => url));
    assert.ok(sockets.length > 0 && sockets.every((url) => url === `${nginx.url.replace('https', 'wss')}/ws`), `${sockets}`);
  }
});
