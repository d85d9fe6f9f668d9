// A group worker that dies is replaced, and nothing is sent until there is a group again.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FromGroup } from '../mls/group/host-messages';
import { GroupLifecycle } from './group-lifecycle';
import type { ParsedLink } from './link';
import type { Workers } from './prepare';
import { RestartLimiter } from './restart-limiter';

interface FakeGroup {
  stopped: boolean;
  onmessage(message: FromGroup): void;
  onbroken(why: string): void;
  stop(): void;
}

const replaced = vi.hoisted(() => ({ next: null as unknown, generations: [] as number[] }));
vi.mock('./prepare', () => ({
  replaceGroup: async (_: unknown, __: unknown, generation: number) => {
    replaced.generations.push(generation);
    return replaced.next;
  },
  whyNotStarted: async (detail: string) => ({ code: 'version', detail }),
}));

const group = (): FakeGroup => ({
  stopped: false,
  onmessage: () => {},
  onbroken: () => {},
  stop() {
    this.stopped = true;
  },
});
const settled = () => new Promise((resolve) => setTimeout(resolve));
const entered: FromGroup = { t: 'status', status: 'in', reason: null };

let first: FakeGroup;
let log: string[];
let inSession: boolean;
let lifecycle: GroupLifecycle;

beforeEach(() => {
  first = group();
  log = [];
  inSession = true;
  replaced.next = group();
  replaced.generations = [];
  lifecycle = new GroupLifecycle({
    link: {} as ParsedLink,
    workers: {
      frames: { stop: () => log.push('frames stop') },
      group: first,
    } as unknown as Workers,
    restarts: new RestartLimiter(),
    onmessage: ({ t }) => log.push(t),
    onlost: () => log.push('lost'),
    onheld: (held) => log.push(held ? 'held' : 'free'),
    readmit: async () => inSession,
    onfailed: ({ code, detail }) => log.push(`${code}: ${detail}`),
  });
});

describe('the group worker', () => {
  it('that died is replaced, and sending is held until the next one is in a group', async () => {
    first.onbroken('it died');
    await settled();
    const next = replaced.next as FakeGroup;
    // The new worker may send, but this page is in no group yet.
    next.onmessage({ t: 'hold', on: false });
    next.onmessage(entered);
    next.onmessage({ t: 'hold', on: false });
    expect(log).toEqual(['held', 'lost', 'held', 'hold', 'free', 'status', 'free', 'hold']);
    expect(replaced.generations).toEqual([1]);
  });

  it('holds nothing back before a session has begun', async () => {
    inSession = false;
    first.onbroken('it died');
    await settled();
    expect(log).toEqual(['held', 'lost', 'free']);
  });

  it('that cannot be replaced ends the call with the reason', async () => {
    replaced.next = null;
    first.onbroken('it died');
    await settled();
    expect(log.at(-1)).toBe('version: it died');
  });

  it('that dies again and again ends the call', async () => {
    for (let i = 0; i < 4; i++) {
      first.onbroken('it died');
      await settled();
    }
    expect(replaced.generations).toEqual([1, 2, 3]);
    expect(log.at(-1)).toBe('encryption-failed: it died');
  });

  it('whose group failed ends the call', () => {
    first.onmessage({ t: 'status', status: 'failed', reason: 'late' });
    expect(log).toEqual(['status', 'encryption-failed: group late']);
  });

  it('that starts after the end of the call is stopped', async () => {
    first.onbroken('it died');
    lifecycle.stop();
    await settled();
    expect([first.stopped, (replaced.next as FakeGroup).stopped]).toEqual([true, true]);
  });
});
