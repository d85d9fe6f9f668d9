import { expect, it } from 'vitest';
import { pictures } from './pictures';

it('are 64, no two alike, each with a name of one word', () => {
  expect(pictures).toHaveLength(64);
  expect(new Set(pictures.map(({ emoji }) => emoji)).size).toBe(64);
  expect(new Set(pictures.map(({ name }) => name)).size).toBe(64);
  for (const { name } of pictures) expect(name).toMatch(/^[A-Z][a-z]+$/);
});
