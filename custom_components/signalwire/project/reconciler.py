"""Compares what is desired with what is observed, and sends the updates that are missing.

People's requests and the hold's go through one queue for each recording: one update is in flight
at a time, and what to send is decided again at the last moment before each send and each retry.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError

from ..api import (
    NotFoundError,
    Recording,
    RecordingStatus,
    RejectedError,
    ServiceAnswerError,
    SignalWireError,
    retry_wait,
)
from ..errors import operation_error, recording_ended, update_error, validation_error
from .hold import PausedBy
from .observation import Interval
from .state import TrackedRecording
from .updates import Actor, RecordingUpdate

if TYPE_CHECKING:
    from .project import Project

MAX_UPDATES_AT_ONCE = 32
"""Updates of the hold that are in flight at once; those that hang make room for others."""
_FIRST_WAIT = 1.0
_MAX_WAIT = 15.0
_HANGS_AFTER = 1.0
# A pause is not made to wait for a stop that hangs, but a stop is given the time of a request.
_STOP_GRACE = 0.05
# A disk that hangs must not keep anything from being paused.
_STORE_TIMEOUT = 0.5
STOP_TIMEOUT = 2.0
"""Seconds that updates in flight are given when the config entry is unloaded."""


@dataclass(slots=True, eq=False)
class _Request:
    """What a person or an automation asks of one recording, and the outcome."""

    update: RecordingUpdate
    outcome: asyncio.Future[Recording]
    owner_before: PausedBy | None
    was_sent: bool = False


@dataclass(frozen=True, slots=True)
class _Work:
    """The update to send next; without a request, it is the hold's."""

    update: RecordingUpdate
    request: _Request | None = None


@dataclass(slots=True, eq=False)
class _Queue:
    """What waits to be sent to one recording, and what is in flight.

    `stop` and `change` (a pause or a resume) are what people wait for; a newer change takes the
    place of an older one. `interrupt` ends the wait that the queue is in, if it is in one.
    """

    sid: str
    stop: _Request | None = None
    change: _Request | None = None
    work: _Work | None = None
    sending: asyncio.Task[Recording] | None = None
    sent_at: float = 0.0
    interrupt: asyncio.Future[None] | None = None
    cut_off: asyncio.TimerHandle | None = None
    failures: int = 0

    @property
    def requests(self) -> list[_Request]:
        """Return what people wait for."""
        return [request for request in (self.change, self.stop) if request is not None]

    def remove(self, request: _Request) -> None:
        """Remove a request that is over."""
        if self.stop is request:
            self.stop = None
        if self.change is request:
            self.change = None


