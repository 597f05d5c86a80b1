"""How long to wait for the next refresh."""

from dataclasses import dataclass
from datetime import timedelta
import random

_MAX_BUSY_WAIT = timedelta(seconds=15)
_MAX_IDLE_WAIT = timedelta(minutes=1)
_MAX_ASKED_WAIT = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """Refreshes are fast while something is active or held, and slow while nothing is."""

    active: timedelta
    idle: timedelta

    def interval(self, *, busy: bool) -> timedelta:
        """Return the time between two refreshes that succeed."""
        return self.active if busy else self.idle

    def wait_after(self, failures: int, *, busy: bool) -> timedelta:
        """Return the time after so many failures in a row.

        It begins at the active interval, which is the least, and doubles; a random part of up to
        a half is left out, so that many do not come back at the same moment.
        """
        longest = max(self.active, _MAX_BUSY_WAIT) if busy else max(self.idle, _MAX_IDLE_WAIT)
        wait = min(self.active * 2.0 ** min(failures - 1, 16), longest)
        jitter = random.uniform(0.5, 1)  # noqa: S311 (spreads load, keeps no secret)
        return max(self.active, wait * jitter)


def bounded_wait(asked: float | None) -> float | None:
    """Return the seconds that the service asks to wait, but no more than is reasonable."""
    return None if asked is None else min(asked, _MAX_ASKED_WAIT)
