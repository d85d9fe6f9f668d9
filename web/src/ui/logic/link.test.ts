import { describe, expect, it } from 'vitest';
import { placeOf } from './link';

const room = 'a'.repeat(40);
const secret = `1.${'B'.repeat(32)}`;

describe('an address', () => {
  it.each([
    ['/', 'home'],
    ['//', 'home'],
    ['/check', 'check'],
    ['/check/', 'check'],
    ['/Check', 'check'],
    ['/checks', 'nowhere'],
    ['/elsewhere', 'nowhere'],
    ['/meet/', 'nowhere'],
    ['/r', 'nowhere'],
    ['/r/', 'nowhere'],
  ])('%s shows %s', (pathname, at) => {
    expect(placeOf(pathname, '#1.x')).toEqual({ at });
  });
  it('takes room and secret apart', () => {
    expect(placeOf(`/r/${room}`, `#${secret}`)).toEqual({
      at: 'room',
      room,
      fragment: secret,
      url: `/r/${room}#${secret}`,
    });
  });
  it.each([
    [`/R/${room}`, `#${secret}`],
    [`//r/${room}`, `#${secret}`],
    [`/r/${room.toUpperCase()}/`, `#${secret}`],
    [`/r/${room},`, `#${secret}).`],
    [`/r/${room}`, `#%20${secret}&utm_source=x`],
  ])('that was damaged is read as it should be: %s%s', (pathname, hash) => {
    expect(placeOf(pathname, hash)).toMatchObject({ url: `/r/${room}#${secret}` });
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
