/** One word for the whole call out of what is known of each person. */
import type { CallState, MediaState } from '../../lib/call/types';

export type Lock = 'preparing' | 'held' | 'verified' | MediaState;

/** From the least to the most serious; the worst one is shown. */
const order: readonly MediaState[] = [
  'encrypted',
  'connecting',
  'keys',
  'reconnecting',
  'cannot-decrypt',
];

export function lockOf(state: Pick<CallState, 'encryptionReady' | 'members' | 'held'>): Lock {
  if (!state.encryptionReady) return 'preparing';
  if (state.held) return 'held';
  let worst = 0;
  for (const member of state.members) worst = Math.max(worst, order.indexOf(member.media));
  const { members } = state;
  const verified = members.length > 0 && members.every((member) => member.verified);
  return worst === 0 && verified ? 'verified' : (order[worst] ?? 'encrypted');
}
