import { describe, expect, it } from 'vitest';
import { RouteStatus } from './route-status';

function started() {
  const turns: string[] = [];
  const status: RouteStatus = new RouteStatus(() => turns.push(status.lost ? 'lost' : 'restored'));
  const sample = (count: number, now: number) => {
    status.sample(new Map([['sound', count]]), true, now);
    return status.update(true, true, now);
  };
  return { status, turns, sample };
}

describe('a route', () => {
  it('is up while packets arrive, and lost when none did for a second', () => {
    const { turns, sample } = started();
    expect(sample(10, 0).up).toBe(true);
    expect(sample(10, 500).up).toBe(true);
    expect(sample(10, 1000)).toEqual({ up: false, connectedBefore: true, restoredAt: null });
    expect(sample(11, 4000)).toEqual({ up: true, connectedBefore: true, restoredAt: 4000 });
    expect(turns).toEqual(['lost', 'restored']);
  });

  it('is lost when ICE says so, but only when it was there before', () => {
    const { status, turns } = started();
    expect(status.update(false, false, 0).up).toBe(false);
    expect(turns).toEqual([]);
    status.update(true, true, 10);
    status.update(false, true, 20);
    status.update(false, true, 30);
    expect(turns).toEqual(['lost']);
    expect(status.lost).toBe(true);
  });

  it('has to prove itself again on another connection', () => {
    const { status, sample } = started();
    sample(10, 0);
    sample(10, 2000);
    expect(status.silentMs).toBe(2000);
    status.reset();
    expect(sample(0, 2500).up).toBe(true);
    expect(status.silentMs).toBe(0);
  });
});
