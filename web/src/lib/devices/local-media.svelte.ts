/** The person's own microphone and camera: what is wanted, what is there, what went wrong. */
import {
  acquire,
  audioConstraints,
  browserCapture,
  canCapture,
  type Got,
  videoConstraints,
  type Wanted,
} from './acquire';
import { type Devices, listDevices, micToTake, noDevices } from './list';
import type { DeviceKind, DeviceProblem } from './problems';

export interface Choices {
  micId: string;
  camId: string;
}

/** Something the person should hear about a device. */
export interface DeviceNotice {
  kind: DeviceKind;
  label: string;
  undo: (() => void) | null;
}

/** Long enough for the blip some systems make when a device changes. */
const TAKEN_AFTER_MS = 600;
/** A browser that has not opened a device by then probably waits for the person. */
const SLOW_AFTER_MS = 4000;

export class LocalMedia {
  /** What the person wants, whether or not there is a device for it. */
  micOn = $state(true);
  camOn = $state(true);
  audio = $state.raw<MediaStreamTrack | null>(null);
  video = $state.raw<MediaStreamTrack | null>(null);
  audioProblem = $state<DeviceProblem | null>(null);
  videoProblem = $state<DeviceProblem | null>(null);
  stage = $state<'unknown' | 'ask' | 'starting' | 'ready'>('unknown');
  /** The browser takes its time: its question is open, or a device is slow to start. */
  waiting = $state<'answer' | 'device' | null>(null);
  /** Another app of a phone took the microphone. */
  micTaken = $state(false);
  rearCamera = $state(false);
  devices = $state.raw<Devices>(noDevices);

  /** The system paused the camera, as phones do in the background. */
  private videoPaused = $state(false);

  micLive = $derived(this.micOn && this.audio !== null);
  camLive = $derived(this.camOn && this.video !== null);
  /** What a switch shows: the wish, until it is known what came of it. */
  micShown = $derived(this.micLive || (this.micOn && this.stage !== 'ready'));
  camShown = $derived(this.camLive || (this.camOn && this.stage !== 'ready'));
  /** What the call may send. A camera the system paused sends nothing rather than a frozen face. */
  sendAudio = $derived(this.micOn ? this.audio : null);
  sendVideo = $derived(this.camOn && !this.videoPaused ? this.video : null);

  private dismissals = 0;
  private closed = false;
  private takenTimer = 0;
  private work: Promise<void> = Promise.resolve();
  /** Aborted when nothing that was asked of the browser is wanted any more. */
  private owner = new AbortController();
  /** What the browser is being asked for. */
  private asked: DeviceKind[] = [];
  private readonly choices: Choices;
  private readonly notify: (notice: DeviceNotice) => void;
  private readonly onDeviceChange = () => void this.devicesChanged();
  private readonly onVisible = () => this.cameBack();

  constructor(choices: Choices, notify: (notice: DeviceNotice) => void) {
    this.choices = { ...choices };
    this.notify = notify;
    navigator.mediaDevices?.addEventListener?.('devicechange', this.onDeviceChange);
    document.addEventListener('visibilitychange', this.onVisible);
  }

  get micId(): string {
    return this.audio?.getSettings().deviceId ?? this.choices.micId;
  }

  get camId(): string {
    return this.video?.getSettings().deviceId ?? this.choices.camId;
  }

  /** Starts at once where permission was given before, else waits for `start`. */
  async prepare(): Promise<void> {
    if (!canCapture()) {
      this.audioProblem = 'insecure';
      this.videoProblem = 'insecure';
      this.stage = 'ready';
      return;
    }
    const asked = await Promise.all([
      browserCapture.permission('audio'),
      browserCapture.permission('video'),
    ]);
    if (asked.some((state) => state === 'prompt' || state === 'unknown')) this.stage = 'ask';
    else await this.start();
  }

  /** Opens what is wanted and not there yet; the browser may ask the person. */
  start(): Promise<void> {
    return this.queue(async (signal) => {
      if (!canCapture()) return;
      this.stage = 'starting';
      const wanted: Wanted = {
        ...(this.micOn && !this.audio && { audio: audioConstraints(this.choices.micId) }),
        ...(this.camOn && !this.video && { video: videoConstraints(this.choices.camId) }),
      };
      const got = await this.ask(wanted, signal);
      if (got.audio.problem === 'dismissed' || got.video.problem === 'dismissed') this.dismissals++;
      // Switched off meanwhile: not wanted any more.
      if (this.micOn && !this.audio) this.takeAudio(got.audio.track, got.audio.problem);
      else if (got.audio.track) release(got.audio.track);
      if (this.camOn && !this.video) this.takeVideo(got.video.track, got.video.problem);
      else if (got.video.track) release(got.video.track);
      // A question closed twice may be one the browser no longer asks: show the way out instead.
      const again = this.dismissals === 1 && !this.audio && !this.video;
      if (!again) {
        if (this.audioProblem === 'dismissed') this.audioProblem = 'site-blocked';
        if (this.videoProblem === 'dismissed') this.videoProblem = 'site-blocked';
      }
      this.stage = again ? 'ask' : 'ready';
      void this.refreshDevices();
    });
  }

