/** Reactions that members can send, and how long one is shown. */

export const reactions = ['👍', '❤️', '😂', '🎉', '😮', '👏'] as const;
export const reactionLastsMs = 4_000;

export function isReaction(emoji: string): boolean {
  return reactions.some((known) => known === emoji);
}
