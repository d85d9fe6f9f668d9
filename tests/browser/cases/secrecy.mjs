// Data that the server, the relay and the log get to see.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { Front } from '../lib/front.mjs';
import { found, openOf, secretsOf, spellings } from '../lib/keys.mjs';
import { RelayRecorder } from '../lib/relay-recorder.mjs';
import { never, scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';
import { collect, leak, leaked, memberOf, tap, tapped } from '../lib/tap.mjs';

// A name that cannot be there by chance.
const nameOf = (kind) => `Zaphod-${kind}-Xyloph`;

/** Two people through recorders on everything the server can see. */
async function tappedCall(stage, kinds, { route, modes = ['record', 'record'] } = {}) {
  const room = await stage.room();
  const recorder = stage.with(await RelayRecorder.start(stage.server));
  const fronts = [];
  const people = [];
  for (const [i, kind] of kinds.entries()) {
    const front = stage.with(await Front.start(stage.server, { prefixes: { frame: tap(modes[i]), group: leak } }));
    const relay = { from: stage.server.relayPort, to: recorder.port };
    const person = await stage.person(kind, { site: front.url, route, relay, name: nameOf(`${kind}${i}`) });
    await collect(person);
    fronts.push(front);
    people.push(person);
  }
  await Promise.all(people.map((p) => p.join(room.path)));
  return { ...room, recorder, fronts, people };
}

/** Everybody's member id, and the keys of all epochs, as each group worker handed them out. */
async function keysOf(people) {
  const epochs = await Promise.all(people.map(leaked));
  assert.ok(epochs.every((some) => some.length > 0), 'keys were given away');
  return { epochs, members: epochs.map(memberOf) };
}

/** The readable and writable memory of a process. */
function memory(pid) {
  const parts = [];
  const file = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to, rights] = /^(\w+)-(\w+) (\S+)/.exec(line) ?? [];
      if (!rights?.startsWith('rw') || line.includes('[v')) continue;
      const length = Number(BigInt(`0x${to}`) - BigInt(`0x${from}`));
      const bytes = Buffer.alloc(Math.min(length, 1 << 28));
      try {
        parts.push(bytes.subarray(0, readSync(file, bytes, 0, bytes.length, Number(BigInt(`0x${from}`)))));
      } catch {
        // a guard page
      }
    }
  } finally {
    closeSync(file);
  }
  return Buffer.concat(parts);
}

// Proves: every frame that reached a receiver was sealed by its sender with a key
// of the group. A frame is opened here by another implementation with what the
// sender's group worker exported; AES-GCM accepts nothing else, least of all plaintext.
for (const kinds of [['chromium', 'chromium'], ['chromium', 'firefox']]) {
  scenario(`every frame between ${kinds.join(' and ')} is sealed with the key of its sender`, {}, async (stage) => {
    const { fronts, people } = await tappedCall(stage, kinds);
    await Promise.all(people.map((p) => p.receives(5)));
    const { epochs, members } = await keysOf(people);
    for (const [i, person] of people.entries()) {
      assert.ok(fronts[i].rewritten > 1, 'the tap is in place');
      const frames = await tapped(person);
      const other = 1 - i;
      for (const [kind, least] of [['audio', 100], ['video', 30]]) {
        const some = frames.filter((f) => f.kind === kind);
        const opened = some.map((f) => openOf(epochs[other], members[other], kind, f.data));
        const odd = opened.filter((f) => f === null).length;
        assert.ok(some.length >= least, `${person.name} was sent ${some.length} ${kind} frames`);
        never(() => {
          assert.equal(odd, 0, `${person.name} was sent ${odd} of ${some.length} ${kind} frames that are not sealed`);
          // Nobody else's, and under no other key.
          assert.ok(some.every((f) => openOf(epochs[other], members[i], kind, f.data) === null));
          const strange = epochs[other].map((epoch) => ({ ...epoch, base: randomBytes(16) }));
          assert.ok(some.every((f) => openOf(strange, members[other], kind, f.data) === null));
        });
      }
      // The output is that of an encoder: key frames with VP8's start code.
      const pictures = frames.filter((f) => f.kind === 'video').map((f) => openOf(epochs[other], members[other], 'video', f.data));
      const whole = pictures.filter((f) => (f[0] & 1) === 0);
      assert.ok(whole.length > 0 && whole.every((f) => f.readUIntBE(3, 3) === 0x9d012a));
    }
  });
}

