import { describe, expect, it } from 'vitest';
import { type Bytes, concat, random, unhex } from '../crypto/bytes';
import { importSecret } from '../crypto/kdf';
import { clearLength } from './codec';
import { FrameKeys } from './frame-crypter';
import { type EpochKey, kidOf, partsOf } from './keys';
import { decodeHeader } from './sframe';

const opusFrame = unhex('78010203040506');
const keyFrame = unhex('100000' + '9d012a' + '00050003' + 'aabbccdd');
const deltaFrame = unhex('110203040506');

const roster = [
  { leaf: 0, member: 'alice' },
  { leaf: 1, member: 'bob' },
  { leaf: 2, member: 'carol' },
];

/** Keys of an epoch for each member. */
async function epochOf(epoch: bigint, suite: 4 | 5 = 4, group = 'g') {
  const base = await importSecret(random(suite === 4 ? 16 : 32));
  return (self: number): EpochKey => ({ group, epoch, base, suite, self, roster });
}

/** Alice, who sends, and Bob, who receives, in the epochs given. */
async function pair(...epochs: Awaited<ReturnType<typeof epochOf>>[]) {
  const alice = new FrameKeys();
  const bob = new FrameKeys();
  for (const epoch of epochs.length > 0 ? epochs : [await epochOf(1n)]) {
    await alice.install(epoch(0));
    await bob.install(epoch(1));
    alice.switch(epoch(0).epoch);
    bob.switch(epoch(1).epoch);
  }
  return { alice, bob };
}

const sealed = (frame: Bytes | null): Bytes => {
  if (frame === null) throw new Error('not sealed');
  return frame;
};
const headerOf = (frame: Bytes) => decodeHeader(frame) ?? expect.fail('no header');

const notAuthentic = { problem: 'not-authentic' };
const noKey = { problem: 'no-key' };

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

describe('key ids', () => {
  it('hold context, leaf and the low bits of the epoch', () => {
    expect(kidOf(1, 63, 17n)).toBe(BigInt((1 << 10) | (63 << 4) | 1));
    expect(kidOf(0, 0, 0n)).toBe(0n);
    expect(partsOf(kidOf(3, 42, 2n ** 40n + 5n))).toEqual({ context: 3, leaf: 42, low: 5n });
  });

  it('are none of ours when they are longer', () => {
    expect(partsOf(1n << 12n)).toBeNull();
    expect(partsOf(2n ** 64n - 1n)).toBeNull();
  });
});

