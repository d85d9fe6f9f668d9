/** Exports of an epoch: media keys, tags and codes to compare. */
import { type Bytes, compare, concat, lp, u8 } from '../../crypto/bytes';
import { hkdf, importSecret, sha256 } from '../../crypto/kdf';
import type { Group } from './group';
import type { RosterEntry } from './roster';

/** HKDF secret for the frames of all members (RFC 9605 §5.2); cannot be read back. */
export async function baseKeyOf(group: Group): Promise<CryptoKey> {
  const raw = await group.export('SFrame 1.0 Base Key', group.member.suite.keyLength);
  const key = await importSecret(raw);
  raw.fill(0);
  return key;
}

/** Equal for all members exactly when they are in the same group. */
export async function epochTag(authenticator: Bytes): Promise<Bytes> {
  return (await sha256(authenticator)).slice(0, 8);
}

/** Signature keys of a roster in byte order, each behind its length. */
export function keyList(roster: Pick<RosterEntry, 'signatureKey'>[]): Bytes {
  const keys = roster.map((entry) => entry.signatureKey).sort(compare);
  return concat(u8(keys.length), ...keys.map((key) => lp(key)));
}

/**
 * 60 digits in twelve groups that are the same for all members of one epoch.
 * Long enough that a person in the middle cannot search for two groups with
 * the same code.
 */
export async function roomCode(
  authenticator: Bytes,
  roster: Pick<RosterEntry, 'signatureKey'>[],
): Promise<string> {
  const secret = await importSecret(authenticator);
  const info = concat('RV1 room code', keyList(roster));
  const bytes = await hkdf(secret, new Uint8Array(), info, 60);
  const groups: string[] = [];
  for (let at = 0; at < 60; at += 5) {
    let value = 0;
    for (const byte of bytes.subarray(at, at + 5)) value = value * 256 + byte;
    groups.push(String(value % 100_000).padStart(5, '0'));
  }
  return groups.join(' ');
}
