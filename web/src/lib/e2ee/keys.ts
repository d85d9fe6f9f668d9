/**
 * Where frame keys come from. Everything else (worker, links, call) knows only
 * `KeySource`; another way to agree on keys replaces what is behind it.
 */
import { type Bytes, concat, hex } from '../crypto/bytes';
import { deriveSecret, sha256 } from '../crypto/kdf';
import type { Context } from './codec';

/** What a sender's frames are sealed with. Goes to the worker as it is. */
export interface SenderKey {
  /** Names this secret: equal names mean equal secrets. Not secret itself. */
  name: string;
  /** HKDF secret, not extractable: `base_key` of RFC 9605. */
  base: CryptoKey;
  leaf: number;
  epoch: number;
}

export interface KeySource {
  /** For what I send. */
  own(): Promise<SenderKey>;
  /** For what another sends; null while there is none. */
  of(member: Bytes, keyPackage: Bytes): Promise<SenderKey | null>;
}

/** ctx << 10 | leaf << 4 | epoch & 15 */
export function kidOf(key: Pick<SenderKey, 'leaf' | 'epoch'>, context: Context): bigint {
  return BigInt((context << 10) | (key.leaf << 4) | (key.epoch & 15));
}

const nonceLength = 32;

/** `u8(0) || join_nonce`. */
export function makeKeyPackage(nonce: Bytes): Bytes {
  return concat(new Uint8Array([0]), nonce);
}

/** The join nonce in a key package; null when it is another kind. */
export function nonceOf(keyPackage: Uint8Array): Bytes | null {
  if (keyPackage.length !== 1 + nonceLength || keyPackage[0] !== 0) return null;
  return new Uint8Array(keyPackage.subarray(1));
}

/** Keys that follow from the link alone: no forward secrecy, one epoch. */
export class LinkKeys implements KeySource {
  constructor(
    private readonly mediaRoot: CryptoKey,
    private readonly me: { id: Bytes; nonce: Bytes },
  ) {}

  own(): Promise<SenderKey> {
    return senderKey(this.mediaRoot, this.me.id, this.me.nonce);
  }

  async of(member: Bytes, keyPackage: Bytes): Promise<SenderKey | null> {
    const nonce = nonceOf(keyPackage);
    return nonce && senderKey(this.mediaRoot, member, nonce);
  }
}

async function senderKey(mediaRoot: CryptoKey, member: Bytes, nonce: Bytes): Promise<SenderKey> {
  const info = concat('RV1 interim sender key', member);
  const [base, place] = await Promise.all([
    deriveSecret(mediaRoot, nonce, info, 16),
    sha256(member, nonce),
  ]);
  return { name: `${hex(member)}:${hex(nonce)}`, base, leaf: (place[0] ?? 0) & 63, epoch: 0 };
}
