"""One life of Home Assistant: from its start over the disk to its stop or its sudden death."""

import asyncio
from collections.abc import Callable, Coroutine
import logging
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from homeassistant import config_entries, loader
from homeassistant.auth import AuthManager, auth_store
from homeassistant.config_entries import (
    ConfigEntries,
    ConfigEntry,
    ConfigEntryState,
    ConfigSubentryDataWithId,
)
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import (
    area_registry,
    category_registry,
    condition,
    device_registry,
    entity,
    entity_registry,
    floor_registry,
    issue_registry,
    label_registry,
    restore_state,
    translation,
    trigger,
)
from homeassistant.helpers.storage import get_internal_store_manager

import custom_components

from . import adapter
from .lines import Line
from .loop import VirtualLoop
from .network import Session
from .retention import LINE_DAYS
from .service import PROJECT_ID, SPACE, TOKEN

if TYPE_CHECKING:
    from .world import World

CONFIG_DIR = "/simulated"


class Process:
    """A Home Assistant that runs in a virtual loop of its own."""

    def __init__(self, world: World, number: int) -> None:
        self.number = number
        self.world = world
        self.session = Session(world.network, world.clock, number)
        self.loop = VirtualLoop(world.clock, world.agenda, world.disk.run, world.observer.on_failed)
        self.hass: HomeAssistant | None = None
        self.is_up = False

    @property
    def entry(self) -> ConfigEntry[Any] | None:
        """Return the config entry, if there is one."""
        # Early in a start there are none yet.
        entries: ConfigEntries | None = getattr(self.hass, "config_entries", None)
        return None if entries is None else entries.async_get_entry(adapter.ENTRY_ID)

    @property
    def is_loaded(self) -> bool:
        """Return whether the entry is set up."""
        entry = self.entry
        return entry is not None and entry.state is ConfigEntryState.LOADED

    @property
    def knows_actions(self) -> bool:
        """Return whether the integration's actions can be called."""
        return (
            self.is_up
            and self.hass is not None
            and self.hass.services.has_service(adapter.DOMAIN, "hold_recordings")
        )

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something of the world's in this process; it ends with it."""
        return self.loop.create_task(work)

    def die(self) -> None:
        """End without a trace: nothing that still runs has an effect."""
        disk, session = self.world.disk, self.session
        session.is_dead = disk.is_muted = True
        logging.disable(logging.CRITICAL)
        try:
            self.loop.die()
        finally:
            disk.is_muted = False
            logging.disable(logging.NOTSET)
        self.is_up = False

    async def boot(self) -> None:
        """Start Home Assistant over what is on the disk, and set the entry up."""
        hass = self.hass = HomeAssistant(CONFIG_DIR)
        hass.auth = AuthManager(hass, auth_store.AuthStore(hass), {}, {})
        hass.config.skip_pip = True
        await hass.config.async_set_time_zone("Europe/Berlin")
        hass.config_entries = config_entries.ConfigEntries(hass, {})
        hass.config_entries._initialized.set()  # as if read: the world adds the entry itself
        entity.async_setup(hass)
        loader.async_setup(hass)
        translation.async_setup(hass)
        device_registry.async_setup(hass)
        await get_internal_store_manager(hass).async_initialize()
        for load in (
            *(area_registry.async_load, category_registry.async_load, device_registry.async_load),
            *(entity_registry.async_load, floor_registry.async_load, issue_registry.async_load),
            *(label_registry.async_load, restore_state.async_load),
        ):
            await load(hass)
        await condition.async_setup(hass)
        await trigger.async_setup(hass)
        self._put_in_components(hass)
        self.world.observer.watch(hass)
        hass.set_state(CoreState.running)
        self.is_up = True
        if self.world.entry_exists:
            await self.add_entry()

    def _put_in_components(self, hass: HomeAssistant) -> None:
        """Stand in for what the integration needs and the simulation does not."""
        integration = loader.Integration.resolve_from_root(hass, custom_components, adapter.DOMAIN)
        assert integration is not None
        hass.data[loader.DATA_CUSTOM_COMPONENTS] = {adapter.DOMAIN: integration}
        hass.config.components |= {"http", "webhook"}
        hass.http = SimpleNamespace(register_view=lambda _view: None)  # type: ignore[assignment]  # no server

    async def add_entry(self) -> None:
        """Put the entry back as the world knows it, and set it up."""
        assert self.hass is not None
        entry: ConfigEntry[Any] = ConfigEntry(
            data={"space": SPACE, "project_id": PROJECT_ID, "api_token": TOKEN, "webhook_id": "w"},
            discovery_keys=MappingProxyType({}),
            domain=adapter.DOMAIN,
            entry_id=adapter.ENTRY_ID,
            minor_version=1,
            options=dict(self.world.options),
            source=config_entries.SOURCE_USER,
            subentries_data=[
                ConfigSubentryDataWithId(
                    data=self._line_data(line),
                    subentry_id=line.id,
                    subentry_type="line",
                    title=line.name,
                    unique_id=None,
                )
                for line in self.world.lines
            ],
            title=adapter.TITLE,
            unique_id=PROJECT_ID,
            version=1,
        )
        await self.hass.config_entries.async_add(entry)

    def write_lines(self) -> None:
        """Give the lines of the entry the addresses that they have by now."""
        assert self.hass is not None
        assert self.entry is not None
        for line in self.world.lines:
            self.hass.config_entries.async_update_subentry(
                self.entry, self.entry.subentries[line.id], data=self._line_data(line)
            )

    def _line_data(self, line: Line) -> dict[str, Any]:
        data: dict[str, Any] = {"addresses": [line.number, line.conference]}
        if self.world.retention is not None and (days := LINE_DAYS[line.id]) is not None:
            data["retention_days"] = days
        return data

    async def forget_devices(self) -> None:
        """Have the device registry written, which has none of a removed entry's.

        An entry that is added again has another ID in truth, and so no devices from before.
        """
        assert self.hass is not None
        registry = device_registry.async_get(self.hass)
        await registry._store.async_save(registry._data_to_save())

    async def stop(self) -> None:
        """Stop Home Assistant as a restart does."""
        assert self.hass is not None
        await self.hass.async_stop()

    def leftovers(self) -> list[str]:
        """Return the tasks, timers and listeners of the integration's that are still there."""
        assert self.hass is not None
        found = [
            f"task {task.get_name()}: {getattr(task.get_coro(), '__qualname__', '')}"
            for task in sorted(asyncio.all_tasks(self.loop), key=hash)
            if not task.done() and _is_our_task(task)
        ]
        # There is no public way to see timers.
        scheduled: list[Any] = vars(self.loop)["_scheduled"]
        found += [
            f"timer {_name(handle._callback)}"
            for handle in scheduled
            if not handle.cancelled()
            and any(adapter.is_ours(each) for each in (handle._callback, *(handle._args or ())))
        ]
        found += [
            f"listener for {event_type}"
            for event_type, jobs in self.hass.bus._listeners.items()
            for job, *_ in jobs
            if adapter.is_ours(job)
        ]
        return found


def _is_our_task(task: asyncio.Task[Any]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and "custom_components/signalwire/" in code.co_filename


def _name(callback: Callable[..., Any] | None) -> str:
    return getattr(callback, "__qualname__", None) or type(callback).__qualname__
