/** Opens microphone and camera, one without the other if need be. */
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
  open: (wanted) => navigator.mediaDevices.getUserMedia(wanted),
  async permission(kind) {
    const name = (kind === 'audio' ? 'microphone' : 'camera') as PermissionName;
    try {
      return (await navigator.permissions.query({ name })).state;
    } catch {
      return 'unknown';
    }
  },
};

/** False on http pages, where browsers hide the interface. */
export function canCapture(): boolean {
  return typeof navigator.mediaDevices?.getUserMedia === 'function';
}

/**
 * Asks once for everything wanted; when that fails, for each kind alone, so
 * that a blocked or missing camera never costs the microphone. A kind whose
 * question was just dismissed is not asked about a second time.
 */
export async function acquire(
  wanted: Wanted,
  capture: Capture = browserCapture,
): Promise<Record<DeviceKind, Got>> {
  const none: Record<DeviceKind, Got> = {
    audio: { track: null, problem: null },
    video: { track: null, problem: null },
  };
  const kinds = (['audio', 'video'] as const).filter((kind) => wanted[kind]);
  if (kinds.length === 0) return none;
  try {
    const stream = await capture.open(wanted);
    return {
      audio: { track: stream.getAudioTracks()[0] ?? null, problem: null },
      video: { track: stream.getVideoTracks()[0] ?? null, problem: null },
    };
  } catch (error) {
    const got = { ...none };
    for (const kind of kinds) {
      const permission = await capture.permission(kind);
      const problem = classify(error as Error, permission);
      got[kind] =
        kinds.length === 1 || problem === 'dismissed'
          ? { track: null, problem }
          : await openAlone(kind, wanted, capture);
    }
    return got;
  }
}

async function openAlone(kind: DeviceKind, wanted: Wanted, capture: Capture): Promise<Got> {
  try {
    const stream = await capture.open({ [kind]: wanted[kind] });
    return { track: stream.getTracks()[0] ?? null, problem: null };
  } catch (error) {
    return { track: null, problem: classify(error as Error, await capture.permission(kind)) };
  }
}
