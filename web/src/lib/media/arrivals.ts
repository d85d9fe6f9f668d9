/**
 * Notices a dead route before ICE does. ICE reports a lost route only after
 * several seconds; packets that should arrive and do not tell within one or two.
 * Times are in milliseconds.
 */

/** Counters of what arrives, by the id of the statistics entry they belong to. */
export type Arrivals = ReadonlyMap<string, number>;

export class ArrivalWatch {
  private last: Arrivals = new Map();
  private arrivedAt: number | null = null;
  private sampledAt = 0;

  /**
   * Takes one sample. `expected`: the peer says that it sends sound or pictures.
   * A counter that is new or begins again counts as an arrival when it is not 0.
   */
  update(arrivals: Arrivals, expected: boolean, now: number): void {
    let arrived = false;
    for (const [id, count] of arrivals) if (count > (this.last.get(id) ?? 0)) arrived = true;
    this.last = arrivals;
    this.sampledAt = now;
    if (arrived) this.arrivedAt = now;
    // Silence counts from the moment at which something is expected.
    else if (!expected && this.arrivedAt !== null) this.arrivedAt = now;
  }

  /**
   * How long nothing has arrived, up to the newest sample; 0 before the first
   * arrival. A page that slept took no samples, so its sleep is not silence.
   */
  get silentMs(): number {
    return this.arrivedAt === null ? 0 : this.sampledAt - this.arrivedAt;
  }

  /** For a new connection, which has to prove itself first. */
  reset(): void {
    this.last = new Map();
    this.arrivedAt = null;
  }
}
