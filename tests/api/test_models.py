"""What becomes of the service's fields."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.signalwire.api import Account, Call, Recording

RECORDING = {"sid": "1", "status": "completed"}


def _date(second: int) -> str:
    return f"Fri, 20 Nov 2026 12:00:{second:02} +0000"


def _time(second: int) -> datetime:
    return datetime(2026, 11, 20, 12, 0, second, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [(1, 2, 1, 2), (1, 2, 3, 4), (1, 1, 1, 1), (2, 1, 1, 2)])
def test_each_date_is_its_own(seconds: tuple[int, ...]) -> None:
    names = ("date_created", "date_updated", "start_time", "end_time")
    dates = {name: _date(second) for name, second in zip(names, seconds, strict=True)}
    recording = Recording.from_json({**RECORDING, **dates})
    assert tuple(getattr(recording, name) for name in names) == tuple(map(_time, seconds))


@pytest.mark.parametrize(
    ("fields", "second"),
    [
        ({"date_created": _date(1), "start_time": _date(2)}, 2),
        ({"date_created": _date(1)}, 1),
        ({"start_time": _date(2)}, 2),
    ],
)
def test_a_recording_began_when_it_started_or_else_was_created(
    fields: dict[str, Any], second: int
) -> None:
    assert Recording.from_json({**RECORDING, **fields}).started == _time(second)


@pytest.mark.parametrize(
    ("fields", "second"),
    [
        ({"date_created": _date(1), "start_time": _date(2)}, 2),
        ({"date_created": _date(1)}, 1),
        ({"start_time": _date(2)}, 2),
    ],
)
def test_a_call_began_when_it_started_or_else_was_created(
    fields: dict[str, Any], second: int
) -> None:
    assert Call.from_json({"sid": "1", **fields}).start_time == _time(second)


def test_a_calls_numbers_are_those_that_are_known() -> None:
    assert Call.from_json({"sid": "1", "from": "+1", "to": "+2"}).numbers == ("+1", "+2")
    assert Call.from_json({"sid": "1", "to": "+2"}).numbers == ("+2",)


def test_what_shows_an_account_does_not_show_its_key() -> None:
    account = Account.from_json({"sid": "1", "friendly_name": "Shop", "signing_key": "PSK_secret"})
    assert account.signing_key == "PSK_secret"
    assert "secret" not in repr(account)
