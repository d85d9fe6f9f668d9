/** Media over one connection to each other member, peer to peer. */
import { equal, unhex } from '../crypto/bytes';
import type { PeerMessage } from '../mls/messages/peer-message';
import { PeerLink, type PeerMemory } from './peer-link';
import type { ConnectionReport, MediaContext, MediaPlane, MemberMedia } from './plane';
import type { Sample } from './stats';
import type { Kind } from './types';

const kinds: readonly Kind[] = ['audio', 'video'];
const maxMemories = 256;
const noMedia: MemberMedia = { media: 'connecting', audio: null, video: null, route: null };

export class Mesh implements MediaPlane {
  private readonly links = new Map<string, PeerLink>();
  private readonly memories = new Map<string, PeerMemory>();
  private readonly tracks: Record<Kind, MediaStreamTrack | null> = { audio: null, video: null };

  constructor(private readonly context: MediaContext) {}

  add(member: string): void {
    if (this.links.has(member)) return;
    const { reachable, ...context } = this.context;
    const link = new PeerLink({
      ...context,
      other: unhex(member),
      memory: this.memory(member),
      signalling: () => reachable(member),
    });
    this.links.set(member, link);
    for (const kind of kinds) link.setTrack(kind, this.tracks[kind]);
  }

  remove(member: string): void {
    this.links.get(member)?.close();
    this.links.delete(member);
  }

  resync(member: string): void {
    this.links.get(member)?.resync();
  }

  receive(member: string, message: PeerMessage): void {
    if (!('to' in message) || !equal(message.to, this.context.me)) return;
    this.links.get(member)?.receive(message);
  }

  announce(member: string, announced: Record<Kind, boolean>): void {
    this.links.get(member)?.announce(announced.audio, announced.video);
  }

  setTrack(kind: Kind, track: MediaStreamTrack | null): void {
    this.tracks[kind] = track;
    for (const link of this.links.values()) link.setTrack(kind, track);
  }

  networkChanged(): void {
    for (const link of this.links.values()) link.networkChanged();
  }

  serverRestarted(): void {
    for (const link of this.links.values()) link.relayLost();
  }

  of(member: string): MemberMedia {
    const link = this.links.get(member);
    if (!link) return noMedia;
    const { media, route } = link;
    return { media, audio: link.stream('audio'), video: link.stream('video'), route };
  }

  get connected(): boolean {
    return this.all.some((link) => link.connected);
  }

  get unreachable(): 'never-connected' | 'lost' | null {
    if (this.all.some((link) => link.connected && link.givenUp === null)) return null;
    const given = this.all.map((link) => link.givenUp);
    return (['lost', 'never-connected'] as const).find((why) => given.includes(why)) ?? null;
  }

  get sample(): Sample | null {
    return this.all.find((link) => link.connected)?.sample ?? null;
  }

  report(): ConnectionReport[] {
    return this.all.map((link) => link.report());
  }

  close(): void {
    for (const member of [...this.links.keys()]) this.remove(member);
  }

  private get all(): PeerLink[] {
    return [...this.links.values()];
  }

  /** Counters of a member's links, which outlive each of them. */
  private memory(member: string): PeerMemory {
    const known = this.memories.get(member);
    if (known) return known;
    const [oldest] = this.memories.keys();
    if (this.memories.size >= maxMemories && oldest !== undefined) this.memories.delete(oldest);
    const made = { gen: 0 };
    this.memories.set(member, made);
    return made;
  }
}
