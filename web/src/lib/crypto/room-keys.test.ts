import { describe, expect, it } from 'vitest';
import { formatLink, parseLink } from '../call/link';
import { concat, random, u16, unhex } from './bytes';
import { signingKeyFromSeed } from './ed25519';
import { encodeBase32 } from './encoding';
import { belongsTo, deriveRoomKeys, roomTag, signAdmission, tagOfRoom } from './room-keys';
import { cleanName, openName, sealName } from './seal';

const secret = unhex('000102030405060708090a0b0c0d0e0f1011121314151617');
const roomFor = (tag: Uint8Array) => encodeBase32(concat(tag, u16(20800), new Uint8Array(10)));

describe('signing keys', () => {
  it('are those of RFC 8032 (test 2)', async () => {
    const seed = unhex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
    const key = await signingKeyFromSeed(seed);
    expect(key.publicKey).toEqual(
      unhex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'),
    );
    expect(await key.sign(unhex('72'))).toEqual(
      unhex(
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
          '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      ),
    );
  });
});

describe('room keys', () => {
  it('recognise their own room and no other', async () => {
    const keys = await deriveRoomKeys(secret, 1);
    const other = await deriveRoomKeys(random(24), 1);
    const room = roomFor(keys.tag);
    expect(room).toHaveLength(40);
    expect(tagOfRoom(room)).toEqual(keys.tag);
    expect(belongsTo(keys, room)).toBe(true);
    expect(belongsTo(other, room)).toBe(false);
    expect(belongsTo(keys, room.slice(1))).toBe(false);
    expect(await roomTag(keys.admission.publicKey, random(32))).not.toEqual(keys.tag);
  });

  it('sign an admission that the public key verifies and no other claim fits', async () => {
    const keys = await deriveRoomKeys(secret, 1);
    const claim = {
      origin: 'https://example.org',
      room: roomFor(keys.tag),
      nonce: random(32),
      member: random(16),
      keyPackage: random(33),
    };
    const sig = await signAdmission(keys, claim);
    expect(sig).toHaveLength(64);
    expect(await signAdmission(keys, claim)).toEqual(sig);
    expect(await signAdmission(keys, { ...claim, nonce: random(32) })).not.toEqual(sig);
    expect(await signAdmission(keys, { ...claim, origin: 'https://example.com' })).not.toEqual(sig);
  });

  it('cannot be read back', async () => {
    const keys = await deriveRoomKeys(secret, 1);
    expect(keys.lobby.extractable).toBe(false);
  });

  it('are others for another digit in front of the same secret', async () => {
    const [one, two] = [await deriveRoomKeys(secret, 1), await deriveRoomKeys(secret, 2)];
    expect(two.tag).not.toEqual(one.tag);
    expect(two.admission.publicKey).not.toEqual(one.admission.publicKey);
    expect(belongsTo(two, roomFor(one.tag))).toBe(false);
  });
});

describe('links', () => {
  const room = roomFor(new Uint8Array(13).fill(7));

  it('read back what they were made of', () => {
    for (const version of [1, 2] as const) {
      const link = { room, secret, version };
      const [path, hash] = formatLink(link).split('#');
      expect(hash?.startsWith(`${version}.`)).toBe(true);
      expect(parseLink(path ?? '', `#${hash}`)).toEqual({ link });
    }
  });

  it('are incomplete without the whole secret', () => {
    const [, hash = ''] = formatLink({ room, secret, version: 1 }).split('#');
    const bad = ['', '#', '#1.', `#3.${hash.slice(2)}`, `#${hash.slice(0, -1)}`];
    for (const fragment of bad) {
      expect(parseLink(`/r/${room}`, fragment), fragment).toEqual({
        error: { code: 'link-incomplete' },
      });
    }
  });

  it('are wrong when the path names no room', () => {
    for (const path of ['/', '/r/', `/r/${room.slice(1)}`, `/r/${room}a`, `/x/${room}`]) {
      expect(parseLink(path, '#1.x'), path).toEqual({ error: { code: 'link-wrong' } });
    }
  });
});

describe('names', () => {
  it('open for the member and room they were sealed for', async () => {
    const { lobby } = await deriveRoomKeys(secret, 1);
    const [tag, member] = [random(13), random(16)];
    const sealed = await sealName(lobby, tag, member, 'Zoë 👩‍🚀');
    expect(await openName(lobby, tag, member, sealed)).toBe('Zoë 👩‍🚀');
    expect(await openName(lobby, tag, random(16), sealed)).toBe('');
    expect(await openName(lobby, random(13), member, sealed)).toBe('');
  });

  it('are one line of at most 64 characters without controls or direction marks', () => {
    expect(cleanName('  a\n\tb\u202ec\u0000  ')).toBe('a b c');
    expect(Array.from(cleanName('😀'.repeat(80)))).toHaveLength(64);
  });
});
