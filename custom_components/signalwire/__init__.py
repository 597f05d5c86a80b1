"""SignalWire: phone-call recordings that can be paused."""

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import CONF_API_TOKEN, Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.typing import ConfigType
from yarl import URL

from .api import SignalWireClient
from .const import CONF_PROJECT_ID, CONF_SPACE, DOMAIN, LOGGER
from .coordinator import SignalWireConfigEntry, SignalWireCoordinator
from .devices import async_slot_devices, project_device_info, slot_number
from .frontend import async_setup_frontend
from .media.audio_view import RecordingAudioView
from .project import daily_totals_store, retention_store
from .project.entry_file import async_remove_files
from .project.lines import Lines
from .services import async_setup_services
from .voice import async_set_up_sentences, async_stop_listening
from .webhook.address import async_ensure_webhook_id, async_remove_cloudhook

PLATFORMS = [
    Platform.BUTTON,
    Platform.EVENT,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
]

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what is there whether a project is or not."""
    async_setup_services(hass)
    async_set_up_sentences(hass)
    hass.http.register_view(RecordingAudioView())
    await async_setup_frontend(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: SignalWireConfigEntry) -> bool:
    """Set up a SignalWire project."""
    async_ensure_webhook_id(hass, entry)
    async_set_up_sentences(hass)
    client = SignalWireClient(
        async_get_clientsession(hass),
        URL(entry.data[CONF_SPACE]),
        entry.data[CONF_PROJECT_ID],
        entry.data[CONF_API_TOKEN],
    )
    coordinator = SignalWireCoordinator(hass, entry, client)
    # Also when the set-up fails further on.
    entry.async_on_unload(coordinator.project.async_stop)
    try:
        await coordinator.async_config_entry_first_refresh()
    except ConfigEntryNotReady:
        if not coordinator.project.was_set_up_before:
            raise
        # Whoever wants nothing to be recorded must be able to say so while the service is down,
        # and what was said before a restart must be kept as soon as it is back.
        LOGGER.warning("%s does not answer, and will be asked again", entry.title)
    entry.runtime_data = coordinator
    coordinator.webhook.async_register()

    devices = dr.async_get(hass)
    # Before the platforms, because the slots' devices refer to it.
    devices.async_get_or_create(config_entry_id=entry.entry_id, **project_device_info(entry))
    for number, device_id in async_slot_devices(hass, entry).items():
        if number not in coordinator.data.slots:
            # There may be fewer slots since the options were changed.
            devices.async_remove_device(device_id)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    coordinator.project.async_start(coordinator)
    entry.async_on_unload(_async_follow_lines(hass, entry))
    return True


@callback
def _async_follow_lines(hass: HomeAssistant, entry: SignalWireConfigEntry) -> CALLBACK_TYPE:
    """Have the entry set up anew when its lines change; return what ends that.

    An update listener would do so for every change of the entry, of which others see to already.
    """

    @callback
    def follow(change: ConfigEntryChange, changed: ConfigEntry) -> None:
        if (
            change is ConfigEntryChange.UPDATED
            and changed.entry_id == entry.entry_id
            # That it becomes loaded is a change, too, so what comes before that is not missed.
            and changed.state is ConfigEntryState.LOADED
            and Lines.from_entry(changed) != entry.runtime_data.project.lines
        ):
            hass.config_entries.async_schedule_reload(entry.entry_id)

    return async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, follow)


async def async_unload_entry(hass: HomeAssistant, entry: SignalWireConfigEntry) -> bool:
    """Unload a SignalWire project."""
    # While there is still somebody to hear it.
    entry.runtime_data.project.activities.stop()
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        await entry.runtime_data.project.async_stop()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: SignalWireConfigEntry) -> None:
    """Remove what was kept for a SignalWire project."""
    await async_remove_files(
        hass, entry.entry_id, "", daily_totals_store.FILE_NAME, retention_store.FILE_NAME
    )
    if not hass.config_entries.async_entries(DOMAIN):
        async_stop_listening(hass)
    await async_remove_cloudhook(hass, entry)


async def async_remove_config_entry_device(
    hass: HomeAssistant,
    entry: SignalWireConfigEntry,
    device: DeviceEntry,
) -> bool:
    """Let a person remove a slot that no recording sits in; it comes back when needed."""
    number = slot_number(entry, device.identifiers)
    if number is None:
        return False
    if entry.state is not ConfigEntryState.LOADED:
        # Whether it is empty is not known, but it comes back in any case.
        return True
    return entry.runtime_data.project.async_forget_slot(number)
