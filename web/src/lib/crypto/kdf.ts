/** SHA-256 and HKDF (RFC 5869) on WebCrypto. */
import { type Bytes, concat, u8, utf8 } from './bytes';

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
  hash: 'SHA-256' | 'SHA-512' = 'SHA-256',
): Promise<Bytes> {
  const params = { name: 'HKDF', hash, salt, info };
  return new Uint8Array(await crypto.subtle.deriveBits(params, secret, length * 8));
}

const rootSalt = utf8('RV1 room e2ee');

/** `expand(label)` of docs/protocol.md §1: 32 bytes from the link's secret and its digit. */
export function expandLabel(secret: CryptoKey, label: string, version: number): Promise<Bytes> {
  return hkdf(secret, rootSalt, concat(label, u8(version)), 32);
}
