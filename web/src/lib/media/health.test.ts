import { describe, expect, it } from 'vitest';
import {
  BypassWatch,
  type IncomingView,
  LeakWatch,
  mayPlay,
  mediaState,
  OpenHealth,
  type SentView,
} from './health';

const good: IncomingView = {
  announced: true,
  firstAuthenticated: true,
  out: 100,
  failed: 0,
  lastOut: 10_000,
};
const up = { up: true, connectedBefore: true, restoredAt: null };
const down = { ...up, up: false };
const seen = (view: Partial<IncomingView>, failingFor = 0) => ({
  view: { ...good, ...view },
  failingFor,
});

describe('what may be played', () => {
  it('is what was announced and opened a moment ago', () => {
    expect(mayPlay(good, 10_100)).toBe(true);
    expect(mayPlay(good, 12_999)).toBe(true);
  });

  it('is nothing before the first frame opened, after 3 s without one, or unannounced', () => {
    expect(mayPlay({ ...good, firstAuthenticated: false }, 10_100)).toBe(false);
    expect(mayPlay(good, 13_000)).toBe(false);
    expect(mayPlay({ ...good, announced: false }, 10_100)).toBe(false);
  });
});

describe('the state of the media', () => {
  it('follows the route first', () => {
    const kinds = [seen({})];
    expect(mediaState({ ...down, connectedBefore: false }, kinds, 10_000)).toBe('connecting');
    expect(mediaState(down, kinds, 10_000)).toBe('reconnecting');
  });

  it('waits for keys until something opens', () => {
    const none = { firstAuthenticated: false, out: 0, lastOut: 0 };
    expect(mediaState(up, [seen(none), seen({ announced: false })], 10_000)).toBe('keys');
    expect(mediaState(up, [seen(none), seen({})], 10_100)).toBe('encrypted');
  });

  it('is no question of keys while the route is interrupted, and for 5 s after', () => {
    const old = [seen({}), seen({ announced: false })];
    expect(mediaState(down, old, 60_000)).toBe('reconnecting');
    const anew = [seen({ firstAuthenticated: false, out: 0, lastOut: 0 })];
    const restored = { ...up, restoredAt: 60_000 };
    expect(mediaState(restored, anew, 64_999)).toBe('reconnecting');
    expect(mediaState(restored, anew, 65_000)).toBe('keys');
    expect(mediaState(restored, [seen({ lastOut: 60_400 })], 60_500)).toBe('encrypted');
    expect(mediaState(restored, [seen({}, 1000)], 61_000)).toBe('cannot-decrypt');
  });

  it('says so when nothing opens for a second', () => {
    expect(mediaState(up, [seen({}), seen({}, 999)], 10_100)).toBe('encrypted');
    expect(mediaState(up, [seen({}), seen({}, 1000)], 10_100)).toBe('cannot-decrypt');
    expect(mediaState(up, [seen({ announced: false }, 5000)], 10_100)).toBe('encrypted');
  });
});

describe('failing to open', () => {
  const view = (out: number, failed: number): IncomingView => ({ ...good, out, failed });

  it('is measured from the first failure until something opens', () => {
    const health = new OpenHealth();
    health.update(view(10, 0), 0);
    health.update(view(10, 5), 500);
    health.update(view(10, 9), 1_000);
    expect(health.failingFor(1_500)).toBe(1_000);
    health.update(view(11, 12), 1_600);
    expect(health.failingFor(1_600)).toBe(0);
  });

  it('is forgotten when nothing comes any more', () => {
    const health = new OpenHealth();
    health.update(view(0, 3), 0);
    health.update(view(0, 3), 3_500);
    expect(health.failingFor(3_500)).toBe(0);
  });
});

describe('a leak', () => {
  const base = { sent: 0, sentBytes: 0, entered: 0, sealed: 0, sealedBytes: 0 };
  const video = (sent: number, entered: number): SentView => {
    return { ...base, kind: 'video', sent, entered };
  };

  /** One check a second. */
  function watch(...views: SentView[]): boolean[] {
    const leak = new LeakWatch();
    return views.map((view, second) => leak.leaks(view, second * 1000));
  }

  it('is none while the worker gets every frame', () => {
    expect(watch(video(30, 30), video(60, 61), video(90, 89))).toEqual([false, false, false]);
  });

  it('is none while the worker lags and catches up, or drops what it had', () => {
    expect(watch(video(30, 10), video(60, 35), video(90, 66), video(120, 90))).toEqual(
      Array(4).fill(false),
    );
  });

  it('is seen within a second of the worker getting nothing any more', () => {
    expect(watch(video(30, 30), video(60, 41), video(90, 41))).toEqual([false, false, true]);
    expect(watch(video(30, 0), video(60, 0))).toEqual([false, true]);
  });

  it('is seen when some frames never reach the worker', () => {
    expect(watch(video(30, 28), video(60, 55), video(90, 80), video(120, 110))).toEqual(
      Array(4).fill(false),
    );
    const views = [30, 60, 90, 120, 150].map((sent) => video(sent, sent / 2));
    expect(watch(...views).at(-1)).toBe(true);
  });

  it('of sound is seen at once, and padding is none', () => {
    const audio = { ...base, kind: 'audio', sealed: 50, entered: 50, sealedBytes: 4000 } as const;
    expect(watch({ ...audio, sent: 90, sentBytes: 4000 })).toEqual([false]);
    expect(watch({ ...audio, sent: 51, sentBytes: 4080 })).toEqual([false]);
    expect(watch({ ...audio, sent: 52, sentBytes: 4160 })).toEqual([true]);
  });
});

describe('a bypassed worker', () => {
  it('is noticed after two seconds in which only the browser counts', () => {
    const watch = new BypassWatch();
    expect(watch.bypassed(100, 100)).toBe(false);
    expect(watch.bypassed(130, 100)).toBe(false);
    expect(watch.bypassed(160, 100)).toBe(true);
  });

  it('is noticed even when the browser began to count anew', () => {
    const watch = new BypassWatch();
    watch.bypassed(500, 500);
    expect(watch.bypassed(12, 503)).toBe(false);
    expect(watch.bypassed(40, 503)).toBe(false);
    expect(watch.bypassed(70, 503)).toBe(true);
  });

  it('is not suspected while frames pass, or nothing comes', () => {
    const watch = new BypassWatch();
    for (let i = 1; i < 10; i++) expect(watch.bypassed(i * 30, i)).toBe(false);
    for (let i = 1; i < 10; i++) expect(watch.bypassed(300, 10)).toBe(false);
  });
});
