/** Opens microphone and camera, one without the other if need be. */

import { TimedOut, within } from '../browser/deadline';
import { events } from '../events';
import { classify, type DeviceKind, type DeviceProblem, type Permission } from './problems';

export interface Wanted {
  audio?: MediaTrackConstraints;
  video?: MediaTrackConstraints;
}

export interface Got {
  track: MediaStreamTrack | null;
  problem: DeviceProblem | null;
}

/** The two browser calls this needs; tests put their own in. */
export interface Capture {
  open(wanted: Wanted): Promise<MediaStream>;
  permission(kind: DeviceKind): Promise<Permission>;
}

/** The party that waits for the devices. */
export interface Owner {
  /** Aborted when they are not wanted any more; `acquire` then rejects with its reason. */
  signal?: AbortSignal;
  /** Gets what the browser opens too late. Without it, that is stopped. */
  late?: (stream: MediaStream) => void;
  capture?: Capture;
}

/** Milliseconds for which an open question of the browser is waited for. */
export const answerLimit = 60_000;
const permissionLimit = 2_000;

export function audioConstraints(deviceId: string, exact = false): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ...(deviceId && { deviceId: exact ? { exact: deviceId } : { ideal: deviceId } }),
  };
}

export function videoConstraints(deviceId: string, exact = false): MediaTrackConstraints {
  return {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30 },
    ...(deviceId
      ? { deviceId: exact ? { exact: deviceId } : { ideal: deviceId } }
      : { facingMode: { ideal: 'user' } }),
  };
}

export const browserCapture: Capture = {
  // biome-ignore lint/plugin: `acquire` owns what it opens, and its time limit.
  open: (wanted) => navigator.mediaDevices.getUserMedia(wanted),
  async permission(kind) {
    return (await permissionStatus(kind))?.state ?? 'unknown';
  },
};

/** null: this browser does not tell, or not in time. */
async function permissionStatus(kind: DeviceKind): Promise<PermissionStatus | null> {
  const name = (kind === 'audio' ? 'microphone' : 'camera') as PermissionName;
  try {
    return await within(permissionLimit, navigator.permissions.query({ name }));
  } catch {
    return null;
  }
}

/** Tells of changes of a permission until the returned function is called. */
export function watchPermission(kind: DeviceKind, changed: () => void): () => void {
  const stop = new AbortController();
  void permissionStatus(kind).then((status) => {
    status?.addEventListener('change', changed, { signal: stop.signal });
  });
  return () => stop.abort();
}

/** False on http pages, where browsers hide the interface. */
export function canCapture(): boolean {
  return typeof navigator.mediaDevices?.getUserMedia === 'function';
}

/**
 * Asks once for everything wanted; when that fails, for each kind alone, so
 * that a blocked or missing camera never costs the microphone. A kind whose
 * question was just dismissed, or is still open, is not asked about a second time.
 */
export async function acquire(wanted: Wanted, owner: Owner = {}): Promise<Record<DeviceKind, Got>> {
  const { capture = browserCapture } = owner;
  const none: Record<DeviceKind, Got> = {
    audio: { track: null, problem: null },
    video: { track: null, problem: null },
  };
  const kinds = (['audio', 'video'] as const).filter((kind) => wanted[kind]);
  if (kinds.length === 0) return none;
  try {
    const stream = await open(wanted, owner);
    return {
      audio: { track: stream.getAudioTracks()[0] ?? null, problem: null },
      video: { track: stream.getVideoTracks()[0] ?? null, problem: null },
    };
  } catch (error) {
    owner.signal?.throwIfAborted();
    const got = { ...none };
    for (const kind of kinds) {
      const problem = await problemOf(error, kind, capture);
      events.note(`no ${kind}`, problem);
      const again = kinds.length > 1 && problem !== 'dismissed' && problem !== 'unanswered';
      got[kind] = again ? await openAlone(kind, wanted, owner) : { track: null, problem };
    }
    return got;
  }
}

async function openAlone(kind: DeviceKind, wanted: Wanted, owner: Owner): Promise<Got> {
  try {
    const stream = await open({ [kind]: wanted[kind] }, owner);
    return { track: stream.getTracks()[0] ?? null, problem: null };
  } catch (error) {
    owner.signal?.throwIfAborted();
    const problem = await problemOf(error, kind, owner.capture ?? browserCapture);
    events.note(`no ${kind} alone`, problem);
    return { track: null, problem };
  }
}

function open(wanted: Wanted, { signal, late = stop, capture = browserCapture }: Owner) {
  return within(answerLimit, capture.open(wanted), { late, ...(signal && { signal }) });
}

async function problemOf(error: unknown, kind: DeviceKind, capture: Capture) {
  if (error instanceof TimedOut) return 'unanswered' satisfies DeviceProblem;
  return classify(error as Error, await capture.permission(kind));
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
