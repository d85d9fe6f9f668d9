/** The form of a commit: everything that can be checked without the group's keys. */
import type { KeyPackage } from 'ts-mls/keyPackage.js';
import type { LeafNode } from 'ts-mls/leafNode.js';
import type { PreSharedKeyID } from 'ts-mls/presharedkey.js';
import type { Proposal } from 'ts-mls/proposal.js';
import type { PublicMessage } from 'ts-mls/publicMessage.js';
import { type Bytes, copy, equal, random } from '../../crypto/bytes';
import { decodeStrict } from './decode';
import { maxMembers } from './parameters';
import { Refused, require } from './refused';
import { pskId, type Room } from './room';
import type { Suite } from './suite';

export interface CommitForm {
  message: PublicMessage;
  groupId: Bytes;
  /** The epoch in which it was made. */
  epoch: bigint;
  /** Leaf of the committer. */
  sender: number;
  adds: KeyPackage[];
  /** Leaves. */
  removes: number[];
  /** As decoded, in order. */
  proposals: Proposal[];
  /** The committer's new leaf, when the commit has a path. */
  pathLeaf: LeafNode | null;
}

/**
 * A member's commit, of proposals by value among Add, Remove and our one
 * pre-shared key; with a path exactly when it removes or has no proposals.
 * Throws Refused.
 */
export function inspectCommit(room: Room, suite: Suite, bytes: Uint8Array): CommitForm {
  const { publicMessage: message } = decodeStrict(bytes, 'mls_public_message');
  const { content } = message;
  require(content.contentType === 'commit', 'wrong-type');
  require(content.sender.senderType === 'member', 'not-a-member');
  require(content.authenticatedData.length === 0, 'malformed');
  const { commit } = content;
  const form: CommitForm = {
    message,
    groupId: copy(content.groupId),
    epoch: content.epoch,
    sender: content.sender.leafIndex,
    adds: [],
    removes: [],
    proposals: [],
    pathLeaf: commit.path?.leafNode ?? null,
  };
  let psks = 0;
  for (const item of commit.proposals) {
    require(item.proposalOrRefType === 'proposal', 'proposal', 'by reference');
    const { proposal } = item;
    form.proposals.push(proposal);
    if (proposal.proposalType === 'add') form.adds.push(proposal.add.keyPackage);
    else if (proposal.proposalType === 'remove') form.removes.push(proposal.remove.removed);
    else if (proposal.proposalType === 'psk') {
      require(isOurPsk(room, suite, proposal.psk.preSharedKeyId), 'psk');
      psks++;
    } else throw new Refused('proposal', String(proposal.proposalType));
  }
  const changes = form.adds.length + form.removes.length;
  require(changes <= 2 * maxMembers, 'proposal', 'too many');
  require(new Set(form.removes).size === form.removes.length, 'proposal', 'removed twice');
  require(!form.removes.includes(form.sender), 'proposal', 'removes itself');
  require(psks === (changes > 0 ? 1 : 0), 'psk');
  const wantsPath = form.removes.length > 0 || form.proposals.length === 0;
  require((form.pathLeaf !== null) === wantsPath, 'path');
  return form;
}

/** The proposal that goes into every commit that adds or removes. */
export function pskProposal(room: Room, suite: Suite): Proposal {
  return {
    proposalType: 'psk',
    psk: {
      preSharedKeyId: {
        psktype: 'external',
        pskId: pskId(room),
        pskNonce: random(suite.impl.kdf.size),
      },
    },
  };
}

function isOurPsk(room: Room, suite: Suite, id: PreSharedKeyID): boolean {
  return (
    id.psktype === 'external' &&
    equal(id.pskId, pskId(room)) &&
    id.pskNonce.length === suite.impl.kdf.size
  );
}

/** Hands the library our key and counts how often it was asked for. */
export class PskSource {
  readonly #room: Room;
  readonly #suite: Suite;
  #uses = 0;

  constructor(room: Room, suite: Suite) {
    this.#room = room;
    this.#suite = suite;
  }

  findPsk(id: PreSharedKeyID): Uint8Array | undefined {
    if (!isOurPsk(this.#room, this.#suite, id)) return undefined;
    this.#uses++;
    return this.#room.psk;
  }

  get uses(): number {
    return this.#uses;
  }
}
