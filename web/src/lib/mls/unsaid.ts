/**
 * Words that cannot be said yet: nothing may be sent, there is no socket, or no
 * group. In a new group chat waits for those who were in the one before, and goes
 * to nobody else when none of them comes. Chat that is given up is said to be lost.
 */
import { equal } from '../crypto/bytes';
import { find, type RosterEntry } from './roster';
import type { Said } from './said';

/** For the others to come into a new group, in milliseconds. */
export const othersWithin = 15_000;
export const maxUnsaid = 48;

export class Unsaid {
  #words: Said[] = [];
  /** Who was there, and until when we wait for them in a new group. */
  #company: RosterEntry[] = [];
  #until: number | null = null;

  /** `lost`: will not be said any more. */
  constructor(private readonly lost: (said: Said) => void = () => {}) {}

  deadline(): number {
    return this.#until ?? Infinity;
  }

  /** We are in an epoch with these others; `arrived`: in another group. */
  enter(now: number, others: RosterEntry[], arrived: boolean): void {
    if (arrived && this.#company.length > 0) this.#until = now + othersWithin;
    if (this.#until === null) this.#company = others;
  }

  /** We are in no group: the wait begins anew in the next one. */
  leave(): void {
    this.#until = null;
  }

  /** We are somebody new: nobody is waited for. */
  forgetOthers(): void {
    this.#company = [];
    this.#until = null;
  }

  waits({ k }: Said): boolean {
    return k === 'chat' && this.#until !== null;
  }

  keep(said: Said): void {
    // Of what replaces itself the newest counts.
    if (said.k === 'state') this.#words = this.#words.filter(({ k }) => k !== 'state');
    if (!lasts(said)) return;
    if (this.#words.length >= maxUnsaid) {
      // Descriptions and candidates are made again when something is missing.
      const least = this.#words.findIndex(({ k }) => k !== 'chat' && k !== 'state');
      if (least < 0) {
        this.lost(said);
        return;
      }
      this.#words.splice(least, 1);
    }
    this.#words.push(said);
  }

  /** To be said now, or kept again. */
  take(now: number, others: RosterEntry[]): Said[] {
    this.#meet(now, others);
    return this.#words.splice(0);
  }

  #meet(now: number, others: RosterEntry[]): void {
    if (this.#until === null) return;
    const back = this.#company.filter(({ memberId, signatureKey }) => {
      const there = find(others, memberId);
      return there !== undefined && equal(there.signatureKey, signatureKey);
    });
    if (back.length < this.#company.length && now < this.#until) return;
    if (back.length === 0) {
      for (const said of this.#words) if (said.k === 'chat') this.lost(said);
      this.#words = this.#words.filter(({ k }) => k !== 'chat');
    }
    this.#until = null;
    this.#company = others;
  }
}

/** A comparison is of one epoch, and presence of a moment. */
function lasts({ k }: Said): boolean {
  return k !== 'sas-commit' && k !== 'sas-nonce' && k !== 'here';
}
