"""One project at work: what holds the parts together, and what follows a change.

Observations and requests change the state; `async_process` does what follows, in one order.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..api import Recording, RecordingStatus, SignalWireClient, SignalWireError
from ..const import LOGGER, MANY_RECORDINGS
from ..devices import async_slot_devices
from ..errors import reason_of, validation_error
from .activity import Activity, ActivityLog, ActivityReporter
from .clock import Clock
from .commands import RecordingCommands
from .copies import Copies
from .daily_totals_store import DailyTotalsStore
from .damage import Damage
from .deletion import Deletions
from .discovery import RefreshResult
from .entry_file import DamagedFileError, EntryFile
from .hold import Hold, HoldSnapshot
from .hold_controller import HoldController
from .holds import Scope
from .issues import ProjectIssues
from .library import RecordingLibrary
from .lines import Lines
from .parties import Parties, PartyCache
from .protection import MediaProtection
from .reconciler import Reconciler
from .refresher import Refresher
from .retention import Retention
from .settings import ProjectSettings
from .slots import Slots
from .snapshot import LineSnapshot, ProjectSnapshot
from .state import ProjectState
from .storage import RestoredProject, read_stored
from .watchdog import Watchdog

# With more updates in flight than this, the changes of so many seconds are processed together.
_FEW_UPDATES = 8
_PROCESS_TOGETHER = 0.1
# With more calls and conferences to read than this, what they tell is processed at the end.
_FEW_PARTIES = 32


class ProjectListener(Protocol):
    """Shows what is new of a project, and polls it."""

    @callback
    def async_publish(self) -> None:
        """Show the project's snapshot."""

    @callback
    def async_refresh_soon(self) -> None:
        """Poll at once, as far as the service allows."""


