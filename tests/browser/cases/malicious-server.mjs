// A server that lies to real pages (docs/e2ee.md, How it is tested). Every attack
// comes with its control: the same thing without the lie succeeds, in the same pages.
import assert from 'node:assert/strict';
import { engine } from '../lib/engine.mjs';
import { agreed, count, enter, nowhere, until } from '../lib/group.mjs';
import { chained, Liar } from '../lib/liar.mjs';
import { long, never, scenario } from '../lib/scenario.mjs';
import { pause } from '../lib/server.mjs';
import { attack, collect, forwarder, leaked } from '../lib/tap.mjs';

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const isGroup = ({ t }) => t.startsWith('mls-');

/** Somebody who is told everything by a liar. */
async function deceived(stage, kind, name, { prefixes, ...options } = {}) {
  const liar = stage.with(await Liar.start(stage.server, { prefixes }));
  const person = await stage.person(kind, { site: liar.url, name, ...options });
  await collect(person);
  return Object.assign(person, { liar });
}

/** After every attack: an epoch has one key, and nobody is in it but these. */
async function oneTruth(people) {
  const all = await Promise.all(people.map(leaked));
  const known = new Set(people.map(({ liar }) => hex(liar.id)));
  never(() => {
    const keys = new Map();
    for (const { group, epoch, base, roster } of all.flat()) {
      const name = `${group}/${epoch}`;
      assert.ok(roster.every(({ member }) => known.has(member)), 'a stranger is in the group');
      assert.ok(base.equals(keys.get(name) ?? base), 'an epoch has two keys');
      keys.set(name, base);
    }
  });
}

/** A change of the group by members alone: somebody asks for fresh keys. The epoch after it. */
async function change(people, who) {
  const { epoch } = (await leaked(people.find((one) => one !== who))).at(-1);
  who.liar.tell({ t: 'mls-gone' });
  const moved = async (one) => (await leaked(one)).at(-1).epoch > epoch;
  await until('another epoch', true, async () => (await Promise.all(people.map(moved))).every(Boolean));
}

/** Has `who` make a commit that adds `adds`, and keeps it from the server. */
async function commitOf(who, adds) {
  const { liar } = who;
  const from = liar.said.length;
  liar.up = (message) => (message.t === 'mls-commit' ? null : message);
  liar.duty(adds);
  const made = await liar.next('mls-commit', from);
  liar.up = (message) => message;
  return made;
}

/** The commit was not taken, and is not to be made again. */
function forgetCommit({ liar }) {
  liar.duty([]);
  liar.tell({ t: 'mls-rejected', epoch: liar.group.epoch, reason: 'stale' });
}

