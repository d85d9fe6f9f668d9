import { createGroup } from 'ts-mls/clientState.js';
import { createCommit } from 'ts-mls/createCommit.js';
import type { Extension } from 'ts-mls/extension.js';
import { encodeExternalSender } from 'ts-mls/externalSender.js';
import type { Proposal } from 'ts-mls/proposal.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { concat, random, u8, utf8 } from '../../crypto/bytes';
import { adding, blind, encode, refused, secretOf, unharmed } from '../testing/malicious-member';
import { newGroup, newMember, newRoom } from '../testing/members';
import { PskSource, pskProposal } from './commit';
import { decodeStrict } from './decode';
import { Group } from './group';
import { Member, type OwnKeyPackage } from './member';
import { inspectKeyPackage } from './offered-key-package';
import { groupExtensions, newGroupId } from './parameters';
import type { Reason } from './refused';
import type { Room } from './room';
import { loadSuite, type Suite } from './suite';

let room: Room;
let suite: Suite;

beforeEach(async () => {
  room = await newRoom();
  suite = await loadSuite(1);
});

describe('a Welcome', () => {
  /** A group of somebody's making, and a Welcome into it for the victim. */
  async function welcomeFrom(
    options: { extensions?: Extension[]; id?: Uint8Array; psk?: Proposal[]; room?: Room },
    victim: OwnKeyPackage,
  ) {
    const founder = await newMember(options.room ?? room);
    const { publicPackage, privatePackage } = secretOf(await founder.keyPackage());
    const state = await createGroup(
      options.id ?? newGroupId(room),
      publicPackage,
      privatePackage,
      options.extensions ?? groupExtensions(suite),
      suite.impl,
      { ...founder.config, authService: blind },
    );
    const proposals = [await adding(victim.bytes), ...(options.psk ?? [pskProposal(room, suite)])];
    const { welcome } = await createCommit(
      { state, cipherSuite: suite.impl, pskIndex: new PskSource(room, suite) },
      { extraProposals: proposals, wireAsPublicMessage: true, ratchetTreeExtension: true },
    );
    if (welcome === undefined) throw new Error('no welcome');
    return encode({ version: 'mls10', wireformat: 'mls_welcome', welcome });
  }

  it('is refused without our key, with another group id, other extensions, or by a stranger', async () => {
    const member = await newMember(room);
    const own = await member.keyPackage();
    const [required, ours] = groupExtensions(suite) as [Extension, Extension];
    const downgraded = { ...ours, extensionData: concat(u8(1), u8(0), u8(6), u8(4), u8(6), u8(0)) };
    const stranger = await newMember(await newRoom());
    const sender: Extension = {
      extensionType: 'external_senders',
      extensionData: encodeExternalSender({
        signaturePublicKey: stranger.signatureKey,
        credential: { credentialType: 'basic', identity: random(81) },
      }),
    };
    const cases: [Reason, Parameters<typeof welcomeFrom>[0]][] = [
      ['psk', { psk: [] }],
      ['psk', { psk: [pskProposal(room, suite), pskProposal(room, suite)] }],
      ['wrong-group', { id: random(32) }],
      ['wrong-group', { id: newGroupId({ ...room, tag: random(13) }) }],
      ['wrong-group', { id: concat('RV1', room.tag) }],
      ['parameters', { extensions: [required] }],
      ['parameters', { extensions: [required, downgraded] }],
      ['parameters', { extensions: [ours, required] }],
      ['parameters', { extensions: [required, ours, sender] }],
      ['crypto', { room: await newRoom() }],
    ];
    for (const [reason, options] of cases) {
      const welcome = await welcomeFrom(options, own);
      const joining = Group.join(member, own, welcome);
      await expect(joining, JSON.stringify(options.psk?.length)).rejects.toEqual(refused(reason));
    }
    // The same key package still opens the right one.
    const good = await Group.join(member, own, await welcomeFrom({}, own));
    expect(good.epoch).toBe(1n);
  });

  it('is refused when the key in it is not ours', async () => {
    const member = await newMember(room);
    const own = await member.keyPackage();
    const welcome = await welcomeFrom({}, own);
    const other = await Member.create({ ...room, psk: random(32) }, suite, member.id);
    await expect(Group.join(other, own, welcome)).rejects.toEqual(refused('crypto'));
  });

  it('opens once for each key package, and only for the one it was made for', async () => {
    const groups = await newGroup(2, room);
    const member = await newMember(room);
    const own = await member.keyPackage();
    const other = await member.keyPackage();
    const { welcome } = await (groups[0] as Group).addMany([own.bytes]);
    await expect(Group.join(member, other, welcome as Uint8Array)).rejects.toEqual(
      refused('crypto'),
    );
    const init = own.secret?.privatePackage.initPrivateKey;
    await Group.join(member, own, welcome as Uint8Array);
    await expect(Group.join(member, own, welcome as Uint8Array)).rejects.toEqual(
      refused('superseded'),
    );
    expect(init).toEqual(new Uint8Array(init?.length ?? 0));
  });

  it('is refused for another suite', async () => {
    const member = await newMember(room, 2);
    const own = await member.keyPackage();
    const [a] = (await newGroup(1, room)) as [Group];
    const { welcome } = await a.addMany([(await (await newMember(room)).keyPackage()).bytes]);
    await expect(Group.join(member, own, welcome as Uint8Array)).rejects.toEqual(
      refused('wrong-suite'),
    );
  });

  it('is refused when a bit of it is different', async () => {
    const groups = await newGroup(2, room);
    const member = await newMember(room);
    const own = await member.keyPackage();
    const { welcome } = await (groups[0] as Group).addMany([own.bytes]);
    const bytes = welcome as Uint8Array;
    for (let at = 0; at < bytes.length; at += 37) {
      const other = bytes.slice();
      other[at] = (other[at] ?? 0) ^ 0x40;
      await expect(Group.join(member, own, other)).rejects.toMatchObject({ name: 'Refused' });
    }
    await Group.join(member, own, bytes);
  });
});

