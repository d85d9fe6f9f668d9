/**
 * Decides when to repair the route to a peer, and how. An ICE restart comes
 * first: it keeps the old route while it looks for others, so it costs little
 * and may come early. It is repeated every few seconds, because each restart
 * gathers relay candidates anew: their requests back off up to 8 s (RFC 8489
 * §6.2.1), and those of a fresh restart find the network soon after it is back.
 * Every fourth attempt makes a new connection. Times are in milliseconds.
 */

export type Repair = 'restart' | 'rebuild';

export interface RouteView {
  state: RTCPeerConnectionState | 'none';
  /** How long nothing arrived of what should (see `RouteStatus`). */
  silentMs: number;
  /** The server and, through it, the peer can be reached. Nothing is repaired without. */
  signalling: boolean;
}

/** Shorter gaps happen on every network. */
const gapLimitMs = 900;
const silenceLimitMs = 1_400;
const disconnectedLimitMs = 1_000;
const attemptEveryMs = 3_000;
const failedEveryMs = 2_000;
const attemptsPerRebuild = 4;
/** A first connection takes its time; an offer that never came does not. */
const firstConnectMs = 15_000;
const firstOfferMs = 4_000;
const firstRetryMs = 10_000;
/** The polite side lags, so that seldom both begin. */
const politeLagMs = 1_000;
const givenUpAfterMs = 30_000;

export class Recovery {
  private everConnected = false;
  private brokenSince: number | null = null;
  private signalledBrokenMs = 0;
  private updatedAt: number | null = null;
  private attempts = 0;
  private attemptedAt: number | null = null;

  constructor(private readonly polite: boolean) {}

  /** To be called every half second or so. */
  update(view: RouteView, now: number): Repair | null {
    const passed = now - (this.updatedAt ?? now);
    this.updatedAt = now;
    if (view.state === 'connected') this.everConnected = true;
    if (view.state === 'connected' && view.silentMs < gapLimitMs) {
      this.brokenSince = null;
      this.signalledBrokenMs = 0;
      this.attempts = 0;
      this.attemptedAt = null;
      return null;
    }
    this.brokenSince ??= now;
    if (!view.signalling) return null;
    this.signalledBrokenMs += passed;
    if (now < this.nextAttempt(view, now)) return null;
    this.attemptedAt = now;
    this.attempts += 1;
    const restart = this.everConnected && this.attempts % attemptsPerRebuild !== 0;
    return restart && view.state !== 'none' && view.state !== 'closed' ? 'restart' : 'rebuild';
  }

  /** The network is another one, so earlier attempts say nothing. */
  networkChanged(): void {
    this.attempts = 0;
    this.attemptedAt = null;
  }

  /** No route for so long, with the server at hand, that the person should know. */
  get givenUp(): boolean {
    return this.signalledBrokenMs >= givenUpAfterMs;
  }

  get connectedBefore(): boolean {
    return this.everConnected;
  }

  private nextAttempt({ state, silentMs }: RouteView, now: number): number {
    const lag = this.polite ? politeLagMs : 0;
    const failed = state === 'failed' || state === 'closed';
    if (this.attemptedAt !== null) {
      const between = this.everConnected ? attemptEveryMs : firstRetryMs;
      return this.attemptedAt + (failed ? failedEveryMs : between) + lag;
    }
    const since = this.brokenSince ?? now;
    if (failed) return since + lag;
    if (state === 'connected') return now - silentMs + silenceLimitMs + lag;
    if (this.everConnected) return since + disconnectedLimitMs + lag;
    return since + (state === 'none' ? firstOfferMs : firstConnectMs) + lag;
  }
}
