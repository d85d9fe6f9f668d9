/**
 * Suite 1 on Node's synchronous crypto, for tests with very many epochs: each
 * call of WebCrypto goes through a thread pool there. Keys and bytes are the same.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { copy, unhex } from '../../crypto/bytes';
import { loadSuite, type Suite } from '../group/suite';
import { expand, fastHpke, hmac } from './fast-hpke';

export async function fastSuite(): Promise<Suite> {
  const suite = await loadSuite(1);
  const { impl } = suite;
  const fast = {
    ...impl,
    hash: {
      digest: async (data: Uint8Array) => copy(createHash('sha256').update(data).digest()),
      mac: async (key: Uint8Array, data: Uint8Array) => hmac(key, data),
      verifyMac: async (key: Uint8Array, mac: Uint8Array, data: Uint8Array) =>
        mac.length === 32 && timingSafeEqual(mac, hmac(key, data)),
    },
    kdf: {
      size: 32,
      extract: async (salt: Uint8Array, ikm: Uint8Array) => hmac(salt, ikm),
      expand: async (prk: Uint8Array, info: Uint8Array, length: number) =>
        expand(prk, info, length),
    },
    signature: {
      keygen: impl.signature.keygen,
      sign: async (key: Uint8Array, message: Uint8Array) =>
        copy(sign(null, message, privateKey(key))),
      verify: async (key: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
        verified(key, message, signature),
    },
    hpke: fastHpke(impl.hpke),
  };
  return { ...suite, impl: fast };
}

const spkiHead = unhex('302a300506032b6570032100');
/** Reading a private key computes the public one. */
const keys = new Map<string, KeyObject>();

function publicKey(key: Uint8Array): KeyObject {
  const der = Buffer.concat([spkiHead, key]);
  return remembered(der, () => createPublicKey({ key: der, format: 'der', type: 'spki' }));
}

function privateKey(pkcs8: Uint8Array): KeyObject {
  const der = Buffer.from(pkcs8);
  return remembered(der, () => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

function remembered(der: Buffer, read: () => KeyObject): KeyObject {
  const name = der.toString('latin1');
  let key = keys.get(name);
  if (key === undefined) {
    key = read();
    keys.set(name, key);
  }
  return key;
}

/** Cache of valid signatures: all members check the same leaves, in one process. */
const good = new Set<string>();

function verified(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const digest = createHash('sha256').update(key).update(signature).update(message);
  const name = digest.digest('base64');
  if (good.has(name)) return true;
  const fits = verify(null, message, publicKey(key), signature);
  if (fits) good.add(name);
  return fits;
}
