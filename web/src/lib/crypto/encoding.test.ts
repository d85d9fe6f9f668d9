import { describe, expect, it } from 'vitest';
import { random, unhex, utf8 } from './bytes';
import { decodeBase32, decodeBase64url, encodeBase32, encodeBase64url } from './encoding';

describe('base64url', () => {
  it('writes the examples of RFC 4648 without padding', () => {
    expect(['', 'f', 'fo', 'foo', 'foob'].map((t) => encodeBase64url(utf8(t)))).toEqual([
      '',
      'Zg',
      'Zm8',
      'Zm9v',
      'Zm9vYg',
    ]);
    expect(encodeBase64url(unhex('fbff'))).toBe('-_8');
  });

  it('reads back what it wrote, at every length', () => {
    for (let n = 0; n < 40; n++) {
      const bytes = random(n);
      expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes);
    }
  });

  it('refuses padding, other alphabets, spare bits and impossible lengths', () => {
    for (const text of ['Zg==', 'Zg=', '+_8', 'Zh', 'Zm9', 'A', 'Zm9vY', ' Zg', 'Zg\n', 'Zé']) {
      expect(decodeBase64url(text), text).toBeNull();
    }
  });
});

describe('base32', () => {
  it('writes the examples of RFC 4648 in lower case without padding', () => {
    expect(
      ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((t) => encodeBase32(utf8(t))),
    ).toEqual(['', 'my', 'mzxq', 'mzxw6', 'mzxw6yq', 'mzxw6ytb', 'mzxw6ytboi']);
  });

  it('reads back what it wrote, at every length', () => {
    for (let n = 0; n < 40; n++) {
      const bytes = random(n);
      expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes);
    }
  });

  it('refuses upper case, padding, spare bits and impossible lengths', () => {
    for (const text of ['MY', 'my======', 'mz', 'm', 'mzx', 'mzxw6y', 'm1', 'mzxw6ytb0']) {
      expect(decodeBase32(text), text).toBeNull();
    }
  });
});
