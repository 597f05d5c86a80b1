"""What is known of a project's recordings and what is desired of them: plain data, no I/O.

Observations come in, each with the interval in which it was true. What follows from them is
decided here alone. Times are seconds of the event loop's clock and are passed in.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from math import inf
from typing import Any

from homeassistant.util.limited_size_dict import LimitedSizeDict

from ..api import PauseBehavior, Recording, RecordingStatus
from .discovery import Batch, RefreshResult
from .hold import Hold, HoldSnapshot, PausedBy
from .holds import Holds, Scope
from .observation import Interval, compare_dates
from .slots import Slots
from .storage import RestoredProject, StoredHold, StoredProject, StoredRecording
from .updates import Actor, RecordingUpdate

STALE_FOR = 60.0
"""Seconds for which a reading with an older `date_updated` is taken for a stale list's."""
SETTLES_AFTER = 10.0
"""Seconds within which an unanswered update may still take effect."""
MAX_REFRESH_AGE = 15.0
"""Seconds after which the last refresh no longer confirms anything."""
FULL_REFRESH_EVERY = 300.0
"""Seconds between two refreshes of everything that may be active."""
_MAX_REMEMBERED = 5000
_MAX_ENDED_LATELY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A recording before and after its status changed.

    `before` is None for one that was just found, `after` for one that the service no longer has;
    one that has ended is there with its last status. `update` is the update that asked for this,
    if one did; `slot` is where the recording sits, or sat.
    """

    before: Recording | None
    after: Recording | None
    update: RecordingUpdate | None = None
    slot: int | None = None

    @property
    def sid(self) -> str:
        """Return the SID of the recording."""
        recording = self.after or self.before
        return recording.sid if recording else ""


@dataclass(slots=True, kw_only=True)
class TrackedRecording:
    """An active recording, and all that is known of it.

    `recording` is the newest reading, None while only the SID is known; `seen` is when that was
    true. `uncertain_since` is when the status became doubtful; only a reading that is sent later
    settles that. `not_found` is when the service first said that it does not exist. `in_flight` is
    the update that is being sent; `last_update` the last one whose effect was not seen yet.
    `settles_at` is until when an update without an answer may still be carried out,
    `user_pause_settles_at` until when a person's pause may, `pause_settles_at` until when any
    pause may, and `resume_settles_at` until when a resume may, which would undo a person's pause;
    `is_undone` says that it did. `requests` counts what people asked for that is still to be sent,
    `pauses_asked` how often they asked for a pause. `lines` are the IDs of the lines that its call
    is on, None as long as that is not known; `was_freed_by_line` says that it was held until that
    was known, and never since.
    """

    sid: str
    recording: Recording | None = None
    lines: frozenset[str] | None = None
    was_freed_by_line: bool = False
    seen: Interval | None = None
    uncertain_since: float | None = None
    not_found: Interval | None = None
    paused_by: PausedBy | None = None
    pause_sent_by_hold: bool = True
    pause_behavior: PauseBehavior | None = None
    in_flight: RecordingUpdate | None = None
    last_update: RecordingUpdate | None = None
    settles_at: float = 0.0
    user_pause_settles_at: float = 0.0
    pause_settles_at: float = 0.0
    resume_settles_at: float = 0.0
    is_undone: bool = False
    requests: int = 0
    pauses_asked: int = 0
    reason: str | None = None

    @property
    def is_paused(self) -> bool:
        """Return whether the newest reading shows it paused."""
        return self.recording is not None and self.recording.status is RecordingStatus.PAUSED

    @property
    def is_uncertain(self) -> bool:
        """Return whether the status may be another by now."""
        return self.uncertain_since is not None or (
            self.in_flight is not None
            and self.recording is not None
            and not self.recording.status.confirms(self.in_flight.status)
        )

    @property
    def stays_paused(self) -> bool:
        """Return whether it is paused, and no resume of a person's may still be carried out."""
        return self.is_paused and not (
            self.is_uncertain
            and self.last_update is not None
            and self.last_update.status is RecordingStatus.IN_PROGRESS
        )

    @property
    def is_confirmed_paused(self) -> bool:
        """Return whether the service has confirmed the pause, and nothing casts doubt on it."""
        return self.is_paused and not self.is_uncertain


