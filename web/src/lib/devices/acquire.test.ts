import { expect, it } from 'vitest';
import { acquire, type Capture, type Wanted } from './acquire';
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
  const got = await acquire(both, capture);
  expect(asked).toEqual(['audio+video']);
  expect([got.audio.track?.kind, got.video.track?.kind]).toEqual(['audio', 'video']);
});

it('gives the microphone when there is no camera', async () => {
  const { asked, capture } = browser({ video: 'NotFoundError' });
  const got = await acquire(both, capture);
  expect(asked).toEqual(['audio+video', 'audio', 'video']);
  expect(got.audio).toMatchObject({ track: { kind: 'audio' }, problem: null });
  expect(got.video).toEqual({ track: null, problem: 'missing' });
});

it('gives the camera when the microphone is blocked', async () => {
  const { capture } = browser({ audio: 'NotAllowedError' }, { audio: 'denied' });
  const got = await acquire(both, capture);
  expect(got.audio).toEqual({ track: null, problem: 'site-blocked' });
  expect(got.video.track?.kind).toBe('video');
});

it('does not ask again what was just dismissed', async () => {
  const { asked, capture } = browser(
    { audio: 'NotAllowedError', video: 'NotAllowedError' },
    { audio: 'prompt', video: 'prompt' },
  );
  const got = await acquire(both, capture);
  expect(asked).toEqual(['audio+video']);
  expect([got.audio.problem, got.video.problem]).toEqual(['dismissed', 'dismissed']);
});

it('asks once when only one kind is wanted', async () => {
  const { asked, capture } = browser({ audio: 'NotReadableError' });
  const got = await acquire({ audio: {} }, capture);
  expect(asked).toEqual(['audio']);
  expect(got.audio.problem).toBe('in-use');
  expect(got.video).toEqual({ track: null, problem: null });
});

it('asks nothing when nothing is wanted', async () => {
  const { asked, capture } = browser({});
  await acquire({}, capture);
  expect(asked).toEqual([]);
});
