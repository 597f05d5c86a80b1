"""The audio of a recording: a second of a tone as WAV, a second of silence as MP3."""

from functools import cache
from io import BytesIO
import math
import struct
import wave

_RATE = 8000
_TONE = 440
# MPEG-1 layer III, 128 kbit/s, 44.1 kHz, mono. Side information of zeros decodes to silence.
_MP3_HEADER = b"\xff\xfb\x90\xc4"
_MP3_FRAME_SIZE = 417
_MP3_FRAMES = 39


@cache
def wav() -> bytes:
    """Return a playable WAV file: one second, 8 kHz, 16 bit, mono."""
    file = BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(_RATE)
        audio.writeframes(
            b"".join(
                struct.pack("<h", round(12000 * math.sin(2 * math.pi * _TONE * sample / _RATE)))
                for sample in range(_RATE)
            )
        )
    return file.getvalue()


@cache
def mp3() -> bytes:
    """Return a playable MP3 file of one second."""
    frame = _MP3_HEADER + bytes(_MP3_FRAME_SIZE - len(_MP3_HEADER))
    return frame * _MP3_FRAMES
