// Derivations from a link (docs/protocol.md §1, docs/e2ee.md), written once more
// with Node's own crypto, so that the app is not checked against itself.
import {
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  randomBytes,
  sign,
} from 'node:crypto';

export const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const lp = (bytes) => {
  const b = Buffer.from(bytes);
  return Buffer.concat([Buffer.from([b.length >> 8, b.length & 255]), b]);
};
// HKDF-Expand alone: one block is all the labels need.
const expand = (prk, label, suite = 1) =>
  createHmac('sha256', prk)
    .update(Buffer.concat([Buffer.from(label), Buffer.from([suite, 1])]))
    .digest();

const ed25519 = (seed) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });

/** Every key of a link. */
export function linkKeys(secret = randomBytes(24)) {
  const prk = createHmac('sha256', 'RV1 room e2ee').update(secret).digest();
  const seed = expand(prk, 'RV1 admission ed25519');
  const admission = ed25519(seed);
  const admissionKey = createPublicKey(admission).export({ format: 'der', type: 'spki' }).subarray(-32);
  return {
    secret,
    prk,
    seed,
    admissionKey,
    tag: sha256(Buffer.from('RV1 room'), lp(admissionKey), lp(''), lp('')).subarray(0, 13),
    lobby: expand(prk, 'RV1 lobby aead'),
    psk: expand(prk, 'RV1 mls external psk'),
    sasSalt: expand(prk, 'RV1 sas salt'),
    sign: (message) => sign(null, message, admission),
    fragment: `#1.${secret.toString('base64url')}`,
  };
}

/** The signature of `admit` (docs/protocol.md §3.1). */
export function signAdmission(keys, { origin, room, nonce, member, keyPackage }) {
  const fields = [origin, room, nonce, member, sha256(keyPackage)].map(lp);
  return keys.sign(Buffer.concat([Buffer.from('RV1 admit'), ...fields]));
}

/** Makes a room the way the app does; resolves to its id. */
export async function createRoom(server, keys, from = server.newSource()) {
  const answer = await fetch(`${server.url}/create-room`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': from },
    body: JSON.stringify({ admission_key: keys.admissionKey.toString('base64url') }),
  });
  if (!answer.ok) throw new Error(`/create-room answered ${answer.status} ${await answer.text()}`);
  return (await answer.json()).room;
}

function sframeHeader(bytes) {
  const field = (bits, at) => {
    if (bits < 8) return [BigInt(bits), at];
    const end = at + (bits & 7) + 1;
    if (end > bytes.length) throw new RangeError('short');
    return [BigInt(`0x${bytes.subarray(at, end).toString('hex')}`), end];
  };
  const [kid, afterKid] = field(bytes[0] >> 4, 1);
  const [ctr, length] = field(bytes[0] & 15, afterKid);
  return { kid, ctr, length };
}

/**
 * Opens a frame as it is on the wire: the clear bytes, then RFC 9605 with suite 4.
 * null when it is not authentic under `base` – plaintext never is.
 */
export function openFrame(base, kind, wire) {
  const clear = kind === 'audio' ? 0 : wire[0] & 1 ? 1 : 10;
  const sealed = wire.subarray(clear);
  if (sealed.length < 18) return null;
  try {
    const { kid, ctr, length } = sframeHeader(sealed);
    const u64 = (n) => Buffer.from(n.toString(16).padStart(16, '0'), 'hex');
    const label = (text) => Buffer.concat([Buffer.from(text), u64(kid), Buffer.from([0, 4])]);
    const none = Buffer.alloc(0);
    const key = Buffer.from(hkdfSync('sha256', base, none, label('SFrame 1.0 Secret key '), 16));
    const iv = Buffer.from(hkdfSync('sha256', base, none, label('SFrame 1.0 Secret salt '), 12));
    const counter = u64(ctr);
    for (let i = 0; i < 8; i++) iv[4 + i] ^= counter[i];
    const metadata = kind === 'audio' ? Buffer.from([1, 0, 0]) : Buffer.from([1, 1, 1]);
    const open = createDecipheriv('aes-128-gcm', key, iv);
    open.setAAD(Buffer.concat([sealed.subarray(0, length), metadata, wire.subarray(0, clear)]));
    open.setAuthTag(sealed.subarray(-16));
    const plain = open.update(sealed.subarray(length, -16));
    open.final();
    return Buffer.concat([wire.subarray(0, clear), plain]);
  } catch {
    return null;
  }
}

/**
 * The same with what a group worker was seen to hand out (see tap.mjs): the epoch
 * and the sender are those that the KID names. null when `sender` (a member id,
 * hex) did not seal it.
 */
export function openOf(epochs, sender, kind, wire) {
  const clear = kind === 'audio' ? 0 : wire[0] & 1 ? 1 : 10;
  try {
    const { kid } = sframeHeader(wire.subarray(clear));
    const leaf = Number((kid >> 4n) & 63n);
    const fits = epochs.filter(
      ({ epoch, roster }) =>
        (BigInt(epoch) & 15n) === (kid & 15n) && roster.some((p) => p.leaf === leaf && p.member === sender),
    );
    return fits.map(({ base }) => openFrame(base, kind, wire)).find((plain) => plain !== null) ?? null;
  } catch {
    return null;
  }
}

/** The ways in which `bytes` might be written down, for looking for them. */
export function spellings(bytes) {
  const b64 = bytes.toString('base64').replace(/=+$/, '');
  return [
    bytes,
    Buffer.from(bytes.toString('base64url')),
    Buffer.from(b64),
    Buffer.from(bytes.toString('hex')),
    Buffer.from(bytes.toString('hex').toUpperCase()),
    Buffer.from(encodeURIComponent(b64)),
  ];
}

/** Which of `named` ({name: bytes}) are in `haystack`, in whatever spelling. */
export function found(haystack, named) {
  return Object.entries(named)
    .filter(([, bytes]) => spellings(bytes).some((s) => haystack.includes(s)))
    .map(([name]) => name);
}

/** Secrets that only the two browsers may hold. */
export function secretsOf(keys) {
  const { secret, prk, seed, lobby, psk, sasSalt } = keys;
  return { secret, prk, seed, lobby, psk, sasSalt };
}
