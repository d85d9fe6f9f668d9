/** Messages between members, inside MLS application messages (docs/protocol.md §4). */
import { decode, encode } from '@msgpack/msgpack';
import { type Bytes, copy } from '../../crypto/bytes';

export interface IceCandidate {
  /** null: there are no more. */
  candidate: string | null;
  mid: string;
  line: number;
  ufrag: string;
}

/** Repeats the newest presence number of the member on `leaf`. */
export interface Echo {
  leaf: number;
  n: Bytes;
}

/** `to` is a member id: every member receives the message, that one acts on it. */
export type PeerMessage =
  | { k: 'sdp'; to: Bytes; type: 'offer' | 'answer'; sdp: string; gen: number }
  | { k: 'ice'; to: Bytes; list: IceCandidate[]; gen: number }
  | { k: 'restart'; to: Bytes; gen: number }
  | { k: 'state'; name: string; mic: boolean; cam: boolean; hand: boolean }
  | { k: 'chat'; text: string }
  | { k: 'react'; emoji: string }
  | { k: 'sas-commit'; value: Bytes }
  | { k: 'sas-nonce'; value: Bytes }
  | { k: 'here'; n: Bytes; heard: Echo[] };

const block = 256;
export const maxCandidates = 32;
export const maxChat = 2000;
const maxSdp = 12 * 1024;
const maxText = 4 * maxChat;

/** A multiple of 256 bytes; `s` is the sender's number for it. */
export function packMessage(message: PeerMessage, s: number): Bytes {
  const bare = encode({ s, ...message, p: new Uint8Array() }).length;
  const missing = (block - (bare % block)) % block;
  return new Uint8Array(encode({ s, ...message, p: new Uint8Array(missing) }));
}

/** null: not a message of this version. */
export function unpackMessage(plain: Bytes): { s: number; message: PeerMessage } | null {
  let value: unknown;
  try {
    const limits = { maxStrLength: maxSdp, maxBinLength: block, maxMapLength: 16 };
    value = decode(plain, { ...limits, maxArrayLength: maxCandidates, maxExtLength: 0 });
  } catch {
    return null;
  }
  const fields = asMap(value);
  const message = fields && read(fields);
  return message && isCount(fields.s) ? { s: fields.s, message } : null;
}

function read(f: Record<string, unknown>): PeerMessage | null {
  const { k, to, gen, value } = f;
  switch (k) {
    case 'sdp':
      if (!isId(to) || !isCount(gen) || !isText(f.sdp, maxSdp)) return null;
      if (f.type !== 'offer' && f.type !== 'answer') return null;
      return { k, to: copy(to), type: f.type, sdp: f.sdp, gen };
    case 'ice': {
      const list = Array.isArray(f.list) ? f.list.map(readCandidate) : [null];
      if (!isId(to) || !isCount(gen) || !list.every((one) => one !== null)) return null;
      return { k, to: copy(to), list, gen };
    }
    case 'restart':
      return isId(to) && isCount(gen) ? { k, to: copy(to), gen } : null;
    case 'state': {
      const { name, mic, cam, hand } = f;
      if (typeof mic !== 'boolean' || typeof cam !== 'boolean') return null;
      if (typeof hand !== 'boolean' || !isText(name, 256)) return null;
      return { k, name, mic, cam, hand };
    }
    case 'chat':
      return isText(f.text, maxText) ? { k, text: f.text } : null;
    case 'react':
      return isText(f.emoji, 32) ? { k, emoji: f.emoji } : null;
    case 'sas-commit':
    case 'sas-nonce':
      return isBytes(value, 32) ? { k, value: copy(value) } : null;
    case 'here': {
      const heard = Array.isArray(f.heard) ? f.heard.map(readEcho) : [null];
      if (!isBytes(f.n, 8) || !heard.every((one) => one !== null)) return null;
      return { k, n: copy(f.n), heard };
    }
    default:
      return null;
  }
}

function readCandidate(value: unknown): IceCandidate | null {
  const f = asMap(value);
  if (f === null || !isCount(f.line) || !isText(f.mid, 32) || !isText(f.ufrag, 256)) return null;
  const { candidate, mid, line, ufrag } = f;
  if (candidate !== null && !isText(candidate, 1024)) return null;
  return { candidate, mid, line, ufrag };
}

function readEcho(value: unknown): Echo | null {
  const f = asMap(value);
  return f !== null && isCount(f.leaf) && isBytes(f.n, 8) ? { leaf: f.leaf, n: copy(f.n) } : null;
}

function asMap(value: unknown): Record<string, unknown> | null {
  const map = typeof value === 'object' && value !== null && !Array.isArray(value);
  return map && !(value instanceof Uint8Array) ? (value as Record<string, unknown>) : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** `limit` in UTF-16 units. */
function isText(value: unknown, limit: number): value is string {
  return typeof value === 'string' && value.length <= limit;
}

function isBytes(value: unknown, length: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length === length;
}

function isId(value: unknown): value is Uint8Array {
  return isBytes(value, 16);
}
