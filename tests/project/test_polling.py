from datetime import timedelta

import pytest

from custom_components.signalwire.project.polling import Polling, bounded_wait

POLLING = Polling(active=timedelta(seconds=5), idle=timedelta(seconds=20))


def test_refreshes_are_fast_while_something_is_active() -> None:
    assert POLLING.interval(busy=True) == timedelta(seconds=5)
    assert POLLING.interval(busy=False) == timedelta(seconds=20)


@pytest.mark.parametrize(
    ("busy", "longest"),
    [
        (True, [5, 10, 15, 15, 15]),
        (False, [5, 10, 20, 40, 60, 60]),
    ],
)
def test_waits_grow_with_each_failure_up_to_a_bound(*, busy: bool, longest: list[int]) -> None:
    for failures, seconds in enumerate(longest, 1):
        waits = [POLLING.wait_after(failures, busy=busy).total_seconds() for _ in range(50)]
        assert max(5, seconds / 2) <= min(waits) <= max(waits) <= seconds
        assert failures == 1 or min(waits) < max(waits)
    assert POLLING.wait_after(100_000, busy=busy).total_seconds() <= longest[-1]


@pytest.mark.parametrize("busy", [True, False])
def test_nobody_is_asked_more_often_than_chosen(*, busy: bool) -> None:
    slow = Polling(active=timedelta(minutes=5), idle=timedelta(hours=1))
    waits = [slow.wait_after(9, busy=busy) for _ in range(50)]
    assert min(waits) >= slow.active
    assert max(waits) <= slow.interval(busy=busy)


def test_the_service_may_ask_for_patience_within_reason() -> None:
    assert bounded_wait(None) is None
    assert bounded_wait(7) == 7
    assert bounded_wait(86_400) == 300
