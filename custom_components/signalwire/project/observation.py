"""When something was observed, which decides what is newer."""

from dataclasses import dataclass


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
