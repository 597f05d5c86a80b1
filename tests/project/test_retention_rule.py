"""Which recordings are due: decisions about dates, lines and numbers, without a clock."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.signalwire.api import Recording
from custom_components.signalwire.project.retention_rule import Due, RetentionPolicy, ended_at
from tests.helpers import make_recording

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_POLICY = RetentionPolicy(default=timedelta(days=3), lines={"desk": timedelta(days=5), "all": None})


def ended(minutes_ago: float, sid: str = "a") -> Recording:
    """Return a recording of a minute that ended so long before noon."""
    end = NOON - minutes_ago * _MINUTE
    return make_recording(
        sid, "completed", date_created=end - _MINUTE, start_time=end - _MINUTE, end_time=end
    )


def test_one_is_due_from_the_moment_that_its_days_are_over() -> None:
    recording = ended(3 * 24 * 60)
    assert _POLICY.is_due(recording, frozenset(), NOON)
    assert not _POLICY.is_due(recording, frozenset(), NOON - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (frozenset(), 3),
        (frozenset({"other"}), 3),
        (frozenset({"desk"}), 5),
        (frozenset({"desk", "other"}), 5),
        (frozenset({"desk", "all"}), None),
        (None, None),
    ],
)
def test_the_longest_time_that_any_line_asks_for_counts(
    lines: frozenset[str] | None, days: int | None
) -> None:
    assert _POLICY.kept_for(lines) == (None if days is None else timedelta(days=days))


def test_a_recording_ended_at_the_latest_that_its_dates_allow() -> None:
    recording = make_recording(
        "a",
        "completed",
        date_created=NOON,
        start_time=NOON,
        end_time=NOON + _MINUTE,
        duration=120,
    )
    assert ended_at(recording) == NOON + 2 * _MINUTE


def test_the_oldest_are_kept_in_mind_and_all_are_counted() -> None:
    due = Due(limit=2)
    for age, sid in enumerate("abcd", 1):
        due.add(ended(age, sid), is_awaited=False, has_failed=False)
    assert due.number == 4
    assert due.in_order == ["d", "c"]
    assert (due.first, due.last) == (NOON - 4 * _MINUTE, NOON - _MINUTE)


def test_what_failed_comes_last_and_what_is_awaited_not_at_all() -> None:
    due = Due(limit=5)
    due.add(ended(1, "a"), is_awaited=False, has_failed=False)
    due.add(ended(2, "b"), is_awaited=True, has_failed=False)
    due.add(ended(3, "c"), is_awaited=False, has_failed=True)
    assert due.number == 3
    assert due.in_order == ["a", "c"]
