"""What Home Assistant's own long-term statistics make of the daily sensors."""

from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from simulator import Simulator
from tests.helpers import refresh
from tests.media.helpers import past_recording

TIME = "sensor.corner_shop_recorded_time_today"
COST = "sensor.corner_shop_recording_cost_today"
NOON = datetime(2026, 11, 20, 11, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _loopback_and_custom_integrations(
    socket_enabled: None, recorder_mock: Recorder, enable_custom_integrations: None
) -> None:
    """As everywhere, but the recorder has to be there before Home Assistant is."""


@pytest.fixture
def noon(freezer: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """Return the clock, which stands at noon in Berlin."""
    freezer.move_to(NOON)
    return freezer


async def test_the_sums_grow_by_what_was_recorded_over_midnight_too(
    noon: FrozenDateTimeFactory,
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
) -> None:
    await hass.config.async_set_time_zone("Europe/Berlin")
    assert await async_setup_component(hass, "sensor", {})
    past_recording(simulator, timedelta(hours=1), seconds=30)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    async def compile_from(start: datetime) -> None:
        noon.move_to(start + timedelta(minutes=5))
        await async_wait_recording_done(hass)
        do_adhoc_statistics(hass, start=start)
        await async_wait_recording_done(hass)

    noon.tick(60)
    past_recording(simulator, timedelta(0), seconds=59)
    await refresh(hass, entry)
    await compile_from(NOON)
    noon.move_to(NOON + DAY)
    past_recording(simulator, timedelta(seconds=1), seconds=120)
    await refresh(hass, entry)
    await compile_from(NOON + DAY)

    statistics = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        NOON,
        None,
        {TIME, COST},
        "5minute",
        {"duration": "s"},
        {"sum", "state"},
    )
    shown = {
        name: [(round(row["state"] or 0, 4), round(row["sum"] or 0, 4)) for row in rows]
        for name, rows in statistics.items()
    }
    # The sum begins with what comes after the first state that was ever seen.
    assert shown == {
        TIME: [(89, 59), (120, 59 + 120)],
        COST: [(0.005, 0.0025), (0.0075, 0.0025 + 0.0075)],
    }
