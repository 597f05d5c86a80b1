"""How long to wait for the next poll."""

from datetime import timedelta

from ..api import retry_wait
from .settings import ProjectSettings
from .state import MAX_REFRESH_AGE

_SHORTEST = timedelta(seconds=1)
# So much later than asked for Home Assistant may begin a poll.
_LATE = timedelta(seconds=1)
_MAX_BUSY_WAIT = timedelta(seconds=15)
_MAX_IDLE_WAIT = timedelta(minutes=1)
_MAX_REQUESTED_WAIT = 300.0


class Polling:
    """Polls are fast while recordings are held or active, and slow while nothing is."""

    def __init__(self, settings: ProjectSettings) -> None:
        self._settings = settings

    def interval(self, *, active: bool, held: bool, took: float = 0.0) -> timedelta:
        """Return the time between two polls that succeed; `held` also if any is to be resumed.

        `took` is how many seconds the last poll took: while held, the next one is to be over
        before what that one has confirmed is too old.
        """
        if held:
            left = timedelta(seconds=MAX_REFRESH_AGE - 2 * took) - _LATE
            return max(min(self._settings.held_interval, left), _SHORTEST)
        return self._settings.active_interval if active else self._settings.idle_interval

    def wait_after(self, failures: int, *, active: bool, held: bool) -> timedelta:
        """Return the time after so many failures in a row.

        It begins at the active interval and doubles.
        """
        busy = active or held
        shortest = self._settings.active_interval
        if held:
            shortest = min(shortest, _MAX_BUSY_WAIT)
        longest = (
            max(shortest, _MAX_BUSY_WAIT)
            if busy
            else max(self._settings.idle_interval, _MAX_IDLE_WAIT)
        )
        wait = retry_wait(failures, shortest.total_seconds(), longest.total_seconds())
        return max(shortest, timedelta(seconds=wait))


def bounded_wait(requested: float | None) -> float | None:
    """Return the seconds that the service asks to wait, but no more than is reasonable."""
    return None if requested is None else min(requested, _MAX_REQUESTED_WAIT)
