import { describe, expect, it } from 'vitest';
import { linkIn, plain, roomIn, secretIn } from './link-text';

const host = 'meet.example.com';
const room = 'b7'.repeat(20);
const text = 'AbC_-9xyz0123456789ABCDEFGHIJK12';
const secret = `1.${text}`;
const link = `/r/${room}#${secret}`;

describe('pasted text', () => {
  it.each([
    ['the whole link', `https://${host}${link}`],
    ['a link without scheme', `${host}${link}`],
    ['a path', link],
    ['a message around it', `Hi! Join me (https://${host}${link}), see you`],
    ['a full stop behind it', `https://${host}${link}.`],
    ['a tracking query', `https://${host}/r/${room}?utm=1#${secret}`],
    ['another case of the host', `https://MEET.example.com${link}`],
    ['no space before it', `Join here:https://${host}${link}`],
    ['no space and no scheme before it', `here${host}${link}`],
    ['brackets', `[https://${host}${link}]`],
    ['a link of Markdown', `[Join](https://${host}${link})`],
    ['bold and italic marks', `*_https://${host}${link}_*`],
    ['a scheme in capitals', `HTTP://${host}${link}`],
    [
      'everything but the secret in capitals',
      `HTTPS://${host.toUpperCase()}/R/${room.toUpperCase()}#${secret}`,
    ],
    ['two slashes', `https://${host}//r/${room}#${secret}`],
    ['a full stop of DNS', `https://${host}.${link}`],
    ['an escaped hash', `https://${host}/r/${room}%23${secret}`],
    ['escapes in the secret', `https://${host}/r/${room}#1%2E${text.replace('_', '%5F')}`],
    [
      'a redirector around it',
      `https://safe.example/?url=${encodeURIComponent(`https://${host}${link}`)}&data=x`,
    ],
    [
      'two redirectors',
      `https://a.example/?u=${encodeURIComponent(`https://b.example/?u=${encodeURIComponent(`https://${host}${link}`)}`)}`,
    ],
    [
      'zero-width spaces',
      `https://${host}/r/\u200b${room}\u200b#\ufeff1.${text.slice(0, 9)}\u200b${text.slice(9)}`,
    ],
    [
      'a line break of a mail',
      `https://${host}/r/${room}#1.${text.slice(0, 20)}=\r\n${text.slice(20)}`,
    ],
    ['a quotation', `> https://${host}/r/${room}#1.${text.slice(0, 20)}\n> ${text.slice(20)}`],
    ['a wrap in the room', `https://${host}/r/${room.slice(0, 9)}\n${room.slice(9)}#${secret}`],
    ['a wrap behind the host', `https://${host}\n/r/${room}#${secret}`],
    ['a wrap in the host', `https://${host.slice(0, 6)}\r\n${host.slice(6)}/r/${room}#${secret}`],
    ['a wrap in the path', `https://${host}/r\n/\n${room}\n#\n1\n.\n${text}`],
    [
      'a flowed mail, quoted (RFC 3676)',
      `> https://${host}/r/${room.slice(0, 9)} \n> ${room.slice(9)}#1.${text.slice(0, 20)} \n> ${text.slice(20)}`,
    ],
    ['a space before the hash', `https://${host}/r/${room} #${secret}`],
    ['a link without its secret before it', `https://${host}/r/${room} or https://${host}${link}`],
  ])('is understood: %s', (_, pasted) => {
    expect(linkIn(pasted, host)).toBe(link);
  });

  it.each([['localhost:8000'], ['[::1]:8000'], ['203.0.113.7']])('knows the host %s', (site) => {
    expect(linkIn(`http://${site}${link}`, site)).toBe(link);
    expect(linkIn(`${site}${link}`, site)).toBe(link);
    expect(linkIn(`http://elsewhere.example${link}`, site)).toBeNull();
  });

  it('keeps a link that lost its secret, so that the reason can be shown', () => {
    expect(linkIn(`https://${host}/r/${room}`, host)).toBe(`/r/${room}`);
    expect(linkIn(`https://${host}/r/${room}#${secret.slice(0, -1)} x`, host)).toBe(`/r/${room}`);
  });

  it('does not lead to another site', () => {
    expect(linkIn(`https://evil.example${link}`, host)).toBeNull();
    expect(linkIn(`https://${host}.evil.example${link}`, host)).toBeNull();
  });

  it('may have nothing in it', () => {
    expect(linkIn('see you at noon', host)).toBeNull();
    expect(linkIn('', host)).toBeNull();
  });

  it('is cut before it takes long', () => {
    const began = performance.now();
    for (const unit of ['/r/', '%', '%25', `${room}`, `/r/${room}#1.`, '=\r\n', 'a.']) {
      linkIn(unit.repeat(100_000), host);
    }
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe('damage', () => {
  // Numbers that look random and are the same in every run.
  let seed = 1;
  const below = (n: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * n);
  };
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const hidden = ['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u200e'];
  const behind = [
    '.',
    ',',
    ')',
    ']',
    '>',
    '*',
    '_',
    '"',
    '\u201d',
    '\u2026',
    '!',
    '%20',
    '%0A',
    ' ',
    '?utm_source=x',
    '&x=y',
    '/',
    '#',
    '1.',
    'more',
  ];
  const before = ['', ' ', '(', '[', '<', '*', '_', '"', '%20', '\u200b'];

  const hide = (value: string) => {
    const at = below(value.length + 1);
    return value.slice(0, at) + one(hidden) + value.slice(at);
  };
  const escaped = (value: string) => {
    const at = below(value.length);
    const code = value.charCodeAt(at).toString(16).padStart(2, '0');
    return `${value.slice(0, at)}%${one([code, code.toUpperCase()])}${value.slice(at + 1)}`;
  };
  const tail = () => Array.from({ length: below(4) }, () => one(behind)).join('');

  it('that keeps the characters of room and secret is no damage (2,000 forms)', () => {
    for (let i = 0; i < 2_000; i++) {
      const version = one(['1', '2']);
      const value = Array.from({ length: 32 }, () => one([...digits])).join('');
      let path = `/r/${room}`;
      if (below(2)) path = path.toUpperCase();
      if (below(3) === 0) path = `/${path}`;
      if (below(3) === 0) path += one(['/', '?utm_source=x', '.', ')', '/?a=b']);
      let fragment = `${version}.${value}`;
      if (below(3) === 0) fragment = escaped(fragment);
      if (below(3) === 0) fragment = hide(fragment);
      fragment = one(before) + fragment + tail();
      const pathname = path.replace(/\?.*/, '');
      const whole = `${path}#${fragment}`;
      expect(roomIn(pathname), whole).toBe(room);
      expect(secretIn(`#${fragment}`), whole).toEqual({ version: Number(version), text: value });
      const pasted = `${one(['', 'Hi ', 'Hi:', '('])}${one(['https://', 'HTTP://'])}${host}${whole}`;
      expect(linkIn(pasted, host), pasted).toBe(`/r/${room}#${version}.${value}`);
    }
  });

  it('that lost a character is told from a whole secret', () => {
    for (let i = 0; i < 31; i++) expect(secretIn(`#1.${text.slice(0, i)}`)).toBeNull();
    expect(secretIn(`#3.${text}`)).toBeNull();
    expect(secretIn(`#${text}`)).toBeNull();
    expect(roomIn(`/r/${room.slice(1)}`)).toBeNull();
    expect(roomIn(`/r/${room}a`)).toBeNull();
  });

  it('of escapes that are none is left as it is', () => {
    expect(plain('%zz%4')).toBe('%zz%4');
    expect(plain('%ff%41')).toBe('%ffA');
  });
});
