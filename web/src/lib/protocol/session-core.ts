/**
 * The session with the server as a state machine without clock, socket or keys:
 * times come in (milliseconds that count sleep, lib/clock), effects go to the `SessionPort`.
 */
import type { Bytes } from '../crypto/bytes';
import type { ServerMessage as GroupMessage } from '../mls/delivery/delivery-types';
import { Backoff } from './backoff';
import type { SessionErrorCode } from './errors';
import { Outbox } from './outbox';
import {
  type Admission,
  type Body,
  type ClientMessage,
  decodeMessage,
  type ErrorMessage,
  type MemberInfo,
  maxApplication,
  type Numbered,
  type ServerMessage,
  type Topology,
} from './wire';

export type SessionEvent =
  | {
      e: 'welcome';
      you: Bytes;
      members: MemberInfo[];
      topology: Topology;
      again: boolean;
      /** By another run of the server: what it relayed is over. */
      restarted: boolean;
    }
  | { e: 'resumed' }
  /** The server says that it is about to restart, or that it is not after all. */
  | { e: 'draining'; on: boolean }
  /** No connection any more; it comes back by itself or `failed` follows. */
  | { e: 'lost' }
  | { e: 'failed'; code: SessionErrorCode; retryAfter?: number; detail?: string }
  | { e: 'ended' }
  | { e: 'joined'; member: MemberInfo }
  | { e: 'left'; id: Bytes; reason: string }
  | { e: 'away' | 'back'; id: Bytes }
  | { e: 'app'; data: Bytes }
  | { e: 'group'; message: GroupMessage };

export interface SessionPort {
  /** Opens a socket; one that was open before is forgotten. */
  connect(): void;
  close(): void;
  transmit(message: ClientMessage): void;
  /** Sign the nonce, then call `signed` with the same ticket. */
  sign(nonce: Bytes, ticket: number): void;
  /** The member id is taken and nobody has seen this one yet: take another. */
  renewIdentity(): void;
  emit(event: SessionEvent): void;
}

type Stage =
  | 'off'
  | 'waiting'
  | 'opening'
  | 'hello'
  | 'signing'
  | 'admitting'
  | 'resuming'
  | 'in'
  | 'leaving'
  | 'over';

const connectLimit = 10_000;
const answerLimit = 10_000;
const signLimit = 5_000;
const pingEvery = 10_000;
const pongLimit = 6_000;
const pongLimitAwake = 3_000;
const leaveLimit = 800;
const firstTryLimit = 20_000;
const ackAfter = 32;
const leaseSlack = 5_000;
/** A session token lives 24 h (docs/protocol.md §2); `resumed` brings a new one. */
const tokenRenewal = 18 * 3_600_000;
/** After a resume another one would bring no better token. */
const tokenKept = 10_000;

/** Error code for the clock that the server suspects. */
const clockCodes: ReadonlyMap<string, SessionErrorCode> = new Map([
  ['device', 'clock'],
  ['server', 'server-clock'],
]);

export class SessionCore {
  private stage: Stage = 'off';
  private stageSince = 0;
  private deadlineAt: number | null = null;
  private nextPing = 0;
  /** When the session token came. */
  private tokenAt = 0;
  private pongBy: number | null = null;
  private ticket = 0;
  private session: string | null = null;
  private leaseMs = 30_000;
  private lostAt = 0;
  private startedAt = 0;
  private everIn = false;
  private refusals = 0;
  private askedToWait = false;
  private lastTrouble: SessionErrorCode = 'server-unreachable';
  private received = 0;
  /** Of the server that is being asked, and of the one that let me in last. */
  private offered: number | null = null;
  private incarnation: number | null = null;
  private acknowledged = 0;
  private visible = true;
  private readonly outbox = new Outbox();
  private readonly backoff: Backoff;

  constructor(
    private readonly port: SessionPort,
    private readonly room: string,
    random: () => number = Math.random,
  ) {
    this.backoff = new Backoff(random);
  }

  start(now: number): void {
    if (this.stage !== 'off') return;
    this.startedAt = now;
    this.connect(now);
  }

  /** Bearer token for the endpoints that hand out credentials; null before admission. */
  get token(): string | null {
    return this.session;
  }

  get connected(): boolean {
    return this.stage === 'in';
  }

  /** When `tick` wants to be called; null: not before something else happens. */
  deadline(): number | null {
    if (this.stage !== 'in') return this.deadlineAt;
    const pong = this.pongBy ?? Number.POSITIVE_INFINITY;
    return Math.min(this.nextPing, pong, this.tokenAt + tokenRenewal);
  }

  tick(now: number): void {
    if (this.stage === 'in') {
      if (this.pongBy !== null && now >= this.pongBy) this.drop(now);
      else if (now >= this.tokenAt + tokenRenewal) this.drop(now);
      else if (now >= this.nextPing) this.ping(now, pongLimit);
      return;
    }
    if (this.deadlineAt === null || now < this.deadlineAt) return;
    if (this.stage === 'waiting') this.connect(now);
    else if (this.stage === 'leaving') this.end();
    else this.drop(now);
  }

