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
from .hold import SWITCH, Hold

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
        *,
        name: str = SWITCH,
    ) -> None:
        """Hold all recordings under a name, for so long, or without an end.

        The switch's own hold ends after the time in the options, if one is set there. Returns once
        the hold is stored; the snapshot shows whether it is confirmed. Raises HomeAssistantError if
        it is in force but could not be stored.
        """
        self._project.require_running()
        if name == SWITCH:
            duration = duration or self._project.settings.auto_release
        now = dt_util.utcnow()
        self._state.begin_hold(
            Hold(
                name=name,
                begun=self._project.clock.now(),
                since=now,
                until=now + duration if duration else None,
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

    async def async_release(
        self, context: Context | None = None, *, name: str | None = None
    ) -> None:
        """End the hold of a name, or all; what no hold is left for is resumed.

        Returns once that is stored; a name that holds nothing changes nothing. Raises
        HomeAssistantError if it ended but that could not be stored.
        """
        self._project.require_running()
        self._state.end_hold(name)
        self._follow_release(context)
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
        """End the holds whose time is up: the wall clock may have jumped past their ends."""
        if self._state.end_holds_before(dt_util.utcnow()):
            self._follow_release(None)

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
    def _follow_release(self, context: Context | None) -> None:
        """Do what follows the end of a hold, others being in force still or not."""
        if self._state.hold is None:
            self.release_context = context
            self._released.set()
            self._project.reporter.forget_undone()
        if self._state.hold is None or self._state.hold.damage is None:
            self._project.issues.async_clear_not_restored()
        self._project.reconciler.retry_now()
        self.async_follow_end()

    @callback
    def async_follow_end(self) -> None:
        """Set the timer for the time at which the next hold ends by itself."""
        self._cancel_timer()
        if ends := [hold.until for hold in self._state.holds.values() if hold.until is not None]:
            self._cancel_end = async_track_point_in_utc_time(
                self._project.hass, self._async_time_is_up, min(ends)
            )

    @callback
    def _async_time_is_up(self, now: datetime) -> None:
        self._cancel_end = None
        self._state.end_holds_before(max(now, dt_util.utcnow()))
        self._follow_release(None)
        self._project.async_process()

    async def _async_store(self) -> None:
        try:
            await self._project.file.async_flush()
        except NotWrittenError:
            LOGGER.error("The hold of %s could not be stored", self._project.entry.title)
            self._project.async_process()
            raise operation_error("not_stored") from None
