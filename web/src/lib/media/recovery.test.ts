import { describe, expect, it } from 'vitest';
import { Recovery, type Repair, type RouteView } from './recovery';

type State = RouteView['state'];

/** Runs `state` (of the second) every half second and lists the repairs with their seconds. */
function run(
  recovery: Recovery,
  until: number,
  state: (second: number) => State,
  signalling: (second: number) => boolean = () => true,
): [number, Repair][] {
  const repairs: [number, Repair][] = [];
  for (let t = 0; t <= until; t += 0.5) {
    const view = { state: state(t), silentMs: 0, signalling: signalling(t) };
    const repair = recovery.update(view, 50_000 + t * 1000);
    if (repair) repairs.push([t, repair]);
  }
  return repairs;
}

/** Connected all the time, and nothing arrives between the seconds `from` and `to`. */
function silence(recovery: Recovery, until: number, from: number, to = until + 1) {
  const repairs: [number, Repair][] = [];
  for (let t = 0; t <= until; t += 0.5) {
    const silentMs = t > from && t < to ? (t - from) * 1000 : 0;
    const repair = recovery.update({ state: 'connected', silentMs, signalling: true }, t * 1000);
    if (repair) repairs.push([t, repair]);
  }
  return repairs;
}

describe('recovery', () => {
  it('does nothing while packets arrive', () => {
    expect(run(new Recovery(false), 60, () => 'connected')).toEqual([]);
  });

  it('restarts ICE when nothing has arrived for 1.5 s, again every 3 s, then builds anew', () => {
    expect(silence(new Recovery(false), 17, 1)).toEqual([
      [2.5, 'restart'],
      [5.5, 'restart'],
      [8.5, 'restart'],
      [11.5, 'rebuild'],
      [14.5, 'restart'],
    ]);
  });

  it('leaves a gap of a second alone', () => {
    expect(silence(new Recovery(false), 10, 1, 2.5)).toEqual([]);
  });

  it('never lets more than 3 s pass without an attempt in a long cut', () => {
    const state = (t: number): State => (t < 1 ? 'connected' : t < 4 ? 'disconnected' : 'failed');
    const repairs = run(new Recovery(false), 60, state);
    expect(repairs[0]).toEqual([2, 'restart']);
    const gaps = repairs.slice(1).map(([t], i) => t - (repairs[i]?.[0] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(3);
  });

  it('does not wait when the route has failed', () => {
    const state = (t: number): State => (t < 1 ? 'connected' : 'failed');
    expect(run(new Recovery(false), 7, state)).toEqual([
      [1, 'restart'],
      [3, 'restart'],
      [5, 'restart'],
      [7, 'rebuild'],
    ]);
  });

  it('is a little slower on the polite side', () => {
    const state = (t: number): State => (t < 1 ? 'connected' : 'disconnected');
    expect(run(new Recovery(true), 5, state)).toEqual([[3, 'restart']]);
    expect(silence(new Recovery(true), 5, 1)).toEqual([[3.5, 'restart']]);
  });

  it('gives a first connection its time, but not an offer that never came', () => {
    expect(run(new Recovery(false), 14, () => 'connecting')).toEqual([]);
    expect(run(new Recovery(false), 16, () => 'connecting')).toEqual([[15, 'rebuild']]);
    expect(run(new Recovery(true), 6, () => 'none')).toEqual([[5, 'rebuild']]);
    expect(run(new Recovery(false), 1, () => 'failed')).toEqual([[0, 'rebuild']]);
  });

  it('waits for the server, then acts at once', () => {
    const state = (t: number): State => (t < 1 ? 'connected' : 'disconnected');
    expect(run(new Recovery(false), 21, state, (t) => t >= 20)).toEqual([[20, 'restart']]);
  });

  it('begins again with gentle means after success, or on another network', () => {
    const recovery = new Recovery(false);
    const state = (t: number): State => (t < 1 || t === 12.5 ? 'connected' : 'disconnected');
    expect(run(recovery, 15, state)).toEqual([
      [2, 'restart'],
      [5, 'restart'],
      [8, 'restart'],
      [11, 'rebuild'],
      [14, 'restart'],
    ]);
    recovery.networkChanged();
    const view = { state: 'disconnected', silentMs: 0, signalling: true } as const;
    expect(recovery.update(view, 67_500)).toBe('restart');
  });

  it('gives up hope after 30 s with the server at hand, not without', () => {
    const down = new Recovery(false);
    run(
      down,
      60,
      () => 'failed',
      () => false,
    );
    expect(down.givenUp).toBe(false);
    const up = new Recovery(false);
    run(up, 29, () => 'connecting');
    expect(up.givenUp).toBe(false);
    run(up, 32, () => 'connecting');
    expect(up.givenUp).toBe(true);
    up.update({ state: 'connected', silentMs: 0, signalling: true }, 90_000);
    expect(up.givenUp).toBe(false);
  });
});
