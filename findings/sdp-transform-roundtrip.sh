#!/usr/bin/env bash
# sdp-transform: parse() and write() in a row change what a session description says.
#
# Guess: what the library does not know is kept under "invalid" and written back as it was;
# identifiers stay strings; the rest survives a round trip but for the order.
# Seen: of "ice-options:trickle renomination" the second option goes; a candidate loses
# everything from "ufrag" on, as Chromium writes it; "msid:stream" becomes "msid:stream
# undefined"; "rtcp-mux-only" (RFC 8858, no fallback) becomes "rtcp-mux". Digits
# become numbers: mid 0 is the falsy number 0 and a ufrag of digits is one as well, but "0123" a string.
# Matters: a server that edits descriptions with it sends other ICE options and candidates than
# it got; if (media.mid) fails for the first section of every browser's offer.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

npm_packages sdp-transform@3.0.0
cat >finding.mjs <<'JS'
import { parse, write } from 'sdp-transform';

const head = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n';
const media = (line) => parse(`${head}${line}\r\n`).media[0];
for (const line of [
  'a=ice-options:trickle renomination',
  'a=candidate:1 1 udp 2122260223 192.0.2.1 5000 typ host generation 0 ufrag abcd network-id 1 network-cost 50',
  'a=msid:stream',
  'a=rtcp-mux-only',
  'a=unknown:kept as it is',
]) {
  console.log(line);
  console.log(`  ${write(parse(`${head}${line}\r\n`)).slice(head.length).trimEnd()}`);
}
const { mid } = media('a=mid:0');
console.log(`mid 0: ${typeof mid}, ${mid ? 'true' : 'false'} in a condition`);
for (const ufrag of ['1234', '0123']) console.log(`ufrag ${ufrag}: ${typeof media(`a=ice-ufrag:${ufrag}`).iceUfrag}`);
JS
seen node finding.mjs
expected <<'TXT'
a=ice-options:trickle renomination
  a=ice-options:trickle
a=candidate:1 1 udp 2122260223 192.0.2.1 5000 typ host generation 0 ufrag abcd network-id 1 network-cost 50
  a=candidate:1 1 udp 2122260223 192.0.2.1 5000 typ host generation 0
a=msid:stream
  a=msid:stream undefined
a=rtcp-mux-only
  a=rtcp-mux
a=unknown:kept as it is
  a=unknown:kept as it is
mid 0: number, false in a condition
ufrag 1234: number
ufrag 0123: string
TXT
