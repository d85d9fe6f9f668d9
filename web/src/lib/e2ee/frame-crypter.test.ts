import { describe, expect, it } from 'vitest';
import { type Bytes, concat, random, unhex } from '../crypto/bytes';
import { importSecret } from '../crypto/kdf';
import { clearLength } from './codec';
import { ReceiveKeys, SendKeys } from './frame-crypter';
import { kidOf, LinkKeys, makeKeyPackage, nonceOf, type SenderKey } from './keys';
import { decodeHeader } from './sframe';

const opusFrame = unhex('78010203040506');
const keyFrame = unhex('100000' + '9d012a' + '00050003' + 'aabbccdd');
const deltaFrame = unhex('110203040506');

let serial = 0;
async function someKey(): Promise<SenderKey> {
  serial += 1;
  return { name: `k${serial}`, base: await importSecret(random(16)), leaf: serial & 63, epoch: 0 };
}

async function pair() {
  const key = await someKey();
  const send = new SendKeys();
  const receive = new ReceiveKeys();
  await send.install(key);
  await receive.install('bob', key);
  return { key, send, receive };
}

const sealed = (frame: Bytes | null): Bytes => {
  if (frame === null) throw new Error('not sealed');
  return frame;
};

describe('clear bytes', () => {
  it('are none of Opus, one of a VP8 frame and ten of a VP8 key frame', () => {
    expect(clearLength('opus', opusFrame)).toBe(0);
    expect(clearLength('vp8', deltaFrame)).toBe(1);
    expect(clearLength('vp8', keyFrame)).toBe(10);
  });

  it('cannot be told of frames that are too short', () => {
    expect(clearLength('opus', new Uint8Array())).toBeNull();
    expect(clearLength('vp8', keyFrame.slice(0, 9))).toBeNull();
    expect(clearLength('vp8', new Uint8Array())).toBeNull();
  });
});

