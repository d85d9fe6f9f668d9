#!/usr/bin/env bash
# libopus: concealment of lost packets never becomes silent in music mode.
#
# Guess: when nothing arrives any more, opus_decode() of nothing fades to silence within some
# 100 ms in both modes of the codec.
# Seen: libopus 1.3.1 in SILK mode (voice at a low rate) is silent, 50 dB below the sound, after
# 200 ms. In CELT mode (96 kbit/s) it is as loud as before for 100 ms and then falls by some
# 25 dB to a noise that goes on as long as it is asked, 30 s here.
# Matters: a player that keeps asking for concealment while a peer is gone plays noise for ever
# after a loud sound. Count the lost packets and mute.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

deb_packages libopus0=1.3.1-3
export LIBOPUS=$lab/deb/usr/lib/x86_64-linux-gnu/libopus.so.0
cp "$here"/lib/opus.py .
cat >finding.py <<'PY'
from opus import AUDIO, VOIP, Decoder, Encoder, level, tone, version

print(version())
for name, application, bitrate in (("SILK", VOIP, 16000), ("CELT", AUDIO, 96000)):
    encoder, decoder = Encoder(application, bitrate), Decoder()
    for index in range(25):
        heard = level(decoder.samples(encoder.packet(tone(index))))
    lost = [level(decoder.samples(None)) for _ in range(1500)]
    for after in (0.1, 0.2, 1, 30):
        at = int(after * 50)
        below = heard - sum(lost[at - 5 : at]) / 5
        print(f"{name}, after {after} s of loss: {'silent' if below > 50 else 'noise' if below > 10 else 'loud'}")
PY
seen python3 finding.py
expected <<'TXT'
libopus 1.3.1
SILK, after 0.1 s of loss: noise
SILK, after 0.2 s of loss: silent
SILK, after 1 s of loss: silent
SILK, after 30 s of loss: silent
CELT, after 0.1 s of loss: loud
CELT, after 0.2 s of loss: noise
CELT, after 1 s of loss: noise
CELT, after 30 s of loss: noise
TXT
