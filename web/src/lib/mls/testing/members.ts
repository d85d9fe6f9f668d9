/** Members of one room for tests; not part of the app. */
import { random } from '../../crypto/bytes';
import { type SigningKey, signingKeyFromSeed } from '../../crypto/ed25519';
import { roomTag } from '../../crypto/room-keys';
import { Group } from '../group/group';
import { Member } from '../group/member';
import { makeRoom, type Room } from '../group/room';
import { loadSuite, type SuiteVersion } from '../group/suite';

// A busy machine is not what these tests are about.
const timeout = 30_000;

export async function newRoom(version: SuiteVersion = 1): Promise<Room> {
  const admission: SigningKey = await signingKeyFromSeed(random(32));
  const tag = await roomTag(admission.publicKey, new Uint8Array());
  return makeRoom(random(24), version, tag, admission);
}

export async function newMember(room: Room, version: SuiteVersion = 1, id = random(16)) {
  return Member.create(room, await loadSuite(version), id, { timeout });
}

/** A group of `size`, one member added after the other; groups in the order of leaves. */
export async function newGroup(size: number, room: Room, version: SuiteVersion = 1) {
  const groups = [await Group.create(await newMember(room, version))];
  while (groups.length < size) await addTo(groups, await newMember(room, version));
  return groups;
}

/** The first of `groups` adds `member`; all follow. */
export async function addTo(groups: Group[], ...members: Member[]): Promise<Group[]> {
  const own = await Promise.all(members.map((member) => member.keyPackage()));
  const [first, ...others] = groups as [Group, ...Group[]];
  const { commit, welcome, confirm } = await first.addMany(own.map((o) => o.bytes));
  for (const group of others) await group.process(commit);
  await confirm();
  const joined: Group[] = [];
  for (const [i, member] of members.entries()) {
    const keys = own[i];
    if (keys !== undefined && welcome !== null)
      joined.push(await Group.join(member, keys, welcome));
  }
  groups.push(...joined);
  return joined;
}

/** One of `groups` commits `change`; those that stay follow. Returns who is left. */
export async function commitAs(
  groups: Group[],
  who: Group,
  change: Parameters<Group['prepare']>[0],
): Promise<Group[]> {
  const { commit, confirm } = await who.prepare(change);
  const left: Group[] = [];
  for (const group of groups) {
    if (group === who) {
      await confirm();
      left.push(group);
    } else if ((await group.process(commit)) === 'next-epoch') left.push(group);
  }
  return left;
}
