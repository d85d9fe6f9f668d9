import { afterEach, describe, expect, it, vi } from 'vitest';
import { hours, Machine } from '../testing/machine';
import {
  allowedServers,
  connectionConfig,
  type FetchIce,
  fetchIce,
  type IceAnswer,
  IceServerCache,
  readIceAnswer,
} from './ice-servers';

const udp = 'turn:example.org:3478?transport=udp';
const tcp = 'turn:example.org:3478?transport=tcp';
const stun = 'stun:example.org:3478';
const servers = [{ urls: [udp, tcp], username: 'u', credential: 'c' }, { urls: [stun] }];
const urls = (list: RTCIceServer[]) => list.flatMap((server) => server.urls);

describe('routes', () => {
  it('allow what the person chose', () => {
    expect(urls(allowedServers(servers, 'auto'))).toEqual([udp, tcp, stun]);
    expect(urls(allowedServers(servers, 'relay'))).toEqual([udp, tcp]);
    expect(urls(allowedServers(servers, 'relay-udp'))).toEqual([udp]);
    expect(urls(allowedServers(servers, 'relay-tcp'))).toEqual([tcp]);
    expect(allowedServers(servers, 'relay-tcp')[0]).toMatchObject({ username: 'u' });
  });

  it('hide addresses whenever the relay was chosen, and always fail closed', () => {
    for (const policy of ['relay', 'relay-udp', 'relay-tcp'] as const) {
      expect(connectionConfig(servers, policy).iceTransportPolicy).toBe('relay');
      expect(connectionConfig([], policy).iceServers).toEqual([]);
    }
    expect(connectionConfig(servers, 'auto')).toMatchObject({
      iceTransportPolicy: 'all',
      encodedInsertableStreams: true,
    });
  });
});

