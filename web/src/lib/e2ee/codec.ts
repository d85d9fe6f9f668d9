/**
 * Clear bytes at the start of a frame, for packetizers and forwarders.
 * It is authenticated together with the rest.
 */

export type Codec = 'opus' | 'vp8';

const codecIds: Record<Codec, number> = { opus: 0, vp8: 1 };

export function isCodec(value: unknown): value is Codec {
  return value === 'opus' || value === 'vp8';
}

/**
 * Bytes in clear: none of Opus; of VP8 the first (its lowest bit says "not a
 * key frame") and, in key frames, the nine behind it with the size. Read from
 * the frame itself, which is the same on both sides. null: not such a frame.
 */
export function clearLength(codec: Codec, frame: Uint8Array): number | null {
  const first = frame[0];
  if (first === undefined) return null;
  if (codec === 'opus') return 0;
  const length = (first & 1) === 0 ? 10 : 1;
  return frame.length >= length ? length : null;
}

/** Use of a key; part of the KID. */
export const micContext = 0;
export const cameraContext = 1;
export const screenContext = 2;
export const screenAudioContext = 3;
export const contexts = [micContext, cameraContext, screenContext, screenAudioContext] as const;
export type Context = (typeof contexts)[number];

export function isContext(value: unknown): value is Context {
  return contexts.some((context) => context === value);
}

/** The metadata authenticated with a frame: version, kind, codec, clear bytes. */
export function frameMetadata(codec: Codec, clear: Uint8Array): Uint8Array {
  const out = new Uint8Array(3 + clear.length);
  out[0] = 1;
  out[1] = codec === 'opus' ? 0 : 1;
  out[2] = codecIds[codec];
  out.set(clear, 3);
  return out;
}
