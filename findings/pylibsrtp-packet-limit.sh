#!/usr/bin/env bash
# pylibsrtp: a packet that can be unprotected cannot always be protected again.
#
# Guess: protect() takes what fits a UDP datagram, or 1,500 bytes with the tag; both directions
# have the same limit.
# Seen: pylibsrtp 1.0.0 unprotects packets of up to 1,500 bytes and protects up to 1,356 (RTP) and
# 1,352 (RTCP), whatever the profile: it keeps 144 bytes for a tag of 10 or 16. Above, a
# ValueError says "packet is too long".
# Matters: a forwarder that decrypts and encrypts anew (aiortc builds on this) fails for packets
# between 1,357 and 1,490 bytes, which fit an Ethernet frame and which FFmpeg's payloader fills.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

py_packages pylibsrtp==1.0.0
cat >finding.py <<'PY'
import struct

from pylibsrtp import Policy, Session

PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}


def longest(act, head):
    for length in range(1300, 1600):
        try:
            act(head + bytes(length - len(head)))
        except ValueError as error:
            return f"{length - 1}, then {error}"
        except Exception:  # Not authentic, but not too long.
            continue


for name, profile in PROFILES.items():
    session = Session(Policy(key=bytes(46), ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
    other = Session(Policy(key=bytes(46), ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile))
    numbers = iter(range(1, 10000))

    def protect(packet):
        session.protect(packet[:2] + struct.pack(">H", next(numbers)) + packet[4:])

    rtp, rtcp = struct.pack(">BBHII", 0x80, 96, 0, 0, 1), struct.pack(">BBHI", 0x80, 200, 1, 1)
    print(f"{name}, protect: {longest(protect, rtp)}")
    print(f"{name}, protect_rtcp: {longest(session.protect_rtcp, rtcp)}")
    print(f"{name}, unprotect: {longest(other.unprotect, rtp)}")
PY
seen "$python" finding.py
expected <<'TXT'
AES_CM_128_HMAC_SHA1_80, protect: 1356, then packet is too long
AES_CM_128_HMAC_SHA1_80, protect_rtcp: 1352, then packet is too long
AES_CM_128_HMAC_SHA1_80, unprotect: 1500, then packet is too long
AEAD_AES_256_GCM, protect: 1356, then packet is too long
AEAD_AES_256_GCM, protect_rtcp: 1352, then packet is too long
AEAD_AES_256_GCM, unprotect: 1500, then packet is too long
TXT
