// When the keys of which epoch are used, not used any more, and given up.
import { describe, expect, it } from 'vitest';
import { concat, random, u8, utf8 } from '../../crypto/bytes';
import { Bench, key, kinds, operations, person, sent, view } from '../testing/bench';
import { commitFirstMs, maxRejoins, pathKeyLifeMs, rotateAgainMs } from './delivery-limits';
import type { OperationResult, Output, ServerMessage } from './delivery-types';
import { fallbackBase, fallbackStep, rotateEvery } from './duty';
import { keepAfterJoin, keepAfterLeave, switchAfter } from './key-switch';

describe('keys', () => {
  it('are used after 250 ms when somebody joined, and the old ones kept for 5 s', () => {
    const bench = Bench.member(0, [0, 1]);
    bench.committed('add');
    const out = bench.next([0, 1, 2], { joined: 1 });
    expect(out).toContainEqual({ t: 'install', epoch: 5n });
    expect(kinds(out)).not.toContain('switch');
    expect(kinds(bench.wait(switchAfter - 1))).not.toContain('switch');
    expect(bench.wait(1)).toContainEqual({ t: 'switch', epoch: 5n });
    expect(kinds(bench.wait(keepAfterJoin - 1))).not.toContain('forget');
    expect(bench.wait(1)).toContainEqual({ t: 'forget', epoch: 4n });
  });

  it('are used at once when all others have them', () => {
    const bench = Bench.member(0, [0, 1]);
    bench.ready(1, 5n);
    bench.committed('add');
    expect(kinds(bench.next([0, 1, 2], { joined: 1 }))).not.toContain('switch');
    expect(bench.ready(2, 5n)).toContainEqual({ t: 'switch', epoch: 5n });
  });

  it('are used at once when somebody left, and the old ones kept for 2 s', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.committed('remove');
    expect(bench.next([0, 1], { left: [2] })).toContainEqual({ t: 'switch', epoch: 5n });
    expect(bench.wait(keepAfterLeave)).toContainEqual({ t: 'forget', epoch: 4n });
  });

  it('are of three epochs at most', () => {
    const bench = Bench.member(0, [0, 1]);
    const installed = new Set([4n]);
    for (let epoch = 5n; epoch < 12n; epoch++) {
      bench.committed('add', epoch);
      for (const out of bench.next([0, 1], { joined: 1 })) {
        if (out.t === 'forget') installed.delete(out.epoch);
        if (out.t === 'install') installed.add(out.epoch);
        expect(installed.size).toBeLessThanOrEqual(3);
      }
    }
  });

  it('are not used when somebody in our epoch has others', () => {
    const bench = Bench.member(0, [0, 1]);
    const out = bench.ready(1, 4n, 'another tag');
    expect(out).toContainEqual({ t: 'hold', on: true });
    expect(out).toContainEqual({ t: 'status', status: 'forked' });
    expect(sent(out)).toEqual(['forked']);
    expect(operations(bench.committed('whatever'))).toEqual([]);
    expect(operations(bench.server({ t: 'reset', incarnation: 2 }))).toEqual(['fresh']);
  });

  it('are not used when somebody was in the epoch before us, with others', () => {
    const bench = Bench.member(0, [0, 1]);
    bench.ready(1, 5n, 'another tag');
    bench.committed('one of two');
    const out = bench.next([0, 1]);
    expect(out).toContainEqual({ t: 'status', status: 'forked' });
  });
});

describe('an incarnation', () => {
  it('ends with the next: all keys are destroyed, we create it or ask to be added', () => {
    const bench = Bench.member(0, [0, 1]);
    const out = bench.server({ t: 'reset', incarnation: 2 });
    expect(out).toContainEqual({ t: 'forget-all' });
    expect(operations(out)).toEqual(['fresh']);
    const founder = Bench.member(1, [0, 1]);
    const found = founder.server({ t: 'found', incarnation: 2 });
    expect(found).toContainEqual({ t: 'forget-all' });
    expect(operations(found)).toEqual(['found']);
  });

  it('does not come back', () => {
    const bench = Bench.member(0, [0, 1]);
    bench.server({ t: 'found', incarnation: 2 });
    bench.result({ is: 'in', view: view(0n, 0, [0]) });
    for (const message of [
      { t: 'found', incarnation: 1 },
      { t: 'found', incarnation: 2 },
      { t: 'reset', incarnation: 2 },
      { t: 'gone', incarnation: 1 },
    ] as const) {
      expect(bench.server(message)).toEqual([]);
    }
    expect(bench.committed('old', 1n)).toEqual([]);
  });
});

