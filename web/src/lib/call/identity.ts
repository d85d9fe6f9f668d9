/** Who I am in this room, fresh for every page load. */
import { type Bytes, random } from '../crypto/bytes';
import { type RoomKeys, signAdmission } from '../crypto/room-keys';
import { sealName } from '../crypto/seal';
import type { Party } from '../crypto/signal';
import { makeKeyPackage } from '../e2ee/keys';
import type { Admission } from '../protocol/wire';

export function newIdentity(): Party {
  return { id: random(16), nonce: random(32) };
}

export async function admissionOf(
  keys: RoomKeys,
  me: Party,
  said: { origin: string; room: string; nonce: Bytes; name: string },
): Promise<Admission> {
  const keyPackage = makeKeyPackage(me.nonce);
  const { origin, room, nonce } = said;
  const [sig, lobby] = await Promise.all([
    signAdmission(keys, { origin, room, nonce, member: me.id, keyPackage }),
    sealName(keys.lobby, keys.tag, me.id, said.name),
  ]);
  const adm_pk = keys.admission.publicKey;
  return { adm_pk, member: me.id, key_package: keyPackage, lobby, sig };
}
