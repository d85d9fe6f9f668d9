/**
 * The media of a call, whichever way they travel: screens and the rest of the call know
 * members and their media, never the topology. Members are named by their id in hex.
 */
import type { Bytes } from '../crypto/bytes';
import type { FrameCrypto } from '../e2ee/frame-crypto';
import type { PeerMessage } from '../mls/messages/peer-message';
import type { IceServerCache } from './ice-servers';
import type { Sample } from './stats';
import type { Kind, MediaState, Route, RoutePolicy } from './types';

/** The call as its media need it. */
export interface MediaContext {
  me: Bytes;
  frames: FrameCrypto;
  ice: IceServerCache;
  route: RoutePolicy;
  /** Sends a message to the group. */
  send(message: PeerMessage): void;
  /** The server can be reached, and the member through it. */
  reachable(member: string): boolean;
  /** Nothing arrives any more, or something does again: the network may be another one. */
  onrouteturn(): void;
  /** Nothing opens: fresh keys may help. */
  rejoin(): void;
  onchange(): void;
  /** Something was about to leave unencrypted; everything was stopped. */
  onleak(kind: Kind): void;
}

/** Media of one other member. */
export interface MemberMedia {
  media: MediaState;
  /** Attached only once frames have been opened; tracks come and go with mute. */
  audio: MediaStream | null;
  video: MediaStream | null;
  route: Route | null;
}

export interface MediaPlane {
  /** The group has this member: media between them and this page may begin. */
  add(member: string): void;
  /** The group has this member no more. */
  remove(member: string): void;
  /** The member and this page are with the server again: earlier signals may have been lost. */
  resync(member: string): void;
  /** A message of the group, signed by the member. Only signals of media count. */
  receive(member: string, message: PeerMessage): void;
  /** Kinds of media that the member reports to send. */
  announce(member: string, kinds: Record<Kind, boolean>): void;
  /** Sets or clears what is sent to everybody; null mutes. */
  setTrack(kind: Kind, track: MediaStreamTrack | null): void;
  networkChanged(): void;
  /** Another run of the server: routes through the one before are over. */
  serverRestarted(): void;
  /** Media of a member that was added. */
  of(member: string): MemberMedia;
  /** Media of at least one member have a route. */
  readonly connected: boolean;
  /** Why no member is reached, once that is certain: from the start, or since a route was lost. */
  readonly unreachable: 'never-connected' | 'lost' | null;
  /** The newest statistics; null: there are none. */
  readonly sample: Sample | null;
  /** For problem reports: numbers and states alone, one object for each connection. */
  report(): ConnectionReport[];
  close(): void;
}

export interface ConnectionReport {
  /** Counters of the frame worker, by kind. */
  frames: object;
  [more: string]: unknown;
}
