// Native members of a group beside one with the web app's code, on the real server.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createRoom, linkKeys } from '../../browser/lib/keys.mjs';
import { pause } from '../../browser/lib/server.mjs';
import { Native } from './native.mjs';
import { PageMember } from './page-member.mjs';

export const cases = ['found', 'join', 'commit', 'remove', 'psk', 'media keys', 'messages'];

const camera = 1;
const microphone = 0;

/** Everybody in one room of a new link, and how they are compared. */
class Room {
  natives = [];
  pages = [];

  static async make(server) {
    const room = new Room();
    const keys = linkKeys();
    Object.assign(room, { server, secret: keys.secret, id: await createRoom(server, keys) });
    return room;
  }

  native(name, options) {
    const member = new Native(name, this.server, this.secret, this.id, options);
    this.natives.push(member);
    return member;
  }

  async page() {
    const member = await PageMember.join(this.server, this.secret, this.id);
    this.pages.push(member);
    return member;
  }

  leave(page) {
    page.leave();
    this.pages = this.pages.filter((other) => other !== page);
  }

  /** Until all are in one epoch with as many people as there are; which one. */
  async agreed(ms = 20_000) {
    const size = this.natives.length + this.pages.length;
    const end = Date.now() + ms;
    for (;;) {
      const places = [
        ...this.natives.map(({ epoch }) => [epoch?.epoch ?? -1, epoch?.roster.map(({ leaf, id }) => `${leaf} ${id}`) ?? []]),
        ...this.pages.map(({ epoch, roster }) => [Number(epoch), roster.map(({ leaf, id }) => `${leaf} ${id}`)]),
      ];
      const texts = places.map((place) => JSON.stringify(place));
      if (places[0][1].length === size && texts.every((text) => text === texts[0])) {
        const tags = new Set(this.natives.map(({ epoch }) => epoch.tag));
        assert.ok(tags.size <= 1, 'natives have different tags');
        return places[0][0];
      }
      const broken = this.natives.find(({ result }) => result);
      if (broken) throw new Error(`${broken.name} ended: ${broken.result.error}`);
      if (Date.now() > end) {
        const statuses = this.pages.map(({ statuses: list }) => list.slice(-3));
        throw new Error(`not agreed: ${texts.join(' / ')}; pages: ${JSON.stringify(statuses)}`);
      }
      await pause(20);
    }
  }

  /** After one more commit than in `epoch`. */
  async agreedAfter(epoch) {
    const end = Date.now() + 20_000;
    for (;;) {
      const now = await this.agreed();
      if (now > epoch) return now;
      if (Date.now() > end) throw new Error(`still in epoch ${epoch}`);
      await pause(20);
    }
  }

  end() {
    for (const native of this.natives) native.kill();
    for (const page of this.pages) page.close();
  }
}

const key = randomBytes(300);
key[0] = 0x10; // bit 0 clear: a key frame of VP8
const delta = randomBytes(200);
delta[0] = 0x11;
const frames = [
  [microphone, 'opus', randomBytes(80)],
  [camera, 'vp8', key],
  [camera, 'vp8', delta],
];

/** SFrame both ways between a native and a page, sound and picture. */
async function framesBothWays(native, page) {
  for (const [context, codec, frame] of frames) {
    const { frame: wire } = await native.ask({ do: 'seal', context, codec, frame: frame.toString('hex') }, 'sealed');
    const opened = await page.open(native.epoch.id, context, codec, Buffer.from(wire, 'hex'));
    assert.ok(opened.frame, `the page cannot open ${codec}: ${opened.problem}`);
    assert.deepEqual(Buffer.from(opened.frame), frame);
    const sealed = await page.seal(context, codec, frame);
    assert.ok(sealed, 'the page does not seal');
    const answer = await native.ask({ do: 'open', member: page.name, codec, frame: Buffer.from(sealed).toString('hex') }, 'opened');
    assert.equal(answer.frame, frame.toString('hex'));
  }
}

async function until(what, look, ms = 10_000) {
  const end = Date.now() + ms;
  while (!look()) {
    if (Date.now() > end) throw new Error(`no ${what}`);
    await pause(20);
  }
}

async function wordsBothWays(native, page) {
  const words = `from ${native.name} ${randomBytes(4).toString('hex')}`;
  native.do({ do: 'say', text: words });
  await until(`"${words}"`, () => page.received.some(({ from, message }) => from === native.epoch.id && message.text === words));
  const answer = `from the page ${randomBytes(4).toString('hex')}`;
  page.say(answer);
  await native.until(`"${answer}"`, ({ is, from, text }) => is === 'heard' && from === page.name && text === answer);
}

