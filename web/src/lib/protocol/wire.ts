/** Messages on `/ws` (docs/protocol.md §3): MessagePack maps, bounded both ways. */
import { decode, encode } from '@msgpack/msgpack';
import { type Bytes, copy } from '../crypto/bytes';

export const maxMessage = 64 * 1024;
export const maxSignal = 32 * 1024;

export interface Admission {
  adm_pk: Bytes;
  member: Bytes;
  key_package: Bytes;
  lobby: Bytes;
  sig: Bytes;
}

export type ClientMessage =
  | { t: 'hello'; v: 1; room: string; resume?: string; ack?: number }
  | ({ t: 'admit' } & Admission)
  | { t: 'send'; n: number; to: Bytes; data: Bytes }
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
  | { t: 'recv'; n: number; from: Bytes; data: Bytes };

export type ServerMessage =
  | Numbered
  | { t: 'challenge'; nonce: Bytes; incarnation: number }
  | { t: 'resumed'; ack: number; session: string }
  | { t: 'pong'; ack: number }
  | { t: 'draining'; on: boolean }
  | { t: 'error'; code: string; retrySeconds: number | null }
  | { t: 'bye'; reason: string }
  /** Of a later version; its number still counts. */
  | { t: 'unknown'; n: number | null };

export function encodeMessage(message: ClientMessage): Bytes {
  return new Uint8Array(encode(message, { ignoreUndefined: true }));
}

const limits = {
  maxStrLength: 256,
  maxBinLength: maxSignal,
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
    case 'recv':
      return { t, n: f.uint('n'), from: f.bytes('from', 16), data: f.bytes('data') };
    case 'pong':
      return { t, ack: f.uint('ack') };
    case 'draining':
      return { t, on: f.value('on') === true };
    case 'error':
      return { t, code: f.text('code'), retrySeconds: f.has('retry_s') ? f.uint('retry_s') : null };
    case 'bye':
      return { t, reason: f.text('reason') };
    default:
      return { t: 'unknown', n: f.has('n') ? f.uint('n') : null };
  }
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

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields of a map; every getter throws when the field is missing or of another kind. */
class Fields {
  constructor(private readonly map: Record<string, unknown>) {}

  has(name: string): boolean {
    return Object.hasOwn(this.map, name);
  }

  value(name: string): unknown {
    return this.has(name) ? this.map[name] : undefined;
  }

  text(name: string): string {
    const value = this.value(name);
    if (typeof value !== 'string') throw new TypeError(name);
    return value;
  }

  uint(name: string): number {
    const value = this.value(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw new TypeError(name);
    }
    return value;
  }

  /** A copy: what was decoded points into the whole message. */
  bytes(name: string, length?: number): Bytes {
    const value = this.value(name);
    if (!(value instanceof Uint8Array)) throw new TypeError(name);
    if (length !== undefined && value.length !== length) throw new TypeError(name);
    return copy(value);
  }

  list(name: string): unknown[] {
    const value = this.value(name);
    if (!Array.isArray(value)) throw new TypeError(name);
    return value;
  }
}
