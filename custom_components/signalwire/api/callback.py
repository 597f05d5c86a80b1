"""Status callbacks: what came with a request, and which recording to read again for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import re
from typing import Self
from urllib.parse import parse_qs

from .enums import RecordingStatus
from .errors import MalformedAnswerError
from .parsing import parse_object, parse_text

_SID = re.compile(r"[A-Za-z0-9-]{8,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackContent:
    """The fields of a callback, and what its signature is made over.

    `signed_fields` are all values of each field of a form or of a flat JSON object, empty for a
    request without a body; None where the fields of the body cannot be signed one by one.
    """

    fields: Mapping[str, object]
    signed_fields: Mapping[str, Sequence[str]] | None
    body: bytes = b""

    @classmethod
    def from_query(cls, query: str) -> Self:
        """Return what a GET brought; its address with the query is all that is signed."""
        return cls(fields=_first_of_each(_parse_form(query)), signed_fields={})

    @classmethod
    def from_body(cls, content_type: str, body: bytes) -> Self:
        """Return what a POST brought; raises MalformedAnswerError if that is no callback."""
        match content_type.partition(";")[0].strip().lower():
            case "application/x-www-form-urlencoded":
                form = _parse_form(body.decode(errors="replace"))
                return cls(fields=_first_of_each(form), signed_fields=form, body=body)
            case "application/json":
                data = parse_object(body)
                return cls(fields=data, signed_fields=_texts_of(data), body=body)
            case _:
                raise MalformedAnswerError("The callback is neither a form nor JSON")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingCallback:
    """A recording that something happened to (schema RecordingStatusCallback).

    The status is what the sender claims; nothing but reading the recording proves it.
    """

    recording_sid: str
    status: RecordingStatus
    account_sid: str | None = None

    @classmethod
    def from_fields(cls, fields: Mapping[str, object]) -> Self:
        """Return the callback; raises MalformedAnswerError without the SID of a recording."""
        sid = parse_text(fields.get("RecordingSid"))
        if sid is None or not _SID.fullmatch(sid):
            raise MalformedAnswerError("The callback names no recording")
        return cls(
            recording_sid=sid,
            status=RecordingStatus(parse_text(fields.get("RecordingStatus")) or "unknown"),
            account_sid=parse_text(fields.get("AccountSid")),
        )


def _texts_of(data: Mapping[str, object]) -> dict[str, list[str]] | None:
    """Return the fields of a JSON object as JavaScript writes them, if all are plain values."""
    texts: dict[str, list[str]] = {}
    for name, value in data.items():
        match value:
            case str():
                texts[name] = [value]
            case bool():
                texts[name] = [str(value).lower()]
            case int():
                texts[name] = [str(value)]
            case None:
                texts[name] = ["null"]
            case _:
                return None
    return texts


def _parse_form(text: str) -> dict[str, list[str]]:
    return parse_qs(text, keep_blank_values=True)


def _first_of_each(form: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name: values[0] for name, values in form.items()}