scenario('the server brings nobody in, and makes no commit that is followed', { timeout: 120_000 }, async (stage) => {
  const { candidate, commitElsewhere, forgedRoom, roomOf } = await engine();
  const { path, keys } = await stage.room();
  const room = await roomOf(new Uint8Array(keys.secret));
  const forged = await forgedRoom(room);
  const people = [];
  for (const [kind, name] of [['chromium', 'Ann'], ['firefox', 'Bob'], ['chromium', 'Cat']]) {
    people.push(await deceived(stage, kind, name, nowhere(stage)));
  }
  const [ann, bob, cat] = people;
  await enter(people, path, { camera: false });
  const { newest } = await agreed(people, 45_000);

  // Each lie is in one duty with the truth: what Ann commits is the truth alone.
  const joiner = await candidate(room);
  const lies = {
    'a ghost, a member of the server’s own making': await candidate(forged),
    'the server’s key package in a joiner’s place': await candidate(forged, joiner.id),
    'another’s key package in a joiner’s place': { ...(await candidate(room)), id: joiner.id },
    'a key package of another suite': await candidate(room, undefined, 2),
    'bytes': { id: joiner.id, keyPackage: Buffer.alloc(300, 7) },
  };
  for (const [lie, { id, keyPackage }] of Object.entries(lies)) {
    const honest = await candidate(room);
    const adds = [{ id, key_package: keyPackage }, { id: honest.id, key_package: honest.keyPackage }];
    const { welcome } = await commitOf(ann, adds);
    const roster = (await honest.join(welcome)).map(hex).sort();
    never(() => assert.deepEqual(roster, [...people.map(({ liar }) => liar.id), honest.id].map(hex).sort(), lie));
    forgetCommit(ann);
  }
  assert.deepEqual((await agreed(people)).newest, newest, 'nobody was moved');
  await change(people, cat);
  await agreed(people);

  // Bob is told of commits that are not the next one: each is refused, or ignored.
  const outsider = await candidate(room);
  const offer = [{ id: outsider.id, key_package: outsider.keyPackage }];
  const { commit: lost } = await commitOf(ann, offer);
  forgetCommit(ann);
  const before = { ...bob.liar.group };
  let from = bob.liar.said.length;
  await change(people, cat);
  const taken = bob.liar.answered.findLast(({ t }) => t === 'mls-committed');
  bob.liar.tell({ ...taken });
  bob.liar.tell({ ...taken, commit: lost, hash: chained(before.hash, before.seq + 1, lost) });
  Object.assign(bob.liar.group, { hash: Buffer.from(taken.hash) });
  await change(people, ann);
  const asked = () => bob.liar.said.slice(from).filter(({ t }) => t === 'mls-join' || t === 'mls-resume').length;
  never(() => assert.equal(asked(), 0, 'a commit seen before, and a second one of its epoch, are nothing'));

  const wrong = {
    'a commit of an epoch that is over': async () => lost,
    'a commit of another group of the room': () => commitElsewhere(room),
    'a commit that was changed': async () => {
      const commit = Buffer.from((await commitOf(ann, offer)).commit);
      forgetCommit(ann);
      commit[commit.length - 80] ^= 1;
      return commit;
    },
  };
  for (const [i, [what, make]] of Object.entries(wrong).entries()) {
    from = bob.liar.said.length;
    bob.liar.commits(await make());
    await bob.liar.next('mls-join', from).catch(() => assert.fail(`${what} was not refused`));
    await agreed(people);
    await change(people, i % 2 === 0 ? cat : ann);
  }

  // Two commits come the wrong way round, then one with another's place in the log.
  let kept = null;
  bob.liar.down = (message) => {
    if (message.t !== 'mls-committed') return message;
    if (kept !== null) bob.liar.honest();
    const both = [message, kept];
    kept = message;
    return both[1] === null ? null : both;
  };
  from = bob.liar.said.length;
  await change([ann, cat], cat);
  await change([ann, cat], ann);
  await bob.liar.next('mls-resume', from);
  await agreed(people);
  from = bob.liar.said.length;
  bob.liar.down = (message) => (message.t === 'mls-committed' ? { ...message, seq: message.seq + 1 } : message);
  await change([ann, cat], cat);
  await bob.liar.next('mls-join', from);
  bob.liar.honest();
  await agreed(people);
  await oneTruth(people);
});

scenario('a Welcome to a group of the server’s making opens nothing, and the page says so', {}, async (stage) => {
  const { forgedRoom, roomOf, welcomeTo } = await engine();
  const { path, keys } = await stage.room();
  const room = await roomOf(new Uint8Array(keys.secret));
  const forged = await forgedRoom(room);

  /** A page that gets these Welcomes, one for each key package, and nothing else of the group. */
  async function welcomed(name, welcomes) {
    const person = await deceived(stage, 'chromium', name);
    const { liar } = person;
    let seq = 0;
    const give = async (keyPackage) => {
      const welcome = await welcomes[seq++ % welcomes.length](keyPackage);
      liar.tell({ t: 'mls-welcome', incarnation: 1, seq, epoch: 1, hash: Buffer.alloc(32), welcome });
    };
    let offered = null;
    liar.up = (message) => {
      if (message.t === 'admit') offered = message.key_package;
      if (message.t === 'mls-join') void give(message.key_package);
      return isGroup(message) ? null : message;
    };
    liar.down = (message) => {
      if (message.t === 'welcome') setTimeout(give, 50, offered);
      return isGroup(message) ? null : message;
    };
    await enter([person], path, { camera: false });
    return person;
  }

  const victim = await welcomed('Victim', [
    (keyPackage) => welcomeTo(forged, keyPackage, 'nothing'),
    (keyPackage) => welcomeTo(room, keyPackage, 'psk'),
    (keyPackage) => welcomeTo(room, keyPackage, 'group-id'),
    (keyPackage) => welcomeTo(room, keyPackage, 'frame-suite'),
  ]);
  await victim.error('encryption-failed');
  const epochs = await leaked(victim);
  never(() => assert.deepEqual(epochs, [], 'no keys came of it'));
  // The control: the same, by somebody who has the link and makes a group like all others.
  const guest = await welcomed('Guest', [(keyPackage) => welcomeTo(room, keyPackage, 'nothing')]);
  await guest.phase('active');
  assert.equal((await leaked(guest)).at(-1).roster.length, 2);
});

