/** Whether this browser can do what end-to-end encryption needs. */
import type { CallError } from './types';

export async function missingCapability(): Promise<CallError | null> {
  const g = globalThis as unknown as Record<string, unknown>;
  if (!g.isSecureContext) return { code: 'not-secure' };
  const needed = ['RTCPeerConnection', 'RTCRtpScriptTransform', 'WebSocket', 'Worker'];
  const absent = needed.find((name) => typeof g[name] !== 'function');
  if (absent) return { code: 'unsupported', detail: absent };
  if (!('setCodecPreferences' in RTCRtpTransceiver.prototype)) {
    return { code: 'unsupported', detail: 'setCodecPreferences' };
  }
  const vp8 = RTCRtpSender.getCapabilities('video')?.codecs.some(
    ({ mimeType }) => mimeType.toLowerCase() === 'video/vp8',
  );
  if (!vp8) return { code: 'unsupported', detail: 'VP8' };
  try {
    await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    await crypto.subtle.generateKey('X25519', false, ['deriveBits']);
  } catch {
    return { code: 'unsupported', detail: 'Ed25519 or X25519' };
  }
  return null;
}
