"""System health: whether SignalWire can be reached, and how it went so far."""

import asyncio
from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import CONF_SPACE, DOMAIN
from .coordinator import SignalWireCoordinator

_REACHED = "ok"


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register what is shown."""
    register.async_register_info(async_system_health_info)


async def async_system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return the figures of all projects together; without a project, that there is none."""
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False)
    info: dict[str, Any] = {"projects": len(entries)}
    if not entries:
        return info
    if spaces := {entry.data[CONF_SPACE] for entry in entries if not entry.disabled_by}:
        info["can_reach_server"] = _async_reach_all(hass, spaces)
    coordinators: list[SignalWireCoordinator] = [
        entry.runtime_data for entry in hass.config_entries.async_loaded_entries(DOMAIN)
    ]
    info["loaded"] = len(coordinators)
    if coordinators:
        # Of several, the one that has waited for the longest.
        successes = [coordinator.project.last_success for coordinator in coordinators]
        known = [success for success in successes if success is not None]
        info["last_success"] = min(known) if len(known) == len(successes) else None
        info["active_recordings"] = sum(
            len(coordinator.data.recordings) for coordinator in coordinators
        )
        counts = [coordinator.project.client.counts for coordinator in coordinators]
        info["requests"] = sum(count.requests for count in counts)
        info["retries"] = sum(count.retries for count in counts)
        info["failures"] = sum(count.failures for count in counts)
    return info


async def _async_reach_all(hass: HomeAssistant, spaces: set[str]) -> str | dict[str, str]:
    """Return that every space can be reached, or why one can't."""
    results = await asyncio.gather(
        *(system_health.async_check_can_reach_url(hass, space) for space in sorted(spaces))
    )
    return next((result for result in results if result != _REACHED), _REACHED)
