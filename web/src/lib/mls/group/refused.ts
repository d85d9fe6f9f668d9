/** Why something was refused; nothing changed when it was. */
export type Reason =
  | 'malformed' // not what the decoder knows, or not the one spelling of it
  | 'too-large'
  | 'wrong-type' // another kind of message than expected here
  | 'wrong-suite'
  | 'wrong-group'
  | 'wrong-epoch'
  | 'not-a-member' // the sender is none
  | 'own-commit' // ours, but no longer held: it can only be confirmed
  | 'proposal' // a kind, form or number of proposals we do not accept
  | 'psk' // not exactly our pre-shared key
  | 'path' // an update path where none belongs, or none where one does
  | 'credential' // not made by somebody with the link
  | 'duplicate' // a member or key that is in the group already
  | 'parameters' // capabilities, extensions or lifetimes other than ours
  | 'full'
  | 'superseded' // the epoch moved on meanwhile
  | 'removed' // we are no longer in the group
  | 'crypto' // the library found a signature, tag or key wrong
  | 'timeout';

export class Refused extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, detail?: string) {
    super(detail === undefined ? reason : `${reason}: ${detail}`);
    this.name = 'Refused';
    this.reason = reason;
  }
}

export function require(condition: boolean, reason: Reason, detail?: string): asserts condition {
  if (!condition) throw new Refused(reason, detail);
}

/** The result of `work`, or Refused: 'crypto' for whatever the library throws. */
export async function guarded<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Refused('timeout')), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused('crypto', error instanceof Error ? error.message : undefined);
  } finally {
    clearTimeout(timer);
  }
}
