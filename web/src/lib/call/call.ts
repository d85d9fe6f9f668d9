/** A call: link, session, keys, the others, as one store. */

import type { RoomKeys } from '../crypto/room-keys';
import { cleanName } from '../crypto/seal';
import type { FrameCrypto } from '../e2ee/frame-crypto';
import { LinkKeys } from '../e2ee/keys';
import { fetchIce, IceServerCache } from '../media/ice-servers';
import { type Sample, statsBetween } from '../media/stats';
import { Session } from '../protocol/session';
import type { SessionEvent } from '../protocol/session-core';
import { admissionOf, newIdentity } from './identity';
import { inspect } from './inspect';
import type { ParsedLink } from './link';
import { openLink, prepareFrames } from './prepare';
import { Roster } from './roster';
import { Store } from './store';
import type { Call, CallError, CallErrorCode, CallState, CallStats, JoinOptions } from './types';
import { listen } from './wakeups';

/** With these the media may outlive the server; others end the call at once. */
const endsAtOnce: readonly CallErrorCode[] = ['moved', 'internal', 'encryption-failed'];
const sweepEvery = 1_000;
const noStats: CallStats = { route: null, rttMs: null, sendKbps: 0, recvKbps: 0, lossPercent: 0 };

interface Ready {
  keys: RoomKeys;
  frames: FrameCrypto;
}

class LinkCall implements Call {
  private readonly store = new Store<CallState>({
    phase: 'idle',
    error: null,
    since: null,
    members: [],
    mic: false,
    cam: false,
    updating: false,
    encryptionReady: false,
  });
  private ready: Promise<Ready | null>;
  private me = newIdentity();
  private session: Session | null = null;
  private roster: Roster | null = null;
  private frames: FrameCrypto | null = null;
  private admitted = false;
  private lost = false;
  /** The session is over, the media still goes on. */
  private trouble: CallError | null = null;
  private options: JoinOptions = { name: '', audio: null, video: null };
  private stopListening: () => void = () => {};
  private sweeper: ReturnType<typeof setInterval> | undefined;
  private scheduled = false;
  private ended: () => void = () => {};
  private last: { sample: Sample; stats: CallStats } | null = null;

  constructor(private readonly link: ParsedLink) {
    this.ready = this.prepare();
    inspect({ state: () => this.store.value, links: () => this.roster?.links ?? [] });
  }

  subscribe(run: (state: CallState) => void): () => void {
    return this.store.subscribe(run);
  }

  async join(options: JoinOptions): Promise<void> {
    const { phase } = this.store.value;
    if (phase !== 'idle' && phase !== 'failed') return;
    this.options = { ...options, name: cleanName(options.name) };
    if (phase === 'failed') this.ready = this.prepare();
    this.update({ phase: 'joining', error: null, updating: false, ...this.sent() });
    const ready = await this.ready;
    if (ready && this.store.value.phase === 'joining') this.enter(ready);
  }

  setAudio(track: MediaStreamTrack | null): void {
    this.options = { ...this.options, audio: track };
    this.roster?.setTrack('audio', track);
    this.update(this.sent());
  }

  setVideo(track: MediaStreamTrack | null): void {
    this.options = { ...this.options, video: track };
    this.roster?.setTrack('video', track);
    this.update(this.sent());
  }

  setName(name: string): void {
    this.options = { ...this.options, name: cleanName(name) };
    this.roster?.setName(this.options.name);
  }

  restartIce(): void {
    this.session?.wake();
    for (const link of this.roster?.links ?? []) link.networkChanged();
  }

  async stats(): Promise<CallStats> {
    const link = this.roster?.links.find((each) => each.connected);
    const sample = link?.sample;
    if (!sample) return noStats;
    // Samples come once a second; asked more often, the answer stays.
    if (this.last?.sample.at !== sample.at) {
      this.last = { sample, stats: statsBetween(this.last?.sample ?? null, sample) };
    }
    return this.last.stats;
  }

  async leave(): Promise<void> {
    const { phase } = this.store.value;
    if (phase === 'ended') return;
    const done = new Promise<void>((resolve) => {
      this.ended = resolve;
    });
    this.session?.leave();
    this.finish();
    this.update({ phase: 'ended', members: [] });
    if (this.session) await Promise.race([done, new Promise((r) => setTimeout(r, 1_000))]);
  }

  private async prepare(): Promise<Ready | null> {
    const keys = await openLink(this.link);
    if ('error' in keys) return this.fail(keys.error);
    const frames = await prepareFrames();
    if ('error' in frames) return this.fail(frames.error);
    if (this.store.value.phase === 'ended') {
      frames.stop();
      return null;
    }
    this.frames = frames;
    frames.onbroken = (why) => this.stopEverything(why);
    this.update({ encryptionReady: true });
    return { keys, frames };
  }

