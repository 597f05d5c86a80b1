"""The async client of SignalWire's Compatibility API."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Container, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from .audio import AudioFormat, RecordingAudio, audio_headers
from .enums import (
    CallStatus,
    ConferenceStatus,
    PauseBehavior,
    RecordingChannels,
    RecordingStatus,
    RecordingTrack,
    RecordingTrim,
)
from .errors import MalformedAnswerError
from .models import Account, Call, Conference, Page, Recording
from .pages import MAX_PAGE, PageReader
from .parsing import JsonObject, format_date, parse_text
from .transport import RequestCounts, RetryPolicy, Transport

_BASE = "/api/laml/2010-04-01"
# The base of `next_page_uri` in a response recorded in 2018.
_OLD_BASE = "/2010-04-01"
_MAX_PAGES = 1000
_ENDED = frozenset(status.value for status in RecordingStatus if status.has_ended)


class SignalWireClient:
    """Reads and changes the recordings of one project.

    Every method raises SignalWireError, and of it the subclass that says what went wrong. The
    session stays the caller's, and is closed by it; `space` is an origin from `parse_space`.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        space: URL,
        project_id: str,
        api_token: str,
        *,
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        self._transport = Transport(
            session, space, project_id, api_token, retry_policy or RetryPolicy()
        )
        self._account = f"{_BASE}/Accounts/{quote(project_id, safe='')}"
        self._recordings = PageReader("recordings", Recording.from_json)
        self._calls = PageReader("calls", Call.from_json)
        self._conferences = PageReader("conferences", Conference.from_json)

    @property
    def counts(self) -> RequestCounts:
        """Return how many requests, retries and failures there were so far."""
        return replace(self._transport.counts)

    def service_time(self) -> datetime:
        """Return what the service's clock shows, as far as its last answer tells; UTC."""
        return self._transport.service_time()

    async def get_account(self) -> Account:
        """Return the project's account; needs the Management scope."""
        return Account.from_json(await self._read(f"{self._account}.json"))

    async def get_recording(self, sid: str) -> Recording:
        """Return one recording as it is now."""
        recording = Recording.from_json(
            await self._read(f"{self._account}/Recordings/{_sid(sid)}.json")
        )
        if recording.sid != sid:
            raise MalformedAnswerError("The answer is about another recording")
        return recording

    async def get_call(self, sid: str) -> Call:
        """Return one call as it is now."""
        return Call.from_json(await self._read(f"{self._account}/Calls/{_sid(sid)}.json"))

    async def get_conference(self, sid: str) -> Conference:
        """Return one conference as it is now."""
        return Conference.from_json(
            await self._read(f"{self._account}/Conferences/{_sid(sid)}.json")
        )

    def recording_pages(
        self,
        *,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        call_sid: str | None = None,
        conference_sid: str | None = None,
        page_size: int = MAX_PAGE,
        finalized: Container[str] | None = None,
        read_ahead: bool = False,
    ) -> AsyncGenerator[Page[Recording]]:
        """Yield the pages of the recordings that fit, newest first.

        Those that have ended and whose SIDs are in `finalized` are skipped, and not even parsed:
        they are the most by far in a long list. What is finalized once must stay so. With
        `read_ahead` the next page is on its way while one is worked on; for those who want all of
        them.
        """
        return self._pages(
            "Recordings",
            {
                "DateCreated>": _date(created_after),
                "DateCreated<": _date(created_before),
                "CallSid": call_sid,
                "ConferenceSid": conference_sid,
                "PageSize": str(page_size),
            },
            self._recordings,
            None if finalized is None else lambda item: not _is_finalized(item, finalized),
            read_ahead=read_ahead,
        )

    async def list_recordings(
        self,
        *,
        limit: int,
        statuses: Collection[RecordingStatus] | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        call_sid: str | None = None,
        conference_sid: str | None = None,
    ) -> list[Recording]:
        """Return at most `limit` of the recordings that fit, newest first.

        The service has no filter on the status, so `statuses` are picked out here.
        """
        recordings: list[Recording] = []
        if limit <= 0:
            return recordings
        async with aclosing(
            self.recording_pages(
                created_after=created_after,
                created_before=created_before,
                call_sid=call_sid,
                conference_sid=conference_sid,
                page_size=min(limit, MAX_PAGE) if statuses is None else MAX_PAGE,
                read_ahead=limit > MAX_PAGE,
            )
        ) as pages:
            async for page in pages:
                recordings += (
                    page.items
                    if statuses is None
                    else [recording for recording in page.items if recording.status in statuses]
                )
                if len(recordings) >= limit:
                    break
        return recordings[:limit]

    async def iter_calls(
        self,
        *,
        status: CallStatus | None = None,
        started_after: datetime | None = None,
        started_before: datetime | None = None,
        page_size: int = MAX_PAGE,
    ) -> AsyncIterator[Call]:
        """Yield the calls that fit, newest first, reading page after page as needed."""
        query = {
            "Status": status,
            "StartTime>": _date(started_after),
            "StartTime<": _date(started_before),
            "PageSize": str(page_size),
        }
        async for page in self._pages("Calls", query, self._calls):
            for call in page.items:
                yield call

    async def iter_conferences(
        self,
        *,
        status: ConferenceStatus | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        page_size: int = MAX_PAGE,
    ) -> AsyncIterator[Conference]:
        """Yield the conferences that fit, newest first, reading page after page as needed.

        The service compares days here, not times: the whole day of either date is yielded too.
        """
        query = {
            "Status": status,
            "DateCreated>": _day(created_after, -1),
            "DateCreated<": _day(created_before, 1),
            "PageSize": str(page_size),
        }
        async for page in self._pages("Conferences", query, self._conferences):
            for conference in page.items:
                yield conference

    @asynccontextmanager
    async def recording_audio(
        self, sid: str, audio_format: AudioFormat, byte_range: str | None = None
    ) -> AsyncIterator[RecordingAudio]:
        """Open the audio of a recording that has ended, and close it at the end.

        `byte_range` is a Range header of one range. The service asks for no login here, so none
        is sent: neither to it nor to the storage that it may redirect to. Endpoint "Retrieve a
        Recording", section "Public Access".
        """
        response = await self._transport.open_public(
            f"{self._account}/Recordings/{_sid(sid)}.{audio_format}", audio_headers(byte_range)
        )
        try:
            yield RecordingAudio.from_response(response, audio_format)
        finally:
            response.close()

    async def update_recording(
        self,
        recording: Recording,
        status: RecordingStatus,
        pause_behavior: PauseBehavior | None = None,
        *,
        should_retry: Callable[[], bool] = lambda: True,
    ) -> Recording:
        """Pause, resume or stop a call's or a conference's recording; return what came of it.

        `status` is `paused`, `in-progress` or `stopped`; it is tried again only as long as
        `should_retry`. An HTTP 200 does not prove that it
        happened: look at the status that is returned. Endpoints "Update a Recording" and
        "Update a Conference Recording".
        """
        if recording.call_sid is not None:
            parent = f"Calls/{_sid(recording.call_sid)}"
        elif recording.conference_sid is not None:
            parent = f"Conferences/{_sid(recording.conference_sid)}"
        else:
            raise MalformedAnswerError("The recording came without call and conference")
        form = {"Status": status.value}
        if status is RecordingStatus.PAUSED and pause_behavior is not None:
            form["PauseBehavior"] = pause_behavior.value
        answer = await self._transport.request(
            "POST",
            f"{self._account}/{parent}/Recordings/{_sid(recording.sid)}.json",
            form=form,
            idempotent=True,
            should_retry=should_retry,
        )
        updated = Recording.from_json(_content(answer))
        if updated.sid != recording.sid:
            raise MalformedAnswerError("The answer is about another recording")
        return updated

    async def start_recording(
        self,
        call_sid: str,
        *,
        channels: RecordingChannels | None = None,
        track: RecordingTrack | None = None,
        trim: RecordingTrim | None = None,
        callback_url: str | None = None,
        callback_events: Collection[RecordingStatus] = (),
    ) -> Recording:
        """Start to record a call and return the recording; never tried twice."""
        form = {
            "RecordingChannels": channels,
            "RecordingTrack": track,
            "Trim": trim,
            "RecordingStatusCallback": callback_url,
            "RecordingStatusCallbackEvent": " ".join(callback_events) or None,
        }
        answer = await self._transport.request(
            "POST",
            f"{self._account}/Calls/{_sid(call_sid)}/Recordings.json",
            form=_without_none(form),
            idempotent=False,
        )
        return Recording.from_json(_content(answer))

    async def delete_recording(self, sid: str) -> None:
        """Delete one recording with its audio; never tried twice."""
        await self._transport.request(
            "DELETE", f"{self._account}/Recordings/{_sid(sid)}.json", idempotent=False
        )

    async def _read(self, path: str) -> JsonObject:
        return _content(await self._transport.request("GET", path, idempotent=True))

    async def _pages[ModelT](
        self,
        resource: str,
        query: Mapping[str, str | None],
        reader: PageReader[ModelT],
        is_wanted: Callable[[JsonObject], bool] | None = None,
        *,
        read_ahead: bool = False,
    ) -> AsyncGenerator[Page[ModelT]]:
        """Yield the pages of a list until the service names no further one."""
        path: str | None = f"{self._account}/{resource}.json?{urlencode(_without_none(query))}"
        seen: set[str] = set()
        ahead: asyncio.Task[JsonObject] | None = None
        try:
            while path is not None:
                if path in seen or len(seen) == _MAX_PAGES:
                    raise MalformedAnswerError("The pages of the list have no end")
                seen.add(path)
                data = await (ahead or self._read(path))
                ahead, path = None, self._next_page(data)
                if read_ahead and path is not None and path not in seen:
                    # Eager: the request goes out before this page is worked on.
                    ahead = asyncio.Task(self._read(path), eager_start=True)
                page = reader.read(data, is_wanted)
                empty = not (page.items or page.passed_over or page.unreadable)
                if path is not None and empty:
                    raise MalformedAnswerError(
                        "A page of the list is empty and names a further one"
                    )
                yield page
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    def _next_page(self, data: JsonObject) -> str | None:
        """Return the path of the page that follows, with its query."""
        uri = parse_text(data.get("next_page_uri"))
        return None if uri is None else self._path_of(uri)

    def _path_of(self, uri: str) -> str:
        """Return the path and query of a page on this origin, for either base."""
        try:
            url = self._transport.origin.join(URL(uri, encoded=True))
        except ValueError:
            raise MalformedAnswerError("The next page of the list has no address") from None
        if url.origin() != self._transport.origin:
            raise MalformedAnswerError("The next page of the list is on another host")
        path = url.raw_path_qs
        if path.startswith(f"{_OLD_BASE}/"):
            path = f"{_BASE}{path.removeprefix(_OLD_BASE)}"
        if not path.startswith(f"{self._account}/"):
            raise MalformedAnswerError("The next page of the list is not the project's")
        return path


def _is_finalized(item: JsonObject, finalized: Container[str]) -> bool:
    sid, status = item.get("sid"), item.get("status")
    # What is no text is for the parser to judge.
    return (
        isinstance(sid, str) and isinstance(status, str) and status in _ENDED and sid in finalized
    )


def _content(answer: JsonObject | None) -> JsonObject:
    if answer is None:
        raise MalformedAnswerError("The answer is empty")
    return answer


def _date(date: datetime | None) -> str | None:
    return None if date is None else format_date(date)


def _day(date: datetime | None, days: int) -> str | None:
    """Return the day in UTC, some days later, in the form that conferences are filtered by."""
    return None if date is None else f"{date.astimezone(UTC) + timedelta(days=days):%Y-%m-%d}"


def _sid(sid: str) -> str:
    return quote(sid, safe="")


def _without_none(fields: Mapping[str, str | None]) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items() if value is not None}
