"""A real Home Assistant core in this process, with nothing set up that is not needed."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
import socket
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from homeassistant import loader
from homeassistant.bootstrap import async_load_base_functionality
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntries,
    ConfigEntry,
    ConfigEntryState,
    ConfigSubentryDataWithId,
)
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.setup import async_setup_component

# Home Assistant finds custom integrations in the package of this name that was imported first.
import custom_components  # noqa: F401

from .space import PROJECT_ID, TOKEN, SimulatedSpace

if TYPE_CHECKING:
    # Not before it is needed: how long that takes is measured.
    from custom_components.signalwire.coordinator import SignalWireCoordinator


@asynccontextmanager
async def home_assistant() -> AsyncIterator[HomeAssistant]:
    """Start a core in a folder of its own, and stop it at the end."""
    with TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)
        hass.config.skip_pip = True
        loader.async_setup(hass)
        hass.config_entries = ConfigEntries(hass, {})
        await loader.async_get_custom_components(hass)
        await async_load_base_functionality(hass)
        await async_process_ha_core_config(hass, {})
        http = {"http": {"server_host": "127.0.0.1", "server_port": _free_port()}}
        for domain in ("homeassistant", "persistent_notification", "http", "webhook"):
            if not await async_setup_component(hass, domain, http):
                raise RuntimeError(f"{domain} could not be set up")
        await hass.async_start()
        try:
            yield hass
        finally:
            await hass.async_stop(force=True)


def config_entry(
    domain: str,
    data: Mapping[str, object],
    options: Mapping[str, object] | None = None,
    unique_id: str | None = None,
    subentries: Sequence[ConfigSubentryDataWithId] = (),
) -> ConfigEntry[object]:
    """Return a config entry as a person's flow would make it."""
    return ConfigEntry(
        data=MappingProxyType(dict(data)),
        discovery_keys=MappingProxyType({}),
        domain=domain,
        minor_version=1,
        options=dict(options or {}),
        source=SOURCE_USER,
        subentries_data=subentries,
        title="Benchmark",
        unique_id=unique_id,
        version=1,
    )


async def add_project(
    hass: HomeAssistant,
    space: SimulatedSpace,
    lines: Sequence[ConfigSubentryDataWithId] = (),
    **options: object,
) -> SignalWireCoordinator:
    """Set the integration up for the simulated space, and return its coordinator."""
    entry = config_entry(
        "signalwire",
        {"space": space.url, "project_id": PROJECT_ID, "api_token": TOKEN},
        # No poll in between, but those that are measured.
        {"active_interval": 3600, "idle_interval": 3600, **options},
        PROJECT_ID,
        lines,
    )
    await hass.config_entries.async_add(entry)
    await settle(hass)
    if entry.state is not ConfigEntryState.LOADED:
        raise RuntimeError("The project could not be set up")
    return cast("SignalWireCoordinator", entry.runtime_data)


async def settle(hass: HomeAssistant) -> None:
    """Wait until nothing is left to do."""
    await hass.async_block_till_done(wait_background_tasks=True)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
