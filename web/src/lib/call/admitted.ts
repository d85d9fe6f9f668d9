/**
 * The part of a call that exists from its first admission until its end: the other
 * members and their media, chat, verification, and the proof of encryption.
 */
import type { Bytes } from '../crypto/bytes';
import type { RoomKeys } from '../crypto/room-keys';
import type { FrameCrypto } from '../e2ee/frame-crypto';
import { connectionConfig, fetchIce, IceServerCache } from '../media/ice-servers';
import { Mesh } from '../media/mesh';
import type { MediaPlane } from '../media/plane';
import { type Sample, statsBetween } from '../media/stats';
import type { Kind, MediaStats } from '../media/types';
import type { FromGroup, ToGroup } from '../mls/group/host-messages';
import type { PeerMessage } from '../mls/messages/peer-message';
import type { Session } from '../protocol/session';
import type { SessionEvent } from '../protocol/session-core';
import { Chat } from './chat';
import { Members, type Self } from './members';
import { testThrough, whyNotStarted } from './prepare';
import { Proof } from './proof';
import { isReaction } from './reactions';
import type { CallError, CallState, JoinOptions, Member } from './types';
import { Verification } from './verification';

export interface AdmittedOptions {
  /** Member id of this page; it stays from here on. */
  me: Bytes;
  keys: RoomKeys;
  frames: FrameCrypto;
  session: Session;
  /** The self-test has passed. */
  proven: boolean;
  join: JoinOptions;
  hand: boolean;
  /** Posts to the group worker; false: there is none any more. */
  post(message: Exclude<ToGroup, { t: 'open' }>): boolean;
  now(): number;
  /** Members or their media have changed. */
  onchange(): void;
  update(change: Partial<CallState>): void;
  onproof(proven: boolean): void;
  /** The call ends: something would leave unencrypted, or encryption does not work. */
  onfailed(error: CallError): void;
}

const noStats: MediaStats = { route: null, rttMs: null, sendKbps: 0, recvKbps: 0, lossPercent: 0 };

export class AdmittedCall {
  readonly chat: Chat;
  readonly verification: Verification;
  private readonly members: Members;
  private readonly plane: MediaPlane;
  private readonly proof: Proof;
  private readonly ice: IceServerCache;
  private readonly tracks: Record<Kind, MediaStreamTrack | null>;
  private last: { sample: Sample; stats: MediaStats } | null = null;

  constructor(private readonly options: AdmittedOptions) {
    const { session, join, keys, me } = options;
    this.tracks = { audio: join.audio, video: join.video };
    this.ice = new IceServerCache(fetchIce(session));
    this.members = new Members({
      keys,
      me,
      send: (message) => this.send(message),
      onchange: options.onchange,
      onadded: (id) => this.plane.add(id),
      onremoved: (id) => this.plane.remove(id),
      onreturned: (id) => this.plane.resync(id),
      onannounced: (id, audio, video) => this.plane.announce(id, { audio, video }),
    });
    this.plane = this.makePlane();
    this.chat = new Chat({
      send: (message, line) => this.sendLine(message, line),
      nameOf: (id) => this.members.nameOf(id),
      onchange: (chat) => options.update({ chat }),
    });
    this.verification = new Verification({
      compare: (on) => options.post({ t: 'compare', on }),
      verified: (signatureKeys) => this.members.verify(signatureKeys),
      onchange: (comparison) => options.update({ comparison }),
    });
    this.proof = this.makeProof();
    this.applyTracks();
    this.setSelf({ name: join.name, hand: options.hand });
  }

  get size(): number {
    return this.members.size;
  }

  /** Media of at least one member have a route. */
  get connected(): boolean {
    return this.plane.connected;
  }

  list(): Member[] {
    return this.members.list().map((member) => ({ ...member, ...this.plane.of(member.id) }));
  }

  /** The call goes on, but nothing is sent or nobody is reached. */
  get obstacle(): CallError | null {
    if (this.proof.untested) return { code: 'encryption-untested' };
    const why = this.plane.unreachable;
    if (why === null) return null;
    return { code: why === 'lost' ? 'route-lost' : 'cannot-connect' };
  }

