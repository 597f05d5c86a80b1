"""The virtual clocks: monotonic time for the loop, wall time for Home Assistant and the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
import sys
import time
from types import SimpleNamespace
from typing import Self, override

from homeassistant.helpers import event as event_helper
from homeassistant.util import dt as dt_util

START = datetime(2026, 3, 28, 6, 0, tzinfo=UTC)
"""The wall time at which every run begins; the clocks change in Europe in the night after it."""

_STARTED = START.timestamp()
_real_monotonic = time.monotonic
_real_time = time.time


class Clock:
    """Monotonic seconds since the run began, and a wall clock that can jump.

    `wall_offset` is what the wall clock was moved by, in seconds. The service's clock neither
    jumps nor agrees: it is off by `service_offset` seconds for the whole run.
    """

    def __init__(self, service_offset: float = 0.0) -> None:
        self.now = 0.0
        self.wall_offset = 0.0
        self.service_offset = service_offset

    def monotonic(self) -> float:
        """Return the seconds since the run began."""
        return self.now

    def wall(self) -> float:
        """Return the wall clock's POSIX timestamp."""
        return _STARTED + self.now + self.wall_offset

    def utcnow(self) -> datetime:
        """Return the wall clock's time in UTC."""
        return datetime.fromtimestamp(self.wall(), UTC)

    def service_now(self) -> datetime:
        """Return what the service's clock shows, in UTC."""
        return START + timedelta(seconds=self.now + self.service_offset)


class _DatetimeType(type):
    """Lets every datetime pass for one of the virtual class."""

    @override
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


def _virtual_datetime(clock: Clock) -> type[datetime]:
    class VirtualDatetime(datetime, metaclass=_DatetimeType):
        """A datetime class whose `now` is virtual, and which is like the real one otherwise."""

        @override
        def __new__(cls, *args: int, **kwargs: int) -> Self:
            return datetime(*args, **kwargs)  # type: ignore[arg-type, return-value]  # noqa: DTZ001 (as given)

        @classmethod
        @override
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # no subclass
            return clock.utcnow().astimezone(tz)

        @classmethod
        @override
        def fromtimestamp(cls, timestamp: float, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # no subclass
            return datetime.fromtimestamp(timestamp, tz)

        @classmethod
        @override
        def fromisoformat(cls, date_string: str) -> datetime:  # type: ignore[override]  # no subclass
            return datetime.fromisoformat(date_string)

    return VirtualDatetime


@contextmanager
def installed(clock: Clock, package: str) -> Iterator[None]:
    """Let Home Assistant, and every loaded module of the package, follow the clock.

    Only `datetime.now`, `time.time` and `time.monotonic` are replaced; what measures CPU time or
    sleeps stays real.
    """
    virtual_datetime = _virtual_datetime(clock)
    virtual_time = SimpleNamespace(**vars(time))
    virtual_time.time, virtual_time.monotonic = clock.wall, clock.monotonic
    undo: list[tuple[object, str, object]] = []

    def put(owner: object, name: str, value: object) -> None:
        undo.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def now(time_zone: tzinfo | None = None) -> datetime:
        return clock.utcnow().astimezone(time_zone or dt_util.DEFAULT_TIME_ZONE)

    put(time, "time", clock.wall)
    put(time, "monotonic", clock.monotonic)
    put(dt_util, "utcnow", clock.utcnow)
    put(dt_util, "now", now)
    put(event_helper, "time_tracker_utcnow", clock.utcnow)
    put(event_helper, "time_tracker_timestamp", clock.wall)
    for name, module in list(sys.modules.items()):
        if name == package or name.startswith(f"{package}."):
            for attribute, value in list(vars(module).items()):
                if value is datetime:
                    put(module, attribute, virtual_datetime)
                elif value is time:
                    put(module, attribute, virtual_time)
                elif value is _real_monotonic:
                    put(module, attribute, clock.monotonic)
                elif value is _real_time:
                    put(module, attribute, clock.wall)
    try:
        yield
    finally:
        for owner, name, value in reversed(undo):
            setattr(owner, name, value)
