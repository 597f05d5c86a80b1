"""What happens to recordings, in words that automations and the logbook use."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique

from homeassistant.core import Context

from ..api import Recording, RecordingStatus
from .parties import Parties
from .recordings import Change


@unique
class ActivityType(StrEnum):
    """What happened to a recording."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"
    COMPLETED = "completed"
    ABSENT = "absent"
    FAILED = "failed"
    PAUSE_FAILED = "pause_failed"


@unique
class Actor(StrEnum):
    """Who or what did it."""

    HOME_ASSISTANT = "home_assistant"
    """Somebody or an automation, to this one recording."""
    CALL_RECORDING = "call_recording"
    """The project's switch, to all of them."""
    SIGNALWIRE = "signalwire"
    """Something outside Home Assistant, or the call's own course."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something that happened, to which recording, and who or what did it.

    `slot` is where the recording sits or sat, if it had one; `reason` is the service's, for what
    failed; `parties` are kept here for what has ended, and is forgotten elsewhere.
    """

    type: ActivityType
    recording: Recording | None
    slot: int | None = None
    actor: Actor = Actor.SIGNALWIRE
    context: Context | None = None
    reason: str | None = None
    parties: Parties | None = None


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
    RecordingStatus.FAILED: ActivityType.FAILED,
}


class ActivityLog:
    """Gathers what happens, and tells it once the entities show it."""

    def __init__(self) -> None:
        """Begin without listeners."""
        self._pending: list[Activity] = []
        self._contexts: dict[str, Context] = {}
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
        self._pending.append(activity)
        if activity.recording is not None and activity.context is not None:
            self._contexts[activity.recording.sid] = activity.context

    def tell(self) -> None:
        """Tell all that has happened since the last time."""
        pending, self._pending = self._pending, []
        self._contexts.clear()
        for activity in pending:
            for listener in list(self._listeners):
                listener(activity)
