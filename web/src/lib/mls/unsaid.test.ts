// Words that wait, by hand.
import { describe, expect, it } from 'vitest';
import type { RosterEntry } from './roster';
import type { Said } from './said';
import { maxUnsaid, othersWithin, Unsaid } from './unsaid';

const chat = (text: string): Said => ({ k: 'chat', text });
const state = (name: string): Said => ({ k: 'state', name, mic: true, cam: true, hand: false });
const restart = (gen: number): Said => ({ k: 'restart', to: new Uint8Array(16), gen });
const nonce: Said = { k: 'sas-nonce', value: new Uint8Array(32) };
const here: Said = { k: 'here', n: new Uint8Array(8), heard: [] };

function person(n: number, key = n): RosterEntry {
  const signatureKey = new Uint8Array(32).fill(key);
  return { leaf: n, memberId: new Uint8Array(16).fill(n), signatureKey, packaged: null };
}

function keeping(...said: Said[]): Unsaid {
  const unsaid = new Unsaid();
  for (const one of said) unsaid.keep(one);
  return unsaid;
}

describe('what cannot be said yet', () => {
  it('is said in order, once; of states the newest, and of comparing and presence nothing', () => {
    const unsaid = keeping(state('one'), chat('a'), nonce, here, state('two'), chat('b'));
    expect(unsaid.take(0, [])).toEqual([chat('a'), state('two'), chat('b')]);
    expect(unsaid.take(0, [])).toEqual([]);
  });

  it('is 48 words at most: descriptions go first, then what is new', () => {
    const full = Array.from({ length: maxUnsaid }, (_, i) => (i === 3 ? restart(i) : chat(`${i}`)));
    const unsaid = keeping(...full, chat('one more'), chat('and one'));
    const rest = full.filter((_, i) => i !== 3);
    expect(unsaid.take(0, [])).toEqual([...rest, chat('one more')]);
    const descriptions = Array.from({ length: maxUnsaid + 2 }, (_, i) => restart(i));
    expect(keeping(...descriptions).take(0, [])).toEqual(descriptions.slice(2));
  });
});

describe('in a new group', () => {
  const since = (...others: RosterEntry[]) => {
    const unsaid = new Unsaid();
    unsaid.enter(0, others, false);
    unsaid.keep(chat('for them'));
    unsaid.leave();
    return unsaid;
  };

  it('chat waits for all of the one before, fifteen seconds at most', () => {
    const unsaid = since(person(1), person(2));
    unsaid.enter(100, [], true);
    expect(unsaid.waits(chat('more'))).toBe(true);
    expect(unsaid.waits(state('me'))).toBe(false);
    expect(unsaid.deadline()).toBe(100 + othersWithin);
    // Taken and said again, which keeps it.
    for (const said of unsaid.take(100, [person(1)])) if (unsaid.waits(said)) unsaid.keep(said);
    expect(unsaid.take(200, [person(1), person(2)])).toEqual([chat('for them')]);
    expect([unsaid.waits(chat('more')), unsaid.deadline()]).toEqual([false, Infinity]);
  });

  it('goes to those who came by then, and to nobody when none did', () => {
    const some = since(person(1), person(2));
    some.enter(0, [person(1)], true);
    expect(some.take(othersWithin, [person(1)])).toEqual([chat('for them')]);
    const none = since(person(1));
    none.enter(0, [person(3)], true);
    expect(none.take(othersWithin, [person(3)])).toEqual([]);
  });

  it('is not met by who has the name of one of them and another key', () => {
    const unsaid = since(person(1));
    unsaid.enter(0, [person(1, 9)], true);
    expect(unsaid.waits(chat('more'))).toBe(true);
    unsaid.take(1, [person(1, 9)]);
    expect(unsaid.waits(chat('more'))).toBe(true);
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
    const unsaid = since(person(1));
    unsaid.enter(0, [], true);
    unsaid.leave();
    expect(unsaid.deadline()).toBe(Infinity);
    unsaid.enter(5000, [], true);
    expect(unsaid.deadline()).toBe(5000 + othersWithin);
  });
});
