"""What a project keeps over restarts: the content of its file, written and read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict

from homeassistant.util import dt as dt_util

from ..api import PauseBehavior
from .damage import Damage
from .hold import PausedBy


class StoredRecording(TypedDict):
    """An active recording: its slot, the pause behavior chosen for it, and who paused it."""

    slot: NotRequired[int]
    pause_behavior: NotRequired[str]
    paused_by: NotRequired[str]


class StoredHold(TypedDict):
    """The hold: until when (ISO 8601, UTC), with which pause behavior, and for which damage."""

    until: NotRequired[str]
    pause_behavior: NotRequired[str]
    damage: NotRequired[str]


class StoredProject(TypedDict):
    """The active recordings by SID, the project's pause behavior, and the hold while there is."""

    recordings: dict[str, StoredRecording]
    pause_behavior: str
    hold: NotRequired[StoredHold]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredProject:
    """What was stored, as far as it can be read.

    `held` is also true for a hold whose details cannot be read: rather one pause too many.
    """

    sids: tuple[str, ...] = ()
    slots: Mapping[int, str] = field(default_factory=dict)
    pause_behavior: PauseBehavior = PauseBehavior.SILENCE
    pause_behaviors: Mapping[str, PauseBehavior] = field(default_factory=dict)
    paused_by: Mapping[str, PausedBy] = field(default_factory=dict)
    held: bool = False
    held_until: datetime | None = None
    hold_pause_behavior: PauseBehavior | None = None
    hold_damage: Damage | None = None


def read_stored(stored: object) -> RestoredProject | None:
    """Return what is in the content of a file; None if whether it was held cannot be known.

    Details that were damaged, or edited by hand, are left out one by one.
    """
    if not isinstance(stored, dict) or not isinstance(stored.get("recordings"), dict):
        return None
    recordings = {sid: _mapping(kept) for sid, kept in stored["recordings"].items() if sid}
    hold = _mapping(stored.get("hold"))
    until = hold.get("until")
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
        held="hold" in stored,
        held_until=_parse_time(until) if isinstance(until, str) else None,
        hold_pause_behavior=_member(PauseBehavior, hold.get("pause_behavior")),
        hold_damage=_member(Damage, hold.get("damage")),
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


def _parse_time(text: str) -> datetime | None:
    time = dt_util.parse_datetime(text)
    return None if time is None else dt_util.as_utc(time)
