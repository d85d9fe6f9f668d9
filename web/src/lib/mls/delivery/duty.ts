/** The member that has to commit, and when the others stop waiting for it. */
import { type Bytes, equal } from '../../crypto/bytes';
import type { ServerMessage, View } from './delivery-types';

export type Duty = Extract<ServerMessage, { t: 'duty' }>;

/** In milliseconds. */
export const fallbackBase = 700;
export const fallbackStep = 300;
export const rotateEvery = 300_000;
const rotateAfterJoins = 3;

/**
 * Milliseconds until this member commits: 0 for the requested committer, for the others
 * 700 ms and 300 ms more for each member before it in the order of leaves. Null for a
 * member that the commit removes.
 */
export function delayOf(duty: Duty, view: View, self: Bytes): number | null {
  const leaving = (id: Bytes) => duty.removes.some((remove) => equal(remove.memberId, id));
  if (leaving(self)) return null;
  if (equal(duty.committer, self)) return 0;
  const others = view.roster.filter(
    ({ memberId }) => !leaving(memberId) && !equal(memberId, duty.committer),
  );
  const rank = others.findIndex(({ memberId }) => equal(memberId, self));
  return fallbackBase + fallbackStep * Math.max(rank, 0);
}

/** Leaves to remove: those that still belong to the members that the server names. */
export function leavesToRemove(duty: Duty, view: View): number[] {
  const known = duty.removes.filter(({ leaf, memberId }) =>
    view.roster.some((entry) => entry.leaf === leaf && equal(entry.memberId, memberId)),
  );
  return known.map(({ leaf }) => leaf);
}

/**
 * The time at which this member renews its path keys; only its own commits do. It is due
 * five minutes after `since`, or after three joins, when members take turns. Members whose
 * commit came too late try again, one after the other.
 */
export function rotationAt(now: number, view: View, since: number, joins: number): number {
  const { roster, epoch } = view;
  const self = roster.findIndex(({ leaf }) => leaf === view.leaf);
  const turn = Number(epoch % BigInt(roster.length));
  const rank = (self - turn + roster.length) % roster.length;
  const due = joins >= rotateAfterJoins ? now : since + rotateEvery;
  return Math.max(due, now + fallbackBase) + 2 * fallbackStep * rank;
}
