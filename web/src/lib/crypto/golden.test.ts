// Fixed inputs and outputs, shared with the server's tests.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseLink } from '../call/link';
import { isContext } from '../e2ee/codec';
import { FrameKeys } from '../e2ee/frame-crypter';
import { decodeHeader, decryptFrame, deriveFrameKey, encryptFrame } from '../e2ee/sframe';
import { equal, unhex } from './bytes';
import { importSecret } from './kdf';
import { belongsTo, deriveRoomKeys, roomTag, signAdmission, tagOfRoom } from './room-keys';
import { openName, sealName } from './seal';

const file = new URL('../../../../tests/data/golden.json', import.meta.url);
const golden = JSON.parse(readFileSync(file, 'utf8'));
const secret = unhex(golden.link.secret);

describe('the golden file', () => {
  it('has a link that reads as its secret', () => {
    const { room } = golden.room;
    const parsed = parseLink(`/r/${room}`, `#${golden.link.fragment}`);
    expect(parsed).toEqual({ link: { room, secret, version: 1 } });
  });

  it('has the room that belongs to the secret', async () => {
    const keys = await deriveRoomKeys(secret, 1);
    expect(keys.admission.publicKey).toEqual(unhex(golden.link.admission_public));
    expect(keys.tag).toEqual(unhex(golden.room.tag));
    expect(belongsTo(keys, golden.room.room)).toBe(true);
    expect(belongsTo(keys, golden.room.room_with_host_key)).toBe(false);
    const hosted = await roomTag(keys.admission.publicKey, unhex(golden.room.host_key));
    expect(hosted).toEqual(unhex(golden.room.tag_with_host_key));
    expect(tagOfRoom(golden.room.room_with_host_key)).toEqual(hosted);
  });

  it('has the signature of an admission', async () => {
    const a = golden.admission;
    const signature = await signAdmission(await deriveRoomKeys(secret, 1), {
      origin: a.origin,
      room: a.room,
      nonce: unhex(a.nonce),
      member: unhex(a.member),
      keyPackage: unhex(a.key_package),
    });
    expect(signature).toEqual(unhex(a.signature));
  });

  it('has a sealed name', async () => {
    const { lobby } = await deriveRoomKeys(secret, 1);
    const { name, tag, member, iv, sealed } = golden.lobby;
    const [t, m] = [unhex(tag), unhex(member)];
    expect(await sealName(lobby, t, m, name, unhex(iv))).toEqual(unhex(sealed));
    expect(await openName(lobby, t, m, unhex(sealed))).toBe(name);
  });

  it('has an SFrame', async () => {
    const g = golden.sframe;
    const base = await importSecret(unhex(g.base_key));
    const key = await deriveFrameKey(base, BigInt(g.kid), 'encrypt');
    const frame = await encryptFrame(key, BigInt(g.ctr), unhex(g.metadata), unhex(g.plaintext));
    expect(frame).toEqual(unhex(g.frame));
    const back = await deriveFrameKey(base, BigInt(g.kid), 'decrypt');
    const header = decodeHeader(frame);
    expect(header && (await decryptFrame(back, header, unhex(g.metadata), frame))).toEqual(
      unhex(g.plaintext),
    );
  });

  it.each(['opus', 'vp8_key', 'vp8_delta'])('has frames as they travel: %s', async (kind) => {
    const { context, kid, base_key, encoded, wire } = golden[kind];
    expect(isContext(context)).toBe(true);
    const receive = new FrameKeys();
    const base = await importSecret(unhex(base_key));
    const roster = [{ leaf: (kid >> 4) & 63, member: 'x' }];
    const epoch = BigInt(kid & 15);
    await receive.install({ group: 'golden', epoch, base, suite: 4, self: 1, roster });
    const codec = kind === 'opus' ? 'opus' : 'vp8';
    const opened = await receive.open('x', context, codec, unhex(wire));
    expect('frame' in opened && equal(opened.frame, unhex(encoded))).toBe(true);
  });
});
