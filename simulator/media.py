"""The audio of a recording: a tone as WAV, silence as MP3, as long as the recording."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import math
import struct

_RATE = 8000
_TONE = 440
# After so many samples the tone has come round to where it began.
_PERIOD = 200
# MPEG-1 layer III, 128 kbit/s, 44.1 kHz, mono. Side information of zeros decodes to silence.
_MP3_HEADER = b"\xff\xfb\x90\xc4"
_MP3_FRAME_SIZE = 417
_MP3_FRAMES_PER_SECOND = 44100 / 1152
_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Audio:
    """A file that is a head and then the same pattern again and again."""

    content_type: str
    head: bytes
    pattern: bytes
    size: int

    def read(self, start: int, stop: int) -> bytes:
        """Return some of its bytes."""
        stop = min(stop, self.size)
        begin = max(start - len(self.head), 0)
        end = max(stop - len(self.head), 0)
        skipped = begin % len(self.pattern)
        repeats = -(-(end - begin + skipped) // len(self.pattern))
        return self.head[start:stop] + (self.pattern * repeats)[skipped : skipped + end - begin]

    async def blocks(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """Yield some of its bytes, block by block."""
        for begin in range(start, stop, _BLOCK):
            yield self.read(begin, min(begin + _BLOCK, stop))


def wav(seconds: int = 1) -> Audio:
    """Return a playable WAV file: 8 kHz, 16 bit, mono."""
    size = 2 * _RATE * seconds
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, _RATE, 2 * _RATE, 2, 16, b"data", size),
    )
    samples = (
        round(12000 * math.sin(2 * math.pi * _TONE * sample / _RATE)) for sample in range(_PERIOD)
    )
    pattern = b"".join(struct.pack("<h", sample) for sample in samples)
    return Audio("audio/x-wav", head, pattern, len(head) + size)


def mp3(seconds: int = 1) -> Audio:
    """Return a playable MP3 file."""
    frame = _MP3_HEADER + bytes(_MP3_FRAME_SIZE - len(_MP3_HEADER))
    frames = math.ceil(seconds * _MP3_FRAMES_PER_SECOND)
    return Audio("audio/mpeg", b"", frame, frames * _MP3_FRAME_SIZE)


@dataclass(slots=True)
class Streams:
    """How many files are being sent just now, and how many bytes were sent in all."""

    open: int = 0
    sent: int = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count one while it lasts."""
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1
