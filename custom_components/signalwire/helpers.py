"""Finds the integration's entities, and the entry of a project that is set up."""

from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .coordinator import SignalWireConfigEntry
from .errors import validation_error


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
