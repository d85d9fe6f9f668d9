/** The state of a call for the screens: how it begins, what ends with it, and its phase. */
import type { CallError, CallPhase, CallState } from './types';

export const idleState: CallState = {
  phase: 'idle',
  error: null,
  since: null,
  members: [],
  mic: false,
  cam: false,
  updating: false,
  encryptionReady: false,
  held: false,
  hand: false,
  reaction: null,
  chat: [],
  comparison: { is: 'idle' },
  roomCode: null,
};

/** Parts of the state that end with a call that failed. */
export const endedWithCall: Partial<CallState> = {
  members: [],
  held: false,
  hand: false,
  reaction: null,
  comparison: { is: 'idle' },
  roomCode: null,
};

/** Facts about an admitted call that decide its phase. */
export interface CallFacts {
  /** The session with the server is interrupted, or over. */
  offline: boolean;
  /** Other members in the call. */
  others: number;
  /** This page is in a group, or was in one. */
  inGroup: boolean;
  /** The session is over for this reason; media still go on. */
  sessionError: CallError | null;
  /** Nothing is sent, or nobody is reached. */
  obstacle: CallError | null;
}

export function phaseOf(facts: CallFacts): { phase: CallPhase; error: CallError | null } {
  const inRoom = facts.others > 0 ? 'active' : facts.inGroup ? 'alone' : 'joining';
  return {
    phase: facts.offline ? 'reconnecting' : inRoom,
    error: facts.sessionError ?? facts.obstacle,
  };
}
