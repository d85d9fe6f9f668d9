/**
 * When nothing may be sent. Somebody is to be removed and is still there after
 * 5 s, or does not prove that they are there (presence.ts), or the group is
 * forked: until that is over, what we seal could be opened by who should not.
 */
import { equal } from '../crypto/bytes';
import { stuckAfter } from './delivery-limits';
import type { Output, View } from './delivery-types';
import { isNew, type RosterEntry } from './roster';

/** Somebody who was to go, as they were then; how long we wait is counted from there. */
interface Announced extends RosterEntry {
  groupId: Uint8Array;
  until: number;
}

export class Hold {
  /** Leaves whose removal was announced and has not come, and until when we wait for it. */
  readonly #leaving = new Map<number, number>();
  /** They: our coming into the group again neither ends the wait nor begins it anew. */
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

  /** Their removal was announced. */
  expect(now: number, leaves: number[], { groupId, roster }: View): void {
    for (const entry of roster) {
      if (leaves.includes(entry.leaf)) this.#wait({ ...entry, groupId, until: now + stuckAfter });
    }
  }

  /** We came into a group. In another one what they have of the one before is worth nothing. */
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

  /** Only the removal that was announced ends the wait for it, and no other commit. */
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

  /** A commit removed us: whoever comes in after it comes in anew. */
  forget(): void {
    this.#announced = [];
  }

  /** We are in no group. */
  reset(): void {
    this.#leaving.clear();
    this.#silent = false;
    this.#forked = false;
  }

  /** What has changed, also with time. */
  tick(now: number): Output[] {
    this.#last = now;
    const stuck = [...this.#leaving.values()].some((at) => now >= at);
    const on = stuck || this.#silent || this.#forked;
    if (on === this.#on) return [];
    this.#on = on;
    return [{ t: 'hold', on }];
  }
}
