#!/usr/bin/env bash
# Chromium: encodings of simulcast with the same rid twice, or with none, are accepted.
#
# Guess: addTransceiver() throws a TypeError for two encodings without a rid and for two
# with the same one (WebRTC, addTransceiver); a rid may have up to 255 characters (RFC 8852).
# Seen: Chromium 156 makes up the rids "0" and "1", and offers "a=simulcast:send a;a" for
# two encodings called a, which no receiver can tell apart. Firefox 153 throws. Both refuse
# a rid of 17 characters, with a TypeError; for "a-b" Chromium has an InvalidAccessError.
# Matters: a typing error in a table of layers shows up only in Firefox; with Chromium the
# forwarding server gets the layers mixed up. Check rids oneself: unique, 1 to 16 letters or digits.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

cat >finding.js <<'JS'
const result = {};
const cases = {
  'no rid': [{}, {}],
  'the same rid': [{ rid: 'a' }, { rid: 'a' }],
  'a rid of 16': [{ rid: 'a'.repeat(16) }, { rid: 'b' }],
  'a rid of 17': [{ rid: 'a'.repeat(17) }, { rid: 'b' }],
  'a rid with a dash': [{ rid: 'a-b' }, { rid: 'b' }],
};
for (const [name, sendEncodings] of Object.entries(cases)) {
  const connection = new RTCPeerConnection();
  result[name] = await attempt(() => connection.addTransceiver('video', { sendEncodings }));
  const { sdp } = await connection.createOffer();
  if (result[name] === 'accepted') result[name] = sdp.match(/a=simulcast:.*/)[0];
}
return result;
JS
seen_in chromium firefox -- finding.js
expected <<'TXT'
chromium: no rid: a=simulcast:send 0;1
chromium: the same rid: a=simulcast:send a;a
chromium: a rid of 16: a=simulcast:send aaaaaaaaaaaaaaaa;b
chromium: a rid of 17: TypeError
chromium: a rid with a dash: InvalidAccessError
firefox: no rid: TypeError
firefox: the same rid: TypeError
firefox: a rid of 16: a=simulcast:send aaaaaaaaaaaaaaaa;b
firefox: a rid of 17: TypeError
firefox: a rid with a dash: TypeError
TXT
