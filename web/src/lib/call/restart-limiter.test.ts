import { expect, it } from 'vitest';
import { RestartLimiter } from './restart-limiter';

it('three workers in a minute are replaced, each with a number of its own', () => {
  const renewals = new RestartLimiter();
  expect([0, 10, 20, 30, 59_999].map((at) => renewals.next(at))).toEqual([1, 2, 3, null, null]);
  expect([60_000, 60_001].map((at) => renewals.next(at))).toEqual([4, null]);
});
