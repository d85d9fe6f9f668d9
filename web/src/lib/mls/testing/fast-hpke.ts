/**
 * HPKE (RFC 9180) in base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and
 * AES-128-GCM on Node's synchronous crypto, for tests; what @hpke/core does, faster.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from 'node:crypto';
import type { Hpke, PrivateKey, PublicKey } from 'ts-mls/crypto/hpke.js';
import { type Bytes, concat, copy, random, u8, u16, unhex } from '../../crypto/bytes';

interface Key {
  raw: Bytes;
  object: KeyObject;
}

const kemId = u16(0x20);
const kem = concat('KEM', kemId);
const suite = concat('HPKE', kemId, u16(1), u16(1));
const none = new Uint8Array();

export function hmac(key: Uint8Array, data: Uint8Array): Bytes {
  return copy(createHmac('sha256', key).update(data).digest());
}

/** HKDF-Expand. */
export function expand(prk: Uint8Array, info: Uint8Array, length: number): Bytes {
  const blocks: Bytes[] = [];
  let last: Bytes = none;
  for (let i = 1; 32 * blocks.length < length; i++) {
    last = hmac(prk, concat(last, info, u8(i)));
    blocks.push(last);
  }
  return concat(...blocks).slice(0, length);
}

export function encrypt(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array) {
  const cipher = createCipheriv('aes-128-gcm', key, iv).setAAD(aad);
  return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

export function decrypt(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array) {
  const cipher = createDecipheriv('aes-128-gcm', key, iv).setAAD(aad);
  cipher.setAuthTag(sealed.subarray(-16));
  return concat(cipher.update(sealed.subarray(0, -16)), cipher.final());
}

function labeledExtract(id: Bytes, salt: Uint8Array, label: string, ikm: Uint8Array): Bytes {
  return hmac(salt, concat('HPKE-v1', id, label, ikm));
}

function labeledExpand(id: Bytes, prk: Bytes, label: string, info: Uint8Array, length: number) {
  return expand(prk, concat(u16(length), 'HPKE-v1', id, label, info), length);
}

const pkcs8 = unhex('302e020100300506032b656e04220420');
const spki = unhex('302a300506032b656e032100');

/** Reading a private key computes the public one. */
const known = new Map<string, Key>();

function remembered(name: string, read: () => KeyObject, raw: Uint8Array): Key {
  let key = known.get(name);
  if (key === undefined) {
    key = { raw: copy(raw), object: read() };
    known.set(name, key);
  }
  return key;
}

function privateKey(raw: Uint8Array): Key {
  const key = Buffer.from(concat(pkcs8, raw));
  const read = () => createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  return remembered(key.toString('latin1'), read, raw);
}

function publicKey(raw: Uint8Array): Key {
  const key = Buffer.from(concat(spki, raw));
  const read = () => createPublicKey({ key, format: 'der', type: 'spki' });
  return remembered(key.toString('latin1'), read, raw);
}

const pairs = new Map<Key, Key>();

function pairOf(raw: Uint8Array) {
  const own = privateKey(raw);
  let open = pairs.get(own);
  if (open === undefined) {
    const der = createPublicKey(own.object).export({ format: 'der', type: 'spki' });
    open = publicKey(der.subarray(-32));
    pairs.set(own, open);
  }
  return { privateKey: wrap<PrivateKey>(own), publicKey: wrap<PublicKey>(open) };
}

// The library hands keys back as it got them.
const wrap = <T>(key: Key) => key as unknown as T;
const unwrap = (key: CryptoKey) => key as unknown as Key;

/** The key and nonce of a context, from what both sides know. */
function schedule(own: Key, other: Key, context: Bytes, info: Uint8Array) {
  const dh = diffieHellman({ privateKey: own.object, publicKey: other.object });
  const prk = labeledExtract(kem, none, 'eae_prk', dh);
  const shared = labeledExpand(kem, prk, 'shared_secret', context, 32);
  const hashes = concat(
    u8(0),
    labeledExtract(suite, none, 'psk_id_hash', none),
    labeledExtract(suite, none, 'info_hash', info),
  );
  const secret = labeledExtract(suite, shared, 'secret', none);
  return {
    key: labeledExpand(suite, secret, 'key', hashes, 16),
    nonce: labeledExpand(suite, secret, 'base_nonce', hashes, 12),
  };
}

/** `rest` does what these suites never need. */
export function fastHpke(rest: Hpke): Hpke {
  return {
    ...rest,
    async seal(recipient, plaintext, info, aad = none) {
      const other = unwrap(recipient);
      const pair = pairOf(random(32));
      const enc = unwrap(pair.publicKey).raw;
      const context = concat(enc, other.raw);
      const { key, nonce } = schedule(unwrap(pair.privateKey), other, context, info);
      return { enc, ct: encrypt(key, nonce, aad, plaintext) };
    },
    async open(recipient, enc, sealed, info, aad = none) {
      const own = unwrap(recipient);
      const context = concat(enc, unwrap(pairOf(own.raw).publicKey).raw);
      const { key, nonce } = schedule(own, publicKey(enc), context, info);
      return decrypt(key, nonce, aad, sealed);
    },
    importPrivateKey: async (raw) => wrap(privateKey(raw)),
    importPublicKey: async (raw) => wrap(publicKey(raw)),
    exportPrivateKey: async (key) => copy(unwrap(key).raw),
    exportPublicKey: async (key) => copy(unwrap(key).raw),
    deriveKeyPair: async (ikm) => {
      const prk = labeledExtract(kem, none, 'dkp_prk', ikm);
      return pairOf(labeledExpand(kem, prk, 'sk', none, 32));
    },
    generateKeyPair: async () => pairOf(random(32)),
    encryptAead: async (key, iv, aad = none, plaintext) => encrypt(key, iv, aad, plaintext),
    decryptAead: async (key, iv, aad = none, sealed) => decrypt(key, iv, aad, sealed),
  };
}
