/** The other members of the call, as the tree of the group has them. Knows nothing of media. */
import { type Bytes, hex } from '../crypto/bytes';
import type { RoomKeys } from '../crypto/room-keys';
import { cleanName, openName } from '../crypto/seal';
import type { Listed } from '../mls/group/host-messages';
import type { PeerMessage } from '../mls/messages/peer-message';
import type { MemberInfo } from '../protocol/wire';
import { reactionLastsMs } from './reactions';
import type { MemberStatus } from './types';

export interface MembersOptions {
  keys: RoomKeys;
  me: Bytes;
  /** Sends a message to the group. */
  send(message: PeerMessage): void;
  onchange(): void;
  /** Ids in hex. A member came into the group, and the call. */
  onadded(id: string): void;
  onremoved(id: string): void;
  /** The member and this page are with the server again. */
  onreturned(id: string): void;
  /** Kinds of media that the member reports to send. */
  onannounced(id: string, mic: boolean, cam: boolean): void;
}

/** State of this page's own member, as the others see it. */
export interface Self {
  name: string;
  hand: boolean;
  mic: boolean;
  cam: boolean;
}

interface Entry {
  leaf: number;
  signatureKey: string;
  packaged: string | null;
  /** The member has sent something in this group on that leaf: no old key package put it there. */
  spoken: boolean;
  /** The name in the group, or else the name at admission. */
  name: string;
  named: boolean;
  mic: boolean;
  cam: boolean;
  hand: boolean;
  reaction: { emoji: string; until: number } | null;
  /** In the group now; otherwise kept for a while, because the group is a new one. */
  present: boolean;
  keepUntil: number;
  /** The server has announced that the member left: nobody waits for it. */
  left: boolean;
}

/** In a new group every member has this long to come back. */
const returnLimitMs = 15_000;
const maxHints = 64;

export class Members {
  private readonly entries = new Map<string, Entry>();
  /** Member list of the server; names in it are encrypted with the link. */
  private readonly hints = new Map<string, MemberInfo>();
  private readonly verified = new Set<string>();
  private group = '';
  private entering = false;
  private self: Self = { name: '', hand: false, mic: false, cam: false };

  constructor(private readonly options: MembersOptions) {}

  get size(): number {
    return this.entries.size;
  }

  list(): MemberStatus[] {
    return [...this.entries].map(([id, { name, mic, cam, hand, reaction, present, ...keys }]) => ({
      id,
      name,
      away: !present || this.away(id),
      mic,
      cam,
      hand,
      reaction: reaction?.emoji ?? null,
      verified: keys.spoken && this.verified.has(keys.signatureKey),
    }));
  }

  nameOf(id: string): string {
    return this.entries.get(id)?.name ?? '';
  }

  /** The member has no connection with the server at the moment. */
  away(id: string): boolean {
    return this.hints.get(id)?.away ?? false;
  }

  /** Keys that people compared; good for all groups in which they turn up. */
  verify(keys: string[]): void {
    for (const key of keys) this.verified.add(key);
    this.options.onchange();
  }

  /** This page came into a group: the others may have to hear everything anew. */
  groupEntered(): void {
    this.entering = true;
  }

  /** Members of the group. Nothing else adds or removes one. */
  groupListed(group: string, listed: Listed[], now: number): void {
    const another = group !== this.group;
    this.group = group;
    const others = listed.filter(({ id }) => id !== hex(this.options.me));
    for (const [id, entry] of this.entries) {
      if (another || this.entering) entry.spoken = false;
      if (others.some((one) => one.id === id)) continue;
      if (another && !entry.left) this.miss(entry, now);
      else if (entry.present) this.remove(id);
    }
    let met = this.entering;
    this.entering = false;
    for (const one of others) met = this.add(one) || met;
    if (met) this.sendState();
    this.options.onchange();
  }

  /** Members with a connection, as the server reports them: all of them or one more. */
  serverListed(members: MemberInfo[], all: boolean): void {
    if (all) this.hints.clear();
    let met = false;
    for (const info of members) {
      if (this.hints.size >= maxHints) break;
      const id = hex(info.id);
      this.hints.set(id, info);
      this.readName(info);
      const entry = this.entries.get(id);
      if (!entry) continue;
      entry.left = false;
      met = true;
      this.options.onreturned(id);
    }
    if (met) this.sendState();
    this.options.onchange();
  }

  /** The server has the member no more. In the call it stays until the group removes it. */
  serverRemoved(member: Bytes): void {
    const id = hex(member);
    this.hints.delete(id);
    const entry = this.entries.get(id);
    if (entry) entry.left = true;
    if (entry?.present === false) this.remove(id);
    this.options.onchange();
  }

  setAway(member: Bytes, away: boolean): void {
    const info = this.hints.get(hex(member));
    if (info) info.away = away;
    this.options.onchange();
  }

  /** A message of the group, signed by the member. Returns whether the call has this member. */
  receive(from: string, message: PeerMessage, now: number): boolean {
    const entry = this.entries.get(from);
    if (!entry) return false;
    entry.spoken = true;
    if (message.k === 'state') {
      const { mic, cam, hand } = message;
      const name = cleanName(message.name) || entry.name;
      Object.assign(entry, { name, named: true, mic, cam, hand });
      this.options.onannounced(from, mic, cam);
    } else if (message.k === 'react') {
      entry.reaction = { emoji: cleanName(message.emoji), until: now + reactionLastsMs };
    }
    this.options.onchange();
    return true;
  }

  /** Call it every second. */
  sweep(now: number): void {
    for (const [id, entry] of this.entries) {
      if (entry.reaction && now >= entry.reaction.until) entry.reaction = null;
      if (!entry.present && now > entry.keepUntil) this.remove(id);
    }
  }

  setSelf(change: Partial<Self>): void {
    this.self = { ...this.self, ...change };
    this.sendState();
  }

  /** Whether the member is new, or back. */
  private add({ id, leaf, signatureKey, packaged }: Listed): boolean {
    const known = this.entries.get(id);
    if (known) {
      const back = !known.present;
      const added = known.leaf !== leaf || (packaged !== null && packaged !== known.packaged);
      const other = known.signatureKey !== signatureKey;
      if (back || added || other) known.spoken = false;
      if (other) Object.assign(known, { named: false, hand: false });
      Object.assign(known, { present: true, leaf, signatureKey, packaged });
      if (back) this.options.onreturned(id);
      return back;
    }
    const state = { name: '', named: false, mic: false, cam: false, hand: false, reaction: null };
    const presence = { present: true, keepUntil: 0, left: false };
    this.entries.set(id, { leaf, signatureKey, packaged, spoken: false, ...state, ...presence });
    this.options.onadded(id);
    const info = this.hints.get(id);
    if (info) this.readName(info);
    return true;
  }

  private miss(entry: Entry, now: number): void {
    if (!entry.present) return;
    entry.present = false;
    entry.keepUntil = now + returnLimitMs;
  }

  private remove(id: string): void {
    this.entries.delete(id);
    this.options.onremoved(id);
  }

  private sendState(): void {
    if (this.entries.size > 0) this.options.send({ k: 'state', ...this.self });
  }

  private readName(info: MemberInfo): void {
    const { keys } = this.options;
    void openName(keys.lobby, keys.tag, info.id, info.lobby).then((name) => {
      const entry = this.entries.get(hex(info.id));
      if (!entry || entry.named || name === '' || entry.name === name) return;
      entry.name = name;
      this.options.onchange();
    });
  }
}
