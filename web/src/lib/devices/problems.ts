/** Why a microphone or camera is not to be had, in kinds a person can act on. */

export type DeviceKind = 'audio' | 'video';
export type Permission = PermissionState | 'unknown';

export type DeviceProblem =
  | 'dismissed' // the browser's question was closed; it can be asked again
  | 'site-blocked' // this site may not use it
  | 'system-blocked' // the browser may, but the system does not let it
  | 'in-use' // another program has it, or it failed to start
  | 'missing' // there is none
  | 'unplugged' // it was in use and is gone
  | 'revoked' // it was in use, and the browser would have to ask again
  | 'unanswered' // the browser has not answered yet
  | 'insecure'; // the page may not ask at all

/**
 * Reads an error of getUserMedia together with what the Permissions API says
 * about the kind. Unknown errors count as `in-use`: trying again is what helps.
 */
export function classify(
  error: { name: string; message: string },
  permission: Permission,
): DeviceProblem {
  switch (error.name) {
    case 'NotAllowedError':
    case 'PermissionDeniedError':
      if (/by system/i.test(error.message) || permission === 'granted') return 'system-blocked';
      return permission === 'prompt' ? 'dismissed' : 'site-blocked';
    case 'SecurityError':
      return 'site-blocked';
    case 'NotFoundError':
    case 'DevicesNotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    default:
      return 'in-use';
  }
}
