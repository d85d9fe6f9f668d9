#!/usr/bin/env bash
# Firefox: send() on a data channel that is closing or closed does nothing and throws nothing.
#
# Guess: InvalidStateError in every state but "open", as the specification of WebRTC says
# and as Firefox does while the channel is still connecting.
# Seen: Firefox 153 takes the message after close() of the channel or of its connection, in
# both states, counts nothing in bufferedAmount, and the message is gone. Chromium 156
# throws.
# Matters: code that relies on the exception to keep a message for the next connection
# loses it in Firefox. Look at readyState before each send().
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

cat >finding.js <<'JS'
const result = {};
result.connecting = await attempt(() => new RTCPeerConnection().createDataChannel('data').send('x'));
for (const closed of ['channel', 'connection']) {
  const [a, b] = connections();
  const [channel] = await openChannel(a, b);
  (closed === 'channel' ? channel : a).close();
  if (closed === 'channel') result[`${closed} ${channel.readyState}`] = await attempt(() => channel.send('x'));
  while (channel.readyState !== 'closed') await sleep(20);
  const outcome = await attempt(() => channel.send('x'));
  result[`${closed} closed`] = `${outcome}, ${channel.bufferedAmount} bytes buffered`;
}
return result;
JS
seen_in chromium firefox -- finding.js
expected <<'TXT'
chromium: connecting: InvalidStateError
chromium: channel closing: InvalidStateError
chromium: channel closed: InvalidStateError, 0 bytes buffered
chromium: connection closed: InvalidStateError, 0 bytes buffered
firefox: connecting: InvalidStateError
firefox: channel closing: accepted
firefox: channel closed: accepted, 0 bytes buffered
firefox: connection closed: accepted, 0 bytes buffered
TXT
