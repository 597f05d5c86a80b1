"""The trace of a run: one line for everything that happens, in virtual time."""

from hashlib import sha256

from .clock import Clock


class Trace:
    """Collects lines, prints them, or only keeps their digest.

    A line has the monotonic time in seconds, who did it, and what. Formatting costs time, so
    callers look at `wanted` first.
    """

    def __init__(self, clock: Clock, *, wanted: bool, show: bool = False) -> None:
        self.wanted = wanted
        self.lines = 0
        self._clock = clock
        self._show = show
        self._digest = sha256()

    def add(self, actor: str, text: str) -> None:
        """Add a line."""
        if not self.wanted:
            return
        now = self._clock.now
        hours, minutes, seconds = int(now // 3600), int(now // 60) % 60, now % 60
        line = f"{hours:02}:{minutes:02}:{seconds:06.3f} {actor:<8} {text}"
        self.lines += 1
        self._digest.update(line.encode() + b"\n")
        if self._show:
            print(line)

    @property
    def digest(self) -> str:
        """Return the digest of all lines so far."""
        return self._digest.hexdigest()
