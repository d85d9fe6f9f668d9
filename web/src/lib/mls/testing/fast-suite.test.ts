// The fast suite is the real one: what one seals the other opens, bit for bit.
import { expect, it } from 'vitest';
import { random, utf8 } from '../../crypto/bytes';
import { loadSuite } from '../group/suite';
import { fastSuite } from './fast-suite';

it('derives, seals and opens what the real suite does', async () => {
  const [real, fast] = [(await loadSuite(1)).impl.hpke, (await fastSuite()).impl.hpke];
  const ikm = random(32);
  const raws = await Promise.all(
    [real, fast].map(async (hpke) => {
      const { privateKey, publicKey } = await hpke.deriveKeyPair(ikm);
      return [await hpke.exportPrivateKey(privateKey), await hpke.exportPublicKey(publicKey)];
    }),
  );
  expect(raws[1]).toEqual(raws[0]);
  const [secret, open] = raws[0] as [Uint8Array, Uint8Array];
  const [info, aad, text] = [utf8('info'), utf8('aad'), utf8('text')];
  for (const [one, other] of [
    [real, fast],
    [fast, real],
    [fast, fast],
  ] as const) {
    const { enc, ct } = await one.seal(await one.importPublicKey(open), text, info, aad);
    const key = await other.importPrivateKey(secret);
    expect(await other.open(key, enc, ct, info, aad)).toEqual(text);
    await expect(other.open(key, enc, ct, info, utf8('other'))).rejects.toThrow();
    await expect(other.open(key, enc, ct, aad, aad)).rejects.toThrow();
  }
});

it('refuses what the real suite refuses', async () => {
  const [real, fast] = [(await loadSuite(1)).impl, (await fastSuite()).impl];
  const { publicKey, signKey } = await real.signature.keygen();
  const message = random(40);
  const signature = await fast.signature.sign(signKey, message);
  for (const { signature: suite } of [real, fast, fast]) {
    expect(await suite.verify(publicKey, message, signature)).toBe(true);
    expect(await suite.verify(publicKey, random(40), signature)).toBe(false);
  }
});
