/** The person's own microphone and camera: what is wanted, what is there, what went wrong. */
import {
  audioConstraints,
  browserCapture,
  canCapture,
  type Got,
  videoConstraints,
  type Wanted,
  watchPermission,
} from './acquire';
import { Asking } from './asking.svelte';
import { cameBack, type Devices, listDevices, micToTake, noDevices } from './list';
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
/** A device that another program has is tried again this often: nobody tells when it is free. */
const TRY_AGAIN_MS = 10_000;
const bothKinds = ['audio', 'video'] as const;

export class LocalMedia {
  /** The person's wish, whether or not there is a device for it. */
  micOn = $state(true);
  camOn = $state(true);
  audio = $state.raw<MediaStreamTrack | null>(null);
  video = $state.raw<MediaStreamTrack | null>(null);
  audioProblem = $state<DeviceProblem | null>(null);
  videoProblem = $state<DeviceProblem | null>(null);
  stage = $state<'unknown' | 'ask' | 'starting' | 'ready'>('unknown');
  /** Another app of a phone took the microphone. */
  micTaken = $state(false);
  rearCamera = $state(false);
  devices = $state.raw<Devices>(noDevices);

  /** The system paused the camera, as phones do in the background. */
  private videoPaused = $state(false);

  micLive = $derived(this.micOn && this.audio !== null);
  camLive = $derived(this.camOn && this.video !== null);
  /** State of a switch: the wish, until its result is known. */
  micShown = $derived(this.micLive || (this.micOn && this.stage !== 'ready'));
  camShown = $derived(this.camLive || (this.camOn && this.stage !== 'ready'));
  /** Tracks that the call may send. A camera that the system paused sends nothing rather than a frozen face. */
  sendAudio = $derived(this.micOn ? this.audio : null);
  sendVideo = $derived(this.camOn && !this.videoPaused ? this.video : null);

  private dismissals = 0;
  private closed = false;
  private takenTimer = 0;
  private readonly asking = new Asking((stream, signal) => this.cameLate(stream, signal));
  private readonly choices: Choices;
  private readonly notify: (notice: DeviceNotice) => void;
  private readonly onDeviceChange = () => void this.devicesChanged();
  private readonly onVisible = () => this.shownAgain();
  private retryTimer = 0;
  private readonly unwatch: (() => void)[];

  constructor(choices: Choices, notify: (notice: DeviceNotice) => void) {
    this.choices = { ...choices };
    this.notify = notify;
    navigator.mediaDevices?.addEventListener?.('devicechange', this.onDeviceChange);
    document.addEventListener('visibilitychange', this.onVisible);
    this.unwatch = bothKinds.map((kind) => watchPermission(kind, () => void this.comeBack()));
  }

  /** The browser takes its time: its question is open, or a device is slow to start. */
  get waiting(): 'answer' | 'device' | null {
    return this.asking.waiting;
  }

