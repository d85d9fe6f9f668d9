// Proofs of presence; the server in between may lose, delay and repeat.
import { describe, expect, it } from 'vitest';
import { hex } from '../../crypto/bytes';
import type { RosterEntry } from '../group/roster';
import type { PeerMessage } from '../messages/peer-message';
import type { View } from './delivery-types';
import { graceMs, Presence, presenceEveryMs, silentAfterMs } from './presence';

const person = (n: number) => new Uint8Array(16).fill(n);
type Here = Extract<PeerMessage, { k: 'here' }>;

/** Person 3 sits on leaf 3. */
function entry(n: number, leaf = n, packaged: string | null = `package ${n}`): RosterEntry {
  return { leaf, memberId: person(n), signatureKey: person(n), packaged };
}

function view(epoch: bigint, leaf: number, roster: RosterEntry[]): View {
  const none = new Uint8Array();
  return { groupId: none, epoch, leaf, roster, tag: none };
}

/** Somebody who says and hears by hand. */
class Page {
  sent: Here[] = [];
  readonly presence: Presence;

  constructor(
    readonly leaf: number,
    private readonly clock: () => number,
  ) {
    this.presence = new Presence((message) => this.sent.push(message as Here));
  }

  receive(from: Page, message: PeerMessage | undefined, epoch = 1n): void {
    if (message) this.presence.receive(hex(person(from.leaf)), epoch, message, this.clock());
  }
}

class Room {
  now = 0;
  readonly pages: Page[];
  readonly roster: RosterEntry[];

  constructor(count: number) {
    this.pages = Array.from({ length: count }, (_, leaf) => new Page(leaf, () => this.now));
    this.roster = this.pages.map(({ leaf }) => entry(leaf));
    for (const { presence, leaf } of this.pages) presence.enter(view(1n, leaf, this.roster), 0);
  }

  /** `carries` is the server. */
  pass(
    milliseconds: number,
    carries: (from: Page, to: Page, message: Here) => boolean = () => true,
  ): void {
    const until = this.now + milliseconds;
    for (;;) {
      const next = Math.min(...this.pages.map(({ presence }) => presence.deadline()));
      if (next > until) break;
      this.now = Math.max(this.now, next);
      for (const page of this.pages) {
        page.presence.tick(this.now);
        for (const message of page.sent.splice(0)) {
          for (const to of this.pages) {
            if (to !== page && carries(page, to, message)) to.receive(page, message);
          }
        }
      }
    }
    this.now = until;
  }

  silent(): number[][] {
    return this.pages.map(({ presence }) => presence.silent);
  }
}

const never = () => false;

