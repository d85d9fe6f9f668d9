/**
 * The link to one other member: its signals, the connection and its successors, the media
 * on them, and whether they may be shown. Descriptions come as application messages of
 * the group, signed by their sender, so fingerprints in them belong to that member.
 */
import { within } from '../browser/deadline';
import { clock } from '../clock';
import { type Bytes, compare, hex } from '../crypto/bytes';
import { events } from '../events';
import { type IceCandidate, maxCandidates, type PeerMessage } from '../mls/messages/peer-message';
import { Connection, type Lane } from './connection';
import {
  BypassWatch,
  type IncomingView,
  LeakWatch,
  mayPlay,
  mediaState,
  OpenHealth,
} from './health';
import { connectionConfig } from './ice-servers';
import type { ConnectionReport, MediaContext } from './plane';
import { Recovery } from './recovery';
import { interruptedAfterMs, RouteStatus } from './route-status';
import { arrivalsOf, receivedOf, type Sample, sampleOf, sentOf } from './stats';
import type { Kind, MediaState, Route } from './types';

/** Counters that outlive a link, so that a member who comes back goes on counting. */
export interface PeerMemory {
  gen: number;
}

/** Messages between two members alone. */
export type Signal = Extract<PeerMessage, { to: Bytes }>;
type Unaddressed<T> = T extends unknown ? Omit<T, 'to'> : never;

export interface PeerLinkOptions extends Omit<MediaContext, 'reachable'> {
  /** Member id. */
  other: Bytes;
  memory: PeerMemory;
  /** The server can be reached, and the peer through it. */
  signalling(): boolean;
}

const kinds: readonly Kind[] = ['audio', 'video'];
const freshHealth = () => ({ audio: new OpenHealth(), video: new OpenHealth() });
const freshBypass = () => ({ audio: new BypassWatch(), video: new BypassWatch() });
const freshLeak = () => ({ audio: new LeakWatch(), video: new LeakWatch() });
const tickEvery = 500;
/** After a sample without arrivals the next one comes sooner: the person waits for a word. */
const sampleAgainMs = 300;
const statsLimit = 3_000;
/** Candidates found within so many ms go out together. */
const gatherFor = 30;
/** Signals that wait for the one before them. */
const maxQueued = 256;
const rebuildAtMostEvery = 3_000;
const restartAtMostEvery = 1_000;
/** Frames that cannot be opened for this long: fresh keys or another connection may help. */
const failingLimit = 3_000;
const politeLag = 2_000;
const maxHeals = 3;

export class PeerLink {
  /** Kinds of media that the other side reports to send. */
  announced = { audio: false, video: false };
  media: MediaState = 'connecting';
  route: Route | null = null;
  sample: Sample | null = null;
  private connection: Connection | null = null;
  private readonly impolite: boolean;
  private readonly recovery: Recovery;
  private readonly routeStatus: RouteStatus;
  private health = freshHealth();
  private bypass = freshBypass();
  private leak = freshLeak();
  private readonly tracks: Record<Kind, MediaStreamTrack | null> = { audio: null, video: null };
  private candidates: IceCandidate[] = [];
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private receiving: Promise<void> = Promise.resolve();
  private readonly timer: ReturnType<typeof setInterval>;
  private sampling: ReturnType<typeof setTimeout> | undefined;
  private tickCount = 0;
  private checking = false;
  private queued = 0;
  private problems = 0;
  private lastRebuild = Number.NEGATIVE_INFINITY;
  private lastRestart = Number.NEGATIVE_INFINITY;
  private lastHeal = Number.NEGATIVE_INFINITY;
  private heals = 0;
  private relayGone = false;
  private closed = false;

  /** The sides wait differently long: a member that rejoins needs the other one in the group. */
  private get patience(): number {
    return failingLimit + (this.impolite ? 0 : politeLag);
  }

