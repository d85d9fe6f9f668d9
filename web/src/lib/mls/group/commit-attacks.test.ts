import { createGroupInfoWithExternalPub, joinGroupExternal } from 'ts-mls/createCommit.js';
import { createProposal } from 'ts-mls/createMessage.js';
import { proposeAddExternal } from 'ts-mls/externalProposal.js';
import { protectExternalProposalPublic } from 'ts-mls/messageProtectionPublic.js';
import type { Proposal } from 'ts-mls/proposal.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { concat, copy, random, u8, utf8 } from '../../crypto/bytes';
import {
  add,
  adding,
  blind,
  encode,
  keyPackageWith,
  MaliciousMember,
  refused,
  secretOf,
  unharmed,
} from '../testing/malicious-member';
import { newGroup, newMember, newRoom } from '../testing/members';
import { pskProposal } from './commit';
import { makeCredential } from './credential';
import type { Group } from './group';
import type { Member } from './member';
import { groupExtensions } from './parameters';
import type { Reason } from './refused';
import type { Room } from './room';
import { loadSuite, type Suite } from './suite';

let room: Room;
let suite: Suite;

beforeEach(async () => {
  room = await newRoom();
  suite = await loadSuite(1);
});

describe('a commit', () => {
  it('is refused when it is old, or of the future, or was seen before', async () => {
    const groups = await newGroup(3, room);
    const [a, b, c] = groups as [Group, Group, Group];
    const old = await a.rotate();
    const next = await b.rotate();
    await a.process(next.commit);
    await next.confirm();
    await expect(b.process(old.commit)).rejects.toEqual(refused('wrong-epoch'));
    await expect(a.process(next.commit)).rejects.toEqual(refused('wrong-epoch'));
    const future = await a.rotate();
    await expect(c.process(future.commit)).rejects.toEqual(refused('wrong-epoch'));
    await future.drop();
    await c.process(next.commit);
    await unharmed(groups, 3n);
  });

  it('is refused when the epoch had one already', async () => {
    const groups = await newGroup(3, room);
    const [a, b, c] = groups as [Group, Group, Group];
    const first = await a.rotate();
    const second = await b.rotate();
    await c.process(first.commit);
    await expect(c.process(second.commit)).rejects.toEqual(refused('wrong-epoch'));
    await b.process(first.commit);
    await first.confirm();
    await expect(second.confirm()).rejects.toEqual(refused('superseded'));
    await unharmed(groups, 3n);
  });

  it('is refused from another group of the same room', async () => {
    const groups = await newGroup(2, room);
    const others = await newGroup(2, room);
    const { commit } = await (others[0] as Group).rotate();
    await expect(groups[1]?.process(commit)).rejects.toEqual(refused('wrong-group'));
    await unharmed(groups, 1n);
  });

  it('is refused when it is ours, as if another had sent it', async () => {
    const groups = await newGroup(2, room);
    const mine = await (groups[0] as Group).rotate();
    await mine.drop();
    await expect(groups[0]?.process(mine.commit)).rejects.toEqual(refused('own-commit'));
    await unharmed(groups, 1n);
  });

  it('is refused from outside', async () => {
    const groups = await newGroup(2, room);
    const maliciousMember = await MaliciousMember.enter(groups);
    const { member, state } = maliciousMember;
    const info = await createGroupInfoWithExternalPub(state, [], suite.impl);
    const outsider = await newMember(room);
    const { publicPackage, privatePackage } = secretOf(await outsider.keyPackage());
    const { publicMessage } = await joinGroupExternal(
      info,
      publicPackage,
      privatePackage,
      false,
      suite.impl,
      state.ratchetTree,
      member.config,
    );
    const bytes = encode({ version: 'mls10', wireformat: 'mls_public_message', publicMessage });
    await expect(groups[0]?.process(bytes)).rejects.toEqual(refused('not-a-member'));
    await unharmed(groups, 2n);
  });

  it('is refused with other proposals than Add, Remove and our key', async () => {
    const groups = await newGroup(2, room);
    const maliciousMember = await MaliciousMember.enter(groups);
    const psk = pskProposal(room, suite);
    const newcomer = await add(await newMember(room));
    const extensions: Proposal = {
      proposalType: 'group_context_extensions',
      groupContextExtensions: { extensions: groupExtensions(suite) },
    };
    const otherKey: Proposal = {
      proposalType: 'psk',
      psk: { preSharedKeyId: { psktype: 'external', pskId: random(16), pskNonce: random(32) } },
    };
    const shortNonce: Proposal = {
      proposalType: 'psk',
      psk: {
        preSharedKeyId: {
          psktype: 'external',
          pskId: concat('RV1', room.tag),
          pskNonce: random(8),
        },
      },
    };
    const cases: [Reason, Proposal[]][] = [
      ['proposal', [extensions]],
      ['proposal', [{ proposalType: 0xf001, proposalData: random(4) }]],
      ['psk', [newcomer]],
      ['psk', [{ proposalType: 'remove', remove: { removed: 1 } }]],
      ['psk', [newcomer, psk, pskProposal(room, suite)]],
      ['psk', [newcomer, otherKey]],
      ['psk', [newcomer, shortNonce]],
      ['psk', [psk]],
    ];
    for (const [reason, proposals] of cases) {
      const commit = await maliciousMember.commit(proposals);
      for (const group of groups) {
        await expect(group.process(commit), JSON.stringify(reason)).rejects.toEqual(
          refused(reason),
        );
      }
    }
    await unharmed(groups, 2n);
  });

  it('is refused when it adds a ghost, or a member id that is there', async () => {
    const groups = await newGroup(2, room);
    const maliciousMember = await MaliciousMember.enter(groups);
    const psk = pskProposal(room, suite);
    const ghost = await adding(await keyPackageWith(room, { identity: concat(u8(1), random(80)) }));
    const twin = await add(await newMember(room, 1, groups[1]?.member.id));
    const again = await add(groups[1]?.member as Member);
    // The malicious member's own library would not make the first one, were it asked to check.
    maliciousMember.state = {
      ...maliciousMember.state,
      clientConfig: { ...maliciousMember.member.config, authService: blind },
    };
    const cases: [Reason, Proposal[]][] = [
      ['credential', [ghost, psk]],
      ['duplicate', [twin, psk]],
    ];
    for (const [reason, proposals] of cases) {
      const commit = await maliciousMember.commit(proposals);
      for (const group of groups) {
        await expect(group.process(commit)).rejects.toEqual(refused(reason));
      }
    }
    await expect(maliciousMember.commit([again, psk])).rejects.toThrow();
    const keyPackages = [(await (groups[1] as Group).member.keyPackage()).bytes];
    await expect(groups[0]?.addMany(keyPackages)).rejects.toThrow();
    await unharmed(groups, 2n);
  });

  it('is refused when it was made with another key than ours', async () => {
    const groups = await newGroup(2, room);
    const maliciousMember = await MaliciousMember.enter(groups);
    const proposals = [await add(await newMember(room)), pskProposal(room, suite)];
    const commit = await maliciousMember.commit(proposals, new Uint8Array(), random(32));
    await expect(groups[0]?.process(commit)).rejects.toEqual(refused('crypto'));
    await unharmed(groups, 2n);
  });

  it('is refused with anything in its additional data', async () => {
    const groups = await newGroup(2, room);
    const maliciousMember = await MaliciousMember.enter(groups);
    const commit = await maliciousMember.commit([], utf8('hello'));
    await expect(groups[0]?.process(commit)).rejects.toEqual(refused('malformed'));
  });

  it('is refused when a bit of it is different', async () => {
    const groups = await newGroup(2, room);
    const [a, b] = groups as [Group, Group];
    const { commit, confirm } = await a.rotate();
    for (let at = 0; at < commit.length; at += 11) {
      const other = commit.slice();
      other[at] = (other[at] ?? 0) ^ 0x10;
      await expect(b.process(other), `byte ${at}`).rejects.toMatchObject({ name: 'Refused' });
    }
    await b.process(commit);
    await confirm();
    await unharmed(groups, 2n);
  });

  it('keeps the group from a member who changes its identity on the way', async () => {
    const groups = await newGroup(2, room);
    const maliciousMember = await MaliciousMember.enter(groups);
    const leaf = maliciousMember.state.ratchetTree[2 * maliciousMember.state.privatePath.leafIndex];
    if (leaf?.nodeType !== 'leaf') throw new Error('no leaf');
    const key = copy(leaf.leaf.signaturePublicKey);
    const credential = await makeCredential(room, random(16), key);
    const tree = maliciousMember.state.ratchetTree.slice();
    tree[2 * maliciousMember.state.privatePath.leafIndex] = {
      nodeType: 'leaf',
      leaf: { ...leaf.leaf, credential },
    };
    maliciousMember.state = { ...maliciousMember.state, ratchetTree: tree };
    const commit = await maliciousMember.commit([]);
    await expect(groups[0]?.process(commit)).rejects.toMatchObject({ name: 'Refused' });
    await unharmed(groups, 2n);
  });
});