  /** The network came back or the page is seen again: do not wait any longer. */
  wake(now: number): void {
    if (this.stage === 'waiting' && !this.askedToWait) {
      this.backoff.reset();
      this.connect(now);
    } else if (this.stage === 'in') {
      this.ping(now, pongLimitAwake);
    } else if (this.stage === 'opening' && now - this.stageSince > 1_000) {
      this.port.close();
      this.connect(now);
    }
  }

  /** The machine slept for longer than the server keeps a silent socket: it is gone. */
  slept(now: number): void {
    if (this.stage === 'in') {
      this.backoff.reset();
      this.drop(now);
    } else this.wake(now);
  }

  /** An endpoint refused the session token: a resume brings another one. */
  renewToken(now: number): void {
    if (this.stage === 'in' && now >= this.tokenAt + tokenKept) this.drop(now);
  }

  /** Whether the page is seen: commits are asked first of those that are. */
  show(visible: boolean, now: number): void {
    if (visible === this.visible) return;
    this.visible = visible;
    this.send({ t: 'mls-visible', on: visible }, now);
  }

  opened(now: number): void {
    if (this.stage !== 'opening') return;
    if (this.session !== null && now - this.lostAt < this.leaseMs + leaseSlack) {
      this.enter('resuming', now, answerLimit);
      const { room, session: resume, received: ack } = this;
      this.port.transmit({ t: 'hello', v: 1, room, resume, ack });
    } else {
      this.hello(now);
    }
  }

  closed(now: number): void {
    if (this.stage === 'leaving') this.end();
    else if (this.stage !== 'waiting' && this.stage !== 'over' && this.stage !== 'off') {
      this.drop(now);
    }
  }

  signed(ticket: number, admission: Admission, now: number): void {
    if (this.stage !== 'signing' || ticket !== this.ticket) return;
    this.enter('admitting', now, answerLimit);
    this.port.transmit({ t: 'admit', ...admission });
  }

  /** Kept until the server has it, unless the session ends before. */
  send(body: Body, now: number): void {
    if (this.stage === 'over' || this.stage === 'leaving') return;
    if (this.session === null || (body.t === 'app' && body.data.length > maxApplication)) return;
    const message = this.outbox.add(body);
    if (message === null) {
      this.forget();
      if (this.stage === 'in') this.drop(now);
    } else if (this.stage === 'in') {
      this.port.transmit(message);
    }
  }

  leave(now: number): void {
    if (this.stage === 'in') {
      this.enter('leaving', now, leaveLimit);
      this.port.transmit({ t: 'leave' });
    } else if (this.stage !== 'leaving') {
      this.end();
    }
  }

  message(data: ArrayBuffer, now: number): void {
    const message = decodeMessage(data);
    if (this.stage === 'off' || this.stage === 'waiting' || this.stage === 'over') return;
    if (message === null) {
      this.forget();
      this.drop(now);
      return;
    }
    this.pongBy = null;
    if (message.t === 'error') this.refused(message, now);
    else if (message.t === 'bye') this.dismissed(message.reason, now);
    else if (this.stage === 'in') this.inside(message, now);
    else this.entering(message, now);
  }

  private entering(message: ServerMessage, now: number): void {
    if (message.t === 'challenge' && this.stage === 'hello') {
      this.offered = message.incarnation;
      this.enter('signing', now, signLimit);
      this.port.sign(message.nonce, ++this.ticket);
    } else if (message.t === 'welcome' && this.stage === 'admitting') {
      const again = this.everIn;
      const restarted = again && this.offered !== this.incarnation;
      this.incarnation = this.offered;
      this.outbox.clear();
      this.received = message.n;
      this.acknowledged = 0;
      this.leaseMs = message.resumeSeconds * 1000;
      this.settle(message.session, now);
      const { you, members, topology } = message;
      this.port.emit({ e: 'welcome', you, members, topology, again, restarted });
      if (!this.visible) this.send({ t: 'mls-visible', on: false }, now);
    } else if (message.t === 'resumed' && this.stage === 'resuming') {
      this.outbox.acknowledge(message.ack);
      this.settle(message.session, now);
      for (const waiting of this.outbox.waiting()) this.port.transmit(waiting);
      this.port.emit({ e: 'resumed' });
    }
  }

  private inside(message: ServerMessage, now: number): void {
    if (message.t === 'pong') {
      this.outbox.acknowledge(message.ack);
      return;
    }
    if (message.t === 'draining') {
      this.port.emit({ e: 'draining', on: message.on });
      return;
    }
    if (!('n' in message) || message.n === null || message.n <= this.received) return;
    this.received = message.n;
    if (this.received - this.acknowledged >= ackAfter) this.ping(now, pongLimit);
    if (message.t !== 'unknown') this.deliver(message);
  }

