#!/usr/bin/env bash
# WebCodecs, Opus: chunk timestamps count what was encoded, not what the input said, and
# silence with DTX shortens the time in Chromium.
#
# Guess: a chunk has the timestamp of the input it was made of: a pause in the input is a pause
# in the output, 50 frames of 20 ms make 50 chunks, and with usedtx the chunks that are
# not sent leave a gap in the timestamps.
# Seen: both browsers close a pause of 0.9 s and add a chunk at flush(). In Firefox 153 the
# second chunk starts at 13.5 ms and overlaps the first. With usedtx, Chromium 156 stamps
# the refresh chunk of silence, 600 ms after the start, with 200 ms; Firefox with 593.5 ms,
# and its flush() then fails with an EncodingError.
# Matters: timestamps of chunks cannot be sent as media time once the input had a gap or
# DTX is on. Keep the time of the input oneself, or encode silence.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

cat >finding.js <<'JS'
async function encode(times, opus, level) {
  const stamps = [];
  const encoder = new AudioEncoder({ output: (chunk) => stamps.push(chunk.timestamp / 1000), error: () => {} });
  encoder.configure({ codec: 'opus', sampleRate: 48000, numberOfChannels: 1, bitrate: 32000, ...opus });
  for (const time of times) {
    const data = Float32Array.from({ length: 960 }, (_, i) => level * Math.sin(i / 10));
    const form = { format: 'f32', sampleRate: 48000, numberOfFrames: 960, numberOfChannels: 1 };
    encoder.encode(new AudioData({ ...form, timestamp: time * 1000, data }));
  }
  const flush = await attempt(() => encoder.flush());
  return { stamps, flush };
}
const frames = (from, n) => Array.from({ length: n }, (_, i) => from + 20 * i);
const paused = await encode([...frames(0, 3), ...frames(960, 2)], {}, 0.5);
const silent = await encode(frames(0, 50), { opus: { usedtx: true } }, 0);
return {
  'input 0, 20, 40, 960, 980 ms': paused.stamps.join(', '),
  'silence with usedtx, input 0 to 980 ms': silent.stamps.join(', '),
  'flush() with usedtx': silent.flush,
};
JS
seen_in chromium firefox -- finding.js
expected <<'TXT'
chromium: input 0, 20, 40, 960, 980 ms: 0, 20, 40, 60, 80, 100
chromium: silence with usedtx, input 0 to 980 ms: 0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200
chromium: flush() with usedtx: accepted
firefox: input 0, 20, 40, 960, 980 ms: 0, 13.5, 33.5, 53.5, 73.5, 93.5
firefox: silence with usedtx, input 0 to 980 ms: 0, 13.5, 33.5, 53.5, 73.5, 93.5, 113.5, 133.5, 153.5, 173.5, 593.5
firefox: flush() with usedtx: EncodingError
TXT
