"""Reads again what a callback names: at once, once, and never too much."""

import asyncio
from collections import deque
from collections.abc import Coroutine

from homeassistant.core import callback
from homeassistant.util.limited_size_dict import LimitedSizeDict

from ..api import NotFoundError, RecordingStatus, SignalWireError
from ..const import LOGGER
from ..project.observation import Interval
from ..project.project import Project

MAX_READS_PER_SECOND = 10
"""Whatever is called back, no more recordings than these are read for it in any second."""
_MAX_WAITING = 100
_ENDED_KEPT = 1000
# Seconds to wait before each further read of a recording that is not there yet: a callback proves
# that it exists, and may come before it can be read. After the last one, the project is polled.
_NOT_FOUND_WAITS = (0.5, 1.0, 2.0, 4.0)


class CallbackReader:
    """Reads the recordings that callbacks name; what a callback claims is never shown.

    A callback that tells nothing new costs nothing, and several of one recording cost one read.
    More than can be read singly are left to one refresh.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._waiting: dict[str, RecordingStatus] = {}
        self._reading: dict[str, RecordingStatus] = {}
        # To be read once more, because the read under way may have been too early.
        self._again: dict[str, RecordingStatus] = {}
        # Read as ended, which they stay; the latest last.
        self._ended = LimitedSizeDict[str, None](size_limit=_ENDED_KEPT)
        self._read_times: deque[float] = deque(maxlen=MAX_READS_PER_SECOND)
        # How often each recording was not found so far.
        self._not_found: dict[str, int] = {}
        self._working = False

    @callback
    def async_take(self, sid: str, claimed: RecordingStatus) -> None:
        """Have a recording read; `claimed` only tells whether that could show anything new."""
        if self._is_redundant(sid, claimed):
            return
        if sid in self._reading:
            self._again[sid] = claimed
            return
        self._async_enqueue(sid, claimed)

    @callback
    def _async_enqueue(self, sid: str, claimed: RecordingStatus) -> None:
        if len(self._waiting) >= _MAX_WAITING:
            self._waiting.clear()
            self._not_found.clear()
            self._project.async_refresh_soon()
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
            or (claimed is RecordingStatus.IN_PROGRESS and self._is_known_to_record(sid))
        )

    def _is_known_to_record(self, sid: str) -> bool:
        tracked = self._project.state.recordings.get(sid)
        return (
            tracked is not None
            and tracked.recording is not None
            and tracked.recording.status.is_recording
            and not tracked.is_uncertain
        )

    def _create_task(self, work: Coroutine[None, None, None]) -> None:
        self._project.entry.async_create_background_task(
            self._project.hass, work, "signalwire callbacks"
        )

    async def _async_work(self) -> None:
        """Start the reads, as fast as they may be."""
        try:
            while self._waiting:
                if (wait := self._wait_before_next()) > 0:
                    await asyncio.sleep(wait)
                    continue
                sid = next(iter(self._waiting))
                self._reading[sid] = self._waiting.pop(sid)
                self._read_times.append(self._project.hass.loop.time())
                self._create_task(self._async_run(sid))
        finally:
            self._working = False

    def _wait_before_next(self) -> float:
        """Return the seconds until the next read may begin."""
        if len(self._read_times) < MAX_READS_PER_SECOND:
            return 0
        return self._read_times[0] + 1 - self._project.hass.loop.time()

    async def _async_run(self, sid: str) -> None:
        claimed = self._reading[sid]
        try:
            await self._async_read(sid)
        except NotFoundError:
            await self._async_follow_not_found(sid, claimed)
        else:
            self._not_found.pop(sid, None)
        finally:
            del self._reading[sid]
        if (again := self._again.pop(sid, None)) is not None:
            self.async_take(sid, again)

    async def _async_follow_not_found(self, sid: str, claimed: RecordingStatus) -> None:
        """Wait, and have it read again; what has ended may be deleted, and is left alone."""
        tries = self._not_found.pop(sid, 0)
        if claimed.has_ended:
            return
        if tries == len(_NOT_FOUND_WAITS):
            self._project.async_refresh_soon()
            return
        await asyncio.sleep(_NOT_FOUND_WAITS[tries])
        self._not_found[sid] = tries + 1
        self._again.setdefault(sid, claimed)

    async def _async_read(self, sid: str) -> None:
        # An update that is in flight has the last word, and may make the read needless.
        await self._project.reconciler.async_wait_idle(sid)
        sent = self._project.clock.now()
        try:
            recording = await self._project.client.get_recording(sid)
        except NotFoundError:
            self._project.state.apply_not_found(sid, Interval(sent, self._project.clock.now()))
            self._project.async_changed()
            raise
        except SignalWireError as err:
            LOGGER.debug("A recording that was called back for could not be read: %s", err)
            return
        if not recording.is_active:
            self._ended[sid] = None
        self._project.state.apply_reading(recording, Interval(sent, self._project.clock.now()))
        self._project.async_changed()
