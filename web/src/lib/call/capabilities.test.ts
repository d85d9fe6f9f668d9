// A missing feature of the browser is named, and no call begins.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { missingCapability } from './capabilities';

const transceiver = class {
  setCodecPreferences() {}
};

beforeEach(() => {
  vi.stubGlobal('isSecureContext', true);
  for (const name of ['RTCPeerConnection', 'RTCRtpScriptTransform', 'WebSocket', 'Worker']) {
    vi.stubGlobal(name, class {});
  }
  vi.stubGlobal('RTCRtpTransceiver', transceiver);
  vi.stubGlobal('RTCRtpSender', {
    getCapabilities: () => ({ codecs: [{ mimeType: 'video/VP8' }] }),
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('a browser with everything lacks nothing', async () => {
  expect(await missingCapability()).toBeNull();
});

it.each(['RTCPeerConnection', 'RTCRtpScriptTransform', 'WebSocket', 'Worker'])(
  'without %s there is no call',
  async (name) => {
    vi.stubGlobal(name, undefined);
    expect(await missingCapability()).toEqual({ code: 'unsupported', detail: name });
  },
);

it('without a secure context, codec preferences or VP8 there is no call', async () => {
  vi.stubGlobal('RTCRtpSender', {
    getCapabilities: () => ({ codecs: [{ mimeType: 'video/H264' }] }),
  });
  expect(await missingCapability()).toEqual({ code: 'unsupported', detail: 'VP8' });
  vi.stubGlobal('RTCRtpTransceiver', class {});
  expect(await missingCapability()).toMatchObject({ detail: 'setCodecPreferences' });
  vi.stubGlobal('isSecureContext', false);
  expect(await missingCapability()).toEqual({ code: 'not-secure' });
});

it.each(['Ed25519', 'X25519'])('without %s there is no call', async (absent) => {
  const generate = crypto.subtle.generateKey.bind(crypto.subtle);
  vi.spyOn(crypto.subtle, 'generateKey').mockImplementation((async (
    algorithm: string,
    ...rest: [boolean, KeyUsage[]]
  ) => {
    if (algorithm === absent) throw new DOMException('no', 'NotSupportedError');
    return generate(algorithm, ...rest);
  }) as typeof crypto.subtle.generateKey);
  expect(await missingCapability()).toEqual({ code: 'unsupported', detail: 'Ed25519 or X25519' });
});
