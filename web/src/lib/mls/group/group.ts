/**
 * One MLS group (RFC 9420). Members come in by a commit of another member and a Welcome,
 * never by external commit, and every answer of the library is checked again. Calls run
 * one after the other. A call that throws Refused has changed nothing.
 */
import type { ClientState } from 'ts-mls/clientState.js';
import { createCommit } from 'ts-mls/createCommit.js';
import { mlsExporter } from 'ts-mls/keySchedule.js';
import { encodeMlsMessage, type MLSMessage } from 'ts-mls/message.js';
import { unprotectPublicMessage } from 'ts-mls/messageProtectionPublic.js';
import { processPublicMessage } from 'ts-mls/processMessages.js';
import type { Proposal } from 'ts-mls/proposal.js';
import { clock } from '../../clock';
import { type Bytes, copy, equal } from '../../crypto/bytes';
import { type Opened, openApplication, sealApplication } from './application';
import { type CommitForm, inspectCommit, PskSource, pskProposal } from './commit';
import { joinState, startState } from './entry';
import type { Member, OwnKeyPackage } from './member';
import { checkKeyPackage, checkValidNow, inspectKeyPackage } from './offered-key-package';
import { guarded, require } from './refused';
import { leafNodeAt, type RosterEntry, rosterOf } from './roster';
import { checkNext, checkProposals } from './transition';
import { wipeBytes, wipeReplaced, wipeState, wipeUnused } from './wipe';

export interface Change {
  /** Key packages of others, MLSMessages. */
  add?: Uint8Array[];
  /** Leaves. */
  remove?: number[];
}

/** A commit that takes effect once the server has accepted it. */
export interface Prepared {
  /** The epoch in which it was made. */
  epoch: bigint;
  commit: Bytes;
  /** For all members that it adds; null when it adds none. */
  welcome: Bytes | null;
  /** The server accepted it. Refused 'superseded' when another commit came in between. */
  confirm(): Promise<void>;
  /** The server did not accept it. */
  drop(): Promise<void>;
}

interface Pending {
  state: ClientState;
  consumed: Uint8Array[];
  /** Key packages that it adds. */
  refs: Bytes[];
}

