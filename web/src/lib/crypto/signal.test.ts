import { beforeAll, describe, expect, it } from 'vitest';
import { random } from './bytes';
import { type Party, packSignal, type Signal, SignalChannel, unpackSignal } from './signal';

const alice: Party = { id: random(16), nonce: random(32) };
const bob: Party = { id: random(16), nonce: random(32) };
const hello: Signal = { k: 'name', name: 'Ada' };
let key: CryptoKey;

beforeAll(async () => {
  key = await crypto.subtle.importKey('raw', random(32), 'AES-GCM', false, ['encrypt', 'decrypt']);
});

const pair = () => ({
  a: new SignalChannel(key, alice, bob),
  b: new SignalChannel(key, bob, alice),
});

describe('packing', () => {
  it('pads to a multiple of 256 bytes whatever the length', () => {
    for (let n = 0; n < 600; n++) {
      const signal: Signal = { k: 'sdp', type: 'offer', sdp: 'x'.repeat(n), gen: 1 };
      const packed = packSignal(signal, n + 1);
      expect(packed.length % 256).toBe(0);
      expect(unpackSignal(packed)).toEqual({ s: n + 1, signal });
    }
  });

  it('keeps every kind of signal', () => {
    const all: Signal[] = [
      { k: 'ice', candidate: 'candidate:1', mid: '0', line: 0, ufrag: 'u', gen: 3 },
      { k: 'ice', candidate: null, mid: '1', line: 1, ufrag: '', gen: 3 },
      { k: 'state', mic: true, cam: false },
      { k: 'restart', gen: 2 },
      hello,
    ];
    for (const signal of all) expect(unpackSignal(packSignal(signal, 7))).toEqual({ s: 7, signal });
  });

  it('refuses truncated and unknown ones', () => {
    const packed = packSignal(hello, 1);
    for (let n = 0; n < packed.length; n++) expect(unpackSignal(packed.slice(0, n))).toBeNull();
    expect(unpackSignal(packSignal({ k: 'dance' } as unknown as Signal, 1))).toBeNull();
    expect(unpackSignal(packSignal({ k: 'restart', gen: -1 }, 1))).toBeNull();
    expect(unpackSignal(packSignal({ k: 'restart', gen: 1.5 }, 1))).toBeNull();
  });
});

describe('a channel', () => {
  it('opens in order what the other sealed', async () => {
    const { a, b } = pair();
    expect(await b.open(await a.seal(hello))).toEqual(hello);
    expect(await a.open(await b.seal({ k: 'restart', gen: 4 }))).toEqual({ k: 'restart', gen: 4 });
  });

  it('drops what it has seen, and what is older than what it has seen', async () => {
    const { a, b } = pair();
    const first = await a.seal(hello);
    const second = await a.seal(hello);
    expect(await b.open(second)).toEqual(hello);
    expect(await b.open(second)).toBeNull();
    expect(await b.open(first)).toBeNull();
  });

  it('opens nothing that was changed anywhere, cut, or meant for another direction', async () => {
    const { a, b } = pair();
    const sealed = await a.seal(hello);
    expect(await a.open(sealed)).toBeNull();
    for (let i = 0; i < sealed.length; i++) {
      const changed = sealed.slice();
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(await b.open(changed)).toBeNull();
    }
    for (const n of [0, 11, 27, 28, sealed.length - 1]) {
      expect(await b.open(sealed.slice(0, n))).toBeNull();
    }
    expect(await b.open(sealed)).toEqual(hello);
  });

  it('opens nothing sealed for an earlier joining of the same member', async () => {
    const { a } = pair();
    const again = new SignalChannel(key, { id: bob.id, nonce: random(32) }, alice);
    expect(await again.open(await a.seal(hello))).toBeNull();
  });
});
