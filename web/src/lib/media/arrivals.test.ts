import { describe, expect, it } from 'vitest';
import { ArrivalWatch } from './arrivals';

/** Takes a sample every 500 ms and lists the silence after each. */
function silences(counts: number[], expected: (sample: number) => boolean = () => true): number[] {
  const watch = new ArrivalWatch();
  return counts.map((count, i) => {
    watch.update(new Map([['sound', count]]), expected(i), i * 500);
    return watch.silentMs;
  });
}

describe('packets that arrive', () => {
  it('end the silence, be they few', () => {
    expect(silences([1, 2, 3, 4])).toEqual([0, 0, 0, 0]);
    expect(silences([50, 75, 75, 75, 75, 90])).toEqual([0, 0, 500, 1000, 1500, 0]);
  });

  it('are missed only after the first one has arrived', () => {
    expect(silences([0, 0, 0, 0])).toEqual([0, 0, 0, 0]);
  });

  it('are not missed while the peer sends nothing', () => {
    expect(silences([5, 5, 5, 5, 5], (i) => i >= 3)).toEqual([0, 0, 0, 500, 1000]);
  });

  it('count again when their counter begins again', () => {
    const watch = new ArrivalWatch();
    watch.update(new Map([['pair1', 90]]), true, 0);
    watch.update(new Map([['pair2', 3]]), true, 500);
    expect(watch.silentMs).toBe(0);
    watch.update(new Map([['pair2', 0]]), true, 1000);
    expect(watch.silentMs).toBe(500);
    watch.update(new Map([['pair2', 2]]), true, 1500);
    expect(watch.silentMs).toBe(0);
  });
});

describe('a page that slept', () => {
  it('has heard no silence', () => {
    const watch = new ArrivalWatch();
    watch.update(new Map([['sound', 10]]), true, 0);
    watch.update(new Map([['sound', 20]]), true, 60_000);
    expect(watch.silentMs).toBe(0);
  });
});

describe('a new connection', () => {
  it('is not silent before its first packet', () => {
    const watch = new ArrivalWatch();
    watch.update(new Map([['sound', 10]]), true, 0);
    watch.update(new Map([['sound', 10]]), true, 2000);
    expect(watch.silentMs).toBe(2000);
    watch.reset();
    watch.update(new Map([['sound', 0]]), true, 2500);
    watch.update(new Map([['sound', 0]]), true, 9000);
    expect(watch.silentMs).toBe(0);
  });
});
