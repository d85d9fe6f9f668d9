import { describe, expect, it } from 'vitest';
import { hex, utf8 } from '../../crypto/bytes';
import { addTo, commitAs, newGroup, newMember, newRoom } from '../testing/members';
import { baseKeyOf, epochTag, roomCode } from './exports';
import { Group } from './group';

async function agree(groups: Group[]) {
  const [first] = groups as [Group];
  for (const group of groups) {
    expect(group.epoch).toBe(first.epoch);
    expect(group.id).toEqual(first.id);
    expect(group.roster()).toEqual(first.roster());
    expect(group.authenticator).toEqual(first.authenticator);
    expect(await group.export('anything', 16)).toEqual(await first.export('anything', 16));
  }
}

describe.each([1, 2] as const)('a group with suite version %i', (version) => {
  it('agrees on everything while people come, rotate and go', async () => {
    const room = await newRoom(version);
    let groups = await newGroup(3, room, version);
    await agree(groups);
    await addTo(groups, await newMember(room, version), await newMember(room, version));
    expect(groups.map((group) => group.leaf)).toEqual([0, 1, 2, 3, 4]);
    await agree(groups);
    groups = await commitAs(groups, groups[3] as Group, {});
    await agree(groups);
    groups = await commitAs(groups, groups[4] as Group, { remove: [0, 2] });
    expect(groups.map((group) => group.leaf)).toEqual([1, 3, 4]);
    await agree(groups);
  });

  it('exports media keys of the suite, the same for all, new in every epoch', async () => {
    const room = await newRoom(version);
    const groups = await newGroup(2, room, version);
    const length = version === 1 ? 16 : 32;
    const before = await groups[0]?.export('SFrame 1.0 Base Key', length);
    expect(before).toHaveLength(length);
    const tags = await Promise.all(groups.map((group) => epochTag(group.authenticator)));
    expect(tags[0]).toEqual(tags[1]);
    expect(tags[0]).toHaveLength(8);
    expect((await baseKeyOf(groups[0] as Group)).extractable).toBe(false);
    await commitAs(groups, groups[1] as Group, {});
    expect(await groups[0]?.export('SFrame 1.0 Base Key', length)).not.toEqual(before);
  });
});

describe('a group', () => {
  it('holds sixteen people, and not one more', async () => {
    const room = await newRoom();
    const groups = [await Group.create(await newMember(room))];
    const many = await Promise.all(Array.from({ length: 15 }, () => newMember(room)));
    await addTo(groups, ...many);
    expect(groups).toHaveLength(16);
    await agree(groups);
    const late = await (await newMember(room)).keyPackage();
    await expect(groups[7]?.addMany([late.bytes])).rejects.toMatchObject({ reason: 'full' });
    const left = await commitAs(groups, groups[15] as Group, { remove: [3], add: [late.bytes] });
    expect(left).toHaveLength(15);
    await agree(left);
  }, 60_000);

  it('takes a member back with a fresh key package under the same signature key', async () => {
    const room = await newRoom();
    const groups = await newGroup(3, room);
    const [a, b, c] = groups as [Group, Group, Group];
    const own = await b.member.keyPackage();
    const prepared = await a.prepare({ remove: [1], add: [own.bytes] });
    expect(await c.process(prepared.commit)).toBe('next-epoch');
    expect(await b.process(prepared.commit)).toBe('removed');
    await prepared.confirm();
    const again = await Group.join(b.member, own, prepared.welcome as Uint8Array);
    await agree([a, again, c]);
    expect(again.roster()[1]?.signatureKey).toEqual(b.member.signatureKey);
  });

  it('stays in its epoch until the commit is confirmed, and forgets it when it lost', async () => {
    const groups = await newGroup(3, await newRoom());
    const [a, b, c] = groups as [Group, Group, Group];
    const mine = await a.rotate();
    const theirs = await b.rotate();
    expect(a.epoch).toBe(2n);
    await a.process(theirs.commit);
    await c.process(theirs.commit);
    await theirs.confirm();
    await agree(groups);
    await expect(mine.confirm()).rejects.toMatchObject({ reason: 'superseded' });
    await commitAs(groups, a, {});
    await agree(groups);
  });

  it('keeps only the newest of its own commits', async () => {
    const [a, b] = (await newGroup(2, await newRoom())) as [Group, Group];
    const first = await a.rotate();
    const second = await a.rotate();
    await expect(first.confirm()).rejects.toMatchObject({ reason: 'superseded' });
    await b.process(second.commit);
    await second.confirm();
    await agree([a, b]);
    const third = await a.rotate();
    await third.drop();
    await expect(third.confirm()).rejects.toMatchObject({ reason: 'superseded' });
    await commitAs([a, b], b, {});
    await agree([a, b]);
  });

  it('does nothing after it removed us', async () => {
    const [a, b] = (await newGroup(2, await newRoom())) as [Group, Group];
    await commitAs([a, b], a, { remove: [1] });
    for (const use of [b.rotate(), b.seal(utf8('x')), b.export('x', 16)]) {
      await expect(use).rejects.toMatchObject({ reason: 'removed' });
    }
    expect(hex(b.authenticator)).toMatch(/^0+$/);
  });
});

