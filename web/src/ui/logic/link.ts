/** Maps an address of this site to a screen. */
import { roomIn, secretIn } from '../../lib/call/link-text';

export type Place =
  | { at: 'home' }
  | { at: 'check' }
  | { at: 'room'; room: string; fragment: string; url: string }
  | { at: 'nowhere' };

/** `url` of a room is the link as it should be, where the address has enough of it. */
export function placeOf(pathname: string, hash: string): Place {
  const path = pathname.replace(/\/{2,}/g, '/').replace(/\/$/, '');
  if (path === '') return { at: 'home' };
  if (/^\/check$/i.test(path)) return { at: 'check' };
  const named = /^\/r\/(.+)$/i.exec(path)?.[1];
  if (named === undefined) return { at: 'nowhere' };
  const room = roomIn(path) ?? named;
  const secret = secretIn(hash);
  const fragment = secret ? `${secret.version}.${secret.text}` : hash.replace(/^#/, '');
  return { at: 'room', room, fragment, url: `/r/${room}${fragment ? `#${fragment}` : ''}` };
}
