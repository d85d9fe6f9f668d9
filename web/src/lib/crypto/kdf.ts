/** SHA-256 and HKDF-SHA-256 (RFC 5869) on WebCrypto. */
import { type Bytes, concat, utf8 } from './bytes';

export async function sha256(...parts: (Uint8Array | string)[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', concat(...parts)));
}

/** A secret that only derivations can be made from; it cannot be read back. */
export function importSecret(secret: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
}

/** Extract with `salt`, expand with `info` to `length` bytes. */
export async function hkdf(
  secret: CryptoKey,
  salt: Bytes,
  info: Bytes,
  length: number,
): Promise<Bytes> {
  const params = { name: 'HKDF', hash: 'SHA-256', salt, info };
  return new Uint8Array(await crypto.subtle.deriveBits(params, secret, length * 8));
}

/** HKDF to another non-extractable secret. */
export async function deriveSecret(
  secret: CryptoKey,
  salt: Bytes,
  info: Bytes,
  length: number,
): Promise<CryptoKey> {
  const bits = await hkdf(secret, salt, info, length);
  const key = await importSecret(bits);
  bits.fill(0);
  return key;
}

const rootSalt = utf8('RV1 room e2ee');

/** `expand(label)` of docs/protocol.md §1: 32 bytes from the link's secret. */
export function expandLabel(secret: CryptoKey, label: string): Promise<Bytes> {
  return hkdf(secret, rootSalt, concat(label, new Uint8Array([1])), 32);
}
