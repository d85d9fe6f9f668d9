/**
 * Credentials: `u8(1) || member[16] || leaf_sig[64]`, where leaf_sig is made
 * with the link's admission key, so that the server cannot make a member.
 */
import type { Credential } from 'ts-mls/credential.js';
import { type Bytes, concat, copy, hex, lp, u8 } from '../../crypto/bytes';
import { sha256 } from '../../crypto/kdf';
import { memberIdLength } from './parameters';
import type { Room } from './room';
import { verify } from './suite';

const kind = 1;
const signatureLength = 64;

export async function makeCredential(
  room: Room,
  memberId: Bytes,
  signatureKey: Bytes,
): Promise<Credential> {
  const signature = await room.admission.sign(await signed(room, memberId, signatureKey));
  return { credentialType: 'basic', identity: concat(u8(kind), memberId, signature) };
}

/** null when it has another form than ours; the signature is not looked at. */
export function memberOf(credential: Credential): Bytes | null {
  if (credential.credentialType !== 'basic') return null;
  const { identity } = credential as { identity: Uint8Array };
  if (identity.length !== 1 + memberIdLength + signatureLength || identity[0] !== kind) return null;
  return copy(identity.subarray(1, 1 + memberIdLength));
}

async function signed(room: Room, memberId: Bytes, signatureKey: Bytes): Promise<Bytes> {
  return concat('RV1 leaf', lp(room.tag), lp(memberId), lp(await sha256(signatureKey)));
}

const maxRemembered = 256;

/** Checks credentials of one room, each pair of credential and key once. */
export class CredentialCheck {
  readonly #room: Room;
  readonly #good = new Set<string>();

  constructor(room: Room) {
    this.#room = room;
  }

  async validateCredential(credential: Credential, signatureKey: Uint8Array): Promise<boolean> {
    const memberId = memberOf(credential);
    if (memberId === null) return false;
    const { identity } = credential as { identity: Uint8Array };
    const name = hex(identity) + hex(signatureKey);
    if (this.#good.has(name)) return true;
    const message = await signed(this.#room, memberId, copy(signatureKey));
    const signature = identity.subarray(1 + memberIdLength);
    if (!(await verify(this.#room.admission.publicKey, message, signature))) return false;
    if (this.#good.size >= maxRemembered) this.#good.clear();
    this.#good.add(name);
    return true;
  }
}
