/** Messages between the page and the frame worker. */
import type { Codec, Context } from './codec';
import type { KeyMessage } from './keys';

export type Direction = 'seal' | 'open';

/** Options of a transform: what it is for, once and for all. */
export interface TransformOptions {
  id: string;
  direction: Direction;
  context: Context;
  codec: Codec;
  /** Member id (hex) of whose frames are opened; not used for sealing. */
  peer: string;
}

/** `in` = `out` + `empty` + `repeated` + `dropped` + `authFailed`. */
export interface Counters {
  in: number;
  out: number;
  /** Bytes of the frames in `out`, as they left. */
  outBytes: number;
  /** Without content: probes for bandwidth. */
  empty: number;
  /** Authentic, but had before. */
  repeated: number;
  /** No key yet, or an error of ours. */
  dropped: number;
  /** Could not be opened. */
  authFailed: number;
  firstAuthenticated: boolean;
}

export function noCounters(): Counters {
  const zero = { in: 0, out: 0, outBytes: 0, empty: 0, repeated: 0, dropped: 0, authFailed: 0 };
  return { ...zero, firstAuthenticated: false };
}

export type ToWorker =
  | { t: 'port'; port: MessagePort } // KeyMessages come over it from now on; keys of before are void
  | { t: 'key'; key: KeyMessage }
  | { t: 'close'; id: string }
  | { t: 'poll'; seq: number };

export type FromWorker =
  | { t: 'ready' }
  | { t: 'attached'; id: string }
  | { t: 'keyed'; id: string }
  | { t: 'key-frame-wanted'; id: string } // frames were dropped: receivers need a key frame
  | { t: 'counters'; id: string; counters: Counters }
  | { t: 'polled'; seq: number; counters: Record<string, Counters> }
  | { t: 'broken'; why: string };
