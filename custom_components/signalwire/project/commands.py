"""What people and automations ask of recordings: pause, resume, stop, start, find, delete."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError

from ..api import (
    NotFoundError,
    PauseBehavior,
    Recording,
    RecordingChannels,
    RecordingStatus,
    RecordingTrack,
    RecordingTrim,
    SignalWireError,
)
from ..errors import has_ended, operation_error, recording_ended, service_error, validation_error
from ..tasks import finish_anyway, gather_all
from .deletion import BeingDeletedError, KeptError, UncertainDeletionError
from .observation import Interval
from .parties import parties_of_call
from .retention_rule import ended_at, is_over, require_complete
from .storage import is_stored_as_held
from .updates import Actor, RecordingUpdate

if TYPE_CHECKING:
    from .project import Project

_CALLBACK_EVENTS = (
    RecordingStatus.IN_PROGRESS,
    RecordingStatus.COMPLETED,
    RecordingStatus.ABSENT,
)
# Seconds; a disk that hangs must not keep the answer to a pause back for longer.
_STORE_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingOptions:
    """How a call is recorded, and what the service calls back; None leaves it to the service."""

    channels: RecordingChannels | None = None
    track: RecordingTrack | None = None
    trim: RecordingTrim | None = None
    callback_url: str | None = None


@dataclass(slots=True, kw_only=True)
class UnrecordedCalls:
    """SIDs of calls that are not recorded; `failure` says that there may be others."""

    sids: list[str] = field(default_factory=list)
    failure: HomeAssistantError | None = None


@dataclass(slots=True, kw_only=True)
class Deletable:
    """Recordings that can be deleted, and how many others there are of their time.

    `kept` are marked, `active` not over without any doubt, `further` beyond the limit.
    """

    recordings: list[Recording] = field(default_factory=list)
    kept: int = 0
    active: int = 0
    further: int = 0


class RecordingCommands:
    """Changes the recordings of a project; every error is a sentence for whoever asked."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._state = project.state

    async def async_update(
        self,
        sid: str,
        status: RecordingStatus,
        pause_behavior: PauseBehavior | None = None,
        *,
        context: Context | None = None,
    ) -> Recording:
        """Request a status (paused, in-progress, stopped) of one recording; return the answer.

        A pause without `pause_behavior` sends what is chosen for the recording. Raises
        ServiceValidationError if the recording has ended, is to be resumed while all are held, or
        something else was requested meanwhile; HomeAssistantError if the service did not do or
        confirm it.
        """
        self._project.require_running()
        if sid not in self._state.recordings:
            raise recording_ended()
        if status is RecordingStatus.IN_PROGRESS and self._state.hold_on(sid) is not None:
            await self._async_wait_released(sid)
        if status is RecordingStatus.PAUSED and pause_behavior is None:
            pause_behavior = self._state.pause_behavior_of(sid)
        recording = await self._project.reconciler.async_request(
            sid, RecordingUpdate(status=status, pause_behavior=pause_behavior, context=context)
        )
        if status is RecordingStatus.PAUSED:
            await self._async_store_owner(sid)
        return recording

    async def _async_wait_released(self, sid: str) -> None:
        """Wait a moment for the release; raises ServiceValidationError as `async_update` does."""
        holds, tracked = self._project.hold_controller, self._state.recordings[sid]
        pauses_asked = tracked.pauses_asked
        if not await holds.async_wait_released(sid):
            raise holds.held_error(tracked.lines)
        self._project.require_running()
        if sid not in self._state.recordings:
            raise recording_ended()
        if tracked.pauses_asked != pauses_asked:
            # Whoever asked for that knew of the resume that waits here.
            raise validation_error("superseded")

    async def _async_store_owner(self, sid: str) -> None:
        """Store that a pause is a person's, if the file says, or may soon, that it is the hold's.

        After a crash, it would be resumed.
        """
        if not any(is_stored_as_held(content, sid) for content in self._project.file.contents):
            return
        with suppress(TimeoutError):
            # What cannot be written is tried again, and an issue tells of the disk.
            async with asyncio.timeout(_STORE_TIMEOUT):
                await asyncio.shield(self._project.async_store_now())

    async def async_find(self, sid: str) -> Recording:
        """Return a recording as it was confirmed last; read, and take in, one that is not known.

        Raises ServiceValidationError if the project has no such recording, HomeAssistantError if
        it could not be read.
        """
        tracked = self._state.recordings.get(sid)
        if tracked is not None and tracked.recording is not None:
            return tracked.recording
        return await self.async_read(sid)

    async def async_read(self, sid: str) -> Recording:
        """Return a recording, known or not, as it is now; raises as `async_find` does."""
        sent = self._now()
        try:
            recording = await self._async_until_stopped(self._project.client.get_recording(sid))
        except NotFoundError:
            self._state.apply_not_found(sid, Interval(sent, self._now()))
            self._project.async_changed()
            raise validation_error("unknown_recording") from None
        except SignalWireError as err:
            raise service_error(self._project.hass, self._project.entry, err) from err
        self._state.apply_reading(recording, Interval(sent, self._now()))
        self._project.async_changed()
        return recording

    async def _async_until_stopped[ResultT](self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Return what work returns that goes on if who waits is cancelled, until the unload.

        Raises ServiceValidationError if that ends it.
        """
        project = self._project
        try:
            return await finish_anyway(project.hass, project.entry, work, "signalwire command")
        except asyncio.CancelledError:
            project.require_running()
            raise

    async def async_unrecorded_calls(self, number: str | None = None) -> UnrecordedCalls:
        """Return the calls in progress, of one number if given, that are not recorded.

        Raises ServiceValidationError if there are none, HomeAssistantError if they could not be
        listed.
        """
        recorded = {
            tracked.recording.call_sid
            for tracked in self._state.recordings.values()
            if tracked.recording is not None
        }
        found, is_whole = UnrecordedCalls(), True
        try:
            async with aclosing(self._project.client.pages_of_calls_in_progress()) as pages:
                async for page in pages:
                    found.sids += [
                        call.sid
                        for call in page.items
                        if call.sid not in recorded
                        and (number is None or _digits(number) in map(_digits, call.numbers))
                    ]
                    is_whole = is_whole and page.is_whole
        except SignalWireError as err:
            raise service_error(self._project.hass, self._project.entry, err) from err
        if not is_whole:
            found.failure = operation_error("action_failed", error="Not all calls could be read")
        if not found.sids:
            raise found.failure or validation_error("no_call")
        return found

    async def async_start(self, call_sid: str, options: RecordingOptions) -> Recording:
        """Start to record a call, and return the recording.

        Raises ServiceValidationError while the project or the call's line is held, or if there is
        no such call; HomeAssistantError if it could not be started. It is never tried twice.
        """
        self._project.require_running()
        lines = await self._async_lines_of(call_sid) if self._state.holds else None
        if self._state.holds and self._state.holds.on(lines) is not None:
            raise self._project.hold_controller.held_error(lines)
        sent = self._now()
        try:
            recording = await self._project.client.start_recording(
                call_sid,
                channels=options.channels,
                track=options.track,
                trim=options.trim,
                callback_url=options.callback_url,
                callback_events=_CALLBACK_EVENTS if options.callback_url else (),
            )
        except NotFoundError:
            raise validation_error("unknown_call") from None
        except SignalWireError as err:
            raise service_error(self._project.hass, self._project.entry, err) from err
        self._state.apply_reading(recording, Interval(sent, self._now()))
        self._project.async_changed()
        return recording

    async def _async_lines_of(self, call_sid: str) -> frozenset[str] | None:
        """Return the lines that a call is on, None if that is not known."""
        if self._state.holds.of(None):
            return frozenset()
        try:
            call = await self._project.client.get_call(call_sid)
        except NotFoundError:
            raise validation_error("unknown_call") from None
        except SignalWireError:
            return None
        # Known by the time its recording is, which then is not paused for a line of others.
        self._project.parties.add([call], [])
        return self._project.lines.of(parties_of_call(call))

    async def async_deletable(
        self,
        *,
        since: datetime | None,
        until: datetime | None,
        older_than: timedelta | None,
        limit: int,
    ) -> Deletable:
        """Return the recordings that were created in a time and can be deleted, oldest first.

        `older_than` counts from the end of a recording, by the service's clock and by the own one.
        Raises HomeAssistantError.
        """
        project = self._project
        project.require_running()
        if project.retention.is_lost:
            raise validation_error("marks_are_lost")
        try:
            return await self._async_until_stopped(
                self._async_deletable(since, until, older_than, limit)
            )
        except SignalWireError as err:
            raise service_error(project.hass, project.entry, err) from err

    async def _async_deletable(
        self,
        since: datetime | None,
        until: datetime | None,
        older_than: timedelta | None,
        limit: int,
    ) -> Deletable:
        retention, ended_before = self._project.retention, None
        if older_than is not None:
            ended_before = await retention.async_now() - older_than
            until = min(filter(None, (until, ended_before)))
        found = Deletable()
        oldest: deque[Recording] = deque(maxlen=limit)
        pages = self._project.client.recording_pages(created_after=since, created_before=until)
        async with aclosing(pages):
            async for page in pages:
                require_complete(page)
                for recording in page.items:
                    if _is_outside(recording.date_created, since, until):
                        continue
                    if not is_over(recording) or recording.sid in self._state.recordings:
                        found.active += 1
                    elif _is_outside(ended_at(recording), None, ended_before):
                        continue
                    elif recording.sid in retention.kept:
                        found.kept += 1
                    else:
                        found.further += len(oldest) == limit
                        oldest.append(recording)
        found.recordings = list(reversed(oldest))
        return found

    async def async_delete(self, sid: str, context: Context | None = None) -> None:
        """Delete a recording that is over, with its audio.

        Raises ServiceValidationError if there is none, it is still active or marked to be kept;
        HomeAssistantError if it could not be deleted.
        """
        # It may have ended since the last refresh.
        recording = await self.async_read(sid)
        if recording.is_active:
            raise validation_error("still_active")
        try:
            await self._async_until_stopped(
                self._project.deletions.async_delete(recording, Actor.HOME_ASSISTANT, context)
            )
        except KeptError:
            raise validation_error("marked_to_keep") from None
        except BeingDeletedError:
            raise validation_error("being_deleted") from None
        except UncertainDeletionError as err:
            raise operation_error("deletion_uncertain", error=str(err)) from err
        except SignalWireError as err:
            raise service_error(self._project.hass, self._project.entry, err) from err

    async def async_stop_all(
        self, context: Context | None = None, *, line: str | None = None
    ) -> None:
        """Stop every active recording, or a line's, and those that have begun since the last poll.

        What could not be stopped is tried once more. One that has ended by itself meanwhile is
        what was asked for. Raises HomeAssistantError for the first that could not be stopped then,
        or if the service could not be read, so that there may be more.
        """
        self._project.require_running()
        refresh = finish_anyway(
            self._project.hass, self._project.entry, self._async_refresh(), "signalwire refresh"
        )
        _, failure = await asyncio.gather(
            self._async_stop_known(context, line), refresh, return_exceptions=True
        )
        await self._async_stop_known(context, line)
        failure = failure or self._project.full_refresh_failure
        # What ends while this goes on has not read everything.
        self._project.require_running()
        if line is not None and self._state.unassigned:
            reason = str(operation_error("no_answer_yet"))
            raise operation_error("stop_incomplete", error=reason)
        if isinstance(failure, SignalWireError | TimeoutError):
            raise operation_error("stop_incomplete", error=str(failure)) from failure
        if isinstance(failure, BaseException):
            raise failure

    async def _async_refresh(self) -> None:
        await self._project.async_refresh()
        self._project.async_process()
        if self._project.lines:
            await self._project.async_wait_for_parties()

    async def _async_stop_known(self, context: Context | None, line: str | None) -> None:
        await gather_all(
            (
                self.async_update(sid, RecordingStatus.STOPPED, context=context)
                for sid, tracked in self._state.recordings.items()
                if line is None or line in (tracked.lines or ())
            ),
            is_fine=has_ended,
        )

    def choose_pause_behavior(self, behavior: PauseBehavior, sid: str | None = None) -> None:
        """Choose what the next pauses send, of one recording or of the project.

        Raises ServiceValidationError if the recording has ended.
        """
        self._project.require_running()
        if sid is not None and sid not in self._state.recordings:
            raise recording_ended()
        self._state.choose_pause_behavior(behavior, sid)
        self._project.async_process()

    def _now(self) -> float:
        return self._project.clock.now()


def _digits(number: str) -> str:
    """Return a telephone number without what people write to read it more easily."""
    return "".join(character for character in number if character.isalnum())


def _is_outside(date: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    """Return whether a date is known, and not within a time: not every service keeps to it."""
    if date is None:
        return False
    return (since is not None and date < since) or (until is not None and date > until)
