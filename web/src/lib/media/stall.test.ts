import { describe, expect, it } from 'vitest';
import { type ArrivalView, StallWatch } from './stall';

/** When a watch asks for another route, with a sample a second that `view` makes of the time. */
function asks(view: (s: number) => Partial<ArrivalView>, seconds = 20, lag = 0): number[] {
  const watch = new StallWatch(lag);
  const out: number[] = [];
  for (let s = 0; s < seconds; s++) {
    const seen = { relayed: true, expected: true, received: 0, ...view(s) };
    if (watch.stalled(seen, s * 1000)) out.push(s);
  }
  return out;
}

describe('a route on which nothing arrives', () => {
  it('is given up two samples later, once more, and then left to ICE', () => {
    expect(asks((s) => ({ received: 50 * Math.min(s, 5) }))).toEqual([7, 9]);
  });

  it('is given up later by the polite side', () => {
    expect(asks((s) => ({ received: 50 * Math.min(s, 5) }), 20, 2000)).toEqual([9, 13]);
  });

  it('is tried again after something has arrived', () => {
    const received = (s: number) => (s >= 5 && s < 12 ? 5 : Math.min(s, 14));
    expect(asks((s) => ({ received: received(s) }))).toEqual([7, 9, 16, 18]);
  });

  it('is fine while packets come, be they few', () => {
    expect(asks((s) => ({ received: s + 1 }))).toEqual([]);
  });

  it('is fine when nobody sends', () => {
    expect(asks((s) => ({ received: 50 * Math.min(s, 5), expected: s < 5 }))).toEqual([]);
  });

  it('is no matter of ours when it is direct or nothing ever came', () => {
    expect(asks((s) => ({ received: 50 * Math.min(s, 5), relayed: false }))).toEqual([]);
    expect(asks(() => ({}))).toEqual([]);
  });

  it('counts from when it is relayed', () => {
    expect(asks((s) => ({ received: 9, relayed: s >= 10 }), 13)).toEqual([11]);
  });
});
