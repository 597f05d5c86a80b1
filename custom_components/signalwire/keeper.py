"""Keeps the wish: asks until every recording is as the hold wants it, and raises the alarm."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
import random
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later, async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from .api import RecordingStatus
from .control import RecordingControl
from .hold import RecordingHold
from .recordings import ActiveRecordings

ALARM_AFTER = 15.0
"""Seconds after which an unconfirmed pause is no longer a matter of patience."""
MOST_UPDATES_AT_ONCE = 32
_LONGEST_WAIT = 15.0


class HoldKeeper:
    """Runs one task for each recording that is not yet as the hold wants it.

    A task asks, and asks again with growing waits, or at once when the service is back; it ends
    when the service has confirmed, or nothing is wanted of the recording any more. A pause that
    is still unconfirmed after `ALARM_AFTER` raises the alarm, until it holds.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        control: RecordingControl,
        recordings: ActiveRecordings,
        hold: RecordingHold,
        *,
        reachable: Callable[[], bool],
        alarm: Callable[[str | None, str | None], None],
        report: Callable[[Mapping[str | None, str | None]], None],
        release: CALLBACK_TYPE,
    ) -> None:
        """Take what to keep and through what, and what to call.

        `reachable` tells whether the last refresh succeeded. `alarm` gets the SID of the
        recording, or None for a service that does not answer, and the last reason; `report` gets
        all that is unconfirmed for too long, whenever that changes; `release` is called when the
        time is up.
        """
        self._hass = hass
        self._entry = entry
        self._control = control
        self._recordings = recordings
        self._hold = hold
        self._reachable = reachable
        self._alarm = alarm
        self._report = report
        self._release = release
        self._tasks: set[str] = set()
        self._at_once = asyncio.Semaphore(MOST_UPDATES_AT_ONCE)
        self._back = asyncio.Event()
        self._was_reachable = True
        self._reasons: dict[str | None, str] = {}
        # What is not confirmed, with its timer; None is the service itself.
        self._timers: dict[str | None, CALLBACK_TYPE] = {}
        self._alarmed: set[str | None] = set()
        self._cancel_deadline: CALLBACK_TYPE | None = None

    @callback
    def async_check(self) -> None:
        """Start what is missing, after every piece of news."""
        reachable = self._reachable()
        if reachable and not self._was_reachable:
            self._back.set()
            self._back = asyncio.Event()
            self._reasons.pop(None, None)
        self._was_reachable = reachable
        goals = self._hold.goals(self._recordings.read.values(), self._control.in_doubt)
        for sid in goals.keys() - self._tasks:
            self._tasks.add(sid)
            self._entry.async_create_background_task(
                self._hass, self._async_run(sid), "signalwire hold"
            )
        self._async_watch(goals.keys())

    @callback
    def async_note_failure(self, reason: str) -> None:
        """Note why the service could not be read."""
        self._reasons[None] = reason

    @callback
    def async_schedule_release(self) -> None:
        """Follow the time at which the hold ends by itself."""
        if self._cancel_deadline is not None:
            self._cancel_deadline()
            self._cancel_deadline = None
        if (until := self._hold.until) is None:
            return
        if until <= dt_util.utcnow():
            self._release()
            return
        self._cancel_deadline = async_track_point_in_utc_time(
            self._hass, self._async_time_is_up, until
        )

    @callback
    def async_stop(self) -> None:
        """Cancel every timer; the tasks end with the config entry."""
        if self._cancel_deadline is not None:
            self._cancel_deadline()
            self._cancel_deadline = None
        for cancel in self._timers.values():
            cancel()
        self._timers.clear()

    @callback
    def _async_time_is_up(self, _now: datetime) -> None:
        self._cancel_deadline = None
        self._release()

    async def _async_run(self, sid: str) -> None:
        try:
            await self._async_reach_goal(sid)
        finally:
            self._tasks.discard(sid)
            self._reasons.pop(sid, None)

    async def _async_reach_goal(self, sid: str) -> None:
        tries = 0
        while True:
            async with self._at_once:
                # What a person asks of this recording goes first, and may settle it.
                await self._control.async_settled(sid)
                if (goal := self._goal(sid)) is None:
                    return
                try:
                    await self._control.async_keep(sid, goal)
                except HomeAssistantError as err:
                    self._reasons[sid] = str(err)
                if self._goal(sid) is None:
                    return
            tries += 1
            await self._async_wait(tries)

    async def _async_wait(self, tries: int) -> None:
        """Wait longer each time, but not once the service is back."""
        longest = min(2.0 ** (tries - 1), _LONGEST_WAIT)
        back = self._back
        try:
            async with asyncio.timeout(longest * random.uniform(0.5, 1)):  # noqa: S311 (load)
                await back.wait()
        except TimeoutError:
            return

    def _goal(self, sid: str) -> RecordingStatus | None:
        recording = self._recordings.known.get(sid)
        if recording is None:
            return None
        return self._hold.goals([recording], self._control.in_doubt).get(sid)

    @callback
    def _async_watch(self, unpaused: Iterable[str]) -> None:
        """Begin and end to count the seconds of what is not confirmed."""
        unconfirmed: set[str | None] = set(unpaused) if self._hold.held else set()
        if self._hold.held and not self._reachable():
            unconfirmed.add(None)
        for key in self._timers.keys() - unconfirmed:
            self._timers.pop(key)()
        for key in unconfirmed - self._timers.keys() - self._alarmed:
            self._timers[key] = async_call_later(self._hass, ALARM_AFTER, self._timer_action(key))
        if self._alarmed - unconfirmed:
            self._alarmed &= unconfirmed
            self._async_report()

    def _timer_action(self, key: str | None) -> Callable[[datetime], None]:
        @callback
        def raise_alarm(_now: datetime) -> None:
            self._timers.pop(key, None)
            self._alarmed.add(key)
            self._async_report()
            self._alarm(key, self._reasons.get(key))

        return raise_alarm

    @callback
    def _async_report(self) -> None:
        self._report({key: self._reasons.get(key) for key in self._alarmed})
