/**
 * The clocks of the page. No other file reads `Date.now()` or `performance.now()`
 * to measure a lifetime; docs/clocks.md lists every lifetime with its clock.
 *
 * - `steady` is `performance.now()`. It never jumps, but on Linux, macOS and phones
 *   it stands still while the machine sleeps. It measures efforts of this page:
 *   how long an answer, a route or a worker takes, and how long a call lasted.
 * - `elapsed` never goes back and counts sleep. It measures lifetimes that run on
 *   elsewhere while this machine sleeps: credentials, tokens, leases, keys, and
 *   waits that the server asked for. When somebody sets the wall clock ahead,
 *   `elapsed` takes that for sleep: lifetimes then end early, never late.
 * - `wall` is `Date.now()`. It may jump both ways. It is for dates that leave the
 *   page or are shown: the lifetime in a key package, the time of a chat message.
 */

/** All in milliseconds. `steady` has any origin, `wall` is Unix time. */
export interface ClockSource {
  steady(): number;
  wall(): number;
}

/** Wall and steady clock drift apart by less than this without sleep (NTP slews 0.5 ms/s). */
const tolerance = 1_000;

export class Clock {
  private gap: number;
  private sleptFor = 0;

  constructor(private readonly source: ClockSource) {
    this.gap = source.wall() - source.steady();
  }

  /** Milliseconds of any origin; stands still while the machine sleeps. */
  steady(): number {
    return this.source.steady();
  }

  /** Milliseconds of any origin; never goes back, counts sleep. */
  elapsed(): number {
    this.look();
    return this.source.steady() + this.sleptFor;
  }

  /** Unix milliseconds. */
  wall(): number {
    return this.source.wall();
  }

  /** Milliseconds of sleep since the page was loaded, as far as the two clocks show it. */
  slept(): number {
    this.look();
    return this.sleptFor;
  }

  private look(): void {
    const gap = this.source.wall() - this.source.steady();
    const more = gap - this.gap;
    if (Math.abs(more) < tolerance) return;
    // A wall clock that was set back says nothing about sleep.
    if (more > 0) this.sleptFor += more;
    this.gap = gap;
  }
}

/** The clock of this page, or of this worker. */
export const clock = new Clock({
  steady: () => performance.now(),
  wall: () => Date.now(),
});