  private deliver(message: Numbered): void {
    switch (message.t) {
      case 'joined':
        this.port.emit({ e: 'joined', member: message.member });
        break;
      case 'left':
        this.port.emit({ e: 'left', id: message.id, reason: message.reason });
        break;
      case 'away':
      case 'back':
        this.port.emit({ e: message.t, id: message.id });
        break;
      case 'app':
        this.port.emit({ e: 'app', data: message.data });
        break;
      case 'group':
        this.port.emit({ e: 'group', message: message.message });
        break;
      case 'welcome':
        break;
    }
  }

  private refused(error: ErrorMessage, now: number): void {
    const wait = error.retrySeconds ?? 0;
    switch (error.code) {
      case 'resume-unknown':
        this.forget();
        if (this.stage === 'resuming') this.hello(now);
        break;
      case 'version':
        this.fail('version');
        break;
      case 'room-invalid':
        this.fail('link-wrong');
        break;
      case 'room-expired':
        this.fail('link-expired');
        break;
      case 'clock':
        this.fail(clockCodes.get(error.suspect) ?? 'clocks-differ');
        break;
      case 'room-full':
        this.fail('room-full');
        break;
      case 'room-locked':
        this.fail('room-locked');
        break;
      case 'admission':
        // A nonce may have grown old on a slow network; a wrong secret stays wrong.
        if (++this.refusals >= 3) this.fail('link-wrong');
        else this.drop(now);
        break;
      case 'member-taken':
        this.taken(now);
        break;
      case 'too-many':
        if (this.everIn) this.pause('too-many', wait || 10, now);
        else this.fail('too-many', wait || 60);
        break;
      case 'draining':
        this.port.emit({ e: 'draining', on: true });
        this.pause('draining', wait || 1, now);
        break;
      case 'unavailable':
      case 'too-fast':
        this.pause('server-unreachable', wait || 1, now);
        break;
      default:
        this.forget();
        if (++this.refusals >= 3) this.fail('internal', undefined, error.code.slice(0, 32));
        else this.drop(now);
    }
  }

  private dismissed(reason: string, now: number): void {
    switch (reason) {
      case 'left':
        this.end();
        break;
      case 'replaced':
        this.fail('moved');
        break;
      case 'kicked':
        this.fail('internal', undefined, 'removed from the room');
        break;
      case 'draining':
        this.port.emit({ e: 'draining', on: true });
        this.pause('draining', 1, now);
        break;
      default:
        this.forget();
        this.drop(now);
    }
  }

  /** My own membership of a moment ago, or one with an id like mine. */
  private taken(now: number): void {
    this.forget();
    if (!this.everIn) this.port.renewIdentity();
    this.pause('server-unreachable', this.everIn ? 3 : 0, now);
  }

  private hello(now: number): void {
    this.enter('hello', now, answerLimit);
    this.port.transmit({ t: 'hello', v: 1, room: this.room });
  }

  private connect(now: number): void {
    this.askedToWait = false;
    this.enter('opening', now, connectLimit);
    this.port.connect();
  }

  private settle(session: string, now: number): void {
    this.session = session;
    this.tokenAt = now;
    this.everIn = true;
    this.refusals = 0;
    this.backoff.reset();
    this.enter('in', now, null);
    this.nextPing = now + pingEvery;
    this.pongBy = null;
  }

  private ping(now: number, limit: number): void {
    this.nextPing = now + pingEvery;
    this.acknowledged = this.received;
    this.pongBy = Math.min(this.pongBy ?? Number.POSITIVE_INFINITY, now + limit);
    this.port.transmit({ t: 'ping', ack: this.received });
  }

  /** The socket is dead or of no use: another one after a while. */
  private drop(now: number): void {
    this.pause(null, 0, now);
  }

  private pause(trouble: SessionErrorCode | null, seconds: number, now: number): void {
    if (trouble !== null) this.lastTrouble = trouble;
    const wasIn = this.stage === 'in';
    this.port.close();
    this.askedToWait = seconds > 0;
    this.enter('waiting', now, this.backoff.next(seconds * 1000));
    if (wasIn) {
      this.lostAt = now;
      this.port.emit({ e: 'lost' });
    } else if (!this.everIn && now - this.startedAt > firstTryLimit) {
      this.fail(this.lastTrouble, seconds > 0 ? seconds : undefined);
    }
  }

  /** There is nothing to resume: admission is next. */
  private forget(): void {
    this.session = null;
    this.outbox.clear();
  }

  private fail(code: SessionErrorCode, retryAfter?: number, detail?: string): void {
    if (!this.finish()) return;
    const extra = {
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(detail === undefined ? {} : { detail }),
    };
    this.port.emit({ e: 'failed', code, ...extra });
  }

  private end(): void {
    if (this.finish()) this.port.emit({ e: 'ended' });
  }

  private finish(): boolean {
    if (this.stage === 'over') return false;
    this.stage = 'over';
    this.deadlineAt = null;
    this.forget();
    this.port.close();
    return true;
  }

  private enter(stage: Stage, now: number, limit: number | null): void {
    this.stage = stage;
    this.stageSince = now;
    this.deadlineAt = limit === null ? null : now + limit;
  }
}
