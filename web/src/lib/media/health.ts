/** What the counters of the worker and the browser say about encryption. */
import type { MediaState } from '../call/types';

/** One kind of media from another person, as it is now. */
export interface IncomingView {
  /** They say that they send it. */
  announced: boolean;
  firstAuthenticated: boolean;
  /** Frames that opened, and that did not. */
  out: number;
  failed: number;
  /** When frames last opened; 0 before the first. */
  lastOut: number;
}

/** Nothing is shown any more when no frame opened for this long. */
export const staleAfter = 3_000;
const failingAfter = 1_000;

/** Whether the track may be played. */
export function mayPlay(view: IncomingView, now: number): boolean {
  return view.announced && view.firstAuthenticated && now - view.lastOut < staleAfter;
}

/** Follows one kind of media over time to tell "nothing opens" from "nothing comes". */
export class OpenHealth {
  private out = 0;
  private failed = 0;
  private since: number | null = null;
  private lastFailure = 0;

  update(view: IncomingView, now: number): void {
    const opened = view.out > this.out;
    const failed = view.failed > this.failed;
    this.out = view.out;
    this.failed = view.failed;
    if (failed) this.lastFailure = now;
    if (opened) this.since = null;
    else if (failed) this.since ??= now;
    else if (now - this.lastFailure > staleAfter) this.since = null;
  }

  /** Milliseconds for which frames came and none opened. */
  failingFor(now: number): number {
    return this.since === null ? 0 : now - this.since;
  }
}

export function mediaState(
  route: { connected: boolean; connectedBefore: boolean },
  kinds: readonly { view: IncomingView; failingFor: number }[],
  now: number,
): MediaState {
  if (!route.connected) return route.connectedBefore ? 'reconnecting' : 'connecting';
  if (kinds.some((kind) => kind.view.announced && kind.failingFor >= failingAfter)) {
    return 'cannot-decrypt';
  }
  const announced = kinds.filter((kind) => kind.view.announced);
  if (announced.length === 0 || announced.some((kind) => mayPlay(kind.view, now))) {
    return 'encrypted';
  }
  return 'keys';
}

/** What the browser says it sent, of one kind, and what the worker sealed. */
export interface SentView {
  kind: 'audio' | 'video';
  /** Frames of video, packets of audio without repeated ones. */
  sent: number;
  /** Payload bytes without repeated ones. */
  sentBytes: number;
  sealed: number;
  sealedBytes: number;
}

/**
 * Whether more was sent than sealed: something went past the worker. Packets of
 * audio may be padding without content, so there the bytes must say it too.
 */
export function leaked(view: SentView): boolean {
  const surplus = view.sent - view.sealed;
  if (surplus < 2) return false;
  return view.kind === 'video' || view.sentBytes > view.sealedBytes;
}

/**
 * Notices when what comes in goes past the worker: the browser counts it, the
 * worker does not. It happens when a browser forgets the transform of a receiver;
 * nothing can be opened then, so only a new connection helps.
 */
export class BypassWatch {
  private received = 0;
  private seen = 0;
  private strikes = 0;

  /** Once a second: packets or frames received, and frames the worker had. */
  bypassed(received: number, seen: number): boolean {
    const past = received >= this.received + 5 && seen === this.seen;
    this.strikes = past ? this.strikes + 1 : 0;
    this.received = received;
    this.seen = seen;
    return this.strikes >= 2;
  }
}
