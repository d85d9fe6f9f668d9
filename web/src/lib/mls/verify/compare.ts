/**
 * Runs a comparison of pictures (sas.ts) among the members: the member that begins
 * sends a commitment, all others answer with theirs, and nonces follow when all
 * commitments have come. A new epoch restarts the comparison.
 */
import { type Bytes, hex } from '../../crypto/bytes';
import type { View } from '../delivery/delivery-types';
import type { PeerMessage } from '../messages/peer-message';
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

export type Comparison =
  | { is: 'idle' }
  | { is: 'waiting' }
  /** `keys`: signature keys (hex) of all members that the pictures stand for. */
  | { is: 'code'; code: number[]; keys: string[] }
  | { is: 'failed' };

export interface ComparePort {
  send(message: PeerMessage): void;
  show(comparison: Comparison): void;
}

interface Round {
  sas: SasRound;
  nonce: Bytes;
  shown: boolean;
}

/** Every member must answer within this time, in milliseconds. */
const compareLimit = 15_000;
/** Limit of rounds in ten minutes: each gives an attacker in the middle one guess. */
export const maxRounds = 16;
const roundsIn = 600_000;

export class Compare {
  #view: View | null = null;
  #authenticator: Bytes = new Uint8Array();
  #round: Round | null = null;
  #began = false;
  #deadline = Infinity;
  /** When the last rounds began. */
  #rounds: number[] = [];
  #state: Comparison = { is: 'idle' };

  constructor(
    private readonly salt: Bytes,
    private readonly port: ComparePort,
  ) {}

  deadline(): number {
    return this.#deadline;
  }

  /** This page is in this epoch now; null: in no group. */
  async enter(view: View | null, authenticator: Bytes, now: number): Promise<void> {
    const keys = view?.roster.map(({ signatureKey }) => hex(signatureKey)) ?? [];
    this.#view = view;
    this.#authenticator = authenticator;
    if (this.#state.is === 'code') {
      // The pictures stand for keys, not for an epoch: they hold while all of them are there.
      if (same(keys, this.#state.keys)) return;
      this.#end({ is: 'idle' });
    } else if (this.#round !== null) {
      this.#round = null;
      if (this.#began && keys.length > 1) await this.#open(now);
      else this.#end({ is: 'idle' });
    }
  }

  /** The person asked for a comparison. */
  async begin(now: number): Promise<void> {
    if (this.#view === null || this.#view.roster.length < 2) return;
    this.#began = true;
    if (this.#state.is !== 'waiting') await this.#open(now);
  }

  stop(): void {
    this.#end({ is: 'idle' });
  }

  tick(now: number): void {
    if (now >= this.#deadline) this.#end({ is: 'failed' });
  }

  /** A message of the member on `leaf`, sent in our epoch. */
  async receive(leaf: number, message: PeerMessage, now: number): Promise<void> {
    if (message.k === 'sas-commit') {
      if (this.#state.is !== 'waiting') await this.#open(now);
      await this.#step(this.#round && withCommitment(this.#round.sas, leaf, message.value));
    } else if (message.k === 'sas-nonce' && this.#round !== null) {
      await this.#step(await withNonce(this.#round.sas, leaf, message.value));
    }
  }

  async #open(now: number): Promise<void> {
    const view = this.#view;
    if (view === null) return;
    this.#rounds = this.#rounds.filter((at) => now < at + roundsIn);
    if (this.#rounds.length >= maxRounds) {
      if (this.#began) this.#end({ is: 'failed' });
      return;
    }
    this.#rounds.push(now);
    const nonce = newSasNonce();
    const value = await sasCommitment(view.epoch, view.leaf, nonce);
    const sas = withCommitment(startSas(view.epoch, view.roster), view.leaf, value);
    if (sas === null) return;
    this.#round = { sas, nonce, shown: false };
    this.#deadline = now + compareLimit;
    this.#show({ is: 'waiting' });
    this.port.send({ k: 'sas-commit', value });
  }

  async #step(next: SasRound | null): Promise<void> {
    const round = this.#round;
    const view = this.#view;
    if (round === null || view === null) return;
    if (next === null) return this.#end({ is: 'failed' });
    round.sas = next;
    if (!mayReveal(next)) return;
    if (!round.shown) {
      round.shown = true;
      this.port.send({ k: 'sas-nonce', value: round.nonce });
      const own = await withNonce(next, view.leaf, round.nonce);
      if (own === null) return this.#end({ is: 'failed' });
      round.sas = own;
    }
    if (!isComplete(round.sas)) return;
    const { roster, nonces } = round.sas;
    const code = await sasCode(this.salt, this.#authenticator, roster, nonces);
    this.#end({ is: 'code', code, keys: roster.map(({ signatureKey }) => hex(signatureKey)) });
  }

  #end(state: Comparison): void {
    this.#round = null;
    this.#began = false;
    this.#deadline = Infinity;
    this.#show(state);
  }

  #show(state: Comparison): void {
    if (this.#state.is === 'idle' && state.is === 'idle') return;
    this.#state = state;
    this.port.show(state);
  }
}

function same(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((key) => b.includes(key));
}
