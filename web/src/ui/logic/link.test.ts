import { describe, expect, it } from 'vitest';
import { linkIn, placeOf } from './link';

const room = 'a'.repeat(40);
const secret = `1.${'B'.repeat(32)}`;

describe('an address', () => {
  it('shows home unless it names a room', () => {
    expect(placeOf('/', '')).toEqual({ at: 'home' });
    expect(placeOf('/elsewhere', '#1.x')).toEqual({ at: 'home' });
  });
  it('shows the check where it is', () => {
    expect(placeOf('/check', '')).toEqual({ at: 'check' });
    expect(placeOf('/checks', '')).toEqual({ at: 'home' });
  });
  it('takes room and secret apart', () => {
    expect(placeOf(`/r/${room}`, `#${secret}`)).toEqual({
      at: 'room',
      room,
      fragment: secret,
      url: `/r/${room}#${secret}`,
    });
  });
  it('is kept when the secret was lost', () => {
    expect(placeOf(`/r/${room}/`, '')).toEqual({
      at: 'room',
      room,
      fragment: '',
      url: `/r/${room}`,
    });
  });
});

describe('pasted text', () => {
  const host = 'meet.example.com';
  const link = `/r/${room}#${secret}`;
  it.each([
    ['the whole link', `https://${host}${link}`],
    ['a link without scheme', `${host}${link}`],
    ['a path', link],
    ['a message around it', `Hi! Join me (https://${host}${link}), see you`],
    ['a full stop behind it', `https://${host}${link}.`],
    ['a tracking query', `https://${host}/r/${room}?utm=1#${secret}`],
    ['another case of the host', `https://MEET.example.com${link}`],
  ])('is understood: %s', (_, text) => {
    expect(linkIn(text, host)).toBe(link);
  });
  it('keeps a link that lost its secret, so that the reason can be shown', () => {
    expect(linkIn(`https://${host}/r/${room}`, host)).toBe(`/r/${room}`);
  });
  it('does not lead to another site', () => {
    expect(linkIn(`https://evil.example${link}`, host)).toBeNull();
  });
  it('may have nothing in it', () => {
    expect(linkIn('see you at noon', host)).toBeNull();
    expect(linkIn('', host)).toBeNull();
  });
});
