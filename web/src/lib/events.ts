/**
 * The last events of this page, for problem reports: what happened, when, and a short
 * code. Kept in memory only. An entry never holds an address, a name, an id or a secret:
 * texts come from this code, and of an error only its class is kept, because messages of
 * browsers quote addresses and session descriptions.
 */
import { clock } from './clock';

export interface LoggedEvent {
  /** Milliseconds since the page was loaded, by the steady clock. */
  at: number;
  what: string;
  detail?: string | number;
  /** How many times in a row, when more than once. */
  times?: number;
}

const maxEntries = 100;
/** Form of a code: short words. Ids, room names and secrets are longer, addresses have other signs. */
const code = /^(?!.*[A-Za-z0-9_-]{24})[A-Za-z][A-Za-z0-9 _-]{0,47}$/;

export class EventLog {
  private readonly kept: LoggedEvent[] = [];

  /** `now`: milliseconds since the page was loaded. */
  constructor(private readonly now: () => number = () => clock.steady()) {}

  /** Logs `what`, a text of this code; `detail` is a number or a code such as `room-full`. */
  note(what: string, detail?: string | number): void {
    const safe = typeof detail === 'string' && !code.test(detail) ? 'unprintable' : detail;
    const last = this.kept.at(-1);
    if (last?.what === what && last.detail === safe) {
      last.times = (last.times ?? 1) + 1;
      return;
    }
    const at = Math.round(this.now());
    this.kept.push(safe === undefined ? { at, what } : { at, what, detail: safe });
    if (this.kept.length > maxEntries) this.kept.shift();
  }

  /** Logs a failure that the code recovers from by itself; of `error` only its class. */
  failed(what: string, error: unknown): void {
    this.note(what, error instanceof Error ? error.name : typeof error);
  }

  /** Oldest first. */
  get entries(): LoggedEvent[] {
    return this.kept.map((entry) => ({ ...entry }));
  }
}

/** The log of this page. */
export const events = new EventLog();