for (const route of ['relay-udp', 'relay-tcp']) {
  scenario(`the server learns neither the secret nor a key nor a name, ${route}`, {}, async (stage) => {
    const { keys, room, recorder, fronts, people } = await tappedCall(stage, ['chromium', 'firefox'], { route });
    await Promise.all(people.map((p) => p.receives(5)));
    const { epochs } = await keysOf(people);
    const media = epochs.flat().map(({ epoch, base }, i) => [`epoch ${epoch}, ${i}`, base]);
    const secrets = { ...secretsOf(keys), ...Object.fromEntries(media) };
    const names = people.map((p) => Buffer.from(p.name));
    const asked = Buffer.concat(fronts.map((f) => f.seen));
    const passed = recorder.bytes();
    const inside = memory(stage.server.pid);
    const log = Buffer.from(stage.server.log);

    // The places that are searched do hold what passed through them.
    assert.ok(asked.includes(room), 'requests were recorded');
    assert.deepEqual(found(asked, { public: keys.admissionKey }), ['public']);
    assert.ok(passed.length > 200_000, `${passed.length} bytes passed the recorder`);
    assert.ok(spellings(keys.tag).some((s) => inside.includes(s)) || inside.includes(room), 'memory was read');

    for (const [where, bytes] of Object.entries({ asked, passed, inside, log })) {
      never(() => assert.deepEqual(found(bytes, secrets), [], `keys in what was ${where}`));
      never(() => assert.ok(names.every((n) => !bytes.includes(n)), `a name in what was ${where}`));
    }
    // The log has no room, either.
    never(() => assert.ok(!log.includes(room) && !log.includes(keys.tag.toString('hex')), 'the log names no room'));
    // The relay passes on STUN, ChannelData, DTLS or SRTP (RFC 7983), and nothing readable.
    if (route === 'relay-udp') {
      const odd = recorder.packets.filter(({ data }) => !(data[0] < 4 || (data[0] >= 64 && data[0] < 80)));
      assert.equal(odd.length, 0);
    }
  });
}

scenario('frames that were changed on the way are not decoded', { mayLog: /decode|key/i }, async (stage) => {
  const { people } = await tappedCall(stage, ['chromium', 'firefox'], { modes: ['spoil', 'spoil'] });
  for (const person of people) {
    await person.media('cannot-decrypt', 30_000);
    const frames = await tapped(person);
    assert.ok(frames.length > 20, `${person.name} was sent ${frames.length} frames`);
    const { framesDecoded, audioEnergy } = await person.stats();
    never(() => assert.equal(framesDecoded, 0, `${person.name} decoded none`));
    never(() => assert.equal(audioEnergy, 0, `${person.name} heard nothing`));
    assert.equal(await person.has('remote-video'), false);
  }
});

// The reverse of the first case: without encryption its check fails, and nobody
// gets to see anything.
scenario('frames sent without encryption are not decoded', { mayLog: /./ }, async (stage) => {
  const { people } = await tappedCall(stage, ['chromium', 'chromium'], { modes: ['bare', 'record'] });
  const [, receiver] = people;
  await receiver.phase('active');
  let frames = [];
  for (let i = 0; i < 20 && frames.length < 10; i++) {
    await pause(500);
    frames = await tapped(receiver);
  }
  assert.ok(frames.length >= 10, 'the tap of the sender lets frames out');
  const { epochs, members } = await keysOf(people);
  assert.ok(frames.every((f) => openOf(epochs[0], members[0], f.kind, f.data) === null), 'none of them is sealed');
  await pause(3000);
  const { framesDecoded, audioEnergy } = await receiver.stats();
  never(() => assert.deepEqual({ framesDecoded, audioEnergy }, { framesDecoded: 0, audioEnergy: 0 }));
  assert.notEqual(await receiver.attribute('member', 'data-media'), 'encrypted');
  assert.equal(await receiver.has('remote-video'), false);
});

for (const kind of ['chromium', 'firefox']) {
  scenario(`a browser in which encryption does not work gets no call, ${kind}`, { mayLog: /./ }, async (stage) => {
    const front = stage.with(await Front.start(stage.server, { prefixes: { frame: tap('bare-all') } }));
    const { path } = await stage.room();
    const person = await stage.person(kind, { site: front.url });
    await person.open(path);
    if (await person.find('join', 3000).catch(() => null)) await person.joinHere().catch(() => {});
    await person.error('encryption-failed', 40_000);
  });
}
