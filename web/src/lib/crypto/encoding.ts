/**
 * Base64url and base32 without padding (RFC 4648 §5, §6). Decoding is strict:
 * one text for one value, so bits left over must be zero.
 */
import type { Bytes } from './bytes';

const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

export function encodeBase64url(bytes: Uint8Array): string {
  return encode(bytes, base64url, 6);
}

/** null when `text` is not exactly what `encodeBase64url` writes. */
export function decodeBase64url(text: string): Bytes | null {
  return decode(text, base64url, 6);
}

/** Lower case. */
export function encodeBase32(bytes: Uint8Array): string {
  return encode(bytes, base32, 5);
}

/** null when `text` is not exactly what `encodeBase32` writes. */
export function decodeBase32(text: string): Bytes | null {
  return decode(text, base32, 5);
}

function encode(bytes: Uint8Array, alphabet: string, bits: number): string {
  let out = '';
  let held = 0;
  let count = 0;
  for (const b of bytes) {
    held = (held << 8) | b;
    count += 8;
    while (count >= bits) {
      count -= bits;
      out += alphabet[(held >> count) & ((1 << bits) - 1)];
    }
    held &= (1 << count) - 1;
  }
  if (count > 0) out += alphabet[(held << (bits - count)) & ((1 << bits) - 1)];
  return out;
}

function decode(text: string, alphabet: string, bits: number): Bytes | null {
  const out = new Uint8Array(Math.floor((text.length * bits) / 8));
  let at = 0;
  let held = 0;
  let count = 0;
  for (const c of text) {
    const value = alphabet.indexOf(c);
    if (value < 0) return null;
    held = (held << bits) | value;
    count += bits;
    if (count >= 8) {
      count -= 8;
      out[at++] = held >> count;
      held &= (1 << count) - 1;
    }
  }
  // A last character without a whole bit of data, or with bits behind the data.
  if (count >= bits || held !== 0) return null;
  return out;
}
