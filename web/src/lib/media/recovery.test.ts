import { describe, expect, it } from 'vitest';
import { Recovery, type Repair, type RouteView } from './recovery';

type State = RouteView['state'];

/** Runs `states` ([from second, state]) and lists the repairs with their seconds. */
function run(
  recovery: Recovery,
  until: number,
  state: (second: number) => State,
  signalling: (second: number) => boolean = () => true,
): [number, Repair][] {
  const repairs: [number, Repair][] = [];
  for (let t = 0; t <= until; t += 0.5) {
    const view = { state: state(t), signalling: signalling(t) };
    const repair = recovery.update(view, 50_000 + t * 1000);
    if (repair) repairs.push([t, repair]);
  }
  return repairs;
}

describe('recovery', () => {
  it('does nothing while connected', () => {
    expect(run(new Recovery(false), 60, () => 'connected')).toEqual([]);
  });

  it('restarts ICE after two seconds without a route, again, then builds anew', () => {
    const state = (t: number): State => (t < 1 ? 'connected' : 'disconnected');
    expect(run(new Recovery(false), 30, state)).toEqual([
      [3, 'restart'],
      [8, 'restart'],
      [13, 'rebuild'],
      [23, 'rebuild'],
    ]);
  });

  it('does not wait when the route has failed', () => {
    const state = (t: number): State => (t < 1 ? 'connected' : 'failed');
    expect(run(new Recovery(false), 6, state).slice(0, 3)).toEqual([
      [1, 'restart'],
      [3, 'restart'],
      [5, 'rebuild'],
    ]);
  });

  it('is a little slower on the polite side', () => {
    const state = (t: number): State => (t < 1 ? 'connected' : 'disconnected');
    expect(run(new Recovery(true), 5, state)).toEqual([[4.5, 'restart']]);
  });

  it('leaves a short interruption alone', () => {
    const state = (t: number): State => (t >= 1 && t < 2.5 ? 'disconnected' : 'connected');
    expect(run(new Recovery(false), 10, state)).toEqual([]);
  });

  it('gives a first connection its time, but not an offer that never came', () => {
    expect(run(new Recovery(false), 14, () => 'connecting')).toEqual([]);
    expect(run(new Recovery(false), 16, () => 'connecting')).toEqual([[15, 'rebuild']]);
    expect(run(new Recovery(true), 6, () => 'none')).toEqual([[5.5, 'rebuild']]);
    expect(run(new Recovery(false), 1, () => 'failed')).toEqual([[0, 'rebuild']]);
  });

  it('waits for the server, then acts at once', () => {
    const state = (t: number): State => (t < 1 ? 'connected' : 'disconnected');
    expect(run(new Recovery(false), 21, state, (t) => t >= 20)).toEqual([[20, 'restart']]);
  });

  it('begins again with gentle means after success, or on another network', () => {
    const recovery = new Recovery(false);
    const state = (t: number): State => (t < 1 || t === 15 ? 'connected' : 'disconnected');
    expect(run(recovery, 18, state)).toEqual([
      [3, 'restart'],
      [8, 'restart'],
      [13, 'rebuild'],
      [17.5, 'restart'],
    ]);
    recovery.networkChanged();
    expect(recovery.update({ state: 'disconnected', signalling: true }, 70_000)).toBe('restart');
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
    up.update({ state: 'connected', signalling: true }, 90_000);
    expect(up.givenUp).toBe(false);
  });
});
