"""The clock that orders what happens in a project."""

import asyncio

_STEP = 1e-6


class Clock:
    """The event loop's clock, in seconds, which never shows the same time twice.

    So of two moments it is always known which was first.
    """

    def __init__(self) -> None:
        self._last = 0.0

    def now(self) -> float:
        """Return the time, later than any that was returned before."""
        self._last = max(asyncio.get_running_loop().time(), self._last + _STEP)
        return self._last