  private enter({ keys, frames }: Ready): void {
    const { room } = this.link;
    const url = new URL('/ws', location.origin);
    url.protocol = url.protocol.replace('http', 'ws');
    this.admitted = false;
    this.lost = false;
    this.trouble = null;
    const session = new Session({
      url: url.href,
      room,
      admission: (nonce) => {
        const { name } = this.options;
        return admissionOf(keys, this.me, { origin: location.origin, room, nonce, name });
      },
      renewIdentity: () => {
        this.me = newIdentity();
      },
      onevent: (event) => {
        if (this.session === session) this.heard(event, { keys, frames });
      },
    });
    this.session = session;
    this.stopListening = listen({
      network: () => this.restartIce(),
      visible: () => session.wake(),
      gone: () => void this.leave(),
    });
    this.sweeper = setInterval(() => this.sweep(), sweepEvery);
    session.start();
  }

  private heard(event: SessionEvent, ready: Ready): void {
    const now = performance.now();
    switch (event.e) {
      case 'welcome':
        this.lost = false;
        this.update({ updating: false });
        if (!this.admitted) this.settle(ready);
        if (event.restarted) this.roster?.relayLost();
        this.roster?.replaceAll(event.members, now);
        break;
      case 'resumed':
        this.lost = false;
        this.update({ updating: false });
        break;
      case 'draining':
        this.update({ updating: event.on });
        break;
      case 'lost':
        this.lost = true;
        break;
      case 'joined':
        this.roster?.add(event.member);
        break;
      case 'left':
        this.roster?.left(event.id, event.reason, now);
        break;
      case 'away':
      case 'back':
        this.roster?.away(event.id, event.e === 'away');
        break;
      case 'recv':
        this.roster?.receive(event.from, event.data);
        break;
      case 'ended':
        this.ended();
        break;
      case 'failed': {
        const { e: _, ...error } = event;
        this.sessionFailed(error);
        break;
      }
    }
    this.refresh();
  }

  /** The first admission: from here on my keys and my id stay. */
  private settle({ keys, frames }: Ready): void {
    this.admitted = true;
    const session = this.session;
    const keySource = new LinkKeys(keys.mediaRoot, this.me);
    void keySource.own().then((key) => frames.setOwn(key));
    const ice = new IceServerCache(fetchIce(() => session?.token ?? null));
    void ice.get();
    this.roster = new Roster({
      keys,
      me: this.me,
      keySource,
      frames,
      ice,
      route: this.options.route ?? 'auto',
      tell: (to, data) => session?.tell(to, data),
      signalling: () => session?.connected ?? false,
      onchange: () => this.schedule(),
      onleak: (kind) => this.stopEverything(`more ${kind} was sent than sealed`),
    });
    this.roster.setTrack('audio', this.options.audio);
    this.roster.setTrack('video', this.options.video);
    this.roster.setName(this.options.name);
  }

  private sessionFailed(error: CallError): void {
    const alive = this.roster?.links.some((link) => link.connected) ?? false;
    if (alive && !endsAtOnce.includes(error.code)) this.trouble = error;
    else this.fail(error);
  }

  private sweep(): void {
    this.roster?.sweep(performance.now());
    if (this.trouble && !this.roster?.links.some((link) => link.connected)) {
      this.fail(this.trouble);
    }
    this.schedule();
  }

  private stopEverything(detail: string): void {
    this.session?.leave();
    this.fail({ code: 'encryption-failed', detail });
    this.update({ encryptionReady: false });
  }

  private fail(error: CallError): null {
    if (this.store.value.phase === 'ended') return null;
    this.finish();
    this.update({ phase: 'failed', error, members: [] });
    return null;
  }

  private finish(): void {
    clearInterval(this.sweeper);
    this.stopListening();
    this.roster?.close();
    this.roster = null;
    this.last = null;
    this.frames?.stop();
    this.frames = null;
    // Another try is another member: counters and numbers begin anew.
    this.me = newIdentity();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.refresh();
    });
  }

  /** The state as it follows from session and roster. */
  private refresh(): void {
    const { roster } = this;
    const { phase, since } = this.store.value;
    if (!roster || phase === 'failed' || phase === 'ended') return;
    const links = roster.links;
    const noRoute = links.some((link) => link.givenUp) && !links.some((link) => link.connected);
    const offline = this.lost || this.trouble !== null;
    const inRoom = roster.size > 0 ? 'active' : 'alone';
    this.update({
      phase: offline ? 'reconnecting' : inRoom,
      error: this.trouble ?? (noRoute ? { code: 'cannot-connect' } : null),
      since: since ?? (roster.size > 0 ? Date.now() : null),
      members: roster.members(),
    });
  }

  private sent(): { mic: boolean; cam: boolean } {
    return { mic: this.options.audio !== null, cam: this.options.video !== null };
  }

  private update(change: Partial<CallState>): void {
    this.store.set({ ...this.store.value, ...change });
  }
}

export function createCall(link: ParsedLink): Call {
  return new LinkCall(link);
}
