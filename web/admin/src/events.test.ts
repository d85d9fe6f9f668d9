import { describe, expect, test } from 'vitest';
import { EventParser } from './events';

describe('the event stream', () => {
  test('is cut into events wherever the pieces end', () => {
    const text = 'event: tree\ndata: {"nodes":[]}\n\n:\n\nevent: log\ndata: {"line":"a"}\n\n';
    for (let size = 1; size <= text.length; size++) {
      const parser = new EventParser();
      const seen = [];
      for (let i = 0; i < text.length; i += size)
        seen.push(...parser.feed(text.slice(i, i + size)));
      expect(seen).toEqual([
        { name: 'tree', data: '{"nodes":[]}' },
        { name: 'log', data: '{"line":"a"}' },
      ]);
    }
  });

  test('what has no end yet is no event', () => {
    expect(new EventParser().feed('event: tree\ndata: {}\n')).toEqual([]);
  });
});
