"""When something was observed, which decides what is newer."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Interval:
    """When a request was sent and when its response came, in seconds of the event loop's clock.

    What the response tells was true at some moment in between.
    """

    sent: float
    answered: float

    def is_before(self, other: Interval) -> bool:
        """Return whether all of this was over when the other request was sent."""
        return self.answered <= other.sent


def compare_dates(one: datetime | None, other: datetime | None) -> int | None:
    """Return -1, 0 or 1 as one is before, at or after the other; None where either is missing."""
    if one is None or other is None:
        return None
    return (one > other) - (one < other)
