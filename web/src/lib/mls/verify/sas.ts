/**
 * Comparing seven of 64 pictures. Each member commits to a random value, and
 * shows it only when the commitments of all are in: whoever sits in the middle
 * of two groups has one guess in 2^42 and nothing to search through.
 */
import { type Bytes, concat, copy, equal, lp, random, u8, u16, u64 } from '../../crypto/bytes';
import { hkdf, importSecret, sha256 } from '../../crypto/kdf';
import { keyList } from '../group/exports';
import type { RosterEntry } from '../group/roster';

const sasNonceLength = 32;
const sasLength = 7;

export function newSasNonce(): Bytes {
  return random(sasNonceLength);
}

export function sasCommitment(epoch: bigint, leaf: number, nonce: Bytes): Promise<Bytes> {
  return sha256('RV1 sas commit', u64(epoch), u16(leaf), lp(nonce));
}

/** Indices of pictures, 0 to 63. `nonces` by leaf, one of every member. */
export async function sasCode(
  sasSalt: Bytes,
  authenticator: Bytes,
  roster: RosterEntry[],
  nonces: ReadonlyMap<number, Bytes>,
): Promise<number[]> {
  const parts = roster.map(({ leaf }) => {
    const nonce = nonces.get(leaf);
    if (nonce?.length !== sasNonceLength) throw new RangeError('a member is missing');
    return concat(u16(leaf), nonce);
  });
  const input = concat(lp(authenticator), keyList(roster), u8(parts.length), ...parts);
  const secret = await importSecret(input);
  const bits = await hkdf(secret, sasSalt, concat('RV1 sas code'), 6);
  let value = bits.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) >> 6n;
  const code: number[] = [];
  for (let i = 0; i < sasLength; i++) {
    code.unshift(Number(value & 63n));
    value >>= 6n;
  }
  return code;
}

/** One comparison, in one epoch. Starts anew when the epoch moves. */
export interface SasRound {
  epoch: bigint;
  roster: RosterEntry[];
  commitments: ReadonlyMap<number, Bytes>;
  nonces: ReadonlyMap<number, Bytes>;
}

export function startSas(epoch: bigint, roster: RosterEntry[]): SasRound {
  return { epoch, roster, commitments: new Map(), nonces: new Map() };
}

/** Null ends the comparison: `leaf` is no member, or has sent another value before. */
export function withCommitment(round: SasRound, leaf: number, value: Bytes): SasRound | null {
  const known = round.commitments.get(leaf);
  if (known !== undefined) return equal(known, value) ? round : null;
  const fits = value.length === 32 && round.roster.some((entry) => entry.leaf === leaf);
  if (!fits) return null;
  return { ...round, commitments: new Map(round.commitments).set(leaf, copy(value)) };
}

/** Only then may anybody show a nonce. */
export function mayReveal(round: SasRound): boolean {
  return round.roster.every(({ leaf }) => round.commitments.has(leaf));
}

/** null when it came too early or is not what was committed to: give up. */
export async function withNonce(
  round: SasRound,
  leaf: number,
  nonce: Bytes,
): Promise<SasRound | null> {
  const commitment = round.commitments.get(leaf);
  if (!mayReveal(round) || commitment === undefined) return null;
  if (nonce.length !== sasNonceLength) return null;
  if (!equal(await sasCommitment(round.epoch, leaf, nonce), commitment)) return null;
  return { ...round, nonces: new Map(round.nonces).set(leaf, copy(nonce)) };
}

export function isComplete(round: SasRound): boolean {
  return round.roster.every(({ leaf }) => round.nonces.has(leaf));
}
