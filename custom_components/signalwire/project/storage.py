"""What a project keeps over restarts: the content of its file, written and read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict

from homeassistant.util import dt as dt_util

from ..api import PauseBehavior
from .damage import Damage
from .hold import SWITCH, PausedBy


class StoredRecording(TypedDict):
    """An active recording: its slot, the pause behavior chosen for it, and who paused it."""

    slot: NotRequired[int]
    pause_behavior: NotRequired[str]
    paused_by: NotRequired[str]


class StoredHold(TypedDict):
    """A hold: its name, the ID of its line, since and until when (ISO 8601, UTC), and the rest."""

    name: NotRequired[str]
    line: NotRequired[str]
    since: NotRequired[str]
    until: NotRequired[str]
    pause_behavior: NotRequired[str]
    damage: NotRequired[str]


class StoredProject(TypedDict):
    """The active recordings by SID, the project's pause behavior, and the holds.

    `hold` is there while any is, and what they ask for together.
    """

    recordings: dict[str, StoredRecording]
    pause_behavior: str
    hold: NotRequired[StoredHold]
    holds: NotRequired[list[StoredHold]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredHold:
    """A hold that was stored, as far as it can be read."""

    name: str = SWITCH
    line: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    pause_behavior: PauseBehavior | None = None
    damage: Damage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredProject:
    """What was stored, as far as it can be read.

    `holds` has also those whose details cannot be read: rather one pause too many.
    """

    sids: tuple[str, ...] = ()
    slots: Mapping[int, str] = field(default_factory=dict)
    pause_behavior: PauseBehavior = PauseBehavior.SILENCE
    pause_behaviors: Mapping[str, PauseBehavior] = field(default_factory=dict)
    paused_by: Mapping[str, PausedBy] = field(default_factory=dict)
    holds: tuple[RestoredHold, ...] = ()


def read_stored(stored: object) -> RestoredProject | None:
    """Return what is in the content of a file; None if whether it was held cannot be known.

    Details that were damaged, or edited by hand, are left out one by one.
    """
    if not isinstance(stored, dict) or not isinstance(stored.get("recordings"), dict):
        return None
    recordings = {sid: _mapping(kept) for sid, kept in stored["recordings"].items() if sid}
    return RestoredProject(
        sids=tuple(recordings),
        slots={
            slot: sid
            for sid, kept in recordings.items()
            if isinstance(slot := kept.get("slot"), int)
        },
        pause_behavior=_member(PauseBehavior, stored.get("pause_behavior"))
        or PauseBehavior.SILENCE,
        pause_behaviors=_members(PauseBehavior, recordings, "pause_behavior"),
        paused_by=_members(PausedBy, recordings, "paused_by"),
        holds=_holds(stored),
    )


def _holds(stored: Mapping[str, object]) -> tuple[RestoredHold, ...]:
    """Return the holds; that of a file without names is the switch's."""
    holds = stored.get("holds")
    if isinstance(holds, list) and holds:
        return tuple(map(_hold, holds))
    # Whatever is there where holds should be was one.
    return (_hold(stored.get("hold")),) if holds or "hold" in stored else ()


def _hold(stored: object) -> RestoredHold:
    hold = _mapping(stored)
    name, line = hold.get("name"), hold.get("line")
    return RestoredHold(
        name=name if name and isinstance(name, str) else SWITCH,
        line=line if isinstance(line, str) else None,
        since=_parse_time(hold.get("since")),
        until=_parse_time(hold.get("until")),
        pause_behavior=_member(PauseBehavior, hold.get("pause_behavior")),
        damage=_member(Damage, hold.get("damage")),
    )


def is_stored_as_held(stored: object, sid: str) -> bool:
    """Return whether the file's content says that the hold has paused a recording."""
    recordings = _mapping(_mapping(stored).get("recordings"))
    return _mapping(recordings.get(sid)).get("paused_by") == PausedBy.HOLD


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _member[EnumT: StrEnum](enum: type[EnumT], value: object) -> EnumT | None:
    try:
        return enum(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _members[EnumT: StrEnum](
    enum: type[EnumT], recordings: Mapping[str, Mapping[str, object]], name: str
) -> dict[str, EnumT]:
    return {
        sid: member
        for sid, kept in recordings.items()
        if (member := _member(enum, kept.get(name))) is not None
    }


def _parse_time(text: object) -> datetime | None:
    time = dt_util.parse_datetime(text) if isinstance(text, str) else None
    return None if time is None else dt_util.as_utc(time)
