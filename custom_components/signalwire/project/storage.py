"""What a project keeps over restarts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..api import PauseBehavior
from ..const import DOMAIN
from .daily_totals import StoredDay
from .hold import PausedBy, RecordingHold
from .pause_behaviors import PauseBehaviors

_VERSION = 1


class StoredRecording(TypedDict):
    """An active recording: its slot, the pause behavior chosen for it, and who paused it."""

    slot: NotRequired[int]
    pause_behavior: NotRequired[str]
    paused_by: NotRequired[str]


class StoredHold(TypedDict):
    """The wish that all be paused: until when (ISO 8601, UTC), and how."""

    until: NotRequired[str]
    pause_behavior: NotRequired[str]


class StoredProject(TypedDict):
    """The active recordings by SID, the project's pause behavior, and the hold while there is."""

    recordings: dict[str, StoredRecording]
    pause_behavior: str
    hold: NotRequired[StoredHold]


type ProjectStore = Store[StoredProject]
type DayStore = Store[StoredDay]


def project_store(hass: HomeAssistant, entry_id: str) -> ProjectStore:
    """Return the store of one config entry; private, because it holds SIDs of recordings."""
    return Store(hass, _VERSION, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True)


def day_store(hass: HomeAssistant, entry_id: str) -> DayStore:
    """Return the store of what was counted today; on its own, because it is written rarely."""
    return Store(hass, _VERSION, f"{DOMAIN}.{entry_id}.today", private=True, atomic_writes=True)


def to_store(
    sids: Iterable[str],
    slots: Mapping[int, str | None],
    pause_behaviors: PauseBehaviors,
    hold: RecordingHold,
) -> StoredProject:
    """Return what is kept of the active recordings with these SIDs, and of the project."""
    recordings = {sid: StoredRecording() for sid in sids}
    for number, sid in slots.items():
        if sid in recordings:
            recordings[sid]["slot"] = number
    for sid, behavior in pause_behaviors.chosen.items():
        if sid in recordings:
            recordings[sid]["pause_behavior"] = behavior.value
    for sid, paused_by in hold.all_paused_by.items():
        if sid in recordings:
            recordings[sid]["paused_by"] = paused_by.value
    stored = StoredProject(recordings=recordings, pause_behavior=pause_behaviors.default.value)
    if hold.held:
        stored["hold"] = _stored_hold(hold)
    return stored


def _stored_hold(hold: RecordingHold) -> StoredHold:
    stored = StoredHold()
    if hold.until is not None:
        stored["until"] = hold.until.isoformat()
    if hold.pause_behavior is not None:
        stored["pause_behavior"] = hold.pause_behavior.value
    return stored


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredProject:
    """What was kept, as far as it can be read.

    `held` is also true for a wish whose details cannot be read: rather one pause too many.
    """

    sids: tuple[str, ...] = ()
    slots: Mapping[int, str] = field(default_factory=dict)
    pause_behavior: PauseBehavior = PauseBehavior.SILENCE
    pause_behaviors: Mapping[str, PauseBehavior] = field(default_factory=dict)
    paused_by: Mapping[str, PausedBy] = field(default_factory=dict)
    held: bool = False
    held_until: datetime | None = None
    hold_pause_behavior: PauseBehavior | None = None


def read_stored(stored: object) -> RestoredProject:
    """Return what can be read of a file that may have been damaged or edited by hand."""
    data = _mapping(stored)
    recordings = {
        sid: _mapping(kept) for sid, kept in _mapping(data.get("recordings")).items() if sid
    }
    hold = _mapping(data.get("hold"))
    until = hold.get("until")
    return RestoredProject(
        sids=tuple(recordings),
        slots={
            slot: sid
            for sid, kept in recordings.items()
            if isinstance(slot := kept.get("slot"), int)
        },
        pause_behavior=_member(PauseBehavior, data.get("pause_behavior")) or PauseBehavior.SILENCE,
        pause_behaviors=_members(PauseBehavior, recordings, "pause_behavior"),
        paused_by=_members(PausedBy, recordings, "paused_by"),
        held="hold" in data,
        held_until=_parse_time(until) if isinstance(until, str) else None,
        hold_pause_behavior=_member(PauseBehavior, hold.get("pause_behavior")),
    )


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