describe('new path keys', () => {
  it('are made five minutes after the last, by who is at turn', () => {
    // Epoch 4 of three: the turn of the second.
    const bench = Bench.member(1, [0, 1, 2]);
    bench.wait(rotateEvery - switchAfter - 1);
    expect(operations(bench.wait(1))).toEqual(['prepare']);
    const later = Bench.member(2, [0, 1, 2]);
    later.wait(rotateEvery - switchAfter);
    expect(operations(later.wait(2 * fallbackStep - 1))).toEqual([]);
    expect(operations(later.wait(1))).toEqual(['prepare']);
  });

  it('are made after three joins', () => {
    const bench = Bench.member(0, [0]);
    for (let n = 1; n <= 3; n++) {
      bench.committed(`add ${n}`, 4n + BigInt(n));
      bench.next(
        Array.from({ length: n + 1 }, (_, leaf) => leaf),
        { joined: 1 },
      );
    }
    // Epoch 7 of four: the last one's turn, then ours.
    expect(operations(bench.wait(fallbackBase + 2 * fallbackStep))).toEqual(['prepare']);
  });
});

it('being removed ends it until we start again', () => {
  const bench = Bench.member(0, [0, 1]);
  bench.committed('remove us');
  const out = bench.result({ is: 'removed' });
  expect(out).toContainEqual({ t: 'forget-all' });
  expect(out).toContainEqual({ t: 'status', status: 'removed' });
  expect(bench.delivery.deadline()).toBe(Infinity);
  expect(operations(bench.give({ t: 'start' }))).toEqual(['fresh']);
});

it('any messages in any order are taken without a throw and without a flood', () => {
  const bench = Bench.member(0, [0, 1]);
  let asked = 0;
  for (let n = 0; n < 3000; n++) {
    const [kind = 0, a = 0, b = 0] = random(3);
    const incarnation = a % 4;
    const epoch = BigInt(b % 8);
    const entry = { seq: b % 9, epoch, commit: concat(u8(b)), hash: key(b) };
    const messages: ServerMessage[] = [
      { t: 'found', incarnation },
      { t: 'reset', incarnation },
      { t: 'committed', incarnation, entry },
      { t: 'welcome', incarnation, seq: b, hash: key(b), welcome: u8(b) },
      { t: 'rejected', incarnation, epoch, reason: 'form' },
      { t: 'ready', incarnation, epoch, memberId: person(b % 3), tag: u8(a) },
      { t: 'left', incarnation, memberId: person(b % 3) },
      { t: 'resumed', incarnation, seq: b },
      { t: 'gone', incarnation },
    ];
    const out = bench.server(messages[kind % messages.length] as ServerMessage);
    const work = operations(out);
    expect(work.length).toBeLessThanOrEqual(1);
    asked += work.length;
    if (work.length > 0) {
      const results: OperationResult[] = [
        { is: 'in', view: view(epoch, 0, [0, 1]) },
        { is: 'fresh', keyPackage: u8(a) },
        { is: 'failed', reason: 'crypto' },
        { is: 'removed' },
      ];
      bench.result(results[a % results.length] as OperationResult);
    }
    bench.wait(b);
  }
  expect(asked).toBeGreaterThan(0);
});

describe('without a connection', () => {
  it('nobody is late: neither a Welcome nor an answer', () => {
    const bench = new Bench(1);
    bench.give({ t: 'start' });
    bench.result({ is: 'fresh', keyPackage: utf8('key package') });
    bench.give({ t: 'disconnected' });
    expect(bench.delivery.deadline()).toBe(Infinity);
    expect(operations(bench.wait(60_000))).toEqual([]);
    expect(sent(bench.give({ t: 'connected' }))).toEqual(['join']);
    expect(operations(bench.wait(8000))).toEqual(['fresh']);
  });

  it('nothing is asked for again and again', () => {
    const bench = Bench.member(0, [0, 1]);
    bench.wait(rotateEvery - 3000);
    bench.give({ t: 'disconnected' });
    const asked: string[] = [];
    for (let i = 0; i < 300; i++) {
      const out = bench.wait(100);
      asked.push(...sent(out));
      if (operations(out).includes('prepare')) {
        const made = { commit: utf8('mine'), welcome: null, refused: [] };
        asked.push(...sent(bench.result({ is: 'prepared', ...made })));
      }
    }
    expect(asked).toEqual(['commit']);
    expect(sent(bench.give({ t: 'connected' }))).toEqual(['resume']);
  });

  it('the key package of an admission is not sent a second time', () => {
    const bench = new Bench(1);
    bench.give({ t: 'start' });
    bench.result({ is: 'fresh', keyPackage: utf8('key package') });
    expect(bench.delivery.keyPackage).toEqual(utf8('key package'));
    expect(sent(bench.give({ t: 'connected', admitted: true }))).toEqual([]);
    expect(operations(bench.wait(8000))).toEqual(['fresh']);
  });
});

