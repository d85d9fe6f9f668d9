import { afterEach, describe, expect, it, vi } from 'vitest';
import { levelOf, type Reading, SilenceDetector, watchLevel } from './level';

it.each([
  [0, 0],
  [0.001, 0],
  [1, 1],
  [2, 1],
])('a mean of %f is level %f', (rms, level) => {
  expect(levelOf(rms)).toBeCloseTo(level, 5);
});

it('grows with the sound', () => {
  expect(levelOf(0.1)).toBeGreaterThan(levelOf(0.01));
});

it('calls a microphone silent after four seconds without any sound', () => {
  const silence = new SilenceDetector();
  expect(silence.update(0, 1000)).toBe(false);
  expect(silence.update(0, 4999)).toBe(false);
  expect(silence.update(0, 5000)).toBe(true);
});

it('starts over with every sound, however small', () => {
  const silence = new SilenceDetector();
  silence.update(0, 0);
  expect(silence.update(0.0002, 3999)).toBe(false);
  expect(silence.update(0, 4000)).toBe(false);
  expect(silence.update(0, 7999)).toBe(false);
  expect(silence.update(0, 8000)).toBe(true);
});

it('does not count while nobody listens', () => {
  const silence = new SilenceDetector();
  silence.update(0, 0);
  expect(silence.update(0, 9000, false)).toBe(false);
  expect(silence.update(0, 9001)).toBe(false);
});

describe('a microphone that is watched', () => {
  class Context {
    state = 'running';
    async #turn(state: string) {
      this.state = state;
    }
    createMediaStreamSource = () => ({ connect: () => {}, disconnect: () => {} });
    createAnalyser = () => ({
      getFloatTimeDomainData: (samples: Float32Array) => samples.fill(0.5),
    });
    resume = () => this.#turn('running');
    suspend = () => this.#turn('suspended');
    close = () => this.#turn('closed');
  }

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  function page() {
    vi.useFakeTimers();
    const page = Object.assign(new EventTarget(), { hidden: false });
    const contexts: Context[] = [];
    vi.stubGlobal('document', page);
    vi.stubGlobal('addEventListener', () => {});
    vi.stubGlobal('removeEventListener', () => {});
    vi.stubGlobal('MediaStream', class {});
    vi.stubGlobal('AudioContext', function AudioContext() {
      contexts.push(new Context());
      return contexts.at(-1);
    });
    // A request for animation frames makes the browser compose the page 60 times a second.
    vi.stubGlobal('requestAnimationFrame', () => expect.fail('an animation frame'));
    const readings: Reading[] = [];
    const track = { enabled: true, muted: false } as MediaStreamTrack;
    const stop = watchLevel(track, (reading) => void readings.push(reading));
    const hide = (hidden: boolean) => {
      page.hidden = hidden;
      page.dispatchEvent(new Event('visibilitychange'));
    };
    return { readings, contexts, stop, hide };
  }

  it('is read ten times a second, and not at all while the page is hidden', async () => {
    const { readings, contexts, stop, hide } = page();
    await vi.advanceTimersByTimeAsync(1000);
    expect(readings).toHaveLength(10);
    expect(readings[0]?.level).toBeGreaterThan(0.8);
    hide(true);
    await vi.advanceTimersByTimeAsync(5000);
    expect(readings).toHaveLength(10);
    expect(contexts[0]?.state).toBe('suspended');
    hide(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(readings).toHaveLength(20);
    expect(contexts[0]?.state).toBe('running');
    stop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(readings).toHaveLength(20);
    expect(contexts[0]?.state).toBe('closed');
    expect(vi.getTimerCount()).toBe(0);
  });
});
