"""Begins and ends the hold, and answers once that is stored."""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, Context, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from ..api import PauseBehavior
from ..const import LOGGER
from ..errors import operation_error
from .entry_file import NotWrittenError
from .hold import Hold

if TYPE_CHECKING:
    from .project import Project


class HoldController:
    """Holds and releases the recordings of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._state = project.state
        self._cancel_end: CALLBACK_TYPE | None = None
        self.release_context: Context | None = None
        """Who ended the last hold, for what changes by that."""
        self._released = asyncio.Event()

    async def async_hold(
        self,
        duration: timedelta | None = None,
        pause_behavior: PauseBehavior | None = None,
        context: Context | None = None,
    ) -> None:
        """Hold all recordings, for so long, or for the time in the options, or without an end.

        Returns once the hold is stored; the snapshot shows whether it is confirmed. Raises
        HomeAssistantError if it is in force but could not be stored.
        """
        self._project.require_running()
        duration = duration or self._project.settings.auto_release
        self._state.begin_hold(
            Hold(
                begun=self._project.clock.now(),
                until=dt_util.utcnow() + duration if duration else None,
                pause_behavior=pause_behavior,
                context=context,
            )
        )
        self._released.clear()
        self._project.reconciler.retry_now()
        self._project.async_process()
        self.async_follow_end()
        # What has begun since the last poll is not known yet; nobody has to wait for that.
        self._project.async_refresh_soon()
        await self._async_store()

    async def async_release(self, context: Context | None = None) -> None:
        """End the hold, so that what it paused is resumed; returns once that is stored.

        Raises HomeAssistantError if it ended but that could not be stored.
        """
        self._project.require_running()
        self._end(context)
        self._project.async_process()
        await self._async_store()

    async def async_wait_released(self, context: Context | None, seconds: float) -> bool:
        """Return whether whoever acts ends the hold within these seconds.

        One action can switch Call recording and single recordings on together, in any order.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._released.wait()
        except TimeoutError:
            return False
        return (
            self._state.hold is None
            and context is not None
            and self.release_context is not None
            and self.release_context.id == context.id
        )

    @callback
    def async_check_end(self) -> None:
        """End a hold whose time is up: the wall clock may have jumped past its end."""
        hold = self._state.hold
        if hold is not None and hold.until is not None and hold.until <= dt_util.utcnow():
            self._end(None)

    @callback
    def async_stop(self) -> None:
        """End the timer, and let nobody wait for a release any more."""
        self._released.set()
        self._cancel_timer()

    @callback
    def _cancel_timer(self) -> None:
        if self._cancel_end is not None:
            self._cancel_end()
            self._cancel_end = None

    @callback
    def _end(self, context: Context | None) -> None:
        self._state.end_hold()
        self.release_context = context
        self._released.set()
        self._project.reporter.forget_undone()
        self._project.issues.async_clear_not_restored()
        self._project.reconciler.retry_now()
        self.async_follow_end()

    @callback
    def async_follow_end(self) -> None:
        """Set the timer for the time at which the hold ends by itself."""
        self._cancel_timer()
        if (hold := self._state.hold) is not None and hold.until is not None:
            self._cancel_end = async_track_point_in_utc_time(
                self._project.hass, self._async_time_is_up, hold.until
            )

    @callback
    def _async_time_is_up(self, _now: datetime) -> None:
        self._cancel_end = None
        self._end(None)
        self._project.async_process()

    async def _async_store(self) -> None:
        try:
            await self._project.file.async_flush()
        except NotWrittenError:
            LOGGER.error("The hold of %s could not be stored", self._project.entry.title)
            self._project.async_process()
            raise operation_error("not_stored") from None
