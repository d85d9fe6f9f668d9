/** Limits how often a worker that died is replaced. */
const atMost = 3;
const within = 60_000;

export class RestartLimiter {
  private recent: number[] = [];
  private generation = 0;

  /** The generation of the next worker, from 1; null: too many died. */
  next(now: number): number | null {
    this.recent = this.recent.filter((at) => now - at < within);
    if (this.recent.length >= atMost) return null;
    this.recent.push(now);
    return ++this.generation;
  }
}
