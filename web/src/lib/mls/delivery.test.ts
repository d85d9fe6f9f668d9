import { describe, expect, it } from 'vitest';
import { concat, random, u8, utf8 } from '../crypto/bytes';
import { Delivery } from './delivery';
import { stuckAfter } from './delivery-limits';
import type { Input, OperationResult, Output, ServerMessage, View } from './delivery-types';
import { fallbackBase, fallbackStep, rotateEvery } from './duty';
import { keepAfterJoin, keepAfterLeave, switchAfter } from './key-switch';

const person = (n: number) => new Uint8Array(16).fill(n);
const key = (n: number) => new Uint8Array(32).fill(n);

function view(epoch: bigint, leaf: number, leaves: number[]): View {
  const roster = leaves.map((n) => ({ leaf: n, memberId: person(n), signatureKey: key(n) }));
  return { groupId: key(9), epoch, leaf, roster, tag: utf8(`tag of ${epoch}`) };
}

/** A delivery with its answers written by hand. */
class Bench {
  readonly delivery: Delivery;
  readonly leaf: number;
  now = 1000;
  seq = 7;
  hash = key(0);

  constructor(leaf: number) {
    this.leaf = leaf;
    this.delivery = new Delivery(person(leaf));
  }

  give(input: Input): Output[] {
    return this.delivery.handle(this.now, input);
  }

  server(message: ServerMessage): Output[] {
    return this.give({ t: 'server', message });
  }

  result(result: OperationResult): Output[] {
    return this.give({ t: 'result', result });
  }

  wait(milliseconds: number): Output[] {
    this.now += milliseconds;
    return this.give({ t: 'tick' });
  }

  /** In epoch 4 of incarnation 1, after the keys settled. */
  static member(leaf: number, leaves: number[]): Bench {
    const bench = new Bench(leaf);
    bench.give({ t: 'start' });
    bench.result({ is: 'fresh', keyPackage: utf8('key package') });
    const { seq, hash } = bench;
    bench.server({ t: 'welcome', incarnation: 1, seq, hash, welcome: utf8('welcome') });
    bench.result({ is: 'in', view: view(4n, leaf, leaves) });
    bench.wait(switchAfter);
    return bench;
  }

  duty(committer: number, adds: number[], removes: number[] = [], epoch = 4n): Output[] {
    return this.server({
      t: 'duty',
      incarnation: 1,
      epoch,
      committer: person(committer),
      adds: adds.map((n) => ({ memberId: person(n), keyPackage: utf8(`key package ${n}`) })),
      removes: removes.map((leaf) => ({ leaf, memberId: person(leaf) })),
    });
  }

  committed(commit: string, epoch = 5n): Output[] {
    this.hash = key(++this.seq);
    const entry = { seq: this.seq, epoch, commit: utf8(commit), hash: this.hash };
    return this.server({ t: 'committed', incarnation: 1, entry });
  }

  next(leaves: number[], change: { joined?: number; left?: number[] } = {}): Output[] {
    const epoch = (this.delivery.view?.epoch ?? 0n) + 1n;
    const { joined = 0, left = [] } = change;
    const path = joined === 0 || left.length > 0;
    const next = view(epoch, this.leaf, leaves);
    return this.result({ is: 'next', view: next, joined, left, path });
  }
}

const operations = (out: Output[]) => out.flatMap((o) => (o.t === 'run' ? [o.operation.do] : []));
const sent = (out: Output[]) => out.flatMap((o) => (o.t === 'send' ? [o.message.t] : []));
const kinds = (out: Output[]) => out.map((o) => o.t);

