/** Everything that follows from the secret in a link (docs/protocol.md §1). */
import { type Bytes, concat, equal, lp } from './bytes';
import { type SigningKey, signingKeyFromSeed } from './ed25519';
import { decodeBase32 } from './encoding';
import { expandLabel, importSecret, sha256 } from './kdf';

/** The digit in front of a link's secret: which cipher suites the room has. */
export type SuiteVersion = 1 | 2;

export const secretLength = 24;
const tagLength = 13;
const roomIdLength = 40;

export interface RoomKeys {
  tag: Bytes;
  admission: SigningKey;
  /** AES-256-GCM. */
  lobby: CryptoKey;
}

/** H("RV1 room" || lp(adm_pk) || lp(host_pk) || lp(policy))[0..13]; no policy today. */
export async function roomTag(admissionKey: Bytes, hostKey: Bytes): Promise<Bytes> {
  const hash = await sha256('RV1 room', lp(admissionKey), lp(hostKey), lp(''));
  return hash.slice(0, tagLength);
}

/** The tag in a room id; null when it is none. The server checks the rest of it. */
export function tagOfRoom(room: string): Bytes | null {
  if (room.length !== roomIdLength) return null;
  return decodeBase32(room)?.slice(0, tagLength) ?? null;
}

/** `version` is the digit in front of the secret: other keys and another room follow from each. */
export async function deriveRoomKeys(secret: Bytes, version: SuiteVersion): Promise<RoomKeys> {
  if (secret.length !== secretLength) throw new RangeError('wrong length of the secret');
  const root = await importSecret(secret);
  const seed = await expandLabel(root, 'RV1 admission ed25519', version);
  const admission = await signingKeyFromSeed(seed);
  seed.fill(0);
  const [tag, lobby] = await Promise.all([
    roomTag(admission.publicKey, new Uint8Array()),
    expandAead(root, 'RV1 lobby aead', version),
  ]);
  return { tag, admission, lobby };
}

/** Whether the secret belongs to the room; nothing is sent when it does not. */
export function belongsTo(keys: RoomKeys, room: string): boolean {
  const tag = tagOfRoom(room);
  return tag !== null && equal(tag, keys.tag);
}

export interface AdmissionClaim {
  origin: string;
  room: string;
  nonce: Bytes;
  member: Bytes;
  keyPackage: Bytes;
}

/** The signature of `admit` (docs/protocol.md §3.1). */
export async function signAdmission(keys: RoomKeys, claim: AdmissionClaim): Promise<Bytes> {
  const { origin, room, nonce, member, keyPackage } = claim;
  const packageHash = await sha256(keyPackage);
  const fields = [lp(origin), lp(room), lp(nonce), lp(member), lp(packageHash)];
  return keys.admission.sign(concat('RV1 admit', ...fields));
}

async function expandAead(
  root: CryptoKey,
  label: string,
  version: SuiteVersion,
): Promise<CryptoKey> {
  const bits = await expandLabel(root, label, version);
  const key = await crypto.subtle.importKey('raw', bits, 'AES-GCM', false, ['encrypt', 'decrypt']);
  bits.fill(0);
  return key;
}
