"""Activities: what happened to recordings, and who or what did it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from typing import TYPE_CHECKING

from homeassistant.core import Context, callback

from ..api import Recording, RecordingStatus
from .hold import Hold
from .holds import Scope
from .parties import Parties
from .state import Change
from .updates import Actor, RecordingUpdate

if TYPE_CHECKING:
    from .project import Project

_UNDONE_OFTEN = 3
# Seconds; to read who talks to whom takes far less.
_TELL_WITHIN = 2.0


@unique
class ActivityType(StrEnum):
    """What happened to a recording, or to what holds several."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"
    COMPLETED = "completed"
    ABSENT = "absent"
    FAILED = "failed"
    DELETED = "deleted"
    PAUSE_FAILED = "pause_failed"
    RESUME_FAILED = "resume_failed"
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something that happened, to which recording, and who or what did it.

    `slot` is where the recording sits or sat, if it had one; `lines` are the IDs of the lines that
    its call is on, as far as that is known; `reason` is the service's, for what failed; `parties`
    are kept here for what has ended, and is forgotten elsewhere. `holds` are the names of the holds
    that were released.
    """

    type: ActivityType
    recording: Recording | None = None
    slot: int | None = None
    lines: frozenset[str] = frozenset()
    actor: Actor = Actor.SIGNALWIRE
    context: Context | None = None
    reason: str | None = None
    parties: Parties | None = None
    holds: tuple[str, ...] = ()


def activity_type_of(change: Change) -> ActivityType | None:
    """Return what a change means, or None if nothing happened that anybody would name."""
    before, after = change.before, change.after
    if after is None:
        # Deleted, which only what has ended can be.
        return ActivityType.COMPLETED
    if not after.is_active:
        return _ENDS.get(after.status, ActivityType.COMPLETED)
    if before is None:
        return ActivityType.STARTED
    was_paused = before.status is RecordingStatus.PAUSED
    is_paused = after.status is RecordingStatus.PAUSED
    if is_paused and not was_paused:
        return ActivityType.PAUSED
    if was_paused and after.status.is_recording:
        return ActivityType.RESUMED
    return None


_ENDS = {
    RecordingStatus.STOPPED: ActivityType.STOPPED,
    RecordingStatus.COMPLETED: ActivityType.COMPLETED,
    RecordingStatus.ABSENT: ActivityType.ABSENT,
    RecordingStatus.DELETED: ActivityType.ABSENT,
    RecordingStatus.FAILED: ActivityType.FAILED,
}


class ActivityLog:
    """Collects activities, and tells the listeners once the entities show what happened.

    That a recording has started is told once it is known on which line, but soon in any case; what
    happens to it until then is told after that.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        # With when each happened, in seconds of the event loop's clock.
        self._pending: list[tuple[float, Activity]] = []
        self._contexts: dict[str, Context] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._listeners: list[Callable[[Activity], None]] = []

    def listen(self, listener: Callable[[Activity], None]) -> Callable[[], None]:
        """Let the listener hear of every activity; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def context_of(self, sid: str) -> Context | None:
        """Return who is behind what the entities of a recording are about to show."""
        return self._contexts.get(sid)

    def add(self, activity: Activity) -> None:
        """Remember an activity until it can be told."""
        self._pending.append((self._project.clock.now(), activity))
        if activity.recording is not None and activity.context is not None:
            self._contexts[activity.recording.sid] = activity.context

    def tell(self, *, is_last: bool = False) -> None:
        """Tell all that has happened since the last time; what waits too if `is_last`."""
        pending, self._pending = self._pending, []
        self._contexts.clear()
        waiting: set[str] = set()
        for happened, activity in pending:
            sid = activity.recording.sid if activity.recording else ""
            parties = activity.parties or self._project.parties_of(activity.recording)
            lines = self._project.lines.of(parties)
            is_due = is_last or self._project.clock.now() - happened >= _TELL_WITHIN
            if sid in waiting or (
                activity.type is ActivityType.STARTED and lines is None and not is_due
            ):
                waiting.add(sid)
                self._pending.append((happened, activity))
                continue
            told = replace(activity, parties=parties, lines=lines or activity.lines)
            for listener in list(self._listeners):
                listener(told)
        if self._pending and self._timer is None:
            self._timer = self._project.hass.loop.call_later(_TELL_WITHIN, self._time_is_up)

    def _time_is_up(self) -> None:
        self._timer = None
        self.tell()

    def stop(self) -> None:
        """Tell what still waits, and nothing later."""
        self.tell(is_last=True)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class ActivityReporter:
    """Makes activities out of changes and failures, each with who or what is behind it."""

    def __init__(self, project: Project) -> None:
        self._project = project
        # How often something else resumed a recording that is to be paused.
        self._undone: Counter[str] = Counter()

    def note(self, changes: Iterable[Change]) -> None:
        """Add what has happened to the log."""
        for change in changes:
            if (kind := activity_type_of(change)) is None:
                continue
            update = change.update
            if (
                kind is ActivityType.RESUMED
                and update is None
                and self._project.state.hold_on(change.sid) is not None
            ):
                self._note_undone(change)
            if change.after is None or not change.after.is_active:
                self._note_ended(change.sid)
            self._project.activities.add(
                Activity(
                    type=kind,
                    recording=change.after or change.before,
                    slot=change.slot,
                    actor=update.actor if update else Actor.SIGNALWIRE,
                    context=update.context if update else None,
                    parties=self._project.parties_of(change.after or change.before),
                )
            )

    def note_released(self, ended: Iterable[Hold], context: Context | None) -> None:
        """Add which holds have ended, of each scope; without a context their time was up."""
        names: dict[Scope, list[str]] = {}
        for hold in ended:
            names.setdefault(hold.line, []).append(hold.name)
        for scope, holds in names.items():
            self._project.activities.add(
                Activity(
                    type=ActivityType.RELEASED,
                    lines=frozenset() if scope is None else frozenset((scope,)),
                    actor=Actor.HOME_ASSISTANT if context else Actor.CALL_RECORDING,
                    context=context,
                    holds=tuple(holds),
                )
            )

    def _note_undone(self, change: Change) -> None:
        self._undone[change.sid] += 1
        if self._undone[change.sid] == _UNDONE_OFTEN:
            self._project.issues.async_report_undone(str(change.slot or "?"))

    def _note_ended(self, sid: str) -> None:
        if self._undone.pop(sid, 0):
            self._clear_undone()

    def forget_undone(self) -> None:
        """Forget which recordings something else resumes, of those that are held no more."""
        for sid in list(self._undone):
            if self._project.state.hold_on(sid) is None:
                del self._undone[sid]
        self._clear_undone()

    def _clear_undone(self) -> None:
        """Clear what was reported, once no recording is left that something else resumes."""
        if max(self._undone.values(), default=0) < _UNDONE_OFTEN:
            self._project.issues.async_clear_undone()

    @callback
    def async_report_failed_pause(self, sid: str, update: RecordingUpdate, reason: str) -> None:
        """Tell that a pause which a person asked for did not come about."""
        self._async_report(ActivityType.PAUSE_FAILED, sid, update.actor, update.context, reason)

    @callback
    def async_report_overdue(self, kind: ActivityType, sid: str | None, reason: str) -> None:
        """Tell that what the hold needs is not confirmed in time; of the service without a SID."""
        holds = self._project.state.holds
        hold = holds.on(None) if sid is None else self._project.state.hold_on(sid)
        context = hold.context if hold else None
        lines = holds.held_lines(self._project.lines.ids) if sid is None else frozenset[str]()
        self._async_report(kind, sid, Actor.CALL_RECORDING, context, reason, lines)

    @callback
    def _async_report(
        self,
        kind: ActivityType,
        sid: str | None,
        actor: Actor,
        context: Context | None,
        reason: str,
        lines: frozenset[str] = frozenset(),
    ) -> None:
        state = self._project.state
        tracked = None if sid is None else state.recordings.get(sid)
        self._project.activities.add(
            Activity(
                type=kind,
                recording=tracked.recording if tracked else None,
                slot=None if sid is None else state.slots.number_of(sid),
                lines=lines,
                actor=actor,
                context=context,
                reason=reason,
            )
        )
        self._project.activities.tell()
