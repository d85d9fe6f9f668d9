/**
 * The send gate closes when sealed data could reach a member that should not have
 * it: an announced removal has not come for 5 s, a member does not prove its
 * presence (presence.ts), or the group is forked. It opens when that is over.
 */
import { equal } from '../../crypto/bytes';
import { isNew, type RosterEntry } from '../group/roster';
import { removalLimitMs } from './delivery-limits';
import type { Output, View } from './delivery-types';

/** A member whose removal was announced, as its leaf was then, and the end of the wait for it. */
interface Announced extends RosterEntry {
  groupId: Uint8Array;
  until: number;
}

export class SendGate {
  /** Leaves with an announced removal, and the time by which its commit must come. */
  readonly #leaving = new Map<number, number>();
  /** The same members; a rejoin of this page neither ends the wait nor restarts it. */
  #announced: Announced[] = [];
  #last = -Infinity;
  #silent = false;
  #forked = false;
  #on = false;

  get on(): boolean {
    return this.#on;
  }

  deadline(): number {
    return Math.min(Infinity, ...[...this.#leaving.values()].filter((at) => at > this.#last));
  }

  /** The server announced the removal of `leaves`. */
  expect(now: number, leaves: number[], { groupId, roster }: View): void {
    for (const entry of roster) {
      if (leaves.includes(entry.leaf))
        this.#wait({ ...entry, groupId, until: now + removalLimitMs });
    }
  }

  /** This page entered a group. In another group, keys of the former one are worthless. */
  enter({ groupId, roster }: View): void {
    const before = this.#announced.filter((one) => equal(one.groupId, groupId));
    this.#announced = [];
    for (const one of before) {
      const there = roster.find(({ leaf }) => leaf === one.leaf);
      if (there !== undefined && !isNew(there, before)) this.#wait(one);
    }
  }

  #wait(one: Announced): void {
    if (this.#leaving.has(one.leaf)) return;
    this.#leaving.set(one.leaf, one.until);
    this.#announced.push(one);
  }

  /** Only the announced removal ends the wait, no other commit does. */
  removed(leaves: number[]): void {
    for (const leaf of leaves) this.#leaving.delete(leaf);
    this.#announced = this.#announced.filter(({ leaf }) => !leaves.includes(leaf));
  }

  silent(leaves: number[]): void {
    this.#silent = leaves.length > 0;
  }

  fork(): void {
    this.#forked = true;
  }

  /** A commit removed this page: members that it meets later are new to it. */
  forget(): void {
    this.#announced = [];
  }

  /** This page is in no group. */
  reset(): void {
    this.#leaving.clear();
    this.#silent = false;
    this.#forked = false;
  }

  /** The change since the last call, also by time; empty: none. */
  tick(now: number): Output[] {
    this.#last = now;
    const stuck = [...this.#leaving.values()].some((at) => now >= at);
    const on = stuck || this.#silent || this.#forked;
    if (on === this.#on) return [];
    this.#on = on;
    return [{ t: 'hold', on }];
  }
}
