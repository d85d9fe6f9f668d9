import { expect, it } from 'vitest';
import { levelOf, SilenceDetector } from './level';

it.each([
  [0, 0],
  [0.001, 0],
  [1, 1],
  [2, 1],
])('a mean of %f is level %f', (rms, level) => {
  expect(levelOf(rms)).toBeCloseTo(level, 5);
});

it('grows with the sound', () => {
  expect(levelOf(0.1)).toBeGreaterThan(levelOf(0.01));
});

it('calls a microphone silent after four seconds without any sound', () => {
  const silence = new SilenceDetector();
  expect(silence.update(0, 1000)).toBe(false);
  expect(silence.update(0, 4999)).toBe(false);
  expect(silence.update(0, 5000)).toBe(true);
});

it('starts over with every sound, however small', () => {
  const silence = new SilenceDetector();
  silence.update(0, 0);
  expect(silence.update(0.0002, 3999)).toBe(false);
  expect(silence.update(0, 4000)).toBe(false);
  expect(silence.update(0, 7999)).toBe(false);
  expect(silence.update(0, 8000)).toBe(true);
});

it('does not count while nobody listens', () => {
  const silence = new SilenceDetector();
  silence.update(0, 0);
  expect(silence.update(0, 9000, false)).toBe(false);
  expect(silence.update(0, 9001)).toBe(false);
});
