"""Picks the entities out of a target that a trigger or a condition is about."""

from collections.abc import Iterable

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN


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
