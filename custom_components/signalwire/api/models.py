"""What the service tells of accounts, calls, conferences and recordings.

An answer is decoded straight into these types. Every field is kept as it came, because the service
is looser than its specification; what it means is worked out when it is asked for. Dates are aware
and in UTC, durations whole seconds, prices decimal; what makes no sense is None.

Addresses and the account's SID are kept out of `repr`: who knows the SIDs of the account and of a
recording can listen to it.
"""

from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Self, override

import msgspec
from msgspec import Meta, Struct, field

from .enums import CallStatus, ConferenceStatus, RecordingSource, RecordingStatus
from .errors import MalformedAnswerError
from .parsing import REPLACED, parse_count, parse_date, parse_object, parse_price, parse_text

# Without these two nothing can be done with an item: it counts as unreadable.
type Required = Annotated[str, Meta(min_length=1)]
# Seconds; about thirty years.
_MAX_DURATION = 10**9


class Model(Struct, frozen=True, kw_only=True, dict=True):
    """An object of an answer; unknown fields are left out.

    What was worked out of a field is kept, for active recordings are asked again and again.
    """

    sid: Required
    _date_created: Any = field(default=None, name="date_created")

    @cached_property
    def date_created(self) -> datetime | None:
        """Return when it was created."""
        return parse_date(self._date_created)

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        """Return the object of an answer; raises MalformedAnswerError if it is none."""
        return cls.from_json(parse_object(body))

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Return the object of decoded JSON; raises MalformedAnswerError if it is none."""
        try:
            model = msgspec.convert(data, cls)
        except (msgspec.ValidationError, RecursionError) as err:
            raise MalformedAnswerError(f"The answer is no {cls.__name__.lower()}") from err
        if REPLACED in model.sid:
            raise MalformedAnswerError("The answer has an identifier that cannot be read")
        return model


class Account(Model, frozen=True, kw_only=True, dict=True):
    """A project, which the Compatibility API calls an account (schema AccountResponse).

    The signing key is a secret, and may be missing (`null` in the schema's own description).
    """

    _friendly_name: Any = field(default=None, name="friendly_name")
    _signing_key: Any = field(default=None, name="signing_key")

    @cached_property
    def friendly_name(self) -> str | None:
        """Return the name that people gave the project."""
        return parse_text(self._friendly_name)

    @cached_property
    def signing_key(self) -> str | None:
        """Return the key that callbacks are signed with."""
        return parse_text(self._signing_key)

    @override
    def __repr__(self) -> str:
        return f"Account({self.friendly_name!r})"


class Recording(Model, frozen=True, kw_only=True, dict=True):
    """A recording of a call or of a conference (schema RecordingResponse)."""

    _status: Required = field(name="status")
    _account_sid: Any = field(default=None, name="account_sid")
    _api_version: Any = field(default=None, name="api_version")
    _call_sid: Any = field(default=None, name="call_sid")
    _channel: Any = field(default=None, name="channel")
    _channels: Any = field(default=None, name="channels")
    _conference_sid: Any = field(default=None, name="conference_sid")
    _date_updated: Any = field(default=None, name="date_updated")
    _duration: Any = field(default=None, name="duration")
    encryption_details: Any = None
    _end_time: Any = field(default=None, name="end_time")
    _error_code: Any = field(default=None, name="error_code")
    _price: Any = field(default=None, name="price")
    _price_unit: Any = field(default=None, name="price_unit")
    _source: Any = field(default=None, name="source")
    _start_time: Any = field(default=None, name="start_time")
    _subresource_uris: Any = field(default=None, name="subresource_uris")
    _trim: Any = field(default=None, name="trim")
    _uri: Any = field(default=None, name="uri")

    @cached_property
    def status(self) -> RecordingStatus:
        """Return the status; `unknown` for a word that is new."""
        return RecordingStatus(self._status)

    @cached_property
    def account_sid(self) -> str | None:
        """Return the project's SID; private."""
        return parse_text(self._account_sid)

    @cached_property
    def uri(self) -> str | None:
        """Return the recording's own address, without the host; private."""
        return parse_text(self._uri)

    @cached_property
    def subresource_uris(self) -> Any:
        """Return the addresses of what belongs to the recording; private."""
        return self._subresource_uris

    @cached_property
    def api_version(self) -> str | None:
        """Return the version of the API that has answered."""
        return parse_text(self._api_version)

    @cached_property
    def call_sid(self) -> str | None:
        """Return the call that is recorded, if it is one."""
        return parse_text(self._call_sid)

    @cached_property
    def conference_sid(self) -> str | None:
        """Return the conference that is recorded, if it is one."""
        return parse_text(self._conference_sid)

    @cached_property
    def channel(self) -> int | None:
        """Return what `channels` says too."""
        return parse_count(self._channel)

    @cached_property
    def channels(self) -> int | None:
        """Return 1 for mono and 2 for stereo."""
        channels = parse_count(self._channels)
        return self.channel if channels is None else channels

    @cached_property
    def date_updated(self) -> datetime | None:
        """Return when the recording was last changed."""
        return parse_date(self._date_updated)

    @cached_property
    def start_time(self) -> datetime | None:
        """Return when the recording began."""
        return parse_date(self._start_time)

    @cached_property
    def end_time(self) -> datetime | None:
        """Return when the recording ended."""
        return parse_date(self._end_time)

    @cached_property
    def duration(self) -> int | None:
        """Return the length in seconds; None for one that makes no sense."""
        seconds = parse_count(self._duration)
        # Times cannot be computed with more.
        return seconds if seconds is not None and seconds <= _MAX_DURATION else None

    @cached_property
    def source(self) -> RecordingSource | None:
        """Return how the recording was made; `unknown` for a word that is new."""
        source = parse_text(self._source)
        return None if source is None else RecordingSource(source)

    @cached_property
    def price(self) -> Decimal | None:
        """Return what the recording costs, in `price_unit`."""
        return parse_price(self._price)

    @cached_property
    def price_unit(self) -> str | None:
        """Return the currency (ISO 4217)."""
        unit = parse_text(self._price_unit)
        return None if unit is None else unit.upper()

    @cached_property
    def trim(self) -> str | None:
        """Return whether silence at both ends was cut off."""
        return parse_text(self._trim)

    @cached_property
    def error_code(self) -> str | None:
        """Return why the recording failed."""
        return None if self._error_code is None else str(self._error_code)

    @cached_property
    def is_active(self) -> bool:
        """Return whether the recording can still be updated.

        A status that is not known yet counts as active as long as there is no end: rather one
        recording too many in sight than one that runs unseen.
        """
        status = self.status
        if status is RecordingStatus.UNKNOWN:
            return self.end_time is None
        return not status.has_ended

    @cached_property
    def started(self) -> datetime | None:
        """Return when the recording began, or else was created."""
        return self.start_time or self.date_created

    @cached_property
    def without_duration(self) -> Self:
        """Return the recording without its length, which grows with every reading."""
        return msgspec.structs.replace(self, _duration=None)

    @cached_property
    def parents(self) -> list[tuple[str, str]]:
        """Return the call or the conference, as the kind in an address and the SID.

        Only one should be there. Where both are, the one in the recording's own address is first.
        """
        parents = [
            (kind, sid)
            for kind, sid in (("Calls", self.call_sid), ("Conferences", self.conference_sid))
            if sid is not None and REPLACED not in sid
        ]
        if len(parents) > 1 and "/Conferences/" in (self.uri or ""):
            parents.reverse()
        return parents

    @override
    def __repr__(self) -> str:
        return f"Recording({self.sid!r}, {self._status!r})"


RECORDING_FIELDS = (
    *("sid", "status", "api_version", "call_sid", "channel", "channels", "conference_sid"),
    *("date_created", "date_updated", "duration", "encryption_details", "end_time", "error_code"),
    *("price", "price_unit", "source", "start_time", "trim"),
)
"""The returned fields that may be shown: all but the account's SID and the addresses."""


class Transcription(Model, frozen=True, kw_only=True, dict=True):
    """What was said in a recording, as text; the text is private, and not in `repr`."""

    _status: Any = field(default=None, name="status")
    _text: Any = field(default=None, name="transcription_text")
    _duration: Any = field(default=None, name="duration")

    @cached_property
    def status(self) -> str | None:
        """Return the status, such as `in-progress`, `completed` or `failed`."""
        return parse_text(self._status)

    @cached_property
    def text(self) -> str | None:
        """Return what was said, once that is known."""
        return parse_text(self._text)

    @cached_property
    def duration(self) -> int | None:
        """Return the length of what was transcribed, in seconds."""
        return parse_count(self._duration)

    @override
    def __repr__(self) -> str:
        return f"Transcription({self.sid!r})"


class Call(Model, frozen=True, kw_only=True, dict=True):
    """A call (schema CallResponse)."""

    _status: Any = field(default=None, name="status")
    _from: Any = field(default=None, name="from")
    _to: Any = field(default=None, name="to")
    _start_time: Any = field(default=None, name="start_time")

    @cached_property
    def status(self) -> CallStatus:
        """Return the status; `unknown` for a word that is new."""
        return CallStatus(self._status)

    @cached_property
    def from_number(self) -> str | None:
        """Return who calls."""
        return parse_text(self._from)

    @cached_property
    def to_number(self) -> str | None:
        """Return who is called."""
        return parse_text(self._to)

    @cached_property
    def start_time(self) -> datetime | None:
        """Return when the call began, or else was created."""
        return parse_date(self._start_time) or self.date_created

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """Return who talks to whom, as far as it is known."""
        return tuple(filter(None, (self.from_number, self.to_number)))


class PhoneNumber(Model, frozen=True, kw_only=True, dict=True):
    """A telephone number of the project (Compatibility API, IncomingPhoneNumbers)."""

    _friendly_name: Any = field(default=None, name="friendly_name")
    _phone_number: Any = field(default=None, name="phone_number")

    @cached_property
    def number(self) -> str | None:
        """Return the number, in E.164."""
        return parse_text(self._phone_number)

    @cached_property
    def friendly_name(self) -> str | None:
        """Return the name that people gave it."""
        return parse_text(self._friendly_name)


class Conference(Model, frozen=True, kw_only=True, dict=True):
    """A conference (schema ConferenceResponse)."""

    _status: Any = field(default=None, name="status")
    _friendly_name: Any = field(default=None, name="friendly_name")

    @cached_property
    def status(self) -> ConferenceStatus:
        """Return the status; `unknown` for a word that is new."""
        return ConferenceStatus(self._status)

    @cached_property
    def friendly_name(self) -> str | None:
        """Return the conference's name."""
        return parse_text(self._friendly_name)

    @cached_property
    def start_time(self) -> datetime | None:
        """Return when the conference was created."""
        return self.date_created
