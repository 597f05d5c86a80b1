"""The one reading of a project's recordings: what is read flows in here, and out to entities."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    HomeAssistantError,
    ServiceValidationError,
)
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .activity import Activity, ActivityType, Actor, activity_type_of
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
    CONF_AUTO_RELEASE,
    CONF_IDLE_INTERVAL,
    CONF_LOOK_BACK,
    CONF_MOST_SLOTS,
    DEFAULT_ACTIVE_INTERVAL,
    DEFAULT_AUTO_RELEASE,
    DEFAULT_IDLE_INTERVAL,
    DEFAULT_LOOK_BACK,
    DEFAULT_MOST_SLOTS,
    DOMAIN,
    LOGGER,
)
from .devices import async_slot_devices
from .discovery import Discovery
from .hold import HoldStatus, PausedBy, RecordingHold
from .issues import ProjectIssues
from .keeper import HoldKeeper
from .parties import Parties, PartyBook
from .recordings import ActiveRecordings, Change
from .slots import Slots
from .storage import StoredHold, StoredProject, StoredRecording, project_store
from .updates import RecordingUpdate, RecordingUpdates

_SAVE_DELAY = 1.0

type SignalWireConfigEntry = ConfigEntry[SignalWireCoordinator]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectData:
    """What is known of a project's active recordings, as the service confirmed it.

    `recordings` are all active ones by SID; `slots` maps every slot to the SID that sits in it,
    or None; `parties` maps SIDs of recordings to who talks to whom, once that has been read;
    `pause_behaviors` maps them to what was chosen for their next pause; `hold` is whether all of
    them are to be paused.
    """

    recordings: Mapping[str, Recording] = field(default_factory=dict)
    slots: Mapping[int, str | None] = field(default_factory=dict)
    parties: Mapping[str, Parties] = field(default_factory=dict)
    pause_behavior: PauseBehavior = PauseBehavior.SILENCE
    pause_behaviors: Mapping[str, PauseBehavior] = field(default_factory=dict)
    hold: HoldStatus = field(default_factory=HoldStatus)

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
        self.was_set_up_before = False
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
        self._recordings = ActiveRecordings()
        self._pause_behavior = PauseBehavior.SILENCE
        self._pause_behaviors: dict[str, PauseBehavior] = {}
        self._auto_release = timedelta(minutes=options.get(CONF_AUTO_RELEASE, DEFAULT_AUTO_RELEASE))
        self._issues = ProjectIssues(hass, entry)
        self._hold = RecordingHold()
        self._hold_context: Context | None = None
        self._keeper = HoldKeeper(
            hass,
            entry,
            self,
            self._hold,
            alarm=self._async_alarm,
            report=self._async_report_unconfirmed,
            release=self._async_time_is_up,
        )
        self._stored: StoredProject | None = None
        self._some_unreadable = False
        self._took_bearings = False
        entry.async_on_unload(self._async_end)
        # Who is behind what the entities are about to show, by SID.
        self._contexts: dict[str, Context] = {}
        self._activities: list[Activity] = []
        self._activity_listeners: list[Callable[[Activity], None]] = []

    # What flows in: refreshes and answers.

    @override
    async def _async_setup(self) -> None:
        """Bring back the slots there were, each with the recording that it had."""
        stored = await self._store.async_load()
        recordings = stored["recordings"] if stored else {}
        self._recordings = ActiveRecordings(recordings)
        self._slots = Slots(
            self._most_slots,
            async_slot_devices(self.hass, self.config_entry),
            {kept["slot"]: sid for sid, kept in recordings.items() if "slot" in kept},
        )
        if stored:
            self._pause_behavior = PauseBehavior(stored["pause_behavior"])
            self._restore_hold(stored)
        self._pause_behaviors = {
            sid: PauseBehavior(kept["pause_behavior"])
            for sid, kept in recordings.items()
            if "pause_behavior" in kept
        }
        self.was_set_up_before = stored is not None
        if self._hold.held:
            self.update_interval = self._active_interval
        self.data = self._snapshot(reachable=False)

    def _restore_hold(self, stored: StoredProject) -> None:
        """Bring back the wish, and who paused what."""
        if (hold := stored.get("hold")) is not None:
            self._hold.begin(
                dt_util.parse_datetime(hold.get("until") or ""),
                PauseBehavior(hold["pause_behavior"]) if "pause_behavior" in hold else None,
            )
        self._hold.restore(
            {
                sid: PausedBy(kept["paused_by"])
                for sid, kept in stored["recordings"].items()
                if "paused_by" in kept
            }
        )

    @override
    async def _async_update_data(self) -> ProjectData:
        """Read what has changed; raises what the coordinator knows how to show."""
        self._recordings.begin_refresh()
        self._slots.begin_refresh()
        try:
            reading = await self._discovery.async_read(dict(self._recordings.known))
        except SignalWireError as err:
            self._keeper.async_note_failure(str(err))
            raise self._refresh_failure(err) from err
        self._async_end_reauth()
        changes = self._recordings.merge(reading)
        self._parties.learn(reading.calls, reading.conferences)
        self._warn_of_unreadable(reading.unreadable)
        # While recordings are held, each new one has to be found soon.
        self.update_interval = (
            self._active_interval
            if self._recordings.known or self._hold.held
            else self._idle_interval
        )
        slots = self._slots.occupants
        data = self._snapshot(refreshed=True, reachable=True)
        if self._took_bearings:
            self._note(changes, slots)
        self._took_bearings = True
        return data

    def _refresh_failure(self, err: SignalWireError) -> Exception:
        """Return what a refresh that failed with this error raises."""
        if isinstance(err, AuthenticationError):
            if self.config_entry.state is ConfigEntryState.SETUP_IN_PROGRESS:
                return ConfigEntryAuthFailed(
                    translation_domain=DOMAIN, translation_key="authentication_failed"
                )
            # Not ConfigEntryAuthFailed, which would end the polling for good: a login that is
            # refused for a moment must not leave recordings unseen.
            self.config_entry.async_start_reauth(self.hass)
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="refresh_failed",
            translation_placeholders={"error": str(err)},
            retry_after=err.retry_after if isinstance(err, UnavailableError) else None,
        )

    @callback
    def _async_end_reauth(self) -> None:
        """Take back the question for a new token, once the old one is taken again."""
        for flow in list(self.config_entry.async_get_active_flows(self.hass, {SOURCE_REAUTH})):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])

    @override
    def _async_refresh_finished(self) -> None:
        """See to what is wanted of the recordings, and ask for the names that are missing.

        Neither makes the recordings wait to be shown.
        """
        self._keeper.async_check()
        if not self.last_update_success:
            self._async_show_hold()
            return
        self._async_tell()
        if missing := self._parties.missing(self.data.recordings.values()):
            self.config_entry.async_create_background_task(
                self.hass, self._async_read_parties(missing), "signalwire parties"
            )

    async def _async_read_parties(self, missing: list[Recording]) -> None:
        await self._parties.async_read(missing)
        self._async_publish()

    @callback
    def _async_take_answer(self, changes: Iterable[Change]) -> None:
        """Take what an answer changed, as the new state."""
        self._note(changes, self._slots.occupants)
        self._async_publish()

    def _note(self, changes: Iterable[Change], slots: Mapping[int, str | None]) -> None:
        """Remember what has happened, and who or what did it, until it can be told.

        `slots` are those before the changes, for recordings that have left theirs.
        """
        left = {sid: number for number, sid in slots.items() if sid is not None}
        for change in changes:
            if (kind := activity_type_of(change)) is None:
                continue
            update = self._updates.current(change.sid)
            if update is not None and update.context is not None:
                self._contexts[change.sid] = update.context
            self._activities.append(
                Activity(
                    type=kind,
                    recording=change.after or change.before,
                    slot=self._slots.number_of(change.sid) or left.get(change.sid),
                    actor=_actor_of(kind, update),
                    context=update.context if update else None,
                )
            )

    # What flows out: data for the entities, and what is kept over restarts.

    @callback
    def async_add_activity_listener(self, listener: Callable[[Activity], None]) -> CALLBACK_TYPE:
        """Let the listener hear of every activity; return what ends that."""
        self._activity_listeners.append(listener)
        return lambda: self._activity_listeners.remove(listener)

    def context_of(self, sid: str) -> Context | None:
        """Return the context of what the entities of a recording are being told of."""
        return self._contexts.get(sid)

    @callback
    def _async_publish(self) -> None:
        """Show the entities what changed between two refreshes.

        Not through `async_set_updated_data`: that would put off the next refresh each time.
        """
        self._keeper.async_check()
        data = self._snapshot(reachable=self.last_update_success)
        if data != self.data:
            self.data = data
            self.async_update_listeners()
        self._async_tell()

    @callback
    def _async_show_hold(self) -> None:
        """Show what became of the hold, though nothing could be read."""
        data = replace(self.data, hold=self._hold_status(reachable=False))
        if data != self.data:
            self.data = data
            self.async_update_listeners()

    @callback
    def _async_tell(self) -> None:
        """Tell what has happened, after the entities' states are what they are now."""
        activities, self._activities = self._activities, []
        for activity in activities:
            for listener in list(self._activity_listeners):
                listener(activity)

    def _snapshot(self, *, reachable: bool, refreshed: bool = False) -> ProjectData:
        recordings = self._recordings.read
        known = self._recordings.known
        # The longest-running first, so that a restart with more than fit changes nothing.
        order = sorted(
            known,
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
            sid: behavior for sid, behavior in self._pause_behaviors.items() if sid in known
        }
        self._parties.forget_all_but(recordings.values())
        self._hold.forget_all_but(known)
        if (stored := self._to_store()) != self._stored:
            self._stored = stored
            self._store.async_delay_save(self._to_store, _SAVE_DELAY)
        self._issues.async_report_overflow(len(known), self._most_slots)
        return ProjectData(
            recordings=recordings,
            slots=self._slots.occupants,
            parties=self._parties.of(recordings.values()),
            pause_behavior=self._pause_behavior,
            pause_behaviors=dict(self._pause_behaviors),
            hold=self._hold_status(reachable=reachable),
        )

    def _hold_status(self, *, reachable: bool) -> HoldStatus:
        if not self._hold.held:
            return HoldStatus()
        unconfirmed = sum(
            recording is None
            or recording.status is not RecordingStatus.PAUSED
            or self.in_doubt(sid)
            for sid, recording in self._recordings.known.items()
        )
        return HoldStatus(
            held=True,
            until=self._hold.until,
            unconfirmed=unconfirmed,
            confirmed=reachable and unconfirmed == 0,
        )

    def _to_store(self) -> StoredProject:
        recordings: dict[str, StoredRecording] = {}
        for sid in self._recordings.known:
            kept = StoredRecording()
            if (number := self._slots.number_of(sid)) is not None:
                kept["slot"] = number
            if sid in self._pause_behaviors:
                kept["pause_behavior"] = self._pause_behaviors[sid].value
            if (paused_by := self._hold.paused_by(sid)) is not None:
                kept["paused_by"] = paused_by.value
            recordings[sid] = kept
        stored = StoredProject(recordings=recordings, pause_behavior=self._pause_behavior.value)
        if self._hold.held:
            stored["hold"] = StoredHold()
            if self._hold.until is not None:
                stored["hold"]["until"] = self._hold.until.isoformat()
            if self._hold.pause_behavior is not None:
                stored["hold"]["pause_behavior"] = self._hold.pause_behavior.value
        return stored

    async def async_save(self) -> None:
        """Write at once what is kept over restarts."""
        await self._store.async_save(self._to_store())

    # What entities and actions ask for.

    async def async_update_recording(
        self,
        sid: str,
        status: RecordingStatus,
        pause_behavior: PauseBehavior | None = None,
        *,
        context: Context | None = None,
    ) -> Recording:
        """Pause, resume or stop a recording, and return what the service made of it.

        A pause without `pause_behavior` sends what is chosen for the recording. Raises
        ServiceValidationError if the recording has ended, or is to be resumed while all are
        held; HomeAssistantError if the service did not do or confirm it.
        """
        if sid not in self._recordings.known:
            raise _ended()
        if status is RecordingStatus.IN_PROGRESS and self._hold.held:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="held")
        if status is RecordingStatus.PAUSED and pause_behavior is None:
            pause_behavior = self.data.pause_behavior_of(sid)
        update = RecordingUpdate(status=status, pause_behavior=pause_behavior, context=context)
        self._hold.person_asks(sid, status)
        try:
            return await self._updates.async_update(sid, update)
        except HomeAssistantError as err:
            if status is RecordingStatus.PAUSED:
                recording = self._recordings.known.get(sid)
                self._hold.person_failed(sid, recording)
                if recording is not None:
                    self._async_tell_of_failed_pause(recording, str(err), update)
            raise

    def in_doubt(self, sid: str) -> bool:
        """Return whether the recording's status may be another by now."""
        update, recording = self._updates.current(sid), self._recordings.known.get(sid)
        return self._recordings.in_doubt(sid) or (
            update is not None
            and recording is not None
            and not recording.status.confirms(update.status)
        )

    async def async_settled(self, sid: str) -> None:
        """Wait until no update of the recording is under way."""
        await self._updates.async_settled(sid)

    async def async_keep(self, sid: str, status: RecordingStatus) -> None:
        """Ask for a status on the hold's behalf; raises HomeAssistantError."""
        pause_behavior = None
        if status is RecordingStatus.PAUSED:
            self._hold.claim(sid)
            pause_behavior = self._hold.pause_behavior or self.data.pause_behavior_of(sid)
        await self._updates.async_update(
            sid,
            RecordingUpdate(
                status=status,
                pause_behavior=pause_behavior,
                actor=Actor.CALL_RECORDING,
                context=self._hold_context,
            ),
        )

    @property
    def active(self) -> dict[str, Recording]:
        """Return the active recordings as last confirmed, by SID."""
        return self._recordings.read

    @property
    def reachable(self) -> bool:
        """Return whether the last refresh succeeded."""
        return self.last_update_success

    async def async_hold(
        self,
        duration: timedelta | None = None,
        pause_behavior: PauseBehavior | None = None,
        context: Context | None = None,
    ) -> None:
        """Want every recording paused, for so long, or for the time in the options, or for good.

        Returns once the wish is stored; whether it is fulfilled stands in the data.
        """
        duration = duration or self._auto_release
        self._hold.begin(dt_util.utcnow() + duration if duration else None, pause_behavior)
        await self._async_take_wish(context)
        # What has begun since the last refresh is not known yet; nobody has to wait for that.
        self.config_entry.async_create_background_task(
            self.hass, self.async_request_refresh(), "signalwire refresh for the hold"
        )

    async def async_release(self, context: Context | None = None) -> None:
        """Want back what the hold paused; returns once the wish is stored."""
        self._hold.end()
        await self._async_take_wish(context)

    async def _async_take_wish(self, context: Context | None) -> None:
        self._hold_context = context
        self._async_publish()
        self._keeper.async_schedule_release()
        await self.async_save()

    @callback
    def async_begin(self) -> None:
        """Follow the time at which the hold ends, once the entities are there to show it."""
        self._keeper.async_schedule_release()
        self._keeper.async_check()

    @callback
    def _async_end(self) -> None:
        """Leave nothing behind."""
        self._keeper.async_stop()
        self._issues.async_clear()

    @callback
    def _async_time_is_up(self) -> None:
        self.config_entry.async_create_task(
            self.hass, self.async_release(), "signalwire release of the hold"
        )

    @callback
    def _async_alarm(self, sid: str | None, reason: str | None) -> None:
        """Be loud about a pause that is not confirmed; None: about a service that is silent."""
        self._activities.append(
            Activity(
                type=ActivityType.PAUSE_FAILED,
                recording=None if sid is None else self._recordings.known.get(sid),
                slot=None if sid is None else self._slots.number_of(sid),
                actor=Actor.CALL_RECORDING,
                context=self._hold_context,
                reason=reason,
            )
        )
        self._async_tell()

    @callback
    def _async_report_unconfirmed(self, unconfirmed: Mapping[str | None, str | None]) -> None:
        """Let the issue name one of the recordings, or else the service."""
        if not unconfirmed:
            self._issues.async_clear_unconfirmed()
            return
        sid = min((sid for sid in unconfirmed if sid is not None), default=None)
        number = None if sid is None else self._slots.number_of(sid)
        self._issues.async_report_unconfirmed(str(number) if number else sid, unconfirmed[sid])

    @callback
    def _async_tell_of_failed_pause(
        self, recording: Recording, reason: str, update: RecordingUpdate
    ) -> None:
        self._activities.append(
            Activity(
                type=ActivityType.PAUSE_FAILED,
                recording=recording,
                slot=self._slots.number_of(recording.sid),
                actor=update.actor,
                context=update.context,
                reason=reason,
            )
        )
        self._async_tell()

    async def async_stop_all(self, context: Context | None = None) -> None:
        """Stop every active recording, all at once.

        One that has ended by itself meanwhile is what was asked for. Raises HomeAssistantError
        for the first that could not be stopped, once all the others are done.
        """
        outcomes = await asyncio.gather(
            *(
                self.async_update_recording(sid, RecordingStatus.STOPPED, context=context)
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
        elif sid in self._recordings.known:
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
        recording = self._recordings.known.get(sid)
        if recording is None:
            raise _ended()
        try:
            answer = await self.client.update_recording(
                recording, update.status, update.pause_behavior
            )
        except (NotFoundError, RejectedError) as err:
            raise await self._async_explain(recording, err) from err
        except SignalWireError as err:
            self._recordings.note_silence(sid)
            raise self._failure(err) from err
        self._async_take_answer(self._recordings.take_answer(answer))
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
            self._async_take_answer(self._recordings.take_absence(recording.sid))
            return _ended()
        except SignalWireError as err:
            self._recordings.note_silence(recording.sid)
            return self._failure(err)
        self._async_take_answer(self._recordings.take_answer(now))
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


def _actor_of(kind: ActivityType, update: RecordingUpdate | None) -> Actor:
    """Return who did it: whoever has an update under way that asks for this."""
    if update is not None and _ASKED_FOR.get(kind) is update.status:
        return update.actor
    return Actor.SIGNALWIRE


_ASKED_FOR = {
    ActivityType.PAUSED: RecordingStatus.PAUSED,
    ActivityType.RESUMED: RecordingStatus.IN_PROGRESS,
    ActivityType.STOPPED: RecordingStatus.STOPPED,
    ActivityType.COMPLETED: RecordingStatus.STOPPED,
}


def _ended() -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key="recording_ended")