/** Frame counters of the pages over all their connections. */
const counters = (person) =>
  person.page.evaluate(() => {
    const sum = { sealedIn: 0, sealedOut: 0, opened: 0, failed: 0 };
    for (const kinds of window.catchup.frameCounters()) {
      for (const { sealed, opened } of Object.values(kinds)) {
        sum.sealedIn += sealed.in;
        sum.sealedOut += sealed.out;
        sum.opened += opened.out;
        sum.failed += opened.authFailed + opened.dropped;
      }
    }
    return sum;
  });

/** Growth of the counters in the next moment. */
async function counting(person, ms = 1000) {
  const before = await counters(person);
  await pause(ms);
  const after = await counters(person);
  return Object.fromEntries(Object.keys(after).map((key) => [key, after[key] - before[key]]));
}

const tiles = (people, n, timeout) =>
  Promise.all(people.map((p) => until(`${p.name}'s tiles`, n, () => count(p, 'member'), timeout)));
const banner = (people, n, timeout) =>
  Promise.all(people.map((p) => until(`${p.name} is told that nothing is sent`, n, () => count(p, 'held'), timeout)));

/** Both have one of the other's tile, with pictures and sound that open. */
async function talk(people) {
  await Promise.all(people.map((p) => p.receives()));
  for (const person of people) {
    const now = await counting(person);
    assert.ok(now.opened > 10 && now.sealedOut > 10, `${person.name}: ${JSON.stringify(now)}`);
  }
}

/**
 * From now on each is in a room of its own making: their commits are taken at once and
 * go nowhere else, tags are kept back. `healed` lets these through; when forks are said
 * the server is honest again, and is told of them as if they were of its epoch.
 */
function divide(people) {
  const ready = new Map();
  for (const { liar } of people) {
    const { epoch } = liar.group;
    liar.down = (message) => (isGroup(message) ? null : message);
    liar.up = (message) => {
      if (message.t === 'mls-ready') ready.set(liar, message);
      if (message.t === 'mls-commit') setTimeout(() => liar.commits(message.commit));
      if (message.t === 'mls-forked') {
        // Late enough for people to see what the page makes of it.
        setTimeout(() => {
          for (const each of people) each.liar.honest();
          liar.say({ ...message, epoch });
        }, 1000);
      }
      return isGroup(message) ? null : message;
    };
  }
  return {
    /** Messages that the server had to deliver: the tags of the others. */
    healed: () => {
      for (const one of people) {
        for (const other of people.filter((each) => each !== one)) {
          const { epoch, tag } = ready.get(other.liar);
          one.liar.tell({ t: 'mls-ready', epoch, tag, id: other.liar.id });
        }
      }
    },
  };
}

