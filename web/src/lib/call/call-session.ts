/** The session of a call with the server: its address, its admission, its events in the log. */
import type { Bytes } from '../crypto/bytes';
import type { RoomKeys } from '../crypto/room-keys';
import { events } from '../events';
import type { GroupClient } from '../mls/group/group-client';
import { Session } from '../protocol/session';
import type { SessionEvent } from '../protocol/session-core';
import { admissionOf } from './identity';

export interface CallSessionOptions {
  room: string;
  /** Asked at every admission, because a page may be admitted more than once. */
  applicant(): Promise<Applicant>;
  /** The member id is taken: the next admission needs another one. */
  renewIdentity(): void;
  onevent(event: SessionEvent, session: Session): void;
}

export interface Applicant {
  keys: RoomKeys;
  group: GroupClient;
  id: Bytes;
  name: string;
  /** Session token of an earlier page whose seat this one takes; null: there is none. */
  replaces: string | null;
}

/** A session that has not been started yet. */
export function makeSession({ room, ...options }: CallSessionOptions): Session {
  const { origin } = location;
  const url = new URL('/ws', origin);
  url.protocol = url.protocol.replace('http', 'ws');
  const session: Session = new Session({
    url: url.href,
    room,
    admission: async (nonce) => {
      const { keys, group, ...who } = await options.applicant();
      return admissionOf(keys, await group.offer(who.id), { ...who, origin, room, nonce });
    },
    renewIdentity: options.renewIdentity,
    onevent: (event) => {
      note(event);
      options.onevent(event, session);
    },
  });
  return session;
}

/** Messages of the server, without ids. */
function note(event: SessionEvent): void {
  if (event.e === 'app' || event.e === 'group') return;
  const detail = 'code' in event ? event.code : 'reason' in event ? event.reason : undefined;
  events.note(`session ${event.e}`, detail);
}