describe('presence', () => {
  it('is proven again and again while words are carried', () => {
    const room = new Room(3);
    room.pass(20 * silentAfterMs);
    expect(room.silent()).toEqual([[], [], []]);
  });

  it('costs a word in twenty seconds, and a few more when somebody comes', () => {
    const room = new Room(4);
    let words = 0;
    const count = (from: Page, to: Page) => {
      if (to.leaf === (from.leaf + 1) % 4) words++;
      return true;
    };
    room.pass(10_000, count);
    expect(words).toBeLessThanOrEqual(3 * 4);
    room.pass(60_000);
    words = 0;
    room.pass(10 * presenceEveryMs, count);
    expect(words).toBe(10 * 4);
  });

  it('ends three minutes after somebody heard us last', () => {
    const room = new Room(3);
    room.pass(10 * presenceEveryMs);
    const [, , gone] = room.pages;
    const without = (from: Page, to: Page) => from !== gone && to !== gone;
    room.pass(silentAfterMs - 2 * presenceEveryMs - 1, without);
    expect(room.silent()).toEqual([[], [], []]);
    room.pass(2 * presenceEveryMs + 1, without);
    expect(room.silent().slice(0, 2)).toEqual([[2], [2]]);
    room.pass(3 * presenceEveryMs);
    expect(room.silent()).toEqual([[], [], []]);
  });

  it('comes back within seconds when words do', () => {
    const room = new Room(2);
    room.pass(10 * silentAfterMs, never);
    expect(room.silent()).toEqual([[1], [0]]);
    for (const { presence } of room.pages) presence.sendSoon(room.now);
    room.pass(10_000);
    expect(room.silent()).toEqual([[], []]);
  });

  it('is not proven by messages that were sent before and arrive late', () => {
    const room = new Room(2);
    const [alice, bob] = room.pages as [Page, Page];
    const kept: Here[] = [];
    const behind = (_: Page, to: Page, message: Here) => {
      if (to === bob) return true;
      kept.push(message);
      // The server is always six words behind.
      alice.receive(bob, kept.at(-6));
      return false;
    };
    room.pass(20 * presenceEveryMs, behind);
    expect(room.silent()[0]).toEqual([]);
    // Bob is gone, and it carries on with what it has.
    const goneAt = room.now;
    let silentAt = Infinity;
    for (const message of [...kept.slice(-5), undefined, undefined, undefined, undefined]) {
      room.pass(presenceEveryMs, never);
      alice.receive(bob, message);
      if (alice.presence.silent.length > 0) silentAt = Math.min(silentAt, room.now);
    }
    expect(silentAt - goneAt).toBeLessThanOrEqual(silentAfterMs);
  });

  it('is not proven by numbers that this page never sent, nor by those of another epoch or leaf', () => {
    const room = new Room(2);
    const [alice, bob] = room.pages as [Page, Page];
    const ours: Uint8Array<ArrayBuffer>[] = [];
    room.pass(silentAfterMs - 1, (from, _, message) => {
      if (from === alice) ours.push(message.n);
      return false;
    });
    const n = person(7).slice(0, 8);
    const newest = ours.at(-1) ?? expect.fail();
    const message = (leaf: number, heard: typeof n): PeerMessage => ({
      k: 'here',
      n,
      heard: [{ leaf, n: heard }],
    });
    alice.receive(bob, message(1, newest));
    alice.receive(bob, message(0, n));
    alice.receive(bob, message(0, newest), 2n);
    alice.receive(bob, { k: 'chat', text: 'here' });
    room.pass(1, never);
    expect(alice.presence.silent).toEqual([1]);
    alice.receive(bob, message(0, newest));
    expect(alice.presence.silent).toEqual([]);
  });

  it('is lent to who is added again, once', () => {
    for (const again of [
      (epoch: number) => entry(1, epoch % 2 === 0 ? 1 : 2),
      (epoch: number) => entry(1, 1, `package ${epoch}`),
    ]) {
      const room = new Room(2);
      const [alice] = room.pages as [Page, Page];
      room.pass(10 * presenceEveryMs);
      const goneAt = room.now;
      for (let epoch = 2; alice.presence.silent.length === 0; epoch++) {
        room.pass(presenceEveryMs / 2, never);
        alice.presence.enter(view(BigInt(epoch), 0, [entry(0), again(epoch)]), room.now);
        expect(room.now - goneAt).toBeLessThanOrEqual(silentAfterMs + graceMs);
      }
    }
  });

  it('is lent to all when we come back ourselves, once', () => {
    const room = new Room(2);
    const [alice] = room.pages as [Page, Page];
    room.pass(10 * presenceEveryMs);
    const goneAt = room.now;
    while (alice.presence.silent.length === 0) {
      room.pass(presenceEveryMs, never);
      alice.presence.enter(null, room.now);
      alice.presence.enter(view(1n, 0, room.roster), room.now);
      expect(room.now - goneAt).toBeLessThanOrEqual(silentAfterMs + graceMs);
    }
    // A member that proves its presence again has it again.
    room.pass(60_000);
    expect(alice.presence.silent).toEqual([]);
    room.pass(5 * silentAfterMs, never);
    alice.presence.enter(null, room.now);
    alice.presence.enter(view(1n, 0, room.roster), room.now);
    expect(alice.presence.silent).toEqual([]);
    room.pass(10_000);
    room.pass(graceMs);
    expect(alice.presence.silent).toEqual([]);
  });

  it('is not lent to who made path keys, or stays where they are', () => {
    const room = new Room(2);
    const [alice] = room.pages as [Page, Page];
    room.pass(silentAfterMs - 1, never);
    alice.presence.enter(view(2n, 0, [entry(0), entry(1, 1, null)]), room.now);
    room.pass(1, never);
    expect(alice.presence.silent).toEqual([1]);
  });

  it('is owed by nobody who was removed, and by nobody in no group', () => {
    const room = new Room(2);
    const [alice] = room.pages as [Page, Page];
    room.pass(silentAfterMs, never);
    expect(alice.presence.silent).toEqual([1]);
    alice.presence.enter(view(2n, 0, [entry(0)]), room.now);
    expect([alice.presence.silent, alice.presence.deadline()]).toEqual([[], Infinity]);
    alice.presence.sendSoon(room.now);
    alice.presence.enter(null, room.now);
    expect([alice.presence.silent, alice.presence.deadline()]).toEqual([[], Infinity]);
  });
});
