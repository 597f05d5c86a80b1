"""Everything is read beside the polls where that takes long, and hides nothing new if it fails."""

import asyncio
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire.project import refresher
from simulator import Fault, Simulator
from tests.conftest import QUICK
from tests.helpers import (
    STOP_ALL,
    call_with_recording,
    confirmation,
    jump,
    press,
    refresh,
    set_retry_policy,
    statuses,
    turn,
    until,
)


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


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 404},
        {"status": 400},
        {"status": 200, "body": "["},
        {"status": 200, "body": '{"calls": null}'},
        {"status": 200, "body": '{"calls": [{"from": "+15550100"}]}'},
    ],
)
async def test_what_is_new_is_paused_while_calls_cannot_be_listed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, fault: dict[str, Any]
) -> None:
    set_retry_policy(loaded, QUICK)
    simulator.faults.add(Fault(path="Calls.json", **fault))
    await turn(hass, "off")
    await refresh(hass, loaded)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await until(lambda: statuses(simulator) == ["paused"])
    # One that began long ago may be recording unseen.
    assert confirmation(hass) == (0, False)
    simulator.faults.clear()
    jump(hass, minutes=1)
    await refresh(hass, loaded)
    assert confirmation(hass) == (0, True)


async def test_what_is_new_is_paused_after_a_restart_while_calls_cannot_be_listed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await turn(hass, "off")
    await hass.config_entries.async_unload(loaded.entry_id)
    simulator.faults.add(Fault(path="Calls.json", status=400))
    call_with_recording(simulator)
    await hass.config_entries.async_setup(loaded.entry_id)
    await until(lambda: statuses(simulator) == ["paused"])
    await until(lambda: confirmation(hass) == (0, False))


async def test_what_is_new_is_paused_while_the_recordings_of_an_old_call_cannot_be_listed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    old = simulator.space.start_call(started=simulator.space.now() - timedelta(days=8))
    simulator.faults.add(Fault(query=f"CallSid={old.sid}", status=400))
    await turn(hass, "off")
    await refresh(hass, loaded)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await until(lambda: statuses(simulator) == ["paused"])
    assert confirmation(hass) == (0, False)


@pytest.mark.parametrize("status", [400, 500])
async def test_what_is_new_is_paused_while_one_recording_cannot_be_read(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, status: int
) -> None:
    set_retry_policy(loaded, QUICK)
    (old,) = simulator.space.add_recordings(count=1, status="in-progress", age=3 * 3600)
    await refresh(hass, loaded)
    await turn(hass, "off")
    await until(lambda: statuses(simulator) == ["paused"])
    simulator.faults.add(Fault(path=f"/Recordings/{old.sid}", method="GET", status=status))
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await until(lambda: statuses(simulator) == ["paused", "paused"])


async def test_what_is_new_is_paused_while_older_pages_cannot_be_listed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    set_retry_policy(loaded, QUICK)
    simulator.space.add_recordings(count=1100, age=3600)
    simulator.faults.add(Fault(query="PageToken", status=500))
    await turn(hass, "off")
    await refresh(hass, loaded)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await until(lambda: "paused" in statuses(simulator))
    assert confirmation(hass) == (0, False)


async def test_calls_that_cannot_be_listed_are_asked_for_less_often(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refresher, "_WAIT_AFTER_FAILURE", (60, 60))
    simulator.faults.add(Fault(path="Calls.json", status=400))
    simulator.requests.clear()
    await turn(hass, "off")
    await until(lambda: asked_for(simulator, "Calls"))
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.requests.clear()
    await refresh(hass, loaded)
    await refresh(hass, loaded)
    assert not asked_for(simulator, "Calls")
    jump(hass, seconds=61)
    await refresh(hass, loaded)
    assert asked_for(simulator, "Calls")


async def test_a_token_that_may_not_list_calls_is_asked_for_again(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(path="Calls.json", status=403))
    await turn(hass, "off")
    await refresh(hass, loaded)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await until(lambda: statuses(simulator) == ["paused"])
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == [
        "reauth"
    ]


async def test_stop_all_is_no_success_while_calls_cannot_be_listed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(path="Calls.json", status=400))
    await turn(hass, "off")
    await refresh(hass, loaded)
    with pytest.raises(HomeAssistantError, match="HTTP 400"):
        await press(hass, STOP_ALL)


async def test_what_is_confirmed_waits_for_no_full_refresh(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refresher, "_FULL_WAIT", 60)
    await turn(hass, "off")
    await until(lambda: confirmation(hass) == (0, True))
    simulator.faults.add(Fault(path="Calls.json", delay=1))
    simulator.requests.clear()
    jump(hass, minutes=6)
    async with asyncio.timeout(0.9):
        await loaded.runtime_data.async_refresh()
    assert asked_for(simulator, "Calls")
    assert confirmation(hass) == (0, True)
