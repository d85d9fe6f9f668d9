/** The person's own microphone and camera: what is wanted, what is there, what went wrong. */
import { acquire, audioConstraints, browserCapture, canCapture, videoConstraints } from './acquire';
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

export class LocalMedia {
  /** What the person wants, whether or not there is a device for it. */
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
    return this.queue(async () => {
      if (!canCapture()) return;
      this.stage = 'starting';
      const got = await acquire({
        ...(this.micOn && !this.audio && { audio: audioConstraints(this.choices.micId) }),
        ...(this.camOn && !this.video && { video: videoConstraints(this.choices.camId) }),
      });
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
      await this.refreshDevices();
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
  }

  /** Switching the camera off closes it, so that its light goes out. */
  async setCam(on: boolean): Promise<void> {
    this.camOn = on;
    if (!on)
      return this.queue(async () => {
        if (!this.camOn) this.takeVideo(null, null);
      });
    if (!this.video) await this.start();
  }

  /** Goes on without a microphone after one could not be had. */
  withoutMic(): void {
    this.micOn = false;
    this.audioProblem = null;
  }

  /** For those who only listen: closes everything. */
  async closeAll(): Promise<void> {
    this.micOn = false;
    this.camOn = false;
    await this.queue(async () => {
      this.takeAudio(null, null);
      this.takeVideo(null, null);
      this.stage = 'ready';
    });
  }

  useMic(id: string): Promise<void> {
    this.choices.micId = id;
    return this.queue(() => this.replaceMic(id));
  }

  useCam(id: string): Promise<void> {
    this.choices.camId = id;
    this.camOn = true;
    return this.queue(() => this.replaceCam(videoConstraints(id, true)));
  }

  /** Changes between the front and the rear camera of a phone. */
  flip(): Promise<void> {
    const facingMode = { ideal: this.rearCamera ? 'user' : 'environment' };
    this.choices.camId = '';
    return this.queue(() => this.replaceCam({ ...videoConstraints(''), facingMode }));
  }

  /** After "Your phone took the microphone": opens it again, within the tap. */
  resumeMic(): Promise<void> {
    return this.queue(() => this.replaceMic(this.choices.micId));
  }

  /** Closes everything but keeps what is wanted, for `start` to open again. */
  pause(): Promise<void> {
    return this.queue(async () => {
      this.takeAudio(null, null);
      this.takeVideo(null, null);
    });
  }

  /** Closes everything for good. */
  close(): void {
    this.closed = true;
    clearTimeout(this.takenTimer);
    navigator.mediaDevices?.removeEventListener?.('devicechange', this.onDeviceChange);
    document.removeEventListener('visibilitychange', this.onVisible);
    this.takeAudio(null, null);
    this.takeVideo(null, null);
  }

  /** One thing at a time: browsers do not like overlapping requests. */
  private queue(job: () => Promise<void>): Promise<void> {
    this.work = this.work.then(() => (this.closed ? undefined : job())).catch(() => {});
    return this.work;
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
  private async replaceMic(id: string): Promise<void> {
    const exact = { audio: audioConstraints(id, id !== '') };
    let got = (await acquire(exact)).audio;
    if (got.problem === 'in-use' && this.audio) {
      // Some browsers open one microphone at a time.
      release(this.audio);
      this.audio = null;
      got = (await acquire(exact)).audio;
      if (!got.track) got = (await acquire({ audio: audioConstraints('') })).audio;
    }
    if (got.track || !this.audio) this.takeAudio(got.track, got.problem);
    await this.refreshDevices();
  }

  /** The old one goes first: phones open one camera at a time. */
  private async replaceCam(wanted: MediaTrackConstraints): Promise<void> {
    const before = this.video?.getSettings().deviceId ?? '';
    if (this.video) release(this.video);
    let got = (await acquire({ video: wanted })).video;
    if (!got.track && before) got = (await acquire({ video: videoConstraints(before) })).video;
    this.takeVideo(got.track, got.problem);
    await this.refreshDevices();
  }

  /** A device was unplugged, or its permission taken away. */
  private lost(kind: DeviceKind, track: MediaStreamTrack): Promise<void> {
    return this.queue(async () => {
      if (kind === 'audio' && track === this.audio) {
        const got = (await acquire({ audio: audioConstraints('') })).audio;
        this.takeAudio(got.track, got.problem);
        if (got.track) this.notify({ kind, label: got.track.label, undo: null });
      } else if (kind === 'video' && track === this.video) {
        const got = (await acquire({ video: videoConstraints('') })).video;
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
    await this.queue(() => this.replaceMic(headset.id));
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
    this.devices = await listDevices();
  }
}

/** Stops a track without hearing of it. */
function release(track: MediaStreamTrack): void {
  track.onended = null;
  track.onmute = null;
  track.onunmute = null;
  track.stop();
}
