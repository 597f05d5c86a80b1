"""The actions of the integration."""

from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .api import PauseBehavior
from .const import DOMAIN
from .coordinator import SignalWireCoordinator

SERVICE_HOLD_RECORDINGS = "hold_recordings"
SERVICE_RELEASE_RECORDINGS = "release_recordings"

ATTR_CONFIG_ENTRY = "config_entry_id"
ATTR_FOR = "for"
ATTR_PAUSE_BEHAVIOR = "pause_behavior"

_LONGEST_HOLD = timedelta(days=7)

_RELEASE_SCHEMA = vol.Schema({vol.Optional(ATTR_CONFIG_ENTRY): cv.string})
_HOLD_SCHEMA = _RELEASE_SCHEMA.extend(
    {
        vol.Optional(ATTR_FOR): vol.All(
            cv.time_period, vol.Range(min=timedelta(seconds=1), max=_LONGEST_HOLD)
        ),
        vol.Optional(ATTR_PAUSE_BEHAVIOR): vol.Coerce(PauseBehavior),
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(DOMAIN, SERVICE_HOLD_RECORDINGS, _async_hold, schema=_HOLD_SCHEMA)
    hass.services.async_register(
        DOMAIN, SERVICE_RELEASE_RECORDINGS, _async_release, schema=_RELEASE_SCHEMA
    )


async def _async_hold(call: ServiceCall) -> None:
    for coordinator in _coordinators(call):
        await coordinator.async_hold(
            call.data.get(ATTR_FOR), call.data.get(ATTR_PAUSE_BEHAVIOR), call.context
        )


async def _async_release(call: ServiceCall) -> None:
    for coordinator in _coordinators(call):
        await coordinator.async_release(call.context)


def _coordinators(call: ServiceCall) -> list[SignalWireCoordinator]:
    """Return the project that the call names, or all; raises ServiceValidationError for none."""
    entries = call.hass.config_entries.async_entries(DOMAIN)
    if (entry_id := call.data.get(ATTR_CONFIG_ENTRY)) is not None:
        entries = [entry for entry in entries if entry.entry_id == entry_id]
        if not entries:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="unknown_project"
            )
    loaded = [entry for entry in entries if entry.state is ConfigEntryState.LOADED]
    if not loaded:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_loaded")
    return [entry.runtime_data for entry in loaded]