  constructor(private readonly options: PeerLinkOptions) {
    this.impolite = compare(options.me, options.other) > 0;
    this.recovery = new Recovery(!this.impolite);
    this.routeStatus = new RouteStatus(() => options.onrouteturn());
    this.timer = setInterval(() => this.tick(), tickEvery);
    // The other member may still have an older link to this one: a new connection replaces it.
    if (this.impolite || options.memory.gen > 0) this.rebuild();
  }

  get connected(): boolean {
    return this.connection?.state === 'connected';
  }

  /** No route for long although the server is there: from the start, or since it was lost. */
  get givenUp(): 'never-connected' | 'lost' | null {
    if (!this.recovery.givenUp) return null;
    return this.recovery.connectedBefore ? 'lost' : 'never-connected';
  }

  /** Stream to play; null until frames were decrypted. */
  stream(kind: Kind): MediaStream | null {
    const lane = this.connection?.lane(kind);
    return lane && mayPlay(this.view(kind, lane), clock.steady()) ? lane.stream : null;
  }

  setTrack(kind: Kind, track: MediaStreamTrack | null): void {
    this.tracks[kind] = track;
    this.connection?.setTrack(kind, track);
  }

  /** State that the member reports of itself. */
  announce(mic: boolean, cam: boolean): void {
    this.announced = { audio: mic, video: cam };
    this.evaluate();
  }

  /** A signal of the other member for this page. */
  receive(signal: Signal): void {
    if (this.queued >= maxQueued) return;
    this.queued += 1;
    this.receiving = this.receiving
      .then(async () => {
        if (!this.closed) await this.handleSignal(signal);
      })
      .catch((error: unknown) => this.countProblem(error))
      .finally(() => {
        this.queued -= 1;
      });
  }

  /** Both members are with the server again; a working connection is left alone. */
  resync(): void {
    const lost = this.relayGone || this.routeStatus.lost;
    if (lost && this.impolite && this.connection) void this.restartIce();
    else if (this.connected) this.connection?.repeatOffer();
    else if (this.impolite) this.rebuild();
    else this.tick();
  }

  /**
   * The relay restarted and has no allocation of this page. ICE notices only after seconds,
   * so the next `resync`, when both members are back, restarts it at once.
   */
  relayLost(): void {
    this.relayGone = this.route === 'relayed';
  }

