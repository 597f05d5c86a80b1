"""The one reading of a project's recordings: what is read flows in here, and out to entities."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .activity import Activity, ActivityLog, ActivityType, Actor, activity_type_of
from .api import (
    AuthenticationError,
    PauseBehavior,
    Recording,
    RecordingStatus,
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
    CONF_SIGNING_KEY,
    CONF_VERIFY_SIGNATURE,
    DEFAULT_ACTIVE_INTERVAL,
    DEFAULT_AUTO_RELEASE,
    DEFAULT_IDLE_INTERVAL,
    DEFAULT_LOOK_BACK,
    DEFAULT_MOST_SLOTS,
    DOMAIN,
    LOGGER,
)
from .control import RecordingControl
from .data import ProjectData
from .day_keeper import DayKeeper
from .devices import async_slot_devices
from .discovery import Discovery
from .errors import failed, recording_ended
from .hints import RecordingHints
from .hold import HoldStatus, PausedBy, RecordingHold
from .issues import ProjectIssues
from .keeper import HoldKeeper
from .library import RecordingLibrary
from .parties import PartyBook
from .polling import Polling, bounded_wait
from .recordings import ActiveRecordings, Change
from .signing_key import SigningKey
from .slots import Slots
from .storage import (
    StoredProject,
    StoredRecording,
    project_store,
    read_stored,
    stored_hold,
)
from .updates import RecordingUpdate
from .webhook import ProjectWebhook

_SAVE_DELAY = 1.0
# Seconds; a refresh of a thousand recordings takes far less than one.
_LONGEST_REFRESH = 60.0
_OFTEN_UNDONE = 3
_REFRESH_COOLDOWN = 0.5
# With more updates than this under way, the answers of so many seconds are shown together.
_FEW_UPDATES = 8
_SHOW_TOGETHER = 0.05

type SignalWireConfigEntry = ConfigEntry[SignalWireCoordinator]


class SignalWireCoordinator(DataUpdateCoordinator[ProjectData]):
    """Reads one project, and takes the answers to its updates."""

    config_entry: SignalWireConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: SignalWireConfigEntry, client: SignalWireClient
    ) -> None:
        options = entry.options
        self._polling = Polling(
            active=timedelta(seconds=options.get(CONF_ACTIVE_INTERVAL, DEFAULT_ACTIVE_INTERVAL)),
            idle=timedelta(seconds=options.get(CONF_IDLE_INTERVAL, DEFAULT_IDLE_INTERVAL)),
        )
        self._failures = 0
        self.last_success: datetime | None = None
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=self._polling.idle,
            always_update=False,
            # Who asks for a refresh is not made to wait; many at once share one.
            request_refresh_debouncer=Debouncer(
                hass, LOGGER, cooldown=_REFRESH_COOLDOWN, immediate=True
            ),
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
        self.activities = ActivityLog()
        self._recordings = ActiveRecordings()
        self._pause_behavior = PauseBehavior.SILENCE
        self._pause_behaviors: dict[str, PauseBehavior] = {}
        self._auto_release = timedelta(minutes=options.get(CONF_AUTO_RELEASE, DEFAULT_AUTO_RELEASE))
        self.issues = ProjectIssues(hass, entry)
        self._hold = RecordingHold()
        self.control = RecordingControl(
            hass,
            entry,
            client,
            self._recordings,
            self._hold,
            pause_behavior_of=self._pause_behavior_of,
            took=self._async_take_changes,
            failed=self._async_tell_of_failed_pause,
        )
        self._keeper = HoldKeeper(
            hass,
            entry,
            self.control,
            self._recordings,
            self._hold,
            reachable=lambda: self.last_update_success,
            sees=self._sees,
            alarm=self._async_alarm,
            report=self._async_report_unconfirmed,
            release=self._async_time_is_up,
        )
        self.hints = RecordingHints(
            hass,
            entry,
            client,
            self._recordings,
            self.control,
            took=self._async_take_changes,
            refresh=self.async_refresh_soon,
        )
        self.webhook = ProjectWebhook(
            hass,
            entry,
            self.hints,
            self.issues,
            SigningKey(client, options.get(CONF_SIGNING_KEY)),
            verify=options.get(CONF_VERIFY_SIGNATURE, True),
        )
        self.library = RecordingLibrary(client)
        self._day = DayKeeper(hass, entry.entry_id)
        self._stored: StoredProject | None = None
        self._unreadable = 0
        self._some_unreadable = False
        self._refreshing = False
        self._ended = False
        # How often a hold began, and the one that the last refresh has seen in force.
        self._hold_count = 0
        self._seen_hold = -1
        # How often something else resumed a recording that is to be paused.
        self._undone: Counter[str] = Counter()
        self._took_bearings = False
        self._publishing: asyncio.Handle | None = None
        entry.async_on_unload(self._async_end)

    # What flows in: refreshes and answers.

    @override
    async def _async_setup(self) -> None:
        """Bring back the slots there were, each with the recording that it had."""
        await self._day.async_load()
        stored = await self._store.async_load()
        kept = read_stored(stored)
        self._recordings.restore(kept.sids)
        self._slots = Slots(
            self._most_slots, async_slot_devices(self.hass, self.config_entry), kept.slots
        )
        self._pause_behavior = kept.pause_behavior
        self._pause_behaviors = dict(kept.pause_behaviors)
        self._hold.restore(kept.paused_by)
        # One whose time was up meanwhile must not touch what has begun since.
        if kept.held and (kept.held_until is None or kept.held_until > dt_util.utcnow()):
            self._hold.begin(kept.held_until, kept.hold_pause_behavior)
        self.was_set_up_before = stored is not None
        self.update_interval = self._polling.interval(busy=self._is_busy)
        self.data = self._snapshot(reachable=False)

    @override
    async def _async_update_data(self) -> ProjectData:
        """Read what has changed; raises what the coordinator knows how to show."""
        self._recordings.begin_refresh()
        self._slots.begin_refresh()
        hold = self._hold_count
        self._refreshing = True
        self._keeper.async_check()
        try:
            async with asyncio.timeout(_LONGEST_REFRESH):
                reading = await self._discovery.async_read(
                    dict(self._recordings.known),
                    self._day.unpriced_since(self.client.service_time()),
                    self._day.settled,
                )
        except (SignalWireError, TimeoutError) as err:
            self._failures += 1
            self.update_interval = self._polling.wait_after(self._failures, busy=self._is_busy)
            failure = self._refresh_failure(err)
            self._keeper.async_note_failure(str(failure))
            raise failure from err
        finally:
            self._refreshing = False
        self._failures = 0
        self._seen_hold = hold
        self._unreadable = reading.unreadable
        self.last_success = dt_util.utcnow()
        self._async_end_reauth()
        changes = self._recordings.merge(reading)
        if not self._ended:
            self._day.async_count(reading.recordings.values(), self.client.service_time())
        self._parties.learn(reading.calls, reading.conferences)
        self._warn_of_unreadable(reading.unreadable)
        self.update_interval = self._polling.interval(busy=self._is_busy)
        slots = self._slots.occupants
        data = self._snapshot(refreshed=True, reachable=True)
        if self._took_bearings:
            self._note(changes, slots)
        self._took_bearings = True
        return data

    @property
    def failures(self) -> int:
        """Return how many refreshes failed since the last one that did not."""
        return self._failures

    def _refresh_failure(self, err: SignalWireError | TimeoutError) -> HomeAssistantError:
        """Return what a refresh that failed with this error raises."""
        if isinstance(err, AuthenticationError):
            at_first = self.config_entry.state is ConfigEntryState.SETUP_IN_PROGRESS
            if at_first and not self.was_set_up_before:
                return ConfigEntryAuthFailed(
                    translation_domain=DOMAIN, translation_key="authentication_failed"
                )
            # Not ConfigEntryAuthFailed, which would end the polling for good: a login that is
            # refused for a moment must not leave recordings unseen.
            self.config_entry.async_start_reauth(self.hass)
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="refresh_failed",
            translation_placeholders={"error": str(err) or "It took too long"},
            retry_after=bounded_wait(
                err.retry_after if isinstance(err, UnavailableError) else None
            ),
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
        if self._ended:
            return
        self._keeper.async_check()
        if not self.last_update_success:
            self._async_show_hold(reachable=False)
            return
        self._async_ask_for_parties()

    @callback
    def _async_ask_for_parties(self) -> None:
        if missing := self._parties.missing(self.data.recordings.values()):
            self.config_entry.async_create_background_task(
                self.hass, self._async_read_parties(missing), "signalwire parties"
            )

    async def _async_read_parties(self, missing: list[Recording]) -> None:
        await self._parties.async_read(missing)
        self._async_publish()

    @callback
    def _async_take_changes(self, changes: Iterable[Change]) -> None:
        """Take what an answer changed, as the new state."""
        if self._ended:
            return
        changes = list(changes)
        ended = (change.after for change in changes if change.after is not None)
        self._day.async_count(ended, self.client.service_time())
        self._note(changes, self._slots.occupants)
        self._async_publish_soon()
        if not self.last_update_success:
            # The service is back.
            self.async_refresh_soon()
        elif self._is_busy and self.update_interval != self._polling.active and self._listeners:
            self.update_interval = self._polling.active
            self._schedule_refresh()

    @callback
    def async_refresh_soon(self) -> None:
        """Refresh at once, but not twice where several ask for it."""
        self.config_entry.async_create_background_task(
            self.hass, self.async_request_refresh(), "signalwire refresh"
        )

    @property
    def _is_busy(self) -> bool:
        # While recordings are held, each new one has to be found soon.
        return bool(self._recordings.known) or self._hold.held

    def _note(self, changes: Iterable[Change], slots: Mapping[int, str | None]) -> None:
        """Remember what has happened, and who or what did it, until it can be told.

        `slots` are those before the changes, for recordings that have left theirs.
        """
        left = {sid: number for number, sid in slots.items() if sid is not None}
        for change in changes:
            if (kind := activity_type_of(change)) is None:
                continue
            update = self.control.current(change.sid)
            actor = _actor_of(kind, update)
            if (
                self._hold.held
                and (kind, actor) == (ActivityType.RESUMED, Actor.SIGNALWIRE)
                and change.after is not None
            ):
                self._undone[change.sid] += 1
                if self._undone[change.sid] == _OFTEN_UNDONE:
                    number = self._slots.number_of(change.sid)
                    self.issues.async_report_undone(str(number or change.sid))
            self.activities.add(
                Activity(
                    type=kind,
                    recording=change.after or change.before,
                    slot=self._slots.number_of(change.sid) or left.get(change.sid),
                    actor=actor,
                    context=update.context if update else None,
                    parties=self.data.parties.get(change.sid),
                )
            )

    # What flows out: data for the entities, and what is kept over restarts.

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Let the entities show what is new, and then tell what has happened."""
        super().async_update_listeners()
        self.activities.tell()

    @callback
    def _async_publish(self) -> None:
        """Show the entities what changed between two refreshes.

        Not through `async_set_updated_data`: that would put off the next refresh each time.
        """
        if self._ended:
            return
        self._keeper.async_check()
        data = self._snapshot(reachable=self.last_update_success)
        if data != self.data:
            self.data = data
            self.async_update_listeners()

    @callback
    def _async_publish_soon(self) -> None:
        """Show what changed, at once or with what comes in the next moment.

        To show it costs more the more recordings there are, and when all are held there is an
        answer for each: those that come while others are under way are shown together.
        """
        under_way = self.control.under_way
        if self._publishing is not None:
            if under_way > _FEW_UPDATES:
                return
            self._publishing.cancel()
        if under_way <= 1:
            self._async_publish_now()
        elif under_way <= _FEW_UPDATES:
            # Before those go on who wait for the answer.
            self._publishing = self.hass.loop.call_soon(self._async_publish_now)
        else:
            self._publishing = self.hass.loop.call_later(_SHOW_TOGETHER, self._async_publish_now)

    @callback
    def _async_publish_now(self) -> None:
        self._publishing = None
        self._async_publish()
        self._async_ask_for_parties()
        # Nothing is to be shown of what came and went in between, but it has happened.
        self.activities.tell()

    @callback
    def _async_show_hold(self, *, reachable: bool) -> None:
        """Show what became of the hold, though nothing was read."""
        data = replace(self.data, hold=self._hold_status(reachable=reachable))
        if data != self.data:
            self.data = data
            self.async_update_listeners()

    def _snapshot(self, *, reachable: bool, refreshed: bool = False) -> ProjectData:
        recordings = self._recordings.read
        known = self._recordings.known
        self._slots.update(known.keys(), key=self._seating_order)
        if refreshed:
            self._slots.end_refresh()
        self._pause_behaviors = {
            sid: behavior for sid, behavior in self._pause_behaviors.items() if sid in known
        }
        self._parties.forget_all_but(recordings.values())
        self._hold.forget_all_but(known)
        # A refresh or an answer may come after the unload, when another keeps all this.
        if not self._ended:
            if (stored := self._to_store()) != self._stored:
                self._stored = stored
                self._store.async_delay_save(self._to_store, _SAVE_DELAY)
            self.issues.async_report_overflow(len(known), self._most_slots)
        return ProjectData(
            recordings=recordings,
            slots=self._slots.occupants,
            parties=self._parties.of(recordings.values()),
            pause_behavior=self._pause_behavior,
            pause_behaviors=dict(self._pause_behaviors),
            hold=self._hold_status(reachable=reachable),
            today=self._day.today(self.client.service_time()),
        )

    def _seating_order(self, sid: str) -> tuple[bool, float, str]:
        """Let the longest-running come first, so that a restart with more than fit changes nothing.

        Those of which only the SID is known ran before the restart.
        """
        recording = self._recordings.known[sid]
        if recording is None or recording.started is None:
            return recording is not None, 0, sid
        return True, recording.started.timestamp(), sid

    def _hold_status(self, *, reachable: bool) -> HoldStatus:
        if not self._hold.held:
            return HoldStatus()
        unconfirmed = sum(
            recording is None
            or recording.status is not RecordingStatus.PAUSED
            or self.control.in_doubt(sid)
            for sid, recording in self._recordings.known.items()
        )
        unconfirmed = max(unconfirmed, self._unreadable)
        seen = reachable and self._seen_hold == self._hold_count and not self._keeper.is_blind
        return HoldStatus(
            held=True,
            until=self._hold.until,
            unconfirmed=unconfirmed,
            confirmed=seen and unconfirmed == 0,
        )

    def _sees(self) -> bool:
        """Return whether all that the hold is about has been read."""
        return (
            self.last_update_success
            and not self._refreshing
            and self._seen_hold == self._hold_count
            and self._unreadable == 0
        )

    def _to_store(self) -> StoredProject:
        recordings = {sid: StoredRecording() for sid in self._recordings.known}
        for number, sid in self._slots.occupants.items():
            if sid in recordings:
                recordings[sid]["slot"] = number
        for sid, behavior in self._pause_behaviors.items():
            if sid in recordings:
                recordings[sid]["pause_behavior"] = behavior.value
        for sid, paused_by in self._hold.all_paused_by.items():
            if sid in recordings:
                recordings[sid]["paused_by"] = paused_by.value
        stored = StoredProject(recordings=recordings, pause_behavior=self._pause_behavior.value)
        if self._hold.held:
            stored["hold"] = stored_hold(self._hold)
        return stored

    async def async_save(self) -> None:
        """Write at once what is kept over restarts."""
        await self._store.async_save(self._to_store())
        await self._day.async_save()

    # What entities and actions ask for.

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
        if not self._hold.held:
            # Nothing is confirmed before a refresh that begins now has looked.
            self._hold_count += 1
        self._hold.begin(dt_util.utcnow() + duration if duration else None, pause_behavior)
        await self._async_take_wish(context)
        # What has begun since the last refresh is not known yet; nobody has to wait for that.
        self.async_refresh_soon()

    async def async_release(self, context: Context | None = None) -> None:
        """Want back what the hold paused; returns once the wish is stored."""
        self._hold.end()
        self._undone.clear()
        self.issues.async_clear_undone()
        await self._async_take_wish(context)

    @property
    def unresumed(self) -> int:
        """Return how many recordings the hold has paused and not resumed yet."""
        return sum(self._hold.paused_by(sid) is PausedBy.HOLD for sid in self._recordings.known)

    async def _async_take_wish(self, context: Context | None) -> None:
        self.control.hold_context = context
        self._keeper.async_hurry()
        self._async_publish()
        self._keeper.async_schedule_release()
        await self.async_save()
        # The store only logs that it could not write, and a restart would forget the wish.
        if read_stored(await self._store.async_load()).held is not self._hold.held:
            raise failed("not_stored")

    @callback
    def async_begin(self) -> None:
        """Follow the time at which the hold ends, once the entities are there to show it."""
        self._keeper.async_schedule_release()
        self._keeper.async_check()

    @callback
    def _async_end(self) -> None:
        """Leave nothing behind."""
        self._ended = True
        if self._publishing is not None:
            self._publishing.cancel()
        self.control.async_stop()
        self.library.close()
        self._keeper.async_stop()
        self.issues.async_clear()

    @callback
    def _async_time_is_up(self) -> None:
        self.config_entry.async_create_task(
            self.hass, self.async_release(), "signalwire release of the hold"
        )

    @callback
    def _async_alarm(self, sid: str | None, reason: str) -> None:
        """Be loud about a pause that is not confirmed; None: about a service that is silent."""
        self.activities.add(
            Activity(
                type=ActivityType.PAUSE_FAILED,
                recording=None if sid is None else self._recordings.known.get(sid),
                slot=None if sid is None else self._slots.number_of(sid),
                actor=Actor.CALL_RECORDING,
                context=self.control.hold_context,
                reason=reason,
            )
        )
        self.activities.tell()

    @callback
    def _async_report_unconfirmed(self, unconfirmed: Mapping[str | None, str]) -> None:
        """Let the issue name one of the recordings, or else the service."""
        self._async_show_hold(reachable=self.last_update_success)
        if not unconfirmed:
            self.issues.async_clear_unconfirmed()
            return
        sid = min((sid for sid in unconfirmed if sid is not None), default=None)
        number = None if sid is None else self._slots.number_of(sid)
        self.issues.async_report_unconfirmed(str(number) if number else sid, unconfirmed[sid])

    @callback
    def _async_tell_of_failed_pause(
        self, recording: Recording, update: RecordingUpdate, reason: str
    ) -> None:
        self.activities.add(
            Activity(
                type=ActivityType.PAUSE_FAILED,
                recording=recording,
                slot=self._slots.number_of(recording.sid),
                actor=update.actor,
                context=update.context,
                reason=reason,
            )
        )
        self.activities.tell()

    async def async_stop_all(self, context: Context | None = None) -> None:
        """Stop every active recording, and those that have begun since the last refresh.

        Raises HomeAssistantError for the first that could not be stopped.
        """
        stopping = self.control.async_stop_all(context)
        outcomes = await asyncio.gather(stopping, self.async_refresh(), return_exceptions=True)
        await self.control.async_stop_all(context)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
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
            raise recording_ended()
        self._async_publish()

    def _pause_behavior_of(self, sid: str) -> PauseBehavior:
        return self.data.pause_behavior_of(sid)

    @callback
    def async_forget_slot(self, number: int) -> bool:
        """Take an empty slot away; return whether it could be."""
        forgotten = self._slots.forget(number)
        self._async_publish()
        return forgotten

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
