/** A call: link, session, keys and the other members, as one store. */
import { clock } from '../clock';
import { random } from '../crypto/bytes';
import type { RoomKeys } from '../crypto/room-keys';
import { cleanName } from '../crypto/seal';
import { events } from '../events';
import type { Kind, MediaStats } from '../media/types';
import type { FromGroup } from '../mls/group/host-messages';
import { groupBody } from '../protocol/group-wire';
import type { Session } from '../protocol/session';
import type { SessionEvent } from '../protocol/session-core';
import { AdmittedCall } from './admitted';
import { type Applicant, makeSession } from './call-session';
import { endedWithCall, idleState, phaseOf } from './call-state';
import { GroupLifecycle } from './group-lifecycle';
import { inspect } from './inspect';
import type { ParsedLink } from './link';
import { openLink, prepareWorkers, type Workers } from './prepare';
import { reactionLastsMs } from './reactions';
import { RestartLimiter } from './restart-limiter';
import { Store } from './store';
import type { Call, CallError, CallErrorCode, CallState, JoinOptions } from './types';
import { listen } from './wakeups';

/** With these the media may outlive the server; others end the call at once. */
const endsAtOnce: readonly CallErrorCode[] = ['moved', 'internal', 'encryption-failed'];
const sweepEvery = 1_000;
const leaveLimitMs = 1_000;

interface Ready extends Workers {
  keys: RoomKeys;
  lifecycle: GroupLifecycle;
}

class LinkCall implements Call {
  private readonly store = new Store<CallState>(idleState);
  private ready: Promise<Ready | null>;
  /** The result of `ready`, until the call ends. */
  private prepared: Ready | null = null;
  /** Member id of this page, fresh for every page load. */
  private me = random(16);
  private session: Session | null = null;
  /** From the first admission until the end of the call. */
  private admitted: AdmittedCall | null = null;
  private readonly restarts = new RestartLimiter();
  /** In a group, now or before. */
  private inGroup = false;
  /** The connection with the server is interrupted. */
  private lost = false;
  /** The session is over for this reason; media still go on. */
  private sessionError: CallError | null = null;
  private options: JoinOptions = { name: '', audio: null, video: null };
  /** The newest session of this page, kept for the case that it crashes. */
  private kept: string | null = null;
  private reacting: ReturnType<typeof setTimeout> | undefined;
  private stopListening: () => void = () => {};
  private sweeper: ReturnType<typeof setInterval> | undefined;
  private scheduled = false;
  private onended: () => void = () => {};

  constructor(private readonly link: ParsedLink) {
    this.ready = this.prepare();
    inspect({ state: () => this.store.value, report: () => this.admitted?.report() ?? [] });
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
    this.admitted?.setSelf({ name: this.options.name });
  }

  setHand(up: boolean): void {
    this.update({ hand: up });
    this.admitted?.setSelf({ hand: up });
  }

  sendChat(text: string): void {
    this.admitted?.chat.send(text);
  }

  react(emoji: string): void {
    this.admitted?.react(emoji);
    clearTimeout(this.reacting);
    this.update({ reaction: emoji });
    this.reacting = setTimeout(() => this.update({ reaction: null }), reactionLastsMs);
  }

  compare(on: boolean): void {
    this.admitted?.verification.compare(on);
  }

  confirm(match: boolean): void {
    this.admitted?.verification.confirm(match);
  }

  requestRoomCode(): void {
    this.prepared?.lifecycle.post({ t: 'code' });
  }

  restartIce(): void {
    this.session?.wake();
    this.admitted?.networkChanged();
  }

  async stats(): Promise<MediaStats | null> {
    return this.admitted?.stats ?? null;
  }

  async leave(unloading = false): Promise<void> {
    const { phase } = this.store.value;
    if (phase === 'ended') return;
    if (unloading) this.kept = null;
    const done = new Promise<void>((resolve) => {
      this.onended = resolve;
    });
    this.session?.leave();
    this.finish();
    this.update({ phase: 'ended', members: [] });
    if (this.session) await Promise.race([done, new Promise((r) => setTimeout(r, leaveLimitMs))]);
  }

  private async prepare(): Promise<Ready | null> {
    const keys = await openLink(this.link);
    if ('error' in keys) return this.fail(keys.error);
    const workers = await prepareWorkers(this.link);
    if ('error' in workers) return this.fail(workers.error);
    if (this.store.value.phase === 'ended') {
      workers.frames.stop();
      workers.group.stop();
      return null;
    }
    const ready: Ready = Object.assign(workers, { keys, lifecycle: this.follow(workers) });
    this.prepared = ready;
    workers.frames.onbroken = (detail) => this.stop({ code: 'encryption-failed', detail });
    this.update({ encryptionReady: workers.proven });
    return ready;
  }

  private follow(workers: Workers): GroupLifecycle {
    return new GroupLifecycle({
      link: this.link,
      workers,
      restarts: this.restarts,
      onmessage: (message) => this.handleGroup(message),
      onlost: () => {
        this.admitted?.chat.senderLost();
        this.update({ comparison: { is: 'idle' } });
      },
      onheld: (held) => this.update({ held }),
      readmit: async () => {
        if (this.session === null) return false;
        await workers.group.offer(this.me);
        if (this.session?.connected) workers.group.post({ t: 'connected' });
        return true;
      },
      onfailed: (error) => this.stop(error),
    });
  }

