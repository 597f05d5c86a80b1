"""SignalWire: phone-call recordings that can be paused."""

from homeassistant.const import CONF_API_TOKEN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.device_registry import DeviceEntry
from yarl import URL

from .api import SignalWireClient
from .const import CONF_PROJECT_ID, CONF_SPACE
from .coordinator import SignalWireConfigEntry, SignalWireCoordinator
from .devices import async_slot_devices, project_device_info, slot_number
from .storage import project_store

PLATFORMS = [Platform.BUTTON, Platform.SELECT, Platform.SENSOR, Platform.SWITCH]


async def async_setup_entry(hass: HomeAssistant, entry: SignalWireConfigEntry) -> bool:
    """Set up a SignalWire project."""
    client = SignalWireClient(
        async_get_clientsession(hass),
        URL(entry.data[CONF_SPACE]),
        entry.data[CONF_PROJECT_ID],
        entry.data[CONF_API_TOKEN],
    )
    coordinator = SignalWireCoordinator(hass, entry, client)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator

    devices = dr.async_get(hass)
    # Before the platforms, because the slots' devices refer to it.
    devices.async_get_or_create(config_entry_id=entry.entry_id, **project_device_info(entry))
    for number, device_id in async_slot_devices(hass, entry).items():
        if number not in coordinator.data.slots:
            # There may be fewer slots since the options were changed.
            devices.async_remove_device(device_id)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: SignalWireConfigEntry) -> bool:
    """Unload a SignalWire project."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        await entry.runtime_data.async_save()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: SignalWireConfigEntry) -> None:
    """Remove what was kept for a SignalWire project."""
    await project_store(hass, entry.entry_id).async_remove()


async def async_remove_config_entry_device(
    hass: HomeAssistant,
    entry: SignalWireConfigEntry,
    device: DeviceEntry,
) -> bool:
    """Let a person remove a slot that no recording sits in; it comes back when needed."""
    number = slot_number(entry, device.identifiers)
    return number is not None and entry.runtime_data.async_forget_slot(number)
