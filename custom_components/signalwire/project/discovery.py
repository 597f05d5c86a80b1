"""Finds the active recordings of a project, in as few requests as it can."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Collection,
    Container,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nsmallest
from types import MappingProxyType

from homeassistant.util import dt as dt_util

from ..api import (
    AuthenticationError,
    Call,
    Conference,
    MalformedAnswerError,
    NotFoundError,
    Page,
    RateLimitedError,
    Recording,
    SignalWireClient,
    SignalWireError,
)
from ..const import LIST_OVERLAP, MANY_RECORDINGS, MAX_READS_AT_ONCE
from .clock import Clock
from .hold import PausedBy
from .observation import Interval, compare_dates

_LONG_RECORDING = timedelta(hours=1)
# At most so many recordings that a list shows too old are read alone in one refresh.
_MAX_STALE_READS = 50


@dataclass(frozen=True, slots=True)
class Batch:
    """Recordings that one response showed, and when; a list may lag behind."""

    recordings: Collection[Recording]
    interval: Interval
    is_listed: bool = True


@dataclass(slots=True, kw_only=True)
class RefreshResult:
    """What one refresh has read.

    `began` and `ended` are seconds of the event loop's clock; `is_full` says that everything that
    may be active was read, and `failure` why it was not, where it should have been. `batches` hold
    what was listed, whether still active or not; ended ones that are finalized may be left out.
    `read_alone` is what was read after that, one by one. `not_found` are known ones that the
    service said it does not have, `missed` those that could not be read. `unreadable` counts others
    that could not be read. `calls` and `conferences` were in progress, where they had to be listed.
    """

    began: float = 0.0
    ended: float = 0.0
    is_full: bool = False
    failure: SignalWireError | None = None
    batches: list[Batch] = field(default_factory=list)
    read_alone: list[Batch] = field(default_factory=list)
    not_found: dict[str, Interval] = field(default_factory=dict)
    missed: set[str] = field(default_factory=set)
    unreadable: int = 0
    calls: list[Call] = field(default_factory=list)
    conferences: list[Conference] = field(default_factory=list)
    # What to read alone, because its item could not be read.
    unreadable_sids: set[str] = field(default_factory=set)

    @property
    def recordings(self) -> dict[str, Recording]:
        """Return the recordings by SID, the newest reading of each."""
        batches = (*self.batches, *self.read_alone)
        return {one.sid: one for batch in batches for one in batch.recordings}

    def alone_first(self) -> Iterator[Batch]:
        """Yield the batches, those read alone first: a list may lag behind."""
        yield from self.read_alone
        yield from self.batches

    def add(self, page: Page[Recording], interval: Interval) -> None:
        """Add a page of a list."""
        self.batches.append(Batch(page.items, interval))
        self.unreadable += page.unreadable - len(page.unreadable_sids) + (not page.is_complete)
        self.unreadable_sids.update(page.unreadable_sids)


class Discovery:
    """Reads the list of recordings from where the last refresh left off.

    The list is ordered by creation and has no filter on the status. Recordings that are known to
    have ended never come back, so the refresh of a quiet project asks for the last minutes alone.
    A full refresh reads the whole `look_back`, and what calls and conferences in progress record
    that began before it. What could not be read is read again in each refresh until it can be. As
    long as the newest recordings can be listed, nothing else that fails keeps them back.
    """

    def __init__(self, client: SignalWireClient, clock: Clock, look_back: timedelta) -> None:
        self._client = client
        self._clock = clock
        self._look_back = look_back
        # The service's time up to which every recording has been seen.
        self._seen_until: datetime | None = None
        # Items that could not be read, with when they were found and how often they were missing.
        self._unreadable: dict[str, tuple[float, int]] = {}
        self._reads = asyncio.Semaphore(MAX_READS_AT_ONCE)

    async def async_read(
        self,
        known: Mapping[str, Recording | None],
        also_since: datetime | None = None,
        finalized: Container[str] = frozenset(),
        *,
        full: bool = False,
        restored: Mapping[str, PausedBy] = MappingProxyType({}),
    ) -> RefreshResult:
        """Return what the service shows of new and of known active recordings.

        `known` are the active recordings by SID, None where only the SID is known. What was
        created since `also_since` is shown again, as far as that takes no further request. Of
        recordings that have ended, nothing is wanted of those that are `finalized`. `restored` are
        those whose pause owner is known from the file alone. A stale list must not refute that: a
        person's are read alone, and the hold's where they are listed as recording.
        Raises SignalWireError; the next call then reads again all that this one was to read.
        """
        began, now = self._client.service_time(), dt_util.utcnow()
        result = RefreshResult(began=self._clock.now())
        unwanted = _Unwanted(finalized, known)
        if self._seen_until is None or full:
            await self._async_read_all(result, began - self._look_back, unwanted)
            result.is_full = result.failure is None
        else:
            await self._async_read_on(
                result,
                self._seen_until - LIST_OVERLAP,
                known,
                also_since,
                unwanted,
            )
        if len(known) > MANY_RECORDINGS:
            # In between everything else has its turn.
            await asyncio.sleep(0)
        await self._async_read_rest(known, restored, result)
        if not result.unreadable:
            # A later answer may have shown that the service's clock is not where it was thought;
            # and one that is ahead, such as a gateway's, must not hide what is new.
            self._seen_until = min(began, self._client.service_time(), now)
        result.unreadable += len(self._unreadable.keys() - known.keys())
        result.ended = self._clock.now()
        return result

    async def _async_read_all(
        self, result: RefreshResult, since: datetime, unwanted: Container[str]
    ) -> None:
        """List the whole look-back, and what older calls and conferences record.

        Once the newest recordings are listed, what fails becomes the result's `failure`.
        """
        with _noted_as_failure(result):
            async for page, interval in self._timed(
                self._client.recording_pages(
                    created_after=since, finalized=unwanted, read_ahead=True
                )
            ):
                result.add(page, interval)
        if result.failure is not None and not result.batches:
            raise result.failure
        with _noted_as_failure(result):
            async for calls in self._client.pages_of_calls_in_progress():
                result.calls += calls.items
                _require_whole(calls)
        with _noted_as_failure(result):
            async for conferences in self._client.pages_of_conferences_in_progress():
                result.conferences += conferences.items
                _require_whole(conferences)
        older: list[dict[str, str]] = [
            {"call_sid": call.sid}
            for call in result.calls
            if call.start_time is None or call.start_time <= since
        ]
        older += [
            {"conference_sid": conference.sid}
            for conference in result.conferences
            if conference.start_time is None or conference.start_time <= since
        ]
        await _together(self._async_read_parent(parent, result) for parent in older)

    async def _async_read_parent(self, parent: Mapping[str, str], result: RefreshResult) -> None:
        async with self._reads:
            with _noted_as_failure(result):
                async for page, interval in self._timed(
                    self._client.recording_pages(
                        call_sid=parent.get("call_sid"), conference_sid=parent.get("conference_sid")
                    )
                ):
                    result.add(page, interval)

    async def _async_read_on(
        self,
        result: RefreshResult,
        since: datetime,
        known: Mapping[str, Recording | None],
        also_since: datetime | None,
        unwanted: Container[str],
    ) -> None:
        """List what is new, and as much more as is cheaper than to read known ones alone."""
        created = nsmallest(
            2,
            (
                recording.date_created
                for recording in known.values()
                if recording is not None and recording.date_created is not None
            ),
        )
        # One recording that runs for hours is read alone: its list would grow by the hour.
        if created and created[0] < since - _LONG_RECORDING:
            created = created[1:]
        oldest = created[0] - timedelta(seconds=1) if created else since
        unseen = set(known)
        start = min(oldest, since, also_since - timedelta(seconds=1) if also_since else since)
        pages = self._client.recording_pages(created_after=start, finalized=unwanted)
        async with aclosing(pages), aclosing(self._timed(pages)) as timed:
            async for page, interval in timed:
                result.add(page, interval)
                unseen.difference_update(recording.sid for recording in page.items)
                if (
                    page.reached is not None
                    and page.reached <= since
                    and len(unseen) <= len(result.batches)
                ):
                    break

    async def _async_read_rest(
        self,
        known: Mapping[str, Recording | None],
        restored: Mapping[str, PausedBy],
        result: RefreshResult,
    ) -> None:
        """Read alone what the list did not show, showed too old, or could not be read."""
        listed = result.recordings
        for sid in result.unreadable_sids - listed.keys():
            self._unreadable.setdefault(sid, (result.began, 0))
        for sid, (found, _) in list(self._unreadable.items()):
            if sid in listed or result.began - found > self._look_back.total_seconds():
                del self._unreadable[sid]
        stale = [
            sid
            for sid, recording in known.items()
            if recording is not None
            and (shown := listed.get(sid)) is not None
            and shown.status is not recording.status
            and not _is_newer(shown, recording)
        ]
        stale += [
            sid
            for sid, paused_by in restored.items()
            if sid in listed and (paused_by is PausedBy.PERSON or listed[sid].status.is_recording)
        ]
        alone = (known.keys() - listed.keys()) | self._unreadable.keys()
        alone.update(stale[:_MAX_STALE_READS])
        if alone:
            await _together(self._async_read_one(sid, known, result) for sid in alone)

    async def _timed(
        self, pages: AsyncIterator[Page[Recording]]
    ) -> AsyncGenerator[tuple[Page[Recording], Interval]]:
        """Yield each page with when it was asked for, at the earliest, and when it came."""
        sent = self._clock.now()
        async for page in pages:
            came = self._clock.now()
            yield page, Interval(sent, came)
            # One that is read ahead was asked for as soon as the one before it came.
            sent = came

    async def _async_read_one(self, sid: str, known: Container[str], result: RefreshResult) -> None:
        async with self._reads:
            sent = self._clock.now()
            try:
                recording = await self._client.get_recording(sid)
            except NotFoundError:
                result.not_found[sid] = Interval(sent, self._clock.now())
                found, missing = self._unreadable.get(sid, (sent, 0))
                if missing:
                    self._unreadable.pop(sid, None)
                elif sid in self._unreadable:
                    self._unreadable[sid] = found, 1
            except AuthenticationError, RateLimitedError:
                raise
            except SignalWireError:
                # One that cannot be read must not hide all the others.
                if sid in known:
                    result.missed.add(sid)
            else:
                interval = Interval(sent, self._clock.now())
                result.read_alone.append(Batch((recording,), interval, is_listed=False))
                self._unreadable.pop(sid, None)


@dataclass(frozen=True, slots=True)
class _Unwanted:
    """The finalized recordings without those that are still known as active."""

    finalized: Container[str]
    known: Container[str]

    def __contains__(self, sid: object) -> bool:
        return sid in self.finalized and sid not in self.known


@contextmanager
def _noted_as_failure(result: RefreshResult) -> Generator[None]:
    """Let what fails be the result's failure, unless no request is to be sent for now."""
    try:
        yield
    except RateLimitedError:
        raise
    except SignalWireError as err:
        result.failure = err


def _require_whole(page: Page[Call] | Page[Conference]) -> None:
    if not page.is_whole:
        raise MalformedAnswerError("Not all calls and conferences could be read")


def _is_newer(listed: Recording, known: Recording) -> bool:
    """Return whether a listed recording is newer than what is known, as far as dates tell."""
    order = compare_dates(listed.date_updated, known.date_updated)
    return order is None or order > 0


async def _together(reads: Iterable[Coroutine[None, None, None]]) -> None:
    """Await all of them; end the rest and raise the first error if one fails."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for read in reads:
                tasks.create_task(read)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
