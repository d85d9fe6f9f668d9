"""libopus by ctypes: mono, 48 kHz, frames of 20 ms. Expects LIBOPUS in the environment."""

import ctypes
import math
import os

opus = ctypes.CDLL(os.environ["LIBOPUS"])
opus.opus_encoder_create.restype = opus.opus_decoder_create.restype = ctypes.c_void_p
opus.opus_get_version_string.restype = ctypes.c_char_p
FRAME = 960
VOIP, AUDIO = 2048, 2049
SET_BITRATE, SET_DTX = 4002, 4016


def version():
    return opus.opus_get_version_string().decode()


class Encoder:
    def __init__(self, application, bitrate, dtx=False):
        self.state = ctypes.c_void_p(opus.opus_encoder_create(48000, 1, application, None))
        opus.opus_encoder_ctl(self.state, SET_BITRATE, ctypes.c_int(bitrate))
        opus.opus_encoder_ctl(self.state, SET_DTX, ctypes.c_int(dtx))

    def packet(self, samples):
        out = (ctypes.c_ubyte * 1500)()
        length = opus.opus_encode_float(self.state, (ctypes.c_float * FRAME)(*samples), FRAME, out, 1500)
        return bytes(out[:length])


class Decoder:
    def __init__(self):
        self.state = ctypes.c_void_p(opus.opus_decoder_create(48000, 1, None))

    def samples(self, packet):
        """None stands for a lost packet."""
        out = (ctypes.c_float * FRAME)()
        opus.opus_decode_float(self.state, packet, len(packet or b""), out, FRAME, 0)
        return list(out)


def tone(index, amplitude=0.5):
    return [amplitude * math.sin(2 * math.pi * 200 * (index * FRAME + i) / 48000) for i in range(FRAME)]


def level(samples):
    """RMS in dB of full scale."""
    return 10 * math.log10(sum(each * each for each in samples) / len(samples) + 1e-20)
