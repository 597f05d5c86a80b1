"""The one reading of a project's recordings: what is read flows in here, and out to entities."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    HomeAssistantError,
    ServiceValidationError,
)
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .api import (
    AuthenticationError,
    MalformedAnswerError,
    NotFoundError,
    PauseBehavior,
    Recording,
    RecordingStatus,
    RejectedError,
    ServiceAnswerError,
    SignalWireClient,
    SignalWireError,
    UnavailableError,
)
from .const import (
    CONF_ACTIVE_INTERVAL,
    CONF_IDLE_INTERVAL,
    CONF_LOOK_BACK,
    CONF_MOST_SLOTS,
    DEFAULT_ACTIVE_INTERVAL,
    DEFAULT_IDLE_INTERVAL,
    DEFAULT_LOOK_BACK,
    DEFAULT_MOST_SLOTS,
    DOMAIN,
    LOGGER,
)
from .devices import async_slot_devices
from .discovery import Discovery
from .parties import Parties, PartyBook
from .slots import Slots
from .storage import StoredProject, StoredRecording, project_store
from .updates import RecordingUpdate, RecordingUpdates

_SAVE_DELAY = 1.0

type SignalWireConfigEntry = ConfigEntry[SignalWireCoordinator]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectData:
    """What is known of a project's active recordings, as the service confirmed it.

    `recordings` are all active ones by SID; `slots` maps every slot to the SID that sits in it,
    or None; `parties` maps SIDs of recordings to who talks to whom, once that has been read;
    `pause_behaviors` maps them to what was chosen for their next pause.
    """

    recordings: Mapping[str, Recording] = field(default_factory=dict)
    slots: Mapping[int, str | None] = field(default_factory=dict)
    parties: Mapping[str, Parties] = field(default_factory=dict)
    pause_behavior: PauseBehavior = PauseBehavior.SILENCE
    pause_behaviors: Mapping[str, PauseBehavior] = field(default_factory=dict)

    def in_slot(self, number: int) -> Recording | None:
        """Return the recording in a slot."""
        sid = self.slots.get(number)
        return None if sid is None else self.recordings.get(sid)

    def pause_behavior_of(self, sid: str) -> PauseBehavior:
        """Return what the recording's next pause sends."""
        return self.pause_behaviors.get(sid, self.pause_behavior)


