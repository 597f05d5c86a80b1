"""A calendar to be turned over, and no waits between deletions."""

from datetime import UTC, datetime

from homeassistant.util import dt as dt_util
import pytest

from custom_components.signalwire.project import retention
from simulator import Simulator
from tests.keeping.helpers import Calendar


@pytest.fixture(autouse=True)
def calendar(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Calendar:
    """Return the clocks, which begin far from midnight, ahead of all timers."""
    calendar = Calendar(simulator, datetime(2030, 1, 15, 20, tzinfo=UTC))
    monkeypatch.setattr(dt_util, "utcnow", calendar.utcnow)
    monkeypatch.setattr(dt_util, "now", calendar.now)
    return calendar


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAUSE", 0)
