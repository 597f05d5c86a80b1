"""Deletes recordings that are older than they are to be kept: once a day, oldest first."""

import asyncio
from collections.abc import Callable, Container, Iterable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..api import MAX_PAGE, MalformedAnswerError, NotFoundError, Recording, SignalWireError
from ..const import LOGGER
from ..errors import operation_error, validation_error
from .deletion import BeingDeletedError, KeptError, UncertainDeletionError
from .entry_file import NotWrittenError
from .retention_rule import Due, RetentionPolicy, RetentionSnapshot, require_complete
from .retention_store import RetentionStore
from .updates import Actor

if TYPE_CHECKING:
    from .project import Project

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# How often it is looked whether a new day has begun.
_INTERVAL = timedelta(hours=1)
# Seconds between two deletions.
PAUSE = 1.0
_TOLD_AFTER_DAYS = 3
# After so many failures in a row, the service is left alone until the next day.
MAX_FAILURES = 5
# Of a page of recordings, all calls of its time are looked through.
_ALL_CALLS = 1_000_000


class Retention:
    """Deletes what is due, slowly, and knows what is marked to be kept.

    A recording is due once it has been over for longer than it is to be kept, by the service's
    clock and by the own one: one that jumps ahead makes nothing due. It is read again just before,
    and what is about to be deleted is written down: so it is told of all the same after a restart,
    or if the answer is lost.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._settings = project.settings
        self._store = RetentionStore(project.hass, project.entry)
        self._due: int | None = None
        # Whether how many are due may have changed since it was looked.
        self._is_stale = True
        self._marking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._remove_interval: Callable[[], None] | None = None

    # Life.

    async def async_load(self) -> None:
        """Bring back what was stored."""
        await self._store.async_load(self._settings.retention_confirmed_at)

    @callback
    def async_start(self) -> None:
        """Begin with what is due, if a person has confirmed that it is to be deleted."""
        if self.is_lost:
            self._project.issues.async_report_marks_lost()
        elif self._settings.retention.shortest is None:
            return
        elif not self._settings.is_retention_confirmed:
            self._project.issues.async_report_retention_unconfirmed()
        else:
            self._remove_interval = async_track_time_interval(
                self._project.hass, self._async_begin, _INTERVAL, cancel_on_shutdown=True
            )
            self._async_begin()

    @callback
    def async_cancel(self) -> None:
        """Send no deletion any more."""
        if self._remove_interval is not None:
            self._remove_interval()
            self._remove_interval = None
        if self._task is not None:
            self._task.cancel()

    async def async_stop(self) -> None:
        """Delete nothing more, and write what is to be kept."""
        self.async_cancel()
        if self._task is not None:
            await asyncio.wait([self._task])
        await self._store.async_stop()

    @property
    def is_lost(self) -> bool:
        """Return whether the marks were lost since a person has confirmed the policy, if ever."""
        return self._store.record.lost_for == (self._settings.retention_confirmed_at or "")

    # What is marked to be kept.

    @property
    def kept(self) -> Container[str]:
        """Return the SIDs of the recordings that are marked to be kept."""
        return self._store.record.kept.keys()

    async def async_keep(self, sid: str, *, keep: bool) -> None:
        """Mark a recording to be kept, or take the mark off; returns once that is stored.

        Raises ServiceValidationError if there is no such recording or it is being deleted,
        HomeAssistantError if the mark could not be stored, or the recording not be read.
        """
        self._project.require_running()
        # One by one, so that none undoes what another has answered.
        async with self._marking:
            if keep:
                await self._async_mark(sid)
            else:
                self._store.record.kept.pop(sid, None)
            self._is_stale = True
            try:
                await self._store.async_flush()
            except NotWrittenError:
                raise operation_error("mark_not_stored") from None
        if self._remove_interval is not None:
            self._async_begin()

    async def _async_mark(self, sid: str) -> None:
        kept = self._store.record.kept
        if self._project.deletions.is_under_way(sid):
            raise validation_error("being_deleted")
        if sid in kept:
            return
        # First, so that it is not deleted meanwhile.
        kept[sid] = None
        try:
            await self._project.commands.async_read(sid)
        except BaseException:
            kept.pop(sid, None)
            raise

    @callback
    def async_note_deleted(self, sid: str) -> None:
        """Note that a recording was deleted, whoever did it."""
        record = self._store.record
        record.last_deletion = dt_util.utcnow()
        record.failures.pop(sid, None)
        self._store.async_schedule()

    # What is due.

    @property
    def snapshot(self) -> RetentionSnapshot:
        """Return what the entities show."""
        return RetentionSnapshot(due=self._due, last_deletion=self._store.record.last_deletion)

    async def async_count_due(self, policy: RetentionPolicy) -> Due:
        """Return what is due by a policy; raises SignalWireError.

        Takes a request for every thousand recordings that are as old, and where their lines
        matter, one for every thousand calls of their time.
        """
        await self._async_ask_for_time()
        return await self._async_find_due(policy)

    async def async_now(self) -> datetime:
        """Return the earlier of what both clocks show now; raises SignalWireError."""
        await self._async_ask_for_time()
        return self._now()

    async def _async_ask_for_time(self) -> None:
        # It comes with any answer, such as a list with nothing in it.
        await self._project.client.list_recordings(limit=1, created_before=_LONG_AGO)

    async def _async_find_due(self, policy: RetentionPolicy) -> Due:
        client = self._project.client
        due = Due(limit=self._settings.deletions_a_day)
        if (shortest := policy.shortest) is None:
            return due
        now = self._now()
        pages = client.recording_pages(created_before=now - shortest, page_size=MAX_PAGE)
        async with aclosing(pages):
            async for page in pages:
                require_complete(page)
                await self._async_count(page.items, policy, now, due)
        return due

    async def _async_count(
        self, recordings: tuple[Recording, ...], policy: RetentionPolicy, now: datetime, due: Due
    ) -> None:
        await self._async_learn_lines(recordings, policy)
        for recording in recordings:
            if recording.sid in self.kept or not self._is_due(recording, policy, now):
                continue
            due.add(
                recording,
                is_awaited=self._project.copies.is_awaited(recording),
                has_failed=recording.sid in self._store.record.failures,
            )

    async def _async_learn_lines(
        self, recordings: Iterable[Recording], policy: RetentionPolicy
    ) -> None:
        """Read who talks to whom, where that decides; raises SignalWireError."""
        if policy.depends_on_lines:
            await self._project.library.async_parties(recordings, most_calls=_ALL_CALLS)

    def _now(self) -> datetime:
        """Return the earlier of what both clocks show.

        Of the service's, that is what it showed with its last answer. Raises MalformedAnswerError
        if it never said.
        """
        if (service := self._project.client.last_date) is None:
            raise MalformedAnswerError("The service does not say what time it is")
        return min(service, dt_util.utcnow())

    def _is_due(self, recording: Recording, policy: RetentionPolicy, now: datetime) -> bool:
        if recording.sid in self._project.state.recordings:
            # What is known to be active is not over, whatever a list says.
            return False
        lines: frozenset[str] | None = frozenset()
        if policy.depends_on_lines:
            lines = self._project.lines.of(self._project.library.known_parties(recording))
        return policy.is_due(recording, lines, now)

    # The day's work.

    @callback
    def _async_begin(self, _: datetime | None = None) -> None:
        if self._task is None or self._task.done():
            self._task = self._project.hass.async_create_background_task(
                self._async_run(), "signalwire retention"
            )

    async def _async_run(self) -> None:
        """Do what is left of the day, and leave what goes wrong for the next one."""
        record = self._store.record
        if record.is_done and record.day == _day(dt_util.utcnow()) and not self._is_stale:
            return
        await self._project.copies.async_wait_for_scan()
        is_open, reason = False, None
        try:
            is_open = await self._async_begin_day()
            if not (is_open or self._is_stale):
                return
            await self._async_settle()
            due = await self._async_find_due(self._settings.retention)
            self._is_stale = False
            self._show(due.number)
            record.failures = {
                sid: record.failures[sid] for sid in due.failed if sid in record.failures
            }
            if is_open:
                reason = await self._async_delete_all(due.in_order)
                record.failed_days, record.failed_on = 0, ""
        except (SignalWireError, NotWrittenError) as err:
            is_written = isinstance(err, SignalWireError)
            reason = str(err if is_written else operation_error("mark_not_stored"))
            LOGGER.debug("Nothing more is deleted today: %s", reason)
            record.note_failed_day(_day(dt_util.utcnow()))
        record.is_done = record.is_done or is_open
        self._store.async_schedule()
        self._report(reason)

    async def _async_begin_day(self) -> bool:
        """Begin the day that it is by both clocks; return whether anything is left to do on it."""
        await self._async_ask_for_time()
        days = sorted(
            _day(clock) for clock in (dt_util.utcnow(), self._project.client.last_date) if clock
        )
        return self._store.record.begin(days[0], days[-1])

    async def _async_settle(self) -> None:
        """Find out what became of deletions whose outcome is not known, and tell of it."""
        record, deletions = self._store.record, self._project.deletions
        for sid in list(record.in_flight):
            try:
                if await deletions.async_is_gone(sid):
                    deletions.report(sid, None, Actor.RETENTION)
            except UncertainDeletionError:
                continue
            del record.in_flight[sid]

    async def _async_delete_all(self, sids: list[str]) -> str | None:
        """Delete one after the other, as many as are left for today; return what went wrong.

        Raises NotWrittenError.
        """
        record = self._store.record
        reason: str | None = None
        failures = 0
        for sid in sids:
            if record.sent >= self._settings.deletions_a_day or failures == MAX_FAILURES:
                break
            if record.failed_today(sid):
                continue
            try:
                await self._async_delete_if_due(sid)
            except (SignalWireError, UncertainDeletionError) as err:
                LOGGER.debug("A recording could not be deleted: %s", err)
                record.note_failure(sid)
                reason = str(err)
                failures += 1
            else:
                failures = 0
            await asyncio.sleep(PAUSE)
        return reason

    async def _async_delete_if_due(self, sid: str) -> None:
        """Delete a recording if it is due as it is now, by clocks that were just looked at.

        Raises NotWrittenError; SignalWireError if it is still there; UncertainDeletionError, and
        then it stays in flight.
        """
        record, policy = self._store.record, self._settings.retention
        try:
            # With it comes the time of the service.
            recording = await self._project.client.get_recording(sid)
        except NotFoundError:
            # Somebody else has deleted it.
            self._show_one_less()
            return
        await self._async_learn_lines([recording], policy)
        if sid in self.kept or not self._is_due(recording, policy, self._now()):
            return
        if not await self._project.copies.async_is_safe(recording):
            return
        record.sent += 1
        record.in_flight[sid] = None
        try:
            await self._store.async_flush()
            await self._project.deletions.async_delete(recording, Actor.RETENTION)
        except KeptError, BeingDeletedError:
            # By a person, while that was written.
            pass
        except NotWrittenError, SignalWireError:
            del record.in_flight[sid]
            raise
        else:
            self._show_one_less()
        del record.in_flight[sid]

    def _show_one_less(self) -> None:
        self._show(max(0, (self._due or 0) - 1))

    def _show(self, due: int) -> None:
        self._due = due
        self._project.async_publish()

    def _report(self, reason: str | None) -> None:
        """Tell of what has failed for days, or that it does not any more."""
        if self._store.record.most_failed_days < _TOLD_AFTER_DAYS:
            self._project.issues.async_clear_deletion_failed()
        elif reason is not None:
            self._project.issues.async_report_deletion_failed(reason)


def _day(moment: datetime) -> str:
    """Return the day on which that is, where Home Assistant is (ISO 8601)."""
    return dt_util.as_local(moment).date().isoformat()
