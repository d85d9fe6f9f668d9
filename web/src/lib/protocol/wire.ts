/** Messages on `/ws` (docs/protocol.md §3): MessagePack maps, bounded both ways. */
import { decode, encode } from '@msgpack/msgpack';
import type { Bytes } from '../crypto/bytes';
import type { ServerMessage as GroupMessage } from '../mls/delivery/delivery-types';
import { Fields, isMap } from './fields';
import { type GroupBody, readGroupMessage } from './group-wire';

const maxMessage = 200 * 1024;
export const maxApplication = 32 * 1024;

export interface Admission {
  adm_pk: Bytes;
  member: Bytes;
  key_package: Bytes;
  lobby: Bytes;
  sig: Bytes;
  /** Of the group that we still have. */
  incarnation?: number;
  /** The session of a page that crashed: its seat is this member's. */
  replaces?: string;
}

/** Messages that are numbered, resent and acknowledged. */
export type Body = { t: 'app'; data: Bytes } | { t: 'mls-visible'; on: boolean } | GroupBody;

export type ClientMessage =
  | { t: 'hello'; v: 1; room: string; resume?: string; ack?: number }
  | ({ t: 'admit' } & Admission)
  | (Body & { n: number })
  | { t: 'ping'; ack: number }
  | { t: 'leave' };

export interface MemberInfo {
  id: Bytes;
  keyPackage: Bytes;
  lobby: Bytes;
  away: boolean;
}

export type Topology = 'direct' | 'sfu';

export type Numbered =
  | {
      t: 'welcome';
      n: number;
      you: Bytes;
      session: string;
      resumeSeconds: number;
      topology: Topology;
      members: MemberInfo[];
    }
  | { t: 'joined'; n: number; member: MemberInfo }
  | { t: 'left'; n: number; id: Bytes; reason: string }
  | { t: 'away' | 'back'; n: number; id: Bytes }
  | { t: 'app'; n: number; data: Bytes }
  | { t: 'group'; n: number; message: GroupMessage };

export type ServerMessage =
  | Numbered
  | { t: 'challenge'; nonce: Bytes; incarnation: number }
  | { t: 'resumed'; ack: number; session: string }
  | { t: 'pong'; ack: number }
  | { t: 'draining'; on: boolean }
  | ErrorMessage
  | { t: 'bye'; reason: string }
  /** Of a later version; its number still counts. */
  | { t: 'unknown'; n: number | null };

export interface ErrorMessage {
  t: 'error';
  code: string;
  retrySeconds: number | null;
  /** With `clock`: the clock that is probably wrong, `device` or `server`; else `unknown`. */
  suspect: string;
}

export function encodeMessage(message: ClientMessage): Bytes {
  return new Uint8Array(encode(message, { ignoreUndefined: true }));
}

const limits = {
  maxStrLength: 256,
  maxBinLength: 128 * 1024,
  maxArrayLength: 64,
  maxMapLength: 16,
  maxExtLength: 0,
};

/** null: not a message of this protocol. */
export function decodeMessage(data: ArrayBuffer): ServerMessage | null {
  if (data.byteLength > maxMessage) return null;
  try {
    const value = decode(data, limits);
    return isMap(value) ? read(new Fields(value)) : null;
  } catch {
    return null;
  }
}

function read(f: Fields): ServerMessage {
  const t = f.text('t');
  switch (t) {
    case 'challenge':
      return { t, nonce: f.bytes('nonce', 32), incarnation: f.uint('incarnation') };
    case 'welcome':
      return {
        t,
        n: f.uint('n'),
        you: f.bytes('you', 16),
        session: f.text('session'),
        resumeSeconds: f.uint('resume_s'),
        topology: f.text('topology') === 'sfu' ? 'sfu' : 'direct',
        members: f.list('members').map(readMember),
      };
    case 'resumed':
      return { t, ack: f.uint('ack'), session: f.text('session') };
    case 'joined':
      return { t, n: f.uint('n'), member: readMember(f.value('member')) };
    case 'left':
      return { t, n: f.uint('n'), id: f.bytes('id', 16), reason: f.text('reason') };
    case 'away':
    case 'back':
      return { t, n: f.uint('n'), id: f.bytes('id', 16) };
    case 'app':
      return { t, n: f.uint('n'), data: application(f.bytes('data')) };
    case 'pong':
      return { t, ack: f.uint('ack') };
    case 'draining':
      return { t, on: f.value('on') === true };
    case 'error':
      return {
        t,
        code: f.text('code'),
        retrySeconds: f.has('retry_s') ? f.uint('retry_s') : null,
        suspect: f.has('suspect') ? f.text('suspect') : 'unknown',
      };
    case 'bye':
      return { t, reason: f.text('reason') };
    default: {
      const message = readGroupMessage(t, f);
      if (message !== null) return { t: 'group', n: f.uint('n'), message };
      return { t: 'unknown', n: f.has('n') ? f.uint('n') : null };
    }
  }
}

function application(data: Bytes): Bytes {
  if (data.length > maxApplication) throw new RangeError('data');
  return data;
}

function readMember(value: unknown): MemberInfo {
  if (!isMap(value)) throw new TypeError('member');
  const f = new Fields(value);
  return {
    id: f.bytes('id', 16),
    keyPackage: f.bytes('key_package'),
    lobby: f.bytes('lobby'),
    away: f.value('away') === true,
  };
}
