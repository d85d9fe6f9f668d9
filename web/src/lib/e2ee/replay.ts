/** Which counters of one key were seen: a window of 1024 behind the highest. */

const size = 1024;
/** A counter this far ahead of all before it is no loss, it is made up. */
const maxJump = 2 ** 20;

export class ReplayWindow {
  private readonly seen = new Uint8Array(size);
  private highest = -1;

  /**
   * Classifies `ctr`: `new` ones may be decrypted, `old` ones were, or lie too
   * far back to know, and `absurd` ones nobody can have reached. Changes nothing.
   */
  place(ctr: bigint): 'new' | 'old' | 'absurd' {
    if (ctr > BigInt(Number.MAX_SAFE_INTEGER)) return 'absurd';
    const n = Number(ctr);
    if (this.highest < 0) return 'new';
    if (n > this.highest) return n - this.highest <= maxJump ? 'new' : 'absurd';
    return this.highest - n < size && this.seen[n % size] === 0 ? 'new' : 'old';
  }

  /** After `ctr`, which was new, turned out authentic. */
  commit(ctr: bigint): void {
    const n = Number(ctr);
    if (n > this.highest) {
      const passed = Math.min(n - this.highest, size);
      for (let i = 0; i < passed; i++) this.seen[(n - i) % size] = 0;
      this.highest = n;
    }
    this.seen[n % size] = 1;
  }
}
