"""What the service tells of accounts, calls, conferences and recordings.

Dates are aware and in UTC, durations whole seconds, prices decimal. Addresses and the account's
SID are left behind on purpose: with the account's and the recording's SID anybody can listen to
the recording.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Self

from .enums import CallStatus, ConferenceStatus, RecordingSource, RecordingStatus
from .errors import MalformedAnswerError
from .parsing import JsonObject, parse_count, parse_date, parse_price, parse_text

_STATUSES = {status.value: status for status in RecordingStatus}
_SOURCES = {source.value: source for source in RecordingSource}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A project, which the Compatibility API calls an account (schema AccountResponse).

    The signing key is a secret, and may be missing (`null` in the schema's own description).
    """

    friendly_name: str | None
    signing_key: str | None = field(default=None, repr=False)

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Return the account of an answer; raises MalformedAnswerError if it is none."""
        if parse_text(data.get("sid")) is None:
            raise MalformedAnswerError("The answer is no account")
        return cls(
            friendly_name=parse_text(data.get("friendly_name")),
            signing_key=parse_text(data.get("signing_key")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording (schema RecordingResponse); exactly one of the two parent SIDs is set."""

    sid: str
    status: RecordingStatus
    call_sid: str | None = None
    conference_sid: str | None = None
    date_created: datetime | None = None
    date_updated: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    duration: int | None = None
    channels: int | None = None
    source: RecordingSource | None = None
    price: Decimal | None = None
    price_unit: str | None = None
    trim: str | None = None
    error_code: str | None = None

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Return the recording of an answer; raises MalformedAnswerError without SID or status."""
        get = data.get
        sid = parse_text(get("sid"))
        status = parse_text(get("status"))
        if sid is None or status is None:
            raise MalformedAnswerError("A recording came without SID or status")
        source = parse_text(get("source"))
        error_code = get("error_code")
        # Most recordings of a list have ended as they began and were changed: the dates repeat.
        date_created, date_updated = get("date_created"), get("date_updated")
        start_time, end_time = get("start_time"), get("end_time")
        created, updated = parse_date(date_created), parse_date(date_updated)
        return cls(
            sid=sid,
            # Looked up, because thousands in a list are: that takes a fraction of calling the enum.
            status=_STATUSES.get(status, RecordingStatus.UNKNOWN),
            call_sid=parse_text(get("call_sid")),
            conference_sid=parse_text(get("conference_sid")),
            date_created=created,
            date_updated=updated,
            start_time=created if start_time == date_created else parse_date(start_time),
            end_time=updated if end_time == date_updated else parse_date(end_time),
            duration=parse_count(get("duration")),
            channels=parse_count(get("channels", get("channel"))),
            source=_SOURCES.get(source, RecordingSource.UNKNOWN) if source else None,
            price=parse_price(get("price")),
            price_unit=parse_text(get("price_unit")),
            trim=parse_text(get("trim")),
            error_code=None if error_code is None else str(error_code),
        )

    @property
    def is_active(self) -> bool:
        """Return whether the recording can still be updated.

        A status that is not known yet counts as active as long as there is no end: rather one
        recording too many in sight than one that runs unseen.
        """
        if self.status is RecordingStatus.UNKNOWN:
            return self.end_time is None
        return not self.status.has_ended

    @property
    def started(self) -> datetime | None:
        """Return when the recording began."""
        return self.start_time or self.date_created


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call (schema CallResponse)."""

    sid: str
    status: CallStatus
    from_number: str | None = None
    to_number: str | None = None
    start_time: datetime | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return who talks to whom, as far as it is known."""
        return tuple(filter(None, (self.from_number, self.to_number)))

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Return the call of an answer; raises MalformedAnswerError if it is none."""
        sid = parse_text(data.get("sid"))
        if sid is None:
            raise MalformedAnswerError("A call came without SID")
        return cls(
            sid=sid,
            status=CallStatus(parse_text(data.get("status")) or "unknown"),
            from_number=parse_text(data.get("from")),
            to_number=parse_text(data.get("to")),
            start_time=parse_date(data.get("start_time")) or parse_date(data.get("date_created")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Conference:
    """A conference (schema ConferenceResponse)."""

    sid: str
    status: ConferenceStatus
    friendly_name: str | None = None
    start_time: datetime | None = None

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Return the conference of an answer; raises MalformedAnswerError if it is none."""
        sid = parse_text(data.get("sid"))
        if sid is None:
            raise MalformedAnswerError("A conference came without SID")
        return cls(
            sid=sid,
            status=ConferenceStatus(parse_text(data.get("status")) or "unknown"),
            friendly_name=parse_text(data.get("friendly_name")),
            start_time=parse_date(data.get("date_created")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[ModelT]:
    """One page of a list.

    `unreadable` counts the items that could not be read, and `unreadable_sids` names those of them
    that have a SID; `passed_over` counts those that were not wanted;
    `reached` is when the last item of all was created; `is_last` says that no page follows.
    """

    items: tuple[ModelT, ...]
    unreadable: int = 0
    unreadable_sids: tuple[str, ...] = ()
    passed_over: int = 0
    reached: datetime | None = None
    is_last: bool = True
