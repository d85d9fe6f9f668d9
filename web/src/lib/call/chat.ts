/** Chat of a call: the lines on screen, and which of our own the others have. */
import { clock } from '../clock';
import { maxChat, type PeerMessage } from '../mls/messages/peer-message';
import type { ChatEntry } from './types';

export interface ChatOptions {
  /** `line` comes back to `delivered`. */
  send(message: PeerMessage, line: number): void;
  nameOf(id: string): string;
  onchange(entries: ChatEntry[]): void;
}

/** The oldest go first. */
export const maxEntries = 200;

/** Cleans a text for display: keeps line breaks, drops other control characters. */
export function cleanChat(text: string): string {
  const visible = text.replace(/\r\n?/g, '\n').replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (found) => {
    return found === '\n' || found === '\t' ? found : ' ';
  });
  return Array.from(visible.trim()).slice(0, maxChat).join('');
}

export class Chat {
  private entries: ChatEntry[] = [];
  private last = 0;

  constructor(private readonly options: ChatOptions) {}

  send(text: string): void {
    const clean = cleanChat(text);
    if (clean === '') return;
    this.add(null, '', clean);
    this.options.send({ k: 'chat', text: clean }, this.last);
  }

  /** Delivery state of an own line. */
  delivered(line: number, lost: boolean): void {
    this.mark(({ number }) => number === line, lost ? 'failed' : null);
  }

  /** The worker that should send the pending lines is gone. */
  senderLost(): void {
    this.mark(({ delivery }) => delivery === 'pending', 'failed');
  }

  receive(from: string, text: string): void {
    const clean = cleanChat(text);
    if (clean !== '') this.add(from, this.options.nameOf(from), clean);
  }

  private add(from: string | null, name: string, text: string): void {
    const delivery = from === null ? ('pending' as const) : null;
    const entry = { number: ++this.last, from, name, text, at: clock.wall(), delivery };
    this.entries = [...this.entries.slice(1 - maxEntries), entry];
    this.options.onchange(this.entries);
  }

  private mark(which: (entry: ChatEntry) => boolean, delivery: ChatEntry['delivery']): void {
    if (!this.entries.some(which)) return;
    this.entries = this.entries.map((entry) => (which(entry) ? { ...entry, delivery } : entry));
    this.options.onchange(this.entries);
  }
}