describe('credentials', () => {
  function bench(answers: Awaited<ReturnType<FetchIce>>[]) {
    const state = { now: 0, asked: 0 };
    const ask = async () => answers[state.asked++] ?? null;
    return { state, cache: new IceServerCache(ask, () => state.now) };
  }

  it('are asked for once and kept for most of their life', async () => {
    const { state, cache } = bench([
      { servers, ttl: 100 },
      { servers: [], ttl: 100 },
    ]);
    expect(await Promise.all([cache.get(), cache.get()])).toEqual([servers, servers]);
    state.now = 79_000;
    expect(await cache.get()).toEqual(servers);
    expect(state.asked).toBe(1);
    state.now = 81_000;
    expect(await cache.get()).toEqual([]);
    expect(state.asked).toBe(2);
  });

  it('are not asked for before the server allows it; the old ones do meanwhile', async () => {
    const { state, cache } = bench([
      { servers, ttl: 10 },
      { retryAfter: 30 },
      { servers: [], ttl: 9 },
    ]);
    await cache.get();
    state.now = 9_000;
    expect(await cache.get()).toEqual(servers);
    state.now = 38_000;
    expect(await cache.get()).toEqual(servers);
    expect(state.asked).toBe(2);
    state.now = 39_001;
    expect(await cache.get()).toEqual([]);
  });

  it('of before a night of sleep are asked for anew', async () => {
    const machine = new Machine();
    const answers = [servers, []].map((list) => ({ servers: list, ttl: 43_200 }));
    const cache = new IceServerCache(
      async () => answers.shift() ?? null,
      () => machine.clock.elapsed(),
    );
    expect(await cache.get()).toEqual(servers);
    machine.sleep(hours(14));
    expect(await cache.get()).toEqual([]);
  });

  it('stay while somebody sets the wall clock back, and are renewed early when it is set ahead', async () => {
    const machine = new Machine();
    const answers = [servers, []].map((list) => ({ servers: list, ttl: 43_200 }));
    const cache = new IceServerCache(
      async () => answers.shift() ?? null,
      () => machine.clock.elapsed(),
    );
    await cache.get();
    machine.setWall(-hours(14));
    expect(await cache.get()).toEqual(servers);
    machine.setWall(hours(14));
    expect(await cache.get()).toEqual([]);
  });

  it('are asked for anew after every admission', async () => {
    const { state, cache } = bench([
      { servers, ttl: 100 },
      { servers: [], ttl: 100 },
    ]);
    await cache.get();
    cache.admitted();
    expect(await cache.get()).toEqual([]);
    expect(state.asked).toBe(2);
  });

  it('that are good are waited for a second at most, expired ones longer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let now = 0;
    let answer: (() => void) | null = null;
    const cache = new IceServerCache(
      async () => {
        if (now > 0) await new Promise<void>((resolve) => (answer = resolve));
        return { servers: now > 0 ? [] : servers, ttl: 100 };
      },
      () => now,
    );
    await cache.get();
    now = 90_000;
    const renewed = cache.get();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await renewed).toEqual(servers);
    now = 100_000;
    let done = false;
    const expired = cache.get().finally(() => (done = true));
    await vi.advanceTimersByTimeAsync(4000);
    expect(done).toBe(false);
    (answer as (() => void) | null)?.();
    expect(await expired).toEqual([]);
    vi.useRealTimers();
  });

  it('of the newest admission are waited for, also by callers from before it', async () => {
    const answers: ((answer: IceAnswer) => void)[] = [];
    const ask = () => new Promise<IceAnswer>((resolve) => answers.push(resolve));
    const cache = new IceServerCache(ask, () => 0);
    const before = cache.get();
    cache.admitted();
    expect(answers).toHaveLength(2);
    answers[0]?.({ servers: [], ttl: 100 });
    await new Promise((resolve) => setTimeout(resolve, 0));
    const between = cache.get();
    expect(answers).toHaveLength(2);
    answers[1]?.({ servers, ttl: 100 });
    expect(await Promise.all([before, between])).toEqual([servers, servers]);
  });

  it('of an admission that is over are not kept, however late they come', async () => {
    const waiting: ((answer: IceAnswer) => void)[] = [];
    const cache = new IceServerCache(
      () => new Promise((resolve) => waiting.push(resolve)),
      () => 0,
    );
    void cache.get();
    cache.admitted();
    waiting[1]?.({ servers, ttl: 100 });
    waiting[0]?.({ servers: [], ttl: 100 });
    await new Promise((done) => setTimeout(done));
    expect(await cache.get()).toEqual(servers);
  });

  it('that the relay refused are asked for anew, at most every 10 s', async () => {
    const { state, cache } = bench([
      { servers, ttl: 100 },
      { servers: [], ttl: 100 },
    ]);
    await cache.get();
    state.now = 9_000;
    expect(cache.doubt()).toBe(false);
    expect(await cache.get()).toEqual(servers);
    state.now = 10_000;
    expect(cache.doubt()).toBe(true);
    expect(await cache.get()).toEqual([]);
    expect(cache.doubt()).toBe(false);
    expect(state.asked).toBe(2);
  });

  it('may be missing', async () => {
    const { cache } = bench([null]);
    expect(await cache.get()).toEqual([]);
  });

  it('are read strictly', () => {
    expect(readIceAnswer({ ttl: 60, ice_servers: servers })).toEqual({ servers, ttl: 60 });
    const odd = [
      null,
      7,
      {},
      { ttl: 60 },
      { ttl: 0, ice_servers: [] },
      { ttl: '9', ice_servers: [] },
    ];
    for (const answer of [
      ...odd,
      { ttl: 9, ice_servers: [{}] },
      { ttl: 9, ice_servers: [{ urls: [1] }] },
    ]) {
      expect(readIceAnswer(answer)).toBeNull();
    }
  });
});

describe('the request for credentials', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('tells the session when its token is refused, unless it has a newer one', async () => {
    vi.stubGlobal('fetch', async () => {
      session.token = session.next;
      return new Response('{}', { status: 401 });
    });
    const session = { token: 'a', next: 'a', refused: 0, tokenRefused: () => session.refused++ };
    expect(await fetchIce(session)()).toBeNull();
    expect(session.refused).toBe(1);
    session.next = 'b';
    expect(await fetchIce(session)()).toBeNull();
    expect(session.refused).toBe(1);
  });
});
