import { expect, it } from 'vitest';
import { MutedTalk } from './muted-talk';

/** Reads `level` (of the second) ten times a second and lists the seconds at which the answer changes. */
function turns(level: (second: number) => number, seconds: number): number[] {
  const talk = new MutedTalk();
  const out: number[] = [];
  let before = false;
  for (let i = 0; i < seconds * 10; i++) {
    const now = talk.update(level(i / 10), i * 100);
    if (now !== before) out.push(i / 10);
    before = now;
  }
  return out;
}

it('is noticed within a second, and for four seconds after the last word', () => {
  const [began, ended] = turns((s) => (s >= 2 && s < 5 ? 0.6 : 0.05), 15);
  expect(began).toBeGreaterThan(2);
  expect(began).toBeLessThanOrEqual(3);
  expect(ended).toBeGreaterThanOrEqual(9);
  expect(ended).toBeLessThan(11);
});

it('is not one knock, and not a quiet room', () => {
  expect(turns((s) => (s >= 3 && s < 3.3 ? 0.9 : 0.05), 10)).toEqual([]);
  expect(turns(() => 0.3, 10)).toEqual([]);
});
