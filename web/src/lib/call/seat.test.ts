import { beforeEach, describe, expect, it } from 'vitest';
import { Seat, seatsKey } from './seat';

const hour = 3_600_000;
let stored: Map<string, string>;
let now: number;
beforeEach(() => {
  stored = new Map();
  now = 1_800_000_000_000;
});

const storage = {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
  removeItem: (key: string) => void stored.delete(key),
};
const seat = (room = 'aroom') => new Seat(room, storage, () => now);

describe('the seat of a page that crashed', () => {
  it('is found by the next page of the same room, and by no other', async () => {
    await seat().keep('token-1');
    await seat().keep('token-2');
    expect(await seat().find()).toBe('token-2');
    expect(await seat('another').find()).toBeNull();
  });

  it('is stored without the room, under one key', async () => {
    await seat('secretroom').keep('token');
    expect([...stored.keys()]).toEqual([seatsKey]);
    expect(stored.get(seatsKey)).not.toContain('secretroom');
  });

  it('is gone when the call has ended', async () => {
    await seat().keep('token');
    await seat().forget('token');
    expect(await seat().find()).toBeNull();
    expect(stored.size).toBe(0);
  });

  it('stays when another tab has taken the call by then', async () => {
    await seat().keep('mine');
    await seat().keep('of the other tab');
    await seat().forget('mine');
    expect(await seat().find()).toBe('of the other tab');
  });

  it('is worth nothing after a day, or when somebody changed what is stored', async () => {
    await seat().keep('token');
    now += 23 * hour;
    expect(await seat().find()).toBe('token');
    now += 2 * hour;
    expect(await seat().find()).toBeNull();
    for (const text of ['', 'x', '{}', '[null,1,{"room":2}]', '[[]]']) {
      stored.set(seatsKey, text);
      expect(await seat().find()).toBeNull();
    }
  });

  it('is one of eight at most', async () => {
    for (let i = 0; i < 20; i++) await seat(`room ${i}`).keep(`token ${i}`);
    expect(JSON.parse(stored.get(seatsKey) ?? '')).toHaveLength(8);
    expect(await seat('room 19').find()).toBe('token 19');
    expect(await seat('room 0').find()).toBeNull();
  });

  it('is only late where nothing can be stored', async () => {
    const refuse = () => {
      throw new DOMException('', 'QuotaExceededError');
    };
    const none = new Seat('aroom', { ...storage, setItem: refuse }, () => now);
    await none.keep('token');
    expect(await none.find()).toBeNull();
  });
});
