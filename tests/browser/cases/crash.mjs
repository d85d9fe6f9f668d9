// A part of the server crashes during a relayed call. The relay is another part:
// the media goes on, and everybody is in the room again by themselves.
import assert from 'node:assert/strict';
import { actors, kill, token } from '../lib/operator.mjs';
import { longestPause, recorded, startRecording } from '../lib/pauses.mjs';
import { long, scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';

const env = { CATCHUP_ADMIN_TOKEN: token };
const mayLog = /WebSocket/;
const within = 6000;

/** Waits for what the tree shows. */
async function shows(stage, kind, holds) {
  for (let i = 0; i < 100; i++) {
    const nodes = await actors(stage.server, kind);
    if (holds(nodes)) return nodes;
    await pause(100);
  }
  return assert.fail(`${kind}: ${JSON.stringify(await actors(stage.server, kind))}`);
}

/** Kills what `choose` finds; all are back in time, and are heard and seen but for `pauses` ms. */
async function survives(stage, pair, pauses, choose) {
  await startRecording(pair);
  await pause(1500);
  const id = await choose();
  const before = Date.now();
  await kill(stage.server, id);
  await pause(within + 500);
  const seen = [];
  for (const person of pair) {
    const samples = await recorded(person);
    const away = samples.findLast(({ phase }) => phase !== 'active');
    const [sound, pictures] = ['sound', 'pictures'].map((what) => longestPause(samples, what));
    seen.push({
      who: person.name,
      back: away ? away.at - before : 0,
      silent: sound.ms,
      still: pictures.ms,
    });
  }
  console.log(`${id.split(':')[0]} killed: ${JSON.stringify(seen)}`);
  for (const one of seen) {
    assert.ok(one.back <= within, JSON.stringify(one));
    assert.ok(one.silent <= pauses && one.still <= pauses, JSON.stringify(one));
  }
}

const room = async (stage) => (await actors(stage.server, 'room'))[0].id;

for (const route of long ? ['relay-udp', 'relay-tcp'] : ['relay-udp']) {
  scenario(`a room crashes under a call, ${route}`, { env, mayLog, timeout: 90_000 }, async (stage) => {
    const { pair } = await stage.call(['chromium', 'chromium'], { route });
    await survives(stage, pair, 2000, () => room(stage));
    await shows(stage, 'peer', (all) => all.length === 2 && all.every((n) => n.state === 'connected'));
    await Promise.all(pair.map((p) => p.receives(2)));
  });
}

scenario('one member crashes, then the other', { env, mayLog, timeout: 120_000 }, async (stage) => {
  const { pair } = await stage.call(['chromium', 'firefox'], { route: 'relay-udp' });
  const known = new Set();
  const next = async () => {
    const { id } = (await actors(stage.server, 'peer')).find((peer) => !known.has(peer.id));
    known.add(id);
    return id;
  };
  await survives(stage, pair, within, next);
  await survives(stage, pair, within, next);
  await shows(stage, 'peer', (all) => all.length === 2 && all.every((n) => n.state === 'connected'));
  await Promise.all(pair.map((p) => p.receives(2)));
});
