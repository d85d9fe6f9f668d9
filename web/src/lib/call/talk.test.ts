import { beforeEach, describe, expect, it } from 'vitest';
import type { PeerMessage } from '../mls/messages/peer-message';
import { cleanChat, maxEntries, Talk } from './talk';
import type { CallState } from './types';

let said: PeerMessage[];
let state: Partial<CallState>;
let verified: string[];
let asked: boolean[];
let lines: (number | undefined)[];
/** The sender is gone. */
let nobody: boolean;
let talk: Talk;

beforeEach(() => {
  [said, state, verified, asked, lines, nobody] = [[], {}, [], [], [], false];
  talk = new Talk({
    say: (one, line) => {
      said.push(one);
      lines.push(line);
      if (nobody && line !== undefined) talk.said(line, true);
    },
    compare: (on) => asked.push(on),
    verify: (keys) => verified.push(...keys),
    nameOf: (id) => (id === 'a' ? 'Ada' : ''),
    update: (change) => Object.assign(state, change),
  });
});

describe('chat', () => {
  it('is said to the others and listed with theirs', () => {
    talk.chat('  hello ');
    talk.heard('a', 'hi');
    expect(said).toEqual([{ k: 'chat', text: 'hello' }]);
    expect(state.chat).toMatchObject([
      { number: 1, from: null, text: 'hello' },
      { number: 2, from: 'a', name: 'Ada', text: 'hi' },
    ]);
  });

  it('waits until it was said, and is marked when it cannot be', () => {
    const marks = () => state.chat?.map(({ delivery }) => delivery);
    for (const text of ['one', 'two', 'three']) talk.chat(text);
    talk.heard('a', 'hi');
    expect(lines).toEqual([1, 2, 3]);
    expect(marks()).toEqual(['pending', 'pending', 'pending', null]);
    talk.said(1, false);
    talk.said(2, true);
    expect(marks()).toEqual([null, 'failed', 'pending', null]);
    // The worker that should send it is gone.
    talk.lose();
    expect(marks()).toEqual([null, 'failed', 'failed', null]);
    talk.said(99, true);
    expect(state.chat).toHaveLength(4);
  });

  it('that cannot even be given away is marked at once', () => {
    nobody = true;
    talk.chat('hello?');
    expect(state.chat).toMatchObject([{ text: 'hello?', delivery: 'failed' }]);
  });

  it('of nothing is nothing', () => {
    talk.chat(' \n ');
    talk.heard('a', '\u0000');
    expect(said).toEqual([]);
    expect(state.chat).toBeUndefined();
  });

  it('keeps lines and loses what steers a screen', () => {
    expect(cleanChat('a\r\nb\u0007c\u2028d')).toBe('a\nb c d');
    expect(Array.from(cleanChat('😀'.repeat(3000)))).toHaveLength(2000);
  });

  it('keeps the last two hundred', () => {
    for (let i = 0; i < maxEntries + 5; i++) talk.heard('a', `${i}`);
    expect(state.chat).toHaveLength(maxEntries);
    expect(state.chat?.[0]?.text).toBe('5');
    expect(state.chat?.at(-1)?.number).toBe(maxEntries + 5);
  });
});

describe('reactions', () => {
  it('are of a few kinds', () => {
    talk.react('👍');
    talk.react('anything else');
    expect(said).toEqual([{ k: 'react', emoji: '👍' }]);
  });
});

describe('comparing', () => {
  const code = { is: 'code', code: [1, 2, 3, 4, 5, 6, 7], keys: ['k1', 'k2'] } as const;

  it('marks those keys that the pictures stood for, and only when they match', () => {
    talk.compared({ ...code, code: [...code.code], keys: [...code.keys] });
    talk.judge(false);
    expect(verified).toEqual([]);
    expect(state.comparison).toEqual({ is: 'mismatch' });
    // It stays sent, whatever happens meanwhile.
    talk.compared({ is: 'idle' });
    expect(state.comparison).toEqual({ is: 'mismatch' });
    // Pictures reported as different cannot match a moment later.
    talk.judge(true);
    expect(verified).toEqual([]);
    talk.compared({ ...code, code: [...code.code], keys: [...code.keys] });
    talk.judge(true);
    expect(verified).toEqual(['k1', 'k2']);
    expect(state.comparison).toEqual({ is: 'match' });
  });

  it('marks nobody when the pictures are void', () => {
    talk.compared({ ...code, code: [...code.code], keys: [...code.keys] });
    talk.compared({ is: 'idle' });
    talk.judge(true);
    expect(verified).toEqual([]);
  });

  it('never shows keys', () => {
    talk.compared({ ...code, code: [...code.code], keys: [...code.keys] });
    expect(state.comparison).toEqual({ is: 'code', code: code.code });
  });

  it('is asked for and given up', () => {
    talk.compare(true);
    talk.compare(false);
    expect(asked).toEqual([true, false]);
    expect(state.comparison).toEqual({ is: 'idle' });
  });
});