describe('coming in', () => {
  it('asks with a key package, and is in after the Welcome', () => {
    const bench = new Bench(2);
    expect(operations(bench.give({ t: 'start' }))).toEqual(['fresh']);
    expect(sent(bench.result({ is: 'fresh', keyPackage: utf8('kp') }))).toEqual(['join']);
    const welcome = { seq: 3, hash: key(3), welcome: utf8('w') };
    const joining = bench.server({ t: 'welcome', incarnation: 1, ...welcome });
    expect(operations(joining)).toEqual(['join']);
    const out = bench.result({ is: 'in', view: view(4n, 2, [0, 1, 2]) });
    expect(out).toContainEqual({ t: 'install', epoch: 4n });
    expect(out).toContainEqual({ t: 'switch', epoch: 4n });
    expect(out).toContainEqual({ t: 'status', status: 'in' });
    const report = { t: 'ready', incarnation: 1, epoch: 4n, tag: utf8('tag of 4'), hash: key(3) };
    expect(out).toContainEqual({ t: 'send', message: report });
  });

  it('creates the group when it is the first', () => {
    const bench = new Bench(0);
    bench.give({ t: 'start' });
    bench.result({ is: 'fresh', keyPackage: utf8('kp') });
    expect(operations(bench.server({ t: 'found', incarnation: 1 }))).toEqual(['found']);
    const out = bench.result({ is: 'in', view: view(0n, 0, [0]) });
    expect(sent(out)).toEqual(['founded']);
    expect(out).toContainEqual({ t: 'switch', epoch: 0n });
  });

  it('tries a bad or missing Welcome three more times with fresh keys, then says so', () => {
    const bench = new Bench(2);
    bench.give({ t: 'start' });
    for (let n = 0; n < 3; n++) {
      bench.result({ is: 'fresh', keyPackage: utf8(`kp ${n}`) });
      if (n === 1) {
        expect(operations(bench.wait(8000))).toEqual(['fresh']);
        continue;
      }
      const welcome = { seq: 3, hash: key(3), welcome: utf8('w') };
      bench.server({ t: 'welcome', incarnation: 1, ...welcome });
      expect(operations(bench.result({ is: 'failed', reason: 'psk' }))).toEqual(['fresh']);
    }
    bench.result({ is: 'fresh', keyPackage: utf8('kp') });
    bench.server({ t: 'welcome', incarnation: 1, seq: 3, hash: key(3), welcome: utf8('w') });
    const out = bench.result({ is: 'failed', reason: 'psk' });
    expect(out).toContainEqual({ t: 'status', status: 'failed', reason: 'psk' });
    expect(operations(out)).toEqual([]);
    expect(bench.delivery.deadline()).toBe(Infinity);
  });
});

describe('a duty', () => {
  it('is done at once by whose it is', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    expect(operations(bench.duty(0, [3]))).toEqual(['prepare']);
  });

  it.each([
    [0, 0],
    [2, 1],
    [5, 2],
  ])('is done by leaf %i after 700 ms and %i times 300 ms more', (leaf, rank) => {
    const bench = Bench.member(leaf, [0, 1, 2, 5]);
    expect(operations(bench.duty(1, [3]))).toEqual([]);
    expect(operations(bench.wait(fallbackBase + rank * fallbackStep - 1))).toEqual([]);
    expect(operations(bench.wait(1))).toEqual(['prepare']);
  });

  it('is not done by who is to be removed, who does not count for the others either', () => {
    const leaver = Bench.member(0, [0, 1, 2]);
    leaver.duty(1, [], [0]);
    expect(operations(leaver.wait(4000))).toEqual([]);
    const next = Bench.member(2, [0, 1, 2]);
    next.duty(1, [], [0]);
    expect(operations(next.wait(fallbackBase))).toEqual(['prepare']);
  });

  it('leaves people alone who are no longer on the leaf that is to be removed', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    const out = bench.server({
      t: 'duty',
      incarnation: 1,
      epoch: 4n,
      committer: person(0),
      adds: [],
      removes: [{ leaf: 2, memberId: person(8) }],
    });
    expect(operations(out)).toEqual([]);
  });

  it('of an older epoch or incarnation is ignored, and one of the next kept', () => {
    const bench = Bench.member(0, [0, 1]);
    expect(operations(bench.duty(0, [3], [], 3n))).toEqual([]);
    expect(operations(bench.duty(0, [3], [], 5n))).toEqual([]);
    expect(operations(bench.wait(4000))).toEqual([]);
    bench.committed('theirs');
    expect(operations(bench.next([0, 1], {}))).toEqual(['prepare']);
  });

  it('reports key packages that were refused, and commits the rest', () => {
    const bench = Bench.member(0, [0, 1]);
    bench.duty(0, [3, 4]);
    const refused = [{ memberId: person(3), keyPackage: utf8('key package 3') }];
    const out = bench.result({ is: 'prepared', commit: utf8('c'), welcome: utf8('w'), refused });
    expect(out).toContainEqual({ t: 'refused', adds: refused });
    expect(sent(out)).toEqual(['commit']);
  });
});

