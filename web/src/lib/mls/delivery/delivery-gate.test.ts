// When nothing is sealed because somebody is to go, or does not prove to be there.
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../crypto/bytes';
import { Bench, key, kinds, operations, person, sent, view } from '../testing/bench';
import { closedLimitMs, removalLimitMs } from './delivery-limits';
import type { Output, View } from './delivery-types';

describe('keys', () => {
  it('are not used for sending from 5 s after somebody left until there are new ones', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.server({ t: 'left', incarnation: 1, memberId: person(2) });
    expect(bench.wait(removalLimitMs - 1)).toEqual([]);
    expect(bench.wait(1)).toContainEqual({ t: 'hold', on: true });
    bench.committed('remove');
    expect(bench.next([0, 1], { left: [2] })).toContainEqual({ t: 'hold', on: false });
  });

  it('are not used for sending again by a commit that leaves who left in the group', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.server({ t: 'left', incarnation: 1, memberId: person(2) });
    bench.wait(removalLimitMs - 1);
    bench.committed('rotation');
    bench.next([0, 1, 2]);
    expect(bench.wait(1)).toContainEqual({ t: 'hold', on: true });
    bench.committed('another rotation', 6n);
    expect(kinds(bench.next([0, 1, 2]))).not.toContain('hold');
    bench.committed('remove', 7n);
    expect(bench.next([0, 1], { left: [2] })).toContainEqual({ t: 'hold', on: false });
  });

  /** The group is lost, and we are added to `next` of it. */
  function comeBack(bench: Bench, next: View): Output[] {
    const out = bench.server({ t: 'gone', incarnation: 1 });
    bench.result({ is: 'fresh', keyPackage: utf8('another key package') });
    const { seq, hash } = bench;
    bench.server({ t: 'welcome', incarnation: 1, seq, hash, welcome: utf8('welcome') });
    return [...out, ...bench.result({ is: 'in', view: next })];
  }

  it('are not used again by coming in again, however often, while who left is there', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.server({ t: 'left', incarnation: 1, memberId: person(2) });
    bench.wait(removalLimitMs - 1);
    expect(kinds(comeBack(bench, view(5n, 0, [0, 1, 2])))).not.toContain('hold');
    expect(bench.wait(1)).toContainEqual({ t: 'hold', on: true });
    bench.wait(1000);
    const out = comeBack(bench, view(6n, 0, [0, 1, 2]));
    // On hold before there is a key to seal with.
    const order = out.flatMap((o) =>
      o.t === 'hold' ? [`${o.on}`] : o.t === 'switch' ? ['key'] : [],
    );
    expect(order).toEqual(['false', 'true', 'key']);
  });

  it('are used again in another group: what who left has of the one before is worth nothing', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.server({ t: 'left', incarnation: 1, memberId: person(2) });
    bench.wait(removalLimitMs);
    const other = { ...view(0n, 0, [0, 1, 2]), groupId: key(8) };
    expect(comeBack(bench, other)).toContainEqual({ t: 'hold', on: false });
    expect(kinds(bench.wait(removalLimitMs))).not.toContain('hold');
  });

  it('are used again when who left came back in the same commit, on the same leaf', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.duty(1, [2], [2]);
    bench.committed('remove and add');
    bench.next([0, 1, 2], { joined: 1, left: [2] });
    expect(kinds(bench.wait(removalLimitMs))).not.toContain('hold');
  });

  it('are not used for sending while somebody does not prove that they are there', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    expect(bench.give({ t: 'silent', leaves: [2] })).toContainEqual({ t: 'hold', on: true });
    bench.committed('rotation');
    expect(kinds(bench.next([0, 1, 2]))).not.toContain('hold');
    expect(bench.give({ t: 'silent', leaves: [] })).toContainEqual({ t: 'hold', on: false });
    bench.server({ t: 'left', incarnation: 1, memberId: person(2) });
    bench.give({ t: 'silent', leaves: [2] });
    bench.wait(removalLimitMs);
    // Both reasons have to go.
    expect(kinds(bench.give({ t: 'silent', leaves: [] }))).not.toContain('hold');
  });
});

describe('a hold that does not end', () => {
  it('is reported after half a minute, so that there is another group', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.give({ t: 'silent', leaves: [2] });
    expect(sent(bench.wait(closedLimitMs - 1))).toEqual([]);
    const out = bench.wait(1);
    expect(sent(out)).toEqual(['forked']);
    expect(kinds(out)).not.toContain('hold');
    const again = bench.server({ t: 'reset', incarnation: 2 });
    expect(operations(again)).toEqual(['fresh']);
    expect(again).toContainEqual({ t: 'hold', on: false });
  });

  it('ends by coming in anew when nobody heeds that, or the server says so', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.give({ t: 'silent', leaves: [2] });
    expect(sent(bench.wait(closedLimitMs))).toEqual(['forked']);
    expect(operations(bench.wait(closedLimitMs - 1))).toEqual([]);
    expect(operations(bench.wait(1))).toEqual(['fresh']);
    const other = Bench.member(0, [0, 1]);
    other.ready(1, 4n, 'another tag');
    expect(operations(other.server({ t: 'gone', incarnation: 1 }))).toEqual(['fresh']);
  });

  it('is not reported within half a minute of the socket being back', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.give({ t: 'disconnected' });
    bench.give({ t: 'silent', leaves: [1, 2] });
    bench.wait(closedLimitMs - 1000);
    bench.give({ t: 'connected' });
    expect(sent(bench.wait(closedLimitMs - 1))).not.toContain('forked');
    expect(sent(bench.wait(1))).toContain('forked');
  });

  it('outlasts coming into the group again, while who was to go is where they were', () => {
    const back = (roster: number[], packaged: string | null) => {
      const bench = Bench.member(0, [0, 1, 2]);
      bench.server({ t: 'left', incarnation: 1, memberId: person(2) });
      bench.server({ t: 'gone', incarnation: 1 });
      bench.result({ is: 'fresh', keyPackage: utf8('another') });
      const { seq, hash } = bench;
      bench.server({ t: 'welcome', incarnation: 1, seq, hash, welcome: utf8('welcome') });
      const there = view(9n, 0, roster);
      for (const entry of there.roster) if (entry.leaf === 2) entry.packaged = packaged;
      bench.result({ is: 'in', view: there });
      return kinds(bench.wait(removalLimitMs));
    };
    expect(back([0, 1, 2], null)).toContain('hold');
    expect(back([0, 1, 2], 'they came again')).not.toContain('hold');
    expect(back([0, 1], null)).not.toContain('hold');
  });

  it('is not reported when it ended, nor without a socket', () => {
    const bench = Bench.member(0, [0, 1, 2]);
    bench.give({ t: 'silent', leaves: [2] });
    bench.wait(closedLimitMs - 1);
    bench.give({ t: 'silent', leaves: [] });
    expect(sent(bench.wait(closedLimitMs))).toEqual([]);
    bench.give({ t: 'disconnected' });
    bench.give({ t: 'silent', leaves: [1, 2] });
    expect(sent(bench.wait(closedLimitMs))).toEqual([]);
    bench.give({ t: 'connected' });
    expect(sent(bench.wait(closedLimitMs))).toContain('forked');
  });
});
