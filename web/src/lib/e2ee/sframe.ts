/** SFrame (RFC 9605) with its AES-GCM suites. */
import { type Bytes, concat, u16, u64 } from '../crypto/bytes';
import { hkdf } from '../crypto/kdf';

/** 4 is AES_128_GCM_SHA256_128, 5 is AES_256_GCM_SHA512_128. */
export type FrameSuite = 4 | 5;

const suites = {
  4: { hash: 'SHA-256', keyLength: 16 },
  5: { hash: 'SHA-512', keyLength: 32 },
} as const;
const saltLength = 12;
export const tagLength = 16;

export interface Header {
  kid: bigint;
  ctr: bigint;
  /** Bytes it took. */
  length: number;
}

/** RFC 9605 §4.3: the shortest form there is. Both below 2^64. */
export function encodeHeader(kid: bigint, ctr: bigint): Bytes {
  const k = field(kid);
  const c = field(ctr);
  const out = new Uint8Array(1 + k.bytes.length + c.bytes.length);
  out[0] = (k.bits << 4) | c.bits;
  out.set(k.bytes, 1);
  out.set(c.bytes, 1 + k.bytes.length);
  return out;
}

/** null when cut short or longer than it need be. */
export function decodeHeader(bytes: Uint8Array): Header | null {
  const config = bytes[0];
  if (config === undefined) return null;
  const kid = readField(bytes, 1, config >> 4);
  if (kid === null) return null;
  const ctr = readField(bytes, kid.end, config & 15);
  if (ctr === null) return null;
  return { kid: kid.value, ctr: ctr.value, length: ctr.end };
}

/** Four bits: small values themselves, others as 8 | (length - 1) and bytes behind. */
function field(value: bigint): { bits: number; bytes: number[] } {
  if (value < 8n) return { bits: Number(value), bytes: [] };
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 255n));
  if (bytes.length > 8) throw new RangeError('beyond 64 bits');
  return { bits: 8 | (bytes.length - 1), bytes };
}

function readField(
  bytes: Uint8Array,
  at: number,
  bits: number,
): { value: bigint; end: number } | null {
  if (bits < 8) return { value: BigInt(bits), end: at };
  const end = at + (bits & 7) + 1;
  if (end > bytes.length) return null;
  let value = 0n;
  for (let i = at; i < end; i++) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  const minimal = bytes[at] !== 0 && value >= 8n;
  return minimal ? { value, end } : null;
}

export interface FrameKey {
  kid: bigint;
  /** AES-GCM, not extractable. */
  key: CryptoKey;
  salt: Bytes;
}

/** The key of one KID (RFC 9605 §4.4.2). `base` is an HKDF secret. */
export async function deriveFrameKey(
  base: CryptoKey,
  kid: bigint,
  usage: 'encrypt' | 'decrypt',
  suite: FrameSuite = 4,
): Promise<FrameKey> {
  const none = new Uint8Array();
  const { hash, keyLength } = suites[suite];
  const label = (text: string) => concat(text, u64(kid), u16(suite));
  const [bits, salt] = await Promise.all([
    hkdf(base, none, label('SFrame 1.0 Secret key '), keyLength, hash),
    hkdf(base, none, label('SFrame 1.0 Secret salt '), saltLength, hash),
  ]);
  const key = await crypto.subtle.importKey('raw', bits, 'AES-GCM', false, [usage]);
  bits.fill(0);
  return { kid, key, salt };
}

function gcm(key: FrameKey, ctr: bigint, header: Uint8Array, metadata: Uint8Array) {
  const iv = new Uint8Array(key.salt);
  const counter = u64(ctr);
  for (let i = 0; i < 8; i++) iv[4 + i] = (iv[4 + i] ?? 0) ^ (counter[i] ?? 0);
  return {
    name: 'AES-GCM',
    iv,
    additionalData: concat(header, metadata),
    tagLength: tagLength * 8,
  };
}

/** Header, ciphertext and tag. The caller never uses a `ctr` twice with one key. */
export async function encryptFrame(
  key: FrameKey,
  ctr: bigint,
  metadata: Uint8Array,
  plaintext: Uint8Array<ArrayBuffer>,
): Promise<Bytes> {
  const header = encodeHeader(key.kid, ctr);
  const params = gcm(key, ctr, header, metadata);
  const sealed = await crypto.subtle.encrypt(params, key.key, plaintext);
  return concat(header, new Uint8Array(sealed));
}

/** `header` is what `decodeHeader` found at the start of `frame`. null: not authentic. */
export async function decryptFrame(
  key: FrameKey,
  header: Header,
  metadata: Uint8Array,
  frame: Uint8Array<ArrayBuffer>,
): Promise<Bytes | null> {
  if (header.kid !== key.kid || frame.length < header.length + tagLength) return null;
  const params = gcm(key, header.ctr, frame.subarray(0, header.length), metadata);
  try {
    const sealed = frame.subarray(header.length);
    return new Uint8Array(await crypto.subtle.decrypt(params, key.key, sealed));
  } catch {
    return null;
  }
}
