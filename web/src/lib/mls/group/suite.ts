/**
 * The cipher suites behind the two versions of a link. The library's own
 * providers are not used: they ask for packages that neither suite needs.
 */
import {
  type AeadInterface,
  Aes128Gcm,
  Aes256Gcm,
  CipherSuite,
  DhkemX25519HkdfSha256,
  HkdfSha256,
  HkdfSha512,
  type KdfInterface,
  type KemInterface,
} from '@hpke/core';
import type { CiphersuiteImpl, CiphersuiteName } from 'ts-mls/crypto/ciphersuite.js';
import type { HpkeAlgorithm } from 'ts-mls/crypto/hpke.js';
import { makeHashImpl } from 'ts-mls/crypto/implementation/default/makeHashImpl.js';
import { makeKdfImpl } from 'ts-mls/crypto/implementation/default/makeKdfImpl.js';
import { makeGenericHpke } from 'ts-mls/crypto/implementation/hpke.js';
import type { Signature } from 'ts-mls/crypto/signature.js';
import { type Bytes, copy, random } from '../../crypto/bytes';
import type { SuiteVersion } from '../../crypto/room-keys';

export type { SuiteVersion };

export interface Suite {
  version: SuiteVersion;
  /** The cipher suite number in MLS messages (RFC 9420 §17.1). */
  id: number;
  /** Returns the suite that the library decodes `id` to. */
  name: CiphersuiteName;
  /** RFC 9605 §8.1. */
  frameSuite: 4 | 5;
  /** Of a media base key, in bytes. */
  keyLength: 16 | 32;
  impl: CiphersuiteImpl;
}

/**
 * Version 2 has no registered number. Ours is from the private-use range 0xF000 to 0xFFFF,
 * and the server knows it (e2ee/mls_key_package.hpp). The numbers that the library gives to
 * its X-Wing suites change with its versions, so its names for them are not used.
 */
export const hybridSuiteId = 0xf3c2;

const loaded = new Map<SuiteVersion, Promise<Suite>>();

/** Version 2 fetches X-Wing when it is first asked for. */
export function loadSuite(version: SuiteVersion): Promise<Suite> {
  let suite = loaded.get(version);
  if (suite === undefined) {
    suite = version === 1 ? classic() : hybrid();
    suite.catch(() => loaded.delete(version));
    loaded.set(version, suite);
  }
  return suite;
}

async function classic(): Promise<Suite> {
  const name = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519';
  const algorithm = { kem: 'DHKEM-X25519-HKDF-SHA256', kdf: 'HKDF-SHA256', aead: 'AES128GCM' };
  const impl = await implementation(name, 'SHA-256', algorithm as HpkeAlgorithm, {
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes128Gcm(),
  });
  return { version: 1, id: 1, name, frameSuite: 4, keyLength: 16, impl };
}

async function hybrid(): Promise<Suite> {
  const { XWing } = await import('@hpke/hybridkem-x-wing');
  // The library writes and reads a number without a name of its own in decimal digits.
  const name = `${hybridSuiteId}` as CiphersuiteName;
  const algorithm = { kem: 'X-Wing', kdf: 'HKDF-SHA512', aead: 'AES256GCM' };
  const impl = await implementation(name, 'SHA-512', algorithm as HpkeAlgorithm, {
    kem: new XWing(),
    kdf: new HkdfSha512(),
    aead: new Aes256Gcm(),
  });
  return { version: 2, id: hybridSuiteId, name, frameSuite: 5, keyLength: 32, impl };
}

interface Parts {
  kem: KemInterface;
  kdf: KdfInterface;
  aead: AeadInterface;
}

async function implementation(
  name: CiphersuiteName,
  hash: 'SHA-256' | 'SHA-512',
  algorithm: HpkeAlgorithm,
  parts: Parts,
): Promise<CiphersuiteImpl> {
  // A KDF object is initialised by its owner, so the key schedule has its own.
  const kdf = hash === 'SHA-256' ? new HkdfSha256() : new HkdfSha512();
  return {
    name,
    hash: makeHashImpl(crypto.subtle, hash),
    kdf: makeKdfImpl(kdf),
    hpke: await makeGenericHpke(algorithm, aesGcm, new CipherSuite(parts)),
    signature: ed25519,
    rng: { randomBytes: (n) => random(n) },
  };
}

const aesGcm = {
  async encrypt(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array) {
    const params = { name: 'AES-GCM', iv: copy(iv), additionalData: copy(aad) };
    const secret = await importAes(key, 'encrypt');
    return new Uint8Array(await crypto.subtle.encrypt(params, secret, copy(plaintext)));
  },
  async decrypt(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array) {
    const params = { name: 'AES-GCM', iv: copy(iv), additionalData: copy(aad) };
    const secret = await importAes(key, 'decrypt');
    return new Uint8Array(await crypto.subtle.decrypt(params, secret, copy(ciphertext)));
  },
};

function importAes(key: Uint8Array, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', copy(key), 'AES-GCM', false, [use]);
}

/** Private keys are PKCS#8, public ones the 32 bytes. */
const ed25519: Signature = {
  async sign(privateKey, message) {
    const key = await crypto.subtle.importKey('pkcs8', copy(privateKey), 'Ed25519', false, [
      'sign',
    ]);
    return new Uint8Array(await crypto.subtle.sign('Ed25519', key, copy(message)));
  },
  verify: (publicKey, message, signature) => verify(copy(publicKey), copy(message), signature),
  async keygen() {
    const made = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
    const pair = made as CryptoKeyPair;
    return {
      publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)),
      signKey: new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)),
    };
  },
};

/** Ed25519; false for keys and signatures of another length, too. */
export async function verify(
  publicKey: Bytes,
  message: Bytes,
  signature: Uint8Array,
): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', key, copy(signature), message);
}
