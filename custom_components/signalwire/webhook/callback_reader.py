"""Reads again what a callback names: at once, once, and never too much."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..api import NotFoundError, RecordingStatus, SignalWireClient, SignalWireError
from ..const import LOGGER
from ..project.commands import RecordingCommands
from ..project.recordings import ActiveRecordings, Change

MAX_READS_PER_SECOND = 10
"""Whatever is called back, no more recordings than these are read for it in any second."""
_MAX_WAITING = 100
_MAX_TRIES = 3
_ENDED_KEPT = 1000


class CallbackReader:
    """Takes hints that something happened to a recording; believes only what is read.

    A hint that tells nothing new costs nothing, several of one recording one read. More than can
    be read singly are left to one refresh.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        client: SignalWireClient,
        recordings: ActiveRecordings,
        control: RecordingCommands,
        *,
        on_change: Callable[[Iterable[Change]], None],
        refresh: CALLBACK_TYPE,
    ) -> None:
        """Take what to read through, what is known, and what to call.

        `on_change` gets what each read changed; `refresh` is called where reading singly is no use.
        """
        self._hass = hass
        self._entry = entry
        self._client = client
        self._recordings = recordings
        self._control = control
        self._on_change = on_change
        self._refresh = refresh
        self._waiting: dict[str, RecordingStatus] = {}
        self._reading: dict[str, RecordingStatus] = {}
        # To be read once more, because the read under way may have been too early.
        self._again: dict[str, RecordingStatus] = {}
        # Read as ended, which they stay; the latest last.
        self._ended: dict[str, None] = {}
        self._begun: deque[float] = deque(maxlen=MAX_READS_PER_SECOND)
        self._working = False

    @callback
    def async_take(self, sid: str, claimed: RecordingStatus) -> None:
        """Take a hint; `claimed` is only used to see whether it could tell anything new."""
        if self._is_redundant(sid, claimed):
            return
        if sid in self._reading:
            self._again[sid] = claimed
            return
        if len(self._waiting) >= _MAX_WAITING:
            self._waiting.clear()
            self._refresh()
            return
        self._waiting[sid] = claimed
        if not self._working:
            self._working = True
            self._create_task(self._async_work())

    def _is_redundant(self, sid: str, claimed: RecordingStatus) -> bool:
        return (
            sid in self._ended
            or sid in self._waiting
            or self._reading.get(sid) is claimed
            or (
                claimed is RecordingStatus.IN_PROGRESS
                and self._recordings.known.get(sid) is not None
            )
        )

    def _create_task(self, work: Coroutine[None, None, None]) -> None:
        self._entry.async_create_background_task(self._hass, work, "signalwire hints")

    async def _async_work(self) -> None:
        """Begin the reads, as fast as they may be."""
        try:
            while self._waiting:
                if (wait := self._wait_before_next()) > 0:
                    await asyncio.sleep(wait)
                    continue
                sid = next(iter(self._waiting))
                self._reading[sid] = self._waiting.pop(sid)
                self._begun.append(self._hass.loop.time())
                self._create_task(self._async_run(sid))
        finally:
            self._working = False

    def _wait_before_next(self) -> float:
        """Return the seconds until the next read may begin."""
        if len(self._begun) < MAX_READS_PER_SECOND:
            return 0
        return self._begun[0] + 1 - self._hass.loop.time()

    async def _async_run(self, sid: str) -> None:
        try:
            await self._async_read(sid)
        finally:
            self._recordings.end_read(sid)
            del self._reading[sid]
        if (claimed := self._again.pop(sid, None)) is not None:
            self.async_take(sid, claimed)

    async def _async_read(self, sid: str) -> None:
        for _ in range(_MAX_TRIES):
            # An update that is under way has the last word, and may make the read needless.
            await self._control.async_wait_idle(sid)
            self._recordings.begin_read(sid)
            try:
                recording = await self._client.get_recording(sid)
            except NotFoundError:
                return
            except SignalWireError as err:
                LOGGER.debug("A recording that was called back for could not be read: %s", err)
                return
            if (changes := self._recordings.apply_read(recording)) is not None:
                if not recording.is_active:
                    self._note_ended(sid)
                self._on_change(changes)
                return

    def _note_ended(self, sid: str) -> None:
        self._ended[sid] = None
        if len(self._ended) > _ENDED_KEPT:
            del self._ended[next(iter(self._ended))]
