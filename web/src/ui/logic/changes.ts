/** Describes the changes between two member lists, as sentences to be read aloud. */
import type { Member } from '../../lib/call/types';

export type Change =
  | {
      kind: 'joined' | 'left' | 'muted' | 'unmuted' | 'raised' | 'locked' | 'lost' | 'restored';
      name: string;
    }
  | {
      kind: 'reacted';
      name: string;
      emoji: string;
    };

/**
 * `media` changes are only told when they matter to somebody who listens:
 * frames that cannot be opened, a route that is lost and found again.
 */
export function changesBetween(before: readonly Member[], after: readonly Member[]): Change[] {
  const old = new Map(before.map((member) => [member.id, member]));
  const changes: Change[] = [];
  for (const member of after) {
    const was = old.get(member.id);
    old.delete(member.id);
    const tell = (kind: Exclude<Change['kind'], 'reacted'>) =>
      changes.push({ kind, name: member.name });
    if (!was) {
      tell('joined');
      continue;
    }
    // Before somebody is connected it is not yet known whether they are muted.
    const known = was.media !== 'connecting' && was.media !== 'keys';
    if (known && was.mic && !member.mic) tell('muted');
    if (known && !was.mic && member.mic) tell('unmuted');
    if (!was.hand && member.hand) tell('raised');
    if (member.reaction !== null && member.reaction !== was.reaction) {
      changes.push({ kind: 'reacted', name: member.name, emoji: member.reaction });
    }
    if (was.media === member.media) continue;
    if (member.media === 'cannot-decrypt') tell('locked');
    else if (member.media === 'reconnecting') tell('lost');
    else if (was.media === 'reconnecting') tell('restored');
  }
  for (const gone of old.values()) changes.push({ kind: 'left', name: gone.name });
  return changes;
}