describe('frames', () => {
  it.each([
    ['a word', 0, 'opus', opusFrame],
    ['a whole picture', 1, 'vp8', keyFrame],
    ['a change of the picture', 1, 'vp8', deltaFrame],
  ] as const)('open again: %s', async (_, context, codec, frame) => {
    const { send, receive } = await pair();
    const out = sealed(await send.seal(context, codec, frame));
    const clear = codec === 'opus' ? 0 : (clearLength(codec, frame) ?? 0);
    expect(out.slice(0, clear)).toEqual(frame.slice(0, clear));
    expect(out.length).toBeGreaterThanOrEqual(frame.length + 17);
    expect(await receive.open('bob', context, codec, out)).toEqual({ frame });
  });

  it('are not sealed without a key', async () => {
    expect(await new SendKeys().seal(0, 'opus', opusFrame)).toBeNull();
  });

  it('never share a counter, not even when the key is installed again', async () => {
    const { key, send } = await pair();
    const other = await someKey();
    const counters: bigint[] = [];
    for (let i = 0; i < 6; i++) {
      if (i === 2) await Promise.all([send.install(key), send.install(key)]);
      if (i === 4) {
        await send.install(other);
        await send.install(key);
      }
      const frame = sealed(await send.seal(0, 'opus', opusFrame));
      counters.push(decodeHeader(frame)?.ctr ?? -1n);
    }
    expect(counters).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
  });

  it('open once', async () => {
    const { key, send, receive } = await pair();
    const out = sealed(await send.seal(0, 'opus', opusFrame));
    expect(await receive.open('bob', 0, 'opus', out)).toEqual({ frame: opusFrame });
    const again = { problem: 'repeated' };
    expect(await receive.open('bob', 0, 'opus', out)).toEqual(again);
    receive.forget('bob');
    await receive.install('bob', key);
    expect(await receive.open('bob', 0, 'opus', out)).toEqual(again);
  });

  it('open once even when two connections bring them at the same time', async () => {
    const { send, receive } = await pair();
    const out = sealed(await send.seal(0, 'opus', opusFrame));
    const both = await Promise.all([
      receive.open('bob', 0, 'opus', out),
      receive.open('bob', 0, 'opus', out),
    ]);
    expect(both.filter((o) => 'frame' in o)).toHaveLength(1);
  });

  it('do not open as another kind, codec or person', async () => {
    const { send, receive } = await pair();
    const camera = sealed(await send.seal(1, 'vp8', deltaFrame));
    const no = { problem: 'not-authentic' };
    expect(await receive.open('bob', 0, 'opus', camera.slice(1))).toEqual(no);
    expect(await receive.open('bob', 0, 'vp8', camera)).toEqual(no);
    await receive.install('eve', await someKey());
    expect(await receive.open('eve', 1, 'vp8', camera)).toEqual(no);
    expect(await receive.open('nobody', 1, 'vp8', camera)).toEqual({ problem: 'no-key' });
    expect(await receive.open('bob', 1, 'vp8', camera)).toEqual({ frame: deltaFrame });
  });

  it('do not open when a single bit was changed, clear bytes included', async () => {
    const { send, receive } = await pair();
    const out = sealed(await send.seal(1, 'vp8', keyFrame));
    for (let i = 0; i < out.length * 8; i++) {
      const changed = out.slice();
      changed[i >> 3] = (changed[i >> 3] ?? 0) ^ (1 << (i & 7));
      expect(await receive.open('bob', 1, 'vp8', changed)).toEqual({ problem: 'not-authentic' });
    }
    for (let n = 1; n < out.length; n++) {
      expect('problem' in (await receive.open('bob', 1, 'vp8', out.slice(0, n)))).toBe(true);
    }
    expect(await receive.open('bob', 1, 'vp8', out)).toEqual({ frame: keyFrame });
  });

  it('that were never sealed do not open', async () => {
    const { receive } = await pair();
    for (const frame of [opusFrame, random(80), random(1)]) {
      expect(await receive.open('bob', 0, 'opus', frame)).toEqual({ problem: 'not-authentic' });
    }
    for (const frame of [keyFrame, deltaFrame, concat(deltaFrame, random(400))]) {
      expect(await receive.open('bob', 1, 'vp8', frame)).toEqual({ problem: 'not-authentic' });
    }
  });
});

describe('interim keys', () => {
  it('are the same for sender and receiver, and others for another joining', async () => {
    const root = await importSecret(random(32));
    const me = { id: random(16), nonce: random(32) };
    const mine = await new LinkKeys(root, me).own();
    const somebody = new LinkKeys(root, { id: random(16), nonce: random(32) });
    const theirs = await somebody.of(me.id, makeKeyPackage(me.nonce));
    expect(theirs?.name).toBe(mine.name);
    expect(theirs?.leaf).toBe(mine.leaf);

    const send = new SendKeys();
    const receive = new ReceiveKeys();
    await send.install(mine);
    if (theirs) await receive.install('me', theirs);
    const out = sealed(await send.seal(0, 'opus', opusFrame));
    expect(await receive.open('me', 0, 'opus', out)).toEqual({ frame: opusFrame });

    const later = await somebody.of(me.id, makeKeyPackage(random(32)));
    expect(later?.name).not.toBe(mine.name);
  });

  it('come of no key package of another kind', async () => {
    const root = await importSecret(random(32));
    const keys = new LinkKeys(root, { id: random(16), nonce: random(32) });
    for (const other of [new Uint8Array(), random(32), concat(new Uint8Array([1]), random(32))]) {
      expect(nonceOf(other)).toBeNull();
      expect(await keys.of(random(16), other)).toBeNull();
    }
  });

  it('have the context, the leaf and the epoch in the KID', () => {
    expect(kidOf({ leaf: 63, epoch: 17 }, 1)).toBe(BigInt((1 << 10) | (63 << 4) | 1));
    expect(kidOf({ leaf: 0, epoch: 0 }, 0)).toBe(0n);
  });
});
