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

from ..api import RecordingStatus
from ..errors import operation_error
from .commands import RecordingCommands
from .hold import RecordingHold
from .recordings import ActiveRecordings

ALARM_AFTER = 15.0
"""Seconds after which an unconfirmed pause is no longer a matter of patience."""
MAX_UPDATES_AT_ONCE = 32
_MAX_WAIT = 15.0
# An update that takes longer, in seconds, must not keep others from being asked for.
_HANGS_AFTER = 1.0


class Reconciler:
    """Runs one task for each recording that is not yet as the hold wants it.

    A task asks, and asks again with growing waits, or at once when the service is back; it ends
    when the service has confirmed, or nothing is wanted of the recording any more. A pause that
    is still unconfirmed after `ALARM_AFTER` raises the alarm, until it holds.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        control: RecordingCommands,
        recordings: ActiveRecordings,
        hold: RecordingHold,
        *,
        reachable: Callable[[], bool],
        is_observed: Callable[[], bool],
        alarm: Callable[[str | None, str], None],
        report: Callable[[Mapping[str | None, str]], None],
        release: CALLBACK_TYPE,
    ) -> None:
        """Take what to keep and through what, and what to call.

        `reachable` tells whether the last refresh succeeded, `is_observed` also whether that shows
        all that the hold is about, and no other refresh is under way. `alarm` gets the SID of the
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
        self._is_observed = is_observed
        self._alarm = alarm
        self._report = report
        self._release = release
        self._tasks: set[str] = set()
        self._at_once = asyncio.Semaphore(MAX_UPDATES_AT_ONCE)
        self._waiting = 0
        self._retry_event = asyncio.Event()
        self._stopped = False
        self._was_reachable = True
        self._reasons: dict[str | None, str] = {}
        # What is not confirmed, with its timer; None is the service itself.
        self._timers: dict[str | None, CALLBACK_TYPE] = {}
        self._alarmed: set[str | None] = set()
        self._cancel_deadline: CALLBACK_TYPE | None = None

    @callback
    def async_check(self) -> None:
        """Start what is missing, after every piece of news."""
        if self._stopped:
            return
        reachable = self._reachable()
        if reachable and not self._was_reachable:
            self._reasons.pop(None, None)
            self.retry_now()
        self._was_reachable = reachable
        desired_statuses = self._hold.desired_statuses(
            self._recordings.read.values(), self._control.is_uncertain
        )
        for sid in desired_statuses.keys() - self._tasks:
            self._tasks.add(sid)
            self._entry.async_create_background_task(
                self._hass, self._async_run(sid), "signalwire hold"
            )
        # A recording of which only the SID is known could not be read yet.
        unread = {sid for sid, known in self._recordings.known.items() if known is None}
        self._async_watch(desired_statuses.keys() | unread)

    @callback
    def retry_now(self) -> None:
        """Let nothing wait any longer: the service is back, or something else is wanted."""
        self._retry_event.set()
        self._retry_event = asyncio.Event()

    @callback
    def async_note_failure(self, reason: str) -> None:
        """Note why the service could not be read."""
        self._note_reason(None, reason)

    @property
    def waiting(self) -> int:
        """Return how many recordings wait for their turn to be asked for."""
        return self._waiting

    @property
    def is_unobserved(self) -> bool:
        """Return whether it has been unknown for long what the service records."""
        return None in self._alarmed

    def _note_reason(self, key: str | None, reason: str) -> None:
        if self._reasons.get(key) != reason:
            self._reasons[key] = reason
            if key in self._alarmed:
                self._async_report()

    @callback
    def async_schedule_release(self) -> None:
        """Follow the time at which the hold ends by itself."""
        if self._cancel_deadline is not None:
            self._cancel_deadline()
            self._cancel_deadline = None
        if (until := self._hold.until) is None:
            return
        self._cancel_deadline = async_track_point_in_utc_time(
            self._hass, self._async_time_is_up, until
        )

    @callback
    def async_stop(self) -> None:
        """Cancel every timer and start nothing more; the tasks end with the config entry."""
        self._stopped = True
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
            await self._async_reach_desired_status(sid)
        finally:
            self._tasks.discard(sid)
            self._reasons.pop(sid, None)

    async def _async_reach_desired_status(self, sid: str) -> None:
        failures = 0
        while True:
            # What a person asks of this recording goes first, and may settle it.
            await self._control.async_wait_idle(sid)
            if (desired := self._desired_status(sid)) is None:
                return
            try:
                await self._async_ask(sid, desired)
            except HomeAssistantError as err:
                self._note_reason(sid, str(err))
            match self._desired_status(sid):
                case None:
                    return
                case now if now is desired:
                    failures += 1
                    if await self._async_wait(failures):
                        failures = 0
                case _:
                    # Something else is wanted by now, and that has not failed yet.
                    failures = 0

    async def _async_ask(self, sid: str, desired: RecordingStatus) -> None:
        """Ask once, a bounded number at the same time; those that hang make room for others."""
        self._waiting += 1
        try:
            await self._at_once.acquire()
        finally:
            self._waiting -= 1
        made_room = False

        def make_room() -> None:
            nonlocal made_room
            if not made_room:
                made_room = True
                self._at_once.release()

        hangs = self._hass.loop.call_later(_HANGS_AFTER, make_room)
        try:
            await self._control.async_keep(sid, desired)
        finally:
            hangs.cancel()
            make_room()

    async def _async_wait(self, failures: int) -> bool:
        """Wait longer each time; return whether there is a reason to ask again at once."""
        longest = min(2.0 ** min(failures - 1, 16), _MAX_WAIT)
        retry_event = self._retry_event
        try:
            async with asyncio.timeout(longest * random.uniform(0.5, 1)):  # noqa: S311 (load)
                await retry_event.wait()
        except TimeoutError:
            return False
        return True

    def _desired_status(self, sid: str) -> RecordingStatus | None:
        recording = self._recordings.known.get(sid)
        if recording is None:
            return None
        return self._hold.desired_statuses([recording], self._control.is_uncertain).get(sid)

    @callback
    def _async_watch(self, unpaused: Iterable[str]) -> None:
        """Begin and end to count the seconds of what is not confirmed."""
        unconfirmed: set[str | None] = set(unpaused) if self._hold.held else set()
        if self._hold.held and not self._is_observed():
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
            self._alarm(key, self._reason(key))

        return raise_alarm

    @callback
    def _async_report(self) -> None:
        self._report({key: self._reason(key) for key in self._alarmed})

    def _reason(self, key: str | None) -> str:
        return self._reasons.get(key) or str(operation_error("no_answer_yet"))
