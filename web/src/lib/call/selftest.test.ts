// The self-test over connections that only count: when it passes, and when not.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { FrameCrypto } from '../e2ee/frame-crypto';
import { type Counters, noCounters } from '../e2ee/frame-messages';
import { selfTest } from './selftest';

interface Side {
  seal: { counters: Counters };
  open: { counters: Counters };
  sent: number;
}

const sides = vi.hoisted(() => [] as Side[]);
/** Of every connection. */
let state = 'connected';
let candidates: (string | null)[] = [];

vi.mock('../media/connection', () => ({
  Connection: class {
    state = state;
    seal = { counters: {} };
    open = { counters: {} };
    sent = 0;
    pc = {
      getStats: async () =>
        new Map([[0, { type: 'outbound-rtp', kind: 'video', framesSent: this.sent }]]),
    };
    constructor({ candidate }: { candidate(found: object): void }) {
      sides.push(this as never);
      for (const each of candidates) queueMicrotask(() => candidate({ candidate: each }));
    }
    async described() {}
    addCandidate() {}
    lane() {
      return this;
    }
    setTrack() {}
    close() {}
  },
}));

let polls = true;
const frames = { setKey: () => {}, poll: async () => polls } as unknown as FrameCrypto;

beforeEach(() => {
  sides.length = 0;
  polls = true;
  state = 'connected';
  candidates = [];
  vi.useFakeTimers({
    toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'],
  });
  const context = { fillRect: () => {} };
  const track = { stop: () => {} };
  const captureStream = () => ({ getVideoTracks: () => [track] });
  vi.stubGlobal('document', {
    createElement: () => ({ getContext: () => context, captureStream }),
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Both sides count this; `sent` is what the browsers say. */
async function result(counted: {
  sealed?: Partial<Counters>;
  opened?: Partial<Counters>;
  sent?: number;
}) {
  const running = selfTest(frames, {}, 3_000);
  for (let i = 0; i < 20 && sides.length < 2; i++) await vi.advanceTimersByTimeAsync(1);
  for (const side of sides) {
    side.seal.counters = { ...noCounters(), ...counted.sealed };
    side.open.counters = { ...noCounters(), ...counted.opened };
    side.sent = counted.sent ?? 0;
  }
  await vi.advanceTimersByTimeAsync(12_000);
  return running;
}

it('passes when sealed frames open on both sides, and nothing else was sent', async () => {
  const good = await result({ sealed: { in: 5, out: 5 }, opened: { in: 5, out: 5 }, sent: 5 });
  expect(good).toMatchObject({ passed: true });
});

it('fails when a frame came that does not open, however many do', async () => {
  for (const odd of [{ authFailed: 1 }, { dropped: 1 }]) {
    sides.length = 0;
    const bad = await result({
      sealed: { in: 5, out: 5 },
      opened: { in: 6, out: 5, ...odd },
      sent: 5,
    });
    expect(bad).toEqual({ passed: false, why: 'a frame came unencrypted' });
  }
});

it('fails when the browsers sent more than was sealed', async () => {
  const bad = await result({ sealed: { in: 5, out: 5 }, opened: { in: 5, out: 5 }, sent: 9 });
  expect(bad).toEqual({ passed: false, why: 'more was sent than sealed' });
});

it('fails when nothing comes, or the worker says nothing', async () => {
  expect(await result({})).toEqual({ passed: false, why: 'no encrypted frames came' });
  sides.length = 0;
  polls = false;
  const silent = await result({ sealed: { in: 5, out: 5 }, opened: { in: 5, out: 5 }, sent: 5 });
  expect(silent).toEqual({ passed: false, why: 'the worker is silent' });
});

const untested = { passed: false, why: 'no route', untested: true };

it('knows nothing of encryption when no route comes up in time', async () => {
  state = 'connecting';
  const running = selfTest(frames, {}, 3_000);
  await vi.advanceTimersByTimeAsync(2_900);
  expect(await Promise.race([running, 'waits'])).toBe('waits');
  await vi.advanceTimersByTimeAsync(200);
  expect(await running).toEqual(untested);
});

it.each([
  ['connecting', [null]],
  ['failed', ['candidate:1', null]],
])('does not wait for a route that cannot come: %s, %o', async (now, found) => {
  [state, candidates] = [now, found];
  const running = selfTest(frames, {}, 3_000);
  await vi.advanceTimersByTimeAsync(100);
  expect(await running).toEqual(untested);
});

it('waits for frames from when the route is up', async () => {
  state = 'connecting';
  const running = selfTest(frames, {}, 3_000);
  await vi.advanceTimersByTimeAsync(2_900);
  for (const side of sides) (side as unknown as { state: string }).state = 'connected';
  await vi.advanceTimersByTimeAsync(7_900);
  expect(await Promise.race([running, 'waits'])).toBe('waits');
  await vi.advanceTimersByTimeAsync(300);
  expect(await running).toEqual({ passed: false, why: 'no encrypted frames came' });
});
