"""The service's endpoints, as the OpenAPI description of the Compatibility API has them."""

from base64 import b64decode
import binascii
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from hmac import compare_digest
import json

from aiohttp import web

from . import media
from .errors import ServiceError, invalid, not_found, string_array, unauthorized
from .models import BASE, CUT_OFF, Call, Conference, Json, Recording
from .paging import Item, creation_order, page_of
from .settings import Settings
from .space import Space

_OLD_BASE = "/2010-04-01"
# Schema SubresourceUris, which names them all; the second are null on the service.
_SUBRESOURCES = (
    *("available_phone_numbers", "applications", "calls", "conferences", "incoming_phone_numbers"),
    *("queues", "recordings", "messages", "transcriptions"),
)
_NO_SUBRESOURCES = (
    *("addresses", "authorized_connect_apps", "connect_apps", "keys", "notifications"),
    *("outgoing_caller_ids", "sandbox", "sip", "short_codes", "usage"),
)

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Service:
    """Answers for one project. An account that is not the project is answered with 404."""

    def __init__(self, settings: Settings, space: Space) -> None:
        self._settings = settings
        self._space = space
        self.streams = media.Streams()
        self._ordered: list[Recording] = []
        self._ordered_state = (0, "")

    def routes(self) -> Iterable[web.RouteDef]:
        """Return every endpoint, with and without `.json` behind its path."""
        account = "/Accounts/{account}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/Accounts", self.list_accounts),
            ("GET", "/Accounts/{account}", self.get_account),
            ("GET", f"{account}/Calls", self.list_calls),
            ("POST", f"{account}/Calls", self.start_call),
            ("GET", f"{account}/Calls/{{call}}", self.get_call),
            ("POST", f"{account}/Calls/{{call}}", self.update_call),
            ("GET", f"{account}/Calls/{{call}}/Recordings", self.list_recordings),
            ("POST", f"{account}/Calls/{{call}}/Recordings", self.start_recording),
            ("GET", f"{account}/Calls/{{call}}/Recordings/{{recording}}", self.get_recording),
            ("POST", f"{account}/Calls/{{call}}/Recordings/{{recording}}", self.update_recording),
            ("DELETE", f"{account}/Calls/{{call}}/Recordings/{{recording}}", self.delete_recording),
            ("GET", f"{account}/Conferences", self.list_conferences),
            ("GET", f"{account}/Conferences/{{conference}}", self.get_conference),
            ("GET", f"{account}/Conferences/{{conference}}/Recordings", self.list_recordings),
            (
                "GET",
                f"{account}/Conferences/{{conference}}/Recordings/{{recording}}",
                self.get_recording,
            ),
            (
                "POST",
                f"{account}/Conferences/{{conference}}/Recordings/{{recording}}",
                self.update_conference_recording,
            ),
            (
                "DELETE",
                f"{account}/Conferences/{{conference}}/Recordings/{{recording}}",
                self.delete_recording,
            ),
            ("GET", f"{account}/IncomingPhoneNumbers", self.list_phone_numbers),
            (
                "GET",
                f"{account}/Recordings/{{recording}}/Transcriptions",
                self.list_transcriptions,
            ),
            ("GET", f"{account}/Recordings", self.list_recordings),
            ("DELETE", f"{account}/Recordings/{{recording}}", self.delete_recording),
        ]
        for method in ("GET", "PATCH", "PUT"):
            # Only GET is documented; which of the others changes it is a guess, so both do.
            yield web.route(method, "/api/projects/{account}", self.project)
        for base in (BASE, _OLD_BASE):
            # Without `.json` one recording is its audio.
            yield web.get(f"{base}{account}/Recordings/{{recording}}.json", self.get_recording)
            yield web.get(f"{base}{account}/Recordings/{{recording}}", self.get_media)
            for method, path, handler in table:
                # First with, since a SID in the path would take the ending for a part of itself.
                yield web.route(method, f"{base}{path}.json", handler)
                yield web.route(method, f"{base}{path}", handler)

    # Accounts

    async def list_accounts(self, request: web.Request) -> web.Response:
        """Answer with a list of the one account."""
        self._authorize(request, "management")
        fields: Json = {"uri": f"{BASE}/Accounts", "first_page_uri": f"{BASE}/Accounts"}
        fields |= {"next_page_uri": None, "previous_page_uri": None, "page": 0, "page_size": 50}
        return web.json_response({**fields, "accounts": [self._account()]})

    async def get_account(self, request: web.Request) -> web.Response:
        """Answer with the account."""
        self._authorize(request, "management")
        return web.json_response(self._account())

    def _account(self) -> Json:
        settings = self._settings
        uri = f"{BASE}/Accounts/{settings.project}"
        created = "Sat, 15 Sep 2018 10:00:00 +0000"
        return {
            "sid": settings.project,
            "friendly_name": settings.space_name,
            "status": "active",
            "auth_token": "redacted",
            "date_created": created,
            "date_updated": created,
            "type": "Full",
            "owner_account_sid": settings.project,
            "region_preference": "us-east",
            "uri": uri,
            "subproject": False,
            "signing_key": settings.signing_key if settings.show_signing_key else None,
            "subresource_uris": {
                name: f"{uri}/{''.join(map(str.capitalize, name.split('_')))}.json"
                for name in _SUBRESOURCES
            }
            | dict.fromkeys(_NO_SUBRESOURCES),
        }

    async def project(self, request: web.Request) -> web.Response:
        """Answer with what the Projects API shows of the project, changed before if asked for."""
        self._authorize(request, "management")
        if request.method != "GET":
            try:
                given = await request.json()
            except ValueError:
                raise ServiceError(400, 0, "This is no JSON") from None
            protect = given.get("protect_recordings") if isinstance(given, dict) else None
            if not isinstance(protect, bool):
                raise invalid("protect_recordings must be true or false")
            self._settings.protect_recordings = protect
        return web.json_response(
            {
                "id": self._settings.project,
                "name": self._settings.space_name,
                "protect_recordings": self._settings.protect_recordings,
            }
        )

    # Calls and conferences

    async def list_calls(self, request: web.Request) -> web.Response:
        """Answer with a page of the calls."""
        self._authorize(request, "voice")
        query = request.query
        found: Iterable[Call] = self._space.calls.values()
        if status := query.get("Status"):
            found = [call for call in found if call.status == status]
        if after := _date(query, "StartTime>"):
            found = [call for call in found if call.created > after]
        if before := _date(query, "StartTime<"):
            found = [call for call in found if call.created < before]
        if number := query.get("From"):
            found = [call for call in found if call.from_number == number]
        if number := query.get("To"):
            found = [call for call in found if call.to_number == number]
        return self._list(
            "calls", *page_of(sorted(found, key=creation_order), query, _tail(request))
        )

    async def get_call(self, request: web.Request) -> web.Response:
        """Answer with one call."""
        self._authorize(request, "voice")
        return self._one(self._space.calls, request.match_info["call"])

    async def start_call(self, request: web.Request) -> web.Response:
        """Call somebody, who takes the call at once."""
        self._authorize(request, "voice")
        form = await _form(request)
        if not (form.get("From") and form.get("To")):
            raise invalid("From and To are required")
        if not any(form.get(name) for name in ("Url", "ApplicationSid", "Laml", "Twiml")):
            raise invalid("Url, ApplicationSid or Laml is required")
        call = self._space.start_call(from_number=form["From"], to_number=form["To"])
        return self._one(self._space.calls, call.sid)

    async def update_call(self, request: web.Request) -> web.Response:
        """Hang up."""
        self._authorize(request, "voice")
        sid = request.match_info["call"]
        if sid not in self._space.calls:
            raise not_found()
        if (await _form(request)).get("Status") not in ("canceled", "completed"):
            raise invalid("Status must be one of canceled, completed")
        self._space.hang_up(sid)
        return self._one(self._space.calls, sid)

    async def list_conferences(self, request: web.Request) -> web.Response:
        """Answer with a page of the conferences."""
        self._authorize(request, "voice")
        query = request.query
        found: Iterable[Conference] = self._space.conferences.values()
        if status := query.get("Status"):
            found = [conference for conference in found if conference.status == status]
        # Whole days, unlike the dates of calls and recordings.
        if after := _date(query, "DateCreated>"):
            found = [conference for conference in found if _day(conference) > after.date()]
        if before := _date(query, "DateCreated<"):
            found = [conference for conference in found if _day(conference) < before.date()]
        if name := query.get("FriendlyName"):
            found = [conference for conference in found if conference.friendly_name == name]
        return self._list(
            "conferences", *page_of(sorted(found, key=creation_order), query, _tail(request))
        )

    async def get_conference(self, request: web.Request) -> web.Response:
        """Answer with one conference."""
        self._authorize(request, "voice")
        return self._one(self._space.conferences, request.match_info["conference"])

    async def list_phone_numbers(self, request: web.Request) -> web.Response:
        """Answer with a page of the project's telephone numbers."""
        # Which scope this takes is a guess: a real request with a token without it would tell.
        self._authorize(request, "voice")
        found = sorted(self._space.phone_numbers, key=creation_order)
        return self._list("incoming_phone_numbers", *page_of(found, request.query, _tail(request)))

    # Recordings

    async def list_recordings(self, request: web.Request) -> web.Response:
        """Answer with a page of the project's, a call's or a conference's recordings."""
        self._authorize(request, "voice")
        query = request.query
        found: Sequence[Recording] = self._in_order()
        if call := request.match_info.get("call") or query.get("CallSid"):
            found = [recording for recording in found if recording.call_sid == call]
        if conference := request.match_info.get("conference") or query.get("ConferenceSid"):
            found = [recording for recording in found if recording.conference_sid == conference]
        if after := _date(query, "DateCreated>"):
            found = [recording for recording in found if recording.created > after]
        if before := _date(query, "DateCreated<"):
            found = [recording for recording in found if recording.created < before]
        if day := _date(query, "DateCreated"):
            found = [
                recording
                for recording in found
                if recording.created.astimezone(UTC).date() == day.date()
            ]
        return self._list("recordings", *page_of(found, query, _tail(request)))

    async def get_recording(self, request: web.Request) -> web.Response:
        """Answer with one recording."""
        self._authorize(request, "voice")
        recording = self._recording(request)
        recording.reads += 1
        if recording.reads <= self._settings.missing_reads:
            raise not_found()
        return web.json_response(self._render(recording))

    async def start_recording(self, request: web.Request) -> web.Response:
        """Start to record a call."""
        self._authorize(request, "voice")
        form = await _form(request)
        channels = _choice(form, "RecordingChannels", ("mono", "dual"))
        _choice(form, "RecordingTrack", ("both", "inbound", "outbound"))
        recording = self._space.start_recording(
            call_sid=request.match_info["call"],
            channels=2 if channels == "dual" else 1,
            trim=_choice(form, "Trim", ("do-not-trim", "trim-silence")),
            callback_url=form.get("RecordingStatusCallback"),
            callback_events=tuple(form.get("RecordingStatusCallbackEvent", "completed").split()),
            callback_method=_choice(form, "RecordingStatusCallbackMethod", ("POST", "GET")),
        )
        return web.json_response(self._render(recording))

    async def update_recording(self, request: web.Request) -> web.Response:
        """Pause, resume or stop a call's recording."""
        self._authorize(request, "voice")
        recording = self._recording(request)
        form = await _form(request)
        self._space.update_recording(
            recording.sid, form.get("Status", ""), form.get("PauseBehavior", "silence")
        )
        return web.json_response(self._render(recording))

    async def update_conference_recording(self, request: web.Request) -> web.Response:
        """Pause, resume or stop a conference's recording; its 422 has the third error body."""
        try:
            return await self.update_recording(request)
        except ServiceError as err:
            if err.status == 422:
                return string_array(err.message)
            raise

    async def delete_recording(self, request: web.Request) -> web.Response:
        """Delete a recording that has ended."""
        self._authorize(request, "voice")
        self._space.delete_recording(self._recording(request).sid)
        return web.Response(status=204)

    async def list_transcriptions(self, request: web.Request) -> web.Response:
        """Answer with the transcriptions of a recording, on one page."""
        self._authorize(request, "voice")
        recording = self._recording(request)
        project, now = self._settings.project, self._space.now()
        uri = f"{BASE}{_tail(request)}.json"
        shown = [one.render(project, recording, now) for one in recording.transcriptions]
        fields: Json = {"uri": uri, "first_page_uri": uri, "next_page_uri": None, "page": 0}
        return web.json_response({**fields, "page_size": 50, "transcriptions": shown})

    async def get_media(self, request: web.Request) -> web.StreamResponse:
        """Answer with the audio, which takes no login unless the project protects it."""
        if self._settings.protect_recordings:
            self._authorize(request, "voice")
        if request.match_info["account"] != self._settings.project:
            raise not_found()
        sid, _, ending = request.match_info["recording"].partition(".")
        recording = self._space.recordings.get(sid)
        if recording is None or recording.status not in ("completed", "stopped"):
            raise not_found()
        seconds = max(1, recording.duration(self._space.now()))
        match ending:
            case "" | "wav":
                audio = media.wav(seconds)
            case "mp3":
                audio = media.mp3(seconds)
            case _:
                raise not_found()
        with self.streams.one_more():
            return await self._send(request, audio)

    async def _send(self, request: web.Request, audio: media.Audio) -> web.StreamResponse:
        """Send the whole file, or the one range that was asked for."""
        start, stop = 0, audio.size
        headers = {"Accept-Ranges": "bytes", "Content-Type": audio.content_type}
        if "Range" in request.headers:
            try:
                start, stop, _ = request.http_range.indices(audio.size)
            except ValueError:
                start = stop = 0
            if start >= stop:
                return web.Response(status=416, headers={"Content-Range": f"bytes */{audio.size}"})
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{audio.size}"
        response = web.StreamResponse(
            status=206 if "Content-Range" in headers else 200, headers=headers
        )
        response.content_length = stop - start
        await response.prepare(request)
        if request.get(CUT_OFF):
            stop = (start + stop) // 2
        # Who has heard enough hangs up.
        with suppress(ConnectionError):
            async for block in audio.blocks(start, stop):
                await response.write(block)
                self.streams.sent += len(block)
        return response

    # What they share

    def _authorize(self, request: web.Request, scope: str) -> None:
        """Raise ServiceError unless the login is right and the token has the scope."""
        expected = f"{self._settings.project}:{self._settings.token}".encode()
        scheme, _, login = request.headers.get("Authorization", "").partition(" ")
        try:
            given = b64decode(login, validate=True)
        except binascii.Error:
            given = b""
        if scheme.lower() != "basic" or not compare_digest(given, expected):
            raise unauthorized()
        if scope not in self._settings.scopes:
            raise unauthorized()
        if request.match_info.get("account", self._settings.project) != self._settings.project:
            raise not_found()

    def _recording(self, request: web.Request) -> Recording:
        """Return the recording in the path, which must be the call's or conference's there."""
        match = request.match_info
        recording = self._space.recordings.get(match["recording"])
        if (
            recording is None
            or match.get("call", recording.call_sid) != recording.call_sid
            or match.get("conference", recording.conference_sid) != recording.conference_sid
        ):
            raise not_found()
        return recording

    def _one(self, things: Mapping[str, Call] | Mapping[str, Conference], sid: str) -> web.Response:
        if (thing := things.get(sid)) is None:
            raise not_found()
        return web.json_response(thing.render(self._settings.project, self._space.now()))

    def _render(self, recording: Recording) -> Json:
        settings = self._settings
        shown = recording.render(settings.project, self._space.now())
        status = recording.status.value
        if settings.says_resumed and recording.was_resumed and recording.is_active:
            status = "resumed"
        shown = {**shown, "status": settings.status_words.get(status, status)}
        if not settings.loose:
            return shown
        # As in a response recorded from the service in 2018.
        price = shown["price"]
        loose = {key: shown[key] for key in shown.keys() - {"trim", "encryption_details"}}
        return {**loose, "price": float(str(price)) if price is not None else 0.0}

    def _render_text(self, recording: Recording) -> str:
        settings = self._settings
        if settings.loose or settings.status_words or settings.says_resumed:
            return json.dumps(self._render(recording))
        return recording.render_text(settings.project, self._space.now())

    def _in_order(self) -> Sequence[Recording]:
        """Return all recordings in the order of their creation, sorted once for many pages."""
        recordings = self._space.recordings
        # They are added and deleted, and no SID comes twice: so these two tell of any change.
        state = (len(recordings), next(reversed(recordings), ""))
        if state != self._ordered_state:
            self._ordered = sorted(recordings.values(), key=creation_order)
            self._ordered_state = state
        return self._ordered

    def _list(
        self,
        key: str,
        items: Iterable[Item],
        fields: Json,
    ) -> web.Response:
        now = self._space.now()
        listed = now - timedelta(seconds=self._settings.list_lag)
        shown = ", ".join(
            self._render_text(item.as_of(listed) if self._settings.list_lag else item)
            if isinstance(item, Recording)
            else json.dumps(item.render(self._settings.project, now))
            for item in items
        )
        uri = fields["next_page_uri"]
        if self._settings.loose and isinstance(uri, str):
            fields["next_page_uri"] = uri.replace(BASE, _OLD_BASE, 1)
        around = json.dumps({**fields, key: []})
        return web.json_response(text=f"{around.removesuffix(']}')}{shown}]}}")


def _tail(request: web.Request) -> str:
    """Return the path without base and `.json`."""
    path = request.path.removesuffix(".json")
    return path.removeprefix(BASE).removeprefix(_OLD_BASE)


async def _form(request: web.Request) -> dict[str, str]:
    return {key: value for key, value in (await request.post()).items() if isinstance(value, str)}


def _choice(form: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """Return one of the choices, the first where none is given."""
    value = form.get(name, choices[0])
    if value not in choices:
        raise invalid(f"{name} must be one of {', '.join(choices)}")
    return value


def _day(conference: Conference) -> date:
    return conference.created.astimezone(UTC).date()


def _date(query: Mapping[str, str], name: str) -> datetime | None:
    """Return the date of a filter: RFC 2822 as documented, or ISO 8601 as the SDKs send it."""
    if (text := query.get(name)) is None:
        return None
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = parse(text)
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    raise ServiceError(400, 20001, f"{name} is no date")
