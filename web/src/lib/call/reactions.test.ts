import { expect, it } from 'vitest';
import { isReaction, reactions } from './reactions';

it('only the reactions on offer are reactions', () => {
  expect(reactions.every(isReaction)).toBe(true);
  expect(isReaction('anything else')).toBe(false);
});
