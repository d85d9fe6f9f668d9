/** How loud a microphone is, and whether it is silent. */

const FLOOR_DB = -60;
const SILENCE_RMS = 1e-4;
const SILENCE_MS = 4000;
const STEP_MS = 66;

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
 * Measures `track` about 15 times a second until the returned function is
 * called. It is driven by animation frames, so it rests while the page is hidden.
 */
export function watchLevel(
  track: MediaStreamTrack,
  report: (reading: Reading) => void,
): () => void {
  if (typeof AudioContext === 'undefined') return () => {};
  const context = new AudioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const silence = new SilenceDetector();
  let frame = 0;
  let last = 0;
  let shown = 0;

  const wake = () => void context.resume().catch(() => {});
  addEventListener('pointerdown', wake);
  addEventListener('keydown', wake);

  const step = (now: number) => {
    frame = requestAnimationFrame(step);
    if (now - last < STEP_MS) return;
    // After a pause (hidden page) silence is counted anew.
    const paused = now - last > 1000;
    last = now;
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    const rms = Math.sqrt(sum / samples.length);
    // Up at once, down slowly: easier on the eye.
    shown = Math.max(levelOf(rms), shown * 0.8);
    const listening = !paused && context.state === 'running' && track.enabled && !track.muted;
    const silent = silence.update(rms, now, listening);
    report({ level: shown < 0.01 ? 0 : shown, silent });
  };
  frame = requestAnimationFrame(step);

  return () => {
    cancelAnimationFrame(frame);
    removeEventListener('pointerdown', wake);
    removeEventListener('keydown', wake);
    source.disconnect();
    void context.close().catch(() => {});
  };
}
