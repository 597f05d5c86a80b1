"""How long is waited before another try."""

import pytest

from custom_components.signalwire.api import retry_wait


@pytest.mark.parametrize(
    ("failures", "least", "most"),
    [(1, 0.5, 1), (3, 2, 4), (5, 7.5, 15), (99, 7.5, 15), (5000, 7, 15)],
)
def test_waits_grow_with_each_failure_up_to_a_bound_and_differ(
    failures: int, least: float, most: float
) -> None:
    waits = [retry_wait(failures, 1, 15) for _ in range(50)]
    assert least <= min(waits) < max(waits) <= most
