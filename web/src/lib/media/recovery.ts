/**
 * When to repair the route to another, and how: first ICE alone, twice, then a
 * new connection. Times come in, in milliseconds; nothing is done here.
 */

export type Repair = 'restart' | 'rebuild';

export interface RouteView {
  state: RTCPeerConnectionState | 'none';
  /** Without the server nothing can be repaired. */
  signalling: boolean;
}

const restarts = 2;
const restartPatience = 5_000;
const rebuildPatience = 10_000;
const hopeless = 30_000;

export class Recovery {
  private everConnected = false;
  private brokenSince: number | null = null;
  private signalledBrokenFor = 0;
  private lastSeen: number | null = null;
  private attempts = 0;
  private lastAttempt: number | null = null;

  /** The polite side is a little slower, so that seldom both begin. */
  constructor(private readonly polite: boolean) {}

  /** Asked every half second or so, and at every change. */
  update(view: RouteView, now: number): Repair | null {
    const passed = now - (this.lastSeen ?? now);
    this.lastSeen = now;
    if (view.state === 'connected') {
      this.everConnected = true;
      this.brokenSince = null;
      this.signalledBrokenFor = 0;
      this.attempts = 0;
      this.lastAttempt = null;
      return null;
    }
    this.brokenSince ??= now;
    if (!view.signalling) return null;
    this.signalledBrokenFor += passed;
    if (now < this.nextAttempt(view.state)) return null;
    this.lastAttempt = now;
    this.attempts += 1;
    const restart = this.everConnected && this.attempts <= restarts && view.state !== 'none';
    return restart && view.state !== 'closed' ? 'restart' : 'rebuild';
  }

  /** The network is another one: what was tried before says nothing. */
  networkChanged(): void {
    this.attempts = 0;
    this.lastAttempt = null;
  }

  /** No route for so long, with the server at hand, that the person should know. */
  get givenUp(): boolean {
    return this.signalledBrokenFor >= hopeless;
  }

  get connectedBefore(): boolean {
    return this.everConnected;
  }

  private nextAttempt(state: RouteView['state']): number {
    const lag = this.polite ? 1_500 : 0;
    const failed = state === 'failed' || state === 'closed';
    if (this.lastAttempt !== null) {
      if (failed) return this.lastAttempt + 2_000 + lag;
      const patience = this.attempts <= restarts && this.everConnected;
      return this.lastAttempt + (patience ? restartPatience : rebuildPatience) + lag;
    }
    const since = this.brokenSince ?? 0;
    if (failed) return since + lag;
    if (this.everConnected) return since + 2_000 + lag;
    // A first connection takes its time; an offer that never came does not.
    return since + (state === 'none' ? 4_000 : 15_000) + lag;
  }
}
