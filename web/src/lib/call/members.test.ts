// The members on screen, and their marks.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Listed } from '../mls/group/host-messages';
import type { PeerMessage } from '../mls/messages/peer-message';
import type { MemberInfo } from '../protocol/wire';
import { Members, type MembersOptions } from './members';

const me = new Uint8Array(16).fill(1);
const other = '02'.repeat(16);
const listed = (leaf: number, key = 'her key', packaged: string | null = null): Listed[] => [
  { leaf: 0, id: '01'.repeat(16), signatureKey: 'my key', packaged: null },
  { leaf, id: other, signatureKey: key, packaged },
];
const state: PeerMessage = { k: 'state', name: 'Alice', mic: true, cam: false, hand: false };

let members: Members;
const sent: PeerMessage[] = [];
/** Calls of the media's side. */
const media: string[] = [];

beforeEach(() => {
  sent.length = 0;
  media.length = 0;
  members = new Members({
    keys: {
      lobby: new Uint8Array(32),
      tag: new Uint8Array(13),
    } as unknown as MembersOptions['keys'],
    me,
    send: (message) => sent.push(message),
    onchange: () => {},
    onadded: (id) => media.push(`added ${id.slice(0, 2)}`),
    onremoved: (id) => media.push(`removed ${id.slice(0, 2)}`),
    onreturned: (id) => media.push(`returned ${id.slice(0, 2)}`),
    onannounced: (id, mic, cam) => media.push(`${id.slice(0, 2)} sends ${mic} ${cam}`),
  });
});

const verified = () => members.list().map((member) => member.verified);

describe('the mark of comparing', () => {
  it('is of a key, and stays while its owner keeps the leaf', () => {
    members.groupListed('group', listed(1), 0);
    members.receive(other, state, 0);
    expect(verified()).toEqual([false]);
    members.verify(['her key']);
    expect(verified()).toEqual([true]);
    members.groupListed('group', listed(1), 0);
    expect(verified()).toEqual([true]);
    members.receive(other, { ...state, hand: true }, 0);
    members.groupListed('group', listed(1, 'another key'), 0);
    members.receive(other, { k: 'react', emoji: '👍' }, 0);
    expect(members.list()).toMatchObject([{ verified: false, hand: false }]);
  });

  it('comes back to a member that was added again once it has sent something itself', () => {
    members.verify(['her key']);
    const added: [string, () => void][] = [
      ['on another leaf', () => members.groupListed('group', listed(2), 0)],
      ['in another group', () => members.groupListed('another', listed(2), 0)],
      [
        'on the same leaf',
        () => members.groupListed('another', listed(2, 'her key', 'old package'), 0),
      ],
      [
        'where this page comes back to',
        () => {
          members.groupEntered();
          members.groupListed('another', listed(2, 'her key', 'old package'), 0);
        },
      ],
      [
        'after having left',
        () => {
          members.groupListed('another', listed(2).slice(0, 1), 0);
          members.groupListed('another', listed(2), 0);
        },
      ],
    ];
    members.groupListed('group', listed(1), 0);
    for (const [how, add] of added) {
      members.receive(other, state, 0);
      expect(verified(), how).toEqual([true]);
      add();
      expect(verified(), how).toEqual([false]);
    }
    members.receive(other, { k: 'here', n: new Uint8Array(8), heard: [] }, 0);
    expect(verified()).toEqual([true]);
    // Path keys of its own are a sign of life.
    members.groupListed('another', listed(2, 'her key', null), 0);
    expect(verified()).toEqual([true]);
  });
});

const connected = (id: string): MemberInfo =>
  ({
    id: Uint8Array.from(Buffer.from(id, 'hex')),
    lobby: new Uint8Array(0),
    away: false,
  }) as MemberInfo;

describe('the media of the members', () => {
  it('begin and end with the membership in the group, whatever the server lists', () => {
    members.serverListed([connected(other)], true);
    expect([media, members.list()]).toEqual([[], []]);
    members.groupListed('group', listed(1), 0);
    members.groupListed('group', listed(1), 0);
    expect(media).toEqual(['added 02']);
    members.serverRemoved(connected(other).id);
    expect(members.list()).toHaveLength(1);
    members.groupListed('group', listed(1).slice(0, 1), 0);
    expect(media).toEqual(['added 02', 'removed 02']);
    expect(members.list()).toEqual([]);
  });

  it('are kept for fifteen seconds for a member that is not yet in a new group', () => {
    members.groupListed('group', listed(1), 0);
    members.groupListed('another', listed(1).slice(0, 1), 1_000);
    members.sweep(16_000);
    expect(members.list()).toMatchObject([{ id: other, away: true }]);
    members.groupListed('another', listed(1), 16_000);
    expect(media).toEqual(['added 02', 'returned 02']);
    members.groupListed('third', listed(1).slice(0, 1), 20_000);
    members.sweep(35_001);
    expect(media).toEqual(['added 02', 'returned 02', 'removed 02']);
  });

  it('are not kept for a member that the server removed before', () => {
    members.groupListed('group', listed(1), 0);
    members.serverRemoved(connected(other).id);
    members.groupListed('another', listed(1).slice(0, 1), 0);
    expect(media).toEqual(['added 02', 'removed 02']);
  });

  it('are shown as the member reports them', () => {
    members.groupListed('group', listed(1), 0);
    expect(members.receive(other, state, 0)).toBe(true);
    expect(members.list()).toMatchObject([{ name: 'Alice', mic: true, cam: false }]);
    expect(media).toEqual(['added 02', '02 sends true false']);
    expect(members.receive('03'.repeat(16), state, 0)).toBe(false);
  });
});

describe('the state of this page', () => {
  it('is sent on every change and to every member that is new or back', () => {
    members.setSelf({ name: 'Bob' });
    expect(sent).toEqual([]);
    members.groupListed('group', listed(1), 0);
    members.setSelf({ mic: true });
    members.serverListed([connected(other)], false);
    const base = { k: 'state', name: 'Bob', hand: false, cam: false };
    const unmuted = { ...base, mic: true };
    expect(sent).toEqual([{ ...base, mic: false }, unmuted, unmuted]);
  });
});
