"""How long it takes until the next poll."""

from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire.project.polling import Polling, bounded_wait
from custom_components.signalwire.project.settings import ProjectSettings


def _polling(**options: int) -> Polling:
    return Polling(ProjectSettings.from_entry(MockConfigEntry(options=options)))


POLLING = _polling()


def test_polls_are_fast_while_something_is_active_and_faster_while_held() -> None:
    assert POLLING.interval(active=True, held=False) == timedelta(seconds=5)
    assert POLLING.interval(active=False, held=False) == timedelta(seconds=20)
    for active in (True, False):
        assert POLLING.interval(active=active, held=True) == timedelta(seconds=1)


def test_a_slow_poll_is_followed_before_it_confirms_nothing_any_more() -> None:
    slow = _polling(held_interval=10)
    assert slow.interval(active=True, held=True, took=0.5) == timedelta(seconds=10)
    assert slow.interval(active=True, held=True, took=3) == timedelta(seconds=8)
    assert slow.interval(active=True, held=True, took=60) == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("active", "held", "longest"),
    [
        (True, False, [5, 10, 15, 15, 15]),
        (False, True, [5, 10, 15, 15, 15]),
        (False, False, [5, 10, 20, 40, 60, 60]),
    ],
)
def test_waits_grow_with_each_failure_up_to_a_bound(
    *, active: bool, held: bool, longest: list[int]
) -> None:
    for failures, seconds in enumerate(longest, 1):
        waits = [
            POLLING.wait_after(failures, active=active, held=held).total_seconds()
            for _ in range(50)
        ]
        assert max(5, seconds / 2) <= min(waits) <= max(waits) <= seconds
        assert failures == 1 or min(waits) < max(waits)
    assert POLLING.wait_after(100_000, active=active, held=held).total_seconds() <= longest[-1]


@pytest.mark.parametrize("active", [True, False])
def test_the_service_is_not_asked_more_often_than_chosen(*, active: bool) -> None:
    slow = _polling(active_interval=300, idle_interval=3600)
    waits = [slow.wait_after(9, active=active, held=False) for _ in range(50)]
    assert min(waits) >= timedelta(minutes=5)
    assert max(waits) <= slow.interval(active=active, held=False)


def test_while_held_a_failure_is_tried_again_within_fifteen_seconds() -> None:
    slow = _polling(active_interval=300)
    waits = [slow.wait_after(failures, active=True, held=True) for failures in range(1, 50)]
    assert max(waits) <= timedelta(seconds=15)


def test_the_service_may_ask_to_wait_within_reason() -> None:
    assert bounded_wait(None) is None
    assert bounded_wait(7) == 7
    assert bounded_wait(86_400) == 300
