// Attacks of a malicious server on honest pages (docs/e2ee.md). Each
// ends in refusal or in something people see; never in keys that it knows.
import { describe, expect, it } from 'vitest';
import { type Bytes, random } from '../../crypto/bytes';
import { signingKeyFromSeed } from '../../crypto/ed25519';
import { Group } from '../group/group';
import { Member } from '../group/member';
import { logHash } from '../group/operations';
import { makeRoom } from '../group/room';
import { loadSuite } from '../group/suite';
import { newMember } from '../testing/members';
import { type TestPage, TestRoom } from '../testing/test-room';
import type { LogEntry, ServerMessage } from './delivery-types';

/** A room with the same tag and other secrets: all that a server can make. */
async function forgedRoom(testRoom: TestRoom) {
  return makeRoom(random(24), 1, testRoom.room.tag, await signingKeyFromSeed(random(32)));
}

/** A message of the server as if it were of the group that there is. */
type Body<T> = T extends unknown ? Omit<T, 'incarnation'> : never;
function tell(page: TestPage, testRoom: TestRoom, message: Body<ServerMessage>): void {
  const { incarnation } = testRoom.service;
  page.host.take({ t: 'server', message: { ...message, incarnation } as ServerMessage });
}

function epochOf(page: TestPage): bigint {
  return page.last('roster')?.epoch ?? -1n;
}

function duty(testRoom: TestRoom, to: TestPage, memberId: Bytes, keyPackage: Bytes): void {
  const epoch = epochOf(to);
  const adds = [{ memberId, keyPackage }];
  tell(to, testRoom, { t: 'duty', epoch, committer: to.id, adds, removes: [] });
}

describe('the server cannot bring anybody in', () => {
  it('with a member of its own making', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    const before = epochOf(alice);
    const ghost = await newMember(await forgedRoom(testRoom));
    for (const page of [alice, bob]) {
      duty(testRoom, page, ghost.id, (await ghost.keyPackage()).bytes);
    }
    await testRoom.pass(3000);
    expect([epochOf(alice), epochOf(bob)]).toEqual([before, before]);
    expect(alice.all('refused').length + bob.all('refused').length).toBeGreaterThan(0);
    expect(alice.roster).toEqual([alice.name, bob.name].sort());
  });

  it("by putting another key package in a joiner's place", async () => {
    const testRoom = await TestRoom.build();
    const [alice] = (await testRoom.addPages(1)) as [TestPage];
    const [honest, other] = [await newMember(testRoom.room), await newMember(testRoom.room)];
    const before = epochOf(alice);
    // Somebody with the link helps, but under another name.
    duty(testRoom, alice, honest.id, (await other.keyPackage()).bytes);
    await testRoom.pass(2000);
    expect(epochOf(alice)).toBe(before);
    expect(alice.last('refused')?.count).toBe(1);
  });

  it('with a key package of another suite', async () => {
    const testRoom = await TestRoom.build();
    const [alice] = (await testRoom.addPages(1)) as [TestPage];
    const weak = await Member.create(testRoom.room, await loadSuite(2), random(16));
    duty(testRoom, alice, weak.id, (await weak.keyPackage()).bytes);
    await testRoom.pass(2000);
    expect(epochOf(alice)).toBe(0n);
    expect(alice.last('refused')?.count).toBe(1);
  });

  it('with a commit that nobody in the group made', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    const forged = await Group.create(await newMember(await forgedRoom(testRoom)));
    const { commit } = await forged.rotate();
    const seq = 99;
    const entry = { seq, epoch: epochOf(bob) + 1n, commit, hash: random(32) };
    tell(bob, testRoom, { t: 'committed', entry });
    await testRoom.pass(2000);
    // The log does not fit: out, and back with fresh keys. Alice sees the same people.
    expect(bob.roster).toEqual([alice.name, bob.name].sort());
    expect(bob.frames().sealing).toBe(alice.frames().sealing);
  });
});

