"""What a project keeps over restarts."""

from typing import NotRequired, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .api import PauseBehavior
from .const import DOMAIN
from .hold import PausedBy, RecordingHold

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


def project_store(hass: HomeAssistant, entry_id: str) -> ProjectStore:
    """Return the store of one config entry; private, because it holds SIDs of recordings."""
    return Store(hass, _VERSION, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True)


def stored_hold(hold: RecordingHold) -> StoredHold:
    """Return what is kept of the hold while there is one."""
    stored = StoredHold()
    if hold.until is not None:
        stored["until"] = hold.until.isoformat()
    if hold.pause_behavior is not None:
        stored["pause_behavior"] = hold.pause_behavior.value
    return stored


def restore_hold(hold: RecordingHold, stored: StoredProject) -> None:
    """Bring back the wish, and who paused what."""
    if (wish := stored.get("hold")) is not None:
        hold.begin(
            dt_util.parse_datetime(wish.get("until") or ""),
            PauseBehavior(wish["pause_behavior"]) if "pause_behavior" in wish else None,
        )
    hold.restore(
        {
            sid: PausedBy(kept["paused_by"])
            for sid, kept in stored["recordings"].items()
            if "paused_by" in kept
        }
    )
