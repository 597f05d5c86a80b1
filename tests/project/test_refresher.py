"""Everything is read beside the polls where that takes long."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire.project import refresher
from simulator import Fault, Simulator
from tests.helpers import call_with_recording, confirmation, refresh, statuses, turn, until


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no poll wait long for a full refresh."""
    monkeypatch.setattr(refresher, "_FULL_WAIT", 0.05)


def asked_for(simulator: Simulator, kind: str) -> bool:
    """Return whether calls or conferences have been listed."""
    return any(f"/{kind}.json" in request.path for request in simulator.requests)


async def test_a_full_refresh_that_takes_long_keeps_no_new_recording_from_being_paused(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(path="Calls.json", delay=1, times=1))
    simulator.requests.clear()
    await turn(hass, "off")
    await until(lambda: asked_for(simulator, "Calls"))
    call_with_recording(simulator)
    await loaded.runtime_data.async_refresh()
    await until(lambda: statuses(simulator) == ["paused"])
    # The full refresh, without which nothing is confirmed, has not got any further.
    assert not asked_for(simulator, "Conferences")
    assert confirmation(hass) == (0, False)
    await until(lambda: confirmation(hass) == (0, True))


async def test_an_unload_ends_a_full_refresh_that_goes_on(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(path="Calls.json", delay=0.5))
    await turn(hass, "off")
    await until(lambda: asked_for(simulator, "Calls"))
    await hass.config_entries.async_unload(loaded.entry_id)
    simulator.requests.clear()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not simulator.requests


async def test_a_full_refresh_that_fails_is_tried_again(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.requests.clear()
    simulator.faults.add(Fault(path="Calls.json", delay=0.2, status=404, times=1))
    await turn(hass, "off")
    await until(lambda: asked_for(simulator, "Calls"))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert confirmation(hass) == (0, False)
    await refresh(hass, loaded)
    await until(lambda: confirmation(hass) == (0, True))
