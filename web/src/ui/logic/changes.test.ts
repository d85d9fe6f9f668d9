import { expect, it } from 'vitest';
import type { Member } from '../../lib/call/types';
import { changesBetween } from './changes';

function member(id: string, more: Partial<Member> = {}): Member {
  return {
    id,
    name: id.toUpperCase(),
    away: false,
    media: 'encrypted',
    mic: true,
    hand: false,
    reaction: null,
    verified: false,
    cam: true,
    audio: null,
    video: null,
    route: 'direct',
    ...more,
  };
}

it('tells who joined and who left', () => {
  expect(changesBetween([member('a')], [member('b')])).toEqual([
    { kind: 'joined', name: 'B' },
    { kind: 'left', name: 'A' },
  ]);
});

it('tells muting and unmuting', () => {
  const on = [member('a')];
  const off = [member('a', { mic: false })];
  expect(changesBetween(on, off)).toEqual([{ kind: 'muted', name: 'A' }]);
  expect(changesBetween(off, on)).toEqual([{ kind: 'unmuted', name: 'A' }]);
});

it('tells no unmuting of somebody who is only just connecting', () => {
  const early = [member('a', { media: 'connecting', mic: false })];
  expect(changesBetween(early, [member('a', { media: 'keys' })])).toEqual([]);
});

it.each([
  ['encrypted', 'cannot-decrypt', ['locked']],
  ['encrypted', 'reconnecting', ['lost']],
  ['reconnecting', 'encrypted', ['restored']],
  ['connecting', 'keys', []],
  ['keys', 'encrypted', []],
] as const)('media from %s to %s tells %j', (from, to, kinds) => {
  const told = changesBetween([member('a', { media: from })], [member('a', { media: to })]);
  expect(told.map((change) => change.kind)).toEqual(kinds);
});

it('says nothing when nothing changed', () => {
  expect(changesBetween([member('a')], [member('a', { name: 'Ann', cam: false })])).toEqual([]);
});

it('tells reactions once', () => {
  const thumb = [member('a', { reaction: '👍' })];
  expect(changesBetween([member('a')], thumb)).toEqual([
    { kind: 'reacted', name: 'A', emoji: '👍' },
  ]);
  expect(changesBetween(thumb, thumb)).toEqual([]);
  expect(changesBetween(thumb, [member('a')])).toEqual([]);
});
