"""Raises the alarm for what is desired and not confirmed in time, and clears it again."""

import asyncio
from enum import Enum, unique
from typing import TYPE_CHECKING

from homeassistant.core import callback

from ..errors import operation_error
from .activity import ActivityType

if TYPE_CHECKING:
    from .project import Project

ALARM_AFTER = 15.0
"""Seconds after which an unconfirmed pause or resume is reported."""


@unique
class _Kind(Enum):
    """What is not confirmed."""

    PAUSE = ActivityType.PAUSE_FAILED
    RESUME = ActivityType.RESUME_FAILED


type _Key = tuple[_Kind, str | None]


class Watchdog:
    """Watches with one timer how long each pause and resume stays unconfirmed.

    What is watched is a kind and the SID of a recording; without a SID it is the service, which
    may be recording something that nobody has seen.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._since: dict[_Key, float] = {}
        self._alarmed: set[_Key] = set()
        self._reported: dict[_Key, str] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.last_failure: str | None = None
        """Why the service could not be read, as long as that is so."""

    @callback
    def async_check(self) -> None:
        """Follow since when each is unconfirmed, and raise or clear the alarms that are due."""
        now = self._project.clock.now()
        unconfirmed = self._unconfirmed(now)
        self._since = {
            key: since if key[1] is None else self._since.get(key, since)
            for key, since in unconfirmed.items()
        }
        due = {key for key, since in self._since.items() if now - since >= ALARM_AFTER}
        raised = due - self._alarmed
        self._alarmed = due
        for kind, sid in sorted(raised, key=_order):
            self._project.reporter.async_report_overdue(kind.value, sid, self._reason(sid))
        self._async_report()
        self._async_arm(now)

    def _unconfirmed(self, now: float) -> dict[_Key, float]:
        """Return what is desired and not confirmed, with since when that is known."""
        state = self._project.state
        unconfirmed: dict[_Key, float] = {}
        for sid in state.unresumed_sids():
            tracked = state.recordings[sid]
            if tracked.recording is None or tracked.is_paused or tracked.is_uncertain:
                unconfirmed[_Kind.RESUME, sid] = now
        if not state.holds:
            return unconfirmed
        unconfirmed.update(((_Kind.PAUSE, sid), now) for sid in state.unconfirmed_sids())
        if (since := state.unobserved_since()) is not None:
            unconfirmed[_Kind.PAUSE, None] = since
        return unconfirmed

    @callback
    def _async_arm(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting = [since for key, since in self._since.items() if key not in self._alarmed]
        if waiting:
            # A little late, so that the alarm is due for certain when the timer fires.
            self._timer = self._project.hass.loop.call_later(
                max(min(waiting) + ALARM_AFTER - now, 0) + 0.01, self._async_timer
            )

    @callback
    def _async_timer(self) -> None:
        self._timer = None
        # The hold is not confirmed any more once the last refresh is too old.
        self._project.async_process()

    @callback
    def _async_report(self) -> None:
        """Let the issues say what is overdue, and why."""
        overdue = {key: self._reason(key[1]) for key in self._alarmed}
        if overdue == self._reported:
            return
        self._reported = overdue
        issues, slots = self._project.issues, self._project.state.slots
        for kind, report, clear in (
            (_Kind.PAUSE, issues.async_report_unconfirmed, issues.async_clear_unconfirmed),
            (_Kind.RESUME, issues.async_report_unresumed, issues.async_clear_unresumed),
        ):
            keys = sorted((key for key in overdue if key[0] is kind), key=_order)
            if not keys:
                clear()
                continue
            sids = [sid for _, sid in keys if sid is not None]
            numbers = sorted(number for sid in sids if (number := slots.number_of(sid)))
            names = [str(number) for number in numbers]
            if beyond := len(sids) - len(numbers):
                # They have no slot, and so no name that says anything to anybody.
                names.append(f"+{beyond}")
            report(", ".join(names), overdue[keys[-1]])

    def _reason(self, sid: str | None) -> str:
        tracked = None if sid is None else self._project.state.recordings.get(sid)
        reason = tracked.reason if tracked else self.last_failure
        return reason or str(operation_error("no_answer_yet"))

    @callback
    def async_stop(self) -> None:
        """End the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _order(key: _Key) -> tuple[str, str]:
    """Return what sorts the service first, and the recordings by their SIDs."""
    return key[0].name, key[1] or ""
