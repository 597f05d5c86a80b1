"""Changes recordings, for people and for the hold, and says in words what went wrong."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..api import (
    CallStatus,
    NotFoundError,
    PauseBehavior,
    Recording,
    RecordingChannels,
    RecordingStatus,
    RecordingTrack,
    RecordingTrim,
    RejectedError,
    ServiceAnswerError,
    SignalWireClient,
    SignalWireError,
)
from ..errors import (
    operation_error,
    recording_ended,
    service_failed,
    update_failed,
    validation_error,
)
from .activity import Actor
from .hold import RecordingHold
from .recordings import ActiveRecordings, Change
from .updates import RecordingUpdate, RecordingUpdates

_CALLBACK_EVENTS = (
    RecordingStatus.IN_PROGRESS,
    RecordingStatus.COMPLETED,
    RecordingStatus.ABSENT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingOptions:
    """How a call is recorded, and what the service calls back; None leaves it to the service."""

    channels: RecordingChannels | None = None
    track: RecordingTrack | None = None
    trim: RecordingTrim | None = None
    callback_url: str | None = None


class RecordingCommands:
    """Pauses, resumes and stops recordings.

    An update is done when the service's answer shows the requested status. `on_change` gets
    what each answer changed, `failed` each pause of a person's that did not come about.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        client: SignalWireClient,
        recordings: ActiveRecordings,
        hold: RecordingHold,
        *,
        pause_behavior_of: Callable[[str], PauseBehavior],
        on_change: Callable[[Iterable[Change]], None],
        failed: Callable[[Recording, RecordingUpdate, str], None],
    ) -> None:
        """Take what to send through, what is known, what is wanted, and what to call."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._recordings = recordings
        self._hold = hold
        self._pause_behavior_of = pause_behavior_of
        self._on_change = on_change
        self._failed = failed
        self._updates = RecordingUpdates(
            self._async_send,
            lambda run: entry.async_create_task(hass, run, "signalwire update of a recording"),
        )
        self._stopped = False

    @callback
    def async_stop(self) -> None:
        """Send nothing more; what is under way is not tried again."""
        self._stopped = True

    def current(self, sid: str) -> RecordingUpdate | None:
        """Return the update of a recording that is under way."""
        return self._updates.current(sid)

    @property
    def under_way(self) -> int:
        """Return how many recordings have an update under way."""
        return self._updates.under_way

    def is_uncertain(self, sid: str) -> bool:
        """Return whether the recording's status may be another by now."""
        update, recording = self._updates.current(sid), self._recordings.known.get(sid)
        return self._recordings.is_uncertain(sid) or (
            update is not None
            and recording is not None
            and not recording.status.confirms(update.status)
        )

    async def async_update(
        self,
        sid: str,
        status: RecordingStatus,
        pause_behavior: PauseBehavior | None = None,
        *,
        context: Context | None = None,
    ) -> Recording:
        """Do what a person or an automation asks of one recording; return what came of it.

        A pause without `pause_behavior` sends what is chosen for the recording. Raises
        ServiceValidationError if the recording has ended, or is to be resumed while all are
        held; HomeAssistantError if the service did not do or confirm it.
        """
        if sid not in self._recordings.known:
            raise recording_ended()
        if status is RecordingStatus.IN_PROGRESS and self._hold.held:
            raise validation_error("held")
        if status is RecordingStatus.PAUSED and pause_behavior is None:
            pause_behavior = self._pause_behavior_of(sid)
        update = RecordingUpdate(status=status, pause_behavior=pause_behavior, context=context)
        self._hold.record_user_request(sid, status)
        try:
            return await self._updates.async_update(sid, update)
        except HomeAssistantError as err:
            if status is RecordingStatus.PAUSED:
                recording = self._recordings.known.get(sid)
                self._hold.revert_user_pause(sid, recording)
                if recording is not None:
                    self._failed(recording, update, str(err))
            raise

    async def async_find(self, sid: str) -> Recording:
        """Return a recording as it was confirmed last; read, and take in, one that is not known.

        Raises ServiceValidationError if the project has no such recording, HomeAssistantError if
        it could not be read.
        """
        if (recording := self._recordings.known.get(sid)) is not None:
            return recording
        return await self._async_read(sid)

    async def _async_read(self, sid: str) -> Recording:
        """Read a recording, known or not, and take in what is new; raises as `async_find` does."""
        self._recordings.begin_read(sid)
        try:
            recording = await self._client.get_recording(sid)
            if (changes := self._recordings.apply_read(recording)) is not None:
                self._on_change(changes)
        except NotFoundError:
            raise validation_error("unknown_recording") from None
        except SignalWireError as err:
            raise service_failed(self._hass, self._entry, err) from err
        finally:
            self._recordings.end_read(sid)
        return recording

    async def async_unrecorded_calls(self, number: str | None = None) -> list[str]:
        """Return the SIDs of the calls in progress, of one number if given, that are not recorded.

        Raises ServiceValidationError if there are none, HomeAssistantError if they could not be
        listed.
        """
        recorded = {recording.call_sid for recording in self._recordings.read.values()}
        try:
            calls = [call async for call in self._client.iter_calls(status=CallStatus.IN_PROGRESS)]
        except SignalWireError as err:
            raise service_failed(self._hass, self._entry, err) from err
        sids = [
            call.sid
            for call in calls
            if call.sid not in recorded
            and (number is None or _digits(number) in map(_digits, call.numbers))
        ]
        if not sids:
            raise validation_error("no_call")
        return sids

    async def async_start(self, call_sid: str, options: RecordingOptions) -> Recording:
        """Start to record a call, and return the recording.

        Raises ServiceValidationError while all are held, or if there is no such call;
        HomeAssistantError if it could not be started. It is never tried twice.
        """
        if self._hold.held:
            raise validation_error("held")
        try:
            recording = await self._client.start_recording(
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
            raise service_failed(self._hass, self._entry, err) from err
        self._on_change(self._recordings.apply_response(recording))
        return recording

    async def async_delete(self, sid: str) -> None:
        """Delete a recording that is over, with its audio.

        Raises ServiceValidationError if there is none, or it is still active; HomeAssistantError if
        it could not be deleted.
        """
        # It may have ended since the last refresh.
        if (await self._async_read(sid)).is_active:
            raise validation_error("still_active")
        try:
            await self._client.delete_recording(sid)
        except NotFoundError:
            raise validation_error("unknown_recording") from None
        except SignalWireError as err:
            raise service_failed(self._hass, self._entry, err) from err

    async def async_stop_all(self, context: Context | None = None) -> None:
        """Stop every active recording, all at once.

        One that has ended by itself meanwhile is what was asked for. Raises HomeAssistantError
        for the first that could not be stopped, once all the others are done.
        """
        outcomes = await asyncio.gather(
            *(
                self.async_update(sid, RecordingStatus.STOPPED, context=context)
                for sid in self._recordings.known
            ),
            return_exceptions=True,
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(
                outcome, ServiceValidationError
            ):
                raise outcome

    async def async_wait_idle(self, sid: str) -> None:
        """Wait until no update of the recording is under way."""
        await self._updates.async_wait_idle(sid)

    async def async_keep(self, sid: str, status: RecordingStatus) -> None:
        """Ask for a status on the hold's behalf; raises HomeAssistantError."""
        pause_behavior = None
        if status is RecordingStatus.PAUSED:
            self._hold.mark_paused_by_hold(sid)
            pause_behavior = self._hold.pause_behavior or self._pause_behavior_of(sid)
        await self._updates.async_update(
            sid,
            RecordingUpdate(
                status=status,
                pause_behavior=pause_behavior,
                actor=Actor.CALL_RECORDING,
                context=self._hold.context,
            ),
        )

    async def _async_send(self, sid: str, update: RecordingUpdate) -> Recording:
        """Send one update and take its answer."""
        if self._stopped:
            raise validation_error("not_loaded")
        if not self._is_allowed(update):
            raise validation_error("held")
        if sid not in self._recordings.known:
            raise recording_ended()
        recording = await self.async_find(sid)
        try:
            answer = await self._client.update_recording(
                recording,
                update.status,
                update.pause_behavior,
                wanted=lambda: not self._stopped and self._is_allowed(update),
            )
        except (NotFoundError, RejectedError) as err:
            return await self._async_verify_rejection(recording, update, err)
        except SignalWireError as err:
            self._recordings.mark_unanswered(sid)
            raise update_failed(self._hass, self._entry, err) from err
        if sid not in self._recordings.known:
            # A refresh has seen the end before this older answer came.
            raise recording_ended()
        self._on_change(self._recordings.apply_response(answer))
        if answer.status.confirms(update.status):
            return answer
        if not answer.is_active:
            raise recording_ended()
        raise operation_error(
            "not_confirmed", requested=update.status.value, answered=answer.status.value
        )

    def _is_allowed(self, update: RecordingUpdate) -> bool:
        """Return whether the update may be sent: no resume while all are held."""
        return not (self._hold.held and update.status is RecordingStatus.IN_PROGRESS)

    async def _async_verify_rejection(
        self, recording: Recording, update: RecordingUpdate, refusal: ServiceAnswerError
    ) -> Recording:
        """Return the recording if it is as was asked for all the same, or raise why it is not.

        Most often it ended meanwhile, for which the service has no error code; or an earlier try
        was carried out, and only its answer was lost.
        """
        try:
            now = await self._client.get_recording(recording.sid)
        except NotFoundError:
            self._on_change(self._recordings.apply_not_found(recording.sid))
            raise recording_ended() from refusal
        except SignalWireError as err:
            self._recordings.mark_unanswered(recording.sid)
            raise update_failed(self._hass, self._entry, err) from err
        self._on_change(self._recordings.apply_response(now))
        if now.status.confirms(update.status):
            return now
        if not now.is_active:
            raise recording_ended() from refusal
        raise operation_error("update_rejected", error=str(refusal)) from refusal


def _digits(number: str) -> str:
    """Return a telephone number without what people write to read it more easily."""
    return "".join(character for character in number if character.isalnum())
