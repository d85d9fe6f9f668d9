/** Inputs and outputs of the delivery of commits; see delivery.ts. */
import type { Bytes } from '../../crypto/bytes';
import type { Reason } from '../group/refused';
import type { RosterEntry } from '../group/roster';

/** One accepted commit in the server's log. */
export interface LogEntry {
  /** 1, 2, 3, … within an incarnation. */
  seq: number;
  /** To which the commit leads. */
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

/** `incarnation` counts the groups that one room had; what is of an older one is ignored. */
export type ServerMessage = { incarnation: number } & (
  | { t: 'found' } // we are to create the group
  | { t: 'reset' } // somebody else created another one: ask to be added
  | {
      t: 'duty'; // all that is pending in this epoch
      epoch: bigint;
      committer: Bytes;
      adds: PendingAdd[];
      removes: PendingRemove[];
    }
  | { t: 'committed'; entry: LogEntry }
  | { t: 'welcome'; seq: number; hash: Bytes; welcome: Bytes }
  | { t: 'rejected'; epoch: bigint; reason: 'epoch' | 'stale' | 'form' | 'rate' }
  | { t: 'ready'; epoch: bigint; memberId: Bytes; tag: Bytes }
  | { t: 'left'; memberId: Bytes } // a Remove is to follow
  | { t: 'resumed'; seq: number } // the newest of the log; what was missed came before
  | { t: 'gone' } // nothing to resume: ask to be added
);

export type ClientMessage =
  // Takes the place of our leaf, when we have one; `refused`: the `seq` of a useless Welcome.
  | { t: 'join'; keyPackage: Bytes; refused?: number }
  | { t: 'founded'; incarnation: number; groupId: Bytes }
  | { t: 'commit'; incarnation: number; epoch: bigint; commit: Bytes; welcome: Bytes | null }
  | { t: 'ready'; incarnation: number; epoch: bigint; tag: Bytes; hash: Bytes }
  | ({ t: 'resume'; incarnation: number; seq: number; hash: Bytes } & Omit<View, 'leaf'>)
  | { t: 'forked'; incarnation: number; epoch: bigint };

/** A commit of ours that is on its way. */
export interface Candidate {
  epoch: bigint;
  /** When, in milliseconds. */
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
  | { t: 'start' } // admitted, or back after having been removed
  | { t: 'connected'; admitted?: boolean } // there again; `admitted`: with our key package
  | { t: 'disconnected' }
  | { t: 'rejoin' } // something does not work: leave the group and come back
  | { t: 'server'; message: ServerMessage }
  | { t: 'silent'; leaves: number[] } // all that do not prove that they are there
  | { t: 'result'; result: OperationResult }
  | { t: 'tick' };

export type Output =
  | { t: 'send'; message: ClientMessage }
  | { t: 'run'; operation: Operation }
  | { t: 'install'; epoch: bigint } // open frames of it from now on
  | { t: 'switch'; epoch: bigint } // seal frames with it from now on
  | { t: 'forget'; epoch: bigint } // destroy its keys
  | { t: 'forget-all' } // those of all epochs; nothing may be sent
  | { t: 'hold'; on: boolean } // nothing may be sent: see hold.ts
  | { t: 'refused'; adds: PendingAdd[] } // key packages that nobody should add
  | { t: 'status'; status: Status; reason?: Reason | 'log' | 'late' | 'stale' };

export type Status = 'joining' | 'in' | 'removed' | 'forked' | 'failed';
