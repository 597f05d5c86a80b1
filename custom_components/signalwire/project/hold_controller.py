"""Begins and ends holds, and returns once that is stored."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, Context, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from ..api import PauseBehavior
from ..const import LOGGER
from ..devices import line_name
from ..errors import operation_error, validation_error
from .entry_file import NotWrittenError
from .hold import SWITCH, Hold
from .holds import Scope

if TYPE_CHECKING:
    from .project import Project


# Seconds; one action can switch Call recording and single recordings on, in any order.
_TOGETHER = 0.25


class HoldController:
    """Holds and releases the recordings of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._state = project.state
        self._cancel_end: CALLBACK_TYPE | None = None
        # Who ended the last hold of each scope, the latest last.
        self._release_contexts: dict[Scope, Context | None] = {}
        # Something is held no more.
        self._released = asyncio.Event()

    async def async_hold(
        self,
        duration: timedelta | None = None,
        pause_behavior: PauseBehavior | None = None,
        context: Context | None = None,
        *,
        name: str = SWITCH,
        line: Scope = None,
    ) -> None:
        """Hold a line's recordings, or all, under a name, for so long, or without an end.

        A switch's own hold ends after the time in the options, if one is set there. Returns once
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
                line=line,
                begun=self._project.clock.now(),
                since=now,
                until=now + duration if duration else None,
                pause_behavior=pause_behavior,
                context=context,
            )
        )
        self._project.reconciler.retry_now()
        self._project.async_process()
        self.async_follow_end()
        # What has begun since the last poll is not known yet; nobody has to wait for that.
        self._project.async_refresh_soon()
        await self._async_store()

    async def async_release(
        self, context: Context | None = None, *, name: str | None = None, line: Scope = None
    ) -> None:
        """End the hold of a name, or all, of a line or the project; what none needs is resumed.

        Returns once that is stored; a name that holds nothing changes nothing. Raises
        HomeAssistantError if it ended but that could not be stored.
        """
        self._project.require_running()
        self._follow_release(self._state.end_hold(line, name), context)
        self._project.async_process()
        await self._async_store()

    async def async_switch_on(self, context: Context | None, line: Scope = None) -> None:
        """Release as the switch of a line or the project: a person ends every hold of its scope.

        An automation ends the switch's own. Raises ServiceValidationError for a person who switches
        a line on that the whole project holds, and HomeAssistantError as `async_release` does.
        """
        is_person = context is not None and context.user_id is not None
        if (
            is_person
            and line is not None
            and not await self._async_wait(lambda: not self._state.holds.of(None))
        ):
            raise validation_error("project_held", project=self._project.entry.title)
        await self.async_release(context, name=None if is_person else SWITCH, line=line)

    def release_context(self, lines: frozenset[str] | None) -> Context | None:
        """Return who ended the last hold of the project, or of these lines; of any for None."""
        for scope in reversed(self._release_contexts):
            if scope is None or lines is None or scope in lines:
                return self._release_contexts[scope]
        return None

    def held_error(self, lines: frozenset[str] | None) -> ServiceValidationError:
        """Return what to tell who wants a recording on these lines to go on."""
        if self._state.holds.of(None):
            return validation_error("held")
        held = {hold.line for hold in self._state.holds if hold.line is not None}
        names = [
            line_name(self._project.hass, self._project.entry, line.id, line.name)
            for line in self._project.lines
            if line.id in held & (lines or held)
        ]
        return validation_error("line_held", line=", ".join(names))

    async def async_wait_released(self, sid: str) -> bool:
        """Return whether a recording is held no more, now or in a moment."""
        return await self._async_wait(lambda: self._state.hold_on(sid) is None)

    async def _async_wait(self, is_released: Callable[[], bool]) -> bool:
        try:
            async with asyncio.timeout(_TOGETHER):
                while not is_released() and not self._project.is_stopped:
                    self._released.clear()
                    await self._released.wait()
        except TimeoutError:
            return False
        return True

    @callback
    def async_check_end(self) -> None:
        """End the holds whose time is up: the wall clock may have jumped past their ends."""
        if ended := self._state.end_holds_before(dt_util.utcnow()):
            self._follow_release(ended, None)

    @callback
    def async_line_known(self) -> None:
        """Wake those who wait for a release: the line of a recording has become known."""
        self._released.set()

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
    def _follow_release(self, ended: list[Hold], context: Context | None) -> None:
        """Do what follows the end of holds, others being in force still or not."""
        self._project.reporter.note_released(ended, context)
        for scope in {hold.line for hold in ended}:
            if not self._state.holds.of(scope):
                self._release_contexts.pop(scope, None)
                self._release_contexts[scope] = context
        self._released.set()
        self._project.reporter.forget_undone()
        if all(hold.damage is None for hold in self._state.holds):
            self._project.issues.async_clear_not_restored()
        self._project.reconciler.retry_now()
        self.async_follow_end()

    @callback
    def async_follow_end(self) -> None:
        """Set the timer for the time at which the next hold ends by itself."""
        self._cancel_timer()
        if ends := [hold.until for hold in self._state.holds if hold.until is not None]:
            self._cancel_end = async_track_point_in_utc_time(
                self._project.hass, self._async_time_is_up, min(ends)
            )

    @callback
    def _async_time_is_up(self, now: datetime) -> None:
        self._cancel_end = None
        self._follow_release(self._state.end_holds_before(max(now, dt_util.utcnow())), None)
        self._project.async_process()

    async def _async_store(self) -> None:
        try:
            await self._project.file.async_flush()
        except NotWrittenError:
            LOGGER.error("The hold of %s could not be stored", self._project.entry.title)
            self._project.async_process()
            raise operation_error("not_stored") from None
