// STUN messages (RFC 8489) as bytes and back, with seals made anew. Enough to
// change one attribute of somebody else's message and keep the message valid.
import { createHash, createHmac, randomBytes } from 'node:crypto';

export const cookie = 0x2112a442;
export const attribute = {
  username: 0x0006,
  integrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  realm: 0x0014,
  nonce: 0x0015,
  integritySha256: 0x001c,
  passwordAlgorithm: 0x001d,
  userhash: 0x001e,
  fingerprint: 0x8028,
};
const methods = { 1: 'Binding', 3: 'Allocate', 4: 'Refresh', 6: 'Send', 7: 'Data', 8: 'CreatePermission', 9: 'ChannelBind' };
const classes = ['request', 'indication', 'success', 'error'];

export const padded = (n) => (n + 3) & ~3;

/** Whether this begins a STUN message and not ChannelData. */
export const looksLikeStun = (bytes) => bytes.length >= 20 && bytes[0] < 4 && bytes.readUInt32BE(4) === cookie;

/** `{type, method, kind, id, attributes: [{type, value}]}`; null when it is not a whole STUN message. */
export function parse(bytes) {
  if (!looksLikeStun(bytes) || bytes.length < 20 + bytes.readUInt16BE(2)) return null;
  const type = bytes.readUInt16BE(0);
  const attributes = [];
  const end = 20 + bytes.readUInt16BE(2);
  for (let at = 20; at + 4 <= end; ) {
    const length = bytes.readUInt16BE(at + 2);
    if (at + 4 + length > end) return null;
    attributes.push({ type: bytes.readUInt16BE(at), value: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + padded(length);
  }
  const number = (type & 0xf) | ((type >> 1) & 0x70) | ((type >> 2) & 0xf80);
  return {
    type,
    method: methods[number] ?? `method ${number}`,
    kind: classes[((type >> 4) & 1) | ((type >> 7) & 2)],
    id: bytes.subarray(8, 20).toString('hex'),
    attributes,
  };
}

/** The value of the first attribute of a type. */
export const valueOf = (message, type) => message.attributes.find((a) => a.type === type)?.value;

/** The code of an error response, for example 438. */
export function errorCode(message) {
  const value = valueOf(message, attribute.errorCode);
  return value ? (value[2] & 7) * 100 + value[3] : null;
}

/** The long-term key of RFC 8489 §18.5: MD5, or SHA-256 when the request chose it. */
export function longTermKey(user, realm, password, sha256) {
  return createHash(sha256 ? 'sha256' : 'md5').update(`${user}:${realm}:${password}`).digest();
}

function encode(type, id, attributes, extra = 0) {
  const parts = [];
  for (const { type: t, value } of attributes) {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(t, 0);
    head.writeUInt16BE(value.length, 2);
    parts.push(head, value, Buffer.alloc(padded(value.length) - value.length));
  }
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(20);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(body.length + extra, 2);
  head.writeUInt32BE(cookie, 4);
  Buffer.from(id, 'hex').copy(head, 8);
  return Buffer.concat([head, body]);
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/**
 * The bytes of `message` with its seals and fingerprint made again where it had
 * them. `key` is the long-term key.
 */
export function sealed({ type, id, attributes }, key) {
  const done = [];
  for (const a of attributes) {
    let { value } = a;
    if (a.type === attribute.integrity)
      value = createHmac('sha1', key).update(encode(type, id, done, 24)).digest();
    else if (a.type === attribute.integritySha256)
      value = createHmac('sha256', key).update(encode(type, id, done, 4 + value.length)).digest().subarray(0, value.length);
    else if (a.type === attribute.fingerprint) {
      value = Buffer.alloc(4);
      value.writeUInt32BE((crc32(encode(type, id, done, 8)) ^ 0x5354554e) >>> 0);
    }
    done.push({ type: a.type, value });
  }
  return encode(type, id, done);
}

/** A Binding request, to ask whether a server answers. */
export const bindingRequest = () => encode(1, randomBytes(12).toString('hex'), []);
