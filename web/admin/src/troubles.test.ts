import { describe, expect, it } from 'vitest';
import { troubles } from './troubles';

const now = 1_800_000_000;
const day = 86_400;
const https = (days: number) => ({
  check: 'https',
  ok: true,
  trouble: '',
  expires: now + days * day,
});

describe('what the server found wrong with itself', () => {
  it('is nothing when all is well', () => {
    expect(
      troubles([{ check: 'relay-udp', ok: true, trouble: '', expires: 0 }, https(14)], now),
    ).toEqual([]);
  });
  it('names the way that is closed', () => {
    const closed = {
      check: 'relay-tcp',
      ok: false,
      trouble: 'Connection refused (IPv4)',
      expires: 0,
    };
    expect(troubles([closed], now)).toEqual([
      'The server does not get to the relay over TCP: Connection refused (IPv4).',
    ]);
  });
  it.each([
    [13.9, 'ends in 13 days'],
    [1.5, 'ends in 1 day'],
    [0.5, 'ends in 0 days'],
    [-1, 'has ended'],
  ])('says that a certificate with %d days %s', (days, words) => {
    expect(troubles([https(days)], now)).toEqual([
      `The certificate of the site over https ${words}.`,
    ]);
  });
  it('takes a check of a newer server as it is', () => {
    expect(troubles([{ check: 'other', ok: false, trouble: 'x', expires: 0 }], now)).toEqual([
      'The server does not get to other: x.',
    ]);
  });
});
