"""The devices: one for the project, one for each line, one for each slot."""

from collections.abc import Iterable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntry, DeviceEntryType, DeviceInfo

from .const import CONF_SPACE, DOMAIN

_MANUFACTURER = "SignalWire"


def project_device_info(entry: ConfigEntry[Any]) -> DeviceInfo:
    """Return the device that stands for the project."""
    return DeviceInfo(
        # Not the project's ID: together with a recording's SID it opens the audio.
        identifiers={(DOMAIN, entry.entry_id)},
        entry_type=DeviceEntryType.SERVICE,
        manufacturer=_MANUFACTURER,
        model="Project",
        name=entry.title,
        configuration_url=entry.data[CONF_SPACE],
    )


def line_device_info(
    hass: HomeAssistant, entry: ConfigEntry[Any], line_id: str, name: str
) -> DeviceInfo:
    """Return the device that stands for a line; the project's must be registered before."""
    return DeviceInfo(
        identifiers={(DOMAIN, line_id)},
        entry_type=DeviceEntryType.SERVICE,
        manufacturer=_MANUFACTURER,
        model="Line",
        name=name,
        via_device_id=_project_device_id(hass, entry),
    )


def slot_device_info(hass: HomeAssistant, entry: ConfigEntry[Any], number: int) -> DeviceInfo:
    """Return the device that stands for a slot; the project's must be registered before."""
    return DeviceInfo(
        identifiers={(DOMAIN, f"{entry.entry_id}_{number}")},
        entry_type=DeviceEntryType.SERVICE,
        manufacturer=_MANUFACTURER,
        model="Recording",
        translation_key="slot",
        translation_placeholders={"number": str(number)},
        via_device_id=_project_device_id(hass, entry),
    )


def _project_device_id(hass: HomeAssistant, entry: ConfigEntry[Any]) -> str:
    return dr.async_get_device_id_by_identifier(
        hass, (DOMAIN, entry.entry_id), config_entry_id=entry.entry_id
    )


def line_device(hass: HomeAssistant, entry: ConfigEntry[Any], line_id: str) -> DeviceEntry | None:
    """Return the device of a line; None if the line has never been set up."""
    return dr.async_get(hass).async_get_device_by_identifier((DOMAIN, line_id), entry.entry_id)


def line_name(hass: HomeAssistant, entry: ConfigEntry[Any], line_id: str, title: str) -> str:
    """Return what a line is called: the name that a person gave its device, or else its title."""
    device = line_device(hass, entry, line_id)
    return (device and device.name_by_user) or title


def line_of(entry: ConfigEntry[Any], identifiers: Iterable[tuple[str, str]]) -> str | None:
    """Return the ID of the line whose device has the identifiers; None if it is no line's."""
    return next(
        (
            identifier
            for domain, identifier in identifiers
            if domain == DOMAIN and identifier in entry.subentries
        ),
        None,
    )


def slot_number(entry: ConfigEntry[Any], identifiers: Iterable[tuple[str, str]]) -> int | None:
    """Return the number of the slot whose device has the identifiers; None if it is no slot's."""
    prefix = f"{entry.entry_id}_"
    for domain, identifier in identifiers:
        number = identifier.removeprefix(prefix)
        if domain == DOMAIN and identifier.startswith(prefix) and number.isdecimal():
            return int(number)
    return None


def async_slot_devices(hass: HomeAssistant, entry: ConfigEntry[Any]) -> dict[int, str]:
    """Return the device IDs of the slots that the registry knows, by slot number."""
    return {
        number: device.id
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        if (number := slot_number(entry, device.identifiers)) is not None
    }
