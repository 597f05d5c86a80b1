"""Typed values out of the service's loose JSON.

The service is looser than its specification: numbers come as strings and the other way round,
fields are missing. A field that can't be read is None; it never costs the rest.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
import json
import re

import msgspec

from .errors import MalformedAnswerError, without_private_parts

REPLACED = "\ufffd"
"""What stands for a character that could not be read."""

type JsonObject = Mapping[str, object]

# Beyond these, something is broken, and arithmetic with them would break as well.
_MAX_MONEY = 10**9
_YEARS = range(1970, 2200)

_MONTHS = {
    month: number
    for number, month in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_RFC_2822_DAY = re.compile(r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) ", re.ASCII)
_MAX_DIGITS = 16

_SID = re.compile(r"[A-Za-z0-9-]{8,64}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def parse_object(body: bytes | bytearray) -> JsonObject:
    """Return the JSON object in the body; raises MalformedAnswerError if it is none.

    What is no text in it, such as half of a character, becomes U+FFFD.
    """
    if not body:
        raise MalformedAnswerError("The answer is empty")
    try:
        data = msgspec.json.decode(body)
    except msgspec.DecodeError, UnicodeDecodeError, RecursionError:
        data = _parse_leniently(body)
    if not isinstance(data, dict):
        raise MalformedAnswerError("The answer is no JSON object")
    return data


def _parse_leniently(body: bytes | bytearray) -> object:
    try:
        data = json.loads(body.decode(errors="replace"), parse_constant=lambda _: None)
        # Half of a character can be read, but not written.
        text = json.dumps(data, ensure_ascii=False).encode(errors="surrogatepass")
        return json.loads(text.decode(errors="replace"))
    except ValueError, RecursionError:
        raise MalformedAnswerError("The answer is no JSON") from None


def parse_text(value: object) -> str | None:
    """Return a text that is not empty, or None."""
    return value if isinstance(value, str) and value else None


def parse_sid(value: object) -> str | None:
    """Return an identifier of the service's, or None for what cannot be one."""
    return value if isinstance(value, str) and _SID.fullmatch(value) else None


def parse_count(value: object) -> int | None:
    """Return a whole number of at least 0, or None."""
    if type(value) is int:
        return value if 0 <= value < 2**53 else None
    if isinstance(value, str):
        if len(value) < _MAX_DIGITS and value.isdecimal():
            return int(value)
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        return None
    return int(value)


def parse_code(value: object) -> str | None:
    """Return an error code, which is a number or a text, as a text; or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip()
    return text if _CODE.fullmatch(text) and without_private_parts(text) == text else None


def parse_price(value: object) -> Decimal | None:
    """Return an amount of money, or None."""
    # Most have none, and to put the union of the next line together takes longer than the rest.
    if value is None or isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return _price(str(value))


def parse_date(value: object) -> datetime | None:
    """Return an RFC 2822 date as an aware datetime in UTC, or None."""
    return _date(value) if isinstance(value, str) else None


# Lists repeat themselves: active recordings are read again and again, and few prices differ. So
# what was read last is kept, which costs some hundred kilobytes at most.
@lru_cache(maxsize=1024)
def _date(text: str) -> datetime | None:
    try:
        if len(text) == 31 and text.endswith(" +0000") and (day := _iso_day(text[:17])):
            # The form that the service uses, many times as fast as the general parser.
            date = datetime.fromisoformat(f"{day}T{text[17:25]}Z")
        else:
            date = parsedate_to_datetime(text.replace("Sept ", "Sep "))
            if date.tzinfo is None:
                date = date.replace(tzinfo=UTC)
            date = date.astimezone(UTC)
    except ValueError, OverflowError:
        return None
    return date if date.year in _YEARS else None


@lru_cache(maxsize=64)
def _iso_day(text: str) -> str | None:
    """Return `2018-09-25` for `Tue, 25 Sep 2018 `, or None."""
    if (match := _RFC_2822_DAY.fullmatch(text)) is None or match[2] not in _MONTHS:
        return None
    return f"{match[3]}-{_MONTHS[match[2]]:02}-{match[1]}"


@lru_cache(maxsize=256)
def _price(text: str) -> Decimal | None:
    try:
        price = Decimal(text)
    except InvalidOperation:
        return None
    return price if price.is_finite() and abs(price) < _MAX_MONEY else None


def format_date(date: datetime) -> str:
    """Return the RFC 2822 form that the service's date filters take."""
    return format_datetime(date.astimezone(UTC))
