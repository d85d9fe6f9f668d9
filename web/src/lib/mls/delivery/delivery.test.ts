// The committer, the time of a commit, and the handling of the answers.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../crypto/bytes';
import { Bench, key, operations, person, sent, view } from '../testing/bench';
import { fallbackBase, fallbackStep } from './duty';
import { keepAfterJoin } from './key-switch';

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

describe('a Welcome that cannot be used', () => {
  /** Fields of the join after the Welcome with `seq` 3 failed for this reason. */
  function joinAfter(reason: 'crypto' | 'timeout') {
    const bench = new Bench(2);
    bench.give({ t: 'start' });
    bench.result({ is: 'fresh', keyPackage: utf8('kp') });
    bench.server({ t: 'welcome', incarnation: 1, seq: 3, hash: key(3), welcome: utf8('w') });
    bench.result({ is: 'failed', reason });
    return { bench, out: bench.result({ is: 'fresh', keyPackage: utf8('kp 2') }) };
  }
  const plain = { t: 'send', message: { t: 'join', keyPackage: utf8('kp 2') } };

  it('is reported once, so that the server asks another member', () => {
    const { bench, out } = joinAfter('crypto');
    const message = { t: 'join', keyPackage: utf8('kp 2'), refused: 3 };
    expect(out).toContainEqual({ t: 'send', message });
    expect(bench.give({ t: 'connected' })).toContainEqual(plain);
  });

  it('is not reported when this device was too slow', () => {
    expect(joinAfter('timeout').out).toContainEqual(plain);
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
