/** How loud a microphone is, and whether it is silent. */
import { unwaited } from '../browser/deadline';
import { clock } from '../clock';

const FLOOR_DB = -60;
const SILENCE_RMS = 1e-4;
const SILENCE_MS = 4000;
const STEP_MS = 100;

/** A root mean square of samples as 0 (silence) to 1 (full). */
export function levelOf(rms: number): number {
  if (rms <= 0) return 0;
  const db = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, (db - FLOOR_DB) / -FLOOR_DB));
}

/** Says so once nothing at all was heard for four seconds. */
export class SilenceDetector {
  #since: number | null = null;

  /** `listening` is false while silence means nothing: muted, hidden, not running. */
  update(rms: number, now: number, listening = true): boolean {
    if (!listening || rms > SILENCE_RMS) {
      this.#since = null;
      return false;
    }
    this.#since ??= now;
    return now - this.#since >= SILENCE_MS;
  }
}

export interface Reading {
  level: number;
  silent: boolean;
}

/**
 * Measures `track` ten times a second until the returned function is called; it
 * rests while the page is hidden. A timer and not animation frames: those would
 * have the whole page composed 60 times a second, for as long as a call lasts.
 */
export function watchLevel(
  track: MediaStreamTrack,
  report: (reading: Reading) => void,
): () => void {
  if (typeof AudioContext === 'undefined') return () => {};
  // Nothing is played, so large buffers will do.
  const context = new AudioContext({ latencyHint: 'playback' });
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const silence = new SilenceDetector();
  let last = 0;
  let shown = 0;

  const step = () => {
    const now = clock.steady();
    // After a pause (hidden page) silence is counted anew.
    const paused = now - last > 1000;
    last = now;
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    const rms = Math.sqrt(sum / samples.length);
    // Up at once, down slowly: easier on the eye.
    shown = Math.max(levelOf(rms), shown * 0.7);
    const listening = !paused && context.state === 'running' && track.enabled && !track.muted;
    const silent = silence.update(rms, now, listening);
    report({ level: shown < 0.01 ? 0 : shown, silent });
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  const wake = () => unwaited(context.resume());
  const turn = () => {
    clearInterval(timer);
    if (document.hidden) {
      unwaited(context.suspend());
      return;
    }
    wake();
    timer = setInterval(step, STEP_MS);
  };
  addEventListener('pointerdown', wake);
  addEventListener('keydown', wake);
  document.addEventListener('visibilitychange', turn);
  turn();

  return () => {
    clearInterval(timer);
    removeEventListener('pointerdown', wake);
    removeEventListener('keydown', wake);
    document.removeEventListener('visibilitychange', turn);
    source.disconnect();
    unwaited(context.close());
  };
}