  /**
   * Muting keeps the microphone open with `enabled` false, so that unmuting
   * takes no time; the call is told too (`sendAudio` becomes null).
   */
  async setMic(on: boolean): Promise<void> {
    this.micOn = on;
    if (this.audio) this.audio.enabled = on;
    else if (on) await this.start();
    else this.stopUnwanted();
  }

  /** Switching the camera off closes it, so that its light goes out. */
  async setCam(on: boolean): Promise<void> {
    this.camOn = on;
    if (on) {
      if (!this.video) await this.start();
      return;
    }
    this.stopUnwanted();
    this.takeVideo(null, null);
  }

  /** Goes on without a microphone after one could not be had. */
  withoutMic(): void {
    this.micOn = false;
    this.audioProblem = null;
  }

  /** For those who only listen: closes everything. */
  closeAll(): void {
    this.micOn = false;
    this.camOn = false;
    this.pause();
  }

  useMic(id: string): Promise<void> {
    this.choices.micId = id;
    return this.queue((signal) => this.replaceMic(id, signal));
  }

  useCam(id: string): Promise<void> {
    this.choices.camId = id;
    this.camOn = true;
    return this.queue((signal) => this.replaceCam(videoConstraints(id, true), signal));
  }

  /** Changes between the front and the rear camera of a phone. */
  flip(): Promise<void> {
    const facingMode = { ideal: this.rearCamera ? 'user' : 'environment' };
    this.choices.camId = '';
    return this.queue((signal) => this.replaceCam({ ...videoConstraints(''), facingMode }, signal));
  }

  /** After "Your phone took the microphone": opens it again, within the tap. */
  resumeMic(): Promise<void> {
    return this.queue((signal) => this.replaceMic(this.choices.micId, signal));
  }

  /**
   * Closes everything at once but keeps what is wanted, for `start` to open again. An
   * open question of the browser is not waited for; what it gives later is stopped.
   */
  pause(): void {
    this.abandon();
    this.takeAudio(null, null);
    this.takeVideo(null, null);
    if (this.stage === 'starting') this.stage = 'ready';
  }

  /** Closes everything for good. */
  close(): void {
    this.closed = true;
    this.abandon();
    clearTimeout(this.takenTimer);
    navigator.mediaDevices?.removeEventListener?.('devicechange', this.onDeviceChange);
    document.removeEventListener('visibilitychange', this.onVisible);
    this.takeAudio(null, null);
    this.takeVideo(null, null);
  }

  /** One thing at a time: browsers do not like overlapping requests. */
  private queue(job: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.owner;
    this.work = this.work.then(() => (signal.aborted ? undefined : job(signal))).catch(() => {});
    return this.work;
  }

  /** Nobody waits any more for what was asked or is still to be asked. */
  private abandon(): void {
    this.owner.abort();
    this.owner = new AbortController();
    this.work = Promise.resolve();
    this.asked = [];
    this.waiting = null;
  }

  /** Gives up a question about nothing that is still wanted, and goes on with the rest. */
  private stopUnwanted(): void {
    const wanted = { audio: this.micOn, video: this.camOn };
    if (this.asked.length === 0 || this.asked.some((kind) => wanted[kind])) return;
    this.abandon();
    this.stage = 'ready';
    if ((this.micOn && !this.audio) || (this.camOn && !this.video)) void this.start();
  }

  /** `acquire` for a job of the queue; rejects once `signal` is aborted. */
  private async ask(wanted: Wanted, signal: AbortSignal): Promise<Record<DeviceKind, Got>> {
    const kinds = (['audio', 'video'] as const).filter((kind) => wanted[kind]);
    this.asked = kinds;
    const timer = setTimeout(() => void this.sayWhy(kinds, signal), SLOW_AFTER_MS);
    try {
      const late = (stream: MediaStream) => this.cameLate(stream, signal);
      const got = await acquire(wanted, { signal, late });
      if (!signal.aborted) return got;
      for (const { track } of [got.audio, got.video]) track?.stop();
      throw signal.reason;
    } finally {
      clearTimeout(timer);
      if (!signal.aborted) {
        this.asked = [];
        this.waiting = null;
      }
    }
  }

  private async sayWhy(kinds: readonly DeviceKind[], signal: AbortSignal): Promise<void> {
    const states = await Promise.all(kinds.map((kind) => browserCapture.permission(kind)));
    if (signal.aborted || this.asked !== kinds) return;
    this.waiting = states.every((state) => state === 'granted') ? 'device' : 'answer';
  }

