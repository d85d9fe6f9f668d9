/** Numbered messages the server has not acknowledged yet (docs/protocol.md §3.2). */
import type { Body } from './wire';

const maxMessages = 256;
const maxBytes = 1024 * 1024;

type Numbered = Body & { n: number };

export class Outbox {
  private kept: Numbered[] = [];
  private size = 0;
  private last = 0;

  /** null: too much is waiting, the session cannot go on. */
  add(body: Body): Numbered | null {
    if (this.kept.length >= maxMessages || this.size + sizeOf(body) > maxBytes) return null;
    const message = { ...body, n: ++this.last };
    this.kept.push(message);
    this.size += sizeOf(body);
    return message;
  }

  acknowledge(n: number): void {
    this.kept = this.kept.filter((message) => message.n > n);
    this.size = this.kept.reduce((sum, message) => sum + sizeOf(message), 0);
  }

  waiting(): readonly Numbered[] {
    return this.kept;
  }

  /** For a new session: numbers begin again. */
  clear(): void {
    this.kept = [];
    this.size = 0;
    this.last = 0;
  }
}

/** About as much as it takes on the wire. */
function sizeOf(body: Body): number {
  const fields: unknown[] = Object.values(body);
  return fields.reduce<number>((sum, f) => sum + (f instanceof Uint8Array ? f.length : 16), 0);
}
