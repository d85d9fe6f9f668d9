#!/usr/bin/env bash
# FFmpeg: its RTP muxer sets the marker bit on every packet of Opus.
#
# Guess: as for PCMU the bit is 0, for a sender that does not suppress silence never sets it; the
# bit announces the start of a talkspurt (RFC 3551, 4.1, to which RFC 7587 refers).
# Seen: FFmpeg 8.1.2 (in PyAV 18.1.0) sets it on all packets of Opus, on none of PCMU and G.722.
# Timestamps are right: 960 a packet of 20 ms; G.722 counts 160, at the 8 kHz of its registration.
# Matters: a receiver that adapts its jitter buffer at talkspurts (as RFC 3551 invites it to) does
# so with every packet; a test source made with FFmpeg hides errors in handling the bit.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

py_packages av==18.1.0 numpy==2.4.6
cat >finding.py <<'PY'
import socket
import struct
from fractions import Fraction

import av
import numpy


def packets(codec, rate):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(1)
        with av.open(f"rtp://127.0.0.1:{receiver.getsockname()[1]}", "w", format="rtp") as out:
            stream = out.add_stream(codec, rate=rate, layout="mono")
            size = rate // 50
            for index in range(10):
                sound = (numpy.sin(numpy.arange(size) / 10) * 9000).astype(numpy.int16)
                frame = av.AudioFrame.from_ndarray(sound[None, :], format="s16", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = rate, index * size, Fraction(1, rate)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        try:
            while True:
                yield receiver.recv(2048)
        except TimeoutError:
            return


print(f"FFmpeg {av.ffmpeg_version_info}")
for codec, rate in (("libopus", 48000), ("pcm_mulaw", 8000), ("g722", 16000)):
    heads = [struct.unpack_from(">BBHI", packet) for packet in packets(codec, rate)]
    steps = {(b[3] - a[3]) & 0xFFFFFFFF for a, b in zip(heads, heads[1:])}
    print(f"{codec}: {sum(head[1] >> 7 for head in heads)} of {len(heads)} packets marked, timestamps by {steps}")
PY
seen "$python" finding.py
expected <<'TXT'
FFmpeg 8.1.2
libopus: 11 of 11 packets marked, timestamps by {960}
pcm_mulaw: 0 of 10 packets marked, timestamps by {160}
g722: 0 of 10 packets marked, timestamps by {160}
TXT
