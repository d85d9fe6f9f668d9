/** What an address of this site shows, and what people paste. */

export type Place =
  | { at: 'home' }
  | { at: 'check' }
  | { at: 'room'; room: string; fragment: string; url: string };

export function placeOf(pathname: string, hash: string): Place {
  const room = /^\/r\/([^/]*)\/?$/.exec(pathname)?.[1];
  if (pathname === '/check') return { at: 'check' };
  if (room === undefined) return { at: 'home' };
  const fragment = hash.startsWith('#') ? hash.slice(1) : hash;
  return { at: 'room', room, fragment, url: `/r/${room}${fragment ? `#${fragment}` : ''}` };
}

/**
 * Finds a call's link in pasted text (a whole message will do) and gives its
 * path and fragment. Null when there is none, or when it leads to another site.
 */
export function linkIn(text: string, host: string): string | null {
  for (const word of text.split(/[\s<>"'()]+/)) {
    const found = /^(?:https?:\/\/)?([^/#]*)(\/r\/[^/#?]+)\/?(?:\?[^#]*)?(#.*)?$/.exec(word);
    if (!found) continue;
    const [, site, path, hash] = found;
    if (site && site.toLowerCase() !== host.toLowerCase()) continue;
    return `${path}${(hash ?? '').replace(/[.,;!?]+$/, '')}`;
  }
  return null;
}
