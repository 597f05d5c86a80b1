"""Calls, conferences and recordings as the service keeps and shows them."""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
import json

BASE = "/api/laml/2010-04-01"
API_VERSION = "2010-04-01"
# Set on a request whose answer is to end half way.
CUT_OFF = "cut_off"

type Json = dict[str, object]


def rfc2822(date: datetime | None) -> str | None:
    """Return a date as the service writes it."""
    return None if date is None else format_datetime(date.astimezone(UTC))


class Status(StrEnum):
    """The statuses of a recording that the simulator itself brings about."""

    QUEUED = "queued"
    IN_PROGRESS = "in-progress"
    PAUSED = "paused"
    STOPPED = "stopped"
    COMPLETED = "completed"
    ABSENT = "absent"
    FAILED = "failed"


ACTIVE = frozenset({Status.QUEUED, Status.IN_PROGRESS, Status.PAUSED})
# How many earlier states of a recording are remembered.
_MAX_HISTORY = 50


@dataclass(slots=True, kw_only=True)
class PhoneNumber:
    """A telephone number of the project, as SignalWire's Compatibility API documents them."""

    sid: str
    number: str
    name: str
    created: datetime

    def render(self, project: str, now: datetime) -> Json:
        """Return the number as the service shows it."""
        return {
            "sid": self.sid,
            "account_sid": project,
            "friendly_name": self.name,
            "phone_number": self.number,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.created),
            "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
            "uri": f"{BASE}/Accounts/{project}/IncomingPhoneNumbers/{self.sid}",
        }


@dataclass(slots=True, kw_only=True)
class Call:
    """A call (schema CallResponse)."""

    sid: str
    from_number: str
    to_number: str
    created: datetime
    status: str = "in-progress"
    ended: datetime | None = None

    def render(self, project: str, now: datetime) -> Json:
        """Return the call as the service shows it."""
        uri = f"{BASE}/Accounts/{project}/Calls/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": project,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.ended or self.created),
            "parent_call_sid": None,
            "to": self.to_number,
            "formatted_to": self.to_number,
            "to_formatted": self.to_number,
            "from": self.from_number,
            "formatted_from": self.from_number,
            "from_formatted": self.from_number,
            "phone_number_sid": None,
            "status": self.status,
            "start_time": rfc2822(self.created),
            "end_time": rfc2822(self.ended),
            "duration": int(((self.ended or now) - self.created).total_seconds()),
            "price": None if self.ended is None else 0.003,
            "price_unit": "USD",
            "direction": "inbound",
            "answered_by": None,
            "api_version": API_VERSION,
            "forwarded_from": None,
            "caller_name": None,
            "uri": f"{uri}.json",
            "subresource_uris": {"notifications": None, "recordings": f"{uri}/Recordings.json"},
            "annotation": None,
            "group_sid": None,
            "audio_in_mos": None,
            "sip_result_code": "200",
            "audio_rtt_avg": None,
            "audio_rtt_min": None,
            "audio_rtt_max": None,
            "audio_out_jitter_min": None,
            "audio_out_jitter_max": None,
            "audio_out_jitter_avg": None,
            "audio_out_lost": None,
        }


@dataclass(slots=True, kw_only=True)
class Conference:
    """A conference (schema ConferenceResponse)."""

    sid: str
    friendly_name: str
    created: datetime
    status: str = "in-progress"
    ended: datetime | None = None

    def render(self, project: str, now: datetime) -> Json:
        """Return the conference as the service shows it."""
        uri = f"{BASE}/Accounts/{project}/Conferences/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": project,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.ended or self.created),
            "friendly_name": self.friendly_name,
            "status": self.status,
            "api_version": API_VERSION,
            "region": "us1",
            "uri": f"{uri}.json",
            "subresource_uris": {
                "participants": f"{uri}/Participants.json",
                "recordings": f"{uri}/Recordings.json",
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PastState:
    """What an update changes of a recording, as it was until a moment."""

    until: datetime
    status: Status
    ended: datetime | None
    updated: datetime | None
    pause_behavior: str | None
    skipped: timedelta
    paused_since: datetime | None


@dataclass(slots=True, kw_only=True)
class Transcription:
    """What was said in a recording, as text (as SignalWire's SDK lists its fields)."""

    sid: str
    text: str | None
    created: datetime
    status: str = "completed"

    def render(self, project: str, recording: Recording, now: datetime) -> Json:
        """Return the transcription as the service shows it."""
        return {
            "sid": self.sid,
            "account_sid": project,
            "api_version": API_VERSION,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.created),
            "duration": str(recording.duration(now)),
            "price": None,
            "price_unit": "USD",
            "recording_sid": recording.sid,
            "status": self.status,
            "transcription_text": self.text,
            "type": "fast",
            "uri": f"{BASE}/Accounts/{project}/Transcriptions/{self.sid}.json",
        }


