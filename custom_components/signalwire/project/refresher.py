"""Reads a project: what is new with each poll, and now and then everything, beside the polls."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from homeassistant.core import callback

from ..api import SignalWireError
from ..const import LOGGER
from .discovery import Discovery, RefreshResult

if TYPE_CHECKING:
    from .project import Project

# Seconds; a refresh of a thousand recordings takes far less than one.
_TIMEOUT = 60.0
# What a poll waits for a full refresh; where that has many pages, it goes on beside the polls.
_FULL_WAIT = 2.0


@dataclass(eq=False, slots=True)
class _FullRefresh:
    """A full refresh that is under way, since when, and whether a poll waits for it."""

    task: asyncio.Task[RefreshResult]
    began: float
    is_awaited: bool = True


class Refresher:
    """Reads what the state has to know."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._discovery = Discovery(project.client, project.clock, project.settings.look_back)
        self._tasks: set[asyncio.Task[RefreshResult]] = set()
        self._full: _FullRefresh | None = None

    async def async_read(self) -> RefreshResult:
        """Return what is new, or everything if that is due and does not take long.

        Raises SignalWireError or TimeoutError; CancelledError also if the project is stopped.
        """
        if self._project.state.last_full_refresh is None:
            async with asyncio.timeout(_TIMEOUT):
                return await self._async_begin(full=True)
        if self._is_full_due() and (result := await self._async_read_in_full()) is not None:
            return result
        async with asyncio.timeout(_TIMEOUT):
            return await self._async_begin(full=False)

    async def async_stop(self) -> None:
        """End what is under way."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @callback
    def _async_begin(self, *, full: bool) -> asyncio.Task[RefreshResult]:
        """Begin to read, in a task of its own, which a stop can end whoever waits for it."""
        state, totals = self._project.state, self._project.totals
        task = self._project.hass.async_create_background_task(
            self._discovery.async_read(
                {sid: tracked.recording for sid, tracked in state.recordings.items()},
                totals.unpriced_since(self._project.client.service_time()),
                totals.finalized,
                full=full,
                verify=state.restored_as_paused,
            ),
            "signalwire refresh",
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _is_full_due(self) -> bool:
        state = self._project.state
        if self._full is not None and (state.hold is None or self._full.began >= state.hold.begun):
            return False
        return state.needs_full_refresh(self._project.clock.now())

    async def _async_read_in_full(self) -> RefreshResult | None:
        """Return everything; None if that takes long, and is applied once it is there."""
        if self._full is not None:
            # It began before the hold, and can confirm nothing.
            self._full.task.cancel()
        began = self._project.clock.now()
        full = self._full = _FullRefresh(self._async_begin(full=True), began)
        full.task.add_done_callback(partial(self._async_finished, full))
        try:
            await asyncio.wait([full.task], timeout=_FULL_WAIT)
        finally:
            full.is_awaited = False
        return full.task.result() if full.task.done() else None

    @callback
    def _async_finished(self, full: _FullRefresh, task: asyncio.Task[RefreshResult]) -> None:
        if self._full is full:
            self._full = None
        if full.is_awaited or task.cancelled() or self._project.is_stopped:
            return
        match task.exception():
            case None:
                self._project.async_apply(task.result())
                self._project.async_process()
            case SignalWireError() as err:
                LOGGER.debug("A full refresh failed, and will be tried again: %s", err)
            case err:
                LOGGER.error("A full refresh failed", exc_info=err)