describe('application messages', () => {
  it('open for the others, once, and say who sent them', async () => {
    const groups = await newGroup(3, await newRoom());
    const [a, b, c] = groups as [Group, Group, Group];
    const one = await b.seal(utf8('one'));
    const two = await b.seal(utf8('two'));
    expect(await a.open(two)).toMatchObject({ leaf: 1, plaintext: utf8('two') });
    expect(await a.open(one)).toMatchObject({ memberId: b.member.id, plaintext: utf8('one') });
    expect(await c.open(one)).toMatchObject({ leaf: 1, plaintext: utf8('one') });
    await expect(a.open(one)).rejects.toThrow();
    await expect(b.open(one)).rejects.toThrow();
  });

  it('open in the next epoch too, still only once, and not in the one after', async () => {
    const groups = await newGroup(2, await newRoom());
    const [a, b] = groups as [Group, Group];
    const early = await b.seal(utf8('early'));
    const late = await b.seal(utf8('late'));
    const latest = await b.seal(utf8('latest'));
    const prepared = await a.rotate();
    await a.open(early);
    await b.process(prepared.commit);
    await prepared.confirm();
    expect(await a.open(late)).toMatchObject({ epoch: 1n, plaintext: utf8('late') });
    await expect(a.open(early)).rejects.toThrow();
    await expect(a.open(late)).rejects.toThrow();
    await commitAs(groups, a, {});
    await expect(a.open(latest)).rejects.toMatchObject({ reason: 'wrong-epoch' });
  });

  it('do not open when one bit is different, and leave the group as it was', async () => {
    const groups = await newGroup(2, await newRoom());
    const [a, b] = groups as [Group, Group];
    const message = await b.seal(utf8('hello'));
    for (let at = 0; at < message.length; at += 7) {
      const other = message.slice();
      other[at] = (other[at] ?? 0) ^ 1;
      await expect(a.open(other)).rejects.toThrow();
    }
    expect((await a.open(message)).plaintext).toEqual(utf8('hello'));
  });

  it('have a limit', async () => {
    const [a, b] = (await newGroup(2, await newRoom())) as [Group, Group];
    const most = new Uint8Array(16 * 1024).fill(7);
    expect((await b.open(await a.seal(most))).plaintext).toEqual(most);
    const more = new Uint8Array(16 * 1024 + 1);
    await expect(a.seal(more)).rejects.toMatchObject({ reason: 'too-large' });
  });
});

describe('what is taken from an epoch', () => {
  it('has a code of sixty digits that follows the epoch and the members', async () => {
    const groups = await newGroup(2, await newRoom());
    const [a, b] = groups as [Group, Group];
    const code = await roomCode(a.authenticator, a.roster());
    expect(code).toMatch(/^(\d{5} ){11}\d{5}$/);
    expect(await roomCode(b.authenticator, b.roster().reverse())).toBe(code);
    expect(await roomCode(a.authenticator, a.roster().slice(1))).not.toBe(code);
    await commitAs(groups, a, {});
    expect(await roomCode(a.authenticator, a.roster())).not.toBe(code);
  });
});