describe('frames', () => {
  it.each([
    ['a word', 0, 'opus', opusFrame],
    ['a whole picture', 1, 'vp8', keyFrame],
    ['a change of the picture', 1, 'vp8', deltaFrame],
  ] as const)('open again: %s', async (_, context, codec, frame) => {
    const { alice, bob } = await pair();
    const out = sealed(await alice.seal(context, codec, frame));
    const clear = codec === 'opus' ? 0 : (clearLength(codec, frame) ?? 0);
    expect(out.slice(0, clear)).toEqual(frame.slice(0, clear));
    expect(out.length).toBeGreaterThanOrEqual(frame.length + 17);
    expect(await bob.open('alice', context, codec, out)).toEqual({ frame });
  });

  it('open again with suite 5, and not across suites', async () => {
    const five = await epochOf(1n, 5);
    const { alice, bob } = await pair(five);
    const out = sealed(await alice.seal(0, 'opus', opusFrame));
    expect(await bob.open('alice', 0, 'opus', out)).toEqual({ frame: opusFrame });
    const confused = new FrameKeys();
    await confused.install({ ...five(1), suite: 4 });
    expect(await confused.open('alice', 0, 'opus', out)).toEqual(notAuthentic);
  });

  it('are not sealed without a key, on hold, or before the switch', async () => {
    const keys = new FrameKeys();
    expect(await keys.seal(0, 'opus', opusFrame)).toBeNull();
    const epoch = await epochOf(1n);
    await keys.install(epoch(0));
    expect(keys.seals).toBe(false);
    expect(await keys.seal(0, 'opus', opusFrame)).toBeNull();
    keys.switch(1n);
    expect(keys.seals).toBe(true);
    keys.hold(true);
    expect(keys.seals).toBe(false);
    expect(await keys.seal(0, 'opus', opusFrame)).toBeNull();
    keys.hold(false);
    expect(await keys.seal(0, 'opus', opusFrame)).not.toBeNull();
    keys.switch(2n);
    expect(await keys.seal(0, 'opus', opusFrame)).toBeNull();
  });

  it('count on while an epoch lasts, whatever is switched in between', async () => {
    const { alice } = await pair(await epochOf(1n), await epochOf(2n));
    const counters: string[] = [];
    for (const epoch of [1n, 1n, 2n, 1n, 2n, 1n]) {
      alice.switch(epoch);
      const { kid, ctr } = headerOf(sealed(await alice.seal(0, 'opus', opusFrame)));
      counters.push(`${kid}/${ctr}`);
    }
    expect(counters).toEqual(['1/0', '1/1', '2/0', '1/2', '2/1', '1/3']);
  });

  it('never begin to count again: an epoch is installed once', async () => {
    const [one, two] = [await epochOf(1n), await epochOf(2n)];
    const keys = new FrameKeys();
    expect(await keys.install(two(0))).toBe(true);
    expect(await keys.install(two(0))).toBe(false);
    expect(await keys.install(one(0))).toBe(false);
    keys.forgetAll();
    expect(await keys.install(two(0))).toBe(false);
    const other = await epochOf(1n, 4, 'another group');
    expect(await keys.install(other(0))).toBe(true);
  });

  it('remember 256 groups, and take keys of no more', async () => {
    const keys = new FrameKeys();
    for (let i = 0; i < 256; i++) {
      keys.forgetAll();
      expect(await keys.install((await epochOf(1n, 4, `g${i}`))(0))).toBe(true);
    }
    expect(await keys.install((await epochOf(1n, 4, 'one more'))(0))).toBe(false);
    expect(await keys.install((await epochOf(2n, 4, 'g0'))(0))).toBe(true);
  });

  it('open once', async () => {
    const { alice, bob } = await pair();
    const out = sealed(await alice.seal(0, 'opus', opusFrame));
    expect(await bob.open('alice', 0, 'opus', out)).toEqual({ frame: opusFrame });
    expect(await bob.open('alice', 0, 'opus', out)).toEqual({ problem: 'repeated' });
  });

  it('open once even when two connections bring them at the same time', async () => {
    const { alice, bob } = await pair();
    const out = sealed(await alice.seal(0, 'opus', opusFrame));
    const both = await Promise.all([
      bob.open('alice', 0, 'opus', out),
      bob.open('alice', 0, 'opus', out),
    ]);
    expect(both.filter((o) => 'frame' in o)).toHaveLength(1);
  });

  it('do not open as another kind, codec or person', async () => {
    const { alice, bob } = await pair();
    const camera = sealed(await alice.seal(1, 'vp8', deltaFrame));
    expect(await bob.open('alice', 0, 'opus', camera.slice(1))).toEqual(notAuthentic);
    expect(await bob.open('alice', 0, 'vp8', camera)).toEqual(notAuthentic);
    // Alice's frames in Carol's place: the forwarder swapped two members.
    expect(await bob.open('carol', 1, 'vp8', camera)).toEqual(notAuthentic);
    expect(await bob.open('nobody', 1, 'vp8', camera)).toEqual(noKey);
    expect(await bob.open('alice', 1, 'vp8', camera)).toEqual({ frame: deltaFrame });
  });

  it('do not open when a single bit was changed, clear bytes included', async () => {
    const { alice, bob } = await pair();
    const out = sealed(await alice.seal(1, 'vp8', keyFrame));
    for (let i = 0; i < out.length * 8; i++) {
      const changed = out.slice();
      changed[i >> 3] = (changed[i >> 3] ?? 0) ^ (1 << (i & 7));
      expect('problem' in (await bob.open('alice', 1, 'vp8', changed))).toBe(true);
    }
    for (let n = 1; n < out.length; n++) {
      expect('problem' in (await bob.open('alice', 1, 'vp8', out.slice(0, n)))).toBe(true);
    }
    expect(await bob.open('alice', 1, 'vp8', out)).toEqual({ frame: keyFrame });
  });

  it('that were never sealed do not open', async () => {
    const { bob } = await pair();
    for (const frame of [opusFrame, random(80), random(1)]) {
      expect('problem' in (await bob.open('alice', 0, 'opus', frame))).toBe(true);
    }
    for (const frame of [keyFrame, deltaFrame, concat(deltaFrame, random(400))]) {
      expect('problem' in (await bob.open('alice', 1, 'vp8', frame))).toBe(true);
    }
  });
});

describe('epochs', () => {
  it('open beside each other, by key id alone', async () => {
    const [one, two] = [await epochOf(1n), await epochOf(2n)];
    const { alice, bob } = await pair(one, two);
    for (const epoch of [1n, 2n]) {
      alice.switch(epoch);
      const out = sealed(await alice.seal(0, 'opus', opusFrame));
      expect(await bob.open('alice', 0, 'opus', out)).toEqual({ frame: opusFrame });
    }
  });

  it('are three at most, the oldest goes', async () => {
    const epochs = await Promise.all([1n, 2n, 3n, 4n].map((e) => epochOf(e)));
    const { alice, bob } = await pair(...epochs.slice(0, 3));
    const frames = new Map<bigint, Bytes>();
    for (const epoch of [1n, 2n, 3n]) {
      alice.switch(epoch);
      frames.set(epoch, sealed(await alice.seal(0, 'opus', opusFrame)));
    }
    await bob.install((epochs[3] as (typeof epochs)[0])(1));
    const opened = (epoch: bigint) => bob.open('alice', 0, 'opus', frames.get(epoch) as Bytes);
    expect(await opened(1n)).toEqual(noKey);
    expect(await opened(2n)).toEqual({ frame: opusFrame });
    expect(await opened(3n)).toEqual({ frame: opusFrame });
  });

  it('that were forgotten open and seal nothing', async () => {
    const { alice, bob } = await pair(await epochOf(1n), await epochOf(2n));
    alice.switch(1n);
    const out = sealed(await alice.seal(0, 'opus', opusFrame));
    bob.forget(1n);
    expect(await bob.open('alice', 0, 'opus', out)).toEqual(noKey);
    alice.forget(1n);
    expect(await alice.seal(0, 'opus', opusFrame)).toBeNull();
    bob.forgetAll();
    expect(bob.opens('alice')).toBe(false);
    expect(await bob.open('alice', 0, 'opus', out)).toEqual(noKey);
  });

  it('do not open what was sealed sixteen epochs before', async () => {
    const { alice, bob } = await pair(await epochOf(1n));
    const out = sealed(await alice.seal(0, 'opus', opusFrame));
    await bob.install((await epochOf(17n))(1));
    bob.forget(1n);
    expect(await bob.open('alice', 0, 'opus', out)).toEqual(notAuthentic);
  });
});
