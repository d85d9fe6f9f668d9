/** A call: link, session, keys, the others, as one store. */

import { clock } from '../clock';
import { random } from '../crypto/bytes';
import type { RoomKeys } from '../crypto/room-keys';
import { cleanName } from '../crypto/seal';
import { events } from '../events';
import { connectionConfig, fetchIce, IceServerCache } from '../media/ice-servers';
import { type Sample, statsBetween } from '../media/stats';
import type { Kind } from '../media/types';
import type { FromGroup } from '../mls/group/host-messages';
import type { PeerMessage } from '../mls/messages/peer-message';
import { groupBody } from '../protocol/group-wire';
import { Session } from '../protocol/session';
import type { SessionEvent } from '../protocol/session-core';
import { admissionOf } from './identity';
import { inspect } from './inspect';
import type { ParsedLink } from './link';
import {
  openLink,
  prepareWorkers,
  replaceGroup,
  testThrough,
  type Workers,
  whyNotStarted,
} from './prepare';
import { Proof } from './proof';
import { RestartLimiter } from './restart-limiter';
import { Roster, reactionLasts } from './roster';
import { Store } from './store';
import { Talk } from './talk';
import type { Call, CallError, CallErrorCode, CallState, JoinOptions, MediaStats } from './types';
import { listen } from './wakeups';

/** With these the media may outlive the server; others end the call at once. */
const endsAtOnce: readonly CallErrorCode[] = ['moved', 'internal', 'encryption-failed'];
const sweepEvery = 1_000;
const noStats: MediaStats = { route: null, rttMs: null, sendKbps: 0, recvKbps: 0, lossPercent: 0 };

interface Ready extends Workers {
  keys: RoomKeys;
}

