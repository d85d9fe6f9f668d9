import { expect, it } from 'vitest';
import { wayOf, waysOf } from './ice-urls';

const turn = { username: 'u', credential: 'c' };

it.each([
  ['stun:meet.example.com:3478', 'stun-udp', 3478],
  ['turn:meet.example.com:3478?transport=udp', 'relay-udp', 3478],
  ['turn:meet.example.com:3478?transport=tcp', 'relay-tcp', 3478],
  ['turns:meet.example.com:3478?transport=tcp', 'relay-tls', 3478],
  ['turn:[2001:db8::1]:99', 'relay-udp', 99],
  ['turn:meet.example.com', 'relay-udp', 3478],
  ['turns:meet.example.com', 'relay-tls', 5349],
] as const)('%s is for %s at %i', (url, step, port) => {
  expect(wayOf(url, { urls: [], ...turn })).toEqual({
    step,
    port,
    server: { ...turn, urls: [url] },
  });
});

it.each(['', 'http://a', 'turn:', 'turn::1', 'stun:a:b', 'turn:a:1?transport=sctp'])(
  '"%s" is for nothing',
  (url) => expect(wayOf(url, { urls: [] })).toBeNull(),
);

it('tries the first of each kind', () => {
  const ways = waysOf([
    { urls: ['turn:a:1?transport=udp', 'turn:a:1?transport=tcp'], ...turn },
    { urls: ['stun:a:1'] },
    { urls: 'stun:elsewhere:2' },
    { urls: ['turn:b:3?transport=udp'], ...turn },
  ]);
  expect(ways.map(({ step, port }) => [step, port])).toEqual([
    ['relay-udp', 1],
    ['relay-tcp', 1],
    ['stun-udp', 1],
  ]);
});
