/**
 * Data that a page leaves for the case that it crashes: the token of its
 * session, with which the next page of this browser takes its own seat back
 * (`replaces`, docs/protocol.md §3.1). It has to outlive the tab, so it is in
 * localStorage, under a hash of the room, and is removed when the call ends in
 * any other way. The token is worth nothing without the secret of the link, which
 * is never stored, and nothing at all once the server has dropped the member.
 *
 * Only the tab that holds the lock of the call (`TabLock`) may use it.
 */
import { utf8 } from '../crypto/bytes';
import { encodeBase64url } from '../crypto/encoding';

export const seatsKey = 'catchup.seats';
const maxSeats = 8;
/** The server keeps a seat for 30 s; the rest is for clocks that somebody sets. */
const maxAgeMs = 24 * 3_600_000;

interface Stored {
  room: string;
  session: string;
  /** Unix ms. */
  at: number;
}

export class Seat {
  private readonly room: Promise<string>;

  constructor(
    roomId: string,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
    private readonly now: () => number,
  ) {
    this.room = crypto.subtle
      .digest('SHA-256', utf8(`catchup seat ${roomId}`))
      .then((digest) => encodeBase64url(new Uint8Array(digest).slice(0, 16)));
  }

  /** The session that a page of this browser had in the room; null: none is known. */
  async find(): Promise<string | null> {
    const room = await this.room;
    return this.read().find((seat) => seat.room === room)?.session ?? null;
  }

  /** Keeps `session` in the place of an earlier one. */
  async keep(session: string): Promise<void> {
    const room = await this.room;
    const others = this.read().filter((seat) => seat.room !== room);
    this.write([...others.slice(1 - maxSeats), { room, session, at: this.now() }]);
  }

  /** Removes `session`, but not one that another tab keeps by now. */
  async forget(session: string): Promise<void> {
    const room = await this.room;
    const seats = this.read();
    const rest = seats.filter((seat) => seat.room !== room || seat.session !== session);
    if (rest.length < seats.length) this.write(rest);
  }

  private read(): Stored[] {
    try {
      const list: unknown = JSON.parse(this.storage.getItem(seatsKey) ?? '[]');
      return Array.isArray(list) ? list.filter((seat) => this.isSeat(seat)) : [];
    } catch {
      return [];
    }
  }

  private isSeat(value: unknown): value is Stored {
    const { room, session, at } = (value ?? {}) as Record<string, unknown>;
    const age = typeof at === 'number' ? this.now() - at : Number.NaN;
    return typeof room === 'string' && typeof session === 'string' && Math.abs(age) < maxAgeMs;
  }

  private write(seats: Stored[]): void {
    try {
      if (seats.length === 0) this.storage.removeItem(seatsKey);
      else this.storage.setItem(seatsKey, JSON.stringify(seats));
    } catch {
      // Without storage the seat of a crashed page is free when its lease is over.
    }
  }
}
