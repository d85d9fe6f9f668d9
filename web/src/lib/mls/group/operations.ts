/** Runs the operations of delivery.ts on a real group, in the group worker. */
import { clock as pageClock } from '../../clock';
import { copy, equal, hex, u64 } from '../../crypto/bytes';
import { sha256 } from '../../crypto/kdf';
import type {
  Chain,
  Operation,
  OperationResult,
  PendingAdd,
  View,
} from '../delivery/delivery-types';
import { inspectCommit } from './commit';
import { epochTag } from './exports';
import { Group, type Prepared } from './group';
import type { Member, OwnKeyPackage } from './member';
import { inspectKeyPackage } from './offered-key-package';
import { Refused } from './refused';
import { wipeKeyPackage } from './wipe';

export class Operations {
  readonly #member: Member;
  readonly #clock: () => number;
  #group: Group | null = null;
  #own: OwnKeyPackage | null = null;
  #prepared: Prepared | null = null;

  /** `clock` in seconds. */
  constructor(member: Member, clock: () => number = () => pageClock.wall() / 1000) {
    this.#member = member;
    this.#clock = clock;
  }

  get group(): Group | null {
    return this.#group;
  }

  /** Never throws; one call after the other. */
  async run(operation: Operation): Promise<OperationResult> {
    try {
      return await this.#run(operation);
    } catch (error) {
      return { is: 'failed', reason: error instanceof Refused ? error.reason : 'crypto' };
    }
  }

  async #run(operation: Operation): Promise<OperationResult> {
    switch (operation.do) {
      case 'found':
        await this.#leave();
        this.#group = await Group.create(this.#member);
        return { is: 'in', view: await this.#view() };
      case 'fresh':
        await this.#leave();
        this.#own = await this.#member.keyPackage(this.#clock());
        return { is: 'fresh', keyPackage: this.#own.bytes };
      case 'join':
        if (this.#own === null) return { is: 'failed', reason: 'superseded' };
        this.#group = await Group.join(this.#member, this.#own, operation.welcome);
        this.#own = null;
        return { is: 'in', view: await this.#view() };
      case 'prepare':
        return this.#prepare(operation.adds, operation.removes);
      case 'confirm':
      case 'process':
        return this.#advance(operation);
    }
  }

  /** Leaves out a bad key package, so that it does not keep the others out. */
  async #prepare(adds: PendingAdd[], removes: number[]): Promise<OperationResult> {
    const group = this.#current();
    const good: PendingAdd[] = [];
    const refused: PendingAdd[] = [];
    const staying = group.roster().filter(({ leaf }) => !removes.includes(leaf));
    const taken = new Set(staying.map(({ memberId }) => hex(memberId)));
    for (const add of adds) {
      const candidate = await inspectKeyPackage(this.#member, add.keyPackage).catch(() => null);
      const name = candidate === null ? '' : hex(candidate.memberId);
      const fits = candidate !== null && equal(candidate.memberId, add.memberId);
      if (fits && !taken.has(name)) good.push(add);
      else refused.push(add);
      taken.add(name);
    }
    if (good.length + removes.length === 0 && adds.length > 0) return { is: 'idle', refused };
    const change = { add: good.map(({ keyPackage }) => keyPackage), remove: removes };
    this.#prepared = await group.prepare(change, this.#clock());
    const { commit, welcome } = this.#prepared;
    return { is: 'prepared', commit, welcome, refused };
  }

  async #advance(
    operation: Extract<Operation, { do: 'confirm' | 'process' }>,
  ): Promise<OperationResult> {
    const group = this.#current();
    const { commit, chain } = operation;
    if (!(await follows(chain, commit))) return { is: 'failed', reason: 'log' };
    const { room, suite } = this.#member;
    const form = inspectCommit(room, suite, commit);
    if (operation.do === 'process') {
      if ((await group.process(commit)) === 'removed') {
        this.#group = null;
        return { is: 'removed' };
      }
    } else {
      if (this.#prepared === null) return { is: 'failed', reason: 'superseded' };
      await this.#prepared.confirm();
    }
    this.#prepared = null;
    const path = form.pathLeaf !== null;
    const view = await this.#view();
    return { is: 'next', view, joined: form.adds.length, left: form.removes, path };
  }

  async #view(): Promise<View> {
    const group = this.#current();
    const tag = await epochTag(group.authenticator);
    const { id, epoch, leaf } = group;
    return { groupId: id, epoch, leaf, roster: group.roster(), tag };
  }

  #current(): Group {
    if (this.#group === null) throw new Refused('removed');
    return this.#group;
  }

  async #leave(): Promise<void> {
    await this.#group?.end();
    if (this.#own !== null) wipeKeyPackage(this.#own);
    this.#group = null;
    this.#own = null;
    this.#prepared = null;
  }
}

/** H(before || seq || commit). */
export async function logHash(before: Uint8Array, seq: number, commit: Uint8Array) {
  return sha256(before, u64(BigInt(seq)), commit);
}

async function follows(chain: Chain, commit: Uint8Array): Promise<boolean> {
  return equal(await logHash(chain.before, chain.seq, commit), copy(chain.hash));
}
