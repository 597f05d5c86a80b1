"""Typed values out of the service's loose JSON.

The service is looser than its specification: numbers come as strings and the other way round,
fields are missing. A field that can't be read is None; it never costs the rest.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import format_datetime, parsedate_to_datetime
import re

import orjson

from .errors import MalformedAnswerError

type JsonObject = Mapping[str, object]

# Beyond these, something is broken, and arithmetic with them would break as well.
_MOST_MONEY = 10**9
_YEARS = range(1970, 2200)

_MONTHS = {
    month: number
    for number, month in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
# The specification's own examples have "Sept" here and there.
_RFC_2822 = re.compile(
    r"[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2})t? (\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"
)


def parse_object(body: bytes) -> JsonObject:
    """Return the JSON object in the body; raises MalformedAnswerError if it is none."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise MalformedAnswerError("The answer is no JSON") from None
    if not isinstance(data, dict):
        raise MalformedAnswerError("The answer is no JSON object")
    return data


def parse_text(value: object) -> str | None:
    """Return a text that is not empty, or None."""
    return value if isinstance(value, str) and value else None


def parse_count(value: object) -> int | None:
    """Return a whole number of at least 0, or None."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        return None
    return int(value)


def parse_code(value: object) -> int | None:
    """Return an error code, or None."""
    return parse_count(value)


def parse_price(value: object) -> Decimal | None:
    """Return an amount of money, or None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        return None
    return price if price.is_finite() and abs(price) < _MOST_MONEY else None


def parse_date(value: object) -> datetime | None:
    """Return an RFC 2822 date as an aware datetime in UTC, or None."""
    date = _parse_date(value) if isinstance(value, str) else None
    return date if date is not None and date.year in _YEARS else None


def _parse_date(value: str) -> datetime | None:
    try:
        if match := _RFC_2822.fullmatch(value):
            # The form that the service uses, several times as fast as the general parser.
            day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
            date = datetime(
                int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC
            )
            if hours == minutes == "00":
                return date
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            return date - offset if sign == "+" else date + offset
        date = parsedate_to_datetime(value)
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        return date.astimezone(UTC)
    except KeyError, ValueError, OverflowError:
        return None


def format_date(date: datetime) -> str:
    """Return the RFC 2822 form that the service's date filters take."""
    return format_datetime(date.astimezone(UTC))
