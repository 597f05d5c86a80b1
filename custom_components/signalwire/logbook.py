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

        data = event.data
        name = _name(hass, data["config_entry_id"], data["slot"])
        return {
            LOGBOOK_ENTRY_NAME: name,
            LOGBOOK_ENTRY_MESSAGE: _message(data, text, name),
            LOGBOOK_ENTRY_ENTITY_ID: data["entity_id"],
        }

    async_describe_event(DOMAIN, EVENT_ACTIVITY, describe)


def _name(hass: HomeAssistant, entry_id: str, slot: int | None) -> str:
    """Return what the slot is called, or else the project."""
    entry = hass.config_entries.async_get_entry(entry_id)
    if entry is None:
        return "SignalWire"
    device_id = async_slot_devices(hass, entry).get(slot or 0)
    device = dr.async_get(hass).async_get(device_id) if device_id else None
    return (device and (device.name_by_user or device.name)) or entry.title


def _message(data: Mapping[str, Any], text: Callable[..., str], name: str) -> str:
    """Return the sentence with the recording: the frontend shows the event's name before it."""
    sentence = text(f"logbook_{data['type']}", actor=text(f"actor_{data['actor']}"))
    parties = " → ".join(filter(None, (data["from"], data["to"])))
    known = ", ".join(filter(None, (name if data["slot"] else None, parties)))
    if known:
        sentence = f"{sentence} ({known})"
    return f"{sentence}: {data['reason']}" if data["reason"] else sentence
