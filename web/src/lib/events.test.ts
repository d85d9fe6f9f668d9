import { describe, expect, it } from 'vitest';
import { EventLog } from './events';

describe('the event log', () => {
  it('has what happened, in order, with its time', () => {
    let now = 0.4;
    const log = new EventLog(() => now);
    log.note('socket closed');
    now = 1_500;
    log.note('session failed', 'room-full');
    log.note('slept', 50_000);
    expect(log.entries).toEqual([
      { at: 0, what: 'socket closed' },
      { at: 1_500, what: 'session failed', detail: 'room-full' },
      { at: 1_500, what: 'slept', detail: 50_000 },
    ]);
  });

  it('keeps the last hundred, and counts repetitions', () => {
    const log = new EventLog(() => 0);
    for (let i = 0; i < 150; i++) log.note('tick', i);
    for (let i = 0; i < 1_000; i++) log.note('again');
    expect(log.entries).toHaveLength(100);
    expect(log.entries[0]).toMatchObject({ detail: 51 });
    expect(log.entries.at(-1)).toEqual({ at: 0, what: 'again', times: 1_000 });
  });

  it('keeps no address, name, id or secret', () => {
    const log = new EventLog(() => 0);
    const private_ = [
      '192.0.2.7',
      '2001:db8::7',
      'candidate:1 1 udp 2113 192.0.2.7 5000 typ host',
      '/r/abc#1.AbC_-9xyz0123456789ABCDEFGHIJK12',
      'Zoë',
      'https://meet.example.com',
      '00ff00ff00ff00ff00ff00ff00ff00ff',
      'ff00ff00ff00ff00ff00ff00ff00ff00',
      'AbC_-9xyz0123456789ABCDEFGHIJK12',
      'x'.repeat(49),
    ];
    for (const detail of private_) {
      log.note('detail', detail);
      log.failed('error', new DOMException(detail, 'OperationError'));
    }
    expect(log.entries.map(({ detail }) => detail)).toEqual(
      private_.flatMap(() => ['unprintable', 'OperationError']),
    );
  });
});
