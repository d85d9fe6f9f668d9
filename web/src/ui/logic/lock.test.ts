import { expect, it } from 'vitest';
import type { MediaState, Member } from '../../lib/call/types';
import { lockOf } from './lock';

const of = (...media: MediaState[]) =>
  lockOf({ encryptionReady: true, members: media.map((state) => ({ media: state }) as Member) });

it('never says encrypted before encryption has proved itself', () => {
  expect(lockOf({ encryptionReady: false, members: [] })).toBe('preparing');
});

it('says encrypted alone, and when every person is', () => {
  expect(of()).toBe('encrypted');
  expect(of('encrypted', 'encrypted')).toBe('encrypted');
});

it('shows the most serious state of all', () => {
  expect(of('encrypted', 'connecting')).toBe('connecting');
  expect(of('keys', 'connecting')).toBe('keys');
  expect(of('reconnecting', 'keys')).toBe('reconnecting');
  expect(of('encrypted', 'cannot-decrypt', 'reconnecting')).toBe('cannot-decrypt');
});
