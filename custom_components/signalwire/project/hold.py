"""The hold: whether every recording is to be paused, until when, and who asked for it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from homeassistant.core import Context

from ..api import PauseBehavior
from .damage import Damage


@unique
class PausedBy(StrEnum):
    """Who paused a recording, or is about to. What something outside paused belongs to nobody."""

    HOLD = "hold"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold that is in force.

    `begun` is when it began, in seconds of the event loop's clock; `until` (UTC) is when it ends
    by itself, if it does; `pause_behavior` overrules what is chosen for the recordings; `context`
    is who asked for it. With `damage` nobody did: whether recordings were held could not be read.
    """

    begun: float
    until: datetime | None = None
    pause_behavior: PauseBehavior | None = None
    context: Context | None = None
    damage: Damage | None = None

    def extended_by(self, later: Hold) -> Hold:
        """Return this hold after another was asked for: the later end counts.

        A short hold must not end a longer one. Without a pause behavior of its own, the later one
        keeps that of the first.
        """
        ends = (self.until, later.until)
        return Hold(
            begun=self.begun,
            until=None if None in ends else max(end for end in ends if end is not None),
            pause_behavior=later.pause_behavior or self.pause_behavior,
            context=later.context,
            damage=self.damage,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldSnapshot:
    """What is shown of the hold.

    `until` is when it ends by itself, if it does; `unconfirmed` is how many recordings the service
    has not confirmed to be paused; `confirmed` says that there is none, and none unseen.
    """

    held: bool = False
    until: datetime | None = None
    unconfirmed: int = 0
    confirmed: bool = True
    context: Context | None = None