  /** After the limit the person answered all the same: taken if it is still missing. */
  private cameLate(stream: MediaStream, signal: AbortSignal): void {
    for (const track of stream.getTracks()) {
      const audio = track.kind === 'audio';
      const missing = audio ? this.micOn && !this.audio : this.camOn && !this.video;
      if (signal.aborted || !missing) {
        release(track);
        continue;
      }
      if (audio) this.takeAudio(track, null);
      else this.takeVideo(track, null);
      this.notify({ kind: audio ? 'audio' : 'video', label: track.label, undo: null });
    }
  }

  private takeAudio(track: MediaStreamTrack | null, problem: DeviceProblem | null): void {
    if (this.audio && this.audio !== track) release(this.audio);
    if (this.closed) {
      if (track) release(track);
      this.audio = null;
      return;
    }
    clearTimeout(this.takenTimer);
    this.micTaken = false;
    this.audio = track;
    this.audioProblem = problem;
    if (!track) return;
    track.enabled = this.micOn;
    track.onended = () => void this.lost('audio', track);
    track.onunmute = () => {
      clearTimeout(this.takenTimer);
      this.micTaken = false;
    };
    track.onmute = () => {
      clearTimeout(this.takenTimer);
      this.takenTimer = window.setTimeout(() => {
        this.micTaken = track === this.audio && track.muted;
      }, TAKEN_AFTER_MS);
    };
  }

  private takeVideo(track: MediaStreamTrack | null, problem: DeviceProblem | null): void {
    if (this.video && this.video !== track) release(this.video);
    if (this.closed) {
      if (track) release(track);
      this.video = null;
      return;
    }
    this.video = track;
    this.videoProblem = problem;
    this.videoPaused = track?.muted ?? false;
    if (!track) return;
    this.rearCamera = track.getSettings().facingMode === 'environment';
    track.contentHint = 'motion';
    track.onended = () => void this.lost('video', track);
    track.onmute = () => {
      if (track === this.video) this.videoPaused = true;
    };
    track.onunmute = () => {
      if (track === this.video) this.videoPaused = false;
    };
  }

  /** The new one first, so that a failure changes nothing. */
  private async replaceMic(id: string, signal: AbortSignal): Promise<void> {
    const exact = { audio: audioConstraints(id, id !== '') };
    let got = (await this.ask(exact, signal)).audio;
    if (got.problem === 'in-use' && this.audio) {
      // Some browsers open one microphone at a time.
      release(this.audio);
      this.audio = null;
      got = (await this.ask(exact, signal)).audio;
      if (!got.track) got = (await this.ask({ audio: audioConstraints('') }, signal)).audio;
    }
    if (got.track || !this.audio) this.takeAudio(got.track, got.problem);
    await this.refreshDevices();
  }

  /** The old one goes first: phones open one camera at a time. */
  private async replaceCam(wanted: MediaTrackConstraints, signal: AbortSignal): Promise<void> {
    const before = this.video?.getSettings().deviceId ?? '';
    if (this.video) release(this.video);
    let got = (await this.ask({ video: wanted }, signal)).video;
    if (!got.track && before) {
      got = (await this.ask({ video: videoConstraints(before) }, signal)).video;
    }
    this.takeVideo(got.track, got.problem);
    await this.refreshDevices();
  }

  /** A device was unplugged, or its permission taken away. */
  private lost(kind: DeviceKind, track: MediaStreamTrack): Promise<void> {
    return this.queue(async (signal) => {
      if (kind === 'audio' && track === this.audio) {
        const got = (await this.ask({ audio: audioConstraints('') }, signal)).audio;
        this.takeAudio(got.track, got.problem);
        if (got.track) this.notify({ kind, label: got.track.label, undo: null });
      } else if (kind === 'video' && track === this.video) {
        const got = (await this.ask({ video: videoConstraints('') }, signal)).video;
        this.takeVideo(got.track, got.problem);
        if (got.track) this.notify({ kind, label: got.track.label, undo: null });
      }
      await this.refreshDevices();
    });
  }

  private async devicesChanged(): Promise<void> {
    const before = this.devices.mics;
    await this.refreshDevices();
    const headset = this.audio ? micToTake(before, this.devices.mics) : null;
    if (!headset) return;
    const old = this.micId;
    await this.queue((signal) => this.replaceMic(headset.id, signal));
    if (this.micId !== headset.id) return;
    this.notify({ kind: 'audio', label: headset.label, undo: () => void this.useMic(old) });
  }

  /** Phones end or pause tracks while the page is away. */
  private cameBack(): void {
    if (document.hidden) return;
    if (this.audio?.readyState === 'ended') void this.lost('audio', this.audio);
    if (this.video?.readyState === 'ended') void this.lost('video', this.video);
  }

  private async refreshDevices(): Promise<void> {
    this.devices = (await listDevices()) ?? this.devices;
  }
}

/** Stops a track without hearing of it. */
function release(track: MediaStreamTrack): void {
  track.onended = null;
  track.onmute = null;
  track.onunmute = null;
  track.stop();
}
