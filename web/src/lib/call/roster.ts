/** The others in the room, as the tree of the group has them, and the link to each. */
import { type Bytes, equal, hex, unhex } from '../crypto/bytes';
import type { RoomKeys } from '../crypto/room-keys';
import { cleanName, openName } from '../crypto/seal';
import type { FrameCrypto } from '../e2ee/frame-crypto';
import type { IceServerCache } from '../media/ice-servers';
import { PeerLink, type PeerMemory } from '../media/peer-link';
import type { Kind, RoutePolicy } from '../media/types';
import type { Listed } from '../mls/group/host-messages';
import type { PeerMessage } from '../mls/messages/peer-message';
import type { MemberInfo } from '../protocol/wire';
import type { Member } from './types';

export interface RosterOptions {
  keys: RoomKeys;
  me: Bytes;
  frames: FrameCrypto;
  ice: IceServerCache;
  route: RoutePolicy;
  say(said: PeerMessage): void;
  /** The server can be reached. */
  signalling(): boolean;
  onrouteturn(): void;
  rejoin(): void;
  onchange(): void;
  onleak(kind: Kind): void;
}

interface Entry {
  leaf: number;
  signatureKey: string;
  packaged: string | null;
  /** They have said something in this group on that leaf: no old key package put them there. */
  spoken: boolean;
  /** The name in the group, or else the name at admission. */
  name: string;
  named: boolean;
  hand: boolean;
  reaction: { emoji: string; until: number } | null;
  /** In the group now; otherwise kept for a while, because the group is a new one. */
  present: boolean;
  keepUntil: number;
  /** The server has said that they left: they are not waited for. */
  left: boolean;
  link: PeerLink;
}

/** In a new group everybody has this long to come back. */
const returnLimit = 15_000;
export const reactionLasts = 4_000;
const maxMemories = 256;
const maxHints = 64;

export class Roster {
  private readonly entries = new Map<string, Entry>();
  private readonly memories = new Map<string, PeerMemory>();
  /** Member list of the server; names in it are encrypted with the link. */
  private readonly hints = new Map<string, MemberInfo>();
  private readonly tracks: Record<Kind, MediaStreamTrack | null> = { audio: null, video: null };
  private readonly verified = new Set<string>();
  private group = '';
  private arriving = false;
  private myName = '';
  private myHand = false;

  constructor(private readonly options: RosterOptions) {}

  get size(): number {
    return this.entries.size;
  }

  get links(): PeerLink[] {
    return [...this.entries.values()].map((entry) => entry.link);
  }

  members(): Member[] {
    return [...this.entries].map(([id, { name, hand, reaction, present, link, ...keys }]) => ({
      id,
      name,
      away: !present || (this.hints.get(id)?.away ?? false),
      media: link.media,
      mic: link.announced.audio,
      cam: link.announced.video,
      hand,
      reaction: reaction?.emoji ?? null,
      verified: keys.spoken && this.verified.has(keys.signatureKey),
      audio: link.stream('audio'),
      video: link.stream('video'),
      route: link.route,
    }));
  }

  nameOf(id: string): string {
    return this.entries.get(id)?.name ?? '';
  }

  /** Keys that people compared; good for all groups in which they turn up. */
  verify(keys: string[]): void {
    for (const key of keys) this.verified.add(key);
    this.options.onchange();
  }

  /** We came into a group: others may have to hear everything anew. */
  arrive(): void {
    this.arriving = true;
  }

  /** Members of the group. Nothing else adds or removes anybody. */
  listed(group: string, roster: Listed[], now: number): void {
    const another = group !== this.group;
    this.group = group;
    const others = roster.filter(({ id }) => id !== hex(this.options.me));
    for (const [id, entry] of this.entries) {
      if (another || this.arriving) entry.spoken = false;
      if (others.some((one) => one.id === id)) continue;
      if (another && !entry.left) this.miss(entry, now);
      else if (entry.present) this.drop(id);
    }
    let met = this.arriving;
    this.arriving = false;
    for (const one of others) met = this.add(one) || met;
    if (met) this.sayState();
    this.options.onchange();
  }

  /** Members with a connection, as the server reports them: all of them or one more. */
  hint(members: MemberInfo[], all: boolean): void {
    if (all) this.hints.clear();
    let met = false;
    for (const info of members) {
      if (this.hints.size >= maxHints) break;
      const id = hex(info.id);
      this.hints.set(id, info);
      this.readName(info);
      const entry = this.entries.get(id);
      if (entry) entry.left = false;
      // Both of us are with the server again: what was said last may have been lost.
      entry?.link.resync();
      met = met || this.entries.has(id);
    }
    if (met) this.sayState();
    this.options.onchange();
  }

