import { describe, expect, test } from 'vitest';
import { ActorTree, actions, age, health, historyLength, move, sparkline } from './tree';
import type { ActorNode } from './types';

const node = (id: string, parent: string, more: Partial<ActorNode> = {}): ActorNode => ({
  id,
  kind: id.split(':')[0] ?? '',
  name: id.split(':')[1] ?? '',
  parent,
  state: 'open',
  since: 100,
  mailbox: 0,
  high_water: 0,
  messages: 0,
  restarts: 0,
  counters: {},
  ...more,
});

function small() {
  const tree = new ActorTree();
  tree.replace([
    node('room:r', 'registry:registry'),
    node('peer:p', 'room:r'),
    node('registry:registry', ''),
    node('limiter:l', 'registry:registry'),
  ]);
  return tree;
}
const shown = (tree: ActorTree, search = '') =>
  tree.rows(search).map((r) => `${r.level} ${r.node.id}`);

describe('the tree', () => {
  test('puts children below their parents, whatever the order they came in', () => {
    expect(shown(small())).toEqual(['1 registry:registry', '2 limiter:l', '2 room:r', '3 peer:p']);
  });

  test('numbers siblings for those who hear it', () => {
    const rows = small().rows();
    expect(rows[1]).toMatchObject({ position: 1, siblings: 2 });
    expect(rows[2]).toMatchObject({ position: 2, siblings: 2, children: 1, open: true });
  });

  test('leaves out what is folded', () => {
    const tree = small();
    tree.folded.add('room:r');
    expect(shown(tree)).toEqual(['1 registry:registry', '2 limiter:l', '2 room:r']);
  });

  test('a search shows what matches and the way to it, also in what is folded', () => {
    const tree = small();
    tree.folded.add('room:r');
    expect(shown(tree, 'Peer:P')).toEqual(['1 registry:registry', '2 room:r', '3 peer:p']);
    expect(shown(tree, 'nothing')).toEqual([]);
  });

  test('takes changes and what is gone', () => {
    const tree = small();
    tree.apply({ changed: [node('peer:q', 'room:r')], gone: ['peer:p'] });
    expect(shown(tree)).toContain('3 peer:q');
    expect(shown(tree)).not.toContain('3 peer:p');
  });

  test('an actor whose parent is not known stands at the top', () => {
    const tree = new ActorTree();
    tree.replace([node('peer:p', 'room:gone')]);
    expect(shown(tree)).toEqual(['1 peer:p']);
  });
});

describe('keys', () => {
  const rows = small().rows();
  test('go up, down and to the ends', () => {
    expect(move(rows, 'registry:registry', 'ArrowDown')).toEqual({ select: 'limiter:l' });
    expect(move(rows, 'registry:registry', 'ArrowUp')).toBeNull();
    expect(move(rows, 'room:r', 'ArrowUp')).toEqual({ select: 'limiter:l' });
    expect(move(rows, 'room:r', 'End')).toEqual({ select: 'peer:p' });
    expect(move(rows, 'peer:p', 'ArrowDown')).toBeNull();
    expect(move(rows, 'room:r', 'Home')).toEqual({ select: 'registry:registry' });
    expect(move(rows, 'room:r', 'x')).toBeNull();
  });

  test('right unfolds and goes in, left folds and goes out', () => {
    const tree = small();
    tree.folded.add('room:r');
    expect(move(tree.rows(), 'room:r', 'ArrowRight')).toEqual({ unfold: 'room:r' });
    expect(move(tree.rows(), 'room:r', 'ArrowLeft')).toEqual({ select: 'registry:registry' });
    expect(move(rows, 'room:r', 'ArrowRight')).toEqual({ select: 'peer:p' });
    expect(move(rows, 'room:r', 'ArrowLeft')).toEqual({ fold: 'room:r' });
    expect(move(rows, 'peer:p', 'ArrowRight')).toBeNull();
    expect(move(rows, 'peer:p', 'ArrowLeft')).toEqual({ select: 'room:r' });
  });

  test('a selection that is gone counts as the first', () => {
    expect(move(rows, 'peer:gone', 'ArrowDown')).toEqual({ select: 'limiter:l' });
    expect(move([], 'peer:gone', 'ArrowDown')).toBeNull();
  });
});

describe('history', () => {
  test('is what was handled between looks, bounded, and begins anew with another actor', () => {
    const tree = small();
    const set = (messages: number) =>
      tree.apply({ changed: [node('room:r', 'registry:registry', { messages })], gone: [] });
    set(10);
    tree.sample();
    set(15);
    tree.sample();
    set(2);
    tree.sample();
    expect(tree.history('room:r')).toEqual([0, 5, 2]);
    for (let i = 0; i < 2 * historyLength; i++) tree.sample();
    expect(tree.history('room:r')).toHaveLength(historyLength);
    tree.apply({ changed: [], gone: ['room:r'] });
    expect(tree.history('room:r')).toEqual([]);
  });

  test('is drawn from the right, as high as the box', () => {
    expect(sparkline([0, 4, 2], historyLength - 1, 10)).toBe('57.0,10.0 58.0,0.0 59.0,5.0');
    expect(sparkline([], 10, 10)).toBe('');
  });
});

test('ages in words', () => {
  expect([0, 59, 75, 3660, 90_000, -5].map(age)).toEqual([
    '0 s',
    '59 s',
    '1 m 15 s',
    '1 h 1 m',
    '1 d 1 h',
    '0 s',
  ]);
});

test('health shows what is away, silent or flooded', () => {
  expect(health(node('room:r', ''))).toBe('good');
  expect(health(node('room:r', '', { state: 'draining' }))).toBe('waiting');
  expect(health(node('room:r', '', { state: 'silent' }))).toBe('bad');
  expect(health(node('limiter:l', '', { state: 'away' }))).toBe('bad');
  expect(health(node('room:r', '', { mailbox: 101 }))).toBe('bad');
});

test('what can be done depends on the kind', () => {
  const labels = (id: string) => actions(node(id, '')).map((a) => a.label);
  expect(labels('registry:registry')).toEqual([]);
  expect(labels('relay:relay')).toEqual([]);
  expect(labels('limiter:l')).toEqual(['Kill actor']);
  expect(labels('peer:p')).toEqual(['Kick', 'Kill actor']);
  expect(labels('room:r')).toEqual(['Close room', 'Lock room', 'Kill actor']);
  const locked = actions(node('room:r', '', { state: 'locked' }));
  expect(locked.map((a) => a.path)).toEqual([
    'rooms/r/close',
    'rooms/r/unlock',
    'actors/room:r/kill',
  ]);
  expect(actions(node('allocation:a', '')).map((a) => a.path)).toEqual([
    'allocations/a/close',
    'actors/allocation:a/kill',
  ]);
});
