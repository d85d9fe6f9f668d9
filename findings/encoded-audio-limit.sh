#!/usr/bin/env bash
# Chromium, Firefox: an audio frame that a transform makes larger goes out as one packet, far
# beyond the path MTU; above a limit that nothing tells it disappears.
#
# Guess: a frame that does not fit a packet of some 1,200 bytes is refused or dropped.
# Seen: Chromium 156 sends up to 2,010 bytes of payload in one RTP packet (2,020 vanish),
# Firefox 153 up to 9,100 (9,200 vanish). write() resolves either way and the sender reports no
# error; the receiver counts a lost packet, for the sequence number was used.
# Matters: padding of audio, or several frames in one, works on loopback up to these sizes
# and depends on IP fragments on a real path. Keep frame plus header and tag below 1,200.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

cat >finding.js <<'JS'
const code = `
  let size = 0, count = 0, sizes = [];
  onmessage = ({ data }) => {
    if (data.size !== undefined) size = data.size;
    else { postMessage(sizes); sizes = []; }
  };
  onrtctransform = async ({ transformer: { readable, writable } }) => {
    const writer = writable.getWriter();
    for await (const frame of readable) {
      sizes.push(frame.data.byteLength);
      if (size > 0 && count++ % 5 === 0) {
        const larger = new Uint8Array(size);
        larger.set(new Uint8Array(frame.data));
        frame.data = larger.buffer;
      }
      await writer.write(frame).catch((error) => sizes.push(error.name));
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
for (const size of [1500, 2010, 2020, 9100, 9200]) {
  const lost = async () => (await statsOf(b, 'inbound-rtp', 'audio')).packetsLost;
  const [lostBefore] = [await lost(), await answerOf(back, {}), await answerOf(out, {})];
  out.postMessage({ size });
  await sleep(1500);
  out.postMessage({ size: 0 });
  await sleep(300);
  const arrived = (await answerOf(back, {})).includes(size);
  const errors = (await answerOf(out, {})).filter((each) => typeof each === 'string');
  result[`${size} bytes`] =
    `${arrived ? 'arrive' : 'vanish'}, errors ${errors.length}, packets lost ${(await lost()) - lostBefore > 3}`;
}
return result;
JS
seen_in chromium firefox -- finding.js
expected <<'TXT'
chromium: 1500 bytes: arrive, errors 0, packets lost false
chromium: 2010 bytes: arrive, errors 0, packets lost false
chromium: 2020 bytes: vanish, errors 0, packets lost true
chromium: 9100 bytes: vanish, errors 0, packets lost true
chromium: 9200 bytes: vanish, errors 0, packets lost true
firefox: 1500 bytes: arrive, errors 0, packets lost false
firefox: 2010 bytes: arrive, errors 0, packets lost false
firefox: 2020 bytes: arrive, errors 0, packets lost false
firefox: 9100 bytes: arrive, errors 0, packets lost false
firefox: 9200 bytes: vanish, errors 0, packets lost true
TXT
