#!/usr/bin/env bash
# libopus: DTX does not begin before something loud was encoded, unless the input is digital
# silence.
#
# Guess: with OPUS_SET_DTX(1), noise below the last bit of 16-bit sound is silence: packets of
# 1 or 2 bytes begin after some 200 ms, as they do for zeros.
# Seen: libopus 1.3.1 sends all 200 packets of noise at -145 dBFS at full size, as it does for
# noise at -100; only zeros start DTX after ten packets. Once 400 ms of tone went before, the
# same noise starts it within 0.6 s.
# Matters: a person who joins and says nothing (a noisy microphone, dither, a filter
# in front) costs 50 packets a second until the first word. DTX of silence is not to be tested
# with noise alone, nor with zeros alone.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

deb_packages libopus0=1.3.1-3
export LIBOPUS=$lab/deb/usr/lib/x86_64-linux-gnu/libopus.so.0
cp "$here"/lib/opus.py .
cat >finding.py <<'PY'
import random

from opus import AUDIO, FRAME, VOIP, Encoder, tone, version


def run(mode, name, application, amplitude, before=0):
    random.seed(1)
    encoder = Encoder(application, 24000, dtx=True)
    for index in range(before):
        encoder.packet(tone(index))
    sizes = [len(encoder.packet([random.uniform(-amplitude, amplitude) for _ in range(FRAME)])) for _ in range(200)]
    first = next((index for index, size in enumerate(sizes) if size <= 2), None)
    begins = "never" if first is None else f"within {-(-(first + 1) // 10) * 0.2:.1f} s"
    print(f"{mode}, {name}: DTX {begins}")


print(version())
for mode, application in (("VOIP", VOIP), ("AUDIO", AUDIO)):
    run(mode, "zeros", application, 0)
    run(mode, "noise at -100 dBFS", application, 1.7e-5)
    run(mode, "noise at -145 dBFS", application, 1e-7)
    run(mode, "noise at -145 dBFS after a tone", application, 1e-7, 20)
    run(mode, "noise at -100 dBFS after a tone", application, 1.7e-5, 20)
PY
seen python3 finding.py
expected <<'TXT'
libopus 1.3.1
VOIP, zeros: DTX within 0.4 s
VOIP, noise at -100 dBFS: DTX never
VOIP, noise at -145 dBFS: DTX never
VOIP, noise at -145 dBFS after a tone: DTX within 0.6 s
VOIP, noise at -100 dBFS after a tone: DTX within 0.6 s
AUDIO, zeros: DTX within 0.4 s
AUDIO, noise at -100 dBFS: DTX never
AUDIO, noise at -145 dBFS: DTX never
AUDIO, noise at -145 dBFS after a tone: DTX within 0.6 s
AUDIO, noise at -100 dBFS after a tone: DTX within 0.6 s
TXT
