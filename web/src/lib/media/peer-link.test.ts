// A link to somebody, over connections that only count: what it plays, when it
// gives up on keys, and that it ends when more goes out than was sealed.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FrameCrypto } from '../e2ee/frame-crypto';
import type { noCounters } from '../e2ee/frame-messages';
import type { IceServerCache } from './ice-servers';
import { PeerLink } from './peer-link';
import type { Kind } from './types';

interface FakeLane {
  kind: Kind;
  seal: { counters: ReturnType<typeof noCounters> };
  open: { counters: ReturnType<typeof noCounters>; lastOut: number };
  stream: { of: Kind };
}

interface FakeConnection {
  state: string;
  lanes: FakeLane[];
  closed: boolean;
  report: object[];
  restarts: number[];
  refused(): void;
}

const made = vi.hoisted(() => [] as FakeConnection[]);

vi.mock('./connection', async () => {
  const { noCounters: zero } = await import('../e2ee/frame-messages');
  return {
    Connection: class {
      state = 'connected';
      unlocked = true;
      problems = 0;
      closed = false;
      report: object[] = [];
      pc = {
        signalingState: 'stable',
        getStats: async () => new Map(this.report.map((entry, i) => [i, entry])),
      };
      lanes = (['audio', 'video'] as const).map((kind) => ({
        kind,
        seal: { counters: zero() },
        open: { counters: zero(), lastOut: 0 },
        stream: { of: kind },
      }));
      refused: () => void;
      constructor(options: { refused(): void }) {
        this.refused = options.refused;
        made.push(this as never);
      }
      lane(kind: Kind) {
        return this.lanes.find((lane) => lane.kind === kind);
      }
      restarts: number[] = [];
      setTrack() {}
      configure() {}
      restartIce() {
        this.restarts.push(performance.now());
      }
      close() {
        this.closed = true;
      }
    },
  };
});

