#!/usr/bin/env bash
# Chromium, Firefox: an encoded frame that is written after a later one is thrown away, and
# write() resolves.
#
# Guess: frames go to the packetiser in the order they are written, with their own RTP
# timestamps; the receiver's jitter buffer puts them right. What is refused rejects write().
# Seen: the frame that was held back while its successor went through never leaves, without an
# error and without a gap in the sequence numbers; no statistic shows that it is missing.
# Writing one frame twice ends the same way: the second is thrown away.
# Matters: a transform that works on frames in parallel (crypto for each, written
# as it gets ready) loses some under load. Await in order, or chain the writes.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

cat >finding.js <<'JS'
const code = `
  let mode = '', count = 0, log = [];
  onmessage = ({ data }) => {
    if (data.mode !== undefined) { mode = data.mode; count = 0; log = []; }
    else postMessage(log);
  };
  onrtctransform = async ({ transformer: { readable, writable } }) => {
    const writer = writable.getWriter();
    let held = null;
    const write = async (frame) => {
      const { rtpTimestamp, sequenceNumber } = frame.getMetadata();
      await writer.write(frame).then(() => log.push([rtpTimestamp, sequenceNumber]), () => log.push('error'));
    };
    for await (const frame of readable) {
      count += 1;
      if (mode === 'swap' && count === 5) { held = frame; continue; }
      await write(frame);
      if (held) { await write(held); held = null; }
      if (mode === 'twice' && count === 5) await write(frame);
    }
  };`;
const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
const [a, b] = connections();
const sender = a.addTrack(stream.getAudioTracks()[0], stream);
const [out, back] = [workerOf(code), workerOf(code)];
sender.transform = new RTCRtpScriptTransform(out);
b.ontrack = ({ receiver, track }) => {
  receiver.transform = new RTCRtpScriptTransform(back);
  const audio = new Audio();
  audio.srcObject = new MediaStream([track]);
  audio.play();
};
await negotiate(a, b);
while (!((await answerOf(back, {})).length > 10)) await sleep(200);

const result = {};
for (const mode of ['swap', 'twice']) {
  back.postMessage({ mode: '' });
  await sleep(200);
  out.postMessage({ mode });
  await sleep(800);
  const wrote = await answerOf(out, {});
  await sleep(300);
  const got = await answerOf(back, {});
  const stamps = wrote.slice(0, 8).map(([stamp]) => stamp);
  const inside = got.filter(([stamp]) => stamp >= Math.min(...stamps) && stamp <= Math.max(...stamps));
  const gaps = inside.filter(([, number], i) => i > 0 && number !== ((inside[i - 1][1] + 1) & 65535));
  result[mode] =
    `${stamps.length} writes resolved, ${new Set(stamps).size} different frames, ${inside.length} arrived, ${gaps.length} gaps`;
}
return result;
JS
seen_in chromium firefox -- finding.js
expected <<'TXT'
chromium: swap: 8 writes resolved, 8 different frames, 7 arrived, 0 gaps
chromium: twice: 8 writes resolved, 7 different frames, 7 arrived, 0 gaps
firefox: swap: 8 writes resolved, 8 different frames, 7 arrived, 0 gaps
firefox: twice: 8 writes resolved, 7 different frames, 7 arrived, 0 gaps
TXT