it('who asks for it leaves the group and comes back with fresh keys', () => {
  const bench = Bench.member(1, [0, 1]);
  const out = bench.give({ t: 'rejoin' });
  expect(operations(out)).toEqual(['fresh']);
  expect(out).toContainEqual({ t: 'forget-all' });
  expect(sent(bench.result({ is: 'fresh', keyPackage: utf8('other') }))).toEqual(['join']);
});

describe('old path keys', () => {
  /** A server that keeps all commits back, and says that this is all there is. */
  const keptBack = (bench: Bench, until: number) => {
    const all: Output[] = [];
    while (bench.now < until) {
      const due = Math.min(bench.delivery.deadline(), until);
      let out = bench.wait(due - bench.now);
      if (operations(out).includes('prepare')) {
        out = bench.result({
          is: 'prepared',
          commit: utf8('mine'),
          welcome: null,
          refused: [],
        });
      }
      if (sent(out).includes('resume')) {
        bench.server({ t: 'resumed', incarnation: 1, seq: bench.seq });
      }
      all.push(...out);
      if (operations(out).includes('fresh')) break;
    }
    return all;
  };

  it('are given up after a quarter of an hour, whatever the server answers', () => {
    const bench = Bench.member(0, [0, 1]);
    const began = bench.now - switchAfter;
    const out = keptBack(bench, began + 2 * pathKeyLifeMs);
    expect(bench.now).toBe(began + pathKeyLifeMs);
    expect(out).toContainEqual({ t: 'forget-all' });
    expect(operations(out).at(-1)).toBe('fresh');
  });

  it('are not renewed by commits that only add, or that others make', () => {
    const changes = [{ joined: 1 }, { left: [3] }, {}];
    for (const change of changes) {
      const bench = Bench.member(0, [0, 1, 3]);
      const began = bench.now - switchAfter;
      keptBack(bench, began + pathKeyLifeMs - 1000);
      bench.committed('of another');
      bench.next([0, 1, 2], change);
      keptBack(bench, began + 2 * pathKeyLifeMs);
      expect(bench.now).toBe(began + pathKeyLifeMs);
    }
  });

  it('are tried again within seconds when others were faster', () => {
    const bench = Bench.member(0, [0, 1]);
    bench.wait(rotateEvery - 1000);
    for (let epoch = 5n; epoch < 20n; epoch++) {
      const until = bench.now + rotateAgainMs;
      let out: Output[] = [];
      while (!operations(out).includes('prepare') && bench.now < until) out = bench.wait(100);
      expect(operations(out)).toEqual(['prepare']);
      bench.result({ is: 'prepared', commit: utf8('mine'), welcome: null, refused: [] });
      bench.committed('of another', epoch);
      bench.next([0, 1]);
    }
  });

  it('are not given up when ours were taken in time', () => {
    const bench = Bench.member(0, [0, 1]);
    const began = bench.now - switchAfter;
    keptBack(bench, began + pathKeyLifeMs - 1000);
    expect(operations(bench.committed('mine'))).toEqual(['confirm']);
    bench.next([0, 1]);
    // They are as old as the commit, however long the server had it.
    const made = began + rotateEvery;
    keptBack(bench, made + 2 * pathKeyLifeMs);
    expect(bench.now).toBe(made + pathKeyLifeMs);
  });

  it('wait for a duty, but not for one that nobody can do', () => {
    const bench = Bench.member(0, [0, 1]);
    bench.duty(1, [5]);
    bench.wait(fallbackBase);
    bench.result({ is: 'idle', refused: [{ memberId: person(5), keyPackage: utf8('bad') }] });
    const rotates = bench.now - fallbackBase - switchAfter + rotateEvery;
    bench.wait(rotates - bench.now);
    while (bench.now < rotates + 4000) {
      expect(operations(bench.wait(1000))).toEqual([]);
    }
    const turn = 2 * fallbackStep;
    expect(operations(bench.wait(turn + commitFirstMs - 4000))).toEqual(['prepare']);
  });

  it('are given up without a socket, and there are tries left when it is back', () => {
    const bench = Bench.member(0, [0, 1]);
    bench.give({ t: 'disconnected' });
    keptBack(bench, bench.now + 2 * pathKeyLifeMs);
    bench.result({ is: 'fresh', keyPackage: utf8('key package') });
    for (let i = 0; i < 10 * maxRejoins; i++) {
      expect(kinds(bench.wait(60_000))).not.toContain('status');
    }
    expect(sent(bench.give({ t: 'connected' }))).toEqual(['join']);
  });
});
