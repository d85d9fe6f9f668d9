import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { random, unhex } from '../crypto/bytes';
import { importSecret } from '../crypto/kdf';
import { decodeHeader, decryptFrame, deriveFrameKey, encodeHeader, encryptFrame } from './sframe';

/** A part of RFC 9605, appendix C. */
const headers: [bigint, bigint, string][] = [
  [0n, 0n, '00'],
  [0n, 7n, '07'],
  [0n, 8n, '0808'],
  [7n, 255n, '78ff'],
  [8n, 0n, '8008'],
  [255n, 65536n, '8aff010000'],
  [0x10000n, 0xffffn, 'a9010000ffff'],
  [2n ** 64n - 1n, 2n ** 64n - 1n, 'ffffffffffffffffffffffffffffffffff'],
];

const rfcExample = {
  kid: 0x123n,
  ctr: 0x4567n,
  base: '000102030405060708090a0b0c0d0e0f',
  salt: '75234edefe07819026751816',
  metadata: '4945544620534672616d65205747',
  pt: '64726166742d696574662d736672616d652d656e63',
  ct: '9901234567b7412c2513a1b66dbb48841bbaf17f598751176ad847681a69c6d0b091c07018ce4adb34eb',
};

const file = new URL('../../../../../shared/vectors/sframe-rfc9605.json', import.meta.url);

describe('headers', () => {
  it.each(headers)('of KID %d and CTR %d are %s', (kid, ctr, encoded) => {
    expect(encodeHeader(kid, ctr)).toEqual(unhex(encoded));
    const length = encoded.length / 2;
    expect(decodeHeader(unhex(`${encoded}aa`))).toEqual({ kid, ctr, length });
  });

  it('are refused when cut anywhere', () => {
    for (const [, , encoded] of headers) {
      const bytes = unhex(encoded);
      for (let n = 0; n < bytes.length; n++) expect(decodeHeader(bytes.slice(0, n))).toBeNull();
    }
  });

  it('are refused when a shorter form exists', () => {
    for (const long of ['8007', '0807', '090001', '9000ff00', '0a000001', '8000', '0800']) {
      expect(decodeHeader(unhex(long)), long).toBeNull();
    }
  });
});

describe('frames', () => {
  const metadata = unhex(rfcExample.metadata);

  async function keys() {
    const base = await importSecret(unhex(rfcExample.base));
    const { kid } = rfcExample;
    return {
      sender: await deriveFrameKey(base, kid, 'encrypt'),
      receiver: await deriveFrameKey(base, kid, 'decrypt'),
    };
  }

  it('are those of RFC 9605 for suite 4', async () => {
    const { sender, receiver } = await keys();
    expect(sender.salt).toEqual(unhex(rfcExample.salt));
    const ct = await encryptFrame(sender, rfcExample.ctr, metadata, unhex(rfcExample.pt));
    expect(ct).toEqual(unhex(rfcExample.ct));
    const header = decodeHeader(ct);
    expect(header && (await decryptFrame(receiver, header, metadata, ct))).toEqual(
      unhex(rfcExample.pt),
    );
  });

  it('open with nothing changed, and with anything changed do not', async () => {
    const { sender, receiver } = await keys();
    const frame = await encryptFrame(sender, 5n, metadata, random(40));
    for (let i = 0; i < frame.length; i++) {
      const changed = frame.slice();
      changed[i] = (changed[i] ?? 0) ^ 1;
      const header = decodeHeader(changed);
      expect(header && (await decryptFrame(receiver, header, metadata, changed))).toBeNull();
    }
    const header = decodeHeader(frame);
    expect(header).not.toBeNull();
    if (!header) return;
    expect(await decryptFrame(receiver, header, random(3), frame)).toBeNull();
    expect(await decryptFrame(receiver, header, metadata, frame.slice(0, -1))).toBeNull();
    expect(await decryptFrame(receiver, header, metadata, frame)).not.toBeNull();
  });

  it('have keys that cannot be read back', async () => {
    const { sender, receiver } = await keys();
    expect([sender.key.extractable, receiver.key.extractable]).toEqual([false, false]);
    expect([sender.key.usages, receiver.key.usages]).toEqual([['encrypt'], ['decrypt']]);
  });
});

// The working group's own file, where it lies beside the clone.
describe.skipIf(!existsSync(file))('the vectors of the working group', () => {
  // Values up to 2^64 - 1: every integer becomes a text first.
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '{"header":[],"sframe":[]}';
  const vectors = JSON.parse(text.replace(/("(?:kid|ctr)": *)(\d+)/g, '$1"$2"'));

  it('agree on every header', () => {
    expect(vectors.header.length).toBeGreaterThan(200);
    for (const v of vectors.header) {
      const encoded = unhex(v.encoded);
      expect(encodeHeader(BigInt(v.kid), BigInt(v.ctr))).toEqual(encoded);
      expect(decodeHeader(encoded)).toEqual({
        kid: BigInt(v.kid),
        ctr: BigInt(v.ctr),
        length: encoded.length,
      });
    }
  });

  it('agree on suite 4', async () => {
    const v = vectors.sframe.find((s: { cipher_suite: number }) => s.cipher_suite === 4);
    const key = await deriveFrameKey(
      await importSecret(unhex(v.base_key)),
      BigInt(v.kid),
      'encrypt',
    );
    const ct = await encryptFrame(key, BigInt(v.ctr), unhex(v.metadata), unhex(v.pt));
    expect(ct).toEqual(unhex(v.ct));
  });
});
