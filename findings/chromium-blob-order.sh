#!/usr/bin/env bash
# Chromium: strings overtake a Blob on an ordered data channel; buffers do not.
#
# Guess: all messages of an ordered channel arrive in the order of the send() calls, of
# whatever type they are; a Blob is queued in its place and read when its turn comes.
# Seen: in Chromium 156 strings that were sent after a Blob arrive before it. A Uint8Array
# sent after it waits for it. Firefox 153 keeps the order of the calls.
# Matters: "header, file, footer" as string, Blob, string arrives as header, footer, file.
# Await blob.arrayBuffer() and send that.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

cat >finding.js <<'JS'
const [a, b] = connections();
const [channel, other] = await openChannel(a, b);
const got = [];
other.binaryType = 'arraybuffer';
other.onmessage = ({ data }) => got.push(typeof data === 'string' ? data : `${data.byteLength} bytes`);
channel.send('header');
channel.send(new Blob([new Uint8Array(100_000)]));
channel.send('middle');
channel.send(new Blob(['abc']));
channel.send(new Uint8Array(5));
channel.send('footer');
while (got.length < 6) await sleep(50);
return { ordered: channel.ordered, arrived: got.join(', ') };
JS
seen_in chromium firefox -- finding.js
expected <<'TXT'
chromium: ordered: true
chromium: arrived: header, middle, footer, 100000 bytes, 3 bytes, 5 bytes
firefox: ordered: true
firefox: arrived: header, 100000 bytes, middle, 3 bytes, 5 bytes, footer
TXT