def _remembered() -> LimitedSizeDict[str, Any]:
    return LimitedSizeDict(size_limit=_MAX_REMEMBERED)


@dataclass(slots=True)
class ProjectState:
    """The state of one project: recordings, slots, the holds, and how reliable all that is.

    `holds` are those in force, `lines` the IDs of the project's lines, and `unassigned` the SIDs of
    recordings that may be on any of them. `reachable` says whether the last refresh succeeded.
    Whoever changes something calls `Project.async_changed` afterwards, which takes `changes` and
    sees to the rest. `is_dirty` says that what is stored has changed; `needs_refresh` that
    something can only be settled by reading.
    """

    slots: Slots
    recordings: dict[str, TrackedRecording] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    unassigned: set[str] = field(default_factory=set)
    holds: Holds = field(default_factory=Holds)
    pause_behavior: PauseBehavior = PauseBehavior.SILENCE
    reachable: bool = False
    unreadable: int = 0
    unreadable_since: float | None = None
    last_refresh: float | None = None
    last_full_refresh: float | None = None
    is_dirty: bool = False
    needs_refresh: bool = False
    # Recordings that are gone: those that have ended, the last readings of the newest of them for
    # who waits for that, and when the service had none any more.
    _ended: LimitedSizeDict[str, None] = field(default_factory=_remembered)
    _ended_lately: LimitedSizeDict[str, Recording] = field(
        default_factory=lambda: LimitedSizeDict(size_limit=_MAX_ENDED_LATELY)
    )
    _missing: LimitedSizeDict[str, float] = field(default_factory=_remembered)
    _changes: list[Change] = field(default_factory=list)
    # Whether a recording came or went since the slots were given out.
    _is_seating_due: bool = True

    # Observations.

    def restore(self, kept: RestoredProject, holds: Iterable[Hold]) -> None:
        """Bring back what was stored before a restart."""
        for sid in kept.sids:
            self._track(
                TrackedRecording(
                    sid=sid,
                    paused_by=kept.paused_by.get(sid),
                    pause_behavior=kept.pause_behaviors.get(sid),
                )
            )
        self.pause_behavior = kept.pause_behavior
        self.holds = Holds(holds)
        self.seat()

    def begin_refresh(self) -> None:
        """Note that a poll's refresh begins: slots that were freed before it rest for all of it."""
        self.slots.begin_refresh()

    def end_refresh(self) -> None:
        """Note that a poll's refresh has succeeded: those slots may be given out again."""
        self.slots.end_refresh()

    def apply_batch(self, batch: Batch) -> None:
        """Apply what one response of a refresh has shown."""
        for recording in batch.recordings:
            self.apply_reading(recording, batch.interval, is_listed=batch.is_listed)

    def apply_refresh(self, result: RefreshResult) -> None:
        """Apply what else a refresh has found out, once its batches are applied."""
        for sid, interval in result.not_found.items():
            self.apply_not_found(sid, interval)
        for sid in result.missed:
            self.mark_uncertain(sid, result.ended)
        self.unreadable = result.unreadable
        if not result.unreadable:
            self.unreadable_since = None
        elif self.unreadable_since is None:
            self.unreadable_since = result.began
        self.reachable = True
        self.last_refresh = max(result.began, self.last_refresh or 0)
        if result.is_full:
            self.last_full_refresh = result.began
        self.seat()

    def apply_failed_refresh(self) -> None:
        """Note that the service could not be read."""
        self.reachable = False

    def apply_reading(
        self, recording: Recording, interval: Interval, *, is_listed: bool = False
    ) -> None:
        """Apply a response that shows a recording: of a list, of a read or of an update."""
        tracked = self.recordings.get(recording.sid)
        if tracked is None:
            if not recording.is_active:
                # A page of a slower refresh may still show it as active.
                self._ended[recording.sid] = None
            elif not self._is_gone(recording.sid, interval):
                tracked = TrackedRecording(sid=recording.sid, pause_sent_by_hold=False)
                self._track(tracked)
                self._is_seating_due = self.is_dirty = True
                self._accept(tracked, recording, interval)
            return
        known, seen = tracked.recording, tracked.seen
        if known == recording:
            # The same again, of which most is worked out already.
            recording = known
        if known is None or seen is None or not recording.is_active:
            # An end is final, whenever it was read.
            self._accept(tracked, recording, interval)
            return
        match _compare_readings((recording, interval), (known, seen), is_listed=is_listed):
            case _Order.NEWER:
                self._accept(tracked, recording, interval)
            case _Order.CONFLICTING:
                self.mark_uncertain(tracked.sid, max(interval.answered, seen.answered))
                self.needs_refresh = True

    def _accept(self, tracked: TrackedRecording, recording: Recording, interval: Interval) -> None:
        """Take a reading for the newest."""
        before = tracked.recording
        tracked.recording, tracked.seen = recording, interval
        tracked.not_found = None
        if tracked.uncertain_since is not None and interval.sent >= tracked.uncertain_since:
            tracked.uncertain_since = None
        if not recording.is_active:
            self._drop(tracked, before, recording)
            return
        self._refute_ownership(tracked, recording, interval)
        if before is None or before.status is not recording.status:
            self._note_change(tracked, before, recording)
        if interval.sent >= tracked.settles_at and tracked.in_flight is None:
            tracked.last_update = None

    def _refute_ownership(
        self, tracked: TrackedRecording, recording: Recording, interval: Interval
    ) -> None:
        """Forget who paused a recording, once a reading shows that it is not paused."""
        if tracked.paused_by is None:
            return
        if recording.status is RecordingStatus.PAUSED:
            tracked.is_undone = False
            if (
                tracked.paused_by is PausedBy.HOLD
                and not tracked.pause_sent_by_hold
                and tracked.in_flight is None
            ):
                # Something else has paused it before the hold did.
                self._set_owner(tracked, None)
            return
        if tracked.requests:
            return
        in_flight = tracked.in_flight
        if tracked.paused_by is PausedBy.PERSON:
            if in_flight is not None and in_flight.actor is Actor.HOME_ASSISTANT:
                return
            if interval.sent < tracked.resume_settles_at:
                # A resume that was cut off for the pause was carried out after it.
                tracked.is_undone = True
            if interval.sent >= tracked.user_pause_settles_at and not tracked.is_undone:
                # The pause that is being sent, if one is, is the hold's.
                is_held = in_flight is not None and self.hold_on(recording.sid) is not None
                tracked.pause_sent_by_hold = is_held
                self._set_owner(tracked, PausedBy.HOLD if is_held else None)
        elif (
            in_flight is None
            and interval.sent >= tracked.settles_at
            and self.hold_on(recording.sid) is None
        ):
            self._set_owner(tracked, None)

    def apply_not_found(self, sid: str, interval: Interval) -> None:
        """Apply a response that says that there is no such recording.

        One proves nothing: a second one that was sent after it has to agree.
        """
        tracked = self.recordings.get(sid)
        if tracked is None or (tracked.seen is not None and interval.is_before(tracked.seen)):
            return
        if tracked.not_found is not None and tracked.not_found.is_before(interval):
            self._missing[sid] = interval.answered
            self._drop(tracked, tracked.recording, None)
            return
        tracked.not_found = tracked.not_found or interval
        self.mark_uncertain(sid, interval.answered)
        self.needs_refresh = True

    def mark_uncertain(self, sid: str, now: float) -> None:
        """Note that a recording's status may be another by now."""
        if (tracked := self.recordings.get(sid)) is not None:
            tracked.uncertain_since = max(now, tracked.uncertain_since or now)

    def begin_update(self, sid: str, update: RecordingUpdate) -> None:
        """Note that an update is being sent."""
        tracked = self.recordings[sid]
        tracked.in_flight = tracked.last_update = update
        if update.status is RecordingStatus.PAUSED and update.actor is Actor.CALL_RECORDING:
            if self._becomes_the_holds(tracked):
                self._set_owner(tracked, PausedBy.HOLD)
            tracked.pause_sent_by_hold = True

    def end_update(
        self, sid: str, status: RecordingStatus | None = None, answered: float = inf
    ) -> None:
        """Note that the update was answered, when, and with the status if there is one."""
        if (tracked := self.recordings.get(sid)) is None:
            return
        update, tracked.in_flight = tracked.in_flight, None
        if (
            update is not None
            and update.status is RecordingStatus.IN_PROGRESS
            and status is not None
            and status.is_recording
            and tracked.paused_by is not PausedBy.PERSON
            and self.hold_on(sid) is None
        ):
            # Resumed, whatever a poll has shown meanwhile: a pause from now on is another's, unless
            # one that was cut off may still be carried out, which is to be undone then.
            is_settled = answered >= tracked.pause_settles_at
            self._set_owner(tracked, None if is_settled else PausedBy.HOLD)
            tracked.pause_sent_by_hold = True

    def mark_unanswered(self, sid: str, now: float) -> None:
        """Note that no answer came to the update: it may have been carried out, or still be."""
        if (tracked := self.recordings.get(sid)) is None:
            return
        update, tracked.in_flight = tracked.in_flight, None
        tracked.settles_at = now + SETTLES_AFTER
        match update:
            case RecordingUpdate(status=RecordingStatus.IN_PROGRESS):
                tracked.resume_settles_at = tracked.settles_at
            case RecordingUpdate(status=RecordingStatus.PAUSED, actor=actor):
                tracked.pause_settles_at = tracked.settles_at
                if actor is Actor.HOME_ASSISTANT:
                    tracked.user_pause_settles_at = tracked.settles_at
        self.mark_uncertain(sid, now)

    def mark_refused(self, sid: str) -> None:
        """Note that the service refused a pause: a person's is not tried again."""
        if (tracked := self.recordings.get(sid)) is not None:
            tracked.is_undone = False
            tracked.resume_settles_at = 0.0

    def _is_gone(self, sid: str, interval: Interval) -> bool:
        """Return whether a reading is older than the end of its recording, which is final."""
        return sid in self._ended or interval.sent < self._missing.get(sid, interval.sent)

    def ended(self, sid: str) -> Recording | None:
        """Return the last reading of a recording that has ended lately."""
        return self._ended_lately.get(sid)

    def _drop(
        self, tracked: TrackedRecording, before: Recording | None, after: Recording | None
    ) -> None:
        self._note_change(tracked, before, after)
        if after is not None:
            self._ended[tracked.sid] = None
            self._ended_lately[tracked.sid] = after
        del self.recordings[tracked.sid]
        self.unassigned.discard(tracked.sid)
        self._is_seating_due = self.is_dirty = True

    def _note_change(
        self, tracked: TrackedRecording, before: Recording | None, after: Recording | None
    ) -> None:
        update = tracked.last_update
        if update is not None and after is not None and not after.status.confirms(update.status):
            update = None
        self._changes.append(
            Change(
                before=before,
                after=after,
                update=update,
                slot=self.slots.number_of(tracked.sid),
            )
        )

    def take_changes(self) -> list[Change]:
        """Return what has changed since the last call."""
        if self._is_seating_due:
            self.seat()
        changes, self._changes = self._changes, []
        return [
            replace(change, slot=self.slots.number_of(change.sid))
            if change.slot is None
            else change
            for change in changes
        ]

    # What is desired.

    def assign_lines(self, sid: str, lines: frozenset[str]) -> None:
        """Note which lines a recording's call is on."""
        if (tracked := self.recordings.get(sid)) is not None:
            was_held = self.hold_on(sid) is not None
            tracked.lines = lines
            tracked.was_freed_by_line = was_held and self.hold_on(sid) is None
            self.unassigned.discard(sid)

    def _track(self, tracked: TrackedRecording) -> None:
        """Follow one more recording, of which it is not known yet which lines it is on."""
        self.recordings[tracked.sid] = tracked
        if self.lines:
            self.unassigned.add(tracked.sid)
        else:
            tracked.lines = frozenset()

    def begin_hold(self, hold: Hold) -> None:
        """Begin a hold, or extend the one of its scope and name that is in force."""
        self.holds.begin(hold)
        self.is_dirty = True

    def end_hold(self, scope: Scope = None, name: str | None = None) -> list[Hold]:
        """End the hold of a name, or all of a scope; return those that were in force.

        What they paused, and no other hold needs paused, is to be resumed.
        """
        return self._ended_holds(self.holds.end(scope, name))

    def end_holds_before(self, now: datetime) -> list[Hold]:
        """End the holds whose time is up; return them."""
        return self._ended_holds(self.holds.end_before(now))

    def _ended_holds(self, ended: list[Hold]) -> list[Hold]:
        self.is_dirty = self.is_dirty or bool(ended)
        return ended

    def hold_on(self, sid: str) -> Hold | None:
        """Return what asks that a recording be paused, if anything does."""
        if not self.holds or (tracked := self.recordings.get(sid)) is None:
            return None
        return self.holds.on(tracked.lines)

    def mark_paused_by_hold(self) -> bool:
        """Note what the hold is about to pause; return whether there is anything new."""
        marked = False
        if self.holds:
            for tracked in self.recordings.values():
                if tracked.recording and self._becomes_the_holds(tracked):
                    tracked.pause_sent_by_hold = tracked.was_freed_by_line = False
                    self._set_owner(tracked, PausedBy.HOLD)
                    marked = True
        return marked

    def _becomes_the_holds(self, tracked: TrackedRecording) -> bool:
        """Return whether a recording that the hold pauses is the hold's from then on.

        What a person, or something outside, has paused stays theirs, though the hold repeats it.
        """
        return (
            tracked.paused_by is None
            and not tracked.stays_paused
            and self.holds.on(tracked.lines) is not None
        )

    def record_user_request(self, sid: str, status: RecordingStatus) -> PausedBy | None:
        """Note that a person acts on a recording; return who owned its pause before.

        What a person pauses is theirs until they, or something outside, resume it.
        """
        tracked = self.recordings[sid]
        tracked.requests += 1
        tracked.is_undone = False
        before = tracked.paused_by
        if status is RecordingStatus.PAUSED:
            tracked.pauses_asked += 1
            self._set_owner(tracked, PausedBy.PERSON)
        elif status is RecordingStatus.IN_PROGRESS and before is PausedBy.PERSON:
            self._set_owner(tracked, None)
        return before

    def end_user_request(self, sid: str) -> None:
        """Note that a request was sent, or will not be."""
        if (tracked := self.recordings.get(sid)) is not None:
            tracked.requests -= 1

    def revert_user_pause(self, sid: str, before: PausedBy | None) -> None:
        """Note that a person's pause was never sent."""
        tracked = self.recordings.get(sid)
        if tracked is not None and tracked.paused_by is PausedBy.PERSON and not tracked.is_paused:
            self._set_owner(tracked, before)

    def choose_pause_behavior(self, behavior: PauseBehavior, sid: str | None = None) -> None:
        """Choose what the next pauses send, of one recording or of the project."""
        if sid is None:
            self.pause_behavior = behavior
        else:
            self.recordings[sid].pause_behavior = behavior
        self.is_dirty = True

    def pause_behavior_of(self, sid: str) -> PauseBehavior:
        """Return what the recording's next pause sends."""
        tracked = self.recordings.get(sid)
        return (tracked and tracked.pause_behavior) or self.pause_behavior

    def desired_status(self, sid: str) -> RecordingStatus | None:
        """Return the status that has to be requested, or None if nothing has to be."""
        tracked = self.recordings.get(sid)
        if tracked is None or tracked.recording is None:
            return None
        if self.holds.on(tracked.lines) is not None:
            return None if tracked.is_confirmed_paused else RecordingStatus.PAUSED
        match tracked.paused_by:
            case PausedBy.HOLD if tracked.is_paused:
                return RecordingStatus.IN_PROGRESS
            case PausedBy.PERSON if tracked.is_undone:
                return RecordingStatus.PAUSED
        return None

    def desired_statuses(self) -> dict[str, RecordingStatus]:
        """Return what has to be requested, by SID."""
        if not self.holds and not any(map(_may_need_update, self.recordings.values())):
            return {}
        return {
            sid: status
            for sid in self.recordings
            if (status := self.desired_status(sid)) is not None
        }

    # How well it is known.

    def unconfirmed_sids(self) -> Iterator[str]:
        """Yield the recordings that are held and not confirmed to be paused."""
        return (
            sid
            for sid, one in self.recordings.items()
            if not one.is_confirmed_paused and self.holds.on(one.lines) is not None
        )

    def unresumed_sids(self) -> Iterator[str]:
        """Yield the recordings that a hold paused, and that are still to be resumed."""
        return (
            sid
            for sid, one in self.recordings.items()
            if one.paused_by is PausedBy.HOLD and self.holds.on(one.lines) is None
        )

    @property
    def unread(self) -> int:
        """Return how many recordings exist, or may, that could not be read."""
        return self.unreadable + sum(one.recording is None for one in self.recordings.values())

    @property
    def restored_as_paused(self) -> dict[str, PausedBy]:
        """Return who paused the recordings, by SID, that were not read since a restart."""
        return {
            sid: tracked.paused_by
            for sid, tracked in self.recordings.items()
            if tracked.recording is None and tracked.paused_by is not None
        }

    @property
    def is_busy_holding(self) -> bool:
        """Return whether anything is held, or paused by a hold and still to be resumed."""
        return bool(self.holds) or any(
            one.paused_by is PausedBy.HOLD for one in self.recordings.values()
        )

    def is_fully_read(self, hold: Hold) -> bool:
        """Return whether a full refresh began after the hold did."""
        return self.last_full_refresh is not None and self.last_full_refresh >= hold.begun

    @property
    def needs_hold_refresh(self) -> bool:
        """Return whether anything is held of which not everything was read since."""
        return not all(map(self.is_fully_read, self.holds.together()))

    def needs_full_refresh(self, now: float) -> bool:
        """Return whether everything that may be active has to be read."""
        return (
            self.last_full_refresh is None
            or now - self.last_full_refresh >= FULL_REFRESH_EVERY
            or self.needs_hold_refresh
        )

    def unobserved_since(self) -> float | None:
        """Return since when a recording that is held could be running unseen."""
        if not self.holds:
            return None
        since = min(
            self.last_refresh
            if self.last_refresh is not None and self.is_fully_read(hold)
            else hold.begun
            for hold in self.holds.together()
        )
        return since if self.unreadable_since is None else min(since, self.unreadable_since)

    def is_observed(self, hold: Hold, now: float) -> bool:
        """Return whether everything was read since the hold began, and that is not too old."""
        return (
            self.reachable
            and self.is_fully_read(hold)
            and self.last_refresh is not None
            and now - self.last_refresh <= MAX_REFRESH_AGE
        )

    def hold_snapshots(self, now: float) -> dict[Scope, HoldSnapshot]:
        """Return what is shown of the holds: of the project, and of each line by its ID.

        A recording counts for every line as long as it is not known which it is on.
        """
        snapshots: dict[Scope, HoldSnapshot] = dict.fromkeys((None, *self.lines), HoldSnapshot())
        if not self.holds:
            return snapshots
        everywhere, on_line, total = self.unreadable, Counter[str](), self.unreadable
        for tracked in self.recordings.values():
            if tracked.is_confirmed_paused:
                continue
            total += 1
            if tracked.lines is None:
                everywhere += 1
            else:
                on_line.update(tracked.lines)
        of_project = self.holds.of(None)
        for scope in snapshots:
            hold = self.holds.on(frozenset() if scope is None else frozenset((scope,)))
            if hold is None:
                continue
            unconfirmed = total if scope is None else everywhere + on_line[scope]
            snapshots[scope] = HoldSnapshot(
                held=True,
                until=hold.until,
                unconfirmed=unconfirmed,
                confirmed=unconfirmed == 0 and self.is_observed(hold, now),
                context=hold.context,
                holds=of_project if scope is None else of_project + self.holds.of(scope),
            )
        return snapshots

    # Slots, and what is stored.

    def seat(self) -> None:
        """Give out the slots, to the longest-running recordings first.

        So a restart with more recordings than slots changes nothing. Those of which only the SID
        is known ran before the restart.
        """
        if self.slots.update(self.recordings, key=self._seating_order):
            self.is_dirty = True
        self._is_seating_due = False

    def _seating_order(self, sid: str) -> tuple[bool, float, str]:
        recording = self.recordings[sid].recording
        if recording is None or recording.started is None:
            return recording is not None, 0, sid
        return True, recording.started.timestamp(), sid

    def to_store(self) -> StoredProject:
        """Return what is kept over restarts."""
        recordings: dict[str, StoredRecording] = {}
        for sid, tracked in self.recordings.items():
            kept = recordings[sid] = StoredRecording()
            if (slot := self.slots.number_of(sid)) is not None:
                kept["slot"] = slot
            if tracked.pause_behavior is not None:
                kept["pause_behavior"] = tracked.pause_behavior.value
            if tracked.paused_by is not None:
                kept["paused_by"] = tracked.paused_by.value
        stored = StoredProject(recordings=recordings, pause_behavior=self.pause_behavior.value)
        if self.holds:
            stored["holds"] = [_stored_hold(hold) for hold in self.holds]
            if (together := self.holds.on(None)) is not None:
                # Together as well, which is what version 0.1.0 reads: it knows no lines.
                stored["hold"] = _stored_hold(together)
        return stored

    def _set_owner(self, tracked: TrackedRecording, owner: PausedBy | None) -> None:
        if tracked.paused_by is not owner:
            tracked.paused_by = owner
            self.is_dirty = True


