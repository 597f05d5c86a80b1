"""The one reading of a project's recordings: what is read flows in here, and out to entities."""

import asyncio
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
    CONF_MAX_SLOTS,
    CONF_SIGNING_KEY,
    CONF_VERIFY_SIGNATURE,
    DEFAULT_ACTIVE_INTERVAL,
    DEFAULT_AUTO_RELEASE,
    DEFAULT_IDLE_INTERVAL,
    DEFAULT_LOOK_BACK,
    DEFAULT_MAX_SLOTS,
    DOMAIN,
    LOGGER,
)
from .devices import async_slot_devices
from .errors import operation_error, recording_ended
from .project.activity import ActivityLog
from .project.activity_reporter import ActivityReporter
from .project.commands import RecordingCommands
from .project.daily_totals_store import DailyTotalsStore
from .project.discovery import Discovery
from .project.hold import HoldSnapshot, PausedBy, RecordingHold
from .project.issues import ProjectIssues
from .project.library import RecordingLibrary
from .project.parties import Parties, PartyCache
from .project.pause_behaviors import PauseBehaviors
from .project.polling import Polling, bounded_wait
from .project.publishing import Publisher
from .project.reconciler import Reconciler
from .project.recordings import ActiveRecordings, Change
from .project.slots import Slots
from .project.snapshot import ProjectSnapshot
from .project.storage import (
    StoredProject,
    project_store,
    read_stored,
    to_store,
)
from .project.updates import RecordingUpdate
from .webhook.callback_reader import CallbackReader
from .webhook.endpoint import ProjectWebhook
from .webhook.signing_key import SigningKey

_SAVE_DELAY = 1.0
# Seconds; a refresh of a thousand recordings takes far less than one.
_MAX_REFRESH = 60.0
_REFRESH_COOLDOWN = 0.5

type SignalWireConfigEntry = ConfigEntry[SignalWireCoordinator]


