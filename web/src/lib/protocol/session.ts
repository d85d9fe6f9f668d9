/** `SessionCore` with a WebSocket, a clock and timers. */
import { clock } from '../clock';
import type { Bytes } from '../crypto/bytes';
import { events } from '../events';
import { SessionCore, type SessionEvent, type SessionPort } from './session-core';
import { type Admission, type Body, type ClientMessage, encodeMessage } from './wire';

export interface SessionOptions {
  /** `wss://HOST/ws`. */
  url: string;
  room: string;
  /** Content of `admit`, signed over the nonce. */
  admission(nonce: Bytes): Promise<Admission>;
  renewIdentity(): void;
  onevent(event: SessionEvent): void;
}

export const subprotocol = 'catchup.v1';
/** The server closes a socket that was silent for so long (docs/protocol.md §3). */
const silenceLimit = 40_000;

export class Session implements SessionPort {
  private readonly core: SessionCore;
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private slept = clock.slept();

  constructor(private readonly options: SessionOptions) {
    this.core = new SessionCore(this, options.room);
  }

  start(): void {
    this.core.show(document.visibilityState === 'visible', clock.elapsed());
    this.core.start(clock.elapsed());
    this.rearm();
  }

  get token(): string | null {
    return this.core.token;
  }

  get connected(): boolean {
    return this.core.connected;
  }

  tell(body: Body): void {
    this.core.send(body, clock.elapsed());
    this.rearm();
  }

  wake(): void {
    this.core.wake(clock.elapsed());
    this.rearm();
  }

  /** Called every second: timers do not run while the machine sleeps, and end late after it. */
  look(): void {
    const slept = clock.slept();
    const before = this.slept;
    const long = slept - before >= silenceLimit;
    this.slept = slept;
    if (long) {
      events.note('machine slept, seconds', Math.round((slept - before) / 1000));
      this.step((now) => this.core.slept(now));
    }
  }

  tokenRefused(): void {
    events.note('session token refused');
    this.step((now) => this.core.renewToken(now));
  }

  /** The page is seen again, or hidden. */
  show(visible: boolean): void {
    this.core.show(visible, clock.elapsed());
    if (visible) this.wake();
    else this.rearm();
  }

  leave(): void {
    this.core.leave(clock.elapsed());
    this.rearm();
  }

  connect(): void {
    this.close();
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.options.url, subprotocol);
    } catch (error) {
      events.failed('no socket', error);
      // Reported like any other failure to connect, but not from inside `connect`.
      queueMicrotask(() => this.step((now) => this.core.closed(now)));
      return;
    }
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    const whileCurrent = (what: (now: number) => void) => {
      if (this.socket === socket) this.step(what);
    };
    socket.onopen = () => whileCurrent((now) => this.core.opened(now));
    socket.onclose = ({ code }) =>
      whileCurrent((now) => {
        events.note('socket closed', code);
        this.core.closed(now);
      });
    socket.onmessage = ({ data }) =>
      whileCurrent((now) => {
        // Text is not of this protocol; an empty message says so.
        this.core.message(data instanceof ArrayBuffer ? data : new ArrayBuffer(0), now);
      });
  }

  close(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  transmit(message: ClientMessage): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(encodeMessage(message));
  }

  sign(nonce: Bytes, ticket: number): void {
    // When signing fails the stage runs into its deadline.
    this.options.admission(nonce).then(
      (admission) => this.step((now) => this.core.signed(ticket, admission, now)),
      (error: unknown) => events.failed('admission not signed', error),
    );
  }

  renewIdentity(): void {
    this.options.renewIdentity();
  }

  emit(event: SessionEvent): void {
    this.options.onevent(event);
  }

  private step(what: (now: number) => void): void {
    what(clock.elapsed());
    this.rearm();
  }

  private rearm(): void {
    clearTimeout(this.timer);
    const deadline = this.core.deadline();
    if (deadline === null) return;
    const wait = Math.max(0, deadline - clock.elapsed());
    this.timer = setTimeout(() => this.step((now) => this.core.tick(now)), wait);
  }
}
