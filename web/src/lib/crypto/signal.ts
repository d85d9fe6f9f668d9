/** Sealed signals between two members (docs/protocol.md §4). */
import { decode, encode } from '@msgpack/msgpack';
import { type Bytes, concat } from './bytes';
import { open, seal } from './seal';

export type Signal =
  | { k: 'sdp'; type: 'offer' | 'answer'; sdp: string; gen: number }
  | { k: 'ice'; candidate: string | null; mid: string; line: number; ufrag: string; gen: number }
  | { k: 'state'; mic: boolean; cam: boolean }
  | { k: 'name'; name: string }
  | { k: 'restart'; gen: number };

/** One end of a pair: the member and the nonce of this joining. */
export interface Party {
  id: Bytes;
  nonce: Bytes;
}

const block = 256;
const maxSdp = 24 * 1024;

function signalData(from: Party, to: Party): Bytes {
  return concat('RV1 signal', from.id, from.nonce, to.id, to.nonce);
}

/** The plaintext, a multiple of 256 bytes; `s` is its sequence number. */
export function packSignal(signal: Signal, s: number): Bytes {
  const bare = encode({ s, ...signal, p: new Uint8Array() }).length;
  const missing = (block - (bare % block)) % block;
  return new Uint8Array(encode({ s, ...signal, p: new Uint8Array(missing) }));
}

/** null when it is not a signal of this version. */
export function unpackSignal(plain: Bytes): { s: number; signal: Signal } | null {
  let value: unknown;
  try {
    const limits = { maxStrLength: maxSdp, maxBinLength: block, maxMapLength: 16 };
    value = decode(plain, { ...limits, maxArrayLength: 0, maxExtLength: 0 });
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Record<string, unknown>;
  const signal = readSignal(fields);
  return signal && isCount(fields.s) ? { s: fields.s, signal } : null;
}

function readSignal(f: Record<string, unknown>): Signal | null {
  switch (f.k) {
    case 'sdp':
      if (f.type !== 'offer' && f.type !== 'answer') return null;
      if (typeof f.sdp !== 'string' || !isCount(f.gen)) return null;
      return { k: 'sdp', type: f.type, sdp: f.sdp, gen: f.gen };
    case 'ice':
      if (f.candidate !== null && typeof f.candidate !== 'string') return null;
      if (typeof f.mid !== 'string' || typeof f.ufrag !== 'string') return null;
      if (!isCount(f.line) || !isCount(f.gen)) return null;
      return {
        k: 'ice',
        candidate: f.candidate,
        mid: f.mid,
        line: f.line,
        ufrag: f.ufrag,
        gen: f.gen,
      };
    case 'state':
      if (typeof f.mic !== 'boolean' || typeof f.cam !== 'boolean') return null;
      return { k: 'state', mic: f.mic, cam: f.cam };
    case 'name':
      return typeof f.name === 'string' ? { k: 'name', name: f.name } : null;
    case 'restart':
      return isCount(f.gen) ? { k: 'restart', gen: f.gen } : null;
    default:
      return null;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Seals and opens what goes between me and one other; counts against replays. */
export class SignalChannel {
  private sent = 0;
  private received = 0;

  constructor(
    private readonly key: CryptoKey,
    private readonly me: Party,
    private readonly other: Party,
  ) {}

  seal(signal: Signal, iv?: Bytes): Promise<Bytes> {
    this.sent += 1;
    return seal(this.key, packSignal(signal, this.sent), signalData(this.me, this.other), iv);
  }

  /** null: not from the other, not for me, malformed, or seen before. */
  async open(data: Uint8Array): Promise<Signal | null> {
    const plain = await open(this.key, data, signalData(this.other, this.me));
    const unpacked = plain && unpackSignal(plain);
    if (!unpacked || unpacked.s <= this.received) return null;
    this.received = unpacked.s;
    return unpacked.signal;
  }
}
