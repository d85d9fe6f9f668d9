import { describe, expect, it } from 'vitest';
import { random } from '../../crypto/bytes';
import { maxCandidates, type PeerMessage, packMessage, unpackMessage } from './peer-message';

const to = random(16);
const candidate = { candidate: 'candidate:1', mid: '0', line: 0, ufrag: 'u' };
const all: PeerMessage[] = [
  { k: 'sdp', to, type: 'offer', sdp: 'v=0', gen: 3 },
  { k: 'sdp', to, type: 'answer', sdp: 'v=0', gen: 3 },
  { k: 'ice', to, list: [candidate, { ...candidate, candidate: null }], gen: 3 },
  { k: 'restart', to, gen: 2 },
  { k: 'state', name: 'Zoë', mic: true, cam: false, hand: true },
  { k: 'chat', text: 'hello\nthere' },
  { k: 'react', emoji: '🎉' },
  { k: 'sas-commit', value: random(32) },
  { k: 'sas-nonce', value: random(32) },
];

describe('a message between members', () => {
  it('is padded to a multiple of 256 bytes whatever its length', () => {
    for (let n = 0; n < 600; n++) {
      const message: PeerMessage = { k: 'chat', text: 'x'.repeat(n) };
      const packed = packMessage(message, n + 1);
      expect(packed.length % 256).toBe(0);
      expect(unpackMessage(packed)).toEqual({ s: n + 1, message });
    }
  });

  it.each(all.map((message) => [message.k, message] as const))(
    'comes out as it went in: %s',
    (_, message) => {
      const packed = packMessage(message, 7);
      expect(unpackMessage(packed)).toEqual({ s: 7, message });
      for (let n = 0; n < packed.length; n++) expect(unpackMessage(packed.slice(0, n))).toBeNull();
    },
  );

  it.each(all.map((message) => [message.k, message] as const))(
    'needs all its fields: %s',
    (_, message) => {
      for (const name of Object.keys(message)) {
        const less = Object.fromEntries(Object.entries(message).filter(([key]) => key !== name));
        expect(unpackMessage(packMessage(less as PeerMessage, 1)), name).toBeNull();
      }
    },
  );

  it.each([
    ['another kind', { k: 'dance' }],
    ['a member id of another length', { k: 'restart', to: random(15), gen: 1 }],
    ['a negative count', { k: 'restart', to, gen: -1 }],
    ['a fraction', { k: 'restart', to, gen: 1.5 }],
    ['a description that is too long', { ...all[0], sdp: 'x'.repeat(12 * 1024 + 1) }],
    [
      'too many candidates',
      { k: 'ice', to, gen: 1, list: Array(maxCandidates + 1).fill(candidate) },
    ],
    ['a candidate that is none', { k: 'ice', to, gen: 1, list: [7] }],
    ['a list that is none', { k: 'ice', to, gen: 1, list: 7 }],
    ['a text that is too long', { k: 'chat', text: 'x'.repeat(8001) }],
    ['a commitment of another length', { k: 'sas-commit', value: random(31) }],
  ])('is refused: %s', (_, message) => {
    expect(unpackMessage(packMessage(message as PeerMessage, 1))).toBeNull();
  });
});
