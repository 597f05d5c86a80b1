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
from .errors import (
    MalformedAnswerError,
    NoParentError,
    NotFoundError,
    NotTheServiceError,
    ServiceAnswerError,
)
from .models import Account, Call, Conference, Model, PhoneNumber, Recording, Transcription
from .pages import MAX_PAGE, Page, PageReader
from .parsing import format_date, parse_object
from .transport import RequestCounts, RetryPolicy, Transport

_BASE = "/api/laml/2010-04-01"
# The base of `next_page_uri` in a response recorded in 2018.
_OLD_BASE = "/2010-04-01"
_MAX_PAGES = 1000


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
        self._project = f"/api/projects/{quote(project_id, safe='')}"
        self._recordings = PageReader("recordings", Recording)
        self._calls = PageReader("calls", Call)
        self._transcriptions = PageReader("transcriptions", Transcription)
        self._conferences = PageReader("conferences", Conference)
        self._phone_numbers = PageReader("incoming_phone_numbers", PhoneNumber)

    @property
    def counts(self) -> RequestCounts:
        """Return how many requests, retries and failures there were so far."""
        return replace(self._transport.counts)

    def close(self) -> None:
        """Send nothing more: what is asked for from now on, or tried again, is a ClosedError."""
        self._transport.close()

    def service_time(self) -> datetime:
        """Return what the service's clock shows, as far as its last answer tells; UTC."""
        return self._transport.service_time()

    @property
    def last_date(self) -> datetime | None:
        """Return what the service's clock showed with its last answer, UTC; None before the first.

        Unlike `service_time` it takes nothing from the own clock, so it is never ahead because
        that one is.
        """
        return self._transport.last_date

    async def get_account(self) -> Account:
        """Return the project's account; needs the Management scope."""
        return await self._get(f"{self._account}.json", Account.from_body)

    async def is_protected(self) -> bool:
        """Return whether the project's audio takes its login; needs the Management scope.

        SignalWire's Projects API, `protect_recordings`.
        """
        return await self._get(self._project, _protection)

    async def set_protected(self, *, protected: bool) -> None:
        """Switch the protection of the project's audio; needs the Management scope.

        Whether the Projects API takes PATCH or PUT is not known: the second is tried where the
        first is refused for its method. Each is sent once; `is_protected` tells what came of it.
        """
        for method in ("PATCH", "PUT"):
            try:
                await self._transport.request(
                    method,
                    self._project,
                    lambda _body: None,
                    json={"protect_recordings": protected},
                    idempotent=False,
                )
            except (ServiceAnswerError, NotTheServiceError) as err:
                match err:
                    case NotTheServiceError() | ServiceAnswerError(status=404 | 405) if (
                        method == "PATCH"
                    ):
                        continue
                raise
            return

    async def get_recording(self, sid: str) -> Recording:
        """Return one recording as it is now."""
        return await self._get(
            f"{self._account}/Recordings/{_sid(sid)}.json", lambda body: _recording(body, sid)
        )

    async def get_transcriptions(self, sid: str) -> list[Transcription]:
        """Return the transcriptions of a recording, newest first; there may be none.

        They are read where `subresource_uris` of every recording says that they are.
        """
        found: list[Transcription] = []
        resource = f"Recordings/{_sid(sid)}/Transcriptions"
        async for page in self._pages(resource, {}, self._transcriptions):
            found += page.items
        return found

    async def get_call(self, sid: str) -> Call:
        """Return one call as it is now."""
        return await self._get(f"{self._account}/Calls/{_sid(sid)}.json", Call.from_body)

    async def get_conference(self, sid: str) -> Conference:
        """Return one conference as it is now."""
        return await self._get(
            f"{self._account}/Conferences/{_sid(sid)}.json", Conference.from_body
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

        Those that have ended and whose SIDs are in `finalized` are left out: they are the most by
        far in a long list. What is finalized once must stay so. With `read_ahead` the next page is
        on its way while one is worked on; for those who want all of them.
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
            None
            if finalized is None
            else lambda item: not (item.status.has_ended and item.sid in finalized),
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

    def pages_of_calls_in_progress(self) -> AsyncGenerator[Page[Call]]:
        """Yield the pages of the calls that are in progress, newest first."""
        query = {"Status": CallStatus.IN_PROGRESS, "PageSize": str(MAX_PAGE)}
        return self._pages("Calls", query, self._calls)

    async def iter_conferences(
        self,
        *,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        page_size: int = MAX_PAGE,
    ) -> AsyncIterator[Conference]:
        """Yield the conferences that fit, newest first, reading page after page as needed.

        The service compares days here, not times: the whole day of either date is yielded too.
        """
        query = {
            "DateCreated>": _day(created_after, -1),
            "DateCreated<": _day(created_before, 1),
            "PageSize": str(page_size),
        }
        async for page in self._pages("Conferences", query, self._conferences):
            for conference in page.items:
                yield conference

    def pages_of_conferences_in_progress(self) -> AsyncGenerator[Page[Conference]]:
        """Yield the pages of the conferences that are in progress, newest first."""
        query = {"Status": ConferenceStatus.IN_PROGRESS, "PageSize": str(MAX_PAGE)}
        return self._pages("Conferences", query, self._conferences)

    async def iter_phone_numbers(self) -> AsyncIterator[PhoneNumber]:
        """Yield the project's telephone numbers (IncomingPhoneNumbers), newest first."""
        query = {"PageSize": str(MAX_PAGE)}
        async for page in self._pages("IncomingPhoneNumbers", query, self._phone_numbers):
            for number in page.items:
                yield number

    @asynccontextmanager
    async def recording_audio(
        self, sid: str, audio_format: AudioFormat, byte_range: str | None = None
    ) -> AsyncIterator[RecordingAudio]:
        """Open the audio of a recording that has ended, and close it at the end.

        `byte_range` is a Range header of one range. The login is sent only if the service asks for
        it, as it does for projects that protect their media, and never to the storage that it may
        redirect to. Endpoint "Retrieve a Recording", section "Public Access".
        """
        response, needed_login = await self._transport.open_media(
            f"{self._account}/Recordings/{_sid(sid)}.{audio_format}", audio_headers(byte_range)
        )
        try:
            yield RecordingAudio.from_response(response, audio_format, needed_login=needed_login)
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
        happened: look at the status that is returned. Where an answer holds no recording, that is
        read. Endpoints "Update a Recording" and "Update a Conference Recording".

        Raises NoParentError, before anything is sent, if it is of no call and no conference.
        """
        if not (parents := recording.parents):
            raise NoParentError("The recording came without call and conference")
        form = {"Status": status.value}
        if status is RecordingStatus.PAUSED and pause_behavior is not None:
            form["PauseBehavior"] = pause_behavior.value
        for number, (kind, parent) in enumerate(parents, 1):
            try:
                updated = await self._transport.request(
                    "POST",
                    f"{self._account}/{kind}/{_sid(parent)}/Recordings/{_sid(recording.sid)}.json",
                    lambda body: _recording_if_any(body, recording.sid),
                    form=form,
                    idempotent=True,
                    should_retry=should_retry,
                )
            except NotFoundError, NotTheServiceError:
                if number == len(parents):
                    raise
            else:
                break
        return updated or await self.get_recording(recording.sid)

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
        return await self._transport.request(
            "POST",
            f"{self._account}/Calls/{_sid(call_sid)}/Recordings.json",
            Recording.from_body,
            form=_without_none(form),
            idempotent=False,
        )

    async def delete_recording(self, sid: str) -> None:
        """Delete one recording with its audio; never tried twice."""
        await self._transport.request(
            "DELETE",
            f"{self._account}/Recordings/{_sid(sid)}.json",
            lambda _body: None,
            idempotent=False,
        )

    async def _get[ResultT](self, path: str, parse: Callable[[bytes], ResultT]) -> ResultT:
        return await self._transport.request("GET", path, parse, idempotent=True)

    async def _pages[ModelT: Model](
        self,
        resource: str,
        query: Mapping[str, str | None],
        reader: PageReader[ModelT],
        is_wanted: Callable[[ModelT], bool] | None = None,
        *,
        read_ahead: bool = False,
    ) -> AsyncGenerator[Page[ModelT]]:
        """Yield the pages of a list until the service names no further one.

        A list whose next page makes no sense, or that has no end, ends with a page that is not
        complete.
        """
        path: str | None = f"{self._account}/{resource}.json?{urlencode(_without_none(query))}"
        seen: set[str] = set()
        ahead: asyncio.Task[Page[ModelT]] | None = None

        def read(body: bytes) -> Page[ModelT]:
            return reader.read(body, is_wanted)

        try:
            while path is not None:
                seen.add(path)
                page = await (ahead or self._get(path, read))
                ahead = None
                path = None if page.next_uri is None else self._path_of(page.next_uri)
                if path in seen or len(seen) == _MAX_PAGES:
                    path = None
                if path is None and page.next_uri is not None:
                    page = replace(page, is_complete=False)
                if read_ahead and path is not None:
                    # Eager: the request goes out before this page is worked on.
                    ahead = asyncio.Task(self._get(path, read), eager_start=True)
                yield page
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    def _path_of(self, uri: str) -> str | None:
        """Return the path and query of a page on this origin, for either base; or None.

        Behind a gateway the service may know itself under another host, port or scheme. Only the
        configured origin is asked.
        """
        try:
            path = URL(uri, encoded=True).raw_path_qs
        except ValueError:
            return None
        if path.startswith(f"{_OLD_BASE}/"):
            path = f"{_BASE}{path.removeprefix(_OLD_BASE)}"
        return path if path.startswith(f"{self._account}/") else None


def _protection(body: bytes) -> bool:
    match parse_object(body).get("protect_recordings"):
        case bool() as protected:
            return protected
    raise MalformedAnswerError("The service does not say whether the audio is protected")


def _recording(body: bytes, sid: str) -> Recording:
    return _checked(Recording.from_body(body), sid)


def _recording_if_any(body: bytes, sid: str) -> Recording | None:
    """Return the recording, or None for an answer that holds none."""
    try:
        recording = Recording.from_body(body)
    except MalformedAnswerError:
        return None
    return _checked(recording, sid)


def _checked(recording: Recording, sid: str) -> Recording:
    if recording.sid != sid:
        raise MalformedAnswerError("The answer is about another recording")
    return recording


def _date(date: datetime | None) -> str | None:
    return None if date is None else format_date(date)


def _day(date: datetime | None, days: int) -> str | None:
    """Return the day in UTC, some days later, in the form that conferences are filtered by."""
    return None if date is None else f"{date.astimezone(UTC) + timedelta(days=days):%Y-%m-%d}"


def _sid(sid: str) -> str:
    return quote(sid, safe="")


def _without_none(fields: Mapping[str, str | None]) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items() if value is not None}