  /** Whether `waiting` is about this device: it is neither on nor refused yet. */
  waitsFor(kind: DeviceKind): boolean {
    return this.asking.waiting !== null && this.asking.asked.includes(kind);
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
      for (const kind of bothKinds) {
        const { track } = got[kind];
        if (this.wants(kind) && !this.trackOf(kind)) this.take(kind, got[kind]);
        // Switched off meanwhile.
        else if (track) release(track);
      }
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

  /** Goes on with what there is: a question that was closed is not asked again here. */
  goOn(): void {
    if (this.stage === 'ask') this.stage = 'ready';
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
    for (const stop of this.unwatch) stop();
    navigator.mediaDevices?.removeEventListener?.('devicechange', this.onDeviceChange);
    document.removeEventListener('visibilitychange', this.onVisible);
    this.takeAudio(null, null);
    this.takeVideo(null, null);
  }

  private queue(job: (signal: AbortSignal) => Promise<void>): Promise<void> {
    return this.asking.queue(job);
  }

  private ask(wanted: Wanted, signal: AbortSignal): Promise<Record<DeviceKind, Got>> {
    return this.asking.ask(wanted, signal);
  }

  private abandon(): void {
    this.asking.abandon();
    clearTimeout(this.retryTimer);
  }

  /** Gives up a question about nothing that is still wanted, and goes on with the rest. */
  private stopUnwanted(): void {
    const { asked } = this.asking;
    if (asked.length === 0 || asked.some((kind) => this.wants(kind))) return;
    this.abandon();
    this.stage = 'ready';
    if (bothKinds.some((kind) => this.wants(kind) && !this.trackOf(kind))) void this.start();
  }

  /** After the limit the person answered all the same: taken if it is still missing. */
  private cameLate(stream: MediaStream, signal: AbortSignal): void {
    for (const track of stream.getTracks()) {
      const kind = track.kind === 'audio' ? 'audio' : 'video';
      if (signal.aborted || !this.wants(kind) || this.trackOf(kind)) {
        release(track);
        continue;
      }
      this.take(kind, { track, problem: null });
      this.notify({ kind, label: track.label, undo: null });
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

  /** A device was unplugged, or its permission taken away: another one takes its place. */
  private lost(kind: DeviceKind, track: MediaStreamTrack): Promise<void> {
    return this.queue(async (signal) => {
      if (track !== this.trackOf(kind)) return;
      await this.refreshDevices();
      const taken = await this.takenAway(kind);
      if (signal.aborted) return;
      if (taken) this.take(kind, { track: null, problem: taken });
      else await this.openAgain(kind, signal);
    });
  }

  /** Opening would be refused, or would ask the person out of the blue. */
  private async takenAway(kind: DeviceKind): Promise<DeviceProblem | null> {
    const permission = await browserCapture.permission(kind);
    if (permission === 'denied') return 'site-blocked';
    // Without a permission the devices have no names.
    const { mics, cams } = this.devices;
    const named = [...mics, ...cams].some(({ label }) => label !== '');
    return permission === 'prompt' && !named ? 'revoked' : null;
  }

  /** Within a job of the queue. */
  private async openAgain(kind: DeviceKind, signal: AbortSignal): Promise<void> {
    const before = kind === 'audio' ? this.audioProblem : this.videoProblem;
    const wanted =
      kind === 'audio'
        ? { audio: audioConstraints(this.choices.micId) }
        : { video: videoConstraints(this.choices.camId) };
    const got = (await this.ask(wanted, signal))[kind];
    const gone = got.problem === 'missing' && before !== 'missing';
    this.take(kind, gone ? { track: null, problem: 'unplugged' } : got);
    if (got.track) this.notify({ kind, label: got.track.label, undo: null });
    await this.refreshDevices();
  }

  /** Opens again by itself what is wanted and could not be had; never makes the browser ask. */
  private comeBack(): Promise<void> {
    return this.queue(async (signal) => {
      for (const kind of bothKinds) {
        if (!(await this.mayComeBack(kind)) || signal.aborted) continue;
        await this.openAgain(kind, signal);
      }
    });
  }

  private async mayComeBack(kind: DeviceKind): Promise<boolean> {
    const problem = kind === 'audio' ? this.audioProblem : this.videoProblem;
    if (!this.wants(kind) || this.trackOf(kind) || problem === null) return false;
    if (problem === 'unanswered' || problem === 'insecure') return false;
    const permission = await browserCapture.permission(kind);
    if (problem !== 'missing' && problem !== 'unplugged') return permission === 'granted';
    const there = kind === 'audio' ? this.devices.mics : this.devices.cams;
    return there.length > 0 && permission !== 'denied';
  }

  private wants(kind: DeviceKind): boolean {
    return kind === 'audio' ? this.micOn : this.camOn;
  }

  private trackOf(kind: DeviceKind): MediaStreamTrack | null {
    return kind === 'audio' ? this.audio : this.video;
  }

  private take(kind: DeviceKind, { track, problem }: Got): void {
    if (kind === 'audio') this.takeAudio(track, problem);
    else this.takeVideo(track, problem);
    if (problem !== 'in-use') return;
    clearTimeout(this.retryTimer);
    this.retryTimer = window.setTimeout(() => void this.comeBack(), TRY_AGAIN_MS);
  }

  private async devicesChanged(): Promise<void> {
    const before = this.devices;
    await this.refreshDevices();
    const { mics, cams } = this.devices;
    const { micId, camId } = this.choices;
    const mic = cameBack(micId, before.mics, mics)
      ? mics.find(({ id }) => id === micId)
      : micToTake(before.mics, mics);
    if (this.audio && mic && mic.id !== this.micId) await this.changeMic(mic.id, mic.label);
    if (this.video && camId !== this.camId && cameBack(camId, before.cams, cams)) {
      await this.queue((signal) => this.replaceCam(videoConstraints(camId, true), signal));
      if (this.video) this.notify({ kind: 'video', label: this.video.label, undo: null });
    }
    await this.comeBack();
  }

  private async changeMic(id: string, label: string): Promise<void> {
    const old = this.micId;
    await this.queue((signal) => this.replaceMic(id, signal));
    if (this.micId !== id) return;
    this.notify({ kind: 'audio', label, undo: () => void this.useMic(old) });
  }

  /** Phones end or pause tracks while the page is away. */
  private shownAgain(): void {
    if (document.hidden) return;
    if (this.audio?.readyState === 'ended') void this.lost('audio', this.audio);
    if (this.video?.readyState === 'ended') void this.lost('video', this.video);
    void this.comeBack();
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