beforeEach(() => {
  made.length = 0;
  vi.useFakeTimers({
    toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

async function link() {
  const told: string[] = [];
  const ice = { doubts: 0, get: async () => [], doubt: () => ++ice.doubts < 2 };
  const one = new PeerLink({
    me: new Uint8Array(16).fill(2),
    other: new Uint8Array(16).fill(1),
    memory: { gen: 0 },
    frames: { poll: async () => true } as unknown as FrameCrypto,
    ice: ice as unknown as IceServerCache,
    route: 'auto',
    send: () => {},
    signalling: () => true,
    onrouteturn: () => told.push('route'),
    rejoin: () => told.push('rejoin'),
    onchange: () => {},
    onleak: (kind) => told.push(`leak of ${kind}`),
  });
  one.announce(true, true);
  await vi.advanceTimersByTimeAsync(0);
  const connection = made[0] as (typeof made)[number];
  // Of the newest connection: one that does not help is replaced.
  const lane = (kind: Kind) => made.at(-1)?.lanes.find((each) => each.kind === kind) as FakeLane;
  return { one, told, ice, connection, lane };
}

const second = () => vi.advanceTimersByTimeAsync(1000);

describe('what comes in', () => {
  it('is played when a frame of it was opened, and for three seconds after the last', async () => {
    const { one, lane } = await link();
    expect([one.stream('audio'), one.stream('video')]).toEqual([null, null]);
    lane('video').open.counters.in = 50;
    lane('video').open.counters.authFailed = 50;
    await second();
    expect(one.stream('video')).toBeNull();
    Object.assign(lane('video').open.counters, { out: 1, firstAuthenticated: true });
    lane('video').open.lastOut = performance.now();
    expect(one.stream('video')).toEqual({ of: 'video' });
    expect(one.stream('audio')).toBeNull();
    await vi.advanceTimersByTimeAsync(2999);
    expect(one.stream('video')).toEqual({ of: 'video' });
    await vi.advanceTimersByTimeAsync(1);
    expect(one.stream('video')).toBeNull();
    one.close();
  });

  it('and never opens is said after a second, and answered with fresh keys after three', async () => {
    const { one, told, lane } = await link();
    const fail = async (seconds: number) => {
      for (let i = 0; i < 2 * seconds; i++) {
        lane('video').open.counters.authFailed += 10;
        await vi.advanceTimersByTimeAsync(500);
      }
    };
    await fail(1.5);
    expect(one.media).toBe('cannot-decrypt');
    expect(told).toEqual([]);
    await fail(5.5);
    expect(told).toEqual(['rejoin']);
    // Three times, and no more.
    await fail(60);
    expect(told).toEqual(['rejoin', 'rejoin', 'rejoin']);
    one.close();
  });
});

describe('a route on which nothing arrives any more', () => {
  it('is called interrupted within two seconds, whatever ICE says, and never a question of keys', async () => {
    const { one, told, connection, lane } = await link();
    let arrived = 0;
    const run = async (seconds: number, arrives: boolean) => {
      const seen: string[] = [];
      for (let i = 0; i < 2 * seconds; i++) {
        if (arrives) {
          arrived += 25;
          Object.assign(lane('audio').open.counters, { out: arrived, firstAuthenticated: true });
          lane('audio').open.lastOut = performance.now();
        }
        connection.report = [{ type: 'inbound-rtp', kind: 'audio', packetsReceived: arrived }];
        await vi.advanceTimersByTimeAsync(500);
        seen.push(one.media);
      }
      return seen;
    };
    expect((await run(5, true)).at(-1)).toBe('encrypted');
    const cutAt = performance.now();
    const cut = await run(10, false);
    expect(cut.slice(2)).toEqual(Array(18).fill('reconnecting'));
    expect(connection.restarts.map((at) => at - cutAt)).toEqual([2000, 5000, 8000]);
    // The last picture is old, but keys are not the reason.
    connection.report = [{ type: 'inbound-rtp', kind: 'audio', packetsReceived: arrived + 1 }];
    await vi.advanceTimersByTimeAsync(1000);
    expect(one.media).toBe('reconnecting');
    expect((await run(1, true)).at(-1)).toBe('encrypted');
    expect(told).toEqual(['route', 'route']);
    one.close();
  });
});

describe('what goes out', () => {
  it('is nothing any more when more was sent than sealed', async () => {
    for (const [kind, entry] of [
      ['video', { framesSent: 60, bytesSent: 9000 }],
      ['audio', { packetsSent: 60, bytesSent: 9000 }],
    ] as const) {
      made.length = 0;
      const { told, connection } = await link();
      await second();
      expect([told, connection.closed]).toEqual([[], false]);
      for (let i = 1; i < 4; i++) {
        connection.report = [{ type: 'outbound-rtp', kind, ...entry, framesSent: 60 * i }];
        await second();
      }
      expect(told).toEqual([`leak of ${kind}`]);
      expect(connection.closed).toBe(true);
    }
  });

  it('goes on while all of it was sealed', async () => {
    const { one, told, connection, lane } = await link();
    for (let i = 1; i < 6; i++) {
      Object.assign(lane('video').seal.counters, { in: 30 * i, out: 30 * i, outBytes: 9000 * i });
      connection.report = [
        { type: 'outbound-rtp', kind: 'video', framesSent: 30 * i, bytesSent: 9000 * i },
      ];
      await second();
    }
    expect([told, connection.closed]).toEqual([[], false]);
    one.close();
  });
});

describe('credentials that the relay refuses', () => {
  it('are doubted, and routes are looked for with new ones', async () => {
    const { one, ice, connection } = await link();
    connection.state = 'connecting';
    connection.refused();
    await vi.advanceTimersByTimeAsync(0);
    expect([ice.doubts, connection.restarts.length]).toEqual([1, 1]);
    // There are no newer ones yet: another try would bring the same refusal.
    connection.refused();
    await vi.advanceTimersByTimeAsync(0);
    expect([ice.doubts, connection.restarts.length]).toEqual([2, 1]);
    one.close();
  });

  it('do not disturb a connection that has another route', async () => {
    const { one, connection } = await link();
    connection.refused();
    await vi.advanceTimersByTimeAsync(0);
    expect(connection.restarts).toEqual([]);
    one.close();
  });

  it('are doubted as well when a repair begins: some browsers tell of no refusal', async () => {
    const { one, ice, connection } = await link();
    await second();
    connection.state = 'failed';
    await second();
    expect(ice.doubts).toBeGreaterThan(0);
    one.close();
  });
});
