#!/usr/bin/env bash
# @livekit/rtc-node: AudioResampler gives no frame for each frame; it gives bursts, late.
#
# Guess: 10 ms of sound pushed in give 10 ms out, but for a few samples of delay in the first;
# a frame of another rate or number of channels than the resampler was made for throws.
# Seen: 1.1.0 with the default quality gives nothing for 30 ms (48 to 16 kHz) or for 70 ms
# (8 to 48 kHz), then 526 or 2,832 samples at once, then nothing again. flush() makes the
# total exact. Frames of a wrong rate and channel count are taken without an error.
# Matters: its output is no stream of 10 ms frames: code that feeds it to an AudioSource or a
# detector has to cut frames itself and bears up to 80 ms of delay.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

npm_packages @livekit/rtc-node@1.1.0
cat >finding.mjs <<'JS'
import { AudioFrame, AudioResampler, dispose } from '@livekit/rtc-node';

const samples = (frames) => frames.reduce((sum, frame) => sum + frame.samplesPerChannel, 0);
for (const [from, to] of [[48000, 16000], [16000, 48000], [44100, 48000], [8000, 48000], [48000, 48000]]) {
  const resampler = new AudioResampler(from, to, 1);
  const out = [];
  for (let i = 0; i < 20; i++) out.push(samples(resampler.push(AudioFrame.create(from, 1, from / 100))));
  const rest = samples(resampler.flush());
  const whole = out.reduce((sum, each) => sum + each, rest) === to / 5;
  console.log(`${from} to ${to}: ${out.slice(0, 8).join(' ')} ... and ${rest} at flush(), complete ${whole}`);
}
const resampler = new AudioResampler(48000, 16000, 1);
for (let i = 0; i < 20; i++) resampler.push(AudioFrame.create(44100, 2, 441));
console.log('44.1 kHz stereo into 48 kHz mono: no error');
await dispose();
JS
seen node finding.mjs
expected <<'TXT'
48000 to 16000: 0 0 0 526 0 0 0 525 ... and 573 at flush(), complete true
16000 to 48000: 0 0 0 1576 0 0 0 1576 ... and 1720 at flush(), complete true
44100 to 48000: 0 0 929 0 932 0 932 931 ... and 285 at flush(), complete true
8000 to 48000: 0 0 0 0 0 0 0 2832 ... and 3936 at flush(), complete true
48000 to 48000: 480 480 480 480 480 480 480 480 ... and 0 at flush(), complete true
44.1 kHz stereo into 48 kHz mono: no error
TXT
