import { expect, it } from 'vitest';
import type { MediaState, Member } from '../../lib/call/types';
import { lockOf } from './lock';

const people = (verified: boolean, ...media: MediaState[]) =>
  media.map((state) => ({ media: state, verified }) as Member);
const of = (...media: MediaState[]) =>
  lockOf({ encryptionReady: true, held: false, members: people(false, ...media) });

it('never says encrypted before encryption has proved itself', () => {
  expect(lockOf({ encryptionReady: false, held: false, members: [] })).toBe('preparing');
});

it('says encrypted alone, and when every person is', () => {
  expect(of()).toBe('encrypted');
  expect(of('encrypted', 'encrypted')).toBe('encrypted');
});

it('shows the most serious state of all', () => {
  expect(of('encrypted', 'connecting')).toBe('connecting');
  expect(of('keys', 'connecting')).toBe('keys');
  expect(of('encrypted', 'cannot-decrypt', 'keys')).toBe('cannot-decrypt');
});

it('calls the whole call interrupted only when every route is', () => {
  expect(of('reconnecting')).toBe('reconnecting');
  expect(of('reconnecting', 'reconnecting')).toBe('reconnecting');
  expect(of('reconnecting', 'encrypted')).toBe('encrypted');
  expect(of('reconnecting', 'keys')).toBe('keys');
  expect(of('encrypted', 'cannot-decrypt', 'reconnecting')).toBe('cannot-decrypt');
});

it('says that nothing is sent before anything else', () => {
  const members = people(true, 'encrypted', 'cannot-decrypt');
  expect(lockOf({ encryptionReady: true, held: true, members })).toBe('held');
});

it('says verified when everybody is, and their frames open', () => {
  const lock = (members: Member[]) => lockOf({ encryptionReady: true, held: false, members });
  expect(lock(people(true, 'encrypted', 'encrypted'))).toBe('verified');
  expect(lock([...people(true, 'encrypted'), ...people(false, 'encrypted')])).toBe('encrypted');
  expect(lock(people(true, 'encrypted', 'keys'))).toBe('keys');
  expect(lock([])).toBe('encrypted');
});
