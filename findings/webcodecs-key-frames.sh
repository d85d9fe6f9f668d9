#!/usr/bin/env bash
# WebCodecs: flush() of a VideoEncoder, or another bitrate, means a key frame in Firefox and none
# in Chromium.
#
# Guess: flush() waits for the output and changes nothing, so the next frame is a delta; after
# another configure() the next is a key frame, for a decoder may have to begin anew.
# Seen: Chromium 156 goes on with a delta after either. Firefox 153 starts with a key frame after
# flush(), and after configure() when the bitrate changes. It also stamps a frame whose timestamp
# goes back with 1 us more than it was given; a frame without duration has duration 0 in Chromium, null in Firefox.
# Matters: flush() after each frame (to bound the delay) makes every frame of Firefox a key
# frame; a change of the bitrate by configure() costs one there. Never infer the type of
# a frame: read chunk.type, and ask with { keyFrame: true } where one is needed.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

cat >finding.js <<'JS'
const config = { codec: 'vp8', width: 320, height: 240, bitrate: 300_000, framerate: 30, latencyMode: 'realtime' };
let { bitrate } = config;
async function encode(times, between) {
  const chunks = [];
  const encoder = new VideoEncoder({ output: (chunk) => chunks.push(chunk), error: () => {} });
  encoder.configure(config);
  for (const timestamp of times) {
    const canvas = new OffscreenCanvas(320, 240);
    canvas.getContext('2d').fillRect(0, 0, 100, 100);
    const frame = new VideoFrame(canvas, { timestamp });
    encoder.encode(frame);
    frame.close();
    await between(encoder);
  }
  await encoder.flush();
  return chunks;
}
const types = (chunks) => chunks.map(({ type }) => type).join(', ');
const backwards = await encode([100_000, 0, 50_000], () => {});
return {
  'nothing between': types(await encode([0, 33_333, 66_666], () => {})),
  'flush() between': types(await encode([0, 33_333, 66_666], (encoder) => encoder.flush())),
  'configure() between': types(await encode([0, 33_333, 66_666], (encoder) => encoder.configure(config))),
  'another bitrate between': types(
    await encode([0, 33_333, 66_666], (encoder) => {
      bitrate -= 50_000;
      encoder.configure({ ...config, bitrate });
    }),
  ),
  'timestamps 100000, 0, 50000': backwards.map(({ timestamp }) => timestamp).join(', '),
  'no duration': backwards[0].duration,
};
JS
seen_in chromium firefox -- finding.js
expected <<'TXT'
chromium: nothing between: key, delta, delta
chromium: flush() between: key, delta, delta
chromium: configure() between: key, delta, delta
chromium: another bitrate between: key, delta, delta
chromium: timestamps 100000, 0, 50000: 100000, 0, 50000
chromium: no duration: 0
firefox: nothing between: key, delta, delta
firefox: flush() between: key, key, key
firefox: configure() between: key, delta, delta
firefox: another bitrate between: key, key, key
firefox: timestamps 100000, 0, 50000: 100000, 1, 50001
firefox: no duration: null
TXT
