/** One word for the whole call out of what is known of each person. */
import type { CallState, MediaState } from '../../lib/call/types';

export type Lock = 'preparing' | 'held' | 'verified' | MediaState;

/**
 * From the least to the most serious; the worst one is shown. A route that is
 * interrupted says nothing of the encryption: its own tile tells of it, and the
 * whole call is called interrupted only when every route is.
 */
const order: readonly MediaState[] = ['encrypted', 'connecting', 'keys', 'cannot-decrypt'];

export function lockOf(state: Pick<CallState, 'encryptionReady' | 'members' | 'held'>): Lock {
  if (!state.encryptionReady) return 'preparing';
  if (state.held) return 'held';
  const { members } = state;
  const reached = members.filter((member) => member.media !== 'reconnecting');
  if (members.length > 0 && reached.length === 0) return 'reconnecting';
  const worst = Math.max(0, ...reached.map((member) => order.indexOf(member.media)));
  const verified = members.length > 0 && members.every((member) => member.verified);
  return worst === 0 && verified ? 'verified' : (order[worst] ?? 'encrypted');
}