describe('a race', () => {
  function withCandidate(): Bench {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.duty(0, [3]);
    bench.result({ is: 'prepared', commit: utf8('mine'), welcome: utf8('w'), refused: [] });
    return bench;
  }

  it('is won when our commit comes back', () => {
    const bench = withCandidate();
    expect(operations(bench.committed('mine'))).toEqual(['confirm']);
    expect(bench.next([0, 1, 2, 3], { joined: 1 })).toContainEqual({ t: 'install', epoch: 5n });
  });

  it('is lost when another one comes: ours is dropped, and not proposed again', () => {
    const bench = withCandidate();
    expect(operations(bench.committed('theirs'))).toEqual(['process']);
    bench.next([0, 1, 2, 3], { joined: 1 });
    bench.server({ t: 'rejected', incarnation: 1, epoch: 4n, reason: 'epoch' });
    expect(bench.wait(3000).some((o) => o.t === 'send')).toBe(false);
  });

  it('is decided by what comes back, though the server refused ours first', () => {
    const bench = withCandidate();
    bench.server({ t: 'rejected', incarnation: 1, epoch: 4n, reason: 'epoch' });
    expect(operations(bench.committed('theirs'))).toEqual(['process']);
  });

  it('goes on when it was refused and nobody else commits, but not for ever', () => {
    const bench = withCandidate();
    for (let n = 0; n < 3; n++) {
      bench.server({ t: 'rejected', incarnation: 1, epoch: 4n, reason: 'form' });
      const again = operations(bench.wait(fallbackBase));
      expect(again).toEqual(n < 2 ? ['prepare'] : []);
      if (n < 2) {
        bench.result({ is: 'prepared', commit: utf8(`mine ${n}`), welcome: null, refused: [] });
      }
    }
  });

  it('takes one thing after the other: what comes while it works is kept', () => {
    const bench = Bench.member(0, [0, 1]);
    expect(operations(bench.committed('one', 5n))).toEqual(['process']);
    expect(operations(bench.committed('two', 6n))).toEqual([]);
    expect(operations(bench.duty(0, [3], [], 6n))).toEqual([]);
    expect(operations(bench.next([0, 1]))).toEqual(['process']);
    expect(operations(bench.next([0, 1]))).toEqual(['prepare']);
  });
});

it('does not ask for ticks that it could not use before an operation is done', () => {
  const bench = Bench.member(0, [0, 1]);
  bench.wait(keepAfterJoin);
  bench.duty(1, [3]);
  expect(bench.delivery.deadline()).toBe(bench.now + fallbackBase);
  bench.committed('theirs');
  expect(bench.delivery.deadline()).toBe(Infinity);
  expect(operations(bench.wait(fallbackBase))).toEqual([]);
  bench.result({ is: 'idle', refused: [] });
  expect(bench.delivery.deadline()).toBeGreaterThan(bench.now);
});

