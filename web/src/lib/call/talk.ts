/** Chat, reactions and comparing: what people say to each other beside the media. */
import { clock } from '../clock';
import { maxChat, type PeerMessage } from '../mls/messages/peer-message';
import type { Comparison as GroupComparison } from '../mls/verify/compare';
import type { CallState, ChatEntry } from './types';

export interface TalkOptions {
  /** `line` comes back to `said`. */
  say(said: PeerMessage, line?: number): void;
  compare(on: boolean): void;
  /** These signature keys were found to be who they should be. */
  verify(keys: string[]): void;
  nameOf(id: string): string;
  update(change: Partial<CallState>): void;
}

/** The oldest go first. */
export const maxEntries = 200;
export const reactions = ['👍', '❤️', '😂', '🎉', '😮', '👏'] as const;

/** Cleans a text for display: keeps line breaks, drops other control characters. */
export function cleanChat(text: string): string {
  const visible = text.replace(/\r\n?/g, '\n').replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (found) => {
    return found === '\n' || found === '\t' ? found : ' ';
  });
  return Array.from(visible.trim()).slice(0, maxChat).join('');
}

export class Talk {
  private entries: ChatEntry[] = [];
  private last = 0;
  /** Those whom the pictures on screen stand for. */
  private standFor: string[] = [];
  /** Pictures differed: said until somebody compares again. */
  private alarm = false;

  constructor(private readonly options: TalkOptions) {}

  chat(text: string): void {
    const clean = cleanChat(text);
    if (clean === '') return;
    this.add(null, '', clean);
    this.options.say({ k: 'chat', text: clean }, this.last);
  }

  /** Delivery state of an own line. */
  said(line: number, lost: boolean): void {
    this.mark(({ number }) => number === line, lost ? 'failed' : null);
  }

  /** The worker that should send the waiting lines is gone. */
  lose(): void {
    this.mark(({ delivery }) => delivery === 'pending', 'failed');
  }

  heard(from: string, text: string): void {
    const clean = cleanChat(text);
    if (clean !== '') this.add(from, this.options.nameOf(from), clean);
  }

  react(emoji: string): void {
    if (reactions.some((known) => known === emoji)) this.options.say({ k: 'react', emoji });
  }

  compare(on: boolean): void {
    this.standFor = [];
    this.alarm = false;
    if (!on) this.options.update({ comparison: { is: 'idle' } });
    this.options.compare(on);
  }

  compared(comparison: GroupComparison): void {
    if (comparison.is === 'code') {
      this.standFor = comparison.keys;
      this.options.update({ comparison: { is: 'code', code: comparison.code } });
    } else {
      this.standFor = [];
      const over = comparison.is === 'idle' || comparison.is === 'failed';
      if (!(this.alarm && over)) this.options.update({ comparison });
    }
  }

  judge(match: boolean): void {
    const keys = this.standFor;
    if (keys.length === 0) return;
    this.standFor = [];
    this.alarm = !match;
    if (match) this.options.verify(keys);
    this.options.update({ comparison: { is: match ? 'match' : 'mismatch' } });
  }

  private add(from: string | null, name: string, text: string): void {
    const delivery = from === null ? ('pending' as const) : null;
    const entry = { number: ++this.last, from, name, text, at: clock.wall(), delivery };
    this.entries = [...this.entries.slice(1 - maxEntries), entry];
    this.options.update({ chat: this.entries });
  }

  private mark(which: (entry: ChatEntry) => boolean, delivery: ChatEntry['delivery']): void {
    if (!this.entries.some(which)) return;
    this.entries = this.entries.map((entry) => (which(entry) ? { ...entry, delivery } : entry));
    this.options.update({ chat: this.entries });
  }
}
