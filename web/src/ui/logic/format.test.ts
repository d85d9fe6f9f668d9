import { expect, it } from 'vitest';
import { clock, initials, span } from './format';

it.each([
  [0, '0:00'],
  [7_999, '0:07'],
  [754_000, '12:34'],
  [3_723_000, '1:02:03'],
  [-5, '0:00'],
])('a clock at %i ms shows %s', (ms, text) => {
  expect(clock(ms)).toBe(text);
});

it.each([
  [42_000, '42 s'],
  [60_000, '1 min'],
  [12 * 60_000 + 59_000, '12 min'],
  [65 * 60_000, '1 h 05 min'],
])('%i ms were %s', (ms, text) => {
  expect(span(ms)).toBe(text);
});

it.each([
  ['Ann', 'A'],
  ['ann maria lee', 'AL'],
  ['  ', ''],
  ['Ærøskøbing', 'Æ'],
  ['𝒜nn', '𝒜'],
])('the initials of "%s" are "%s"', (name, letters) => {
  expect(initials(name)).toBe(letters);
});