describe('bytes that are no message', () => {
  it('are refused by every door: random, cut, continued, too many, of another kind', async () => {
    const groups = await newGroup(2, room);
    const [a, b] = groups as [Group, Group];
    const own = await (await newMember(room)).keyPackage();
    const prepared = await a.addMany([own.bytes]);
    const { commit } = prepared;
    const sealed = await a.seal(utf8('x'));
    const welcome = prepared.welcome as Uint8Array;
    const doors: [Uint8Array, (bytes: Uint8Array) => Promise<unknown>][] = [
      [own.bytes, (bytes) => inspectKeyPackage(b.member, bytes)],
      [commit, (bytes) => b.process(bytes)],
      [welcome, async (bytes) => Group.join(b.member, await b.member.keyPackage(), bytes)],
      [sealed, (bytes) => b.open(bytes)],
    ];
    for (const [good, door] of doors) {
      for (let n = 0; n < good.length; n += 13) {
        await expect(door(good.subarray(0, n))).rejects.toEqual(refused('malformed'));
      }
      await expect(door(concat(good, u8(0)))).rejects.toEqual(refused('malformed'));
      await expect(door(new Uint8Array(200_000))).rejects.toEqual(refused('too-large'));
      for (let n = 0; n < 100; n++) {
        await expect(door(random(n))).rejects.toMatchObject({ name: 'Refused' });
        const behindHead = concat(good.subarray(0, 4), random(n));
        await expect(door(behindHead)).rejects.toMatchObject({ name: 'Refused' });
      }
      for (const [other] of doors) {
        if (other !== good) await expect(door(other)).rejects.toEqual(refused('wrong-type'));
      }
    }
    await b.process(commit);
    await prepared.confirm();
    await unharmed([a, b], 2n);
  });

  it('include lengths that are longer than they need to be', () => {
    // group_id of 32 bytes: 0x20, or 0x40 0x20 where it should not be.
    const content = concat(random(32), new Uint8Array(8), u8(1), new Uint8Array(4), u8(0));
    const auth = concat(u8(3), u8(0), u8(0), u8(64), u8(64), random(64), u8(0), u8(0));
    const head = new Uint8Array([0, 1, 0, 1]);
    const short = concat(head, u8(32), content, auth);
    const long = concat(head, u8(0x40), u8(32), content, auth);
    expect(() => decodeStrict(short, 'mls_public_message')).not.toThrow();
    expect(() => decodeStrict(long, 'mls_public_message')).toThrow('malformed');
  });
});
