"""A small, fast model of the service: calls, conferences, recordings, and the API's endpoints.

Paths, fields and rules are those of `simulator/`, without HTTP. It remembers every status that a
recording ever had, for the observer and for lists that lag.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
import json
from urllib.parse import parse_qsl, quote, unquote, urlencode

from .clock import START, Clock
from .lines import Ends, Line

PROJECT_ID = "5f0c1f5e-9d0b-4a47-8f5c-0b7f7a6b1c2d"
TOKEN = "PTsimulated"
SPACE = "https://simulated.signalwire.com"
ACCOUNT = f"/api/laml/2010-04-01/Accounts/{PROJECT_ID}"
ACTIVE = frozenset({"in-progress", "paused"})

type Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `told` has the SID and status of every recording that it shows.

    `parent` is the SID of the one call or conference that it shows.
    """

    status: int
    body: bytes
    told: tuple[tuple[str, str], ...] = ()
    parent: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """From this monotonic time on the recording has this status, because of this.

    `cause` is `start`, `outside`, `end`, or `api` for a request of the integration's.
    """

    time: float
    status: str
    cause: str


@dataclass(eq=False, slots=True)
class Parent:
    """A call or a conference that can be recorded."""

    sid: str
    kind: str
    started: float
    ended: float | None = None
    was_unreadable: bool = False
    ends: Ends = field(default_factory=Ends)
    lines: frozenset[str] = frozenset()