describe('the server cannot have a page in a group of its own', () => {
  it('with a Welcome to a group that it made', async () => {
    const testRoom = await TestRoom.build();
    const [, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    const room = await forgedRoom(testRoom);
    const forged = await Group.create(await newMember(room));
    // It cannot even be addressed to the page: a forged member refuses honest credentials
    // like any other, so the best it can send is one for somebody else.
    const honest = await (await newMember(testRoom.room)).keyPackage();
    await expect(forged.addMany([honest.bytes])).rejects.toMatchObject({ reason: 'credential' });
    const { welcome } = await forged.addMany([(await (await newMember(room)).keyPackage()).bytes]);
    const installed = bob.keys.filter(({ k }) => k === 'install').length;
    bob.tamper = () => null;
    bob.host.take({ t: 'rejoin' });
    await testRoom.settle();
    tell(bob, testRoom, { t: 'welcome', seq: 1, hash: random(32), welcome: welcome as Bytes });
    await testRoom.settle();
    expect(bob.keys.filter(({ k }) => k === 'install').length).toBe(installed);
    expect(bob.frames().sealing).toBeNull();
    expect(bob.last('status')?.status).not.toBe('in');
  });

  it('and a page that gets bad Welcomes gives up, and says so', async () => {
    const testRoom = await TestRoom.build();
    const [, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    bob.tamper = (message) =>
      message.t === 'welcome' ? { ...message, welcome: random(600) } : message;
    bob.host.take({ t: 'rejoin' });
    await testRoom.pass(60_000);
    expect(bob.last('status')).toMatchObject({ status: 'failed', reason: 'malformed' });
    expect(bob.frames().sealing).toBeNull();
  });
});

describe('what was, does not come again', () => {
  it('neither commits nor Welcomes nor key packages', async () => {
    const testRoom = await TestRoom.build();
    const seen: ServerMessage[] = [];
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    bob.tamper = (message) => {
      seen.push(message);
      return message;
    };
    const [carol] = (await testRoom.addPages(1)) as [TestPage];
    await testRoom.pass(6000);
    const before = [alice, bob, carol].map((page) => [epochOf(page), page.frames()]);
    expect(seen.some(({ t }) => t === 'committed')).toBe(true);
    for (const message of seen) {
      if (message.t !== 'found') bob.host.take({ t: 'server', message });
    }
    await testRoom.pass(3000);
    expect([alice, bob, carol].map((page) => [epochOf(page), page.frames()])).toEqual(before);
  });

  it('nor an older incarnation', async () => {
    const testRoom = await TestRoom.build();
    const [, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    const before = [epochOf(bob), bob.frames()];
    for (const t of ['found', 'reset', 'gone'] as const) {
      bob.host.take({ t: 'server', message: { t, incarnation: 0 } });
    }
    await testRoom.pass(1000);
    expect([epochOf(bob), bob.frames()]).toEqual(before);
  });
});

describe('the server cannot keep people apart unnoticed', () => {
  it('in one epoch: different tags stop what is sent', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    bob.online = false;
    const epoch = epochOf(alice);
    alice.tamper = () => null;
    tell(alice, testRoom, { t: 'ready', epoch, memberId: bob.id, tag: random(8) });
    await testRoom.settle();
    expect(alice.frames().hold).toBe(true);
    expect(alice.last('hold')?.on).toBe(true);
    expect(alice.last('status')?.status).toBe('forked');
    expect(alice.last('server')?.message.t).toBe('forked');
  });

  it('by two real commits of one epoch, one for each half', async () => {
    const testRoom = await TestRoom.build();
    const pages = await testRoom.addPages(3);
    const [alice, bob] = pages as [TestPage, TestPage, TestPage];
    let last: LogEntry | null = null;
    bob.tamper = (message) => {
      if (message.t === 'committed') last = message.entry;
      return message;
    };
    pages.push(...(await testRoom.addPages(1)));
    await testRoom.pass(6000);
    const { seq, epoch, hash } = last ?? expect.fail('nothing was committed');
    // From here on they hear what the server makes up, and it keeps what they say.
    for (const page of pages) page.online = false;
    const newcomer = await newMember(testRoom.room);
    const { bytes } = await newcomer.keyPackage();
    for (const page of [alice, bob]) duty(testRoom, page, newcomer.id, bytes);
    await testRoom.settle();
    const entries: LogEntry[] = [];
    for (const page of [alice, bob]) {
      const { message } = page.last('server') ?? expect.fail();
      if (message.t !== 'commit') throw new Error(message.t);
      const { commit } = message;
      const next = await logHash(hash, seq + 1, commit);
      entries.push({ seq: seq + 1, epoch: epoch + 1n, commit, hash: next });
    }
    for (const [i, page] of pages.entries()) {
      tell(page, testRoom, { t: 'committed', entry: entries[i % 2] as LogEntry });
    }
    await testRoom.settle();
    const ready = pages.map((page) => {
      const { message } = page.last('server') ?? expect.fail();
      return message.t === 'ready' ? message : expect.fail(message.t);
    });
    expect(ready.map((one) => one.epoch)).toEqual(Array(4).fill(epoch + 1n));
    const [a, b, c, d] = ready.map(({ tag }) => tag.join());
    expect([a, b]).toEqual([c, d]);
    expect(a).not.toBe(b);
    // The server cannot but hand over the tags; of their own half they change nothing.
    const hand = (to: number, from: number) => {
      const { tag } = ready[from] as (typeof ready)[number];
      const memberId = (pages[from] as TestPage).id;
      tell(pages[to] as TestPage, testRoom, { t: 'ready', epoch: epoch + 1n, memberId, tag });
    };
    for (const [to, from] of [
      [0, 2],
      [2, 0],
      [1, 3],
      [3, 1],
    ] as const)
      hand(to, from);
    await testRoom.settle();
    expect(pages.map((page) => page.frames().hold)).toEqual(Array(4).fill(false));
    for (const [to, from] of [
      [0, 1],
      [1, 0],
      [2, 1],
      [3, 0],
    ] as const)
      hand(to, from);
    await testRoom.settle();
    for (const page of pages) {
      expect(page.frames().hold).toBe(true);
      expect(page.last('status')?.status).toBe('forked');
      expect(page.last('server')?.message.t).toBe('forked');
    }
  });

  it('and after a fork there is a new group of both', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    const group = alice.last('roster')?.group;
    tell(alice, testRoom, { t: 'ready', epoch: epochOf(alice), memberId: bob.id, tag: random(8) });
    await testRoom.pass(3000);
    for (const page of [alice, bob]) {
      expect(page.last('roster')?.group).not.toBe(group);
      expect(page.roster).toEqual([alice.name, bob.name].sort());
      expect(page.frames().hold).toBe(false);
      expect(page.last('status')?.status).toBe('in');
    }
  });

  it('by a log with another past', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    const joins = () => bob.all('status').filter(({ status }) => status === 'joining').length;
    const before = joins();
    await testRoom.addPages(1);
    expect(joins()).toBe(before);
    bob.tamper = (message) =>
      message.t === 'committed'
        ? { ...message, entry: { ...message.entry, hash: random(32) } }
        : message;
    await testRoom.addPages(1);
    bob.tamper = (message) => message;
    expect(joins()).toBe(before + 1);
    await testRoom.pass(12_000);
    expect(bob.roster).toEqual(alice.roster);
    expect(bob.frames().sealing).toBe(alice.frames().sealing);
  });

  it('by another order of the log', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    // Bob gets the next commit with another place in the log.
    bob.tamper = (message) =>
      message.t === 'committed'
        ? { ...message, entry: { ...message.entry, seq: message.entry.seq + 1 } }
        : message;
    await testRoom.addPages(1);
    bob.tamper = (message) => message;
    await testRoom.pass(12_000);
    expect(bob.all('status').map(({ status }) => status)).toContain('joining');
    expect(bob.roster).toEqual(alice.roster);
    expect(bob.frames().sealing).toBe(alice.frames().sealing);
  });
});

