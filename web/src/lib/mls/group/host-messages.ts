/** Messages between the page and the worker that holds the group. */
import type { Bytes } from '../../crypto/bytes';
import type { ClientMessage, ServerMessage, Status } from '../delivery/delivery-types';
import type { PeerMessage } from '../messages/peer-message';
import type { Comparison } from '../verify/compare';
import type { Reason } from './refused';
import type { SuiteVersion } from './suite';

/** A member of the group, as its tree has it. */
export interface Listed {
  leaf: number;
  /** Hex. */
  id: string;
  signatureKey: string;
  packaged: string | null;
}

/** Fields of `admit`. */
export interface Offer {
  keyPackage: Bytes;
  /** Incarnation of the group that this page is still in. */
  incarnation: number | null;
}

export type ToGroup =
  /** The first message, sent once; `generation` counts the workers of a page. */
  | { t: 'open'; secret: Bytes; version: SuiteVersion; keys: MessagePort; generation: number }
  | { t: 'offer'; seq: number; id: Bytes } // answered with `offer`
  | { t: 'admitted' }
  | { t: 'connected' } // the same session over another socket
  | { t: 'disconnected' }
  | { t: 'server'; message: ServerMessage }
  | { t: 'app'; data: Bytes }
  /** A message to the other members. `line`, of chat: answered with `delivered`, at once or later. */
  | { t: 'send'; message: PeerMessage; line?: number }
  | { t: 'rejoin' }
  | { t: 'compare'; on: boolean }
  | { t: 'code' } // answered with `code`
  | { t: 'ping'; seq: number };

export type FromGroup =
  | { t: 'ready' }
  | { t: 'offer'; seq: number; offer: Offer }
  | { t: 'server'; message: ClientMessage }
  | { t: 'app'; data: Bytes }
  | { t: 'received'; from: string; message: PeerMessage }
  | { t: 'delivered'; line: number; lost: boolean }
  | { t: 'roster'; group: string; epoch: bigint; self: number; roster: Listed[] }
  | { t: 'status'; status: Status; reason: Reason | 'log' | 'late' | 'stale' | null }
  | { t: 'hold'; on: boolean }
  | { t: 'refused'; count: number }
  | { t: 'comparison'; comparison: Comparison }
  | { t: 'code'; digits: string }
  | { t: 'pong'; seq: number }
  | { t: 'broken'; why: string };