describe('proposals on their own', () => {
  it('are refused, from members and from outside', async () => {
    const groups = await newGroup(2, room);
    const maliciousMember = await MaliciousMember.enter(groups);
    const remove: Proposal = { proposalType: 'remove', remove: { removed: 1 } };
    const inside = await createProposal(maliciousMember.state, true, remove, suite.impl);
    await expect(groups[0]?.process(encode(inside.message))).rejects.toEqual(refused('wrong-type'));
    const outsider = await newMember(room);
    const { publicPackage, privatePackage } = secretOf(await outsider.keyPackage());
    const { groupContext } = maliciousMember.state;
    const info = await createGroupInfoWithExternalPub(maliciousMember.state, [], suite.impl);
    const outside = await proposeAddExternal(
      { ...info, groupContext },
      publicPackage,
      privatePackage,
      suite.impl,
    );
    await expect(groups[0]?.process(encode(outside))).rejects.toEqual(refused('wrong-type'));
    const keys = await suite.impl.signature.keygen();
    const fromSender = await protectExternalProposalPublic(
      keys.signKey,
      groupContext,
      new Uint8Array(),
      remove,
      { senderType: 'external', senderIndex: 0 },
      suite.impl,
    );
    const { publicMessage } = fromSender;
    const bytes = encode({ version: 'mls10', wireformat: 'mls_public_message', publicMessage });
    await expect(groups[0]?.process(bytes)).rejects.toEqual(refused('wrong-type'));
    await unharmed(groups, 2n);
  });

  it('cannot be committed by reference', async () => {
    const groups = await newGroup(2, room);
    const maliciousMember = await MaliciousMember.enter(groups);
    const remove: Proposal = { proposalType: 'remove', remove: { removed: 1 } };
    maliciousMember.state = (
      await createProposal(maliciousMember.state, true, remove, suite.impl)
    ).newState;
    const commit = await maliciousMember.commit([pskProposal(room, suite)]);
    await expect(groups[0]?.process(commit)).rejects.toEqual(refused('proposal'));
    await unharmed(groups, 2n);
  });
});