/** Runs `work` as one case; later ones run all the same when they can. */
async function judge(seen, name, work) {
  const begun = performance.now();
  try {
    await work();
    if (seen[name]?.ok !== false) seen[name] = { ok: true, ms: (seen[name]?.ms ?? 0) + performance.now() - begun };
  } catch (error) {
    seen[name] = { ok: false, note: error.message };
  }
}

/** The native is there first: it founds the group, adds, removes and commits. */
async function founding(name, server, seen) {
  const room = await Room.make(server);
  try {
    const native = room.native(name);
    let page;
    let epoch;
    await judge(seen, 'found', async () => {
      await native.until('group', ({ is }) => is === 'epoch');
      page = await room.page();
      epoch = await room.agreed();
    });
    if (!page) return;
    await judge(seen, 'commit', async () => {
      native.do({ do: 'rotate' });
      epoch = await room.agreedAfter(epoch);
    });
    await judge(seen, 'media keys', () => framesBothWays(native, page));
    await judge(seen, 'messages', () => wordsBothWays(native, page));
    await judge(seen, 'remove', async () => {
      const guest = await room.page();
      epoch = await room.agreedAfter(epoch);
      room.leave(guest);
      await room.agreedAfter(epoch);
      await framesBothWays(native, page);
    });
    // The page, its rotation, the guest, the guest again.
    await judge(seen, 'commit', async () => assert.ok((await left(native))['own commits'] >= 4));
  } finally {
    room.end();
  }
}

/** The native leaves; what it counted. */
async function left(native) {
  native.do({ do: 'leave' });
  const { error, counts } = await native.ended;
  assert.equal(error, null);
  return counts;
}

/** A page is there first: the native is added by it and follows its commits. */
async function joining(name, server, seen) {
  const room = await Room.make(server);
  try {
    const page = await room.page();
    const native = room.native(name);
    let epoch;
    await judge(seen, 'join', async () => {
      epoch = await room.agreed();
      await framesBothWays(native, page);
      await wordsBothWays(native, page);
    });
    if (epoch === undefined) return;
    await judge(seen, 'commit', async () => {
      // After three joins somebody makes a commit with new path keys.
      for (let i = 0; i < 2; i++) {
        await room.page();
        epoch = await room.agreedAfter(epoch);
      }
      epoch = await room.agreedAfter(epoch);
    });
    await judge(seen, 'remove', async () => {
      room.leave(room.pages.at(-1));
      await room.agreedAfter(epoch);
      await framesBothWays(native, page);
    });
    await judge(seen, 'commit', async () => {
      const counts = await left(native);
      assert.ok((counts['own commits'] ?? 0) + counts['commits of others'] >= 4);
    });
  } finally {
    room.end();
  }
}

/** With another pre-shared key nobody can use a Welcome. */
async function anotherPsk(name, server, seen) {
  const room = await Room.make(server);
  try {
    const page = await room.page();
    await until('group of the page', () => page.roster.length === 1);
    await judge(seen, 'psk', async () => {
      const native = room.native(name, { wrong_psk: true });
      const late = setTimeout(() => native.kill(), 15_000);
      const { error } = await native.ended;
      clearTimeout(late);
      assert.match(error ?? 'it is in', /^welcome/);
    });
  } finally {
    room.end();
  }
}

/** All cases for one kind of member. */
export async function runMember(name, server) {
  const seen = {};
  for (const part of [founding, joining, anotherPsk]) {
    await part(name, server, seen).catch((error) => (seen.found = { ok: false, note: error.message }));
  }
  for (const one of cases) seen[one] ??= { ok: false, note: 'not reached' };
  return seen;
}

/** Members of all kinds in one group, each committing in turn; `{ok, note}`. */
export async function runTogether(names, server) {
  const room = await Room.make(server);
  try {
    const begun = performance.now();
    room.native(names[0]);
    await room.agreed();
    for (const name of names.slice(1)) {
      room.native(name);
      await room.agreed();
    }
    const page = await room.page();
    let epoch = await room.agreed();
    for (let round = 0; round < 4; round++) {
      for (const native of room.natives) {
        native.do({ do: 'rotate' });
        epoch = await room.agreedAfter(epoch);
        await framesBothWays(native, page);
        await wordsBothWays(native, page);
      }
    }
    return { ok: true, ms: performance.now() - begun, note: `${epoch} epochs` };
  } catch (error) {
    return { ok: false, note: error.message };
  } finally {
    room.end();
  }
}