class Project:
    """The parts of one project."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], client: SignalWireClient
    ) -> None:
        self.hass = hass
        self.entry = entry
        self.client = client
        self.clock = Clock()
        self.settings = ProjectSettings.from_entry(entry)
        self.state = ProjectState(Slots(self.settings.max_slots))
        self.file = EntryFile(hass, entry, lambda: dict(self.state.to_store()))
        self.issues = ProjectIssues(hass, entry)
        self.lines = Lines.from_entry(entry)
        self.state.lines = self.lines.ids
        self.activities = ActivityLog(self)
        self.reporter = ActivityReporter(self)
        self.hold_controller = HoldController(self)
        self.reconciler = Reconciler(self)
        self.watchdog = Watchdog(self)
        self.commands = RecordingCommands(self)
        self.library = RecordingLibrary(client)
        self.protection = MediaProtection(self)
        self.deletions = Deletions(self)
        self.copies = Copies(self)
        self.retention = Retention(self)
        self.last_success: datetime | None = None
        self.was_set_up_before = False
        self.is_stopped = False
        self.totals = DailyTotalsStore(hass, entry)
        self.parties = PartyCache(client)
        self._party_reads: set[asyncio.Task[None]] = set()
        self._refresher = Refresher(self)
        self._refreshing = asyncio.Lock()
        self._has_baseline = False
        self._had_unreadable = False
        self.full_refresh_failure: SignalWireError | None = None
        """Why not everything that may be active could be read, until it is."""
        self._has_news = False
        self._scheduled: asyncio.Handle | None = None
        self._listener: ProjectListener | None = None

    # Life.

    async def async_load(self) -> None:
        """Bring back what was stored; what is lost or damaged begins with a hold."""
        slots = async_slot_devices(self.hass, self.entry)
        await self.totals.async_load()
        await self.retention.async_load()
        damage: Damage | None = None
        kept: RestoredProject | None = None
        try:
            kept = read_stored(await self.file.async_load())
            damage = Damage.UNREADABLE if kept is None else None
        except DamagedFileError as err:
            damage = err.damage
        # Only what was set up before can have lost its file.
        self.was_set_up_before = damage is not Damage.MISSING or bool(slots)
        if damage is Damage.MISSING and not slots:
            damage = None
            # From now on there is a file, so that its loss is noticed.
            self.state.is_dirty = True
        if damage is not None and damage is not Damage.MISSING:
            await self.file.async_set_aside()
        kept = kept or RestoredProject()
        self.state.slots = Slots(self.settings.max_slots, slots, kept.slots)
        self.state.restore(kept, self._restored_holds(kept, damage))
        if damage is not None:
            LOGGER.error(
                "What was stored of %s is lost (%s): its recordings are held",
                self.entry.title,
                damage.value,
            )
            self.state.is_dirty = True
        for hold in self.state.holds:
            if hold.damage is not None:
                self.issues.async_report_not_restored(hold.damage)

    def _restored_holds(self, kept: RestoredProject, damage: Damage | None) -> list[Hold]:
        now = self.clock.now()
        if damage is not None:
            return [Hold(begun=now, since=dt_util.utcnow(), damage=damage)]
        return [
            Hold(
                name=hold.name,
                line=hold.line,
                begun=now,
                since=hold.since,
                until=hold.until,
                pause_behavior=hold.pause_behavior,
                damage=hold.damage,
            )
            for hold in kept.holds
            # One whose time was up meanwhile must not touch what has begun since. That of a line
            # which was removed holds nothing any more.
            if (hold.until is None or hold.until > dt_util.utcnow())
            and (hold.line is None or hold.line in self.lines.ids)
        ]

    @callback
    def async_start(self, listener: ProjectListener) -> None:
        """Begin to act on what is desired; the listener is told of what is new."""
        self._listener = listener
        self.hold_controller.async_follow_end()
        self.async_process()
        self.protection.async_start()
        self.copies.async_start()
        self.retention.async_start()

    async def async_stop(self) -> None:
        """Send nothing more, and write what is to be kept; after this, nothing is written."""
        if self.is_stopped:
            return
        self.is_stopped = True
        self.client.close()
        if self._scheduled is not None:
            self._scheduled.cancel()
        self.hold_controller.async_stop()
        self.activities.stop()
        self.watchdog.async_stop()
        self.protection.async_stop()
        self.retention.async_cancel()
        self.copies.async_cancel()
        self.library.close()
        await self._refresher.async_stop()
        await self.reconciler.async_stop()
        if self.state.is_dirty:
            self.file.async_schedule()
        await self.file.async_stop()
        await self.totals.async_stop()
        await self.retention.async_stop()
        await self.copies.async_stop()
        self.issues.async_clear()

    def require_running(self) -> None:
        """Raise ServiceValidationError if the project has been stopped."""
        if self.is_stopped:
            raise validation_error("project_not_loaded", project=self.entry.title)

    # What comes in.

    async def async_refresh(self) -> None:
        """Read what has changed, and apply it; raises SignalWireError or TimeoutError.

        The caller has it processed.
        """
        async with self._refreshing:
            if not self.is_stopped:
                await self._async_refresh()

    async def _async_refresh(self) -> None:
        state = self.state
        state.begin_refresh()
        try:
            result = await self._refresher.async_read()
        except asyncio.CancelledError:
            if self.is_stopped and (task := asyncio.current_task()) and not task.cancelling():
                return
            raise
        except (SignalWireError, TimeoutError) as err:
            state.apply_failed_refresh()
            self.watchdog.last_failure = reason_of(err)
            raise
        await self.async_apply(result)
        if not self.is_stopped:
            state.end_refresh()

    async def async_apply(self, result: RefreshResult) -> None:
        """Apply what a refresh has read; the caller has it processed."""
        state = self.state
        recordings = result.recordings
        is_large = len(recordings) > MANY_RECORDINGS
        self.parties.add(result.calls, result.conferences)
        for batch in result.alone_first():
            if is_large:
                # In between everything else has its turn.
                await asyncio.sleep(0)
            state.apply_batch(batch)
        if is_large:
            await asyncio.sleep(0)
        if self.is_stopped:
            return
        was_reachable = state.reachable
        state.apply_refresh(result)
        self._note_full_refresh(result)
        self.last_success = dt_util.utcnow()
        self.totals.async_count_all(recordings.values(), self.client.service_time())
        self._warn_of_unreadable(state.unread)
        if not self._has_baseline:
            # What ran before the first refresh has not just begun.
            state.take_changes()
            self._has_baseline = True
        else:
            # Told once the entities show it, but with whom and where it was until now.
            self._note_changes()
        if not was_reachable:
            self.reconciler.retry_now()
        if is_large:
            await asyncio.sleep(0)

    def _note_full_refresh(self, result: RefreshResult) -> None:
        """Note, and log once, that not everything that may be active could be read."""
        if result.is_full:
            self.full_refresh_failure = None
        elif result.failure is not None:
            if self.full_refresh_failure is None:
                LOGGER.warning(
                    "Only what is new of %s could be read, not what began long ago: %s",
                    self.entry.title,
                    reason_of(result.failure),
                )
            self.full_refresh_failure = result.failure
        failure = self.full_refresh_failure
        self.watchdog.last_failure = None if failure is None else reason_of(failure)

    def _note_changes(self) -> None:
        changes = self.state.take_changes()
        self.totals.async_count(change.after for change in changes if change.after is not None)
        self.reporter.note(changes)
        self._has_news = self._has_news or bool(changes)

    def _warn_of_unreadable(self, unreadable: int) -> None:
        """Log once that something can't be read, until all can be again."""
        if unreadable and not self._had_unreadable:
            LOGGER.warning("%d recordings of %s could not be read", unreadable, self.entry.title)
        self._had_unreadable = unreadable > 0

    @property
    def is_full_refresh_due(self) -> bool:
        """Return whether everything that may be active is to be read with the next poll."""
        return self._refresher.is_full_due

    # What follows.

    @callback
    def async_changed(self) -> None:
        """Process a change of the state: at once, or with others while many updates are sent."""
        if self.is_stopped:
            return
        in_flight = self.reconciler.in_flight
        if self._scheduled is not None:
            if in_flight > _FEW_UPDATES:
                return
            self._scheduled.cancel()
            self._scheduled = None
        if in_flight <= 1:
            self.async_process()
        elif in_flight <= _FEW_UPDATES:
            # Before those go on who wait for the answer.
            self._scheduled = self.hass.loop.call_soon(self.async_process)
        else:
            self._scheduled = self.hass.loop.call_later(_PROCESS_TOGETHER, self.async_process)

    @callback
    def async_process(self, *, ask_for_parties: bool = True) -> None:
        """Do what follows a change: tell, reconcile and watch, store, publish."""
        if self.is_stopped or self._listener is None:
            return
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._scheduled = None
        state = self.state
        self.hold_controller.async_check_end()
        self._assign_lines()
        self._note_changes()
        self.reconciler.async_check()
        self.watchdog.async_check()
        if state.is_dirty:
            state.is_dirty = False
            self.file.async_schedule()
        self.issues.async_report_storage(is_written=self.file.is_written)
        self.issues.async_report_overflow(len(state.recordings), self.settings.max_slots)
        self._listener.async_publish()
        # Nothing is shown of what came and went in between, but it has happened.
        self.activities.tell()
        if state.needs_refresh or (self._has_news and not state.reachable):
            state.needs_refresh = False
            self._listener.async_refresh_soon()
        self._has_news = False
        if ask_for_parties:
            self._async_ask_for_parties()

    @callback
    def async_publish(self) -> None:
        """Show what is new, where that changes nothing of the recordings."""
        if self._listener is not None and not self.is_stopped:
            self._listener.async_publish()

    @callback
    def async_tell(self, activity: Activity) -> None:
        """Tell of an activity that changes nothing of what is active."""
        self.activities.add(activity)
        self.async_publish()
        self.activities.tell()

    @callback
    def async_store_now(self) -> asyncio.Task[bool]:
        """Begin to write what has changed; the task tells whether it is in the file."""
        if self.state.is_dirty:
            self.state.is_dirty = False
            self.file.async_schedule()
        return self.file.async_start_write()

    @callback
    def async_refresh_soon(self) -> None:
        """Have the project polled at once, as far as the service allows."""
        if self._listener is not None and not self.is_stopped:
            self._listener.async_refresh_soon()

    @callback
    def _async_ask_for_parties(self) -> None:
        if self.parties.is_complete:
            return
        recordings = (one.recording for one in self.state.recordings.values() if one.recording)
        if self.state.reachable and (unresolved := self.parties.unresolved(recordings)):
            task = self.entry.async_create_background_task(
                self.hass, self._async_read_parties(unresolved), "signalwire parties"
            )
            self._party_reads.add(task)
            task.add_done_callback(self._party_reads.discard)

    async def _async_read_parties(self, unresolved: list[Recording]) -> None:
        is_few = len(unresolved) <= _FEW_PARTIES
        async for _ in self.parties.async_read(unresolved, are_active=True):
            if is_few:
                # One that hangs keeps no other from being resumed, once its line is known.
                self.async_process(ask_for_parties=False)
        # What could not be read is asked for again with the next change or poll.
        self.async_process(ask_for_parties=False)

    async def async_wait_for_parties(self) -> None:
        """Wait until it was read who talks to whom, as far as that is under way."""
        if self._party_reads:
            await asyncio.wait(self._party_reads)

    def _assign_lines(self) -> None:
        """Note which lines the recordings are on of which that was not known."""
        for sid in list(self.state.unassigned):
            recording = self.state.recordings[sid].recording
            if recording is not None and (
                (lines := self.lines.of(self.parties.lookup(recording))) is not None
            ):
                self.state.assign_lines(sid, lines)
                # It may be held no more.
                self.reporter.forget_undone()
                self.hold_controller.async_line_known()

    def parties_of(self, recording: Recording | None) -> Parties | None:
        """Return who talks to whom, if that was read."""
        return None if recording is None else self.parties.lookup(recording)

    # What goes out.

    def snapshot(self) -> ProjectSnapshot:
        """Return what the entities show."""
        state = self.state
        recordings = {
            sid: tracked.recording
            for sid, tracked in state.recordings.items()
            if tracked.recording is not None
        }
        holds = state.hold_snapshots(self.clock.now())
        return ProjectSnapshot(
            recordings=recordings,
            uncertain=frozenset(
                sid
                for sid, tracked in state.recordings.items()
                if tracked.uncertain_since is not None
            ),
            unread=state.unread,
            slots=state.slots.occupants,
            parties=self.parties.lookup_all(recordings),
            pause_behavior=state.pause_behavior,
            pause_behaviors={
                sid: tracked.pause_behavior
                for sid, tracked in state.recordings.items()
                if tracked.pause_behavior is not None
            },
            hold=holds[None],
            lines=self._line_snapshots(holds) if self.lines else {},
            unassigned=len(state.unassigned),
            unresumed=sum(1 for _ in state.unresumed_sids()),
            today=self.totals.today,
            retention=self.retention.snapshot,
            copied=self.copies.progress,
        )

    def _line_snapshots(self, holds: Mapping[Scope, HoldSnapshot]) -> dict[str, LineSnapshot]:
        sids: dict[str, list[str]] = {line_id: [] for line_id in self.lines.ids}
        slots: dict[str, list[int]] = {line_id: [] for line_id in self.lines.ids}
        recordings = self.state.recordings
        statuses: dict[str, set[RecordingStatus | None]] = {
            line_id: set() for line_id in self.lines.ids
        }
        for sid, tracked in recordings.items():
            if not tracked.lines or tracked.recording is None:
                continue
            status = tracked.recording.status
            is_doubtful = tracked.is_paused and tracked.uncertain_since is not None
            for line_id in tracked.lines:
                sids[line_id].append(sid)
                statuses[line_id].add(None if is_doubtful else status)
        for number, seated in self.state.slots.occupants.items():
            if seated is not None and (sitting := recordings.get(seated)) is not None:
                for line_id in sitting.lines or ():
                    slots[line_id].append(number)
        return {
            line.id: LineSnapshot(
                name=line.name,
                sids=tuple(sids[line.id]),
                statuses=frozenset(statuses[line.id]),
                slots=tuple(slots[line.id]),
                hold=holds[line.id],
            )
            for line in self.lines
        }

    @callback
    def async_forget_slot(self, number: int) -> bool:
        """Take an empty slot away; return whether it could be."""
        forgotten = self.state.slots.forget(number)
        if forgotten:
            self.state.is_dirty = True
            self.async_process()
        return forgotten
