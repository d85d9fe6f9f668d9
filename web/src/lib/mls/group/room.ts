/** Values of a link for the group: its tag, the key that admits members, and the pre-shared key. */
import { type Bytes, concat, u8, utf8 } from '../../crypto/bytes';
import type { SigningKey } from '../../crypto/ed25519';
import { hkdf, importSecret } from '../../crypto/kdf';
import type { SuiteVersion } from './suite';

export const tagLength = 13;

export interface Room {
  /** 13 bytes of the room id (docs/protocol.md §1). */
  tag: Bytes;
  /** Everybody with the link has it. */
  admission: SigningKey;
  /** 32 bytes. */
  psk: Bytes;
  /** 32 bytes, only for comparing codes (sas.ts). */
  sasSalt: Bytes;
}

export async function makeRoom(
  secret: Bytes,
  version: SuiteVersion,
  tag: Bytes,
  admission: SigningKey,
): Promise<Room> {
  if (tag.length !== tagLength) throw new RangeError('wrong length of the tag');
  const key = await importSecret(secret);
  const expand = (label: string) =>
    hkdf(key, utf8('RV1 room e2ee'), concat(label, u8(version)), 32);
  return {
    tag,
    admission,
    psk: await expand('RV1 mls external psk'),
    sasSalt: await expand('RV1 sas salt'),
  };
}

/** Under which the pre-shared key goes in proposals. */
export function pskId(room: Room): Bytes {
  return concat('RV1', room.tag);
}
