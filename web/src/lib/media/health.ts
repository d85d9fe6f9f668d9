/** Judges encryption by the counters of the worker and the browser. */
import type { MediaState } from './types';

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
const staleAfter = 3_000;
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

/** Facts about the route at the time of the media state. */
export interface RouteState {
  /** Connected, and packets arrive. */
  up: boolean;
  connectedBefore: boolean;
  /** When the newest interruption ended; null: there was none, or it goes on. */
  restoredAt: number | null;
}

/** Media that was interrupted has this long before a missing frame is a question of keys. */
const restoreLimitMs = 5_000;

export function mediaState(
  route: RouteState,
  kinds: readonly { view: IncomingView; failingFor: number }[],
  now: number,
): MediaState {
  if (!route.up) return route.connectedBefore ? 'reconnecting' : 'connecting';
  if (kinds.some((kind) => kind.view.announced && kind.failingFor >= failingAfter)) {
    return 'cannot-decrypt';
  }
  const announced = kinds.filter((kind) => kind.view.announced);
  if (announced.length === 0 || announced.some((kind) => mayPlay(kind.view, now))) {
    return 'encrypted';
  }
  const restoring = route.restoredAt !== null && now - route.restoredAt < restoreLimitMs;
  return restoring ? 'reconnecting' : 'keys';
}

/** Frames of one kind that the browser sent, and that the worker saw. */
export interface SentView {
  kind: 'audio' | 'video';
  /** Frames of video, counted before the worker; packets of audio, after it. */
  sent: number;
  /** Payload bytes without repeated ones. */
  sentBytes: number;
  entered: number;
  sealed: number;
  sealedBytes: number;
}

/** How much more went out than through the worker, at the moment. */
export function surplus(view: SentView): number {
  if (view.kind === 'video') return view.sent - view.entered;
  // Packets of audio may be padding without content: the bytes must say it too.
  return view.sentBytes > view.sealedBytes ? view.sent - view.sealed : 0;
}

const tolerated = 1;
const longEnough = 2_000;

/**
 * The watchdog over what is sent. A busy machine makes the worker lag behind the
 * encoder; that is no leak as long as it still gets every frame in the end.
 */
export class LeakWatch {
  private history: { at: number; sent: number }[] = [];
  private entered = 0;

  /** Once a second, with counters of the worker that are newer than those of the browser. */
  leaks(view: SentView, now: number): boolean {
    const before = this.history.at(-1);
    const old = this.history.findLast((entry) => now - entry.at >= longEnough);
    const stuck = before !== undefined && view.entered === this.entered;
    const growing = before !== undefined && view.sent > before.sent + tolerated;
    this.entered = view.entered;
    this.history = [...this.history.slice(-4), { at: now, sent: view.sent }];
    if (surplus(view) <= tolerated) return false;
    if (view.kind === 'audio') return true;
    return (stuck && growing) || (old !== undefined && old.sent - view.entered > tolerated);
  }
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
