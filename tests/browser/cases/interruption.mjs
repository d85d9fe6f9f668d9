// The way between people is cut and comes back: what they read meanwhile, what they
// see, and how soon they see and hear each other again.
import assert from 'node:assert/strict';
import { mediaAfter, pictureShown, samplesOf, startSampling, wordsAfter } from '../lib/interruption.mjs';
import { long, scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';

const wordsWithinMs = 2_000;
const mediaWithinMs = 4_000;

/** Words that must not appear while only the route is gone: that keys are missing, that a camera is off. */
function readsNothingWrong(samples, from, to) {
  for (const { at, words, lock, media } of samples) {
    if (at < from || at > to) continue;
    assert.doesNotMatch(`${words} ${lock}`, /\bkeys?\b|camera is off|unlock|decrypt/i, `${at - from} ms after the cut`);
    assert.ok(!media.includes('keys'), `${at - from} ms after the cut`);
  }
}

/** Cuts for `ms`, then looks at what both saw. `names`: of whom each is cut off. */
async function interrupt(stage, pair, ms, matches) {
  await startSampling(pair);
  await pause(1000);
  const cutAt = Date.now();
  stage.network.cut(...matches);
  await pause(ms - 200);
  const still = await Promise.all(pair.map(({ page }) => page.evaluate(pictureShown)));
  await pause(200);
  stage.network.restore();
  const backAt = Date.now();
  await pause(mediaWithinMs + 2_000);
  const seen = [];
  for (const [i, person] of pair.entries()) {
    const samples = await samplesOf(person);
    const words = wordsAfter(samples, cutAt, pair[1 - i].name);
    const media = mediaAfter(samples, backAt);
    seen.push({ who: person.name, cut: ms, words, media });
    readsNothingWrong(samples, cutAt, backAt + (media ?? 0));
    const shown = samples.filter(({ at }) => at >= cutAt && at <= backAt).every((one) => one.shown === 1);
    assert.ok(shown && still[i], `${person.name}: the last picture stays`);
  }
  console.log(`interrupted: ${JSON.stringify(seen)}`);
  for (const one of seen) {
    assert.ok(one.words !== null && one.words <= wordsWithinMs, JSON.stringify(one));
    assert.ok(one.media !== null && one.media <= mediaWithinMs, JSON.stringify(one));
  }
}

/** Nothing arrives any more on the way that is used now; other ports are open. */
async function cutUsedPorts(stage, person) {
  const ports = await person.page.evaluate(async () => {
    const used = new Set();
    for (const connection of window.__seen.connections) {
      if (connection.connectionState === 'closed') continue;
      for (const r of (await connection.getStats()).values()) if (r.type === 'local-candidate') used.add(r.port);
    }
    return [...used].filter((port) => port > 1023);
  });
  const set = `{ ${ports.join(', ')} }`;
  stage.network.cut(`udp dport ${set}`, `udp sport ${set}`);
}

const relayTcp = (stage) => `tcp dport ${stage.server.relayPort}`;
const udp = 'meta l4proto udp';

/** Each way and each pair once; all of them, for three lengths, with TEST_LONG=1. */
const usual = (way, kinds) => (way === 'direct') === kinds.includes('firefox');

for (const [way, options] of Object.entries({ direct: {}, relayed: { route: 'relay-udp' } }))
  for (const kinds of [['chromium', 'chromium'], ['chromium', 'firefox']])
    for (const seconds of long ? [2.5, 8, 20] : usual(way, kinds) ? [8] : [])
      scenario(
        `${kinds.join(' and ')}, ${way}, cut off from each other for ${seconds} s`,
        { network: true, timeout: 120_000 },
        async (stage) => {
          const { pair } = await stage.call(kinds, options);
          await interrupt(stage, pair, seconds * 1000, [udp, relayTcp(stage)]);
          await Promise.all(pair.map((p) => p.receives(1)));
        },
      );

scenario('a way that dies is left for another one, while it stays dead', { network: true, timeout: 120_000 }, async (stage) => {
  const { pair } = await stage.call(['chromium', 'chromium']);
  await startSampling(pair);
  await pause(1000);
  const cutAt = Date.now();
  await cutUsedPorts(stage, pair[0]);
  await pause(7000);
  for (const person of pair) {
    const samples = await samplesOf(person);
    const media = mediaAfter(samples, cutAt + 300);
    console.log(`another way: ${person.name} back after ${media && media + 300} ms`);
    readsNothingWrong(samples, cutAt, Date.now());
    assert.ok(media !== null && media + 300 <= mediaWithinMs, `${media}`);
  }
});

// Chromium leaves a pair for one of a lower kind only when it has heard nothing for seconds.
const otherKindWithinMs = 8_000;

scenario('UDP that is blocked in a call leaves the relay over TCP', { network: true, timeout: 120_000 }, async (stage) => {
  const { pair } = await stage.call(['chromium', 'chromium']);
  await startSampling(pair);
  await pause(1000);
  const cutAt = Date.now();
  stage.network.cut(udp);
  await pause(10_000);
  for (const person of pair) {
    const samples = await samplesOf(person);
    const media = mediaAfter(samples, cutAt + 300);
    console.log(`UDP blocked: ${person.name} back after ${media && media + 300} ms`);
    readsNothingWrong(samples, cutAt, Date.now());
    assert.ok(media !== null && media + 300 <= otherKindWithinMs, `${media}`);
    await person.until('member', 'data-route', 'relayed', 5000);
  }
});

scenario('the whole network goes for 8 s, the server with it', { network: true, timeout: 120_000, mayLog: /WebSocket|ERR_|Failed to load/ }, async (stage) => {
  const { pair } = await stage.call(['chromium', 'chromium']);
  const server = `tcp dport { ${stage.server.port}, ${stage.server.relayPort} }`;
  await interrupt(stage, pair, 8000, [udp, server, `tcp sport ${stage.server.port}`]);
});

scenario('one of three is cut off: only that person is named', { network: true, timeout: 150_000 }, async (stage) => {
  const { pair: all } = await stage.call(['chromium', 'chromium', 'chromium'], { light: true });
  await Promise.all(all.map((p) => p.page.waitForFunction(() => document.querySelectorAll('[data-media="encrypted"]').length === 2, { timeout: 30_000 })));
  await startSampling(all);
  await pause(1000);
  const cutAt = Date.now();
  await cutUsedPorts(stage, all[2]);
  await pause(6000);
  for (const person of all.slice(0, 2)) {
    const samples = (await samplesOf(person)).filter(({ at }) => at >= cutAt);
    const words = wordsAfter(samples, cutAt, all[2].name);
    assert.ok(words !== null && words <= wordsWithinMs, `${person.name}: ${words}`);
    for (const one of samples) {
      assert.equal(one.lock, 'End-to-end encrypted', 'the call as a whole is not interrupted');
      assert.ok(one.interrupted.length <= 1);
    }
    assert.deepEqual(samples.at(-1).interrupted, [], `${person.name}: the way is back`);
  }
});
