import { expect, it } from 'vitest';
import { parseSettings } from './settings';

const fresh = { name: '', camId: '', micId: '', speakerId: '', route: 'auto', keys: true };

it.each([
  ['nothing', null],
  ['an empty object', '{}'],
  ['broken text', '{"name":'],
  ['null', 'null'],
  ['a list', '[1,2]'],
  ['wrong types', '{"name":7,"camId":{},"route":true,"keys":"no"}'],
  ['an unknown route', '{"route":"carrier-pigeon"}'],
])('%s gives the defaults', (_, text) => {
  expect(parseSettings(text)).toEqual(fresh);
});

it('keeps what it knows and drops the rest', () => {
  const stored = { ...fresh, name: 'Ann', micId: 'm1', route: 'relay-tcp', keys: false };
  expect(parseSettings(JSON.stringify({ ...stored, secret: 'x' }))).toEqual(stored);
});

it('cuts a name that is too long', () => {
  expect(parseSettings(JSON.stringify({ name: 'x'.repeat(500) })).name).toHaveLength(64);
});
