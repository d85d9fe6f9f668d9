/** Identity for admission. */
import type { Bytes } from '../crypto/bytes';
import { type RoomKeys, signAdmission } from '../crypto/room-keys';
import { sealName } from '../crypto/seal';
import type { Offer } from '../mls/group/host-messages';
import type { Admission } from '../protocol/wire';

interface Claim {
  origin: string;
  room: string;
  nonce: Bytes;
  /** Member id, fresh for every page load. */
  id: Bytes;
  name: string;
  /** The session of a page that crashed; null: there was none. */
  replaces: string | null;
}

export async function admissionOf(keys: RoomKeys, offer: Offer, claim: Claim): Promise<Admission> {
  const { keyPackage, incarnation } = offer;
  const { origin, room, nonce, id, name, replaces } = claim;
  const [sig, lobby] = await Promise.all([
    signAdmission(keys, { origin, room, nonce, member: id, keyPackage }),
    sealName(keys.lobby, keys.tag, id, name),
  ]);
  const admission: Admission = {
    adm_pk: keys.admission.publicKey,
    member: id,
    key_package: keyPackage,
    lobby,
    sig,
  };
  if (incarnation !== null) admission.incarnation = incarnation;
  if (replaces !== null) admission.replaces = replaces;
  return admission;
}
