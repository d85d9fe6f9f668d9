#!/usr/bin/env bash
# Chromium, Firefox: what RTCIceCandidate reads from a candidate line differs, and is less
# than the line says.
#
# Guess: address is the address as written, usernameFragment the ufrag of the line, toJSON()
# gives back what the attributes give, and a candidate of another ICE generation is refused
# by addIceCandidate() with an OperationError.
# Seen: both leave usernameFragment null although the line has "ufrag abcd"; Chromium 156 puts
# an IPv6 address in brackets, writes usernameFragment "" in toJSON() where the attribute is
# null, and takes a candidate for an unknown usernameFragment (Firefox 153 refuses). Neither
# looks at the ufrag in the line.
# Matters: comparing address with getStats() or with another browser fails for IPv6; after
# an ICE restart, late candidates of the old generation are to be sorted out by the application.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

cat >finding.js <<'JS'
const result = {};
const line = 'candidate:1 1 udp 2122260223 192.0.2.1 5000 typ host';
const six = new RTCIceCandidate({ candidate: line.replace('192.0.2.1', '2001:db8::1'), sdpMid: '0' });
result.address = six.address;
const told = new RTCIceCandidate({ candidate: `${line} generation 0 ufrag abcd`, sdpMid: '0' });
result.usernameFragment = JSON.stringify(told.usernameFragment);
result['toJSON()'] = JSON.stringify(told.toJSON().usernameFragment);
const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
a.createDataChannel('data');
await a.setLocalDescription();
await b.setRemoteDescription(a.localDescription);
const cases = {
  'usernameFragment of nobody': { candidate: line, sdpMid: '0', usernameFragment: 'zzzz' },
  'ufrag of nobody in the line': { candidate: `${line} ufrag zzzz`, sdpMid: '0' },
};
for (const [name, candidate] of Object.entries(cases)) result[name] = await attempt(() => b.addIceCandidate(candidate));
return result;
JS
seen_in chromium firefox -- finding.js
expected <<'TXT'
chromium: address: [2001:db8::1]
chromium: usernameFragment: null
chromium: toJSON(): ""
chromium: usernameFragment of nobody: accepted
chromium: ufrag of nobody in the line: accepted
firefox: address: 2001:db8::1
firefox: usernameFragment: null
firefox: toJSON(): null
firefox: usernameFragment of nobody: OperationError
firefox: ufrag of nobody in the line: accepted
TXT