describe('what was missed', () => {
  it('is asked for when there is a gap, and taken in order', () => {
    const bench = Bench.member(0, [0, 1]);
    const { hash } = bench;
    const entry = (n: number) => ({
      seq: 7 + n,
      epoch: 4n + BigInt(n),
      commit: utf8(`commit ${n}`),
      hash,
    });
    const gap = bench.server({ t: 'committed', incarnation: 1, entry: entry(2) });
    const { leaf: _, ...where } = view(4n, 0, [0, 1]);
    expect(gap).toContainEqual({
      t: 'send',
      message: { t: 'resume', incarnation: 1, seq: 7, hash, ...where },
    });
    const missed = bench.server({ t: 'committed', incarnation: 1, entry: entry(1) });
    expect(operations(missed)).toEqual(['process']);
    bench.server({ t: 'committed', incarnation: 1, entry: entry(2) });
    bench.server({ t: 'resumed', incarnation: 1, seq: 9 });
    expect(operations(bench.next([0, 1]))).toEqual(['process']);
    expect(sent(bench.next([0, 1]))).not.toContain('resume');
    expect(bench.delivery.view?.epoch).toBe(6n);
  });

  it('is asked for again while it comes in parts, and given up when nothing comes', () => {
    const bench = Bench.member(0, [0, 1]);
    bench.give({ t: 'connected' });
    bench.committed('theirs');
    bench.next([0, 1]);
    const more = bench.server({ t: 'resumed', incarnation: 1, seq: 90 });
    expect(sent(more)).toEqual(['resume']);
    const nothing = bench.server({ t: 'resumed', incarnation: 1, seq: 90 });
    expect(sent(nothing)).toEqual([]);
    expect(operations(nothing)).toEqual(['fresh']);
  });

  it('includes our own commit, or proposes it again when it never arrived', () => {
    const bench = Bench.member(0, [0, 1]);
    bench.duty(0, [3]);
    bench.result({ is: 'prepared', commit: utf8('mine'), welcome: utf8('w'), refused: [] });
    expect(sent(bench.give({ t: 'connected' }))).toEqual(['resume']);
    const nothing = bench.server({ t: 'resumed', incarnation: 1, seq: bench.seq });
    expect(sent(nothing)).toEqual(['commit']);
    expect(operations(bench.committed('mine'))).toEqual(['confirm']);
  });

  it('is asked for when no answer comes to a commit', () => {
    const bench = Bench.member(0, [0, 1]);
    bench.duty(0, [3]);
    bench.result({ is: 'prepared', commit: utf8('mine'), welcome: utf8('w'), refused: [] });
    expect(sent(bench.wait(2000))).toEqual(['resume']);
  });

  it('makes us ask to be added again when the server no longer has it', () => {
    const bench = Bench.member(0, [0, 1]);
    const out = bench.server({ t: 'gone', incarnation: 1 });
    expect(out).toContainEqual({ t: 'forget-all' });
    expect(operations(out)).toEqual(['fresh']);
  });

  it('makes us ask to be added again when an entry does not follow or cannot be used', () => {
    const bench = Bench.member(0, [0, 1]);
    bench.seq++;
    expect(operations(bench.committed('skips a number'))).toEqual(['fresh']);
    const other = Bench.member(0, [0, 1]);
    other.committed('forged');
    expect(operations(other.result({ is: 'failed', reason: 'crypto' }))).toEqual(['fresh']);
  });
});

describe('keys', () => {
  const ready = (bench: Bench, n: number, epoch: bigint, tag = `tag of ${epoch}`) =>
    bench.server({ t: 'ready', incarnation: 1, epoch, memberId: person(n), tag: utf8(tag) });

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
    ready(bench, 1, 5n);
    bench.committed('add');
    expect(kinds(bench.next([0, 1, 2], { joined: 1 }))).not.toContain('switch');
    expect(ready(bench, 2, 5n)).toContainEqual({ t: 'switch', epoch: 5n });
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

  it('are not used for sending from 5 s after somebody left until there are new ones', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.server({ t: 'left', incarnation: 1, memberId: person(2) });
    expect(bench.wait(stuckAfter - 1)).toEqual([]);
    expect(bench.wait(1)).toContainEqual({ t: 'hold', on: true });
    bench.committed('remove');
    expect(bench.next([0, 1], { left: [2] })).toContainEqual({ t: 'hold', on: false });
  });

  it('are not used for sending again by a commit that leaves who left in the group', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.server({ t: 'left', incarnation: 1, memberId: person(2) });
    bench.wait(stuckAfter - 1);
    bench.committed('rotation');
    bench.next([0, 1, 2]);
    expect(bench.wait(1)).toContainEqual({ t: 'hold', on: true });
    bench.committed('another rotation', 6n);
    expect(kinds(bench.next([0, 1, 2]))).not.toContain('hold');
    bench.committed('remove', 7n);
    expect(bench.next([0, 1], { left: [2] })).toContainEqual({ t: 'hold', on: false });
  });

  it('are used again when who left came back in the same commit, on the same leaf', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.duty(1, [2], [2]);
    bench.committed('remove and add');
    bench.next([0, 1, 2], { joined: 1, left: [2] });
    expect(kinds(bench.wait(stuckAfter))).not.toContain('hold');
  });

  it('are not used when somebody in our epoch has others', () => {
    const bench = Bench.member(0, [0, 1]);
    const out = ready(bench, 1, 4n, 'another tag');
    expect(out).toContainEqual({ t: 'hold', on: true });
    expect(out).toContainEqual({ t: 'status', status: 'forked' });
    expect(sent(out)).toEqual(['forked']);
    expect(operations(bench.committed('whatever'))).toEqual([]);
    expect(operations(bench.server({ t: 'reset', incarnation: 2 }))).toEqual(['fresh']);
  });

  it('are not used when somebody was in the epoch before us, with others', () => {
    const bench = Bench.member(0, [0, 1]);
    ready(bench, 1, 5n, 'another tag');
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
