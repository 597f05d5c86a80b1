"""Finds the active recordings of a project, in as few requests as it can."""

import asyncio
from collections.abc import Container, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from homeassistant.util import dt as dt_util

from ..api import (
    Call,
    CallStatus,
    Conference,
    ConferenceStatus,
    MalformedAnswerError,
    NotFoundError,
    Recording,
    SignalWireClient,
)
from ..const import LIST_OVERLAP, MAX_READS_AT_ONCE

_LONG_RECORDING = timedelta(hours=1)
_LONG_READING = 100


@dataclass(slots=True, kw_only=True)
class RefreshResult:
    """What one refresh has read.

    `recordings` are those that were listed or known before, whether still active or not; ended
    ones may be left out that are finalized.
    `gone` are the SIDs of known recordings that the service no longer has. `unreadable` counts
    what could not be read; a known recording among it is in neither. `calls` and `conferences`
    were in progress, where the refresh had to list them.
    """

    recordings: dict[str, Recording] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    unreadable: int = 0
    calls: list[Call] = field(default_factory=list)
    conferences: list[Conference] = field(default_factory=list)


class Discovery:
    """Reads the list of recordings from where the last refresh left off.

    The list is ordered by creation and has no filter on the status. Recordings that are known
    to have ended never come back, so a quiet project's refresh asks for the last minutes alone.
    """

    def __init__(self, client: SignalWireClient, look_back: timedelta) -> None:
        """Take the client and how far the first refresh looks back."""
        self._client = client
        self._look_back = look_back
        # The service's time up to which every recording has been seen.
        self._seen_until: datetime | None = None
        self._reads = asyncio.Semaphore(MAX_READS_AT_ONCE)

    async def async_read(
        self,
        known: Mapping[str, Recording | None],
        also_since: datetime | None = None,
        finalized: Container[str] = frozenset(),
    ) -> RefreshResult:
        """Return what the service shows of new and of known active recordings.

        `known` are the active recordings by SID, None where only the SID is known. What was
        created since `also_since` is shown again, as far as that takes no further request. Of
        recordings that have ended, nothing is wanted of those that are `finalized`.
        Raises SignalWireError; the next call then reads again all that this one was to read.
        """
        began, now = self._client.service_time(), dt_util.utcnow()
        if self._seen_until is None:
            reading = await self._async_first_read(began - self._look_back)
        else:
            reading = await self._async_read_on(
                self._seen_until - LIST_OVERLAP, known, also_since, _NotKnown(finalized, known)
            )
        unseen = known.keys() - reading.recordings.keys()
        if unseen:
            await _together(self._async_read_one(sid, reading) for sid in unseen)
        # A later answer may have shown that the service's clock is not where it was thought; and
        # one that is ahead, such as a gateway's, must not hide what is new.
        self._seen_until = min(began, self._client.service_time(), now)
        if len(reading.recordings) > _LONG_READING:
            # What comes of it is worked on next: in between everything else has its turn.
            await asyncio.sleep(0)
        return reading

    async def _async_first_read(self, since: datetime) -> RefreshResult:
        """List the whole look-back window, and what older calls that still go on record."""
        reading = RefreshResult()
        async for page in self._client.recording_pages(created_after=since, read_ahead=True):
            reading.recordings.update((recording.sid, recording) for recording in page.items)
            reading.unreadable += page.unreadable
        async for call in self._client.iter_calls(status=CallStatus.IN_PROGRESS):
            reading.calls.append(call)
        async for conference in self._client.iter_conferences(status=ConferenceStatus.IN_PROGRESS):
            reading.conferences.append(conference)
        older: list[dict[str, str]] = [
            {"call_sid": call.sid}
            for call in reading.calls
            if call.start_time is None or call.start_time <= since
        ]
        older += [
            {"conference_sid": conference.sid}
            for conference in reading.conferences
            if conference.start_time is None or conference.start_time <= since
        ]
        await _together(self._async_read_parent(parent, reading) for parent in older)
        return reading

    async def _async_read_parent(self, parent: Mapping[str, str], reading: RefreshResult) -> None:
        async with self._reads:
            async for page in self._client.recording_pages(
                call_sid=parent.get("call_sid"), conference_sid=parent.get("conference_sid")
            ):
                reading.recordings.update((recording.sid, recording) for recording in page.items)
                reading.unreadable += page.unreadable

    async def _async_read_on(
        self,
        since: datetime,
        known: Mapping[str, Recording | None],
        also_since: datetime | None,
        finalized: Container[str],
    ) -> RefreshResult:
        """List what is new, and as much more as is cheaper than to read known ones alone."""
        created = sorted(
            recording.date_created
            for recording in known.values()
            if recording is not None and recording.date_created is not None
        )
        # One recording that runs for hours is read alone: its list would grow by the hour.
        if created and created[0] < since - _LONG_RECORDING:
            created = created[1:]
        oldest = created[0] - timedelta(seconds=1) if created else since
        reading = RefreshResult()
        pages = 0
        start = min(oldest, since, also_since - timedelta(seconds=1) if also_since else since)
        async for page in self._client.recording_pages(created_after=start, finalized=finalized):
            pages += 1
            reading.recordings.update((recording.sid, recording) for recording in page.items)
            reading.unreadable += page.unreadable
            unseen = len(known.keys() - reading.recordings.keys())
            if page.reached is not None and page.reached <= since and unseen <= pages:
                break
        return reading

    async def _async_read_one(self, sid: str, reading: RefreshResult) -> None:
        async with self._reads:
            try:
                reading.recordings[sid] = await self._client.get_recording(sid)
            except NotFoundError:
                reading.gone.add(sid)
            except MalformedAnswerError:
                reading.unreadable += 1


@dataclass(frozen=True, slots=True)
class _NotKnown:
    """The finalized recordings but for those that are still taken for active."""

    finalized: Container[str]
    known: Container[str]

    def __contains__(self, sid: object) -> bool:
        return sid in self.finalized and sid not in self.known


async def _together(reads: Iterable[Coroutine[None, None, None]]) -> None:
    """Await all of them; end the rest and raise the first error if one fails."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for read in reads:
                tasks.create_task(read)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
