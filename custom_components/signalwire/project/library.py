"""Past recordings: read when somebody browses them, in pieces of a bounded size."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from homeassistant.util.limited_size_dict import LimitedSizeDict

from ..api import (
    MAX_PAGE,
    AudioFormat,
    NotFoundError,
    Recording,
    RecordingAudio,
    SignalWireClient,
    UnavailableError,
)
from .parties import Parties, PartyCache

_SECOND = timedelta(seconds=1)
# A call may begin well before its recording does.
_MAX_LEAD = timedelta(hours=6)
# So many calls are read one by one; for more of them the list is cheaper.
_FEW = 4
MAX_SINGLE_READS = 10
_MAX_KEPT = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a list goes on: at the recordings of this second, of which some were shown before."""

    second: datetime
    shown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Some recordings, newest first; `further` is where older ones follow, if they do."""

    recordings: list[Recording]
    further: Cursor | None = None


def created(recording: Recording) -> datetime | None:
    """Return when the recording was created, by which the service orders its list."""
    return recording.date_created or recording.start_time


class StillActiveError(NotFoundError):
    """The recording has not ended yet, so that there is no audio of it."""


class RecordingLibrary:
    """Reads the past recordings of one project.

    What is read is not kept, but for the parties of calls, which never change, and the SIDs
    of recordings that can be played, which prove that they are the project's.
    """

    def __init__(self, client: SignalWireClient) -> None:
        self._client = client
        self._parties = PartyCache(client)
        self._playable = LimitedSizeDict[str, None](size_limit=_MAX_KEPT)
        self._streams: set[RecordingAudio] = set()
        self._closed = False

    @property
    def listeners(self) -> int:
        """Return how many recordings are being listened to."""
        return len(self._streams)

    async def async_list(
        self,
        limit: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: Cursor | None = None,
        call_sid: str | None = None,
        conference_sid: str | None = None,
    ) -> Listing:
        """Return at most `limit` recordings that were created from `since` to before `until`.

        One request. Raises SignalWireError.
        """
        if cursor is not None:
            until = cursor.second + _SECOND
        # Whether its limits are part of what they limit, the service does not say.
        pages = self._client.recording_pages(
            created_after=None if since is None else since - _SECOND,
            created_before=until,
            call_sid=call_sid,
            conference_sid=conference_sid,
            page_size=min(limit + (cursor.shown if cursor else 0) + 1, MAX_PAGE),
        )
        page = await anext(aiter(pages))
        found = [
            recording
            for recording in page.items
            if (date := created(recording)) is None
            or ((since is None or date >= since) and (until is None or date < until))
        ]
        if cursor is not None:
            found = _without_shown(found, cursor)
        shown = found[:limit]
        self._remember(shown)
        further = None
        if len(found) > limit or (not page.is_last and _reaches(page.items, since)):
            further = _cursor_after(shown, cursor)
        return Listing(recordings=shown, further=further)

    async def async_parties(
        self,
        recordings: Iterable[Recording],
        *,
        most_calls: int = MAX_PAGE,
        singly: bool = True,
    ) -> dict[str, Parties]:
        """Return who talks to whom, by the SID of the recording, as far as it can be found.

        Takes a few requests at most: the calls are read as a list where there are many, of which
        `most_calls` are looked through; what is still missing is read alone, unless `singly` is
        not wanted. Raises SignalWireError.
        """
        recordings = list(recordings)
        if len(self._parties) > _MAX_KEPT:
            self._parties.lookup_all({recording.sid: recording for recording in recordings})
        await self._async_learn_from_lists(recordings, most_calls, few=_FEW if singly else 0)
        if singly:
            missing = self._parties.unresolved(recordings)
            async for _ in self._parties.async_read(missing[:MAX_SINGLE_READS]):
                pass
        return {
            recording.sid: parties
            for recording in recordings
            if (parties := self._parties.lookup(recording)) is not None
        }

    def known_parties(self, recording: Recording) -> Parties | None:
        """Return who talks to whom, if that was read."""
        return self._parties.lookup(recording)

    async def _async_learn_from_lists(
        self, recordings: list[Recording], most_calls: int, *, few: int
    ) -> None:
        missing = self._parties.unresolved(recordings)
        calls = {recording.call_sid: recording for recording in missing if recording.call_sid}
        rooms = {
            recording.conference_sid: recording
            for recording in missing
            if recording.conference_sid and not recording.call_sid
        }
        if len(calls) > few and (span := _span(calls.values())):
            found = self._client.iter_calls(started_after=span[0], started_before=span[1])
            number = 0
            async for call in found:
                if call.sid in calls:
                    self._parties.add([call], [])
                number += 1
                if number == most_calls:
                    break
        if len(rooms) > few and (span := _span(rooms.values())):
            number = 0
            async for room in self._client.iter_conferences(
                created_after=span[0], created_before=span[1]
            ):
                if room.sid in rooms:
                    self._parties.add([], [room])
                number += 1
                if number == MAX_PAGE:
                    break

    async def async_recording(self, sid: str) -> Recording:
        """Read one recording of the project; raises NotFoundError if it has no such one."""
        recording = await self._client.get_recording(sid)
        self._remember([recording])
        return recording

    async def async_require_playable(self, sid: str) -> None:
        """Raise NotFoundError unless the project has this recording and it can be played.

        One request for a recording that was not seen before, none for others.
        """
        if sid in self._playable:
            return
        recording = await self.async_recording(sid)
        if recording.is_active:
            raise StillActiveError(404, message="The recording has not ended yet")
        if not recording.status.has_audio:
            raise NotFoundError(404, message="The recording has no audio")

    @asynccontextmanager
    async def async_audio(
        self, sid: str, audio_format: AudioFormat, byte_range: str | None
    ) -> AsyncIterator[RecordingAudio]:
        """Open the audio of a recording of the project; raises SignalWireError."""
        await self.async_require_playable(sid)
        async with self._client.recording_audio(sid, audio_format, byte_range) as audio:
            if self._closed:
                raise UnavailableError("The project is not loaded any more")
            self._streams.add(audio)
            try:
                yield audio
            finally:
                self._streams.discard(audio)

    def close(self) -> None:
        """Break off what is being listened to, and open nothing more."""
        self._closed = True
        for audio in self._streams:
            audio.close()

    def _remember(self, recordings: Iterable[Recording]) -> None:
        for recording in recordings:
            self._playable.pop(recording.sid, None)
            if recording.status.has_audio:
                self._playable[recording.sid] = None


def _reaches(recordings: Sequence[Recording], since: datetime | None) -> bool:
    """Return whether a page ends within the time that was asked for."""
    last = created(recordings[-1]) if recordings else None
    return since is None or last is None or last >= since


def _span(recordings: Iterable[Recording]) -> tuple[datetime, datetime] | None:
    """Return between which times the calls of these recordings began."""
    dates = [date for recording in recordings if (date := created(recording))]
    return (min(dates) - _MAX_LEAD, max(dates) + _SECOND) if dates else None


def _second_of(recording: Recording) -> datetime | None:
    date = created(recording)
    return None if date is None else date.replace(microsecond=0)


def _without_shown(recordings: list[Recording], cursor: Cursor) -> list[Recording]:
    """Leave out as many of the cursor's second as were shown before."""
    same = [recording for recording in recordings if _second_of(recording) == cursor.second]
    shown = {recording.sid for recording in same[: cursor.shown]}
    return [recording for recording in recordings if recording.sid not in shown]


def _cursor_after(shown: list[Recording], before: Cursor | None) -> Cursor | None:
    """Return where the list goes on behind those that were shown."""
    second = next((date for recording in reversed(shown) if (date := _second_of(recording))), None)
    if second is None:
        return None
    number = sum(_second_of(recording) == second for recording in shown)
    if before is not None and before.second == second:
        number += before.shown
    return Cursor(second=second, shown=number)
