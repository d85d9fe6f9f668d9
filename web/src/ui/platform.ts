import { platformOf } from './logic/platform';

/** The browser this page runs in. */
export const platform = platformOf(navigator.userAgent, navigator.maxTouchPoints);

/** Operated by fingers, without a mouse. */
export const touch = matchMedia('(hover: none) and (pointer: coarse)').matches;

/** Has what an encrypted call needs; the engine looks closer when joining. */
export function canEncrypt(): boolean {
  return (
    typeof RTCPeerConnection === 'function' &&
    'RTCRtpScriptTransform' in globalThis &&
    typeof crypto.subtle === 'object'
  );
}
