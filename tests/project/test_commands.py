"""What is done when a recording is changed, and what is left when that fails."""

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
REFUSED = Fault(method="POST", status=400)


@pytest.fixture
async def recorded(hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator) -> str:
    """Return the SID of the only recording."""
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.requests.clear()
    (sid,) = simulator.space.recordings
    return sid


@pytest.fixture
def control(loaded: MockConfigEntry, recorded: str) -> RecordingCommands:
    """Return the control of a project with one recording."""
    control: RecordingCommands = loaded.runtime_data.commands
    return control


async def test_a_recording_is_in_doubt_while_it_is_asked_to_be_something_else(
    hass: HomeAssistant, control: RecordingCommands, recorded: str, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="POST", delay=0.1))
    assert not control.is_uncertain(recorded)
    pausing = hass.async_create_task(control.async_update(recorded, RecordingStatus.PAUSED))
    assert control.is_uncertain(recorded)
    await pausing
    assert not control.is_uncertain(recorded)
    again = hass.async_create_task(control.async_update(recorded, RecordingStatus.PAUSED))
    assert control.under_way == 1
    assert not control.is_uncertain(recorded)
    await again


@pytest.mark.usefixtures("hasty_unload")
async def test_an_update_is_not_tried_again_after_the_unload(
    hass: HomeAssistant,
    control: RecordingCommands,
    recorded: str,
    loaded: MockConfigEntry,
    simulator: Simulator,
) -> None:
    set_retry_policy(
        loaded, RetryPolicy(attempts=1000, total=30, first_wait=0.01, longest_wait=0.01)
    )
    simulator.faults.add(Fault(method="POST", status=503))
    pausing = hass.async_create_task(control.async_update(recorded, RecordingStatus.PAUSED))
    await until(lambda: len(updates_sent(simulator)) > 2)
    control.async_stop()
    sent = len(updates_sent(simulator))
    with pytest.raises(HomeAssistantError):
        await pausing
    # The one that was on its way.
    assert len(updates_sent(simulator)) <= sent + 1
    simulator.requests.clear()
    with pytest.raises(HomeAssistantError) as caught:
        await control.async_update(recorded, RecordingStatus.PAUSED)
    assert caught.value.translation_key == "not_loaded"
    assert not simulator.requests


async def test_a_recording_that_is_read_by_its_sid_takes_a_slot(
    hass: HomeAssistant, control: RecordingCommands, recorded: str, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    (other,) = simulator.space.recordings.keys() - {recorded}
    recording = await control.async_find(other)
    await settle(hass)
    assert recording.sid == other
    assert state(hass, "switch.recording_2") == "on"


async def test_a_read_that_fails_leaves_nothing_behind(
    loaded: MockConfigEntry, control: RecordingCommands
) -> None:
    with pytest.raises(HomeAssistantError) as caught:
        await control.async_find("unknown")
    assert caught.value.translation_key == "unknown_recording"
    assert loaded.runtime_data._recordings._reading == set()


async def test_a_refusal_that_cannot_be_looked_into_leaves_the_recording_in_doubt(
    hass: HomeAssistant,
    control: RecordingCommands,
    recorded: str,
    loaded: MockConfigEntry,
    simulator: Simulator,
) -> None:
    simulator.faults.add(REFUSED)
    simulator.faults.add(Fault(path="/Recordings/", status=503))
    with pytest.raises(HomeAssistantError):
        await control.async_update(recorded, RecordingStatus.PAUSED)
    assert control.is_uncertain(recorded)
    simulator.faults.clear()
    # The first may have begun too early to tell.
    await refresh(hass, loaded)
    await refresh(hass, loaded)
    assert not control.is_uncertain(recorded)


async def test_a_refusal_of_what_is_so_already_answers_with_the_recording(
    control: RecordingCommands, recorded: str, simulator: Simulator
) -> None:
    simulator.space.update_recording(recorded, "paused")
    simulator.faults.add(REFUSED)
    recording = await control.async_update(recorded, RecordingStatus.PAUSED)
    assert (recording.sid, recording.status) == (recorded, RecordingStatus.PAUSED)


async def test_stop_all_takes_an_end_meanwhile_for_what_was_asked_for(
    hass: HomeAssistant, control: RecordingCommands, recorded: str, simulator: Simulator
) -> None:
    simulator.space.hang_up(simulator.space.recordings[recorded].call_sid or "")
    await control.async_stop_all()
    assert updates_sent(simulator) == ["stopped"]
    await settle(hass)


async def test_stop_all_fails_once_all_the_others_are_stopped(
    hass: HomeAssistant,
    control: RecordingCommands,
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
        await control.async_stop_all()
    assert caught.value.translation_key == "update_rejected"
    assert statuses(simulator) == ["in-progress", "stopped"]


async def test_a_pause_of_a_persons_that_failed_is_not_kept_as_theirs(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    simulator.faults.add(REFUSED)
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
    simulator.faults.add(REFUSED)
    with pytest.raises(HomeAssistantError):
        await turn(hass, "on", SWITCH)
    simulator.faults.clear()
    await turn(hass, "off")
    await settle(hass)
    await turn(hass, "on")
    await settle(hass)
    assert statuses(simulator) == ["paused"]
