/** How long to wait before the next attempt: 0.3 s, doubling to 10 s, with jitter. */
export class Backoff {
  private attempt = 0;

  constructor(private readonly random: () => number = Math.random) {}

  /** Milliseconds; at least `atLeast` when the server asked for that. */
  next(atLeast = 0): number {
    const full = Math.min(10_000, 300 * 2 ** this.attempt);
    this.attempt = Math.min(this.attempt + 1, 10);
    const jitter = 0.5 + this.random() / 2;
    return Math.max(full * jitter, atLeast > 0 ? atLeast + this.random() * 1000 : 0);
  }

  reset(): void {
    this.attempt = 0;
  }
}
