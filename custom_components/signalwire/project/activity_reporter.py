"""Finds out who or what is behind a change, and tells of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from homeassistant.core import Context, callback

from ..api import Recording, RecordingStatus
from .activity import Activity, ActivityLog, ActivityType, Actor, activity_type_of
from .hold import RecordingHold
from .issues import ProjectIssues
from .parties import Parties
from .recordings import Change
from .updates import RecordingUpdate

_OFTEN_UNDONE = 3

_ASKED_FOR = {
    ActivityType.PAUSED: RecordingStatus.PAUSED,
    ActivityType.RESUMED: RecordingStatus.IN_PROGRESS,
    ActivityType.STOPPED: RecordingStatus.STOPPED,
    ActivityType.COMPLETED: RecordingStatus.STOPPED,
}


class ActivityReporter:
    """Makes activities out of changes, each with its slot, its parties and who did it."""

    def __init__(
        self,
        log: ActivityLog,
        hold: RecordingHold,
        issues: ProjectIssues,
        *,
        current: Callable[[str], RecordingUpdate | None],
        slot_of: Callable[[str], int | None],
        parties_of: Callable[[str], Parties | None],
    ) -> None:
        """Take where it is told, and what knows of a recording, by its SID.

        `current` returns the update under way, `slot_of` where it sits, `parties_of` who talks.
        """
        self._log = log
        self._hold = hold
        self._issues = issues
        self._current = current
        self._slot_of = slot_of
        self._parties_of = parties_of
        # How often something else resumed a recording that is to be paused.
        self._undone: Counter[str] = Counter()

    def note(self, changes: Iterable[Change], slots: Mapping[int, str | None]) -> None:
        """Remember what has happened until it can be told.

        `slots` are those before the changes, for recordings that have left theirs.
        """
        left = {sid: number for number, sid in slots.items() if sid is not None}
        for change in changes:
            if (kind := activity_type_of(change)) is None:
                continue
            update = self._current(change.sid)
            actor = _actor_of(kind, update)
            if self._hold.held and kind is ActivityType.RESUMED and actor is Actor.SIGNALWIRE:
                self._note_undone(change.sid)
            self._log.add(
                Activity(
                    type=kind,
                    recording=change.after or change.before,
                    slot=self._slot_of(change.sid) or left.get(change.sid),
                    actor=actor,
                    context=update.context if update else None,
                    parties=self._parties_of(change.sid),
                )
            )

    def _note_undone(self, sid: str) -> None:
        self._undone[sid] += 1
        if self._undone[sid] == _OFTEN_UNDONE:
            self._issues.async_report_undone(str(self._slot_of(sid) or sid))

    def forget_undone(self) -> None:
        """Take back what was told of recordings that something else resumes."""
        self._undone.clear()
        self._issues.async_clear_undone()

    @callback
    def async_tell_of_failed_pause(
        self, recording: Recording, update: RecordingUpdate, reason: str
    ) -> None:
        """Tell that a pause which was asked for did not come about."""
        self._tell_failed(recording.sid, recording, update.actor, update.context, reason)

    @callback
    def async_alarm(self, sid: str | None, recording: Recording | None, reason: str) -> None:
        """Be loud about a pause that is not confirmed; SID None: about a service that is silent."""
        self._tell_failed(sid, recording, Actor.CALL_RECORDING, self._hold.context, reason)

    def _tell_failed(
        self,
        sid: str | None,
        recording: Recording | None,
        actor: Actor,
        context: Context | None,
        reason: str,
    ) -> None:
        self._log.add(
            Activity(
                type=ActivityType.PAUSE_FAILED,
                recording=recording,
                slot=None if sid is None else self._slot_of(sid),
                actor=actor,
                context=context,
                reason=reason,
            )
        )
        self._log.tell()


def _actor_of(kind: ActivityType, update: RecordingUpdate | None) -> Actor:
    """Return who did it: whoever has an update under way that asks for this."""
    if update is not None and _ASKED_FOR.get(kind) is update.status:
        return update.actor
    return Actor.SIGNALWIRE
