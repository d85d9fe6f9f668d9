/** How long a member waits for what, in milliseconds, and how much it bears. */

/** For new keys after somebody left; then nothing is sent any more. */
export const stuckAfter = 5000;
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