scenario('who forwards frames, keeps removals back or keeps people apart is found out', { timeout: 150_000 }, async (stage) => {
  const { candidate, roomOf } = await engine();
  const { path, keys } = await stage.room();
  const room = await roomOf(new Uint8Array(keys.secret));
  const ann = await deceived(stage, 'chromium', 'Ann', { prefixes: { frame: forwarder } });
  const bob = await deceived(stage, 'chromium', 'Bob');
  const cat = await deceived(stage, 'chromium', 'Cat');
  const people = [ann, bob, cat];
  // The server also says that nothing is encrypted here.
  for (const { liar } of people) {
    liar.down = (message) =>
      message.t === 'welcome' ? { ...message, topology: 'sfu', encryption: 'none', e2ee: false } : message;
  }
  await enter(people, path);
  await agreed(people);
  await tiles(people, 2);
  for (const { liar } of people) {
    liar.honest();
    liar.tell({ t: 'encryption', on: false }, { t: 'track', encryption: 0 }, { t: 'mls-off', passthrough: true });
  }
  await Promise.all(people.map((p) => p.receives()));
  const quiet = await Promise.all(people.map((p) => counting(p)));
  never(() => assert.ok(quiet.every(({ failed }) => failed === 0), `what was sent is sealed: ${JSON.stringify(quiet)}`));

  // Every frame to Ann is replaced; none of these goes on to a decoder, all others do.
  for (const mode of ['plain', 'replay', 'flip', 'swap']) {
    await attack(ann, mode);
    if (mode === 'swap') await ann.media('cannot-decrypt', 5000);
    else await pause(800);
    const { forged, through } = await attack(ann, 'none');
    never(() => assert.equal(through, 0, `${mode}: ${through} of ${forged} forged frames were let through`));
    assert.ok(forged >= 20, `${mode}: ${forged} frames were replaced`);
    await pause(800);
    const control = await attack(ann, 'none');
    assert.ok(control.clean >= 20 && control.forged === 0, `after ${mode}: ${JSON.stringify(control)}`);
  }

  // Cat leaves, and the server does not let the others know the new keys.
  await agreed(people);
  const kept = new Map();
  for (const { liar } of [ann, bob]) {
    kept.set(liar, []);
    liar.down = (message) => {
      if (!isGroup(message) || message.t === 'mls-left') return message;
      kept.get(liar).push(message);
      return null;
    };
  }
  await cat.click('leave');
  await banner([ann, bob], 1, 10_000);
  await pause(300);
  for (const person of [ann, bob]) {
    const held = await counting(person);
    never(() => assert.equal(held.sealedOut, 0, `${person.name} sends nothing`));
    assert.ok(held.sealedIn > 10, `${person.name} has something to send`);
  }
  for (const { liar } of [ann, bob]) {
    liar.honest();
    liar.tell(...kept.get(liar));
  }
  const pair = [ann, bob];
  await agreed(pair, 30_000);
  await banner(pair, 0);
  await tiles(pair, 1, 1000);
  await talk(pair);

  // Each is told that the other left.
  let apart = divide(pair);
  for (const [me, other] of [[ann, bob], [bob, ann]]) {
    const { roster } = (await leaked(me)).at(-1);
    const { leaf } = roster.find(({ member }) => member === hex(other.liar.id));
    me.liar.tell({ t: 'mls-left', id: other.liar.id });
    me.liar.duty([], [{ id: other.liar.id, leaf }]);
  }
  await tiles(pair, 0, 3000);
  await Promise.all(pair.map((p) => p.phase('alone')));
  const alone = (await Promise.all(pair.map(leaked))).map((epochs) => epochs.at(-1));
  never(() => assert.ok(!alone[0].base.equals(alone[1].base), 'each has keys of their own'));
  apart.healed();
  await banner(pair, 1, 3000);
  await agreed(pair, 30_000);
  await tiles(pair, 1);
  await talk(pair);

  // Two commits of one epoch, one for each: their keys differ, whatever they are told.
  const outsider = await candidate(room);
  apart = divide(pair);
  for (const { liar } of pair) liar.duty([{ id: outsider.id, key_package: outsider.keyPackage }]);
  await Promise.all(pair.map((p) => until('a third one in the tree', 3, async () => (await leaked(p)).at(-1).roster.length)));
  const [one, two] = (await Promise.all(pair.map(leaked))).map((epochs) => epochs.at(-1));
  assert.deepEqual([one.group, one.epoch], [two.group, two.epoch]);
  never(() => assert.ok(!one.base.equals(two.base), 'two keys of one epoch'));
  const nameOf = { [ann.name]: bob.name, [bob.name]: ann.name };
  const mediaOf = (person) =>
    person.page.evaluate((name) => document.querySelector(`[data-testid="member"][aria-label="${name}"]`)?.dataset.media, nameOf[person.name]);
  await Promise.all(pair.map((p) => until(`${p.name} is told that nothing opens`, 'cannot-decrypt', () => mediaOf(p), 8000)));
  apart.healed();
  await banner(pair, 1, 3000);
  await agreed(pair, 30_000);
  await banner(pair, 0);
  await talk(pair);
});

