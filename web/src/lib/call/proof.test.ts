// Real tracks wait for the self-test, whatever route it needs.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Proof } from './proof';
import type { SelfTest } from './selftest';

const noRoute: SelfTest = { passed: false, why: 'no route', untested: true };
const good: SelfTest = { passed: true, ms: 1 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function proof(proven: boolean, results: SelfTest[] = []) {
  const test = vi.fn(async () => results.shift() ?? noRoute);
  const [onchange, onfailed] = [vi.fn(), vi.fn()];
  return { made: new Proof({ proven, test, onchange, onfailed }), test, onchange, onfailed };
}

it('lets tracks pass that the test inside the page was passed for, and tests no more', async () => {
  const { made, test } = proof(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made.pass('camera')).toBe('camera');
  expect(made.pass(null)).toBeNull();
  expect(test).not.toHaveBeenCalled();
});

it('holds tracks back until the test through the relay has passed', async () => {
  const { made, onchange } = proof(false, [good]);
  expect(made.pass('camera')).toBeNull();
  await vi.advanceTimersByTimeAsync(0);
  expect(made.pass('camera')).toBe('camera');
  expect(onchange).toHaveBeenCalledOnce();
});

it('says that there is no route, holds on, and tries again', async () => {
  const { made, test } = proof(false, [noRoute, noRoute, good]);
  await vi.advanceTimersByTimeAsync(0);
  expect([made.untested, made.pass('camera')]).toEqual([true, null]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(test).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(5_900);
  expect([made.untested, made.pass('camera')]).toEqual([true, null]);
  await vi.advanceTimersByTimeAsync(100);
  expect([made.untested, made.pass('camera')]).toEqual([false, 'camera']);
});

it('tries at once on another network, one test at a time', async () => {
  const { made, test } = proof(false, [noRoute, good]);
  made.networkChanged();
  await vi.advanceTimersByTimeAsync(0);
  expect(test).toHaveBeenCalledOnce();
  made.networkChanged();
  await vi.advanceTimersByTimeAsync(0);
  expect(made.proven).toBe(true);
});

it('ends the call when a frame was not sealed', async () => {
  const bad: SelfTest = { passed: false, why: 'a frame came unencrypted' };
  const { made, test, onfailed } = proof(false, [bad, good]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(onfailed).toHaveBeenCalledExactlyOnceWith('a frame came unencrypted');
  expect(test).toHaveBeenCalledOnce();
  expect(made.pass('camera')).toBeNull();
});

it('tests no more after the call', async () => {
  const { made, test, onchange } = proof(false, [noRoute]);
  await vi.advanceTimersByTimeAsync(0);
  made.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(test).toHaveBeenCalledOnce();
  expect(onchange).toHaveBeenCalledOnce();
});