export class Group {
  readonly member: Member;
  #state: ClientState;
  #pending: Pending | null = null;
  #removed = false;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(member: Member, state: ClientState) {
    this.member = member;
    this.#state = state;
  }

  /** Founds a group: epoch 0, with this member alone. */
  static async create(member: Member): Promise<Group> {
    return new Group(member, await startState(member));
  }

  /** Joins by a Welcome. A key package opens one; a Welcome that is refused does not count. */
  static async join(member: Member, own: OwnKeyPackage, welcome: Uint8Array): Promise<Group> {
    return new Group(member, await joinState(member, own, welcome));
  }

  get epoch(): bigint {
    return this.#state.groupContext.epoch;
  }

  get id(): Bytes {
    return copy(this.#state.groupContext.groupId);
  }

  /** Leaf of this member. */
  get leaf(): number {
    return this.#state.privatePath.leafIndex;
  }

  /** The members, read from the tree, in the order of leaves. */
  roster(): RosterEntry[] {
    return rosterOf(this.#state.ratchetTree);
  }

  addMany(keyPackages: Uint8Array[]): Promise<Prepared> {
    return this.prepare({ add: keyPackages });
  }

  removeMany(leaves: number[]): Promise<Prepared> {
    return this.prepare({ remove: leaves });
  }

  /** Prepares a commit that renews the keys on our path and changes no membership. */
  rotate(): Promise<Prepared> {
    return this.prepare({});
  }

  /** Prepares a commit in the place of an earlier one. `now` in seconds. */
  prepare(change: Change, now: number = clock.wall() / 1000): Promise<Prepared> {
    return this.#run(() => this.#prepare(change, now));
  }

  /** Applies the commit of another member: this one is in the next epoch then, or removed. */
  process(commit: Uint8Array): Promise<'next-epoch' | 'removed'> {
    return this.#run(() => this.#process(commit));
  }

  /** Seals up to 16 KiB for all members, as an MLSMessage. */
  seal(plaintext: Bytes): Promise<Bytes> {
    return this.#run(async () => {
      const [state, sealed] = await sealApplication(this.#state, this.member, plaintext);
      this.#state = state;
      return sealed;
    });
  }

  /** Opens a message of this epoch or the one before; each opens once. */
  open(message: Uint8Array): Promise<Opened> {
    return this.#run(async () => {
      const [state, opened] = await openApplication(this.#state, this.member, message);
      this.#state = state;
      return opened;
    });
  }

  /** MLS-Exporter with empty context (RFC 9420 §8.5), of the current epoch. */
  export(label: string, length: number): Promise<Bytes> {
    return this.#run(async () => {
      const { exporterSecret } = this.#state.keySchedule;
      const { impl } = this.member.suite;
      return copy(await mlsExporter(exporterSecret, label, new Uint8Array(), length, impl));
    });
  }

  /** Equal for all members that have the same keys. */
  get authenticator(): Bytes {
    return copy(this.#state.keySchedule.epochAuthenticator);
  }

  /** Overwrites all keys; the group cannot be used afterwards. */
  end(): Promise<void> {
    return this.#run(async () => this.#end());
  }

  async #prepare(change: Change, now: number): Promise<Prepared> {
    const { member } = this;
    const proposals: Proposal[] = [];
    const refs: Bytes[] = [];
    for (const leaf of change.remove ?? []) {
      require(leaf !== this.leaf, 'proposal', 'removes itself');
      require(leafNodeAt(this.#state.ratchetTree, leaf) !== null, 'proposal', 'no such leaf');
      proposals.push({ proposalType: 'remove', remove: { removed: leaf } });
    }
    for (const bytes of change.add ?? []) {
      const { keyPackage, ref } = await inspectKeyPackage(member, bytes);
      checkValidNow(keyPackage, now);
      refs.push(ref);
      proposals.push({ proposalType: 'add', add: { keyPackage } });
    }
    if (proposals.length > 0) proposals.push(pskProposal(member.room, member.suite));
    const committing = createCommit(
      {
        state: this.#state,
        cipherSuite: member.suite.impl,
        pskIndex: new PskSource(member.room, member.suite),
      },
      { extraProposals: proposals, wireAsPublicMessage: true, ratchetTreeExtension: true },
    );
    const made = await guarded(committing, member.timeout);
    const commit = encode(made.commit);
    const form = inspectCommit(member.room, member.suite, commit);
    await checkNext(member, this.#state, made.newState, form);
    this.#forget();
    const pending = { state: made.newState, consumed: made.consumed, refs };
    this.#pending = pending;
    return {
      epoch: this.epoch,
      commit,
      welcome:
        made.welcome === undefined
          ? null
          : encode({ version: 'mls10', wireformat: 'mls_welcome', welcome: made.welcome }),
      confirm: () => this.#run(async () => this.#confirm(pending)),
      drop: () => this.#run(async () => this.#pending === pending && this.#forget()).then(() => {}),
    };
  }

  #confirm(pending: Pending): void {
    require(this.#pending === pending, 'superseded');
    this.#pending = null;
    // A message decrypted meanwhile must not be accepted again as a late one.
    const { epoch } = this.#state.groupContext;
    const late = pending.state.historicalReceiverData.get(epoch);
    if (late !== undefined) {
      const { secretTree } = this.#state;
      pending.state.historicalReceiverData.set(epoch, { ...late, secretTree });
    }
    this.#become(pending.state, pending.consumed);
    this.member.use(pending.refs);
  }

  async #process(commit: Uint8Array): Promise<'next-epoch' | 'removed'> {
    const { member } = this;
    const { room, suite } = member;
    const form = inspectCommit(room, suite, commit);
    const { groupContext, ratchetTree } = this.#state;
    require(equal(form.groupId, groupContext.groupId), 'wrong-group');
    require(form.epoch === groupContext.epoch, 'wrong-epoch');
    require(form.sender !== this.leaf, 'own-commit');
    require(leafNodeAt(ratchetTree, form.sender) !== null, 'not-a-member');
    const refs: Bytes[] = [];
    for (const added of form.adds) refs.push((await checkKeyPackage(member, added)).ref);
    // The library still counts this page as a member when another one got its leaf.
    if (form.removes.includes(this.leaf)) return this.#leave(form);
    const psk = new PskSource(room, suite);
    const processing = processPublicMessage(this.#state, form.message, psk, suite.impl, (found) =>
      checkProposals(form, found) ? 'accept' : 'reject',
    );
    const result = await guarded(processing, member.timeout);
    require(result.actionTaken === 'accept', 'proposal');
    await checkNext(member, this.#state, result.newState, form);
    this.#forget();
    this.#become(result.newState, result.consumed);
    member.use(refs);
    return 'next-epoch';
  }

  /** A commit with a checked author removes this member, which cannot see the epoch after it. */
  async #leave(form: CommitForm): Promise<'removed'> {
    const { keySchedule, groupContext, ratchetTree } = this.#state;
    const { suite, timeout } = this.member;
    const checking = unprotectPublicMessage(
      keySchedule.membershipKey,
      groupContext,
      ratchetTree,
      form.message,
      suite.impl,
    );
    await guarded(checking, timeout);
    this.#end();
    return 'removed';
  }

  #become(next: ClientState, consumed: Uint8Array[]): void {
    const old = this.#state;
    this.#state = next;
    wipeBytes(consumed);
    wipeReplaced(old, next);
  }

  #forget(): void {
    if (this.#pending !== null) wipeUnused(this.#pending.state, this.#state);
    this.#pending = null;
  }

  #end(): void {
    this.#forget();
    wipeState(this.#state);
    this.#removed = true;
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => {
      require(!this.#removed, 'removed');
      return work();
    });
    this.#last = result.catch(() => {});
    return result;
  }
}

function encode(message: MLSMessage): Bytes {
  return copy(encodeMlsMessage(message));
}
