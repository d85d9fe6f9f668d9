/** Inputs and outputs of the delivery of commits; see delivery.ts. */
import type { Bytes } from '../../crypto/bytes';
import type { Reason } from '../group/refused';
import type { RosterEntry } from '../group/roster';

/** One accepted commit in the server's log. */
export interface LogEntry {
  /** 1, 2, 3, … within an incarnation. */
  seq: number;
  /** The epoch that the commit starts. */
  epoch: bigint;
  commit: Bytes;
  /** H(hash before || seq || commit), 32 zero bytes before the first. */
  hash: Bytes;
}

export interface PendingAdd {
  memberId: Bytes;
  keyPackage: Bytes;
}

export interface PendingRemove {
  leaf: number;
  memberId: Bytes;
}

/** `incarnation` counts the groups of one room; messages of an older one are ignored. */
export type ServerMessage = { incarnation: number } & (
  | { t: 'found' } // this page is the founder
  | { t: 'reset' } // another member founded a new group: ask to be added
  | {
      t: 'duty'; // the commit request: all changes that are pending in this epoch
      epoch: bigint;
      committer: Bytes;
      adds: PendingAdd[];
      removes: PendingRemove[];
    }
  | { t: 'committed'; entry: LogEntry }
  | { t: 'welcome'; seq: number; hash: Bytes; welcome: Bytes }
  | { t: 'rejected'; epoch: bigint; reason: 'epoch' | 'stale' | 'form' | 'rate' }
  | { t: 'ready'; epoch: bigint; memberId: Bytes; tag: Bytes }
  | { t: 'left'; memberId: Bytes } // announces a removal
  | { t: 'resumed'; seq: number } // the newest entry of the log; missed ones came before this message
  | { t: 'gone' } // nothing to resume: ask to be added
);

export type ClientMessage =
  // Replaces our leaf, if there is one; `refused`: the `seq` of a useless Welcome.
  | { t: 'join'; keyPackage: Bytes; refused?: number }
  | { t: 'founded'; incarnation: number; groupId: Bytes }
  | { t: 'commit'; incarnation: number; epoch: bigint; commit: Bytes; welcome: Bytes | null }
  | { t: 'ready'; incarnation: number; epoch: bigint; tag: Bytes; hash: Bytes }
  | ({ t: 'resume'; incarnation: number; seq: number; hash: Bytes } & Omit<View, 'leaf'>)
  | { t: 'forked'; incarnation: number; epoch: bigint };

/** Our commit that the server has not answered yet. */
export interface PendingCommit {
  epoch: bigint;
  /** The time at which its keys were made, in milliseconds. */
  madeAt: number;
  commit: Bytes;
  welcome: Bytes | null;
}

/** The group as it is after an operation. */
export interface View {
  groupId: Bytes;
  epoch: bigint;
  leaf: number;
  roster: RosterEntry[];
  tag: Bytes;
}

/** Checked before an entry is used. */
export interface Chain {
  before: Bytes;
  seq: number;
  hash: Bytes;
}

/** Operations on the group (operations.ts); one at a time, each has one result. */
export type Operation =
  | { do: 'found' }
  | { do: 'fresh' } // ends the group, if there is one, and makes a key package
  | { do: 'join'; welcome: Bytes }
  | { do: 'prepare'; adds: PendingAdd[]; removes: number[] }
  | { do: 'confirm'; commit: Bytes; chain: Chain }
  | { do: 'process'; commit: Bytes; chain: Chain };

export type OperationResult =
  | { is: 'in'; view: View } // of found and join
  | { is: 'fresh'; keyPackage: Bytes }
  | { is: 'prepared'; commit: Bytes; welcome: Bytes | null; refused: PendingAdd[] }
  | { is: 'idle'; refused: PendingAdd[] } // nothing left to prepare
  | { is: 'next'; view: View; joined: number; left: number[]; path: boolean } // `left`: leaves
  | { is: 'removed' }
  | { is: 'failed'; reason: Reason | 'log' };

export type Input =
  | { t: 'start' } // admitted, or back after a removal
  | { t: 'connected'; admitted?: boolean } // the socket is back; `admitted`: the server has our key package from the admission
  | { t: 'disconnected' }
  | { t: 'rejoin' } // something does not work: leave the group and come back
  | { t: 'server'; message: ServerMessage }
  | { t: 'silent'; leaves: number[] } // leaves of all silent members
  | { t: 'result'; result: OperationResult }
  | { t: 'tick' };

export type Output =
  | { t: 'send'; message: ClientMessage }
  | { t: 'run'; operation: Operation }
  | { t: 'install'; epoch: bigint } // open frames of this epoch from now on
  | { t: 'switch'; epoch: bigint } // seal frames with the keys of this epoch from now on
  | { t: 'forget'; epoch: bigint } // destroy its keys
  | { t: 'forget-all' } // destroy the keys of all epochs; nothing may be sent
  | { t: 'hold'; on: boolean } // nothing may be sent: see send-gate.ts
  | { t: 'refused'; adds: PendingAdd[] } // key packages that were refused
  | { t: 'status'; status: Status; reason?: Reason | 'log' | 'late' | 'stale' };

export type Status = 'joining' | 'in' | 'removed' | 'forked' | 'failed';
