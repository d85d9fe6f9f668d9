/**
 * Messages that cannot be sent yet: the send gate is closed, there is no socket, or
 * no group. In a new group, chat waits for the members of the former group; when
 * none of them comes, it is sent to nobody and reported as lost.
 */
import { equal } from '../../crypto/bytes';
import { find, type RosterEntry } from '../group/roster';
import type { PeerMessage } from './peer-message';

/** Members of the former group must come into the new one within this time. */
export const othersLimitMs = 15_000;
export const maxPending = 48;

export class PendingMessages {
  #messages: PeerMessage[] = [];
  /** The members that chat waits for in a new group, and the end of the wait. */
  #expected: RosterEntry[] = [];
  #until: number | null = null;

  /** `lost` gets each chat message that will not be sent any more. */
  constructor(private readonly lost: (message: PeerMessage) => void = () => {}) {}

  deadline(): number {
    return this.#until ?? Infinity;
  }

  /** This page is in an epoch with `others`; `arrived`: of another group than before. */
  enter(now: number, others: RosterEntry[], arrived: boolean): void {
    if (arrived && this.#expected.length > 0) this.#until = now + othersLimitMs;
    if (this.#until === null) this.#expected = others;
  }

  /** This page is in no group: the wait restarts in the next one. */
  leave(): void {
    this.#until = null;
  }

  /** This page is a new member: it waits for nobody. */
  forgetOthers(): void {
    this.#expected = [];
    this.#until = null;
  }

  waits({ k }: PeerMessage): boolean {
    return k === 'chat' && this.#until !== null;
  }

  keep(message: PeerMessage): void {
    // A newer state replaces an older one.
    if (message.k === 'state') this.#messages = this.#messages.filter(({ k }) => k !== 'state');
    if (!lasts(message)) return;
    if (this.#messages.length >= maxPending) {
      // Descriptions and candidates are made again when something is missing.
      const least = this.#messages.findIndex(({ k }) => k !== 'chat' && k !== 'state');
      if (least < 0) {
        this.lost(message);
        return;
      }
      this.#messages.splice(least, 1);
    }
    this.#messages.push(message);
  }

  /** Takes the messages out: the caller sends them, or keeps them again. */
  take(now: number, others: RosterEntry[]): PeerMessage[] {
    this.#meet(now, others);
    return this.#messages.splice(0);
  }

  #meet(now: number, others: RosterEntry[]): void {
    if (this.#until === null) return;
    const back = this.#expected.filter(({ memberId, signatureKey }) => {
      const there = find(others, memberId);
      return there !== undefined && equal(there.signatureKey, signatureKey);
    });
    if (back.length < this.#expected.length && now < this.#until) return;
    if (back.length === 0) {
      for (const message of this.#messages) if (message.k === 'chat') this.lost(message);
      this.#messages = this.#messages.filter(({ k }) => k !== 'chat');
    }
    this.#until = null;
    this.#expected = others;
  }
}

/** A comparison belongs to one epoch and presence to one moment: neither is kept. */
function lasts({ k }: PeerMessage): boolean {
  return k !== 'sas-commit' && k !== 'sas-nonce' && k !== 'here';
}
