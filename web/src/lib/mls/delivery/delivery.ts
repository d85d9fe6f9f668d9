/**
 * Makes members agree on one commit for each epoch; the server between them only
 * orders. It knows no clock, socket or group: it takes inputs with the time
 * (milliseconds) and returns outputs. Operations on the group are outputs whose
 * results come back as inputs; messages that arrive meanwhile are kept.
 *
 * The requested committer commits at once, the others after a delay that grows
 * with their rank. The first commit that the server accepts is the one of the
 * epoch; all others are dropped. A commit request (`duty`) is for one epoch: the
 * server repeats in the next one what is still pending.
 */
import { type Bytes, equal } from '../../crypto/bytes';
import {
  answerLimitMs,
  closedLimitMs,
  commitFirstMs,
  maxKept,
  maxRefusals,
  maxRejoins,
  pathKeyLifeMs,
  rotateAgainMs,
  welcomeLimitMs,
} from './delivery-limits';
import type {
  Chain,
  Input,
  LogEntry,
  Operation,
  OperationResult,
  Output,
  PendingCommit,
  ServerMessage,
  Status,
  View,
} from './delivery-types';
import { type Duty, delayOf, fallbackBase, leavesToRemove, rotationAt } from './duty';
import { KeySwitch } from './key-switch';
import { SendGate } from './send-gate';

type Timer = 'fallback' | 'rotate' | 'stale' | 'held' | 'welcome' | 'answer';

export class Delivery {
  readonly #memberId: Bytes;
  readonly #keys = new KeySwitch();
  readonly #sendGate = new SendGate();
  readonly #timers = new Map<Timer, number>();
  #incarnation = -1;
  #view: View | null = null;
  #waiting: { keyPackage: Bytes | null } | null = null;
  #ended = false;
  #online = true;
  #forked = false;
  #running: Operation | null = null;
  #kept: ServerMessage[] = [];
  #log = { seq: 0, hash: new Uint8Array(32) as Bytes };
  #resumedFrom = 0;
  #duty: Duty | null = null;
  #pendingCommit: PendingCommit | null = null;
  #refusals = 0;
  #rejoins = 0;
  /** The `seq` of a Welcome that this page could not use, until it has told the server. */
  #refused: number | null = null;
  #joins = 0;
  /** When our current path keys took effect, and when the keys of our pending commit were made. */
  #pathSince = 0;
  #madeAt = 0;
  /** The rotation has waited for a commit request of this epoch already. */
  #putOff = false;
  #out: Output[] = [];

  constructor(memberId: Bytes) {
    this.#memberId = memberId;
  }

  get view(): View | null {
    return this.#view;
  }

  /** Incarnation of the group that this page is in or waits for; messages of older ones are ignored. */
  get incarnation(): number {
    return this.#incarnation;
  }

  /** The key package that this page offered and that no commit has added yet. */
  get keyPackage(): Bytes | null {
    return this.#waiting?.keyPackage ?? null;
  }

  /** Whether this page has the whole log up to `seq`. */
  has(seq: number): boolean {
    return this.#log.seq >= seq;
  }

