/**
 * Links as people meet them: bent by mail programs and messengers, or in the middle
 * of a message. The 40 characters of the room and the 32 of the secret are all that
 * counts. Everything around them is ignored; the room's tag proves that both belong
 * together before anything is sent (docs/protocol.md §1).
 */

/** Characters that no font shows: soft hyphen, zero-width spaces, marks of direction, BOM. */
const invisible =
  /[\u00ad\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|\u034f|[\ufe00-\ufe0f]/g;
/** Redirectors of mail filters escape links that they carry, and each other. */
const maxUnescapes = 4;
/** More than any message with one link in it needs. */
const maxText = 20_000;
/** Characters before a path that can belong to its host, and behind it to its fragment. */
const near = 1_000;

/** A line break of a mail, with its `=` (RFC 2045 §6.7) and `>` of a quotation, may split it. */
const lineBreak = String.raw` ?=?\r?\n[>\t ]*`;
const wrap = `(?:${lineBreak}|=)?`;
const roomPattern = new RegExp(`/+${wrap}r${wrap}/+((?:${wrap}[a-z2-7]){40})(?![a-z2-7])`, 'i');
const secretPattern = new RegExp(`([12])${wrap}\\.((?:${wrap}[A-Za-z0-9_-]){32})`);

export interface SecretText {
  version: 1 | 2;
  /** 32 characters of base64url. */
  text: string;
}

/** The text without escapes (`%5F`) and invisible characters. */
export function plain(text: string): string {
  let out = text.slice(0, maxText).replace(invisible, '');
  for (let i = 0; i < maxUnescapes && /%[0-9a-f]{2}/i.test(out); i++) {
    out = out.replace(/(?:%[0-9a-f]{2})+/gi, unescaped).replace(invisible, '');
  }
  return out;
}

/** The room that a path names, in lower case; null when it names none. */
export function roomIn(pathname: string): string | null {
  const found = roomPattern.exec(plain(pathname))?.[1];
  return found === undefined ? null : roomName(found);
}

/** The secret in what stands behind `#`; null when it is not there as a whole. */
export function secretIn(fragment: string): SecretText | null {
  const [, digit, text] = secretPattern.exec(plain(fragment)) ?? [];
  if (digit === undefined || text === undefined) return null;
  return { version: digit === '2' ? 2 : 1, text: text.replace(/[^A-Za-z0-9_-]/g, '') };
}

/**
 * Finds a call's link to `host` anywhere in `text` and gives its path and fragment as
 * they should be, `/r/ROOM#1.SECRET`; without the fragment when no link in the text has
 * its secret. Null when there is no link, or when every link leads to another site.
 */
export function linkIn(text: string, host: string): string | null {
  const whole = plain(text);
  let lost: string | null = null;
  for (const found of whole.matchAll(new RegExp(roomPattern, 'gi'))) {
    const room = roomName(found[1] ?? '');
    if (!leadsTo(host, whole.slice(Math.max(0, found.index - near), found.index))) continue;
    const end = found.index + found[0].length;
    const rest = whole.slice(end, end + near);
    const secret = secretIn(/^[^\s#]*\s*#([\s\S]*)/.exec(rest)?.[1] ?? '');
    if (secret) return `/r/${room}#${secret.version}.${secret.text}`;
    lost ??= `/r/${room}`;
  }
  return lost;
}

/** The room of a match, without the line breaks in it. */
function roomName(found: string): string {
  return found.replace(/[^a-z2-7]/gi, '').toLowerCase();
}

/** Whether what stands before the path is `host`, or nothing that looks like a host. */
function leadsTo(host: string, before: string): boolean {
  const joined = before.replace(new RegExp(lineBreak, 'g'), '');
  return endsIn(host, before) || (joined !== before && endsIn(host, joined));
}

function endsIn(host: string, before: string): boolean {
  const wanted = host.toLowerCase();
  const [, full] = /\/\/([^\s/]+)$/.exec(before) ?? [];
  if (full !== undefined) return full.toLowerCase().replace(/\.(?=:|$)/, '') === wanted;
  const [bare] = /[a-z0-9.:[\]-]*$/i.exec(before) ?? [''];
  // Text may stand right before a link that has no scheme.
  return !/[.:]/.test(bare) || bare.toLowerCase().endsWith(wanted);
}

function unescaped(escapes: string): string {
  try {
    return decodeURIComponent(escapes);
  } catch {
    return escapes.replace(/%[0-7][0-9a-f]/gi, (one) => decodeURIComponent(one));
  }
}
