import { beforeEach, describe, expect, it } from 'vitest';
import type { PeerMessage } from '../mls/messages/peer-message';
import { Chat, cleanChat, maxEntries } from './chat';
import type { ChatEntry } from './types';

let sent: PeerMessage[];
let entries: ChatEntry[] | undefined;
let lines: number[];
/** The worker that sends is gone. */
let senderGone: boolean;
let chat: Chat;

beforeEach(() => {
  [sent, entries, lines, senderGone] = [[], undefined, [], false];
  chat = new Chat({
    send: (message, line) => {
      sent.push(message);
      lines.push(line);
      if (senderGone) chat.delivered(line, true);
    },
    nameOf: (id) => (id === 'a' ? 'Ada' : ''),
    onchange: (now) => {
      entries = now;
    },
  });
});

describe('chat', () => {
  it('is sent to the other members and listed with theirs', () => {
    chat.send('  hello ');
    chat.receive('a', 'hi');
    expect(sent).toEqual([{ k: 'chat', text: 'hello' }]);
    expect(entries).toMatchObject([
      { number: 1, from: null, text: 'hello' },
      { number: 2, from: 'a', name: 'Ada', text: 'hi' },
    ]);
  });

  it('is pending until it was sent, and marked when it cannot be', () => {
    const marks = () => entries?.map(({ delivery }) => delivery);
    for (const text of ['one', 'two', 'three']) chat.send(text);
    chat.receive('a', 'hi');
    expect(lines).toEqual([1, 2, 3]);
    expect(marks()).toEqual(['pending', 'pending', 'pending', null]);
    chat.delivered(1, false);
    chat.delivered(2, true);
    expect(marks()).toEqual([null, 'failed', 'pending', null]);
    // The worker that should send it is gone.
    chat.senderLost();
    expect(marks()).toEqual([null, 'failed', 'failed', null]);
    chat.delivered(99, true);
    expect(entries).toHaveLength(4);
  });

  it('that no worker takes is marked at once', () => {
    senderGone = true;
    chat.send('hello?');
    expect(entries).toMatchObject([{ text: 'hello?', delivery: 'failed' }]);
  });

  it('that is empty is not sent', () => {
    chat.send(' \n ');
    chat.receive('a', '\u0000');
    expect(sent).toEqual([]);
    expect(entries).toBeUndefined();
  });

  it('keeps line breaks and drops control characters', () => {
    expect(cleanChat('a\r\nb\u0007c\u2028d')).toBe('a\nb c d');
    expect(Array.from(cleanChat('😀'.repeat(3000)))).toHaveLength(2000);
  });

  it('keeps the last two hundred', () => {
    for (let i = 0; i < maxEntries + 5; i++) chat.receive('a', `${i}`);
    expect(entries).toHaveLength(maxEntries);
    expect(entries?.[0]?.text).toBe('5');
    expect(entries?.at(-1)?.number).toBe(maxEntries + 5);
  });
});
