/**
 * Suite 1 on Node's synchronous crypto, for tests with very many epochs: each
 * call of WebCrypto goes through a thread pool there. Keys and bytes are the same.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { copy, unhex } from '../../crypto/bytes';
import { loadSuite, type Suite } from '../suite';

export async function fastSuite(): Promise<Suite> {
  const suite = await loadSuite(1);
  const { impl } = suite;
  const fast = {
    ...impl,
    hash: {
      digest: async (data: Uint8Array) => bytes(createHash('sha256').update(data).digest()),
      mac: async (key: Uint8Array, data: Uint8Array) => hmac(key, data),
      verifyMac: async (key: Uint8Array, mac: Uint8Array, data: Uint8Array) =>
        mac.length === 32 && timingSafeEqual(mac, hmac(key, data)),
    },
    kdf: {
      size: 32,
      extract: async (salt: Uint8Array, ikm: Uint8Array) => hmac(salt, ikm),
      expand,
    },
    signature: {
      keygen: impl.signature.keygen,
      sign: async (key: Uint8Array, message: Uint8Array) =>
        bytes(sign(null, message, privateKey(key))),
      verify: async (key: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
        verify(null, message, publicKey(key), signature),
    },
    hpke: {
      ...impl.hpke,
      encryptAead: async (
        key: Uint8Array,
        iv: Uint8Array,
        aad: Uint8Array | undefined,
        plaintext: Uint8Array,
      ) => {
        const cipher = createCipheriv('aes-128-gcm', key, iv).setAAD(aad ?? new Uint8Array());
        const parts = [cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
        return bytes(Buffer.concat(parts));
      },
      decryptAead: async (
        key: Uint8Array,
        iv: Uint8Array,
        aad: Uint8Array | undefined,
        ciphertext: Uint8Array,
      ) => {
        const cipher = createDecipheriv('aes-128-gcm', key, iv).setAAD(aad ?? new Uint8Array());
        cipher.setAuthTag(ciphertext.subarray(-16));
        return bytes(Buffer.concat([cipher.update(ciphertext.subarray(0, -16)), cipher.final()]));
      },
    },
  };
  return { ...suite, impl: fast };
}

function bytes(buffer: Uint8Array) {
  return copy(buffer);
}

function hmac(key: Uint8Array, data: Uint8Array) {
  return bytes(createHmac('sha256', key).update(data).digest());
}

async function expand(prk: Uint8Array, info: Uint8Array, length: number) {
  const blocks: Uint8Array[] = [];
  let last: Uint8Array = new Uint8Array();
  for (let i = 1; 32 * blocks.length < length; i++) {
    last = hmac(prk, Buffer.concat([last, info, Uint8Array.of(i)]));
    blocks.push(last);
  }
  return bytes(Buffer.concat(blocks).subarray(0, length));
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
