/** Numbered messages the server has not acknowledged yet (docs/protocol.md §3.2). */
import type { Bytes } from '../crypto/bytes';
import type { ClientMessage } from './wire';

const maxMessages = 256;
const maxBytes = 1024 * 1024;

type Send = Extract<ClientMessage, { t: 'send' }>;

export class Outbox {
  private kept: Send[] = [];
  private size = 0;
  private last = 0;

  /** null: too much is waiting, the session cannot go on. */
  add(to: Bytes, data: Bytes): Send | null {
    if (this.kept.length >= maxMessages || this.size + data.length > maxBytes) return null;
    const message: Send = { t: 'send', n: ++this.last, to, data };
    this.kept.push(message);
    this.size += data.length;
    return message;
  }

  acknowledge(n: number): void {
    this.kept = this.kept.filter((message) => message.n > n);
    this.size = this.kept.reduce((sum, message) => sum + message.data.length, 0);
  }

  waiting(): readonly Send[] {
    return this.kept;
  }

  /** For a new session: numbers begin again. */
  clear(): void {
    this.kept = [];
    this.size = 0;
    this.last = 0;
  }
}