class Reconciler:
    """Sends updates until every recording is as desired."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._state = project.state
        self._queues: dict[str, _Queue] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns: deque[asyncio.Future[None]] = deque()
        self._owners_written: asyncio.Task[bool] | None = None
        self._stopped = False

    @property
    def in_flight(self) -> int:
        """Return how many recordings have an update in flight or waiting for its turn."""
        return len(self._queues)

    @callback
    def async_check(self) -> None:
        """Begin to send what is missing, and cut off what is not desired any more."""
        if self._stopped:
            return
        if self._state.mark_paused_by_hold():
            # On the disk before the first pause is sent.
            self._owners_written = self._project.async_store_now()
        for sid in self._state.desired_statuses():
            if (queue := self._queues.get(sid)) is None:
                self._async_start(_Queue(sid))
            else:
                self._async_cut_off(queue)

    @callback
    def retry_now(self) -> None:
        """Let nothing wait for its next retry: the service is back, or the desired state is new."""
        for queue in self._queues.values():
            queue.failures = 0
            _interrupt(queue)

    async def async_request(self, sid: str, update: RecordingUpdate) -> Recording:
        """Return the service's answer to a request of a person's; raises HomeAssistantError.

        A caller that is cancelled changes nothing: the outcome is handled here.
        """
        request = _Request(
            update=update,
            outcome=asyncio.get_running_loop().create_future(),
            owner_before=self._state.record_user_request(sid, update.status),
        )
        queue = self._queues.get(sid)
        is_new = queue is None
        if queue is None:
            queue = _Queue(sid)
        if update.status is RecordingStatus.STOPPED:
            superseded, queue.stop = queue.stop, request
        else:
            superseded, queue.change = queue.change, request
        if superseded is not None and (queue.work is None or queue.work.request is not superseded):
            self._state.end_user_request(sid)
            self._async_supersede(superseded, request)
        if is_new:
            self._async_start(queue)
        else:
            _interrupt(queue)
            self._async_cut_off(queue)
        return await asyncio.shield(request.outcome)

    @callback
    def _async_supersede(self, old: _Request, new: _Request) -> None:
        """Let a request end as the newer one does if both ask for the same, or else fail."""
        new.owner_before = old.owner_before
        if old.update.status is not new.update.status:
            self._async_finish(old, validation_error("superseded"))
            return

        @callback
        def copy(outcome: asyncio.Future[Recording]) -> None:
            if (err := outcome.exception()) is not None:
                self._async_finish(old, err)
            else:
                self._async_finish(old, outcome.result())

        new.outcome.add_done_callback(copy)

    @callback
    def _async_finish(self, request: _Request, outcome: Recording | BaseException) -> None:
        """Give the outcome to whoever waits for it, if anybody does."""
        if request.outcome.done():
            return
        if isinstance(outcome, Recording):
            request.outcome.set_result(outcome)
        else:
            request.outcome.set_exception(outcome)
            # Marked as seen, should nobody wait any more.
            request.outcome.exception()

    @callback
    def _async_end(
        self, queue: _Queue, request: _Request, outcome: Recording | HomeAssistantError
    ) -> None:
        """End a request: update the state, tell of a failed pause, and answer who waits."""
        queue.remove(request)
        if not request.was_sent:
            self._state.end_user_request(queue.sid)
        if isinstance(outcome, HomeAssistantError) and (
            request.update.status is RecordingStatus.PAUSED
        ):
            if not request.was_sent:
                self._state.revert_user_pause(queue.sid, request.owner_before)
            if queue.sid in self._state.recordings:
                self._project.reporter.async_report_failed_pause(
                    queue.sid, request.update, str(outcome)
                )
        self._async_finish(request, outcome)

    async def async_wait_idle(self, sid: str) -> None:
        """Wait until no update of the recording is in flight."""
        while (queue := self._queues.get(sid)) is not None and queue.sending is not None:
            await asyncio.wait([queue.sending])
            # Let the outcome be handled.
            await asyncio.sleep(0)

    async def async_stop(self) -> None:
        """Send nothing more; returns once nothing is in flight."""
        self._stopped = True
        for queue in self._queues.values():
            for request in queue.requests:
                if queue.work is None or queue.work.request is not request:
                    self._async_end(queue, request, validation_error("not_loaded"))
            _interrupt(queue)
        for turn in self._turns:
            if not turn.done():
                turn.set_result(None)
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=STOP_TIMEOUT)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left)

    # One task for each recording with something to send.

    @callback
    def _async_start(self, queue: _Queue) -> None:
        self._queues[queue.sid] = queue
        task = self._project.hass.async_create_background_task(
            self._async_run(queue), "signalwire updates of a recording"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _async_run(self, queue: _Queue) -> None:
        work: _Work | None = None
        try:
            while (work := self._next_work(queue)) is not None:
                if await self._async_carry_out(queue, work):
                    queue.failures = 0
                elif work.request is None and self._next_work(queue) == work:
                    queue.failures += 1
                    await self._async_wait(
                        queue, retry_wait(queue.failures, _FIRST_WAIT, _MAX_WAIT)
                    )
        finally:
            del self._queues[queue.sid]
            # The one that was being sent may have left the queue for another.
            sent = work.request if work else None
            for request in (sent, *queue.requests):
                if request is not None and not request.outcome.done():
                    self._async_end(queue, request, validation_error("not_loaded"))

    def _next_work(self, queue: _Queue) -> _Work | None:
        """Return what is to be sent next, as of now, and end the requests that cannot be."""
        tracked = self._state.recordings.get(queue.sid)
        for request in queue.requests:
            if tracked is None:
                ended = self._state.ended(queue.sid) if request is queue.stop else None
                self._async_end(queue, request, ended or recording_ended())
            elif self._stopped:
                self._async_end(queue, request, validation_error("not_loaded"))
            elif (
                request.update.status is RecordingStatus.IN_PROGRESS
                and self._state.hold_on(queue.sid) is not None
            ):
                self._async_end(
                    queue, request, self._project.hold_controller.held_error(tracked.lines)
                )
        if tracked is None or self._stopped:
            return None
        change, stop = queue.change, queue.stop
        # A pause goes first; a stop is not given up for it, and not for a resume either.
        if change is not None and (change.update.status is RecordingStatus.PAUSED or stop is None):
            return _Work(change.update, change)
        if stop is not None:
            return _Work(stop.update, stop)
        if (status := self._state.desired_status(queue.sid)) is None:
            return None
        return _Work(self._update_for(tracked, status))

    def _update_for(self, tracked: TrackedRecording, status: RecordingStatus) -> RecordingUpdate:
        """Return the update that makes the desired status come about."""
        hold = self._state.hold_on(tracked.sid)
        context = hold.context if hold else None
        if hold is None and not tracked.was_freed_by_line:
            context = self._project.hold_controller.release_context(tracked.lines)
        pause_behavior = None
        if status is RecordingStatus.PAUSED:
            pause_behavior = (hold and hold.pause_behavior) or self._state.pause_behavior_of(
                tracked.sid
            )
        return RecordingUpdate(
            status=status,
            pause_behavior=pause_behavior,
            actor=Actor.CALL_RECORDING,
            context=context,
        )

    async def _async_carry_out(self, queue: _Queue, work: _Work) -> bool:
        """Send the work, once it may be, if it is still what is to be sent; return its success.

        True also if something else is to be sent by now.
        """
        if work.request is not None:
            return await self._async_send(queue, work)
        written = self._owners_written
        if work.update.status is RecordingStatus.PAUSED and written and not written.done():
            await self._async_wait(queue, _STORE_TIMEOUT, written)
        turn = self._take_turn()
        try:
            if not turn.done():
                await self._async_wait(queue, None, turn)
            if not turn.done() or self._next_work(queue) != work:
                return True
            return await self._async_send(queue, work, turn)
        finally:
            self._give_turn_back(turn)

    def _take_turn(self) -> asyncio.Future[None]:
        """Return a future that is done once it is this update's turn."""
        turn = self._project.hass.loop.create_future()
        self._turns.append(turn)
        self._call_next()
        return turn

    def _call_next(self) -> None:
        for turn in islice(self._turns, MAX_UPDATES_AT_ONCE):
            if not turn.done():
                turn.set_result(None)

    def _give_turn_back(self, turn: asyncio.Future[None]) -> None:
        if turn in self._turns:
            self._turns.remove(turn)
            self._call_next()

    async def _async_wait(
        self, queue: _Queue, seconds: float | None, *events: asyncio.Future[Any]
    ) -> None:
        """Wait for the time or an event, or until something new is desired of the recording."""
        if self._stopped:
            return
        queue.interrupt = self._project.hass.loop.create_future()
        try:
            await asyncio.wait(
                {queue.interrupt, *events}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            queue.interrupt = None

    async def _async_send(
        self, queue: _Queue, work: _Work, turn: asyncio.Future[None] | None = None
    ) -> bool:
        """Send one update, and see to its outcome, whoever waits for it; return its success."""
        sid, update, request = queue.sid, work.update, work.request
        tracked = self._state.recordings[sid]
        if tracked.recording is None:
            # The address needs the call or conference, which only the recording names.
            return await self._async_read_first(queue, work)
        if request is not None and not request.was_sent:
            request.was_sent = True
            self._state.end_user_request(sid)
        sent = self._now()
        self._state.begin_update(sid, update)
        queue.work, queue.sent_at = work, sent
        queue.sending = self._project.hass.async_create_background_task(
            self._project.client.update_recording(
                tracked.recording,
                update.status,
                update.pause_behavior,
                should_retry=lambda: self._next_work(queue) == work,
            ),
            "signalwire update",
        )
        hangs = self._project.hass.loop.call_later(_HANGS_AFTER, self._async_hangs, sid, turn)
        outcome: Recording | HomeAssistantError | None
        try:
            outcome = await self._async_outcome(queue, update, queue.sending, sent)
        except asyncio.CancelledError:
            self._state.mark_unanswered(sid, self._now())
            queue.sending.cancel()
            raise
        finally:
            hangs.cancel()
            _cancel_cut_off(queue)
            queue.sending = queue.work = None
        if (tracked_now := self._state.recordings.get(sid)) is not None:
            tracked_now.reason = str(outcome) if isinstance(outcome, HomeAssistantError) else None
        self._project.async_changed()
        if request is not None and (outcome is not None or request not in queue.requests):
            self._async_end(queue, request, outcome or validation_error("superseded"))
        if not isinstance(outcome, Recording):
            return False
        self._async_answer_others(queue, update, outcome)
        return True

    @callback
    def _async_hangs(self, sid: str, turn: asyncio.Future[None] | None) -> None:
        """Make room for others, and let nobody rely on a status that may be another by now."""
        if turn is not None:
            self._give_turn_back(turn)
        tracked = self._state.recordings.get(sid)
        if tracked is not None and tracked.is_uncertain:
            self._state.mark_uncertain(sid, self._now())
            self._project.async_changed()

    @callback
    def _async_answer_others(
        self, queue: _Queue, update: RecordingUpdate, recording: Recording
    ) -> None:
        """End the requests that ask for what was just confirmed."""
        for request in queue.requests:
            if request.update.status is update.status and (
                request.update.pause_behavior in (None, update.pause_behavior)
            ):
                self._async_end(queue, request, recording)

    async def _async_outcome(
        self,
        queue: _Queue,
        update: RecordingUpdate,
        sending: asyncio.Task[Recording],
        sent: float,
    ) -> Recording | HomeAssistantError | None:
        """Return the recording as it was asked for, or why it is not known to be.

        None stands for an update that was cut off, because something else goes first.
        """
        hass, entry, sid = self._project.hass, self._project.entry, queue.sid
        try:
            answer = await sending
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            self._state.mark_unanswered(sid, self._now())
            return None
        except (NotFoundError, RejectedError) as err:
            return await self._async_verify_rejection(queue, update, err)
        except SignalWireError as err:
            self._state.mark_unanswered(sid, self._now())
            self._state.needs_refresh = True
            return update_error(hass, entry, err)
        return self._apply(sid, update, answer, Interval(sent, self._now())) or operation_error(
            "not_confirmed", requested=update.status.value, answered=answer.status.value
        )

    def _apply(
        self, sid: str, update: RecordingUpdate, answer: Recording, interval: Interval
    ) -> Recording | HomeAssistantError | None:
        """Apply an answer; return it if it confirms the update, None if it does not."""
        self._state.end_update(sid, answer.status, interval.answered)
        self._state.apply_reading(answer, interval)
        has_ended = sid not in self._state.recordings
        if answer.status.confirms(update.status) and (
            not has_ended or update.status is RecordingStatus.STOPPED
        ):
            return answer
        return recording_ended() if has_ended else None

    async def _async_verify_rejection(
        self, queue: _Queue, update: RecordingUpdate, rejection: ServiceAnswerError
    ) -> Recording | HomeAssistantError | None:
        """Return the recording if it is as was asked for all the same, or why it is not.

        Most often it ended meanwhile, for which the service has no error code; or an earlier try
        was carried out, and only its answer was lost. None if something else goes first.
        """
        sid = queue.sid
        if isinstance(rejection, RejectedError) and update.status is RecordingStatus.PAUSED:
            self._state.mark_refused(sid)
        sent = self._now()
        reading = self._project.hass.async_create_background_task(
            self._project.client.get_recording(sid), "signalwire verification"
        )
        try:
            if self._next_work(queue) == queue.work:
                await self._async_wait(queue, None, reading)
        finally:
            if not reading.done():
                reading.cancel()
        if not reading.done():
            self._state.mark_unanswered(sid, self._now())
            return None
        try:
            recording = reading.result()
        except NotFoundError:
            self._state.end_update(sid)
            self._state.apply_not_found(sid, Interval(sent, self._now()))
            return recording_ended()
        except SignalWireError as err:
            self._state.mark_unanswered(sid, self._now())
            return update_error(self._project.hass, self._project.entry, err)
        return self._apply(sid, update, recording, Interval(sent, self._now())) or operation_error(
            "update_rejected", error=str(rejection)
        )

    async def _async_read_first(self, queue: _Queue, work: _Work) -> bool:
        """Read a recording of which only the SID is known."""
        try:
            await self._project.commands.async_find(queue.sid)
        except HomeAssistantError as err:
            if work.request is not None:
                self._async_end(queue, work.request, err)
            return False
        return True

    @callback
    def _async_cut_off(self, queue: _Queue) -> None:
        """Cut off an update that hangs while something else is desired."""
        if queue.sending is None or queue.work is None or queue.sending.done():
            return
        work, now = self._next_work(queue), queue.work
        if work is None or work == now:
            return
        match work.update.status, now.update.status:
            case RecordingStatus.PAUSED, RecordingStatus.IN_PROGRESS:
                grace = 0.0
            case RecordingStatus.PAUSED, RecordingStatus.STOPPED:
                grace = _STOP_GRACE
            case _:
                grace = _HANGS_AFTER
        left = queue.sent_at + grace - self._now()
        if left <= 0:
            queue.sending.cancel()
        else:
            _cancel_cut_off(queue)
            queue.cut_off = self._project.hass.loop.call_later(left, self._async_cut_off, queue)

    def _now(self) -> float:
        return self._project.clock.now()


def _interrupt(queue: _Queue) -> None:
    if queue.interrupt is not None and not queue.interrupt.done():
        queue.interrupt.set_result(None)


def _cancel_cut_off(queue: _Queue) -> None:
    if queue.cut_off is not None:
        queue.cut_off.cancel()
        queue.cut_off = None
