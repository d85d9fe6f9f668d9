/** Words for the media of a call, shared by everything that carries or shows them. */

export type Kind = 'audio' | 'video';

/** State of another member's media. */
export type MediaState =
  | 'connecting' // no route yet
  | 'keys' // connected, waiting for the first frame that can be opened
  | 'encrypted' // frames open
  | 'cannot-decrypt' // frames arrive that cannot be opened
  | 'reconnecting'; // route lost, trying again

export type Route = 'direct' | 'relayed';

/** `auto` in normal use; the others force the relay ("hide my address"). */
export type RoutePolicy = 'auto' | 'relay' | 'relay-udp' | 'relay-tcp';

export interface MediaStats {
  route: Route | null;
  rttMs: number | null;
  sendKbps: number;
  recvKbps: number;
  lossPercent: number;
}
