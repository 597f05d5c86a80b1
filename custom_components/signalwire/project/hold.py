"""Holds: while one is in force, every recording is to be paused. Whose it is, until when."""

from collections.abc import Iterable
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


SWITCH = "switch"
"""The name of the hold of the switch "Call recording", and of who gives no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold that is in force, or what several together ask for.

    `name` is whose it is; `line` is the ID of the line that is held, None for the whole project.
    `begun` is when it began, in seconds of the event loop's clock, and `since` the same in UTC,
    which a restart keeps. `until` (UTC) is when it ends by itself, if it does; `pause_behavior`
    overrules what is chosen for the recordings; `context` is who asked for it. With `damage` nobody
    did: whether recordings were held could not be read.
    """

    name: str = SWITCH
    line: str | None = None
    begun: float
    since: datetime | None = None
    until: datetime | None = None
    pause_behavior: PauseBehavior | None = None
    context: Context | None = None
    damage: Damage | None = None

    def extended_by(self, later: Hold) -> Hold:
        """Return this hold after another of its name was asked for: the later end counts.

        A short hold must not end a longer one. Without a pause behavior of its own, the later one
        keeps that of the first.
        """
        return Hold(
            name=later.name,
            line=later.line,
            begun=self.begun,
            since=self.since,
            until=_last_end(self.until, later.until),
            pause_behavior=later.pause_behavior or self.pause_behavior,
            context=later.context or self.context,
            damage=self.damage or later.damage,
        )


def combined(holds: Iterable[Hold]) -> Hold | None:
    """Return what several holds ask for together, None for none; the newest comes last.

    Held is until the last of them ends. Of the pause behaviors the newest counts.
    """
    together: Hold | None = None
    for hold in holds:
        together = hold if together is None else together.extended_by(hold)
    return together


def _last_end(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldSnapshot:
    """What is shown of the holds.

    `until` is when the last of them ends by itself, if it does; `unconfirmed` is how many
    recordings the service has not confirmed to be paused; `confirmed` says that there is none, and
    none unseen. `holds` are those in force, the newest last.
    """

    held: bool = False
    until: datetime | None = None
    unconfirmed: int = 0
    confirmed: bool = True
    context: Context | None = None
    holds: tuple[Hold, ...] = ()
