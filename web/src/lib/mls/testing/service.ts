/** The server's part in the tests: orders commits, and looks at their form as docs say it does. */
import { type Bytes, copy, equal, hex } from '../../crypto/bytes';
import type {
  ClientMessage,
  LogEntry,
  PendingAdd,
  ServerMessage,
} from '../delivery/delivery-types';
import { inspectCommit } from '../group/commit';
import { decodeStrict } from '../group/decode';
import { refOf } from '../group/member';
import { logHash } from '../group/operations';
import type { Room } from '../group/room';
import type { Suite } from '../group/suite';

type Body<T> = T extends unknown ? Omit<T, 'incarnation'> : never;

interface Pending extends PendingAdd {
  ref: Bytes;
}

interface GroupState {
  id: Bytes;
  epoch: bigint;
  leaves: Map<number, Bytes>;
}

const batch = 30;
const reissue = 800;
const giveUp = 5000;

export class Service {
  readonly #room: Room;
  readonly #suite: Suite;
  readonly #send: (to: Bytes, message: ServerMessage) => void;
  #incarnation = 0;
  #group: GroupState | null = null;
  #founder: Bytes | null = null;
  #log: LogEntry[] = [];
  #adds: Pending[] = [];
  /** In duties of this epoch. */
  #offered: Pending[] = [];
  #removes = new Set<number>();
  #connected = new Map<string, Bytes>();
  #dutyAt: number | null = null;
  #dutyTurn = 0;
  #pendingSince: number | null = null;
  strikes = 0;

  constructor(room: Room, suite: Suite, send: (to: Bytes, message: ServerMessage) => void) {
    this.#room = room;
    this.#suite = suite;
    this.#send = send;
  }

  get epoch(): bigint | null {
    return this.#group?.epoch ?? null;
  }

  get incarnation(): number {
    return this.#incarnation;
  }

