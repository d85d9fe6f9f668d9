import { expect, it } from 'vitest';
import { cornerAt, cornerBeside, nextCorner } from './corner';

it.each([
  [10, 10, 'top-left'],
  [199, 301, 'bottom-left'],
  [201, 299, 'top-right'],
  [900, 900, 'bottom-right'],
  [-40, -40, 'top-left'],
] as const)('a card let go at %i,%i of 400×600 snaps to %s', (x, y, corner) => {
  expect(cornerAt(x, y, 400, 600)).toBe(corner);
});

it('arrow keys lead to the corner on that side and no further', () => {
  expect(cornerBeside('bottom-right', 'ArrowLeft')).toBe('bottom-left');
  expect(cornerBeside('bottom-right', 'ArrowUp')).toBe('top-right');
  expect(cornerBeside('bottom-right', 'ArrowRight')).toBe('bottom-right');
  expect(cornerBeside('top-left', 'Enter')).toBe('top-left');
});

it('pressing the card leads once around the stage', () => {
  const seen = ['top-left' as const];
  for (let i = 0; i < 4; i++) seen.push(nextCorner(seen[i] ?? 'top-left') as 'top-left');
  expect(seen).toEqual(['top-left', 'top-right', 'bottom-right', 'bottom-left', 'top-left']);
});