  /** The server has them no more. Who is in the group stays until that removes them. */
  unhint(id: Bytes): void {
    const name = hex(id);
    this.hints.delete(name);
    const entry = this.entries.get(name);
    if (entry) entry.left = true;
    if (entry?.present === false) this.drop(name);
    this.options.onchange();
  }

  away(id: Bytes, away: boolean): void {
    const info = this.hints.get(hex(id));
    if (info) info.away = away;
    this.options.onchange();
  }

  /** Another run of the server: what went through the one before needs new ways. */
  relayLost(): void {
    for (const { link } of this.entries.values()) link.relayLost();
  }

  /** Signed by `from`, who is in the group. */
  heard(from: string, said: PeerMessage, now: number): void {
    const entry = this.entries.get(from);
    if (!entry) return;
    entry.spoken = true;
    switch (said.k) {
      case 'sdp':
      case 'ice':
      case 'restart':
        if (equal(said.to, this.options.me)) entry.link.receive(said);
        break;
      case 'state':
        entry.name = cleanName(said.name) || entry.name;
        entry.named = true;
        entry.hand = said.hand;
        entry.link.announce(said.mic, said.cam);
        break;
      case 'react':
        entry.reaction = { emoji: cleanName(said.emoji), until: now + reactionLasts };
        break;
      default:
        break;
    }
    this.options.onchange();
  }

  /** Call it every second. */
  sweep(now: number): void {
    for (const [id, entry] of this.entries) {
      if (entry.reaction && now >= entry.reaction.until) entry.reaction = null;
      if (!entry.present && now > entry.keepUntil) this.drop(id);
    }
  }

  setTrack(kind: Kind, track: MediaStreamTrack | null): void {
    this.tracks[kind] = track;
    for (const { link } of this.entries.values()) link.setTrack(kind, track);
    this.sayState();
  }

  setSelf(name: string, hand: boolean): void {
    this.myName = name;
    this.myHand = hand;
    this.sayState();
  }

  close(): void {
    for (const id of [...this.entries.keys()]) this.drop(id);
  }

  /** Whether they are new here. */
  private add({ id, leaf, signatureKey, packaged }: Listed): boolean {
    const known = this.entries.get(id);
    if (known) {
      const back = !known.present;
      known.present = true;
      const added = known.leaf !== leaf || (packaged !== null && packaged !== known.packaged);
      const other = known.signatureKey !== signatureKey;
      if (back || added || other) known.spoken = false;
      if (other) {
        known.named = false;
        known.hand = false;
      }
      known.leaf = leaf;
      known.signatureKey = signatureKey;
      known.packaged = packaged;
      if (back) known.link.resync();
      return back;
    }
    const { me, frames, ice, route } = this.options;
    const link = new PeerLink({
      me,
      other: unhex(id),
      memory: this.memory(id),
      frames,
      ice,
      route,
      say: (said) => this.options.say(said),
      signalling: () => this.options.signalling() && !(this.hints.get(id)?.away ?? false),
      onrouteturn: () => this.options.onrouteturn(),
      rejoin: () => this.options.rejoin(),
      onchange: () => this.options.onchange(),
      onleak: (kind) => this.options.onleak(kind),
    });
    this.entries.set(id, {
      leaf,
      signatureKey,
      packaged,
      spoken: false,
      name: '',
      named: false,
      hand: false,
      reaction: null,
      present: true,
      keepUntil: 0,
      left: false,
      link,
    });
    for (const kind of ['audio', 'video'] as const) link.setTrack(kind, this.tracks[kind]);
    const info = this.hints.get(id);
    if (info) this.readName(info);
    return true;
  }

  private miss(entry: Entry, now: number): void {
    if (!entry.present) return;
    entry.present = false;
    entry.keepUntil = now + returnLimit;
  }

  private drop(id: string): void {
    this.entries.get(id)?.link.close();
    this.entries.delete(id);
  }

  private sayState(): void {
    if (this.entries.size === 0) return;
    const { audio, video } = this.tracks;
    const state = { mic: audio !== null, cam: video !== null, hand: this.myHand };
    this.options.say({ k: 'state', name: this.myName, ...state });
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

  private memory(id: string): PeerMemory {
    const known = this.memories.get(id);
    if (known) return known;
    const [oldest] = this.memories.keys();
    if (this.memories.size >= maxMemories && oldest !== undefined) this.memories.delete(oldest);
    const made = { gen: 0 };
    this.memories.set(id, made);
    return made;
  }
}
