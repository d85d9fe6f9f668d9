/** The others in the room: who is there, and the link to each. */
import { type Bytes, equal, hex } from '../crypto/bytes';
import type { RoomKeys } from '../crypto/room-keys';
import { cleanName, openName } from '../crypto/seal';
import { type Party, SignalChannel } from '../crypto/signal';
import type { FrameCrypto } from '../e2ee/frame-crypto';
import { type KeySource, nonceOf } from '../e2ee/keys';
import type { Kind } from '../media/connection';
import type { IceServerCache } from '../media/ice-servers';
import { PeerLink, type PeerMemory } from '../media/peer-link';
import type { MemberInfo } from '../protocol/wire';
import type { Member, RoutePolicy } from './types';

export interface RosterOptions {
  keys: RoomKeys;
  me: Party;
  keySource: KeySource;
  frames: FrameCrypto;
  ice: IceServerCache;
  route: RoutePolicy;
  tell(to: Bytes, data: Bytes): void;
  signalling(): boolean;
  onchange(): void;
  onleak(kind: Kind): void;
}

interface Entry {
  info: MemberInfo;
  name: string;
  away: boolean;
  /** The server says so; otherwise kept for its connection alone. */
  present: boolean;
  keepUntil: number;
  link: PeerLink;
}

/** After the server lost its memory everybody has this long to come back. */
const returnLimit = 30_000;
/** A member the server gave up on may be without connection for this long. */
const lostLimit = 5_000;
const maxMemories = 256;

export class Roster {
  private readonly entries = new Map<string, Entry>();
  private readonly memories = new Map<string, PeerMemory>();
  private readonly tracks: Record<Kind, MediaStreamTrack | null> = { audio: null, video: null };
  private myName = '';

  constructor(private readonly options: RosterOptions) {}

  get size(): number {
    return this.entries.size;
  }

  get links(): PeerLink[] {
    return [...this.entries.values()].map((entry) => entry.link);
  }

  members(): Member[] {
    return [...this.entries].map(([id, { name, away, present, link }]) => ({
      id,
      name,
      away: away || !present,
      media: link.media,
      mic: link.announced.audio,
      cam: link.announced.video,
      audio: link.stream('audio'),
      video: link.stream('video'),
      route: link.route,
    }));
  }

  /** The list of a fresh admission. Who is missing may still come back. */
  replaceAll(members: MemberInfo[], now: number): void {
    const there = new Set(members.map((member) => hex(member.id)));
    for (const [id, entry] of this.entries) {
      if (!there.has(id)) this.miss(entry, now + returnLimit);
    }
    for (const member of members) this.add(member);
  }

  /** Somebody is in. A connection to the same member with the same keys goes on. */
  add(info: MemberInfo): void {
    const id = hex(info.id);
    const known = this.entries.get(id);
    if (known && equal(known.info.keyPackage, info.keyPackage)) {
      known.present = true;
      known.away = info.away;
      this.introduce(known.link);
      known.link.resync();
      this.readName(id, info);
    } else {
      this.drop(id);
      this.create(id, info);
    }
    this.options.onchange();
  }

  left(id: Bytes, reason: string, now: number): void {
    const entry = this.entries.get(hex(id));
    if (!entry) return;
    const lost = reason === 'lost' || reason === 'crashed';
    if (lost && entry.link.connected) this.miss(entry, now + lostLimit);
    else this.drop(hex(id));
    this.options.onchange();
  }

  away(id: Bytes, away: boolean): void {
    const entry = this.entries.get(hex(id));
    if (entry) entry.away = away;
    this.options.onchange();
  }

  /** Another run of the server: what went through the one before needs new ways. */
  relayLost(): void {
    for (const { link } of this.entries.values()) link.relayLost();
  }

  receive(from: Bytes, data: Bytes): void {
    this.entries.get(hex(from))?.link.receive(data);
  }

  /** Drops those who did not come back and whose connection is over. Call it every second. */
  sweep(now: number): void {
    for (const [id, entry] of this.entries) {
      if (entry.present) continue;
      if (entry.link.connected) entry.keepUntil = Math.max(entry.keepUntil, now + lostLimit);
      else if (now > entry.keepUntil) this.drop(id);
    }
  }

  setTrack(kind: Kind, track: MediaStreamTrack | null): void {
    this.tracks[kind] = track;
    for (const { link } of this.entries.values()) {
      link.setTrack(kind, track);
      this.sayState(link);
    }
  }

  setName(name: string): void {
    this.myName = name;
    for (const { link } of this.entries.values()) link.signal({ k: 'name', name });
  }

  close(): void {
    for (const id of [...this.entries.keys()]) this.drop(id);
  }

  private miss(entry: Entry, keepUntil: number): void {
    entry.present = false;
    entry.keepUntil = keepUntil;
  }

  private create(id: string, info: MemberInfo): void {
    const { keys, me, keySource, frames, ice, route } = this.options;
    const nonce = nonceOf(info.keyPackage);
    // Of another version: there is nothing we could say to each other.
    if (!nonce || equal(info.id, me.id)) return;
    const other: Party = { id: info.id, nonce };
    const peer = `${id}:${hex(nonce)}`;
    const link = new PeerLink({
      me,
      other,
      peer,
      memory: this.memory(peer, () => new SignalChannel(keys.signal, me, other)),
      frames,
      ice,
      route,
      tell: (data) => this.options.tell(info.id, data),
      signalling: () => this.options.signalling(),
      onname: (name) => this.rename(id, cleanName(name)),
      onchange: () => this.options.onchange(),
      onleak: (kind) => this.options.onleak(kind),
    });
    const { away } = info;
    this.entries.set(id, { info, name: '', away, present: true, keepUntil: 0, link });
    for (const kind of ['audio', 'video'] as const) link.setTrack(kind, this.tracks[kind]);
    this.introduce(link);
    this.readName(id, info);
    void keySource.of(info.id, info.keyPackage).then((key) => {
      if (key) frames.setPeer(peer, key);
    });
  }

  private drop(id: string): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    entry.link.close();
    this.entries.delete(id);
    const nonce = nonceOf(entry.info.keyPackage);
    if (nonce) this.options.frames.forget(`${id}:${hex(nonce)}`);
  }

  private introduce(link: PeerLink): void {
    this.sayState(link);
    if (this.myName !== '') link.signal({ k: 'name', name: this.myName });
  }

  private sayState(link: PeerLink): void {
    link.signal({ k: 'state', mic: this.tracks.audio !== null, cam: this.tracks.video !== null });
  }

  private readName(id: string, info: MemberInfo): void {
    const { keys } = this.options;
    void openName(keys.lobby, keys.tag, info.id, info.lobby).then((name) => this.rename(id, name));
  }

  private rename(id: string, name: string): void {
    const entry = this.entries.get(id);
    if (!entry || name === '' || entry.name === name) return;
    entry.name = name;
    this.options.onchange();
  }

  private memory(peer: string, channel: () => SignalChannel): PeerMemory {
    const known = this.memories.get(peer);
    if (known) return known;
    const [oldest] = this.memories.keys();
    if (this.memories.size >= maxMemories && oldest !== undefined) this.memories.delete(oldest);
    const made = { channel: channel(), gen: 0 };
    this.memories.set(peer, made);
    return made;
  }
}
