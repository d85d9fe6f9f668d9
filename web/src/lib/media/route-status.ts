/** Whether the route to a peer works, from ICE and from what arrives. Times are in milliseconds. */
import { type Arrivals, ArrivalWatch } from './arrivals';
import type { RouteState } from './health';

/** A route on which nothing arrives is called interrupted after this long. */
export const interruptedAfterMs = 750;

export class RouteStatus {
  private readonly watch = new ArrivalWatch();
  private interrupted = false;
  private restoredAt: number | null = null;

  /** `onturn`: the route has been interrupted, or is there again. */
  constructor(private readonly onturn: () => void) {}

  /** How long nothing arrived of what should. */
  get silentMs(): number {
    return this.watch.silentMs;
  }

  sample(arrivals: Arrivals, expected: boolean, now: number): void {
    this.watch.update(arrivals, expected, now);
  }

  /** Another connection to the same peer. */
  reset(): void {
    this.watch.reset();
  }

  /** `connected`: what ICE says. `connectedBefore`: it was so once, on any connection. */
  update(connected: boolean, connectedBefore: boolean, now: number): RouteState {
    const up = connected && this.watch.silentMs < interruptedAfterMs;
    const interrupted = !up && connectedBefore;
    if (interrupted !== this.interrupted) {
      this.interrupted = interrupted;
      this.restoredAt = interrupted ? null : now;
      this.onturn();
    }
    return { up, connectedBefore, restoredAt: this.restoredAt };
  }

  get lost(): boolean {
    return this.interrupted;
  }
}
