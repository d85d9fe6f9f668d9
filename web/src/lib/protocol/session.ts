/** `SessionCore` with a WebSocket, a clock and timers. */
import type { Bytes } from '../crypto/bytes';
import { SessionCore, type SessionEvent, type SessionPort } from './session-core';
import { type Admission, type Body, type ClientMessage, encodeMessage } from './wire';

export interface SessionOptions {
  /** `wss://HOST/ws`. */
  url: string;
  room: string;
  /** What `admit` says, signed over the nonce. */
  admission(nonce: Bytes): Promise<Admission>;
  renewIdentity(): void;
  onevent(event: SessionEvent): void;
}

export const subprotocol = 'catchup.v1';

export class Session implements SessionPort {
  private readonly core: SessionCore;
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: SessionOptions) {
    this.core = new SessionCore(this, options.room);
  }

  start(): void {
    this.core.show(document.visibilityState === 'visible', performance.now());
    this.core.start(performance.now());
    this.rearm();
  }

  get token(): string | null {
    return this.core.token;
  }

  get connected(): boolean {
    return this.core.connected;
  }

  tell(body: Body): void {
    this.core.send(body, performance.now());
    this.rearm();
  }

  wake(): void {
    this.core.wake(performance.now());
    this.rearm();
  }

  /** The page is seen again, or hidden. */
  show(visible: boolean): void {
    this.core.show(visible, performance.now());
    if (visible) this.wake();
    else this.rearm();
  }

  leave(): void {
    this.core.leave(performance.now());
    this.rearm();
  }

  connect(): void {
    this.close();
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.options.url, subprotocol);
    } catch {
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
    socket.onclose = () => whileCurrent((now) => this.core.closed(now));
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
      () => {},
    );
  }

  renewIdentity(): void {
    this.options.renewIdentity();
  }

  emit(event: SessionEvent): void {
    this.options.onevent(event);
  }

  private step(what: (now: number) => void): void {
    what(performance.now());
    this.rearm();
  }

  private rearm(): void {
    clearTimeout(this.timer);
    const deadline = this.core.deadline();
    if (deadline === null) return;
    const wait = Math.max(0, deadline - performance.now());
    this.timer = setTimeout(() => this.step((now) => this.core.tick(now)), wait);
  }
}
