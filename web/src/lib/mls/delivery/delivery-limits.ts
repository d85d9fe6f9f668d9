/** Time limits (in milliseconds) and counts of the delivery of commits. */

/** After a removal was announced, its commit must come within this time, or nothing is sent any more. */
export const removalLimitMs = 5000;
/** A member whose own path keys are older than this rejoins; rotation takes a third of it. */
export const pathKeyLifeMs = 900_000;
/** After a rotation that was not taken, the member tries again after this time. */
export const rotateAgainMs = 10_000;
/** A send gate that stays closed for this long leads to a new group. */
export const closedLimitMs = 30_000;
/** A member that may be asked to commit waits this long for the request before it rotates keys. */
export const commitFirstMs = 5000;
/** A Welcome must come within this time. */
export const welcomeLimitMs = 8000;
/** The server must take or refuse a commit, or resume, within this time. */
export const answerLimitMs = 2000;
/** Rejoins in a row without progress. */
export const maxRejoins = 3;
/** Commits of this member in one epoch that were refused or could not be made. */
export const maxRefusals = 3;
/** Messages kept while an operation runs. */
export const maxKept = 256;
