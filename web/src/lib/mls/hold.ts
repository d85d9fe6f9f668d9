/**
 * When nothing may be sent. Somebody is to be removed and is still there after
 * 5 s, or does not prove that they are there (presence.ts), or the group is
 * forked: until that is over, what we seal could be opened by who should not.
 */
import { stuckAfter } from './delivery-limits';
import type { Output } from './delivery-types';
import { find, isNew, type RosterEntry } from './roster';

export class Hold {
  /** Leaves whose removal was announced and has not come, and until when we wait for it. */
  readonly #leaving = new Map<number, number>();
  /** They, as they were then: coming into the group again does not end the wait either. */
  #announced: RosterEntry[] = [];
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
  expect(now: number, leaves: number[], roster: RosterEntry[]): void {
    for (const entry of roster) {
      if (!leaves.includes(entry.leaf) || this.#leaving.has(entry.leaf)) continue;
      this.#leaving.set(entry.leaf, now + stuckAfter);
      this.#announced.push(entry);
    }
  }

  /** We came into a group. */
  enter(now: number, roster: RosterEntry[]): void {
    const before = this.#announced.splice(0);
    for (const entry of roster) {
      const same = find(before, entry.memberId) !== undefined && !isNew(entry, before);
      if (same) this.expect(now, [entry.leaf], roster);
    }
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
