"""The names of what else can be told by voice: what has such a name is left to Home Assistant."""

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.intent import async_get_entity_aliases

from ..const import DOMAIN


@callback
def async_names_of_others(hass: HomeAssistant, assistant: str) -> frozenset[str]:
    """Return the names and aliases of all entities that an assistant gets to see, but ours."""
    entities = er.async_get(hass)
    names: set[str] = set()
    for state in hass.states.async_all():
        entity = entities.async_get(state.entity_id)
        is_ours = entity is not None and entity.platform == DOMAIN
        if not is_ours and async_should_expose(hass, assistant, state.entity_id):
            names.update(async_get_entity_aliases(hass, entity, state=state))
    return frozenset(names)
