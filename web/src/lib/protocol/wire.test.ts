import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { random } from '../crypto/bytes';
import { decodeMessage, encodeMessage } from './wire';

const member = { id: random(16), key_package: random(33), lobby: random(40), away: true };
const pack = (value: unknown) => new Uint8Array(encode(value)).buffer;

const welcome = {
  t: 'welcome',
  n: 1,
  you: random(16),
  session: 's',
  resume_s: 30,
  topology: 'direct',
  members: [member],
};

describe('messages from the server', () => {
  it('are read with all their fields', () => {
    expect(decodeMessage(pack(welcome))).toEqual({
      t: 'welcome',
      n: 1,
      you: welcome.you,
      session: 's',
      resumeSeconds: 30,
      topology: 'direct',
      members: [{ id: member.id, keyPackage: member.key_package, lobby: member.lobby, away: true }],
    });
    expect(decodeMessage(pack({ t: 'error', code: 'draining', retry_s: 3 }))).toEqual({
      t: 'error',
      code: 'draining',
      retrySeconds: 3,
      suspect: 'unknown',
    });
    expect(decodeMessage(pack({ t: 'draining', on: true }))).toEqual({ t: 'draining', on: true });
  });

  it('may have more fields than we know, or be of a kind we do not know', () => {
    expect(decodeMessage(pack({ t: 'pong', ack: 3, mood: 'good' }))).toEqual({ t: 'pong', ack: 3 });
    expect(decodeMessage(pack({ t: 'sparkle', n: 4 }))).toEqual({ t: 'unknown', n: 4 });
  });

  it('are refused when cut anywhere', () => {
    const whole = new Uint8Array(pack(welcome));
    for (let n = 0; n < whole.length; n++)
      expect(decodeMessage(whole.slice(0, n).buffer)).toBeNull();
  });

  it('are refused with something behind them', () => {
    const whole = new Uint8Array(pack({ t: 'pong', ack: 1 }));
    expect(decodeMessage(new Uint8Array([...whole, 0]).buffer)).toBeNull();
  });

  it.each([
    ['a list', [1, 2]],
    ['a number', 7],
    ['no kind', { n: 1 }],
    ['a field of another type', { t: 'pong', ack: '1' }],
    ['a negative number', { t: 'pong', ack: -1 }],
    ['a fraction', { t: 'pong', ack: 1.5 }],
    ['an id of another length', { t: 'away', n: 1, id: random(15) }],
    ['a member that is none', { ...welcome, members: [7] }],
    ['too many members', { ...welcome, members: Array(65).fill(member) }],
    ['an application message that is too long', { t: 'app', n: 2, data: random(32_769) }],
    ['a message of the group without a field', { t: 'mls-left', n: 2, incarnation: 1 }],
    [
      'a message of the group with a wrong field',
      { t: 'mls-resumed', n: 2, incarnation: 1, seq: -1 },
    ],
    ['a text that is too long', { t: 'bye', reason: 'x'.repeat(257) }],
    ['a key of ours that is not its own', { t: 'bye', __proto__: { reason: 'left' } }],
  ])('are refused: %s', (_, value) => {
    expect(decodeMessage(pack(value))).toBeNull();
  });

  it('are refused beyond 64 KiB, and never throw on anything', () => {
    expect(decodeMessage(new ArrayBuffer(64 * 1024 + 1))).toBeNull();
    for (let i = 0; i < 3000; i++) {
      expect(() => decodeMessage(random(1 + (i % 90)).buffer)).not.toThrow();
    }
    // Deep nesting: 60 000 lists of one.
    expect(decodeMessage(new Uint8Array(60_000).fill(0x91).buffer)).toBeNull();
  });
});

describe('messages to the server', () => {
  it('leave out what is not set', () => {
    const bytes = encodeMessage({ t: 'hello', v: 1, room: 'r' });
    expect(bytes).toEqual(new Uint8Array(encode({ t: 'hello', v: 1, room: 'r' })));
  });
});
