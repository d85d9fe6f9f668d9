#!/usr/bin/env bash
# aiortc: jitter in getStats() is in RTP timestamp units, and timestamp is a datetime.
#
# Guess: the names are those of the W3C statistics, so the units are too: jitter in seconds, a
# small fraction on loopback; timestamp in milliseconds.
# Seen: aiortc 1.16.0 gives the jitter of RFC 3550 as an integer of clock ticks (48 are 1 ms for
# Opus, 90 for video) and a datetime. A candidate line loses everything after its type
# (ufrag, network-cost) when it is written back.
# Matters: a monitor that reads both browsers and aiortc peers sees jitter of hundreds of
# seconds. Divide by the clock rate of the codec.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

py_packages aiortc==1.16.0
cat >finding.py <<'PY'
import asyncio

from aiortc import RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack
from aiortc.sdp import candidate_from_sdp, candidate_to_sdp


async def main():
    a, b = RTCPeerConnection(), RTCPeerConnection()
    a.addTrack(AudioStreamTrack())

    @b.on("track")
    def on_track(track):
        async def consume():
            while True:
                await track.recv()

        tasks.append(asyncio.ensure_future(consume()))

    tasks = []
    await a.setLocalDescription(await a.createOffer())
    await b.setRemoteDescription(a.localDescription)
    await b.setLocalDescription(await b.createAnswer())
    await a.setRemoteDescription(b.localDescription)
    highest = 0
    for _ in range(60):
        await asyncio.sleep(0.1)
        inbound = [each for each in (await b.getStats()).values() if each.type == "inbound-rtp"]
        if inbound:
            highest = max(highest, inbound[0].jitter)
    print(f"jitter is an {type(inbound[0].jitter).__name__}, on loopback above 1: {highest > 1}")
    print(f"timestamp is a {type(inbound[0].timestamp).__name__}")
    for task in tasks:
        task.cancel()
    await a.close()
    await b.close()
    line = "1 1 udp 2122260223 192.0.2.1 5000 typ host generation 0 ufrag abcd network-cost 50"
    print(f"candidate: {candidate_to_sdp(candidate_from_sdp(line))}")


asyncio.run(main())
PY
seen "$python" finding.py
expected <<'TXT'
jitter is an int, on loopback above 1: True
timestamp is a datetime
candidate: 1 1 udp 2122260223 192.0.2.1 5000 typ host
TXT
