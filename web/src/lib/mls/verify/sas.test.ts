import { describe, expect, it } from 'vitest';
import { type Bytes, random } from '../../crypto/bytes';
import type { RosterEntry } from '../group/roster';
import {
  isComplete,
  mayReveal,
  newSasNonce,
  type SasRound,
  sasCode,
  sasCommitment,
  startSas,
  withCommitment,
  withNonce,
} from './sas';

const roster: RosterEntry[] = [0, 1, 4].map((leaf) => ({
  packaged: null,
  leaf,
  memberId: random(16),
  signatureKey: random(32),
}));
const salt = random(32);
const authenticator = random(32);

async function committed(nonces: Map<number, Bytes>): Promise<SasRound> {
  let round: SasRound | null = startSas(7n, roster);
  for (const [leaf, nonce] of nonces) {
    round = round && withCommitment(round, leaf, await sasCommitment(7n, leaf, nonce));
  }
  if (round === null) throw new Error('refused');
  return round;
}

const newNonces = () => new Map(roster.map(({ leaf }) => [leaf, newSasNonce()]));

describe('a comparison', () => {
  it('gives all the same seven pictures, whatever the order of what they heard', async () => {
    const nonces = newNonces();
    let round: SasRound | null = await committed(nonces);
    for (const [leaf, nonce] of nonces) round = round && (await withNonce(round, leaf, nonce));
    expect(round !== null && isComplete(round)).toBe(true);
    const code = await sasCode(salt, authenticator, roster, nonces);
    expect(code).toHaveLength(7);
    for (const picture of code) {
      expect(picture).toBeGreaterThanOrEqual(0);
      expect(picture).toBeLessThan(64);
    }
    const reversed = new Map([...nonces].reverse());
    expect(await sasCode(salt, authenticator, roster, reversed)).toEqual(code);
  });

  it('gives others for another link, group, member or nonce', async () => {
    const nonces = newNonces();
    const code = await sasCode(salt, authenticator, roster, nonces);
    const strangers = roster.map((entry) => ({ ...entry, signatureKey: random(32) }));
    for (const other of [
      sasCode(random(32), authenticator, roster, nonces),
      sasCode(salt, random(32), roster, nonces),
      sasCode(salt, authenticator, strangers, nonces),
      sasCode(salt, authenticator, roster, new Map(nonces).set(4, newSasNonce())),
    ]) {
      expect(await other).not.toEqual(code);
    }
  });

  it('shows nothing before the commitments of all are in', async () => {
    const nonces = newNonces();
    const [first, ...others] = [...nonces.keys()];
    const some = new Map(others.map((leaf) => [leaf, nonces.get(leaf) as Bytes]));
    const round = await committed(some);
    expect(mayReveal(round)).toBe(false);
    const [leaf = 0] = others;
    expect(await withNonce(round, leaf, nonces.get(leaf) as Bytes)).toBeNull();
    const value = await sasCommitment(7n, first ?? 0, nonces.get(first ?? 0) as Bytes);
    expect(mayReveal(withCommitment(round, first ?? 0, value) as SasRound)).toBe(true);
  });

  it('is given up when somebody changes their mind or shows something else', async () => {
    const nonces = newNonces();
    const round = await committed(nonces);
    expect(withCommitment(round, 1, random(32))).toBeNull();
    expect(withCommitment(round, 2, random(32))).toBeNull();
    expect(withCommitment(startSas(7n, roster), 1, random(31))).toBeNull();
    expect(await withNonce(round, 1, random(32))).toBeNull();
    expect(await withNonce(round, 1, nonces.get(4) as Bytes)).toBeNull();
    expect(await withNonce(round, 1, random(31))).toBeNull();
    // A commitment of one member cannot be used by another, or in another epoch.
    const nonce = nonces.get(0) as Bytes;
    const own = await sasCommitment(7n, 0, nonce);
    expect(await sasCommitment(7n, 1, nonce)).not.toEqual(own);
    expect(await sasCommitment(8n, 0, nonce)).not.toEqual(own);
  });

  it('has no code while somebody withholds their nonce', async () => {
    const nonces = newNonces();
    nonces.delete(4);
    await expect(sasCode(salt, authenticator, roster, nonces)).rejects.toThrow('missing');
  });
});
