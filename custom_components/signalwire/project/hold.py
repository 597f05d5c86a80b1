"""What is wanted of each recording while call recording is held, and afterwards."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from types import MappingProxyType

from homeassistant.core import Context

from ..api import PauseBehavior, Recording, RecordingStatus


@unique
class PausedBy(StrEnum):
    """Who paused a recording; nobody where something outside Home Assistant did."""

    HOLD = "hold"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldSnapshot:
    """What can be shown of the hold.

    `until` is when it ends by itself, if it does; `unconfirmed` how many known recordings the
    service has not confirmed to be paused; `confirmed` that there is none, and none unseen.
    """

    held: bool = False
    until: datetime | None = None
    unconfirmed: int = 0
    confirmed: bool = True


class RecordingHold:
    """The wish that nothing be recorded, and what it must not touch.

    While it is held, every active recording is wanted paused. Once it is released, those that it
    paused itself are wanted back; what a person paused stays paused, whatever else happened.
    """

    def __init__(self) -> None:
        """Begin released."""
        self.held = False
        self.until: datetime | None = None
        self.pause_behavior: PauseBehavior | None = None
        # Who is behind it, for the states that change with it.
        self.context: Context | None = None
        # How often it began, and what that was when the last refresh that succeeded began.
        self._generation = 0
        self._refresh_generation = 0
        self._observed_generation = 0
        self._paused_by: dict[str, PausedBy] = {}

    def begin(self, until: datetime | None, pause_behavior: PauseBehavior | None = None) -> None:
        """Want every recording paused, until then if given.

        What is held already stays so for the longer time, and as it is paused unless said
        otherwise: a short hold must not end a longer one.
        """
        if not self.held:
            # Nothing is confirmed before a refresh that begins later has looked.
            self._generation += 1
        else:
            until = None if until is None or self.until is None else max(until, self.until)
            pause_behavior = pause_behavior or self.pause_behavior
        self.held, self.until, self.pause_behavior = True, until, pause_behavior

    def end(self) -> None:
        """Want back what was paused by the hold itself."""
        self.held, self.until, self.pause_behavior = False, None, None

    def begin_refresh(self) -> None:
        """Note that a refresh begins now."""
        self._refresh_generation = self._generation

    def end_refresh(self) -> None:
        """Note that the refresh has succeeded."""
        self._observed_generation = self._refresh_generation

    @property
    def is_observed(self) -> bool:
        """Return whether a refresh has looked since the hold began."""
        return self._observed_generation == self._generation

    def status(self, unconfirmed: int, *, is_observed: bool) -> HoldSnapshot:
        """Return what can be shown.

        `unconfirmed` counts the recordings not known to be paused; `is_observed` is whether the
        service can be read.
        """
        if not self.held:
            return HoldSnapshot()
        return HoldSnapshot(
            held=True,
            until=self.until,
            unconfirmed=unconfirmed,
            confirmed=is_observed and self.is_observed and unconfirmed == 0,
        )

    def restore(self, paused_by: Mapping[str, PausedBy]) -> None:
        """Bring back who paused what."""
        self._paused_by = dict(paused_by)

    def paused_by(self, sid: str) -> PausedBy | None:
        """Return who paused a recording, or is about to."""
        return self._paused_by.get(sid)

    @property
    def all_paused_by(self) -> Mapping[str, PausedBy]:
        """Return who paused what, or is about to."""
        return MappingProxyType(self._paused_by)

    def mark_paused_by_hold(self, sid: str) -> None:
        """Note that the hold is about to pause a recording; what a person paused stays theirs."""
        self._paused_by.setdefault(sid, PausedBy.HOLD)

    def record_user_request(self, sid: str, status: RecordingStatus) -> None:
        """Note that a person acts on one recording: what they pause is theirs until they resume it.

        What the hold paused stays its to resume, should the person's try be lost.
        """
        if status is RecordingStatus.PAUSED:
            self._paused_by[sid] = PausedBy.PERSON
        elif status is RecordingStatus.IN_PROGRESS and self._paused_by.get(sid) is PausedBy.PERSON:
            del self._paused_by[sid]

    def revert_user_pause(self, sid: str, recording: Recording | None) -> None:
        """Note that what a person asked for did not happen: an unpaused one is nobody's."""
        if recording is None or recording.status is not RecordingStatus.PAUSED:
            self._paused_by.pop(sid, None)

    def desired_statuses(
        self, recordings: Iterable[Recording], is_uncertain: Callable[[str], bool] = lambda _: False
    ) -> dict[str, RecordingStatus]:
        """Return what has to be asked for, by SID, and forget what is settled.

        `is_uncertain` tells of recordings whose status may be another by now: while held, such a
        one has to be paused again, and once released it is not final.
        """
        if self.held:
            return {
                recording.sid: RecordingStatus.PAUSED
                for recording in recordings
                if recording.status is not RecordingStatus.PAUSED or is_uncertain(recording.sid)
            }
        desired_statuses: dict[str, RecordingStatus] = {}
        if not self._paused_by:
            return desired_statuses
        for recording in recordings:
            if self._paused_by.get(recording.sid) is not PausedBy.HOLD:
                continue
            if recording.status is RecordingStatus.PAUSED:
                desired_statuses[recording.sid] = RecordingStatus.IN_PROGRESS
            elif not is_uncertain(recording.sid):
                del self._paused_by[recording.sid]
        return desired_statuses

    def prune(self, sids: Iterable[str]) -> None:
        """Drop what no active recording needs any more."""
        for sid in self._paused_by.keys() - set(sids):
            del self._paused_by[sid]
