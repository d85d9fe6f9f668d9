/** Links: reading the one in the address bar, and making new ones. */
import { type Bytes, random } from '../crypto/bytes';
import { decodeBase64url, encodeBase64url } from '../crypto/encoding';
import {
  belongsTo,
  deriveRoomKeys,
  type SuiteVersion,
  secretLength,
  tagOfRoom,
} from '../crypto/room-keys';
import { roomIn, secretIn } from './link-text';
import type { CallError, CreateRoom } from './types';

/** The secret is never stored, logged or sent; only keys that follow from it are used. */
export interface ParsedLink {
  room: string;
  secret: Bytes;
  version: SuiteVersion;
}

/**
 * Reads an address of this site, also a damaged one (link-text.ts). `link-wrong` when the
 * path names no room, `link-incomplete` when the secret is not behind `#` as a whole.
 */
export function parseLink(
  pathname: string,
  hash: string,
): { link: ParsedLink } | { error: CallError } {
  const room = roomIn(pathname);
  if (room === null || tagOfRoom(room) === null) return { error: { code: 'link-wrong' } };
  const found = secretIn(hash);
  const secret = found && decodeBase64url(found.text);
  if (secret?.length !== secretLength) return { error: { code: 'link-incomplete' } };
  return { link: { room, secret, version: found?.version ?? 1 } };
}

/** `/r/ROOM#1.SECRET`. */
export function formatLink(link: ParsedLink): string {
  return `/r/${link.room}#${link.version}.${encodeBase64url(link.secret)}`;
}

export const createRoom: CreateRoom = async (version = 1, password = '') => {
  const secret = random(secretLength);
  let keys: Awaited<ReturnType<typeof deriveRoomKeys>>;
  try {
    keys = await deriveRoomKeys(secret, version);
  } catch {
    return { error: { code: globalThis.isSecureContext ? 'unsupported' : 'not-secure' } };
  }
  const answer = await post('/create-room', {
    admission_key: encodeBase64url(keys.admission.publicKey),
    ...(password ? { password } : {}),
  });
  if ('error' in answer) return answer;
  const room = answer.body.room;
  if (typeof room !== 'string' || !belongsTo(keys, room)) {
    return { error: { code: 'internal', detail: 'the server made another room' } };
  }
  return { url: formatLink({ room, secret, version }) };
};

async function post(
  path: string,
  body: object,
): Promise<{ body: Record<string, unknown> } | { error: CallError }> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(15_000),
    });
  } catch {
    return { error: { code: 'server-unreachable' } };
  }
  if (response.ok) {
    const value: unknown = await response.json().catch(() => null);
    if (typeof value === 'object' && value !== null) {
      return { body: value as Record<string, unknown> };
    }
    return { error: { code: 'internal', detail: 'not JSON' } };
  }
  return { error: await httpError(response) };
}

async function httpError(response: Response): Promise<CallError> {
  const wait = Number(response.headers.get('Retry-After'));
  const retry = Number.isFinite(wait) && wait > 0 ? { retryAfter: Math.ceil(wait) } : {};
  if (response.status === 429) return { code: 'too-many', retryAfter: 60, ...retry };
  if (response.status === 503) return { code: 'draining', ...retry };
  if (response.status >= 500) return { code: 'server-unreachable', ...retry };
  if (response.status === 403) {
    const refusal = await response.json().catch(() => null);
    const code: unknown = refusal?.error?.code;
    if (code === 'password' || code === 'not-allowed') return { code };
  }
  return { code: 'internal', detail: `status ${response.status}` };
}