describe('junk from the server', () => {
  it('of every kind is no keys for anybody, and ends in saying so', async () => {
    const testRoom = await TestRoom.build();
    const [alice, bob] = (await testRoom.addPages(2)) as [TestPage, TestPage];
    for (let i = 0; i < 40; i++) {
      const bytes = i % 5 === 4 ? new Uint8Array(70_000) : random([0, 1, 33, 700][i % 5] ?? 0);
      const epoch = BigInt(i % 4);
      const entry = { seq: i % 5, epoch, commit: bytes, hash: random(32) };
      const kinds: Body<ServerMessage>[] = [
        { t: 'committed', entry },
        { t: 'welcome', seq: i, hash: random(32), welcome: bytes },
        { t: 'rejected', epoch, reason: 'form' },
        { t: 'resumed', seq: 0 },
        { t: 'left', memberId: random(16) },
      ];
      tell(bob, testRoom, kinds[i % kinds.length] as Body<ServerMessage>);
      bob.host.take({ t: 'app', data: bytes });
      await testRoom.settle();
    }
    await testRoom.pass(1000);
    // It came back three times; the fourth time it says that it cannot.
    expect(bob.last('status')).toMatchObject({ status: 'failed', reason: expect.any(String) });
    expect(bob.frames()).toMatchObject({ epochs: [], sealing: null });
    expect(bob.all('broken')).toEqual([]);
    bob.leave();
    await testRoom.pass(1000);
    expect(alice.roster).toEqual([alice.name]);
    expect(alice.frames().hold).toBe(false);
  });
});
