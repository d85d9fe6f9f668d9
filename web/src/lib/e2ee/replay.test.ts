import { describe, expect, it } from 'vitest';
import { ReplayWindow } from './replay';

function opened(window: ReplayWindow, ...counters: number[]): boolean[] {
  return counters.map((n) => {
    const fresh = window.place(BigInt(n)) === 'new';
    if (fresh) window.commit(BigInt(n));
    return fresh;
  });
}

describe('the replay window', () => {
  it('takes every counter once, in any order within it', () => {
    expect(opened(new ReplayWindow(), 0, 2, 1, 1, 2, 0, 3)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      true,
    ]);
  });

  it('may start anywhere', () => {
    expect(opened(new ReplayWindow(), 5_000_000, 5_000_000, 4_999_999)).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('takes nothing that lies 1024 or more behind', () => {
    expect(opened(new ReplayWindow(), 2000, 977, 976)).toEqual([true, true, false]);
  });

  it('forgets what a step forward passed over, and only that', () => {
    const window = new ReplayWindow();
    opened(window, 10, 11, 12);
    expect(opened(window, 1034, 11, 12, 13)).toEqual([true, false, false, true]);
  });

  it('takes no jump beyond 2^20, which a forged header would need', () => {
    const far = 2 ** 20;
    expect(opened(new ReplayWindow(), 0, far + 1, far, 2 * far)).toEqual([true, false, true, true]);
    expect(new ReplayWindow().place(2n ** 64n - 1n)).toBe('absurd');
  });

  it('is not moved by counters that were only asked about', () => {
    const window = new ReplayWindow();
    opened(window, 1);
    expect(window.place(900_000n)).toBe('new');
    expect(opened(window, 2, 3)).toEqual([true, true]);
  });

  it('agrees with a plain set on random traffic', () => {
    const window = new ReplayWindow();
    const seen = new Set<number>();
    let highest = -1;
    let base = 0;
    for (let i = 0; i < 20_000; i++) {
      base += Math.random() < 0.01 ? 1500 : 1;
      const n = Math.max(0, base - Math.floor(Math.random() * 1400));
      const expected = !seen.has(n) && (highest < 0 || highest - n < 1024);
      expect(opened(window, n)).toEqual([expected]);
      seen.add(n);
      if (expected) highest = Math.max(highest, n);
    }
  });
});
