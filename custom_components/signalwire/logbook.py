"""The logbook's sentences about recordings."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN, EVENT_ACTIVITY
from .devices import async_slot_devices
from .project.updates import Actor

type Describe = Callable[[Event[Any]], dict[str, str | None]]


@callback
def async_describe_events(
    hass: HomeAssistant, async_describe_event: Callable[[str, str, Describe], None]
) -> None:
    """Tell the logbook how to describe what happened to a recording."""

    @callback
    def describe(event: Event[Any]) -> dict[str, str | None]:
        texts = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)

        def text(key: str, **placeholders: str) -> str:
            found = texts.get(f"component.{DOMAIN}.common.{key}", key)
            return found.format(**placeholders)

        # Whoever fires such an event by hand may leave out anything.
        data = event.data
        return {
            LOGBOOK_ENTRY_NAME: _name(hass, data.get("config_entry_id"), data.get("slot")),
            LOGBOOK_ENTRY_MESSAGE: _message(data, text),
            LOGBOOK_ENTRY_ENTITY_ID: data.get("entity_id"),
        }

    async_describe_event(DOMAIN, EVENT_ACTIVITY, describe)


def _name(hass: HomeAssistant, entry_id: object, slot: object) -> str:
    """Return what the slot is called, or else the project."""
    entry = hass.config_entries.async_get_entry(entry_id) if isinstance(entry_id, str) else None
    if entry is None:
        return "SignalWire"
    slots = async_slot_devices(hass, entry)
    device_id = slots.get(slot) if isinstance(slot, int) else None
    device = dr.async_get(hass).async_get(device_id) if device_id else None
    return (device and (device.name_by_user or device.name)) or entry.title


def _message(data: Mapping[str, Any], text: Callable[..., str]) -> str:
    """Return what follows the name of the recording, or of what was held."""
    actor = data.get("person") or text(f"actor_{data.get('actor', Actor.SIGNALWIRE.value)}")
    sentence = text(f"logbook_{data.get('type')}", actor=actor)
    parties = " → ".join(str(end) for end in (data.get("from"), data.get("to")) if end)
    known = ", ".join(filter(None, (*map(str, _listed(data.get("lines"))), parties)))
    if known:
        sentence = f"{sentence} ({known})"
    reason = data.get("reason") or ", ".join(map(str, _listed(data.get("holds"))))
    return f"{sentence}: {reason}" if reason else sentence


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