  deadline(): number {
    const since = this.#pendingSince;
    return Math.min(this.#dutyAt ?? Infinity, since === null ? Infinity : since + giveUp);
  }

  connect(memberId: Bytes): void {
    this.#connected.set(hex(memberId), memberId);
  }

  /** The socket died; the member may come back. */
  disconnect(memberId: Bytes): void {
    this.#connected.delete(hex(memberId));
  }

  /** Gone for good. */
  leave(memberId: Bytes, now: number): void {
    this.disconnect(memberId);
    this.#adds = this.#adds.filter((add) => !equal(add.memberId, memberId));
    const leaf = this.#leafOf(memberId);
    if (this.#founder !== null && equal(this.#founder, memberId)) this.#founder = null;
    if (leaf === null) {
      if (this.#founder === null && this.#group === null) this.#found(now);
      return;
    }
    this.#removes.add(leaf);
    this.#broadcast({ t: 'left', memberId });
    this.#plan(now);
  }

  async receive(from: Bytes, message: ClientMessage, now: number): Promise<void> {
    if (message.t === 'join') await this.#join(from, message.keyPackage, now);
    else if (message.incarnation === this.#incarnation) await this.#current(from, message, now);
    else if (message.t === 'resume') this.#to(from, { t: 'gone' });
  }

  tick(now: number): void {
    if (this.#pendingSince !== null && now >= this.#pendingSince + giveUp) this.#found(now);
    else if (this.#dutyAt !== null && now >= this.#dutyAt) this.#issue(now);
  }

  async #current(
    from: Bytes,
    message: Exclude<ClientMessage, { t: 'join' }>,
    now: number,
  ): Promise<void> {
    switch (message.t) {
      case 'founded':
        if (this.#founder === null || !equal(this.#founder, from)) break;
        this.#founder = null;
        this.#group = { id: message.groupId, epoch: 0n, leaves: new Map([[0, from]]) };
        this.#adds = this.#adds.filter((add) => !equal(add.memberId, from));
        this.#pendingSince = null;
        this.#plan(now);
        break;
      case 'commit':
        await this.#commit(from, message, now);
        break;
      case 'ready': {
        const { epoch, tag } = message;
        this.#broadcast({ t: 'ready', epoch, tag, memberId: from }, from);
        break;
      }
      case 'resume': {
        const entries = this.#log.filter((entry) => entry.seq > message.seq);
        const known = this.#leafOf(from) !== null || entries.length > 0;
        if (known) for (const entry of entries) this.#to(from, { t: 'committed', entry });
        this.#to(from, known ? { t: 'resumed', seq: this.#log.length } : { t: 'gone' });
        break;
      }
      case 'forked':
        this.#found(now);
        break;
    }
  }

  async #join(from: Bytes, keyPackage: Bytes, now: number): Promise<void> {
    const decoded = decodeStrict(keyPackage, 'mls_key_package').keyPackage;
    const ref = await refOf(this.#suite, decoded);
    this.#adds = this.#adds.filter((add) => !equal(add.memberId, from));
    this.#adds.push({ memberId: from, keyPackage, ref });
    const leaf = this.#leafOf(from);
    if (leaf !== null) this.#removes.add(leaf);
    const alive = this.#committers().length > 0 || this.#founder !== null;
    if (alive) this.#plan(now);
    else this.#found(now);
  }

  async #commit(
    from: Bytes,
    message: Extract<ClientMessage, { t: 'commit' }>,
    now: number,
  ): Promise<void> {
    const group = this.#group;
    if (group === null) return;
    if (message.epoch !== group.epoch) {
      this.#to(from, { t: 'rejected', epoch: message.epoch, reason: 'epoch' });
      return;
    }
    const added = await this.#check(from, message).catch(() => null);
    if (added === null) {
      this.strikes++;
      this.#to(from, { t: 'rejected', epoch: message.epoch, reason: 'form' });
      return;
    }
    // A member offered for this epoch may have left, or have a newer key package.
    if (added.some((add) => !this.#adds.includes(add))) {
      this.#to(from, { t: 'rejected', epoch: message.epoch, reason: 'stale' });
      this.#dutyAt = now;
      return;
    }
    const form = inspectCommit(this.#room, this.#suite, message.commit);
    for (const leaf of form.removes) {
      group.leaves.delete(leaf);
      this.#removes.delete(leaf);
    }
    for (const { memberId } of added) {
      let leaf = 0;
      while (group.leaves.has(leaf)) leaf++;
      group.leaves.set(leaf, memberId);
    }
    this.#adds = this.#adds.filter((add) => !added.includes(add));
    this.#offered = [];
    group.epoch++;
    const seq = this.#log.length + 1;
    const before = this.#log.at(-1)?.hash ?? new Uint8Array(32);
    const { commit, welcome } = message;
    const entry = { seq, epoch: group.epoch, commit, hash: await logHash(before, seq, commit) };
    this.#log.push(entry);
    this.#broadcast({ t: 'committed', entry });
    for (const { memberId } of added) {
      this.#to(memberId, { t: 'welcome', seq, hash: entry.hash, welcome: welcome as Bytes });
    }
    this.#pendingSince = null;
    this.#dutyTurn = 0;
    this.#dutyAt = null;
    this.#plan(now);
  }

  /** Returns the added members; throws when the form is wrong. */
  async #check(from: Bytes, message: Extract<ClientMessage, { t: 'commit' }>) {
    const group = this.#group as GroupState;
    const form = inspectCommit(this.#room, this.#suite, message.commit);
    const must = (condition: boolean) => {
      if (!condition) throw new Error('form');
    };
    must(equal(form.groupId, group.id) && form.epoch === group.epoch);
    must(this.#leafOf(from) === form.sender);
    must(form.removes.every((leaf) => this.#removes.has(leaf)));
    const refs = await Promise.all(form.adds.map((add) => refOf(this.#suite, add)));
    const added = refs.map((ref) => this.#offered.find((add) => equal(add.ref, ref)));
    must(added.every((add) => add !== undefined));
    must((message.welcome !== null) === refs.length > 0);
    if (message.welcome !== null) {
      const { secrets } = decodeStrict(message.welcome, 'mls_welcome').welcome;
      must(secrets.length === refs.length);
      must(refs.every((ref) => secrets.some(({ newMember }) => equal(newMember, ref))));
    }
    return added as Pending[];
  }

  #plan(now: number): void {
    if (this.#adds.length + this.#removes.size === 0 || this.#group === null) return;
    if (this.#adds.length > 0) this.#pendingSince ??= now;
    this.#dutyAt ??= now + batch;
  }

  #issue(now: number): void {
    const group = this.#group;
    const able = this.#committers();
    this.#dutyAt = null;
    if (group === null || this.#adds.length + this.#removes.size === 0) return;
    if (able.length === 0) {
      if (this.#adds.length > 0) this.#found(now);
      return;
    }
    this.#dutyAt = now + reissue;
    const committer = able[this.#dutyTurn++ % able.length] as Bytes;
    const removes = [...this.#removes].map((leaf) => {
      return { leaf, memberId: group.leaves.get(leaf) as Bytes };
    });
    this.#offered.push(...this.#adds.filter((add) => !this.#offered.includes(add)));
    const adds = this.#adds.map(({ memberId, keyPackage }) => ({ memberId, keyPackage }));
    this.#broadcast({ t: 'duty', epoch: group.epoch, committer, adds, removes });
  }

  /** A new group, of whoever waits longest; all others ask to be added again. */
  #found(now: number): void {
    const waiting = this.#adds.find((add) => this.#connected.has(hex(add.memberId)));
    const founder = waiting?.memberId ?? [...this.#connected.values()][0];
    this.#group = null;
    this.#log = [];
    this.#removes.clear();
    this.#offered = [];
    this.#pendingSince = null;
    this.#dutyAt = null;
    this.#incarnation++;
    this.#founder = founder ?? null;
    if (founder === undefined) return;
    this.#pendingSince = now;
    for (const memberId of this.#connected.values()) {
      if (equal(memberId, founder)) this.#to(memberId, { t: 'found' });
      else if (!this.#adds.some((add) => equal(add.memberId, memberId))) {
        this.#to(memberId, { t: 'reset' });
      }
    }
  }

  #committers(): Bytes[] {
    const leaves = [...(this.#group?.leaves ?? [])].sort(([a], [b]) => a - b);
    return leaves
      .filter(([leaf, id]) => !this.#removes.has(leaf) && this.#connected.has(hex(id)))
      .map(([, id]) => id);
  }

  #leafOf(memberId: Bytes): number | null {
    for (const [leaf, id] of this.#group?.leaves ?? []) if (equal(id, memberId)) return leaf;
    return null;
  }

  #broadcast(message: Body<ServerMessage>, except?: Bytes): void {
    for (const memberId of this.#connected.values()) {
      if (except === undefined || !equal(except, memberId)) this.#to(memberId, message);
    }
  }

  #to(memberId: Bytes, message: Body<ServerMessage>): void {
    const incarnation = this.#incarnation;
    this.#send(copy(memberId), { ...message, incarnation } as ServerMessage);
  }
}
