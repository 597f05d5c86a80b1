"""What a project keeps over restarts."""

from typing import NotRequired, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN

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
