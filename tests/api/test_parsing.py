from datetime import UTC, datetime
from decimal import Decimal
import time

import pytest

from custom_components.signalwire.api import MalformedAnswerError
from custom_components.signalwire.api.parsing import (
    format_date,
    parse_count,
    parse_date,
    parse_object,
    parse_price,
    parse_text,
)

_NOON = datetime(2018, 9, 25, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 25 Sep 2018 12:00:05 +0000",
        "Tue, 25 Sep 2018 14:00:05 +0200",
        "Tue, 25 Sep 2018 08:30:05 -0330",
        "Tue, 25 Sep 2018 12:00:05 GMT",
        "Tue, 25 Sep 2018 12:00:05",
        "25 Sep 2018 12:00:05 +0000",
        "Tue, 25 Sep 2018 12:00:05 -0000",
        "Tue, 25 Sept 2018 12:00:05 +0000",
    ],
)
def test_dates_come_in_utc_however_they_are_written(text: str) -> None:
    assert parse_date(text) == _NOON
    assert str(parse_date(text)).endswith("+00:00")


def test_a_date_without_a_zone_is_utc_wherever_home_assistant_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert parse_date("Tue, 25 Sep 2018 12:00:05") == _NOON
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "Wed, 31 Dec 1969 23:59:59 +0000",
        "Wed, 01 Jan 2200 00:00:00 +0000",
        "Fri, 31 Dec 9999 23:59:59 -0900",
    ],
)
def test_a_date_that_cannot_be_true_is_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "value",
    [None, 5, "", "soon", "Tue, 25 Foo 2018 12:00:05 +0000", "Tue, 99 Sep 2018 12:00:05 +0000"],
)
def test_what_is_no_date_is_none(value: object) -> None:
    assert parse_date(value) is None


def test_a_date_is_written_as_the_filters_take_it() -> None:
    assert format_date(_NOON) == "Tue, 25 Sep 2018 12:00:05 +0000"


@pytest.mark.parametrize(
    ("value", "count"),
    [(14, 14), ("14", 14), (14.0, 14), ("14.0", 14), (0, 0), ("0", 0)],
)
def test_whole_numbers_come_as_numbers_or_text(value: object, count: int) -> None:
    assert parse_count(value) == count


@pytest.mark.parametrize(
    "value",
    [None, True, "", "many", -1, "-1", [], {}, float("nan"), "inf", "1e999", 2**53, "9" * 20],
)
def test_what_is_no_count_is_none(value: object) -> None:
    assert parse_count(value) is None


@pytest.mark.parametrize(
    ("value", "price"),
    [
        (0.0, "0.0"),
        ("-0.0025", "-0.0025"),
        ("0.003", "0.003"),
        (2, "2"),
        ("-999999999.5", "-999999999.5"),
    ],
)
def test_prices_keep_every_digit(value: object, price: str) -> None:
    assert parse_price(value) == Decimal(price)


@pytest.mark.parametrize(
    "value",
    [None, True, "", "free", "NaN", "Infinity", "1e99999", 1e300, "9" * 400, [], "-1000000000"],
)
def test_what_is_no_price_is_none(value: object) -> None:
    assert parse_price(value) is None


@pytest.mark.parametrize("value", [None, "", 5, ["x"]])
def test_what_is_no_text_is_none(value: object) -> None:
    assert parse_text(value) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"text"', b'{"cut', b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedAnswerError):
        parse_object(body)
