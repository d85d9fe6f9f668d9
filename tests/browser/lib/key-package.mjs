// A KeyPackage (RFC 9420 §10) of a room, made by hand for suite 1.
import { generateKeyPairSync, sign } from 'node:crypto';

const uint = (bytes) => (value) => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  return out.subarray(8 - bytes);
};
const [u8, u16, u64] = [1, 2, 8].map(uint);
/** opaque<V> of RFC 9420 §2.1.2; what is here is short. */
const v = (...parts) => {
  const bytes = Buffer.concat(parts);
  const length = bytes.length < 64 ? u8(bytes.length) : u16(0x4000 | bytes.length);
  return Buffer.concat([length, bytes]);
};
const lp = (bytes) => Buffer.concat([u16(bytes.length), bytes]);
const raw = (key) => key.export({ format: 'der', type: 'spki' }).subarray(-32);

/** SignWithLabel (§5.1.2). */
const signed = (key, label, content) =>
  sign(null, Buffer.concat([v(Buffer.from(`MLS 1.0 ${label}`)), v(content)]), key);

/** An MLSMessage; `keys` of the link, `member` the id it is for. `sha256` hashes. */
export function makeKeyPackage(keys, member, sha256) {
  const mine = generateKeyPairSync('ed25519');
  const signatureKey = raw(mine.publicKey);
  const claim = [Buffer.from('RV1 leaf'), lp(keys.tag), lp(member), lp(sha256(signatureKey))];
  const identity = Buffer.concat([u8(1), member, keys.sign(Buffer.concat(claim))]);
  const hpke = () => v(raw(generateKeyPairSync('x25519').publicKey));
  const now = Math.floor(Date.now() / 1000);
  const leaf = Buffer.concat([
    hpke(),
    v(signatureKey),
    u16(1),
    v(identity),
    v(u16(1)), // versions
    v(u16(1)), // suites
    v(u16(0xf0a1)), // extensions
    v(), // proposals
    v(u16(1)), // credentials
    u8(1),
    u64(now - 12 * 3600),
    u64(now + 12 * 3600),
    v(),
  ]);
  const node = Buffer.concat([leaf, v(signed(mine.privateKey, 'LeafNodeTBS', leaf))]);
  const body = Buffer.concat([u16(1), u16(1), hpke(), node, v()]);
  const signature = v(signed(mine.privateKey, 'KeyPackageTBS', body));
  return Buffer.concat([u16(1), u16(5), body, signature]);
}