@dataclass(eq=False, slots=True)
class Recording:
    """A recording with its whole history; times are monotonic seconds, and negative before 0."""

    sid: str
    parent: Parent
    created: float
    history: list[Moment]
    deleted: float | None = None
    _rendered: dict[int, bytes] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Return the true status."""
        return self.history[-1].status

    @property
    def since(self) -> float:
        """Return since when it has had this status without a break."""
        return self.history[-1].time

    @property
    def lines(self) -> frozenset[str]:
        """Return the IDs of the lines that it is on."""
        return self.parent.lines

    @property
    def is_active(self) -> bool:
        """Return whether it can still be updated."""
        return self.history[-1].status in ACTIVE

    def version_at(self, time: float) -> int:
        """Return the index of the status that it had then; -1 before its start."""
        if time >= self.history[-1].time:
            return len(self.history) - 1
        return bisect_right(self.history, time, key=lambda moment: moment.time) - 1

    def set_status(self, time: float, status: str, cause: str) -> None:
        """Give it a status; one that it already has changes nothing."""
        if status != self.status:
            self.history.append(Moment(time, status, cause))

    def render(self, version: int, clock: Clock) -> bytes:
        """Return the JSON of the recording as it was in that version."""
        if (text := self._rendered.get(version)) is None:
            self._rendered.clear()
            text = self._rendered[version] = json.dumps(self._fields(version, clock)).encode()
        return text

    def _fields(self, version: int, clock: Clock) -> Json:
        moment = self.history[version]
        created, changed = _date(self.created, clock), _date(moment.time, clock)
        has_ended = moment.status not in ACTIVE
        is_call = self.parent.kind == "Calls"
        return {
            "sid": self.sid,
            "account_sid": PROJECT_ID,
            "api_version": "2010-04-01",
            "call_sid": self.parent.sid if is_call else None,
            "conference_sid": None if is_call else self.parent.sid,
            "channel": "1",
            "channels": "1",
            "date_created": created,
            "date_updated": changed,
            "start_time": created,
            "end_time": changed if has_ended else None,
            "duration": int(moment.time - self.created) if has_ended else None,
            "price": "-0.0025" if has_ended else None,
            "price_unit": "USD",
            "source": "DialVerb" if is_call else "StartConferenceRecording",
            "status": moment.status,
            "error_code": None,
            "uri": f"{ACCOUNT}/{self.parent.kind}/{self.parent.sid}/Recordings/{self.sid}.json",
            "trim": "do-not-trim",
        }


class Service:
    """The calls and recordings of one project, and the answers to requests about them.

    `page_cap` is the longest page it makes. While `lag` is not 0, lists show what was true so
    many seconds ago. Recordings in `unreadable` come without a status, in lists and alone, and
    calls and conferences without anything.
    """

    def __init__(self, clock: Clock, page_cap: int = 1000) -> None:
        self.recordings: dict[str, Recording] = {}
        self.active: dict[str, Recording] = {}
        self.parents: dict[str, Parent] = {}
        self.lag = 0.0
        self.unreadable: set[str] = set()
        self._lines: tuple[Line, ...] = ()
        self.listeners: list[Callable[[Recording], None]] = []
        self._clock = clock
        self._page_cap = page_cap
        self._in_order: list[Recording] = []

    def assign(self, lines: tuple[Line, ...]) -> None:
        """Note which lines there are, of which the service itself knows nothing."""
        self._lines = lines
        for parent in self.parents.values():
            parent.lines = parent.ends.lines(lines)

    # What happens at the service by itself.

    def start(self, kind: str, *, age: float = 0.0, ends: Ends | None = None) -> Recording:
        """Begin to record a new call (`Calls`) or conference; `age` seconds ago if given."""
        number = len(self.recordings) + 1
        created = self._clock.now - age
        name = "call" if kind == "Calls" else "conf"
        parent = Parent(f"{name}-{number:05}", kind, created - 2, ends=ends or Ends())
        parent.lines = parent.ends.lines(self._lines)
        self.parents[parent.sid] = parent
        return self._record(parent, created)

    def add_past(self, age: float, length: float, ends: Ends | None = None) -> Recording:
        """Add a call that was recorded `age` seconds ago, for so long."""
        recording = self.start("Calls", age=age, ends=ends)
        recording.parent.ended = self._clock.now - age + length
        recording.set_status(recording.parent.ended, "completed", "end")
        del self.active[recording.sid]
        return recording

    def over(self) -> list[Recording]:
        """Return the recordings that have ended and are still there."""
        return [
            recording
            for recording in self.recordings.values()
            if not recording.is_active and recording.deleted is None
        ]

    def _record(self, parent: Parent, created: float) -> Recording:
        sid = f"rec-{len(self.recordings) + 1:05}"
        recording = Recording(sid, parent, created, [Moment(created, "in-progress", "start")])
        self.recordings[sid] = self.active[sid] = recording
        self._in_order.append(recording)
        self._in_order.sort(key=lambda each: each.created)
        self._changed(recording)
        return recording

    def change(self, recording: Recording, status: str, cause: str) -> None:
        """Pause, resume or end a recording that is active."""
        if recording.is_active and recording.status != status:
            recording.set_status(self._clock.now, status, cause)
            if status not in ACTIVE:
                del self.active[recording.sid]
            self._changed(recording)

    def end(self, parent: Parent) -> None:
        """End a call or conference, and with it its recordings."""
        parent.ended = self._clock.now
        for recording in list(self.active.values()):
            if recording.parent is parent:
                self.change(recording, "completed", "end")

    def _changed(self, recording: Recording) -> None:
        for listener in self.listeners:
            listener(recording)

    # What is asked of it.

    def handle(  # noqa: PLR0911 (one for each endpoint)
        self, method: str, path_qs: str, form: Mapping[str, str]
    ) -> Answer:
        """Return the answer to a request, carried out."""
        path, _, query_string = path_qs.partition("?")
        if method == "GET" and path == f"/api/projects/{PROJECT_ID}":
            return _ok({"id": PROJECT_ID, "protect_recordings": True})
        if not path.startswith(ACCOUNT):
            return _error(404, 20404, "The requested resource was not found")
        parts = [unquote(part) for part in path.removeprefix(ACCOUNT).strip("/").split("/")]
        parts[-1] = parts[-1].removesuffix(".json")
        query = dict(parse_qsl(query_string))
        match method, parts:
            case "GET", ["Recordings"]:
                return self._list(query)
            case "GET", ["Recordings", sid]:
                return self._one(sid)
            case "GET", ["Calls" | "Conferences" as kind]:
                return self._list_parents(kind, query)
            case "GET", ["Calls" | "Conferences", sid, "Recordings"]:
                return self._list(query, sid)
            case "GET", ["Calls" | "Conferences" as kind, sid]:
                return self._parent(kind, sid)
            case "POST", ["Calls" | "Conferences" as kind, parent, "Recordings", sid]:
                return self._update(kind, parent, sid, form)
            case "DELETE", ["Recordings", sid]:
                return self._delete(sid)
            case "GET", [""]:
                return _ok({"sid": PROJECT_ID, "friendly_name": "Simulated", "signing_key": "key"})
            case _:
                return _error(404, 20404, "The requested resource was not found")

    def _update(self, kind: str, parent: str, sid: str, form: Mapping[str, str]) -> Answer:
        recording = self.recordings.get(sid)
        status = form.get("Status", "")
        if (
            recording is None
            or recording.deleted is not None
            or (recording.parent.kind, recording.parent.sid) != (kind, parent)
        ):
            return _error(404, 20404, "The requested resource was not found")
        if status not in ("paused", "in-progress", "stopped"):
            return _error(422, 21000, "Status must be one of paused, in-progress, stopped")
        if not recording.is_active:
            return _error(400, 21220, "The recording is not in progress")
        self.change(recording, status, "api")
        return self._one(sid)

    def _delete(self, sid: str) -> Answer:
        recording = self.recordings.get(sid)
        if recording is None or recording.deleted is not None:
            return _error(404, 20404, "The requested resource was not found")
        if recording.is_active:
            return _error(400, 21220, "The recording is in progress")
        recording.deleted = self._clock.now
        return Answer(204, b"")

    def _one(self, sid: str) -> Answer:
        recording = self.recordings.get(sid)
        if recording is None or recording.deleted is not None:
            return _error(404, 20404, "The requested resource was not found")
        if sid in self.unreadable:
            return Answer(200, b'{"sid": null}')
        version = len(recording.history) - 1
        return Answer(200, recording.render(version, self._clock), ((sid, recording.status),))

    def _list(self, query: Mapping[str, str], parent: str | None = None) -> Answer:
        parent = parent or query.get("CallSid") or query.get("ConferenceSid")
        after = _monotonic(query.get("DateCreated>"), self._clock)
        before = _monotonic(query.get("DateCreated<"), self._clock)
        size = min(int(query.get("PageSize", "50")), self._page_cap)
        skip = query.get("PageToken")
        shown_time = self._clock.now - self.lag
        items: list[bytes] = []
        told: list[tuple[str, str]] = []
        following = None
        for recording in reversed(self._in_order):
            # Dates have whole seconds.
            created = recording.created // 1
            if after is not None and created <= after:
                break
            if before is not None and created >= before:
                continue
            if parent is not None and recording.parent.sid != parent:
                continue
            if skip is not None:
                skip = None if recording.sid == skip else skip
                continue
            if (version := recording.version_at(shown_time)) < 0:
                continue
            if recording.deleted is not None and recording.deleted <= shown_time:
                continue
            if len(items) == size:
                following = told[-1][0]
                break
            if recording.sid in self.unreadable:
                items.append(b'{"sid": null, "status": "?"}')
                told.append((recording.sid, "unreadable"))
                continue
            items.append(recording.render(version, self._clock))
            told.append((recording.sid, recording.history[version].status))
        next_page = "null"
        if following is not None:
            kept = {name: value for name, value in query.items() if name != "PageToken"}
            kept["PageToken"] = following
            base = f"{ACCOUNT}/Recordings.json"
            next_page = json.dumps(f"{base}?{urlencode(kept, quote_via=quote)}")
        body = b'{"next_page_uri": %s, "recordings": [%s]}' % (
            next_page.encode(),
            b",".join(items),
        )
        return Answer(200, body, tuple(told))

    def _list_parents(self, kind: str, query: Mapping[str, str]) -> Answer:
        shown = [
            {"sid": None} if parent.sid in self.unreadable else self._parent_fields(parent)
            for parent in reversed(self.parents.values())
            if parent.kind == kind
            and (query.get("Status") != "in-progress" or parent.ended is None)
        ]
        return _ok({"next_page_uri": None, kind.lower(): shown})

    def _parent(self, kind: str, sid: str) -> Answer:
        parent = self.parents.get(sid)
        if parent is None or parent.kind != kind:
            return _error(404, 20404, "The requested resource was not found")
        if sid in self.unreadable:
            return _ok({"sid": None})
        body = json.dumps(self._parent_fields(parent)).encode()
        return Answer(200, body, parent=sid)

    def _parent_fields(self, parent: Parent) -> Json:
        return {
            "sid": parent.sid,
            "status": "in-progress" if parent.ended is None else "completed",
            "from": parent.ends.from_number,
            "to": parent.ends.to_number,
            "friendly_name": parent.ends.conference or parent.sid,
            "start_time": _date(parent.started, self._clock),
            "date_created": _date(parent.started, self._clock),
        }


def unauthorized() -> Answer:
    """Return what a refused login is answered with."""
    return _error(401, 20003, "Authentication failed")


def not_found() -> Answer:
    """Return what a SID that does not exist is answered with."""
    return _error(404, 20404, "The requested resource was not found")


def _ok(fields: Json) -> Answer:
    return Answer(200, json.dumps(fields).encode())


def _error(status: int, code: int, message: str) -> Answer:
    fields = {"code": code, "message": message, "more_info": None, "status": status}
    return Answer(status, json.dumps(fields).encode())


def _date(time: float, clock: Clock) -> str:
    moment = START + timedelta(seconds=time + clock.service_offset)
    return format_datetime(moment.replace(microsecond=0))


def _monotonic(date: str | None, clock: Clock) -> float | None:
    if date is None:
        return None
    return (parsedate_to_datetime(date) - START).total_seconds() - clock.service_offset