// TEST_LONG=1: it takes more than three minutes.
if (long) scenario('who leaves and is kept in the group stops what is sent after three minutes', { timeout: 360_000 }, async (stage) => {
  const { path } = await stage.room();
  const people = [await deceived(stage, 'chromium', 'Ann'), await deceived(stage, 'firefox', 'Bob'), await deceived(stage, 'chromium', 'Cat')];
  const [ann, bob, cat] = people;
  await enter(people, path);
  await agreed(people);
  await tiles(people, 2);
  await pause(60_000);
  const pair = [ann, bob];
  await banner(pair, 0);
  // The server says nothing of it, and carries what the two say to each other.
  const kept = new Map(pair.map(({ liar }) => [liar, []]));
  for (const { liar } of pair) {
    liar.down = (message) => {
      if (!isGroup(message) && message.t !== 'left') return message;
      kept.get(liar).push(message);
      return null;
    };
  }
  await cat.click('leave');
  const left = Date.now();
  await banner(pair, 1, 190_000);
  const after = Date.now() - left;
  console.log(`nothing is sent ${after} ms after somebody left unannounced`);
  never(() => assert.ok(after <= 181_000, `${after} ms`));
  for (const person of pair) {
    const held = await counting(person);
    never(() => assert.equal(held.sealedOut, 0, `${person.name} sends nothing`));
  }
  for (const { liar } of pair) {
    liar.honest();
    liar.tell(...kept.get(liar));
  }
  await agreed(pair, 30_000);
  await banner(pair, 0);
  await tiles(pair, 1);
  await talk(pair);
});

/** In the page: other fingerprints in what comes from the other, while `window.__swap` is set. */
function swapFingerprints() {
  const { prototype } = RTCPeerConnection;
  const set = prototype.setRemoteDescription;
  prototype.setRemoteDescription = function (description) {
    const other = (line) => line.replace(/[0-9A-F]{2}$/, (byte) => (byte === '00' ? '01' : '00'));
    const sdp = window.__swap ? description.sdp.replace(/a=fingerprint:.*/g, other) : description.sdp;
    return set.call(this, { type: description.type, sdp });
  };
}

scenario('session descriptions are the other’s own, or there is no connection', { timeout: 120_000 }, async (stage) => {
  const { path } = await stage.room();
  const [ann, bob] = [await deceived(stage, 'chromium', 'Ann'), await deceived(stage, 'firefox', 'Bob')];
  const pair = [ann, bob];
  await bob.page.evaluateOnNewDocument(swapFingerprints);
  // Messages that the server changes are dropped.
  const spoiled = [];
  bob.liar.down = (message) => {
    if (message.t !== 'app') return message;
    spoiled.push(message);
    const data = Buffer.from(message.data);
    data[data.length >> 1] ^= 1;
    return { ...message, data };
  };
  await enter(pair, path);
  await agreed(pair);
  await tiles(pair, 1);
  await pause(3000);
  const apart = async () => {
    for (const person of pair) {
      const { framesDecoded, audioEnergy } = await person.stats();
      never(() => assert.deepEqual([framesDecoded, audioEnergy], [0, 0], `${person.name} sees and hears nothing`));
      assert.equal(await count(person, 'remote-video'), 0);
      assert.match(await person.attribute('member', 'data-media'), /connecting/);
    }
  };
  await apart();
  assert.ok(spoiled.length > 0, 'something was changed');
  // Had it changed the fingerprints: DTLS fails.
  await bob.page.evaluate(() => {
    window.__swap = true;
  });
  bob.liar.honest();
  const failed = () => bob.page.evaluate(() => window.__seen.connections.some((c) => c.connectionState === 'failed'));
  await until('the connection was refused', true, failed, 20_000);
  await apart();
  // The control, with everything said twice, and the oldest once more.
  await bob.page.evaluate(() => {
    window.__swap = false;
  });
  bob.liar.down = (message) => (message.t === 'app' ? [message, spoiled[0], message] : message);
  // Ann announced her state when Bob could not hear it; she repeats it with every change.
  for (let i = 0; i < 2; i++) await ann.click('mic-toggle');
  await Promise.all(pair.map((p) => p.receives()));
});
