/** How long a member waits for what, in milliseconds, and how much it bears. */

/** For new keys after somebody left; then nothing is sent any more. */
export const stuckAfter = 5000;
/** For our own new path keys, three times as long as they need: then we leave and come back. */
export const staleAfter = 900_000;
/** Before another try, when ours were not taken. */
export const rotateAgain = 10_000;
/** With nothing being sent: then there has to be another group. */
export const heldFor = 30_000;
/** For a duty, before new path keys. */
export const dutyFirst = 5000;
/** For a Welcome. */
export const welcomeAfter = 8000;
/** For the server to take or refuse a commit, or to resume. */
export const answerAfter = 2000;
/** Without having got further in between. */
export const maxRejoins = 3;
/** Refused or impossible commits of ours in one epoch. */
export const maxRefusals = 3;
/** Messages while an operation runs. */
export const maxKept = 256;
