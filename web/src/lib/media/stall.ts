/**
 * A relay that has forgotten us says nothing, and ICE notices only after many
 * seconds. What should arrive and does not tells sooner. Times are in milliseconds.
 */
export interface ArrivalView {
  /** The route in use goes through the relay. */
  relayed: boolean;
  /** The other says that it sends sound or pictures. */
  expected: boolean;
  /** Packets so far. */
  received: number;
}

const patience = 1_400;
/** A page that sleeps over there is not brought back by another route. */
const maxTries = 2;

export class StallWatch {
  private received = 0;
  private since = Number.POSITIVE_INFINITY;
  private tries = 0;

  /** `lag`: the polite side is slower, so that seldom both begin. */
  constructor(private readonly lag: number) {}

  /** With every sample: whether it is time for another route. */
  stalled({ relayed, expected, received }: ArrivalView, now: number): boolean {
    if (received !== this.received) {
      this.received = received;
      this.tries = 0;
      this.since = now;
    } else if (!relayed || !expected || received === 0) {
      this.since = now;
    } else if (this.tries < maxTries && now - this.since >= patience + this.lag) {
      this.tries += 1;
      this.since = now;
      return true;
    }
    return false;
  }
}
