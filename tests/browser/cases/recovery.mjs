// Broken parts recover by themselves, and working parts go on meanwhile.
import assert from 'node:assert/strict';
import { Front } from '../lib/front.mjs';
import { RelayRecorder } from '../lib/relay-recorder.mjs';
import { scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';

const offline = /WebSocket|ERR_CONNECTION|ERR_EMPTY|Failed to load|NetworkError|can.t establish|interrupted/i;

scenario('a direct call survives the server, and both come back to the next one', { timeout: 120_000, mayLog: offline }, async (stage) => {
  const { pair } = await stage.call(['chromium', 'firefox']);
  await stage.server.kill('SIGKILL');
  await Promise.all(pair.map((p) => p.receives(10)));
  await Promise.all(pair.map((p) => p.phase('reconnecting', 60_000)));
  await stage.server.launch();
  await Promise.all(pair.map((p) => p.phase('active', 40_000)));
  await Promise.all(pair.map((p) => p.receives(3)));
  for (const person of pair) assert.equal(await person.page.evaluate(() => document.querySelectorAll('[data-testid="member"]').length), 1);
});

scenario('a relayed call comes back with the server', { timeout: 120_000, mayLog: offline }, async (stage) => {
  const { pair } = await stage.call(['chromium', 'chromium'], { route: 'relay-udp' });
  await stage.server.kill('SIGKILL');
  await pause(1000);
  await stage.server.launch();
  await Promise.all(pair.map((p) => p.phase('active', 60_000)));
  await Promise.all(pair.map((p) => p.resumes(60_000)));
  await Promise.all(pair.map((p) => p.receives(3)));
});

scenario('signalling that breaks off is taken up again, and the call never notices', { timeout: 90_000, mayLog: offline }, async (stage) => {
  const front = stage.with(await Front.start(stage.server));
  const { pair } = await stage.call(['chromium', 'firefox'], { site: front.url });
  const sockets = () => Promise.all(pair.map((p) => p.page.evaluate(() => window.__seen.sockets.length)));
  const before = await sockets();
  front.cut();
  await Promise.all(pair.map((p) => p.receives(5)));
  await Promise.all(pair.map((p) => p.phase('active')));
  const after = await sockets();
  assert.ok(after.every((n, i) => n > before[i]), `sockets ${before} → ${after}`);
});

for (const route of ['relay-udp', 'relay-tcp']) {
  scenario(`a way that dies is replaced by another, ${route}`, { timeout: 120_000 }, async (stage) => {
    const recorder = stage.with(await RelayRecorder.start(stage.server));
    const relay = { from: stage.server.relayPort, to: recorder.port };
    const { pair } = await stage.call(['chromium', 'firefox'], { route, relay });
    recorder.cut();
    const cutAt = recorder.packets.length;
    await pause(2000); // what was under way has arrived
    await Promise.all(pair.map((p) => p.resumes(60_000)));
    await Promise.all(pair.map((p) => p.receives(3)));
    assert.ok(recorder.packets.length > cutAt + 50, 'through the new way');
  });
}

scenario('who leaves is gone at once, and can come back', {}, async (stage) => {
  const { pair } = await stage.call(['chromium', 'firefox']);
  const [stays, goes] = pair;
  await goes.click('leave');
  await goes.phase('ended');
  await stays.phase('alone', 5000);
  await goes.click('rejoin');
  if (await goes.find('join', 3000).catch(() => null)) await goes.click('join');
  await Promise.all(pair.map((p) => p.phase('active')));
  await Promise.all(pair.map((p) => p.receives(2)));
});

scenario('a page that is closed is missed within a lease', { timeout: 90_000 }, async (stage) => {
  const { pair } = await stage.call(['chromium', 'chromium']);
  await pair[1].page.close();
  stage.people.splice(stage.people.indexOf(pair[1]), 1);
  await pair[0].phase('alone', 45_000);
});