class SignalWireCoordinator(DataUpdateCoordinator[ProjectData]):
    """Reads one project, and takes the answers to its updates."""

    config_entry: SignalWireConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: SignalWireConfigEntry, client: SignalWireClient
    ) -> None:
        options = entry.options
        self._active_interval = timedelta(
            seconds=options.get(CONF_ACTIVE_INTERVAL, DEFAULT_ACTIVE_INTERVAL)
        )
        self._idle_interval = timedelta(
            seconds=options.get(CONF_IDLE_INTERVAL, DEFAULT_IDLE_INTERVAL)
        )
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=self._idle_interval,
            always_update=False,
        )
        self.client = client
        self.data = ProjectData()
        self._discovery = Discovery(
            client, timedelta(hours=options.get(CONF_LOOK_BACK, DEFAULT_LOOK_BACK))
        )
        self._store = project_store(hass, entry.entry_id)
        self._most_slots = int(options.get(CONF_MOST_SLOTS, DEFAULT_MOST_SLOTS))
        self._slots = Slots(self._most_slots)
        self._parties = PartyBook(client)
        self._updates = RecordingUpdates(
            self._async_send,
            lambda run: entry.async_create_task(hass, run, "signalwire update of a recording"),
        )
        # None: its SID is known from before the restart, and nothing else yet.
        self._recordings: dict[str, Recording | None] = {}
        self._pause_behavior = PauseBehavior.SILENCE
        self._pause_behaviors: dict[str, PauseBehavior] = {}
        # The recordings that an answer came for since the last refresh began: that refresh must
        # not undo what the answer said. Refreshes never overlap.
        self._answered: set[str] = set()
        self._stored: StoredProject | None = None
        self._some_unreadable = False

    # What flows in: refreshes and answers.

    @override
    async def _async_setup(self) -> None:
        """Bring back the slots there were, each with the recording that it had."""
        stored = await self._store.async_load()
        recordings = stored["recordings"] if stored else {}
        self._recordings = dict.fromkeys(recordings)
        self._slots = Slots(
            self._most_slots,
            async_slot_devices(self.hass, self.config_entry),
            {kept["slot"]: sid for sid, kept in recordings.items() if "slot" in kept},
        )
        if stored:
            self._pause_behavior = PauseBehavior(stored["pause_behavior"])
        self._pause_behaviors = {
            sid: PauseBehavior(kept["pause_behavior"])
            for sid, kept in recordings.items()
            if "pause_behavior" in kept
        }

    @override
    async def _async_update_data(self) -> ProjectData:
        """Read what has changed; raises what the coordinator knows how to show."""
        self._answered.clear()
        self._slots.begin_refresh()
        try:
            reading = await self._discovery.async_read(dict(self._recordings))
        except AuthenticationError as err:
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN, translation_key="authentication_failed"
            ) from err
        except SignalWireError as err:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="refresh_failed",
                translation_placeholders={"error": str(err)},
                retry_after=err.retry_after if isinstance(err, UnavailableError) else None,
            ) from err
        for sid in reading.gone - self._answered:
            self._recordings.pop(sid, None)
        for recording in reading.recordings.values():
            if recording.sid not in self._answered:
                self._take(recording)
        self._parties.learn(reading.calls, reading.conferences)
        self._warn_of_unreadable(reading.unreadable)
        self.update_interval = self._active_interval if self._recordings else self._idle_interval
        return self._snapshot(refreshed=True)

    @override
    def _async_refresh_finished(self) -> None:
        """Ask for the names that are missing, without making the recordings wait for them."""
        if self.last_update_success and (
            missing := self._parties.missing(self.data.recordings.values())
        ):
            self.config_entry.async_create_background_task(
                self.hass, self._async_read_parties(missing), "signalwire parties"
            )

    async def _async_read_parties(self, missing: list[Recording]) -> None:
        await self._parties.async_read(missing)
        self._async_publish()

    def _take(self, recording: Recording) -> None:
        """Believe what the service says of a recording."""
        if recording.is_active:
            self._recordings[recording.sid] = recording
        else:
            self._recordings.pop(recording.sid, None)

    @callback
    def _async_take_answer(self, recording: Recording) -> None:
        """Take an answer to an update, or to a read of one recording, as the new state."""
        self._answered.add(recording.sid)
        self._take(recording)
        self._async_publish()

    # What flows out: data for the entities, and what is kept over restarts.

    @callback
    def _async_publish(self) -> None:
        """Show the entities what changed between two refreshes.

        Not through `async_set_updated_data`: that would put off the next refresh each time.
        """
        data = self._snapshot()
        if data != self.data:
            self.data = data
            self.async_update_listeners()

    def _snapshot(self, *, refreshed: bool = False) -> ProjectData:
        recordings = {
            sid: recording for sid, recording in self._recordings.items() if recording is not None
        }
        # The longest-running first, so that a restart with more than fit changes nothing.
        order = sorted(
            self._recordings,
            key=lambda sid: (
                (recording := recordings.get(sid)) is not None,
                recording.started.timestamp() if recording and recording.started else 0,
                sid,
            ),
        )
        self._slots.update(order)
        if refreshed:
            self._slots.end_refresh()
        self._pause_behaviors = {
            sid: behavior
            for sid, behavior in self._pause_behaviors.items()
            if sid in self._recordings
        }
        self._parties.forget_all_but(recordings.values())
        if (stored := self._to_store()) != self._stored:
            self._stored = stored
            self._store.async_delay_save(self._to_store, _SAVE_DELAY)
        self._async_report_overflow(len(self._recordings) - self._most_slots)
        return ProjectData(
            recordings=recordings,
            slots=self._slots.occupants,
            parties=self._parties.of(recordings.values()),
            pause_behavior=self._pause_behavior,
            pause_behaviors=dict(self._pause_behaviors),
        )

    def _to_store(self) -> StoredProject:
        recordings: dict[str, StoredRecording] = {}
        for sid in self._recordings:
            kept = StoredRecording()
            if (number := self._slots.number_of(sid)) is not None:
                kept["slot"] = number
            if sid in self._pause_behaviors:
                kept["pause_behavior"] = self._pause_behaviors[sid].value
            recordings[sid] = kept
        return StoredProject(recordings=recordings, pause_behavior=self._pause_behavior.value)

    async def async_save(self) -> None:
        """Write at once what is kept over restarts."""
        await self._store.async_save(self._to_store())

    # What entities and actions ask for.

    async def async_update_recording(
        self,
        sid: str,
        status: RecordingStatus,
        pause_behavior: PauseBehavior | None = None,
    ) -> Recording:
        """Pause, resume or stop a recording, and return what the service made of it.

        A pause without `pause_behavior` sends what is chosen for the recording. Raises
        ServiceValidationError if the recording has ended, HomeAssistantError if the service
        did not do or confirm it.
        """
        if sid not in self._recordings:
            raise _ended()
        if status is RecordingStatus.PAUSED and pause_behavior is None:
            pause_behavior = self.data.pause_behavior_of(sid)
        return await self._updates.async_update(
            sid, RecordingUpdate(status=status, pause_behavior=pause_behavior)
        )

    async def async_stop_all(self) -> None:
        """Stop every active recording, all at once.

        One that has ended by itself meanwhile is what was asked for. Raises HomeAssistantError
        for the first that could not be stopped, once all the others are done.
        """
        outcomes = await asyncio.gather(
            *(
                self.async_update_recording(sid, RecordingStatus.STOPPED)
                for sid in self.data.recordings
            ),
            return_exceptions=True,
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(
                outcome, ServiceValidationError
            ):
                raise outcome

    @callback
    def async_set_pause_behavior(
        self, pause_behavior: PauseBehavior, sid: str | None = None
    ) -> None:
        """Choose what the next pauses send, of one recording or of the project."""
        if sid is None:
            self._pause_behavior = pause_behavior
        elif sid in self._recordings:
            self._pause_behaviors[sid] = pause_behavior
        else:
            raise _ended()
        self._async_publish()

    @callback
    def async_forget_slot(self, number: int) -> bool:
        """Take an empty slot away; return whether it could be."""
        forgotten = self._slots.forget(number)
        self._async_publish()
        return forgotten

    async def _async_send(self, sid: str, update: RecordingUpdate) -> Recording:
        """Send one update and take its answer."""
        recording = self._recordings.get(sid)
        if recording is None:
            raise _ended()
        try:
            answer = await self.client.update_recording(
                recording, update.status, update.pause_behavior
            )
        except (NotFoundError, RejectedError) as err:
            raise await self._async_explain(recording, err) from err
        except SignalWireError as err:
            raise self._failure(err) from err
        self._async_take_answer(answer)
        if answer.status.confirms(update.status):
            return answer
        if not answer.is_active:
            raise _ended()
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="not_confirmed",
            translation_placeholders={
                "requested": update.status.value,
                "answered": answer.status.value,
            },
        )

    async def _async_explain(
        self, recording: Recording, refusal: ServiceAnswerError
    ) -> HomeAssistantError:
        """Return why an update was refused: most often the recording ended meanwhile.

        The service has no error code for that, so the recording is read again.
        """
        try:
            now = await self.client.get_recording(recording.sid)
        except NotFoundError:
            self._answered.add(recording.sid)
            self._recordings.pop(recording.sid, None)
            self._async_publish()
            return _ended()
        except SignalWireError as err:
            return self._failure(err)
        self._async_take_answer(now)
        if not now.is_active:
            return _ended()
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="update_rejected",
            translation_placeholders={"error": str(refusal)},
        )

    def _failure(self, err: SignalWireError) -> HomeAssistantError:
        """Return what to tell who asked for an update that failed."""
        if isinstance(err, AuthenticationError):
            self.config_entry.async_start_reauth(self.hass)
            return HomeAssistantError(
                translation_domain=DOMAIN, translation_key="authentication_failed"
            )
        key = "update_malformed" if isinstance(err, MalformedAnswerError) else "update_failed"
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={"error": str(err)},
        )

    # What is done on the side.

    def _warn_of_unreadable(self, unreadable: int) -> None:
        """Say once that something can't be read, until all can be again."""
        if unreadable and not self._some_unreadable:
            LOGGER.warning("%d recordings of %s could not be read", unreadable, self.name)
        self._some_unreadable = unreadable > 0

    @callback
    def _async_report_overflow(self, beyond: int) -> None:
        """Tell the user of recordings that no slot is left for."""
        issue_id = f"slots_exceeded_{self.config_entry.entry_id}"
        if beyond <= 0:
            ir.async_delete_issue(self.hass, DOMAIN, issue_id)
            return
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="slots_exceeded",
            translation_placeholders={
                "project": self.config_entry.title,
                "most_slots": str(self._most_slots),
            },
        )


def _ended() -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key="recording_ended")
