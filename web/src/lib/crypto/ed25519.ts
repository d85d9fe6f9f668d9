/** Ed25519 from a seed; WebCrypto takes seeds only inside PKCS#8 (RFC 8410). */
import { type Bytes, concat, unhex } from './bytes';
import { decodeBase64url } from './encoding';

const pkcs8Head = unhex('302e020100300506032b657004220420');

export interface SigningKey {
  publicKey: Bytes;
  sign(message: Bytes): Promise<Bytes>;
}

export async function signingKeyFromSeed(seed: Bytes): Promise<SigningKey> {
  const pkcs8 = concat(pkcs8Head, seed);
  try {
    const readable = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']);
    const jwk = await crypto.subtle.exportKey('jwk', readable);
    const publicKey = decodeBase64url(jwk.x ?? '');
    if (publicKey?.length !== 32) throw new Error('no public key');
    const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
    return {
      publicKey,
      sign: async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, message)),
    };
  } finally {
    pkcs8.fill(0);
  }
}