@dataclass(slots=True, kw_only=True)
class Recording:
    """A recording (schema RecordingResponse), and what only tests and the control side see.

    `start_lead` is by how much it started before it was created: a response of 2018 has a
    recording that appeared at its end. With `null_start` its `start_time` is null. `reads` counts
    how often it was read alone.
    """

    sid: str
    number: int
    created: datetime
    start_lead: timedelta = timedelta(0)
    null_start: bool = False
    call_sid: str | None = None
    conference_sid: str | None = None
    status: Status = Status.IN_PROGRESS
    channels: int = 1
    source: str = "StartCallRecordingApi"
    trim: str = "do-not-trim"
    ended: datetime | None = None
    updated: datetime | None = None
    pause_behavior: str | None = None
    updates: int = 0
    was_resumed: bool = False
    skipped: timedelta = timedelta(0)
    paused_since: datetime | None = None
    # After its end, until the price is known.
    price_delay: timedelta = timedelta(0)
    callback_url: str | None = None
    callback_events: tuple[str, ...] = ("completed",)
    callback_method: str = "POST"
    reads: int = 0
    transcriptions: list[Transcription] = field(default_factory=list)
    _history: deque[PastState] = field(
        default_factory=lambda: deque(maxlen=_MAX_HISTORY), repr=False
    )
    _shown: Json | None = field(default=None, repr=False)
    _text: str | None = field(default=None, repr=False)

    @property
    def is_active(self) -> bool:
        """Return whether it can still be updated."""
        return self.status in ACTIVE

    @property
    def started(self) -> datetime:
        """Return when it started, which may be before it was created."""
        return self.created - self.start_lead

    def remember(self, now: datetime) -> None:
        """Remember the state that is about to change."""
        self._history.append(
            PastState(
                until=now,
                status=self.status,
                ended=self.ended,
                updated=self.updated,
                pause_behavior=self.pause_behavior,
                skipped=self.skipped,
                paused_since=self.paused_since,
            )
        )

    def as_of(self, moment: datetime) -> Recording:
        """Return the recording as it was at a moment, itself if nothing has changed since."""
        for past in self._history:
            if past.until > moment:
                return replace(
                    self,
                    status=past.status,
                    ended=past.ended,
                    updated=past.updated,
                    pause_behavior=past.pause_behavior,
                    skipped=past.skipped,
                    paused_since=past.paused_since,
                    _shown=None,
                    _text=None,
                )
        return self

    def duration(self, now: datetime) -> int:
        """Return the whole seconds that the file holds; a skipped pause is not among them."""
        skipped = self.skipped
        if self.paused_since is not None and self.pause_behavior == "skip":
            skipped += (self.ended or now) - self.paused_since
        return max(0, int(((self.ended or now) - self.started - skipped).total_seconds()))

    def render(self, project: str, now: datetime) -> Json:
        """Return the recording as the service shows it."""
        if self._shown is not None:
            return self._shown
        uri = f"{BASE}/Accounts/{project}/Recordings/{self.sid}"
        duration = self.duration(now)
        priced = self.ended is not None and now >= self.ended + self.price_delay
        shown: Json = {
            "sid": self.sid,
            "account_sid": project,
            "api_version": API_VERSION,
            "call_sid": self.call_sid,
            "conference_sid": self.conference_sid,
            "channel": str(self.channels),
            "channels": str(self.channels),
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated or self.created),
            "start_time": None if self.null_start else rfc2822(self.started),
            "end_time": rfc2822(self.ended),
            "duration": duration,
            "price": None if not priced else f"{-0.0025 * (duration // 60 + 1):.4f}",
            "price_unit": "USD",
            "source": self.source,
            "status": self.status.value,
            "error_code": None,
            "uri": f"{uri}.json",
            "subresource_uris": {"transcriptions": f"{uri}/Transcriptions.json"},
            "encryption_details": None,
            "trim": self.trim,
        }
        if not self.is_active and priced:
            self._shown = shown
        return shown

    def render_text(self, project: str, now: datetime) -> str:
        """Return the recording as JSON; what has ended is written once, for thousands in a list."""
        if self._text is not None:
            return self._text
        text = json.dumps(self.render(project, now))
        if self._shown is not None:
            self._text = text
        return text
