"""Small steps that several platforms share."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.typing import StateType
from homeassistant.util.json import JsonObjectType

from .api import RECORDING_FIELDS, Recording
from .const import DOMAIN
from .coordinator import SignalWireConfigEntry
from .errors import validation_error


def recording_fields(recording: Recording) -> dict[str, StateType | datetime]:
    """Return every field by its name; dates are aware, prices plain numbers."""
    return {name: _plain(getattr(recording, name)) for name in RECORDING_FIELDS}


def recording_response(recording: Recording) -> JsonObjectType:
    """Return every field by its name, as an action answers; dates in ISO 8601."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in recording_fields(recording).items()
    }


def _plain(value: StateType | datetime | Decimal) -> StateType | datetime:
    # A decimal cannot be sent to the frontend; a date can.
    return float(value) if isinstance(value, Decimal) else value


def only_ours(hass: HomeAssistant, entities: Iterable[str], translation_key: str) -> set[str]:
    """Return those of the entities that are the integration's own, and of this kind."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entities
        if (entity := registry.async_get(entity_id)) is not None
        and entity.platform == DOMAIN
        and entity.translation_key == translation_key
    }


def loaded_entry(hass: HomeAssistant, entry_id: str | None) -> SignalWireConfigEntry:
    """Return the config entry of a project that is set up.

    Raises ServiceValidationError if there is none, or it is not loaded.
    """
    entry: SignalWireConfigEntry | None = hass.config_entries.async_get_entry(entry_id or "")
    if entry is None or entry.domain != DOMAIN:
        raise validation_error("unknown_project")
    if entry.state is not ConfigEntryState.LOADED:
        raise validation_error("project_not_loaded", project=entry.title)
    return entry
