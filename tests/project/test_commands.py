"""What people ask of recordings, and what is left when that fails."""

import asyncio

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire.api import RecordingStatus, RetryPolicy
from custom_components.signalwire.project.commands import RecordingCommands
from simulator import Fault, Simulator
from tests.helpers import (
    call_with_recording,
    refresh,
    set_retry_policy,
    settle,
    state,
    statuses,
    turn,
    until,
    updates_sent,
)

SWITCH = "switch.recording_1"
REJECTED = Fault(method="POST", status=400)


@pytest.fixture
async def recorded(hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator) -> str:
    """Return the SID of the only recording."""
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.requests.clear()
    (sid,) = simulator.space.recordings
    return sid


@pytest.fixture
def commands(loaded: MockConfigEntry, recorded: str) -> RecordingCommands:
    """Return the commands of a project with one recording."""
    commands: RecordingCommands = loaded.runtime_data.project.commands
    return commands


async def test_a_recording_is_uncertain_while_an_update_asks_for_another_status(
    hass: HomeAssistant,
    commands: RecordingCommands,
    recorded: str,
    loaded: MockConfigEntry,
    simulator: Simulator,
) -> None:
    recordings = loaded.runtime_data.project.state.recordings
    simulator.faults.add(Fault(method="POST", delay=0.1))
    assert not recordings[recorded].is_uncertain
    pausing = hass.async_create_task(commands.async_update(recorded, RecordingStatus.PAUSED))
    await asyncio.sleep(0)
    assert recordings[recorded].is_uncertain
    await pausing
    assert not recordings[recorded].is_uncertain
    again = hass.async_create_task(commands.async_update(recorded, RecordingStatus.PAUSED))
    await asyncio.sleep(0)
    assert loaded.runtime_data.project.reconciler.in_flight == 1
    assert not recordings[recorded].is_uncertain
    await again


@pytest.mark.usefixtures("hasty_unload")
async def test_an_update_is_not_tried_again_after_the_unload(
    hass: HomeAssistant,
    commands: RecordingCommands,
    recorded: str,
    loaded: MockConfigEntry,
    simulator: Simulator,
) -> None:
    set_retry_policy(
        loaded, RetryPolicy(attempts=1000, total=30, first_wait=0.01, longest_wait=0.01)
    )
    simulator.faults.add(Fault(method="POST", status=503))
    pausing = hass.async_create_task(commands.async_update(recorded, RecordingStatus.PAUSED))
    await until(lambda: len(updates_sent(simulator)) > 2)
    await loaded.runtime_data.project.async_stop()
    sent = len(updates_sent(simulator))
    with pytest.raises(HomeAssistantError):
        await pausing
    # The one that was on its way.
    assert len(updates_sent(simulator)) <= sent + 1
    simulator.requests.clear()
    with pytest.raises(HomeAssistantError) as caught:
        await commands.async_update(recorded, RecordingStatus.PAUSED)
    assert caught.value.translation_key == "project_not_loaded"
    assert not simulator.requests


async def test_a_recording_that_is_read_by_its_sid_takes_a_slot(
    hass: HomeAssistant, commands: RecordingCommands, recorded: str, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    (other,) = simulator.space.recordings.keys() - {recorded}
    recording = await commands.async_find(other)
    await settle(hass)
    assert recording.sid == other
    assert state(hass, "switch.recording_2") == "on"


async def test_a_recording_that_does_not_exist_is_unknown(commands: RecordingCommands) -> None:
    with pytest.raises(HomeAssistantError) as caught:
        await commands.async_find("unknown")
    assert caught.value.translation_key == "unknown_recording"


async def test_a_rejection_that_cannot_be_verified_leaves_the_recording_uncertain(
    hass: HomeAssistant,
    commands: RecordingCommands,
    recorded: str,
    loaded: MockConfigEntry,
    simulator: Simulator,
) -> None:
    recordings = loaded.runtime_data.project.state.recordings
    simulator.faults.add(REJECTED)
    simulator.faults.add(Fault(path="/Recordings/", status=503))
    with pytest.raises(HomeAssistantError):
        await commands.async_update(recorded, RecordingStatus.PAUSED)
    assert recordings[recorded].is_uncertain
    simulator.faults.clear()
    # The first may have begun too early to tell.
    await refresh(hass, loaded)
    await refresh(hass, loaded)
    assert not recordings[recorded].is_uncertain


async def test_a_refusal_of_what_is_so_already_answers_with_the_recording(
    commands: RecordingCommands, recorded: str, simulator: Simulator
) -> None:
    simulator.space.update_recording(recorded, "paused")
    simulator.faults.add(REJECTED)
    recording = await commands.async_update(recorded, RecordingStatus.PAUSED)
    assert (recording.sid, recording.status) == (recorded, RecordingStatus.PAUSED)


async def test_stop_all_takes_an_end_meanwhile_for_what_was_asked_for(
    hass: HomeAssistant, commands: RecordingCommands, recorded: str, simulator: Simulator
) -> None:
    simulator.space.hang_up(simulator.space.recordings[recorded].call_sid or "")
    await commands.async_stop_all()
    assert set(updates_sent(simulator)) <= {"stopped"}
    await settle(hass)


async def test_stop_all_fails_once_all_the_others_are_stopped(
    hass: HomeAssistant,
    commands: RecordingCommands,
    recorded: str,
    loaded: MockConfigEntry,
    simulator: Simulator,
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    (other,) = simulator.space.recordings.keys() - {recorded}
    simulator.faults.add(Fault(method="POST", path=recorded, status=400))
    simulator.faults.add(Fault(method="POST", path=other, delay=0.2))
    with pytest.raises(HomeAssistantError) as caught:
        await commands.async_stop_all()
    assert caught.value.translation_key == "update_rejected"
    assert statuses(simulator) == ["in-progress", "stopped"]


async def test_a_pause_of_a_persons_that_failed_is_not_kept_as_theirs(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    simulator.faults.add(REJECTED)
    with pytest.raises(HomeAssistantError):
        await turn(hass, "off", SWITCH)
    simulator.faults.clear()
    await turn(hass, "off")
    await until(lambda: statuses(simulator) == ["paused"])
    await turn(hass, "on")
    await until(lambda: statuses(simulator) == ["in-progress"])
    await settle(hass)


async def test_a_resume_of_a_persons_that_failed_leaves_the_pause_theirs(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    await turn(hass, "off", SWITCH)
    simulator.faults.add(REJECTED)
    with pytest.raises(HomeAssistantError):
        await turn(hass, "on", SWITCH)
    simulator.faults.clear()
    await turn(hass, "off")
    await settle(hass)
    await turn(hass, "on")
    await settle(hass)
    assert statuses(simulator) == ["paused"]
