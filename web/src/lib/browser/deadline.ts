/**
 * Promises of the browser that may never settle: a question left open, a driver that
 * hangs, an element without data. `lint/deadline.grit` sees to it that each is given to
 * one of the two functions here.
 */
import { events } from '../events';

/** The browser did not answer in time. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

export interface Waiting<T> {
  /** Gives up when aborted; the promise then rejects with `signal.reason`. */
  signal?: AbortSignal;
  /** Gets an answer that comes after the limit or after giving up, to undo it. */
  late?: (value: T) => void;
}

/**
 * The answer of `work`, awaited for `ms` milliseconds at most. Rejects as `work` does,
 * with `TimedOut` after the limit, and with the reason of `signal` once that is aborted.
 */
export function within<T>(
  ms: number,
  work: PromiseLike<T>,
  { signal, late }: Waiting<T> = {},
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let over = false;
    const end = () => {
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abandon);
    };
    const giveUp = (reason: unknown) => {
      end();
      reject(reason);
    };
    const abandon = () => giveUp(signal?.reason);
    const timer = setTimeout(() => {
      events.note('browser did not answer, ms', ms);
      giveUp(new TimedOut(`no answer in ${ms} ms`));
    }, ms);
    signal?.addEventListener('abort', abandon);
    if (signal?.aborted) abandon();
    work.then(
      (value) => {
        if (over) late?.(value);
        else {
          end();
          resolve(value);
        }
      },
      (error: unknown) => {
        if (!over) giveUp(error);
      },
    );
  });
}

/**
 * For a promise that nobody waits for: its failure is told to `failed`, else to the event log.
 * Browsers that lack the function give undefined instead of a promise.
 */
export function unwaited(
  work: PromiseLike<unknown> | undefined,
  failed: (error: Error) => void = (error) => events.failed('ignored failure', error),
): void {
  work?.then(undefined, failed);
}