  networkChanged(): void {
    this.recovery.networkChanged();
    if (this.connection && this.options.signalling()) void this.restartIce();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.timer);
    clearTimeout(this.gathering);
    clearTimeout(this.sampling);
    this.connection?.close();
  }

  /** For problem reports: numbers and states alone. */
  report(): ConnectionReport {
    const lanes = this.connection?.lanes ?? [];
    return {
      gen: this.options.memory.gen,
      impolite: this.impolite,
      state: this.connection?.state ?? 'none',
      signalling: this.connection?.pc.signalingState ?? 'none',
      unlocked: this.connection?.unlocked ?? false,
      problems: this.problems + (this.connection?.problems ?? 0),
      media: this.media,
      route: this.route,
      announced: { ...this.announced },
      frames: Object.fromEntries(
        lanes.map(({ kind, seal, open }) => [
          kind,
          { sealed: { ...seal.counters }, opened: { ...open.counters } },
        ]),
      ),
    };
  }

  private signal(signal: Unaddressed<Signal>): void {
    if (!this.closed) this.options.send({ ...signal, to: this.options.other } as Signal);
  }

  private found(candidate: IceCandidate, gen: number): void {
    this.candidates.push(candidate);
    const send = () => {
      clearTimeout(this.gathering);
      this.gathering = undefined;
      const list = this.candidates.splice(0);
      if (list.length > 0) this.signal({ k: 'ice', list, gen });
    };
    if (this.candidates.length >= maxCandidates) send();
    else this.gathering ??= setTimeout(send, gatherFor);
  }

  /** One signal that goes wrong must not hold up the next. */
  private countProblem(error: unknown): void {
    this.problems += 1;
    events.failed('signal not handled', error);
  }

  private async handleSignal(signal: Signal): Promise<void> {
    const { memory } = this.options;
    switch (signal.k) {
      case 'sdp':
        if (signal.gen < memory.gen) return;
        if (signal.gen === memory.gen && !this.connection) {
          // The signal belongs to a connection that this page has no more.
          if (!this.impolite) this.rebuild();
          return;
        }
        if (signal.gen > memory.gen) {
          // Only the impolite side begins connections, and only with an offer.
          if (this.impolite || signal.type !== 'offer') return;
          memory.gen = signal.gen;
          await this.replaceConnection();
        } else if (signal.type === 'offer') {
          await this.configure();
        }
        await this.connection?.described(signal.type, signal.sdp);
        break;
      case 'ice':
        if (signal.gen !== memory.gen) break;
        for (const candidate of signal.list) this.connection?.addCandidate(candidate);
        break;
      case 'restart':
        if (signal.gen < memory.gen) return;
        if (!this.impolite) return;
        if (signal.gen > memory.gen || !this.connection) this.rebuild();
        else await this.restartIce();
        break;
    }
  }

  /** Makes a new connection, or asks the impolite side for one. */
  private rebuild(): void {
    const now = clock.steady();
    if (now - this.lastRebuild < rebuildAtMostEvery || this.closed) return;
    this.lastRebuild = now;
    const { memory } = this.options;
    if (this.impolite) {
      memory.gen += 1;
      this.replaceConnection().catch((error: unknown) => this.countProblem(error));
    } else {
      this.signal({ k: 'restart', gen: memory.gen + 1 });
    }
  }

  private async replaceConnection(): Promise<void> {
    const { memory, frames, other, route, ice } = this.options;
    const gen = memory.gen;
    const servers = await ice.get();
    if (this.closed || gen !== memory.gen) return;
    this.connection?.close();
    clearTimeout(this.gathering);
    this.gathering = undefined;
    this.candidates = [];
    const connection: Connection = new Connection({
      frames,
      peer: hex(other),
      config: connectionConfig(servers, route),
      impolite: this.impolite,
      describe: (type, sdp) => this.signal({ k: 'sdp', type, sdp, gen }),
      candidate: (candidate) => this.found(candidate, gen),
      refused: () => {
        if (this.connection === connection) this.credentialsRefused();
      },
      onchange: () => {
        if (this.connection === connection) this.evaluate();
      },
    });
    this.connection = connection;
    this.routeStatus.reset();
    this.health = freshHealth();
    this.bypass = freshBypass();
    this.leak = freshLeak();
    for (const kind of kinds) connection.setTrack(kind, this.tracks[kind]);
    this.evaluate();
  }

  /** New routes for the same connection. The polite side asks for them. */
  private async restartIce(): Promise<void> {
    const now = clock.steady();
    if (now - this.lastRestart < restartAtMostEvery) return;
    this.lastRestart = now;
    this.relayGone = false;
    const connection = this.connection;
    await this.configure();
    if (connection !== this.connection || this.closed) return;
    if (this.impolite) connection?.restartIce();
    else this.signal({ k: 'restart', gen: this.options.memory.gen });
  }

  private credentialsRefused(): void {
    if (this.options.ice.doubt() && !this.connected) void this.restartIce();
  }

  private async configure(): Promise<void> {
    const connection = this.connection;
    connection?.configure(connectionConfig(await this.options.ice.get(), this.options.route));
  }

  private tick(): void {
    if (this.closed) return;
    const now = clock.steady();
    this.tickCount += 1;
    const { silentMs } = this.routeStatus;
    const state = this.connection?.state ?? 'none';
    const signalling = this.options.signalling();
    const repair = this.recovery.update({ state, silentMs, signalling }, now);
    // The relay's silence does not tell why: its credentials may have expired.
    if (repair !== null) {
      events.note('route repair', repair);
      this.options.ice.doubt();
    }
    if (repair === 'restart') void this.restartIce();
    else if (repair === 'rebuild') this.rebuild();
    for (const kind of kinds) {
      const lane = this.connection?.lane(kind);
      if (lane) this.health[kind].update(this.view(kind, lane), now);
    }
    this.healFailures(now);
    if (this.tickCount % 2 === 0) void this.check();
    else void this.sampleArrivals();
    this.evaluate();
  }

  /** Between two checks, so that silence is noticed within half a second. */
  private async sampleArrivals(): Promise<void> {
    const { connection } = this;
    if (!connection) return;
    const report = await within(statsLimit, connection.pc.getStats()).catch(() => null);
    if (report && !this.closed && connection === this.connection) this.watchArrivals(report);
  }

  private watchArrivals(report: RTCStatsReport): void {
    const expected = this.connected && (this.announced.audio || this.announced.video);
    this.routeStatus.sample(arrivalsOf(report), expected, clock.steady());
    const { silentMs } = this.routeStatus;
    clearTimeout(this.sampling);
    if (silentMs > 0 && silentMs < interruptedAfterMs) {
      this.sampling = setTimeout(() => void this.sampleArrivals(), sampleAgainMs);
    }
    this.evaluate();
  }

  private healFailures(now: number): void {
    const failing = kinds.some(
      (kind) => this.announced[kind] && this.health[kind].failingFor(now) > this.patience,
    );
    if (!failing) {
      if (this.media === 'encrypted') this.heals = 0;
      return;
    }
    // Fresh keys come first, then another connection as well.
    if (this.heal(now)) {
      events.note('frames do not open, asking for fresh keys');
      this.options.rejoin();
      if (this.heals > 1) this.rebuild();
    }
  }

  /** Whether it is time for another try. */
  private heal(now: number): boolean {
    if (this.heals >= maxHeals || !this.options.signalling()) return false;
    if (now - this.lastHeal < rebuildAtMostEvery + failingLimit) return false;
    this.lastHeal = now;
    this.heals += 1;
    return true;
  }

  /** The watchdog: never more sent than sealed. Also keeps the statistics fresh. */
  private async check(): Promise<void> {
    const connection = this.connection;
    if (!connection || this.checking) return;
    this.checking = true;
    try {
      const report = await within(statsLimit, connection.pc.getStats());
      const asked = await this.options.frames.poll();
      if (this.closed || connection !== this.connection || !asked) return;
      const now = clock.steady();
      this.sample = sampleOf(report, now);
      this.route = connection.state === 'connected' ? this.sample.route : null;
      this.watchArrivals(report);
      const [leak] = connection.lanes.filter(({ kind, seal }) =>
        this.leak[kind].leaks(sentOf(report, kind, seal.counters), now),
      );
      if (leak) {
        this.close();
        this.options.onleak(leak.kind);
        return;
      }
      const past = connection.lanes.filter(({ kind, open }) =>
        this.bypass[kind].bypassed(receivedOf(report, kind), open.counters.in),
      );
      if (past.length > 0 && this.heal(now)) this.rebuild();
    } catch (error) {
      // A connection that is being closed has nothing to tell.
      if (!this.closed) events.failed('no statistics', error);
    } finally {
      this.checking = false;
    }
  }

  private view(kind: Kind, lane: Lane): IncomingView {
    const { counters, lastOut } = lane.open;
    return {
      announced: this.announced[kind],
      firstAuthenticated: counters.firstAuthenticated,
      out: counters.out,
      failed: counters.authFailed + counters.dropped,
      lastOut,
    };
  }

  private evaluate(): void {
    if (this.closed) return;
    const now = clock.steady();
    const seen = kinds.flatMap((kind) => {
      const lane = this.connection?.lane(kind);
      if (!lane) return [];
      return [{ view: this.view(kind, lane), failingFor: this.health[kind].failingFor(now) }];
    });
    const { connectedBefore } = this.recovery;
    const state = this.routeStatus.update(this.connected, connectedBefore, now);
    this.media = mediaState(state, seen, now);
    if (!this.connected) this.route = null;
    this.options.onchange();
  }
}
