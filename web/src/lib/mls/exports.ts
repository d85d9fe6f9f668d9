/** What others take from an epoch: media keys, tags and codes to compare. */
import { type Bytes, compare, concat, lp, u8, utf8 } from '../crypto/bytes';
import { hkdf, importSecret, sha256 } from '../crypto/kdf';
import type { Group } from './group';
import type { RosterEntry } from './roster';

export interface EpochKeys {
  epoch: bigint;
  /** HKDF secret for the frames of all members (RFC 9605 §5.2); cannot be read back. */
  baseKey: CryptoKey;
  /** Equal for all members exactly when they are in the same group. */
  tag: Bytes;
}

export async function epochKeys(group: Group): Promise<EpochKeys> {
  const { epoch } = group;
  const raw = await group.export('SFrame 1.0 Base Key', group.member.suite.keyLength);
  const baseKey = await importSecret(raw);
  raw.fill(0);
  return { epoch, baseKey, tag: await epochTag(group.authenticator) };
}

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

/**
 * Binds the DTLS connection of two members to the group: both sides send and
 * compare it. `fingerprints` are those of both ends, in any order.
 */
export async function dtlsBinding(group: Group, fingerprints: string[]): Promise<Bytes> {
  const raw = await group.export('RV1 dtls', 32);
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', raw, hmac, false, ['sign']);
  raw.fill(0);
  const list = fingerprints.map((print) => utf8(print.toUpperCase())).sort(compare);
  const message = concat(u8(list.length), ...list.map((print) => lp(print)));
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, message));
}
