import { beforeEach, describe, expect, it } from 'vitest';
import { concat, random, u8, utf8 } from '../../crypto/bytes';
import { encode, keyPackageWith, now, refused, unharmed } from '../testing/malicious-member';
import { addTo, commitAs, newGroup, newMember, newRoom } from '../testing/members';
import { makeCredential } from './credential';
import { decodeStrict } from './decode';
import { Group } from './group';
import { Member, maxUsed } from './member';
import { inspectKeyPackage } from './offered-key-package';
import type { Reason } from './refused';
import type { Room } from './room';
import { loadSuite, type Suite } from './suite';

let room: Room;
let suite: Suite;

beforeEach(async () => {
  room = await newRoom();
  suite = await loadSuite(1);
});

describe('a key package', () => {
  it('is refused without a credential made with the link', async () => {
    const group = await Group.create(await newMember(room));
    const stranger = await newMember(await newRoom());
    const { bytes } = await stranger.keyPackage();
    await expect(group.addMany([bytes])).rejects.toEqual(refused('credential'));
    const somebodys = (await makeCredential(room, random(16), random(32))) as {
      identity: Uint8Array;
    };
    const ghosts = [
      new Uint8Array(81),
      somebodys.identity,
      concat(u8(1), random(80)),
      concat(u8(2), somebodys.identity.subarray(1)),
      concat(somebodys.identity, u8(0)),
      utf8('alice'),
    ];
    for (const identity of ghosts) {
      const ghost = await keyPackageWith(room, { identity });
      await expect(group.addMany([ghost])).rejects.toEqual(refused('credential'));
    }
    await unharmed([group], 0n);
  });

  it('is refused when another was put in its place under the same member id', async () => {
    const joiner = await newMember(room);
    const swapped = await Member.create(await newRoom(), suite, joiner.id);
    const group = await Group.create(await newMember(room));
    const { bytes } = await swapped.keyPackage();
    await expect(group.addMany([bytes])).rejects.toEqual(refused('credential'));
  });

  it('is refused when its init key was exchanged', async () => {
    const [ours, theirs] = [await newMember(room), await newMember(await newRoom())];
    const { keyPackage } = decodeStrict((await ours.keyPackage()).bytes, 'mls_key_package');
    const other = decodeStrict((await theirs.keyPackage()).bytes, 'mls_key_package').keyPackage;
    const mixed = { ...keyPackage, initKey: other.initKey };
    const bytes = encode({ version: 'mls10', wireformat: 'mls_key_package', keyPackage: mixed });
    await expect(inspectKeyPackage(ours, bytes)).rejects.toEqual(refused('crypto'));
  });

  it('is refused with other parameters than ours', async () => {
    const member = await newMember(room);
    const at = BigInt(now());
    const cases: [Reason, Parameters<typeof keyPackageWith>[1]][] = [
      ['wrong-suite', { version: 2 }],
      ['parameters', { capabilities: { extensions: [] } }],
      ['parameters', { capabilities: { extensions: [0xf0a1, 0xf0a2] } }],
      ['parameters', { capabilities: { proposals: [0xf001] } }],
      ['parameters', { lifetime: { notBefore: 0n, notAfter: 2n ** 63n } }],
      ['parameters', { lifetime: { notBefore: at, notAfter: at - 1n } }],
      ['parameters', { extensions: [{ extensionType: 0xf0a1, extensionData: u8(1) }] }],
      ['parameters', { leafExtensions: [{ extensionType: 0xf0a1, extensionData: u8(1) }] }],
    ];
    for (const [reason, change] of cases) {
      const bytes = await keyPackageWith(room, change);
      await expect(inspectKeyPackage(member, bytes), JSON.stringify(reason)).rejects.toEqual(
        refused(reason),
      );
    }
    await expect(inspectKeyPackage(member, await keyPackageWith(room, {}))).resolves.toBeDefined();
  });

  it('is not added before its time, nor after', async () => {
    const group = await Group.create(await newMember(room));
    const { bytes } = await (await newMember(room)).keyPackage();
    for (const hours of [-13, 13]) {
      const then = now() + hours * 3600;
      const adding = group.prepare({ add: [bytes] }, then);
      await expect(adding).rejects.toEqual(refused('parameters'));
    }
    await group.prepare({ add: [bytes] }, now() + 11 * 3600);
  });
});

describe('a key package that was used', () => {
  it('brings nobody back, neither by our commit nor by that of who does not know', async () => {
    const gone = await newMember(room);
    const used = await gone.keyPackage();
    const [alice, bob] = (await newGroup(2, room)) as [Group, Group];
    for (const change of [{ add: [used.bytes] }, { remove: [2] }])
      await commitAs([alice, bob], alice, change);
    for (const group of [alice, bob]) {
      await expect(group.addMany([used.bytes])).rejects.toEqual(refused('duplicate'));
    }
    const groups = [alice, bob];
    const [eve] = (await addTo(groups, await newMember(room))) as [Group];
    const { commit } = await eve.addMany([used.bytes]);
    for (const group of [alice, bob]) {
      await expect(group.process(commit)).rejects.toEqual(refused('duplicate'));
    }
    await unharmed(groups, 4n);
    // With another one they may.
    const { bytes } = await gone.keyPackage();
    await commitAs(groups, eve, { add: [bytes] });
    await unharmed(groups, 6n);
  });

  it('does not take its own place, even for who did not see it used', async () => {
    const groups = await newGroup(2, room);
    const [alice] = groups as [Group];
    const own = await (await newMember(room)).keyPackage();
    await commitAs(groups, alice, { add: [own.bytes] });
    const [eve] = (await addTo(groups, await newMember(room))) as [Group];
    await expect(eve.prepare({ remove: [2], add: [own.bytes] })).rejects.toEqual(
      refused('duplicate'),
    );
  });

  it('is remembered with the last 4,096', async () => {
    const member = await newMember(room);
    const refs = Array.from({ length: maxUsed + 1 }, () => random(32));
    member.use(refs);
    expect(refs.filter((ref) => !member.wasUsed(ref))).toEqual(refs.slice(0, 1));
  });
});