class SignalWireCoordinator(DataUpdateCoordinator[ProjectSnapshot]):
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
        self.data = ProjectSnapshot()
        self.was_set_up_before = False
        self._discovery = Discovery(
            client, timedelta(hours=options.get(CONF_LOOK_BACK, DEFAULT_LOOK_BACK))
        )
        self._store = project_store(hass, entry.entry_id)
        self._most_slots = int(options.get(CONF_MAX_SLOTS, DEFAULT_MAX_SLOTS))
        self._slots = Slots(self._most_slots)
        self._parties = PartyCache(client)
        self.activities = ActivityLog()
        self._recordings = ActiveRecordings()
        self._pause_behaviors = PauseBehaviors()
        self._auto_release = timedelta(minutes=options.get(CONF_AUTO_RELEASE, DEFAULT_AUTO_RELEASE))
        self.issues = ProjectIssues(hass, entry)
        self._hold = RecordingHold()
        self._reporter = ActivityReporter(
            self.activities,
            self._hold,
            self.issues,
            current=self._update_of,
            slot_of=self._slot_of,
            parties_of=self._parties_of,
        )
        self.commands = RecordingCommands(
            hass,
            entry,
            client,
            self._recordings,
            self._hold,
            pause_behavior_of=self._pause_behaviors.of,
            on_change=self._async_take_changes,
            failed=self._reporter.async_tell_of_failed_pause,
        )
        self._reconciler = Reconciler(
            hass,
            entry,
            self.commands,
            self._recordings,
            self._hold,
            reachable=lambda: self.last_update_success,
            is_observed=self._is_observed,
            alarm=self._async_alarm,
            report=self._async_report_unconfirmed,
            release=self._async_time_is_up,
        )
        self.callbacks = CallbackReader(
            hass,
            entry,
            client,
            self._recordings,
            self.commands,
            on_change=self._async_take_changes,
            refresh=self.async_refresh_soon,
        )
        self.webhook = ProjectWebhook(
            hass,
            entry,
            self.callbacks,
            self.issues,
            SigningKey(client, options.get(CONF_SIGNING_KEY)),
            verify=options.get(CONF_VERIFY_SIGNATURE, True),
        )
        self.library = RecordingLibrary(client)
        self._day = DailyTotalsStore(hass, entry.entry_id)
        self._stored: StoredProject | None = None
        self._unreadable = 0
        self._some_unreadable = False
        self._refreshing = False
        self._ended = False
        self._has_baseline = False
        self._publisher = Publisher(
            hass,
            self._async_publish_answers,
            # The hold asks for a bounded number at once, and the others follow.
            under_way=lambda: self.commands.under_way + self._reconciler.waiting,
        )
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
        self._pause_behaviors.restore(kept.pause_behavior, kept.pause_behaviors)
        self._hold.restore(kept.paused_by)
        # One whose time was up meanwhile must not touch what has begun since.
        if kept.held and (kept.held_until is None or kept.held_until > dt_util.utcnow()):
            self._hold.begin(kept.held_until, kept.hold_pause_behavior)
        self.was_set_up_before = stored is not None
        self.update_interval = self._polling.interval(busy=self._is_busy)
        self.data = self._snapshot(reachable=False)

    @override
    async def _async_update_data(self) -> ProjectSnapshot:
        """Read what has changed; raises what the coordinator knows how to show."""
        self._recordings.begin_refresh()
        self._slots.begin_refresh()
        self._hold.begin_refresh()
        self._refreshing = True
        self._reconciler.async_check()
        try:
            async with asyncio.timeout(_MAX_REFRESH):
                reading = await self._discovery.async_read(
                    dict(self._recordings.known),
                    self._day.unpriced_since(self.client.service_time()),
                    self._day.finalized,
                )
        except (SignalWireError, TimeoutError) as err:
            self._failures += 1
            self.update_interval = self._polling.wait_after(self._failures, busy=self._is_busy)
            failure = self._refresh_failure(err)
            self._reconciler.async_note_failure(str(failure))
            raise failure from err
        finally:
            self._refreshing = False
        self._failures = 0
        self._hold.end_refresh()
        self._unreadable = reading.unreadable
        self.last_success = dt_util.utcnow()
        self._async_end_reauth()
        changes = self._recordings.merge(reading)
        if not self._ended:
            self._day.async_count_all(reading.recordings.values(), self.client.service_time())
        self._parties.add(reading.calls, reading.conferences)
        self._warn_of_unreadable(reading.unreadable)
        self.update_interval = self._polling.interval(busy=self._is_busy)
        slots = self._slots.occupants
        data = self._snapshot(refreshed=True, reachable=True)
        if self._has_baseline:
            self._reporter.note(changes, slots)
        self._has_baseline = True
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
            translation_placeholders={"error": str(err) or "It on_change too long"},
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
        self._reconciler.async_check()
        if not self.last_update_success:
            self._async_show_hold(reachable=False)
            return
        self._async_ask_for_parties()

    @callback
    def _async_ask_for_parties(self) -> None:
        if missing := self._parties.unresolved(self.data.recordings.values()):
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
        self._day.async_count(ended)
        slots = self._slots.occupants
        if any(change.before is None for change in changes):
            # Seated now, so that what has begun is told of with its slot.
            self._slots.update(self._recordings.known.keys(), key=self._seating_order)
        self._reporter.note(changes, slots)
        self._publisher.async_publish_soon()
        if not self.last_update_success:
            # The service is back.
            self.async_refresh_soon()
        elif self._is_busy and self.update_interval != self._polling.active and self._listeners:
            self.update_interval = self._polling.active
            self._schedule_refresh()

    def _update_of(self, sid: str) -> RecordingUpdate | None:
        return self.commands.current(sid)

    def _slot_of(self, sid: str) -> int | None:
        return self._slots.number_of(sid)

    def _parties_of(self, sid: str) -> Parties | None:
        return self.data.parties.get(sid)

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
        self._reconciler.async_check()
        data = self._snapshot(reachable=self.last_update_success)
        if data != self.data:
            self.data = data
            self.async_update_listeners()

    @callback
    def _async_publish_answers(self) -> None:
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

    def _snapshot(self, *, reachable: bool, refreshed: bool = False) -> ProjectSnapshot:
        recordings = self._recordings.read
        known = self._recordings.known
        self._slots.update(known.keys(), key=self._seating_order)
        if refreshed:
            self._slots.end_refresh()
        self._pause_behaviors.prune(known)
        self._parties.prune(recordings.values())
        self._hold.prune(known)
        # A refresh or an answer may come after the unload, when another keeps all this.
        if not self._ended:
            if (stored := self._to_store()) != self._stored:
                self._stored = stored
                self._store.async_delay_save(self._to_store, _SAVE_DELAY)
            self.issues.async_report_overflow(len(known), self._most_slots)
        return ProjectSnapshot(
            recordings=recordings,
            slots=self._slots.occupants,
            parties=self._parties.lookup(recordings.values()),
            pause_behavior=self._pause_behaviors.default,
            pause_behaviors=self._pause_behaviors.chosen,
            hold=self._hold_status(reachable=reachable),
            today=self._day.today,
        )

    def _seating_order(self, sid: str) -> tuple[bool, float, str]:
        """Let the longest-running come first, so that a restart with more than fit changes nothing.

        Those of which only the SID is known ran before the restart.
        """
        recording = self._recordings.known[sid]
        if recording is None or recording.started is None:
            return recording is not None, 0, sid
        return True, recording.started.timestamp(), sid

    def _hold_status(self, *, reachable: bool) -> HoldSnapshot:
        if not self._hold.held:
            return HoldSnapshot()
        unconfirmed = sum(
            recording is None
            or recording.status is not RecordingStatus.PAUSED
            or self.commands.is_uncertain(sid)
            for sid, recording in self._recordings.known.items()
        )
        return self._hold.status(
            max(unconfirmed, self._unreadable),
            is_observed=reachable and not self._reconciler.is_unobserved,
        )

    @property
    def unread(self) -> int:
        """Return how many recordings are there, or may be, that could not be read."""
        known = self._recordings.known.values()
        return max(self._unreadable, sum(recording is None for recording in known))

    @property
    def is_all_known(self) -> bool:
        """Return whether every active recording was read, and none may have changed unseen."""
        return (
            self.last_update_success
            and not self.unread
            and not any(map(self.commands.is_uncertain, self._recordings.known))
        )

    def _is_observed(self) -> bool:
        """Return whether all that the hold is about has been read."""
        return (
            self.last_update_success
            and not self._refreshing
            and self._hold.is_observed
            and self._unreadable == 0
        )

    def _to_store(self) -> StoredProject:
        return to_store(
            self._recordings.known, self._slots.occupants, self._pause_behaviors, self._hold
        )

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
        self._hold.begin(dt_util.utcnow() + duration if duration else None, pause_behavior)
        try:
            await self._async_take_wish(context)
        finally:
            # What has begun since the last refresh is not known yet; nobody has to wait for that.
            self.async_refresh_soon()

    async def async_release(self, context: Context | None = None) -> None:
        """Want back what the hold paused; returns once the wish is stored."""
        self._hold.end()
        self._reporter.forget_undone()
        await self._async_take_wish(context)

    @property
    def unresumed(self) -> int:
        """Return how many recordings the hold has paused and not resumed yet."""
        return sum(self._hold.paused_by(sid) is PausedBy.HOLD for sid in self._recordings.known)

    async def _async_take_wish(self, context: Context | None) -> None:
        self._hold.context = context
        self._reconciler.retry_now()
        self._async_publish()
        self._reconciler.async_schedule_release()
        await self.async_save()
        # The store only logs that it could not write, and a restart would forget the wish.
        if read_stored(await self._store.async_load()).held is not self._hold.held:
            raise operation_error("not_stored")

    @callback
    def async_begin(self) -> None:
        """Follow the time at which the hold ends, once the entities are there to show it."""
        self._reconciler.async_schedule_release()
        self._reconciler.async_check()

    @callback
    def _async_end(self) -> None:
        """Leave nothing behind."""
        self._ended = True
        self._publisher.async_stop()
        self.commands.async_stop()
        self.library.close()
        self._reconciler.async_stop()
        self.issues.async_clear()

    @callback
    def _async_time_is_up(self) -> None:
        self.config_entry.async_create_task(
            self.hass, self.async_release(), "signalwire release of the hold"
        )

    @callback
    def _async_alarm(self, sid: str | None, reason: str) -> None:
        recording = None if sid is None else self._recordings.known.get(sid)
        self._reporter.async_alarm(sid, recording, reason)

    @callback
    def _async_report_unconfirmed(self, unconfirmed: Mapping[str | None, str]) -> None:
        """Let the issue name the recordings, or else the service."""
        self._async_show_hold(reachable=self.last_update_success)
        if not unconfirmed:
            self.issues.async_clear_unconfirmed()
            return
        sids = sorted(sid for sid in unconfirmed if sid is not None)
        numbers = sorted(number for sid in sids if (number := self._slots.number_of(sid)))
        named = [str(number) for number in numbers]
        if beyond := len(sids) - len(numbers):
            # They have no slot, and so no name that says anything to anybody.
            named.append(f"+{beyond}")
        self.issues.async_report_unconfirmed(
            ", ".join(named), unconfirmed[sids[0] if sids else None]
        )

    async def async_stop_all(self, context: Context | None = None) -> None:
        """Stop every active recording, and those that have begun since the last refresh.

        What could not be stopped is tried once more. Raises HomeAssistantError for the first that
        could not be stopped then.
        """
        stopping = self.commands.async_stop_all(context)
        await asyncio.gather(stopping, self.async_refresh(), return_exceptions=True)
        await self.commands.async_stop_all(context)

    @callback
    def async_set_pause_behavior(
        self, pause_behavior: PauseBehavior, sid: str | None = None
    ) -> None:
        """Choose what the next pauses send, of one recording or of the project."""
        if sid is None:
            self._pause_behaviors.default = pause_behavior
        elif sid in self._recordings.known:
            self._pause_behaviors.choose(sid, pause_behavior)
        else:
            raise recording_ended()
        self._async_publish()

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
