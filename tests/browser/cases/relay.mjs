// A relayed call survives faults of its relay; the relay over TLS.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { makeCertificates } from '../lib/nginx.mjs';
import { actors, kill, token } from '../lib/operator.mjs';
import { long, scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';

/** TEST_LONG=1: a hundred. */
const cycles = long ? 100 : 5;
const within = 6000;

/** Allocations, each with what it has carried. */
const allocations = (stage) => actors(stage.server, 'allocation');

/** The allocations that carry the call now, by what was added within a moment: two, or one way through others. */
async function inUse(stage) {
  const carried = (node) => node.counters.bytes_from_client + node.counters.bytes_to_client;
  for (let i = 0; i < 40; i++) {
    const before = new Map((await allocations(stage)).map((node) => [node.id, carried(node)]));
    await pause(1000);
    const used = (await allocations(stage)).filter((node) => carried(node) > (before.get(node.id) ?? 0) + 5000);
    if (used.length >= 2) return used;
  }
  return assert.fail(`no two allocations in use: ${JSON.stringify(await allocations(stage))}`);
}

/** Runs in the page: how long nothing arrives, from now on, until pictures and sound do again. */
function watchReturn() {
  const sums = async () => {
    const sum = { pictures: 0, sound: 0 };
    for (const connection of window.__seen.connections) {
      if (connection.connectionState === 'closed') continue;
      for (const r of (await connection.getStats()).values()) {
        if (r.type !== 'inbound-rtp') continue;
        if (r.kind === 'video') sum.pictures += r.framesDecoded ?? 0;
        else sum.sound += r.packetsReceived ?? 0;
      }
    }
    return sum;
  };
  window.__returned = (async () => {
    const pause = (ms) => new Promise((done) => setTimeout(done, ms));
    const began = performance.now();
    await pause(300); // what was under way has arrived
    const before = await sums();
    while (performance.now() - began < 30_000) {
      await pause(100);
      const now = await sums();
      if (now.pictures >= before.pictures + 3 && now.sound >= before.sound + 10) break;
    }
    return Math.round(performance.now() - began);
  })();
}

scenario(
  `a relayed call survives ${cycles} crashes of an allocation`,
  { env: { CATCHUP_ADMIN_TOKEN: token }, timeout: 60_000 + cycles * 12_000 },
  async (stage) => {
    const { pair } = await stage.call(['chromium', 'chromium'], { route: 'relay-udp' });
    await Promise.all(pair.map(({ page }) => page.evaluate(() => (window.__sameDocument = true))));
    const took = [];
    let most = 0;
    for (let i = 0; i < cycles; i++) {
      const used = await inUse(stage);
      await Promise.all(pair.map(({ page }) => page.evaluate(watchReturn)));
      await kill(stage.server, used[i % used.length].id);
      took.push(Math.max(...(await Promise.all(pair.map(({ page }) => page.evaluate(() => window.__returned))))));
      most = Math.max(most, (await allocations(stage)).length);
    }
    const sorted = [...took].sort((a, b) => a - b);
    console.log(`back after ${sorted[Math.floor(cycles / 2)]} ms in the middle, ${sorted.at(-1)} at most; up to ${most} allocations: ${took}`);
    assert.ok(sorted[Math.floor(cycles / 2)] <= within, `${took}`);
    assert.ok(sorted.at(-1) <= 2 * within, `${took}`);
    for (const { page } of pair) assert.ok(await page.evaluate(() => window.__sameDocument), 'the page was loaded again');
    await Promise.all(pair.map((p) => p.phase('active')));
    await Promise.all(pair.map((p) => p.receives(1)));
    assert.ok(stage.server.log.split('allocation_crashed').length - 1 >= cycles);
  },
);

scenario('two browsers talk through the relay over TLS', {}, async (stage) => {
  const folder = mkdtempSync(`${tmpdir()}/catchup-turns-`);
  stage.with({ close: () => rmSync(folder, { recursive: true, force: true }) });
  makeCertificates(folder);
  await stage.server.stop();
  stage.server.env.CATCHUP_TURN_CERT = folder;
  await stage.server.launch();
  const { pair } = await stage.call(['chromium-credulous', 'chromium-credulous'], { route: 'relay-tcp', only: '^turns:' });
  for (const person of pair) {
    await person.receives(1);
    await person.until('member', 'data-route', 'relayed');
    const [used] = (await person.stats()).pairs;
    assert.deepEqual([used.local, used.protocol], ['relay', 'tls']);
  }
});