  get stats(): MediaStats {
    const { sample } = this.plane;
    if (!sample) return noStats;
    // Samples come once a second; asked more often, the answer stays.
    if (this.last?.sample.at !== sample.at) {
      this.last = { sample, stats: statsBetween(this.last?.sample ?? null, sample) };
    }
    return this.last.stats;
  }

  report(): ReturnType<MediaPlane['report']> {
    return this.plane.report();
  }

  setTrack(kind: Kind, track: MediaStreamTrack | null): void {
    this.tracks[kind] = track;
    this.applyTrack(kind);
  }

  setSelf(change: Pick<Self, 'name'> | Pick<Self, 'hand'>): void {
    this.members.setSelf(change);
  }

  react(emoji: string): void {
    if (isReaction(emoji)) this.send({ k: 'react', emoji });
  }

  networkChanged(): void {
    this.proof.networkChanged();
    this.plane.networkChanged();
  }

  /** Call it every second. */
  sweep(): void {
    this.members.sweep(this.options.now());
  }

  handleSession(event: SessionEvent): void {
    switch (event.e) {
      case 'welcome':
        this.ice.admitted();
        if (event.restarted) this.plane.serverRestarted();
        this.members.serverListed(event.members, true);
        break;
      case 'joined':
        this.members.serverListed([event.member], false);
        break;
      case 'left':
        this.members.serverRemoved(event.id);
        break;
      case 'away':
      case 'back':
        this.members.setAway(event.id, event.e === 'away');
        break;
      default:
        break;
    }
  }

  handleGroup(message: FromGroup): void {
    switch (message.t) {
      case 'received': {
        const { from, message: received } = message;
        if (this.members.receive(from, received, this.options.now())) {
          this.plane.receive(from, received);
        }
        if (received.k === 'chat') this.chat.receive(from, received.text);
        break;
      }
      case 'delivered':
        this.chat.delivered(message.line, message.lost);
        break;
      case 'roster':
        this.members.groupListed(message.group, message.roster, this.options.now());
        break;
      case 'status':
        if (message.status === 'in') this.members.groupEntered();
        break;
      case 'comparison':
        this.verification.report(message.comparison);
        break;
      default:
        break;
    }
  }

  close(): void {
    this.plane.close();
    this.proof.close();
  }

  private makePlane(): MediaPlane {
    const { me, frames, session, join, onchange } = this.options;
    return new Mesh({
      me,
      frames,
      ice: this.ice,
      route: join.route ?? 'auto',
      send: (message) => this.send(message),
      reachable: (id) => session.connected && !this.members.away(id),
      onrouteturn: () => session.wake(),
      rejoin: () => this.options.post({ t: 'rejoin' }),
      onchange,
      onleak: (kind) => {
        const detail = `more ${kind} was sent than sealed`;
        this.options.onfailed({ code: 'encryption-failed', detail });
      },
    });
  }

  private makeProof(): Proof {
    const { proven, join } = this.options;
    const route = join.route ?? 'auto';
    return new Proof({
      proven,
      test: async () => testThrough(connectionConfig(await this.ice.get(), route)),
      onchange: () => {
        this.options.onproof(this.proof.proven);
        this.applyTracks();
        this.options.onchange();
      },
      onfailed: (why) => void whyNotStarted(why).then((error) => this.options.onfailed(error)),
    });
  }

  private applyTracks(): void {
    for (const kind of ['audio', 'video'] as const) this.applyTrack(kind);
  }

  /** Sends nothing real before the proof; until then the others hear that nothing is sent. */
  private applyTrack(kind: Kind): void {
    const track = this.proof.pass(this.tracks[kind]);
    this.plane.setTrack(kind, track);
    const sends = track !== null;
    this.members.setSelf(kind === 'audio' ? { mic: sends } : { cam: sends });
  }

  private send(message: PeerMessage): void {
    this.options.post({ t: 'send', message });
  }

  private sendLine(message: PeerMessage, line: number): void {
    if (!this.options.post({ t: 'send', message, line })) this.chat.delivered(line, true);
  }
}
