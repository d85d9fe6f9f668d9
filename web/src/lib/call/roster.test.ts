// The members on screen, and their marks.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FrameCrypto } from '../e2ee/frame-crypto';
import type { IceServerCache } from '../media/ice-servers';
import type { Listed } from '../mls/group/host-messages';
import type { PeerMessage } from '../mls/messages/peer-message';
import { Roster, type RosterOptions } from './roster';

const me = new Uint8Array(16).fill(1);
const other = '02'.repeat(16);
const listed = (leaf: number, key = 'her key', packaged: string | null = null): Listed[] => [
  { leaf: 0, id: '01'.repeat(16), signatureKey: 'my key', packaged: null },
  { leaf, id: other, signatureKey: key, packaged },
];
const state: PeerMessage = { k: 'state', name: 'Ann', mic: true, cam: false, hand: false };

let roster: Roster;
const said: PeerMessage[] = [];

beforeEach(() => {
  said.length = 0;
  // With a smaller id than the other we wait for her offer, so nothing of these is used.
  const unused = { frames: {} as FrameCrypto, ice: {} as IceServerCache };
  const nothing = { onrouteturn: () => {}, rejoin: () => {}, onchange: () => {}, onleak: () => {} };
  const keys = {} as RosterOptions['keys'];
  const say = (one: PeerMessage) => void said.push(one);
  const route = 'auto' as const;
  roster = new Roster({ keys, me, route, say, signalling: () => true, ...unused, ...nothing });
});

afterEach(() => roster.close());

const verified = () => roster.members().map((member) => member.verified);

describe('the mark of comparing', () => {
  it('is of a key, and stays while its owner keeps the leaf', () => {
    roster.listed('group', listed(1), 0);
    roster.heard(other, state, 0);
    expect(verified()).toEqual([false]);
    roster.verify(['her key']);
    expect(verified()).toEqual([true]);
    roster.listed('group', listed(1), 0);
    expect(verified()).toEqual([true]);
    roster.heard(other, { ...state, hand: true }, 0);
    roster.listed('group', listed(1, 'another key'), 0);
    roster.heard(other, { k: 'react', emoji: '👍' }, 0);
    expect(roster.members()).toMatchObject([{ verified: false, hand: false }]);
  });

  it('comes back to who was added again when they have said something themselves', () => {
    roster.verify(['her key']);
    const added: [string, () => void][] = [
      ['on another leaf', () => roster.listed('group', listed(2), 0)],
      ['in another group', () => roster.listed('another', listed(2), 0)],
      ['on the same leaf', () => roster.listed('another', listed(2, 'her key', 'old package'), 0)],
      [
        'where we come back to',
        () => {
          roster.arrive();
          roster.listed('another', listed(2, 'her key', 'old package'), 0);
        },
      ],
      [
        'after having left',
        () => {
          roster.listed('another', listed(2).slice(0, 1), 0);
          roster.listed('another', listed(2), 0);
        },
      ],
    ];
    roster.listed('group', listed(1), 0);
    for (const [how, add] of added) {
      roster.heard(other, state, 0);
      expect(verified(), how).toEqual([true]);
      add();
      expect(verified(), how).toEqual([false]);
    }
    roster.heard(other, { k: 'here', n: new Uint8Array(8), heard: [] }, 0);
    expect(verified()).toEqual([true]);
    // Path keys of her own are a sign of life.
    roster.listed('another', listed(2, 'her key', null), 0);
    expect(verified()).toEqual([true]);
  });
});
