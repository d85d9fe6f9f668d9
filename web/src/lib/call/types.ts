/**
 * State of a call for the screens. The engine behind it (signalling, keys,
 * media) is in this folder and its siblings; screens import only this file and
 * `createCall` from './call'.
 */

import type { MemberMedia } from '../media/plane';
import type { MediaState, MediaStats, Route, RoutePolicy } from '../media/types';
import type { SessionErrorCode } from '../protocol/errors';
import type { Seat } from './seat';

export type { MediaState, MediaStats, Route, RoutePolicy };

/** Why a call cannot start, or ended. Each has a text of its own on screen. */
export type CallErrorCode =
  | SessionErrorCode
  | 'link-incomplete' // no secret behind #
  | 'password' // calls are started here only with the password of the server
  | 'not-allowed' // … or only from other networks
  | 'unsupported' // a browser without what end-to-end encryption needs
  | 'not-secure' // not a secure context
  | 'cannot-connect' // no route for media was ever found
  | 'route-lost' // there was one, and none is found again
  | 'encryption-failed' // fail-closed: nothing is being sent
  | 'encryption-untested' // the self-test finds no route: nothing is sent until it does
  | 'elsewhere'; // another tab of this browser has the call

export interface CallError {
  code: CallErrorCode;
  /** Seconds until another try makes sense. */
  retryAfter?: number;
  /** For the problem report; never a secret, an address or a name. */
  detail?: string;
}

/** Life of a call as the person sees it. */
export type CallPhase =
  | 'idle' // before join()
  | 'joining' // signalling and admission
  | 'alone' // in the room, nobody else yet
  | 'active' // at least one other member
  | 'reconnecting' // signalling lost; media may well go on
  | 'ended' // left on purpose
  | 'failed'; // error is set

/** Another member of the call, without its media. */
export interface MemberStatus {
  id: string; // hex, for keys in lists
  name: string; // decrypted locally; '' when not given
  away: boolean; // the member has no connection with the server
  mic: boolean; // as the member reports it
  cam: boolean;
  hand: boolean; // raised
  reaction: string | null; // an emoji, for a few seconds
  /** Its key is one that was compared, and found to be its own. */
  verified: boolean;
}

export interface Member extends MemberStatus, MemberMedia {}

export interface CallState {
  phase: CallPhase;
  error: CallError | null;
  /** When the call became active for the first time, by `clock.steady()` of lib/clock. */
  since: number | null;
  members: Member[];
  mic: boolean;
  cam: boolean;
  /** The server has said that it is about to restart. */
  updating: boolean;
  /** True once the self-test of fail-closed encryption has passed. */
  encryptionReady: boolean;
  /** Nothing is being sent: the keys are in doubt. */
  held: boolean;
  /** My own hand. */
  hand: boolean;
  /** My own reaction, for as long as the others see it. */
  reaction: string | null;
  chat: ChatEntry[];
  comparison: Comparison;
  /** 60 digits of the room as it is now; null until asked for. */
  roomCode: string | null;
}

export interface ChatEntry {
  /** 1, 2, 3, … */
  number: number;
  /** null: mine. */
  from: string | null;
  name: string;
  text: string;
  at: number; // Unix ms
  /** Mine that is not with the others: yet, or for good. */
  delivery: 'pending' | 'failed' | null;
}

/** Comparing pictures with the others. */
export type Comparison =
  | { is: 'idle' }
  | { is: 'waiting' } // for the others' browsers
  | { is: 'code'; code: number[] } // seven numbers of 0 to 63, each a picture
  | { is: 'failed' }
  | { is: 'match' } // as the person said
  | { is: 'mismatch' };

export interface JoinOptions {
  name: string;
  /** Local tracks; null joins without. The call does not stop them. */
  audio: MediaStreamTrack | null;
  video: MediaStreamTrack | null;
  route?: RoutePolicy;
  /** Of the tab that has the call of this link; null: this member is one of several here. */
  seat?: Seat | null;
}

/** A Svelte store (subscribe gives the state at once and on every change). */
export interface Call {
  subscribe(run: (state: CallState) => void): () => void;
  join(options: JoinOptions): Promise<void>;
  /** Sets or clears what is sent; null mutes. Needs no renegotiation. */
  setAudio(track: MediaStreamTrack | null): void;
  setVideo(track: MediaStreamTrack | null): void;
  setName(name: string): void;
  setHand(up: boolean): void;
  sendChat(text: string): void;
  react(emoji: string): void;
  /** Begins a comparison, or gives it up. */
  compare(on: boolean): void;
  /** Result of the comparison: the same pictures on all sides, or not. */
  confirm(match: boolean): void;
  requestRoomCode(): void;
  /** Looks at the network again (also done by itself on `online`). */
  restartIce(): void;
  stats(): Promise<MediaStats | null>;
  /** `unloading`: the page goes; the next one may take the seat back if the server hears nothing. */
  leave(unloading?: boolean): Promise<void>;
}

/**
 * `POST /create-room` with fresh keys; resolves to the path and fragment, `/r/ROOM#1.SECRET`.
 * A private server wants its password, and says so with the error `password`.
 */
export type CreateRoom = (
  version?: 1 | 2,
  password?: string,
) => Promise<{ url: string } | { error: CallError }>;