  /** The time of the next tick, in milliseconds; Infinity: none is needed. */
  deadline(): number {
    // Timers that end while an operation runs fire after it.
    const always = Math.min(this.#keys.deadline(), this.#sendGate.deadline());
    return this.#running === null ? Math.min(always, ...this.#timers.values()) : always;
  }

  handle(now: number, input: Input): Output[] {
    this.#out = [];
    switch (input.t) {
      case 'start':
        this.#ended = false;
        this.#rejoins = 0;
        if (this.#running === null && this.#view === null) this.#askToBeAdded();
        break;
      case 'connected':
        this.#connected(now, input.admitted ?? false);
        break;
      case 'disconnected':
        this.#online = false;
        for (const timer of ['welcome', 'answer'] as const) this.#timers.delete(timer);
        break;
      case 'rejoin':
        if (this.#running === null && this.#view !== null) this.#askToBeAdded();
        break;
      case 'server':
        this.#kept.push(input.message);
        break;
      case 'result':
        this.#finish(now, input.result);
        break;
      case 'silent':
        this.#sendGate.silent(input.leaves);
        break;
      case 'tick':
        break;
    }
    // A resume brings messages back that the limit drops.
    if (this.#kept.length > maxKept) this.#kept = this.#kept.slice(-maxKept);
    while (this.#running === null && !this.#ended && this.#kept.length > 0) {
      this.#take(now, this.#kept.shift() as ServerMessage);
    }
    this.#emit(...this.#keys.tick(now));
    if (this.#running === null) this.#due(now);
    this.#updateGate(now);
    return this.#out;
  }

  #updateGate(now: number): void {
    const outputs = this.#sendGate.tick(now);
    if (outputs.length === 0) return;
    if (this.#sendGate.on) this.#timers.set('held', now + closedLimitMs);
    else this.#timers.delete('held');
    this.#emit(...outputs);
  }

  #take(now: number, message: ServerMessage): void {
    const { incarnation } = message;
    if (incarnation < this.#incarnation) return;
    if (message.t === 'found') {
      if (incarnation === this.#incarnation) return;
      this.#leaveGroup(incarnation);
      this.#run({ do: 'found' });
      return;
    }
    if (message.t === 'reset' || (incarnation > this.#incarnation && this.#view !== null)) {
      if (incarnation === this.#incarnation) return;
      this.#incarnation = incarnation;
      this.#askToBeAdded();
      return;
    }
    this.#incarnation = incarnation;
    if (message.t === 'welcome') this.#welcome(message);
    else if (this.#view === null) return;
    else if (!this.#forked || message.t === 'gone') this.#member(now, message, this.#view);
  }

  #welcome(message: Extract<ServerMessage, { t: 'welcome' }>): void {
    if (this.#waiting === null) return;
    this.#log = { seq: message.seq, hash: message.hash };
    this.#run({ do: 'join', welcome: message.welcome });
  }

  /** Handles messages that matter only to a member of the group. */
  #member(now: number, message: ServerMessage, view: View): void {
    switch (message.t) {
      case 'committed':
        this.#committed(now, message.entry, view);
        break;
      case 'rejected':
        if (message.epoch !== this.#pendingCommit?.epoch) break;
        this.#pendingCommit = null;
        this.#timers.delete('answer');
        if (message.reason === 'form') this.#refusals++;
        this.#timers.set('fallback', now + fallbackBase);
        break;
      case 'duty':
        if (message.epoch < view.epoch) break;
        this.#duty = message;
        this.#sendGate.expect(now, leavesToRemove(message, view), view);
        if (message.epoch === view.epoch) this.#arm(now, message, view);
        break;
      case 'ready':
        if (!this.#keys.report(message.epoch, message.memberId, message.tag)) this.#fork(now, view);
        break;
      case 'left':
        this.#sendGate.expect(
          now,
          view.roster.filter((e) => equal(e.memberId, message.memberId)).map((e) => e.leaf),
          view,
        );
        break;
      case 'resumed':
        this.#timers.delete('answer');
        if (message.seq > this.#log.seq) this.#stillBehind(now, view);
        else if (this.#pendingCommit !== null) this.#propose(now);
        break;
      case 'gone':
        this.#askToBeAdded();
        break;
      default:
        break;
    }
  }

  #committed(now: number, entry: LogEntry, view: View): void {
    if (entry.epoch <= view.epoch) return;
    if (entry.epoch > view.epoch + 1n) {
      this.#resume(now, view);
      return;
    }
    const { seq, hash, commit } = entry;
    const chain: Chain = { before: this.#log.hash, seq, hash };
    const ours = this.#pendingCommit !== null && equal(this.#pendingCommit.commit, commit);
    this.#madeAt = ours ? (this.#pendingCommit?.madeAt ?? now) : now;
    // Without a pending commit the timer waits for the answer to a resume.
    if (this.#pendingCommit !== null) this.#timers.delete('answer');
    this.#pendingCommit = null;
    if (seq !== this.#log.seq + 1) {
      this.#rejoin('log');
      return;
    }
    this.#run({ do: ours ? 'confirm' : 'process', commit, chain });
  }

  #finish(now: number, result: OperationResult): void {
    const operation = this.#running;
    this.#running = null;
    if (operation === null) return;
    if ('refused' in result && result.refused.length > 0) {
      this.#emit({ t: 'refused', adds: result.refused });
    }
    switch (result.is) {
      case 'in':
        this.#entered(now, result.view, operation);
        break;
      case 'fresh':
        if (this.#waiting === null) break;
        this.#waiting.keyPackage = result.keyPackage;
        this.#madeAt = now;
        if (this.#online) this.#timers.set('welcome', now + welcomeLimitMs);
        this.#sendJoin(result.keyPackage);
        break;
      case 'prepared':
        if (this.#view === null) break;
        this.#pendingCommit = { ...result, epoch: this.#view.epoch, madeAt: now };
        this.#propose(now);
        break;
      case 'idle':
        break;
      case 'next':
        this.#advanced(now, result, operation);
        break;
      case 'removed':
        this.#sendGate.forget();
        this.#leaveGroup(this.#incarnation);
        this.#ended = true;
        this.#status('removed');
        break;
      case 'failed':
        // Other members make a commit that this page cannot; any other failure puts the keys in doubt.
        if (operation.do === 'prepare') this.#refusals++;
        else {
          // A timeout here is not the fault of the member that made the Welcome.
          if (operation.do === 'join' && result.reason !== 'timeout') this.#refused = this.#log.seq;
          this.#rejoin(result.reason);
        }
        break;
    }
  }

  /** Reports a useless Welcome once with the join, so that the server asks another member. */
  #sendJoin(keyPackage: Bytes): void {
    const refused = this.#refused;
    this.#refused = null;
    const message = { t: 'join', keyPackage, ...(refused !== null && { refused }) } as const;
    this.#emit({ t: 'send', message });
  }

  #entered(now: number, view: View, operation: Operation): void {
    this.#view = view;
    this.#waiting = null;
    this.#joins = 0;
    this.#timers.clear();
    const incarnation = this.#incarnation;
    if (operation.do === 'found') {
      this.#log = { seq: 0, hash: new Uint8Array(32) };
      this.#emit({ t: 'send', message: { t: 'founded', incarnation, groupId: view.groupId } });
    } else this.#ready(view);
    // The gate must be right before there is a key to seal with.
    this.#sendGate.enter(view);
    this.#updateGate(now);
    this.#emit(...this.#keys.advance(now, view, this.#memberId, false));
    this.#status('in');
    this.#renewed(operation.do === 'join' ? this.#madeAt : now);
    this.#planRotation(now, view);
  }

  #advanced(
    now: number,
    result: Extract<OperationResult, { is: 'next' }>,
    operation: Operation,
  ): void {
    const { view } = result;
    if (operation.do === 'confirm' || operation.do === 'process') {
      this.#log = { seq: operation.chain.seq, hash: operation.chain.hash };
    }
    this.#view = view;
    this.#rejoins = 0;
    this.#refusals = 0;
    this.#joins = result.path ? 0 : this.#joins + result.joined;
    this.#timers.delete('fallback');
    this.#sendGate.removed(result.left);
    this.#putOff = false;
    if (result.path && operation.do === 'confirm') this.#renewed(this.#madeAt);
    if (this.#duty !== null && this.#duty.epoch < view.epoch) this.#duty = null;
    this.#ready(view);
    this.#emit(...this.#keys.advance(now, view, this.#memberId, result.left.length > 0));
    if (this.#keys.contradicted) this.#fork(now, view);
    this.#planRotation(now, view);
    if (this.#duty !== null) {
      this.#sendGate.expect(now, leavesToRemove(this.#duty, view), view);
      this.#arm(now, this.#duty, view);
    }
  }

  /** Sets the time of our commit: at once, or later in case no other member commits. */
  #arm(now: number, duty: Duty, view: View): void {
    const delay = delayOf(duty, view, this.#memberId);
    if (delay !== null) this.#timers.set('fallback', now + delay);
  }

  #planRotation(now: number, view: View): void {
    this.#timers.set('rotate', rotationAt(now, view, this.#pathSince, this.#joins));
  }

  /** Notes that our path keys are new; commits of other members do not renew them. */
  #renewed(since: number): void {
    this.#pathSince = since;
    this.#timers.set('stale', since + pathKeyLifeMs);
  }

  #due(now: number): void {
    for (const [timer, at] of this.#timers) {
      if (now < at || this.#running !== null) continue;
      this.#timers.delete(timer);
      this.#fire(now, timer);
    }
  }

  #fire(now: number, timer: Timer): void {
    const view = this.#view;
    if (timer === 'welcome') {
      if (this.#waiting !== null) this.#rejoin('late');
    } else if (timer === 'held') {
      if (view !== null) this.#held(now, view);
    } else if (view === null || this.#forked) {
      return;
    } else if (timer === 'stale') {
      // A server that suppresses our commits may keep us on path keys an attacker has copied.
      this.#rejoin('stale');
    } else if (timer === 'answer') this.#resume(now, view);
    else if (timer === 'fallback') this.#commitDuty(view);
    else this.#rotate(now, view);
  }

  /** The gate stayed closed: a member that blocks the group does not leave by itself. */
  #held(now: number, view: View): void {
    if (!this.#online) this.#timers.set('held', now + closedLimitMs);
    else if (this.#forked) this.#askToBeAdded();
    else this.#fork(now, view);
  }

  /** A commit request comes first, but one that nobody can fulfil must not keep old keys in use. */
  #rotate(now: number, view: View): void {
    if (this.#duty !== null && !this.#putOff) {
      this.#putOff = true;
      this.#timers.set('rotate', now + commitFirstMs);
      return;
    }
    this.#joins = 0;
    this.#timers.set('rotate', now + rotateAgainMs);
    if (this.#mayCommit(view)) this.#run({ do: 'prepare', adds: [], removes: [] });
  }

  #commitDuty(view: View): void {
    const duty = this.#duty;
    if (duty === null || duty.epoch !== view.epoch || !this.#mayCommit(view)) return;
    const { adds } = duty;
    const removes = leavesToRemove(duty, view);
    if (adds.length + removes.length > 0) this.#run({ do: 'prepare', adds, removes });
  }

  #mayCommit(view: View): boolean {
    return this.#pendingCommit?.epoch !== view.epoch && this.#refusals < maxRefusals;
  }

  /** Sends our pending commit, and again after the connection came back. */
  #propose(now: number): void {
    if (this.#pendingCommit === null) return;
    const { epoch, commit, welcome } = this.#pendingCommit;
    const incarnation = this.#incarnation;
    this.#expectAnswer(now);
    this.#emit({ t: 'send', message: { t: 'commit', incarnation, epoch, commit, welcome } });
  }

  #ready(view: View): void {
    const { epoch, tag } = view;
    const { hash } = this.#log;
    const incarnation = this.#incarnation;
    this.#emit({ t: 'send', message: { t: 'ready', incarnation, epoch, tag, hash } });
  }

  #resume(now: number, view: View): void {
    const { groupId, epoch, tag, roster } = view;
    const { seq, hash } = this.#log;
    this.#resumedFrom = seq;
    this.#expectAnswer(now);
    const incarnation = this.#incarnation;
    const where = { incarnation, epoch, seq, groupId, tag, hash, roster };
    this.#emit({ t: 'send', message: { t: 'resume', ...where } });
  }

  /** Without a socket there is none; when it is back we ask anyway. */
  #expectAnswer(now: number): void {
    if (this.#online) this.#timers.set('answer', now + answerLimitMs);
  }

  /** The log is given in parts; one that brought nothing will not bring more. */
  #stillBehind(now: number, view: View): void {
    if (this.#log.seq > this.#resumedFrom) this.#resume(now, view);
    else this.#rejoin('log');
  }

  #connected(now: number, admitted: boolean): void {
    this.#online = true;
    if (this.#sendGate.on) this.#timers.set('held', now + closedLimitMs);
    if (this.#view !== null) this.#resume(now, this.#view);
    const keyPackage = this.#waiting?.keyPackage;
    if (!keyPackage) return;
    this.#timers.set('welcome', now + welcomeLimitMs);
    if (!admitted) this.#sendJoin(keyPackage);
  }

  #fork(now: number, view: View): void {
    if (this.#forked) return;
    this.#forked = true;
    this.#sendGate.fork();
    this.#timers.clear();
    // Members that miss this message add us again instead.
    this.#timers.set('held', now + closedLimitMs);
    const incarnation = this.#incarnation;
    this.#emit({ t: 'send', message: { t: 'forked', incarnation, epoch: view.epoch } });
    this.#status('forked');
  }

  #rejoin(reason: Extract<Output, { t: 'status' }>['reason']): void {
    if (++this.#rejoins > maxRejoins) {
      this.#leaveGroup(this.#incarnation);
      this.#ended = true;
      this.#emit({ t: 'status', status: 'failed', ...(reason && { reason }) });
      return;
    }
    this.#askToBeAdded();
  }

  #askToBeAdded(): void {
    this.#leaveGroup(this.#incarnation);
    this.#waiting = { keyPackage: null };
    this.#status('joining');
    this.#run({ do: 'fresh' });
  }

  #leaveGroup(incarnation: number): void {
    this.#incarnation = incarnation;
    this.#view = null;
    this.#waiting = null;
    this.#forked = false;
    this.#duty = null;
    this.#pendingCommit = null;
    this.#refusals = 0;
    this.#timers.clear();
    this.#putOff = false;
    this.#emit(...this.#keys.reset());
    this.#sendGate.reset();
  }

  #status(status: Status): void {
    this.#emit({ t: 'status', status });
  }

  #run(operation: Operation): void {
    this.#running = operation;
    this.#emit({ t: 'run', operation });
  }

  #emit(...outputs: Output[]): void {
    this.#out.push(...outputs);
  }
}
