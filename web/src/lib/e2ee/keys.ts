/**
 * Key messages to the frame worker: from the worker that holds the group,
 * over a port of their own, or by the self-test.
 */
import type { Context } from './codec';
import type { FrameSuite } from './sframe';

/** Somebody's place in the group of one epoch. */
export interface Place {
  leaf: number;
  /** Member id, hex. */
  member: string;
}

export interface EpochKey {
  /** Names the group; equal names and epochs mean equal secrets. Not secret. */
  group: string;
  epoch: bigint;
  /** HKDF secret, not extractable: `base_key` of RFC 9605. */
  base: CryptoKey;
  suite: FrameSuite;
  /** My own leaf. */
  self: number;
  roster: Place[];
}

export type KeyMessage =
  | ({ k: 'install' } & EpochKey) // open frames of it from now on
  | { k: 'switch'; epoch: bigint } // seal frames with it from now on
  | { k: 'forget'; epoch: bigint } // destroy its keys
  | { k: 'forget-all' } // those of all epochs; nothing is sealed any more
  | { k: 'hold'; on: boolean }; // nothing is sealed while it is on

/** In the key id of a frame. */
export const epochMask = 15n;
const leafMask = 63n;

/** ctx << 10 | leaf << 4 | epoch & 15 */
export function kidOf(context: Context, leaf: number, epoch: bigint): bigint {
  return (BigInt(context) << 10n) | ((BigInt(leaf) & leafMask) << 4n) | (epoch & epochMask);
}

/** null when it is longer than a KID of ours can be. */
export function partsOf(kid: bigint): { context: number; leaf: number; low: bigint } | null {
  if (kid >= 1n << 12n) return null;
  return {
    context: Number(kid >> 10n),
    leaf: Number((kid >> 4n) & leafMask),
    low: kid & epochMask,
  };
}
