import { afterEach, describe, expect, it, vi } from 'vitest';
import { acquire, answerLimit, browserCapture, type Capture, type Wanted } from './acquire';
import type { DeviceKind, Permission } from './problems';

function failure(name: string): Error {
  return Object.assign(new Error(name), { name });
}

/** A browser in which `faults` decides what each kind answers. */
function browser(
  faults: Partial<Record<DeviceKind, string>>,
  permissions: Partial<Record<DeviceKind, Permission>> = {},
) {
  const asked: string[] = [];
  const capture: Capture = {
    async open(wanted: Wanted) {
      const kinds = (['audio', 'video'] as const).filter((kind) => wanted[kind]);
      asked.push(kinds.join('+'));
      for (const kind of kinds) {
        const name = faults[kind];
        if (name) throw failure(name);
      }
      const tracks = kinds.map((kind) => ({ kind }));
      return {
        getTracks: () => tracks,
        getAudioTracks: () => tracks.filter((track) => track.kind === 'audio'),
        getVideoTracks: () => tracks.filter((track) => track.kind === 'video'),
      } as unknown as MediaStream;
    },
    permission: async (kind) => permissions[kind] ?? 'granted',
  };
  return { asked, capture };
}

const both = { audio: {}, video: {} };

it('asks for both in one question', async () => {
  const { asked, capture } = browser({});
  const got = await acquire(both, { capture });
  expect(asked).toEqual(['audio+video']);
  expect([got.audio.track?.kind, got.video.track?.kind]).toEqual(['audio', 'video']);
});

it('gives the microphone when there is no camera', async () => {
  const { asked, capture } = browser({ video: 'NotFoundError' });
  const got = await acquire(both, { capture });
  expect(asked).toEqual(['audio+video', 'audio', 'video']);
  expect(got.audio).toMatchObject({ track: { kind: 'audio' }, problem: null });
  expect(got.video).toEqual({ track: null, problem: 'missing' });
});

it('gives the camera when the microphone is blocked', async () => {
  const { capture } = browser({ audio: 'NotAllowedError' }, { audio: 'denied' });
  const got = await acquire(both, { capture });
  expect(got.audio).toEqual({ track: null, problem: 'site-blocked' });
  expect(got.video.track?.kind).toBe('video');
});

it('does not ask again what was just dismissed', async () => {
  const { asked, capture } = browser(
    { audio: 'NotAllowedError', video: 'NotAllowedError' },
    { audio: 'prompt', video: 'prompt' },
  );
  const got = await acquire(both, { capture });
  expect(asked).toEqual(['audio+video']);
  expect([got.audio.problem, got.video.problem]).toEqual(['dismissed', 'dismissed']);
});

it('asks once when only one kind is wanted', async () => {
  const { asked, capture } = browser({ audio: 'NotReadableError' });
  const got = await acquire({ audio: {} }, { capture });
  expect(asked).toEqual(['audio']);
  expect(got.audio.problem).toBe('in-use');
  expect(got.video).toEqual({ track: null, problem: null });
});

it('asks nothing when nothing is wanted', async () => {
  const { asked, capture } = browser({});
  await acquire({}, { capture });
  expect(asked).toEqual([]);
});

describe('a question that stays open', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  /** `answer` is what the person does in the end. */
  function question() {
    vi.useFakeTimers();
    const stops: string[] = [];
    let answer: (stream: MediaStream) => void = () => {};
    const capture: Capture = {
      open: () => new Promise((resolve) => (answer = resolve)),
      permission: async () => 'prompt',
    };
    const tracks = ['audio', 'video'].map((kind) => ({ kind, stop: () => stops.push(kind) }));
    const stream = { getTracks: () => tracks } as unknown as MediaStream;
    return { capture, stops, stream, answer: () => answer(stream) };
  }

  it('is given up when the devices are not wanted any more; what comes then is stopped', async () => {
    const { capture, stops, answer } = question();
    const owner = new AbortController();
    const asked = acquire(both, { capture, signal: owner.signal });
    owner.abort(new Error('listens only'));
    await expect(asked).rejects.toThrow('listens only');
    answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(stops).toEqual(['audio', 'video']);
  });

  it('is a problem of its own after a minute, and is not asked twice', async () => {
    const { capture, stream, answer } = question();
    const opened = vi.spyOn(capture, 'open');
    const late: MediaStream[] = [];
    const asked = acquire(both, { capture, late: (came) => late.push(came) });
    await vi.advanceTimersByTimeAsync(answerLimit);
    const got = await asked;
    expect([got.audio.problem, got.video.problem]).toEqual(['unanswered', 'unanswered']);
    expect(opened).toHaveBeenCalledOnce();
    answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(late).toEqual([stream]);
  });

  it('leaves a permission unknown that the browser does not tell', async () => {
    vi.useFakeTimers();
    vi.stubGlobal('navigator', { permissions: { query: () => new Promise(() => {}) } });
    const asked = browserCapture.permission('audio');
    await vi.advanceTimersByTimeAsync(2000);
    expect(await asked).toBe('unknown');
  });
});
