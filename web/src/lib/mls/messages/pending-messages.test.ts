// Words that wait, by hand.
import { describe, expect, it } from 'vitest';
import type { RosterEntry } from '../group/roster';
import type { PeerMessage } from './peer-message';
import { maxPending, othersLimitMs, PendingMessages } from './pending-messages';

const chat = (text: string): PeerMessage => ({ k: 'chat', text });
const state = (name: string): PeerMessage => ({
  k: 'state',
  name,
  mic: true,
  cam: true,
  hand: false,
});
const restart = (gen: number): PeerMessage => ({ k: 'restart', to: new Uint8Array(16), gen });
const nonce: PeerMessage = { k: 'sas-nonce', value: new Uint8Array(32) };
const here: PeerMessage = { k: 'here', n: new Uint8Array(8), heard: [] };

function person(n: number, key = n): RosterEntry {
  const signatureKey = new Uint8Array(32).fill(key);
  return { leaf: n, memberId: new Uint8Array(16).fill(n), signatureKey, packaged: null };
}

function keeping(...message: PeerMessage[]): PendingMessages {
  const pending = new PendingMessages();
  for (const one of message) pending.keep(one);
  return pending;
}

describe('messages that cannot be sent yet', () => {
  it('are sent in order, once; of states the newest, and of comparing and presence nothing', () => {
    const pending = keeping(state('one'), chat('a'), nonce, here, state('two'), chat('b'));
    expect(pending.take(0, [])).toEqual([chat('a'), state('two'), chat('b')]);
    expect(pending.take(0, [])).toEqual([]);
  });

  it('are 48 at most: descriptions go first, then what is new', () => {
    const full = Array.from({ length: maxPending }, (_, i) =>
      i === 3 ? restart(i) : chat(`${i}`),
    );
    const pending = keeping(...full, chat('one more'), chat('and one'));
    const rest = full.filter((_, i) => i !== 3);
    expect(pending.take(0, [])).toEqual([...rest, chat('one more')]);
    const descriptions = Array.from({ length: maxPending + 2 }, (_, i) => restart(i));
    expect(keeping(...descriptions).take(0, [])).toEqual(descriptions.slice(2));
  });
});

describe('in a new group', () => {
  const since = (...others: RosterEntry[]) => {
    const pending = new PendingMessages();
    pending.enter(0, others, false);
    pending.keep(chat('for them'));
    pending.leave();
    return pending;
  };

  it('chat waits for all of the one before, fifteen seconds at most', () => {
    const pending = since(person(1), person(2));
    pending.enter(100, [], true);
    expect(pending.waits(chat('more'))).toBe(true);
    expect(pending.waits(state('me'))).toBe(false);
    expect(pending.deadline()).toBe(100 + othersLimitMs);
    // Taken and sent again, which keeps it.
    for (const message of pending.take(100, [person(1)]))
      if (pending.waits(message)) pending.keep(message);
    expect(pending.take(200, [person(1), person(2)])).toEqual([chat('for them')]);
    expect([pending.waits(chat('more')), pending.deadline()]).toEqual([false, Infinity]);
  });

  it('goes to those who came by then, and to nobody when none did', () => {
    const some = since(person(1), person(2));
    some.enter(0, [person(1)], true);
    expect(some.take(othersLimitMs, [person(1)])).toEqual([chat('for them')]);
    const none = since(person(1));
    none.enter(0, [person(3)], true);
    expect(none.take(othersLimitMs, [person(3)])).toEqual([]);
  });

  it('is not met by who has the name of one of them and another key', () => {
    const pending = since(person(1));
    pending.enter(0, [person(1, 9)], true);
    expect(pending.waits(chat('more'))).toBe(true);
    pending.take(1, [person(1, 9)]);
    expect(pending.waits(chat('more'))).toBe(true);
  });

  it('is waited for by nobody who was alone, or is somebody new', () => {
    const alone = since();
    alone.enter(0, [], true);
    expect(alone.take(0, [])).toEqual([chat('for them')]);
    const other = since(person(1));
    other.forgetOthers();
    other.enter(0, [], true);
    expect(other.deadline()).toBe(Infinity);
  });

  it('waits anew when we leave that one, too', () => {
    const pending = since(person(1));
    pending.enter(0, [], true);
    pending.leave();
    expect(pending.deadline()).toBe(Infinity);
    pending.enter(5000, [], true);
    expect(pending.deadline()).toBe(5000 + othersLimitMs);
  });
});