/** Resources that end with a call. */
const fresh = {
  held: false,
  hand: false,
  reaction: null,
  comparison: { is: 'idle' },
  roomCode: null,
} as const;

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
    held: false,
    hand: false,
    reaction: null,
    chat: [],
    comparison: { is: 'idle' },
    roomCode: null,
  });
  private ready: Promise<Ready | null>;
  /** My member id, fresh for every page load. */
  private me = random(16);
  private session: Session | null = null;
  private roster: Roster | null = null;
  private workers: Workers | null = null;
  private talk: Talk | null = null;
  private readonly restarts = new RestartLimiter();
  /** Another group worker is about to take the place of one that died. */
  private renewing = false;
  private admitted = false;
  /** In the group, now or before. */
  private grouped = false;
  private lost = false;
  /** The session is over, the media still goes on. */
  private trouble: CallError | null = null;
  private options: JoinOptions = { name: '', audio: null, video: null };
  /** The newest session of this page, kept for the case that it crashes. */
  private kept: string | null = null;
  private reacting: ReturnType<typeof setTimeout> | undefined;
  private stopListening: () => void = () => {};
  private sweeper: ReturnType<typeof setInterval> | undefined;
  private scheduled = false;
  private ended: () => void = () => {};
  private last: { sample: Sample; stats: MediaStats } | null = null;
  private ice: IceServerCache | null = null;
  private proof: Proof | null = null;

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
    this.sendTrack('audio');
  }

  setVideo(track: MediaStreamTrack | null): void {
    this.options = { ...this.options, video: track };
    this.sendTrack('video');
  }

  setName(name: string): void {
    this.options = { ...this.options, name: cleanName(name) };
    this.tellSelf();
  }

  setHand(up: boolean): void {
    this.update({ hand: up });
    this.tellSelf();
  }

  sayChat(text: string): void {
    this.talk?.chat(text);
  }

  react(emoji: string): void {
    this.talk?.react(emoji);
    clearTimeout(this.reacting);
    this.update({ reaction: emoji });
    this.reacting = setTimeout(() => this.update({ reaction: null }), reactionLasts);
  }

  compare(on: boolean): void {
    this.talk?.compare(on);
  }

  judge(match: boolean): void {
    this.talk?.judge(match);
  }

  askRoomCode(): void {
    this.workers?.group.post({ t: 'code' });
  }

  restartIce(): void {
    this.session?.wake();
    this.proof?.networkChanged();
    for (const link of this.roster?.links ?? []) link.networkChanged();
  }

  async stats(): Promise<MediaStats> {
    const link = this.roster?.links.find((each) => each.connected);
    const sample = link?.sample;
    if (!sample) return noStats;
    // Samples come once a second; asked more often, the answer stays.
    if (this.last?.sample.at !== sample.at) {
      this.last = { sample, stats: statsBetween(this.last?.sample ?? null, sample) };
    }
    return this.last.stats;
  }

  async leave(unloading = false): Promise<void> {
    const { phase } = this.store.value;
    if (phase === 'ended') return;
    if (unloading) this.kept = null;
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
    const workers = await prepareWorkers(this.link);
    if ('error' in workers) return this.fail(workers.error);
    const { frames, group } = workers;
    if (this.store.value.phase === 'ended') {
      frames.stop();
      group.stop();
      return null;
    }
    const ready = { keys, ...workers };
    this.workers = ready;
    frames.onbroken = (why) => this.stopEverything(why);
    this.hear(ready);
    this.update({ encryptionReady: ready.proven });
    return ready;
  }

  private hear(ready: Ready): void {
    const { group } = ready;
    group.onheard = (message) => this.heardGroup(message);
    group.onbroken = (why) => void this.renewGroup(ready, why);
  }

  /** The group was lost with its worker: another one asks to be let in, as me with a new key. */
  private async renewGroup(ready: Ready, why: string): Promise<void> {
    events.note('group worker broke', why);
    const generation = this.restarts.next(clock.steady());
    if (generation === null) return this.stopEverything(why);
    this.renewing = true;
    this.talk?.lose();
    this.update({ held: true, comparison: { is: 'idle' } });
    const group = await replaceGroup(this.link, ready.frames, generation);
    if (this.workers !== ready) return group?.stop();
    if (group === null) return this.stop(await whyNotStarted(why));
    ready.group = group;
    this.hear(ready);
    if (this.session === null) return this.renewed();
    await group.offer(this.me);
    if (this.session?.connected) group.post({ t: 'connected' });
  }

  private renewed(): void {
    if (!this.renewing) return;
    this.renewing = false;
    this.update({ held: false });
  }

  private enter(ready: Ready): void {
    const { keys } = ready;
    const { room } = this.link;
    const url = new URL('/ws', location.origin);
    url.protocol = url.protocol.replace('http', 'ws');
    this.admitted = false;
    this.lost = false;
    this.trouble = null;
    const session = new Session({
      url: url.href,
      room,
      admission: async (nonce) => {
        const { me: id } = this;
        const { name } = this.options;
        const offer = await ready.group.offer(id);
        // Once this page was in, there is nobody left to be replaced.
        const replaces = this.admitted ? null : ((await this.options.seat?.find()) ?? null);
        const claim = { origin: location.origin, room, nonce, id, name, replaces };
        return admissionOf(keys, offer, claim);
      },
      renewIdentity: () => {
        this.me = random(16);
      },
      onevent: (event) => {
        if (this.session === session) this.heard(event, ready);
      },
    });
    this.session = session;
    this.stopListening = listen({
      network: () => this.restartIce(),
      shown: (visible) => session.show(visible),
      gone: () => void this.leave(true),
    });
    this.sweeper = setInterval(() => this.sweep(), sweepEvery);
    session.start();
  }

  private heard(event: SessionEvent, ready: Ready): void {
    const { group } = ready;
    const { session } = this;
    if (session === null) return;
    noteSession(event);
    switch (event.e) {
      case 'welcome': {
        const again = this.admitted;
        this.keepSeat();
        this.lost = false;
        this.update({ updating: false });
        if (!again) this.settle(ready, session);
        this.ice?.admitted();
        if (event.restarted) this.roster?.relayLost();
        group.post({ t: 'admitted' });
        this.roster?.hint(event.members, true);
        break;
      }
      case 'resumed':
        this.keepSeat();
        this.lost = false;
        this.update({ updating: false });
        group.post({ t: 'connected' });
        break;
      case 'draining':
        this.update({ updating: event.on });
        break;
      case 'lost':
        this.lost = true;
        group.post({ t: 'disconnected' });
        break;
      case 'joined':
        this.roster?.hint([event.member], false);
        break;
      case 'left':
        this.roster?.unhint(event.id);
        break;
      case 'away':
      case 'back':
        this.roster?.away(event.id, event.e === 'away');
        break;
      case 'app':
        group.post({ t: 'app', data: event.data });
        break;
      case 'group':
        group.post({ t: 'server', message: event.message });
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

  private keepSeat(): void {
    const { seat } = this.options;
    const token = this.session?.token;
    if (!seat || !token) return;
    this.kept = token;
    void seat.keep(token);
  }

  private heardGroup(message: FromGroup): void {
    switch (message.t) {
      case 'send':
        this.session?.tell(groupBody(message.message));
        break;
      case 'app':
        this.session?.tell({ t: 'app', data: message.data });
        break;
      case 'heard':
        this.roster?.heard(message.from, message.said, clock.steady());
        if (message.said.k === 'chat') this.talk?.heard(message.from, message.said.text);
        break;
      case 'said':
        this.talk?.said(message.line, message.lost);
        break;
      case 'roster':
        this.grouped = true;
        this.roster?.listed(message.group, message.roster, clock.steady());
        if (this.store.value.roomCode !== null) this.askRoomCode();
        break;
      case 'status':
        events.note('group', message.status);
        if (message.status === 'in') {
          this.renewed();
          this.roster?.arrive();
        }
        if (message.status === 'failed') this.stopEverything(`group ${message.reason}`);
        break;
      case 'hold':
        events.note(message.on ? 'sending is held' : 'sending goes on');
        this.update({ held: message.on || this.renewing });
        break;
      case 'refused':
        events.note('offered members refused', message.count);
        break;
      case 'comparison':
        this.talk?.compared(message.comparison);
        break;
      case 'code':
        this.update({ roomCode: message.digits });
        break;
      default:
        break;
    }
    this.schedule();
  }

  /** The first admission: from here on my id stays. */
  private settle(ready: Ready, session: Session): void {
    const { keys, frames } = ready;
    this.admitted = true;
    const ice = new IceServerCache(fetchIce(session));
    this.ice = ice;
    const say = (said: PeerMessage, line?: number) => {
      const given = ready.group.post({ t: 'say', said, ...(line !== undefined && { line }) });
      if (!given && line !== undefined) this.talk?.said(line, true);
    };
    this.roster = new Roster({
      keys,
      me: this.me,
      frames,
      ice,
      route: this.options.route ?? 'auto',
      say,
      signalling: () => session.connected,
      onrouteturn: () => session.wake(),
      rejoin: () => ready.group.post({ t: 'rejoin' }),
      onchange: () => this.schedule(),
      onleak: (kind) => this.stopEverything(`more ${kind} was sent than sealed`),
    });
    this.talk = new Talk({
      say,
      compare: (on) => ready.group.post({ t: 'compare', on }),
      verify: (signatureKeys) => this.roster?.verify(signatureKeys),
      nameOf: (id) => this.roster?.nameOf(id) ?? '',
      update: (change) => this.update(change),
    });
    const route = this.options.route ?? 'auto';
    this.proof = new Proof({
      proven: ready.proven,
      test: async () => testThrough(connectionConfig(await ice.get(), route)),
      onchange: () => this.proofChanged(ready),
      onfailed: (why) => void whyNotStarted(why).then((error) => this.stop(error)),
    });
    this.sendTrack('audio');
    this.sendTrack('video');
    this.tellSelf();
  }

  private proofChanged(ready: Ready): void {
    const proven = this.proof?.proven ?? false;
    events.note(proven ? 'encryption is proven' : 'encryption cannot be tested');
    ready.proven = proven;
    this.update({ encryptionReady: proven });
    this.sendTrack('audio');
    this.sendTrack('video');
    this.schedule();
  }

  /** Nothing real before the proof; until then the others hear that nothing is sent. */
  private sendTrack(kind: Kind): void {
    this.roster?.setTrack(kind, this.proof?.pass(this.options[kind]) ?? null);
    this.update(this.sent());
  }

  private tellSelf(): void {
    this.roster?.setSelf(this.options.name, this.store.value.hand);
  }

  private sessionFailed(error: CallError): void {
    const alive = this.roster?.links.some((link) => link.connected) ?? false;
    if (alive && !endsAtOnce.includes(error.code)) this.trouble = error;
    else this.fail(error);
  }

  private sweep(): void {
    this.session?.look();
    this.roster?.sweep(clock.steady());
    if (this.trouble && !this.roster?.links.some((link) => link.connected)) {
      this.fail(this.trouble);
    }
    this.schedule();
  }

  private stopEverything(detail: string): void {
    this.stop({ code: 'encryption-failed', detail });
  }

  private stop(error: CallError): void {
    this.session?.leave();
    this.fail(error);
    this.update({ encryptionReady: false });
  }

  private fail(error: CallError): null {
    if (this.store.value.phase === 'ended') return null;
    events.note('call failed', error.code);
    if (error.detail) events.note('because', error.detail);
    this.finish();
    this.update({ phase: 'failed', error, members: [], ...fresh });
    return null;
  }

  private finish(): void {
    if (this.kept !== null) void this.options.seat?.forget(this.kept);
    this.kept = null;
    clearInterval(this.sweeper);
    clearTimeout(this.reacting);
    this.stopListening();
    this.roster?.close();
    this.roster = null;
    this.ice = null;
    this.proof?.close();
    this.proof = null;
    this.last = null;
    this.talk = null;
    this.workers?.frames.stop();
    this.workers?.group.stop();
    this.workers = null;
    this.grouped = false;
    this.renewing = false;
    // Another try is another member: counters and numbers begin anew.
    this.me = random(16);
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
    const none = !links.some((link) => link.connected && link.givenUp === null);
    const given = links.map((link) => link.givenUp);
    const lostAll = none && given.includes('lost');
    const noRoute = none && given.includes('never-connected');
    const offline = this.lost || this.trouble !== null;
    const inRoom = roster.size > 0 ? 'active' : this.grouped ? 'alone' : 'joining';
    this.update({
      phase: offline ? 'reconnecting' : inRoom,
      error: this.trouble ?? this.obstacle(lostAll, noRoute),
      since: since ?? (roster.size > 0 ? clock.steady() : null),
      members: roster.members(),
    });
  }

  /** The call goes on, but nothing is sent or nobody reached. */
  private obstacle(lostAll: boolean, noRoute: boolean): CallError | null {
    if (this.proof?.untested) return { code: 'encryption-untested' };
    if (lostAll) return { code: 'route-lost' };
    return noRoute ? { code: 'cannot-connect' } : null;
  }

  private sent(): { mic: boolean; cam: boolean } {
    return { mic: this.options.audio !== null, cam: this.options.video !== null };
  }

  private update(change: Partial<CallState>): void {
    this.store.set({ ...this.store.value, ...change });
  }
}

/** Messages of the server, without ids. */
function noteSession(event: SessionEvent): void {
  if (event.e === 'app' || event.e === 'group') return;
  const detail = 'code' in event ? event.code : 'reason' in event ? event.reason : undefined;
  events.note(`session ${event.e}`, detail);
}

export function createCall(link: ParsedLink): Call {
  return new LinkCall(link);
}
