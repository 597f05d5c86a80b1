"""Reads a project: what is new with each poll; everything now and then, in the background.

A full refresh that takes longer than the poll waits applies its result itself.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from homeassistant.core import callback

from ..api import SignalWireError, retry_wait
from ..const import LOGGER
from .discovery import Discovery, RefreshResult

if TYPE_CHECKING:
    from .project import Project

# Seconds; a refresh of a thousand recordings takes far less than one.
_TIMEOUT = 60.0
# What a poll waits for a full refresh; where that has many pages, it goes on beside the polls.
_FULL_WAIT = 2.0
# Seconds until a full refresh that failed is tried again, at first and at most.
_WAIT_AFTER_FAILURE = 1.0, 15.0


@dataclass(eq=False, slots=True)
class _FullRefresh:
    """A full refresh that is under way, since when, and whether a poll waits for it."""

    began: float
    is_awaited: bool = True


class Refresher:
    """Reads for the state, and applies a full refresh that takes long."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._discovery = Discovery(project.client, project.clock, project.settings.look_back)
        self._tasks: set[asyncio.Task[RefreshResult]] = set()
        self._full: _FullRefresh | None = None
        self._full_task: asyncio.Task[RefreshResult] | None = None
        # How many full refreshes failed in a row, when the last of them began, and from when on the
        # next one may begin.
        self._failures = 0
        self._failed_began = self._try_again_at = 0.0

    @property
    def is_full_due(self) -> bool:
        """Return whether everything is to be read, and that is not under way."""
        state, now = self._project.state, self._project.clock.now()
        if self._full is not None and self._is_since_holds(self._full.began):
            return False
        if self._failures and now < self._try_again_at and self._is_since_holds(self._failed_began):
            return False
        return state.needs_full_refresh(now)

    async def async_read(self) -> RefreshResult:
        """Return what is new, or everything if that is due and does not take long.

        Raises SignalWireError or TimeoutError; CancelledError also if the project is stopped.
        """
        is_due = self.is_full_due
        full = is_due and self._project.state.last_full_refresh is None
        if is_due and not full:
            task = self._async_begin_full()
            if await self._async_is_soon_done(task):
                return task.result()
        async with asyncio.timeout(_TIMEOUT):
            return await self._async_begin(self._async_read(full=full))

    async def async_stop(self) -> None:
        """End what is under way."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @callback
    def _async_begin(
        self, reading: Coroutine[Any, Any, RefreshResult]
    ) -> asyncio.Task[RefreshResult]:
        """Begin to read, in a task of its own, which a stop can end whoever waits for it."""
        task = self._project.hass.async_create_background_task(reading, "signalwire refresh")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _async_read(self, *, full: bool) -> RefreshResult:
        state, totals = self._project.state, self._project.totals
        result = await self._discovery.async_read(
            {sid: tracked.recording for sid, tracked in state.recordings.items()},
            totals.unpriced_since(self._project.client.service_time()),
            totals.finalized,
            full=full,
            restored=state.restored_as_paused,
        )
        if result.failure is not None:
            self._failures += 1
            self._failed_began = result.began
            self._try_again_at = result.ended + retry_wait(self._failures, *_WAIT_AFTER_FAILURE)
        elif result.is_full:
            self._failures = 0
        return result

    def _is_since_holds(self, began: float) -> bool:
        return all(began >= hold.begun for hold in self._project.state.holds.together())

    @callback
    def _async_begin_full(self) -> asyncio.Task[RefreshResult]:
        if self._full_task is not None:
            # It began before the hold, and can confirm nothing.
            self._full_task.cancel()
        self._full = _FullRefresh(self._project.clock.now())
        self._full_task = self._async_begin(self._async_read_in_full(self._full))
        return self._full_task

    async def _async_is_soon_done(self, task: asyncio.Task[RefreshResult]) -> bool:
        full, state = self._full, self._project.state
        # What is confirmed must not become too old meanwhile.
        is_confirmed = bool(state.holds) and not state.needs_hold_refresh
        try:
            await asyncio.wait([task], timeout=0 if is_confirmed else _FULL_WAIT)
        finally:
            if full is not None:
                full.is_awaited = False
        return task.done()

    async def _async_read_in_full(self, full: _FullRefresh) -> RefreshResult:
        """Return everything; if no poll waits for it any more, it is applied here."""
        try:
            result = await self._async_read(full=True)
            if not full.is_awaited:
                await self._project.async_apply(result)
                self._project.async_process()
        except SignalWireError as err:
            if full.is_awaited:
                raise
            LOGGER.debug("A full refresh failed, and will be tried again: %s", err)
            return RefreshResult()
        else:
            return result
        finally:
            if self._full is full:
                self._full = self._full_task = None
