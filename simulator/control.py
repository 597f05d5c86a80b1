"""The control side, `/_sim/…`: makes calls, recordings and faults, and shows what happened."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import fields
from datetime import timedelta
from typing import get_args, get_origin, get_type_hints

from aiohttp import web

from .callbacks import Callbacks
from .errors import ServiceError
from .faults import Fault, Faults
from .models import Json
from .request_log import RequestLog
from .settings import CallbackFormat, Settings
from .space import Space

_CALL_EVENTS = "in-progress completed absent"
_CONFERENCE_EVENTS = "in-progress completed failed"
_FAULT_TYPES = get_type_hints(Fault)
_CHANGEABLE: dict[str, type | None] = {
    "token": str,
    "scopes": list,
    "loose": bool,
    "list_lag": float,
    "status_words": dict,
    "says_resumed": bool,
    "both_parents": bool,
    "start_lead": float,
    "null_start": bool,
    "shortest_recording": float,
    "absent_stop": bool,
    "fails": bool,
    "missing_reads": int,
    "protect_recordings": bool,
    "show_signing_key": bool,
    "callback_url": str,
    "callback_format": str,
    "callback_delay": float,
    "callback_copies": int,
}

type Handler = Callable[[web.Request], Awaitable[web.Response]]


class Control:
    """JSON in and out, without login; what is created is answered as the service shows it."""

    def __init__(
        self,
        settings: Settings,
        space: Space,
        faults: Faults,
        requests: RequestLog,
        callbacks: Callbacks,
    ) -> None:
        self._settings = settings
        self._space = space
        self._faults = faults
        self._requests = requests
        self._callbacks = callbacks

    def routes(self) -> Iterable[web.RouteDef]:
        """Return every endpoint of the control side."""
        table: list[tuple[str, str, Handler]] = [
            ("POST", "/calls", self.start_call),
            ("POST", "/calls/{sid}/recordings", self.start_recording),
            ("POST", "/calls/{sid}/hangup", self.hang_up),
            ("POST", "/conferences", self.start_conference),
            ("POST", "/conferences/{sid}/recordings", self.start_conference_recording),
            ("POST", "/conferences/{sid}/end", self.end_conference),
            ("POST", "/phone_numbers", self.add_phone_number),
            ("POST", "/recordings", self.add_recordings),
            ("POST", "/recordings/{sid}/transcriptions", self.transcribe),
            ("POST", "/faults", self.add_fault),
            ("DELETE", "/faults", self.clear_faults),
            ("GET", "/requests", self.show_requests),
            ("DELETE", "/requests", self.clear_requests),
            ("GET", "/load", self.show_load),
            ("POST", "/clock", self.advance_clock),
            ("GET", "/callbacks", self.show_callbacks),
            ("GET", "/state", self.show_state),
            ("POST", "/settings", self.change_settings),
            ("POST", "/reset", self.reset),
        ]
        for method, path, handler in table:
            yield web.route(method, f"/_sim{path}", handler)

    async def start_call(self, request: web.Request) -> web.Response:
        """Start a call. Fields: {from, to}."""
        given = await _given(request, {"from": str, "to": str})
        call = self._space.start_call(
            from_number=str(given.get("from", "+15550100")),
            to_number=str(given.get("to", "+15550101")),
        )
        return self._show(call.render(self._settings.project, self._space.now()))

    async def hang_up(self, request: web.Request) -> web.Response:
        """End a call."""
        call = self._space.hang_up(request.match_info["sid"])
        return self._show(call.render(self._settings.project, self._space.now()))

    async def start_conference(self, request: web.Request) -> web.Response:
        """Start a conference. Fields: {friendly_name}."""
        given = await _given(request, {"friendly_name": str})
        conference = self._space.start_conference(
            friendly_name=str(given.get("friendly_name", "Conference"))
        )
        return self._show(conference.render(self._settings.project, self._space.now()))

    async def end_conference(self, request: web.Request) -> web.Response:
        """End a conference."""
        conference = self._space.end_conference(request.match_info["sid"])
        return self._show(conference.render(self._settings.project, self._space.now()))

    async def add_phone_number(self, request: web.Request) -> web.Response:
        """Give the project a telephone number. Fields: {phone_number, friendly_name}."""
        given = await _given(request, {"phone_number": str, "friendly_name": str})
        added = self._space.add_phone_number(
            str(given.get("phone_number", "+15550101")), str(given.get("friendly_name", ""))
        )
        return self._show(added.render(self._settings.project, self._space.now()))

    async def start_recording(self, request: web.Request) -> web.Response:
        """Record a call.

        Fields: {channels, queued, start_lead, null_start, conference_sid, callback_url,
        callback_events, callback_method}, `start_lead` in seconds. With `conference_sid` the
        recording names both parents.
        """
        given = await _given(
            request,
            {
                "channels": int,
                "queued": bool,
                "start_lead": float,
                "null_start": bool,
                "conference_sid": str,
                "callback_url": str,
                "callback_events": str,
                "callback_method": str,
            },
        )
        url = given.get("callback_url", self._settings.callback_url)
        conference_sid = given.get("conference_sid")
        if conference_sid is None and self._settings.both_parents:
            conference_sid = self._space.start_conference().sid
        recording = self._space.start_recording(
            call_sid=request.match_info["sid"],
            channels=2 if given.get("channels") == 2 else 1,
            queued=given.get("queued") is True,
            start_lead=float(str(given.get("start_lead", self._settings.start_lead))),
            null_start=given.get("null_start", self._settings.null_start) is True,
            conference_sid=None if conference_sid is None else str(conference_sid),
            callback_url=None if url is None else str(url),
            callback_events=tuple(str(given.get("callback_events", _CALL_EVENTS)).split()),
            callback_method=str(given.get("callback_method", "POST")),
        )
        return self._show(recording.render(self._settings.project, self._space.now()))

    async def start_conference_recording(self, request: web.Request) -> web.Response:
        """Record a conference."""
        recording = self._space.start_recording(
            conference_sid=request.match_info["sid"],
            callback_url=self._settings.callback_url,
            callback_events=tuple(_CONFERENCE_EVENTS.split()),
        )
        return self._show(recording.render(self._settings.project, self._space.now()))

    async def add_recordings(self, request: web.Request) -> web.Response:
        """Add recordings.

        Fields: {count, status, age, duration, spread, conference_sid, start_lead, null_start, to},
        the times in seconds.
        """
        given = await _given(
            request,
            {
                "count": int,
                "status": str,
                "age": float,
                "duration": float,
                "spread": float,
                "start_lead": float,
                "null_start": bool,
                "conference_sid": str,
                "to": str,
            },
        )
        conference_sid = given.get("conference_sid")
        try:
            added = self._space.add_recordings(
                count=int(str(given.get("count", 1))),
                status=str(given.get("status", "completed")),
                age=float(str(given.get("age", 60))),
                duration=float(str(given.get("duration", 30))),
                spread=float(str(given.get("spread", 0))),
                conference_sid=None if conference_sid is None else str(conference_sid),
                start_lead=float(str(given.get("start_lead", 0))),
                null_start=given.get("null_start") is True,
                to_number=str(given.get("to", "+15550101")),
            )
        except ValueError as err:
            raise _bad(str(err)) from None
        return self._show({"count": len(added), "sids": [recording.sid for recording in added]})

    async def transcribe(self, request: web.Request) -> web.Response:
        """Write down what was said in a recording. Fields: {text, status}."""
        given = await _given(request, {"text": str, "status": str})
        text = given.get("text")
        transcription = self._space.transcribe(
            request.match_info["sid"],
            None if text is None else str(text),
            str(given.get("status", "completed")),
        )
        return self._show({"sid": transcription.sid})

    async def add_fault(self, request: web.Request) -> web.Response:
        """Add a fault. Fields: those of `Fault`; what is left out matches every request."""
        given = await _given(request, {field.name: None for field in fields(Fault)})
        for name, value in given.items():
            if not _fits(value, _FAULT_TYPES[name]):
                raise _bad(f"{name} is of the wrong type")
        try:
            self._faults.add(Fault(**given))  # type: ignore[arg-type]  # checked just above
        except ValueError as err:
            raise _bad(str(err)) from None
        return self._show({"faults": self._faults.count})

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Drop every fault."""
        self._faults.clear()
        return self._show({"faults": 0})

    async def show_requests(self, request: web.Request) -> web.Response:
        """Answer with what the service's side received."""
        return web.json_response([request.render() for request in self._requests])

    async def clear_requests(self, request: web.Request) -> web.Response:
        """Begin the log anew."""
        self._requests.clear()
        return self._show({"requests": 0})

    async def show_load(self, request: web.Request) -> web.Response:
        """Answer with how many requests there were since the log began, and most at once."""
        log = self._requests
        return self._show({"requests": log.total, "most_at_once": log.most_at_once})

    async def advance_clock(self, request: web.Request) -> web.Response:
        """Set the space's clock forward. Fields: {seconds}."""
        given = await _given(request, {"seconds": float})
        self._space.advance(float(str(given.get("seconds", 0))))
        return self._show({"now": self._space.now().isoformat()})

    async def show_callbacks(self, request: web.Request) -> web.Response:
        """Answer with the callbacks that were sent."""
        return web.json_response([delivery.render() for delivery in self._callbacks.deliveries])

    async def show_state(self, request: web.Request) -> web.Response:
        """Answer with all there is, and with what a witness wants to know of it."""
        now, project = self._space.now(), self._settings.project
        return self._show(
            {
                "calls": [call.render(project, now) for call in self._space.calls.values()],
                "conferences": [
                    conference.render(project, now)
                    for conference in self._space.conferences.values()
                ],
                "recordings": [
                    {
                        **recording.render(project, now),
                        "pause_behavior": recording.pause_behavior,
                        "updates": recording.updates,
                    }
                    for recording in self._space.recordings.values()
                ],
            }
        )

    async def change_settings(self, request: web.Request) -> web.Response:
        """Change settings, and answer with those that were given. Fields: `_CHANGEABLE`."""
        given = await _given(request, _CHANGEABLE)
        for name, value in given.items():
            match name, value:
                case "shortest_recording", int() | float():
                    self._space.shortest_recording = timedelta(seconds=value)
                case "absent_stop" | "fails", bool():
                    setattr(self._space, name, value)
                case "status_words", dict():
                    self._settings.status_words = {str(k): str(v) for k, v in value.items()}
                case "scopes", list():
                    self._settings.scopes = {str(scope) for scope in value}
                case "callback_format", str():
                    try:
                        self._settings.callback_format = CallbackFormat(value)
                    except ValueError as err:
                        raise _bad(str(err)) from None
                case _:
                    setattr(self._settings, name, value)
        return self._show(given)

    async def reset(self, request: web.Request) -> web.Response:
        """Begin anew, but for the settings."""
        self._space.clear()
        self._faults.clear()
        self._requests.clear()
        return self._show({})

    @staticmethod
    def _show(data: Json) -> web.Response:
        return web.json_response(data)


def _bad(message: str) -> ServiceError:
    return ServiceError(400, 0, message)


async def _given(request: web.Request, known: dict[str, type | None]) -> dict[str, object]:
    """Return the JSON object of the request; raises ServiceError unless it is as expected."""
    if not request.body_exists:
        return {}
    try:
        given = await request.json()
    except ValueError:
        raise _bad("This is no JSON") from None
    if not isinstance(given, dict):
        raise _bad("This is no JSON object")
    for name, value in given.items():
        if name not in known:
            raise _bad(f"There is no field {name}")
        if (expected := known[name]) is not None and not _fits(value, expected):
            raise _bad(f"{name} is of the wrong type")
    return given


def _fits(value: object, expected: object) -> bool:
    """Return whether a JSON value fits the type of a field."""
    if get_origin(expected) is Mapping:
        return isinstance(value, dict)
    if options := get_args(expected):
        if isinstance(value, str):
            return value in options or str in options
        return any(_fits(value, option) for option in options)
    if expected is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if expected is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(expected, type) and isinstance(value, expected)