def _stored_hold(hold: Hold) -> StoredHold:
    stored = StoredHold(name=hold.name)
    if hold.line is not None:
        stored["line"] = hold.line
    if hold.since is not None:
        stored["since"] = hold.since.isoformat()
    if hold.until is not None:
        stored["until"] = hold.until.isoformat()
    if hold.pause_behavior is not None:
        stored["pause_behavior"] = hold.pause_behavior.value
    if hold.damage is not None:
        stored["damage"] = hold.damage.value
    return stored


def _may_need_update(tracked: TrackedRecording) -> bool:
    return tracked.paused_by is PausedBy.HOLD or tracked.is_undone


class _Order(Enum):
    """How a reading relates to what is known."""

    NEWER = auto()
    OLDER = auto()
    CONFLICTING = auto()


def _compare_readings(
    reading: tuple[Recording, Interval], known: tuple[Recording, Interval], *, is_listed: bool
) -> _Order:
    """Return whether a reading of an active recording is newer than another.

    One that was sent after the other was answered is newer, unless its `date_updated` is older:
    then it comes from a list that lags behind, for a while. Dates have whole seconds, so that a
    list whose date is the same may lag behind too. Of two that overlap and disagree,
    `date_updated` tells which is newer; without it they settle nothing.
    """
    (recording, interval), (other, seen) = reading, known
    is_same = _is_same(recording.status, other.status)
    order = compare_dates(recording.date_updated, other.date_updated)
    if interval.is_before(seen):
        order = -1
    elif seen.is_before(interval):
        counts = order is None or interval.sent >= seen.answered + STALE_FOR
        if counts or (order == 0 and (is_same or not is_listed)):
            order = 1
    elif is_same:
        order = 1 if interval.sent >= seen.sent else -1
    if not order:
        return _Order.CONFLICTING
    return _Order.NEWER if order > 0 else _Order.OLDER


def _is_same(one: RecordingStatus, other: RecordingStatus) -> bool:
    """Return whether both mean the same: recording, or the same other status."""
    return one is other or (one.is_recording and other.is_recording)
