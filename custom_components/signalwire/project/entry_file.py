"""One file of a config entry: one write at a time, each read back, and none after the stop."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
import os
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CoreState, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, UnsupportedStorageVersionError
from homeassistant.helpers.storage import Store

from ..const import DOMAIN, LOGGER
from .damage import Damage

_VERSION = 1
RETRY_AFTER = 15.0
"""Seconds after which a write that failed is tried again."""


class DamagedFileError(Exception):
    """The file could not be read."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(damage)
        self.damage = damage


class NotWrittenError(Exception):
    """What was to be written is not in the file."""


class EntryFile:
    """A private file of one config entry, in Home Assistant's storage.

    `content` returns what is to be written, as plain JSON values. `async_schedule` has it written
    within `delay` seconds, `async_flush` at once. With `verify` each write is read back;
    `is_written` tells whether the last one succeeded, and one that failed is tried again.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        content: Callable[[], Mapping[str, Any]],
        *,
        name: str = "",
        delay: float = 1.0,
        verify: bool = True,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._content = content
        self._name = name
        self._delay = delay
        self._verify = verify
        self._store: Store[Mapping[str, Any]] = store_of(hass, entry.entry_id, name)
        self._lock = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        # The number of the newest content, and of what is in the file.
        self._changed = 0
        self._written = 0
        self._closed = False
        self.is_written = True
        # What was in the file last, for sure, and what may have been written since.
        self._content_written: object = None
        self._contents_tried: deque[object] = deque(maxlen=2)
        self._remove_listener = hass.bus.async_listen(
            EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write
        )

    @property
    def contents(self) -> tuple[object, ...]:
        """Return what may be in the file: what was written last, and what was tried since."""
        return self._content_written, *self._contents_tried

    async def async_load(self) -> object:
        """Return the content of the file.

        Raises DamagedFileError, also if there is no file.
        """
        path = self._store.path
        # Home Assistant's store takes broken JSON for no file, once it has renamed it.
        had_file = await self._hass.async_add_executor_job(os.path.isfile, path)
        try:
            stored = await self._store.async_load()
        except UnsupportedStorageVersionError as err:
            raise DamagedFileError(Damage.NEWER) from err
        except Exception as err:  # whatever a damaged file makes of the reader
            raise DamagedFileError(Damage.UNREADABLE) from err
        if stored is None:
            raise DamagedFileError(Damage.UNREADABLE if had_file else Damage.MISSING)
        self._content_written = stored
        return stored

    async def async_set_aside(self) -> None:
        """Rename a file that cannot be read, so that what it holds is not overwritten."""
        path = self._store.path
        try:
            await self._hass.async_add_executor_job(os.rename, path, f"{path}.unreadable")
        except FileNotFoundError:
            # Home Assistant's store has renamed it already.
            return
        except OSError as err:
            LOGGER.warning("A file that cannot be read could not be renamed (%s)", type(err))

    @callback
    def async_schedule(self) -> None:
        """Note that the content has changed, and have it written within the delay."""
        self._changed += 1
        if self._timer is None and not self._closed:
            self._timer = self._hass.loop.call_later(self._delay, self._async_write_soon)

    @callback
    def _async_write_soon(self) -> None:
        self._timer = None
        if not self._closed:
            self.async_start_write()

    @callback
    def async_start_write(self) -> asyncio.Task[bool]:
        """Begin a write that goes on when who waits for it is cancelled."""
        return self._hass.async_create_background_task(
            self._async_write(self._changed), "signalwire storage"
        )

    async def async_flush(self) -> None:
        """Write what has changed now; returns once it is in the file. Raises NotWrittenError."""
        if not await asyncio.shield(self.async_start_write()):
            raise NotWrittenError

    async def _async_write(self, wanted: int) -> bool:
        """Return whether the changes up to number `wanted` are in the file."""
        async with self._lock:
            if self._written >= wanted:
                # Written by another, together with its own.
                return True
            if self._closed:
                return False
            newest, content = self._changed, self._content()
            self._contents_tried.append(content)
            await self._store.async_save(content)
            self.is_written = not self._verify or await self._async_is_in_file(content)
            if self.is_written:
                self._written, self._content_written = newest, content
                self._contents_tried.clear()
            elif self._timer is None:
                self._timer = self._hass.loop.call_later(RETRY_AFTER, self._async_write_soon)
            return self.is_written

    async def _async_is_in_file(self, content: Mapping[str, Any]) -> bool:
        """Return whether the content can be read back: the store only logs that it cannot write."""
        if self._hass.state is CoreState.stopping:
            # All stores are written together, at the end.
            return True
        try:
            # By another store: this one would return what it was to write.
            stored = await store_of(self._hass, self._entry.entry_id, self._name).async_load()
        except HomeAssistantError:
            return False
        return stored == content

    async def _async_final_write(self, _: Event) -> None:
        if self._written < self._changed and not self._closed:
            await self._store.async_save(self._content())

    async def async_stop(self) -> None:
        """Write what is still to be written; after this, nothing is."""
        if self._closed:
            return
        self._remove_listener()
        if self._written < self._changed and not await self._async_write(self._changed):
            LOGGER.error("The state of %s could not be written to the disk", self._entry.title)
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        async with self._lock:
            # What was being written is over now.
            pass


def store_of(hass: HomeAssistant, entry_id: str, name: str = "") -> Store[Mapping[str, Any]]:
    """Return the store of a config entry's file; private, because it holds SIDs of recordings."""
    key = f"{DOMAIN}.{entry_id}.{name}" if name else f"{DOMAIN}.{entry_id}"
    return Store(hass, _VERSION, key, private=True, atomic_writes=True)


async def async_remove_files(hass: HomeAssistant, entry_id: str, *names: str) -> None:
    """Delete the files of a config entry, with those that were set aside."""
    for name in names:
        await store_of(hass, entry_id, name).async_remove()
    path = store_of(hass, entry_id).path
    await hass.async_add_executor_job(_remove_set_aside, *os.path.split(path))


def _remove_set_aside(folder: str, name: str) -> None:
    try:
        found = os.listdir(folder)
    except FileNotFoundError:
        return
    for each in found:
        if each.startswith(f"{name}."):
            os.unlink(os.path.join(folder, each))
