/** AES-256-GCM with the IV in front, and the sealed display name (docs/protocol.md §3.1). */
import { type Bytes, concat, copy, random, utf8, utf8Decode } from './bytes';

const ivLength = 12;
const tagLength = 16;

/** `iv` is for tests alone: sealing twice with one IV breaks the key. */
export async function seal(
  key: CryptoKey,
  plaintext: Bytes,
  additionalData: Bytes,
  iv: Bytes = random(ivLength),
): Promise<Bytes> {
  const params = { name: 'AES-GCM', iv, additionalData };
  return concat(iv, new Uint8Array(await crypto.subtle.encrypt(params, key, plaintext)));
}

/** null when it cannot be opened. */
export async function open(
  key: CryptoKey,
  sealed: Uint8Array,
  additionalData: Bytes,
): Promise<Bytes | null> {
  if (sealed.length < ivLength + tagLength) return null;
  const iv = copy(sealed.subarray(0, ivLength));
  try {
    const params = { name: 'AES-GCM', iv, additionalData };
    const data = copy(sealed.subarray(ivLength));
    return new Uint8Array(await crypto.subtle.decrypt(params, key, data));
  } catch {
    return null;
  }
}

const maxNameLength = 64;

/** Cleans a name for display: one line, no control characters, 64 characters at most. */
export function cleanName(name: string): string {
  const visible = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, (found) =>
    // Joiners belong to emoji and to several scripts.
    /^[\u200c\u200d]+$/.test(found) ? found : ' ',
  );
  return Array.from(visible.trim()).slice(0, maxNameLength).join('');
}

function lobbyData(tag: Bytes, member: Bytes): Bytes {
  return concat('RV1 lobby', tag, member);
}

export function sealName(
  key: CryptoKey,
  tag: Bytes,
  member: Bytes,
  name: string,
  iv?: Bytes,
): Promise<Bytes> {
  return seal(key, utf8(cleanName(name)), lobbyData(tag, member), iv);
}

/** '' when it cannot be opened or is not text. */
export async function openName(
  key: CryptoKey,
  tag: Bytes,
  member: Bytes,
  sealed: Uint8Array,
): Promise<string> {
  const plain = await open(key, sealed, lobbyData(tag, member));
  if (plain === null) return '';
  try {
    return cleanName(utf8Decode(plain));
  } catch {
    return '';
  }
}