  private enter(ready: Ready): void {
    this.lost = false;
    this.sessionError = null;
    const session = makeSession({
      room: this.link.room,
      applicant: () => this.applicant(ready),
      renewIdentity: () => {
        this.me = random(16);
      },
      onevent: (event, from) => {
        if (this.session === from) this.handleSession(event, ready);
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

  private async applicant({ keys, group }: Ready): Promise<Applicant> {
    const { me: id } = this;
    const { name, seat } = this.options;
    // Once this page was admitted, no earlier member of it is left to be replaced.
    const replaces = this.admitted ? null : ((await seat?.find()) ?? null);
    return { keys, group, id, name, replaces };
  }

  private handleSession(event: SessionEvent, ready: Ready): void {
    const { session } = this;
    const { lifecycle } = ready;
    if (session === null) return;
    switch (event.e) {
      case 'welcome':
        if (this.prepared !== ready) break;
        this.connected();
        this.admitted ??= this.admit(session, ready);
        lifecycle.post({ t: 'admitted' });
        break;
      case 'resumed':
        this.connected();
        lifecycle.post({ t: 'connected' });
        break;
      case 'draining':
        this.update({ updating: event.on });
        break;
      case 'lost':
        this.lost = true;
        lifecycle.post({ t: 'disconnected' });
        break;
      case 'app':
        lifecycle.post({ t: 'app', data: event.data });
        break;
      case 'group':
        lifecycle.post({ t: 'server', message: event.message });
        break;
      case 'ended':
        this.onended();
        break;
      case 'failed': {
        const { e: _, ...error } = event;
        this.sessionFailed(error);
        break;
      }
      default:
        break;
    }
    this.admitted?.handleSession(event);
    this.refresh();
  }

  private connected(): void {
    this.keepSeat();
    this.lost = false;
    this.update({ updating: false });
  }

  private keepSeat(): void {
    const { seat } = this.options;
    const token = this.session?.token;
    if (!seat || !token) return;
    this.kept = token;
    void seat.keep(token);
  }

  private handleGroup(message: FromGroup): void {
    this.admitted?.handleGroup(message);
    switch (message.t) {
      case 'server':
        this.session?.tell(groupBody(message.message));
        break;
      case 'app':
        this.session?.tell({ t: 'app', data: message.data });
        break;
      case 'roster':
        this.inGroup = true;
        if (this.store.value.roomCode !== null) this.requestRoomCode();
        break;
      case 'refused':
        events.note('offered members refused', message.count);
        break;
      case 'code':
        this.update({ roomCode: message.digits });
        break;
      default:
        break;
    }
    this.schedule();
  }

  /** The first admission: from here on the member id of this page stays. */
  private admit(session: Session, ready: Ready): AdmittedCall {
    return new AdmittedCall({
      me: this.me,
      keys: ready.keys,
      frames: ready.frames,
      session,
      proven: ready.proven,
      join: this.options,
      hand: this.store.value.hand,
      post: (message) => ready.lifecycle.post(message),
      now: () => clock.steady(),
      onchange: () => this.schedule(),
      update: (change) => this.update(change),
      onproof: (proven) => {
        events.note(proven ? 'encryption is proven' : 'encryption cannot be tested');
        ready.proven = proven;
        this.update({ encryptionReady: proven });
      },
      onfailed: (error) => this.stop(error),
    });
  }

  private sendTrack(kind: Kind): void {
    this.admitted?.setTrack(kind, this.options[kind]);
    this.update(this.sent());
  }

  private sessionFailed(error: CallError): void {
    if (this.admitted?.connected && !endsAtOnce.includes(error.code)) this.sessionError = error;
    else this.fail(error);
  }

  private sweep(): void {
    this.session?.look();
    this.admitted?.sweep();
    if (this.sessionError && !this.admitted?.connected) this.fail(this.sessionError);
    this.schedule();
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
    this.update({ phase: 'failed', error, ...endedWithCall });
    return null;
  }

  private finish(): void {
    if (this.kept !== null) void this.options.seat?.forget(this.kept);
    this.kept = null;
    clearInterval(this.sweeper);
    clearTimeout(this.reacting);
    this.stopListening();
    this.admitted?.close();
    this.admitted = null;
    this.prepared?.lifecycle.stop();
    this.prepared = null;
    this.inGroup = false;
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

  /** The state as it follows from session, group and media. */
  private refresh(): void {
    const { admitted, sessionError, inGroup } = this;
    const { phase, since } = this.store.value;
    if (!admitted || phase === 'failed' || phase === 'ended') return;
    const { obstacle, size: others } = admitted;
    const offline = this.lost || sessionError !== null;
    this.update({
      ...phaseOf({ offline, others, inGroup, sessionError, obstacle }),
      since: since ?? (others > 0 ? clock.steady() : null),
      members: admitted.list(),
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
