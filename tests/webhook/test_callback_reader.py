"""What callbacks set off: reads of single recordings, in order and within their bound."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire.api import RecordingStatus
from custom_components.signalwire.webhook.callback_reader import (
    MAX_READS_PER_SECOND,
    CallbackReader,
)
from simulator import Fault, Simulator
from simulator.models import Status
from tests.helpers import (
    call_with_recording,
    lists,
    reads,
    refresh,
    settle,
    state,
    turn,
    until,
)

SWITCH = "switch.recording_1"


@pytest.fixture
def callback_reader(loaded: MockConfigEntry, simulator: Simulator) -> CallbackReader:
    """Return the callback reader of a project that has read everything else."""
    simulator.requests.clear()
    return CallbackReader(loaded.runtime_data.project)


async def test_what_is_too_much_for_a_second_is_read_in_the_next(
    hass: HomeAssistant, callback_reader: CallbackReader, simulator: Simulator
) -> None:
    sids = [recording.sid for recording in simulator.space.add_recordings(count=12)]
    began = hass.loop.time()
    for sid in sids:
        callback_reader.async_take(sid, RecordingStatus.COMPLETED)
    await until(lambda: len(reads(simulator)) == MAX_READS_PER_SECOND)
    assert hass.loop.time() - began < 0.9
    await until(lambda: len(reads(simulator)) == len(sids))
    assert hass.loop.time() - began > 0.9
    assert reads(simulator) == sids
    await settle(hass)


async def test_more_than_can_wait_are_left_to_one_refresh(
    hass: HomeAssistant, callback_reader: CallbackReader, simulator: Simulator
) -> None:
    for number in range(MAX_READS_PER_SECOND + 101):
        callback_reader.async_take(f"recording-{number}", RecordingStatus.COMPLETED)
    await until(lambda: lists(simulator) == 1)
    await settle(hass)
    assert len(reads(simulator)) == MAX_READS_PER_SECOND
    assert lists(simulator) == 1


async def test_a_hundred_can_wait(
    hass: HomeAssistant,
    callback_reader: CallbackReader,
    simulator: Simulator,
    loaded: MockConfigEntry,
) -> None:
    for number in range(MAX_READS_PER_SECOND + 100):
        callback_reader.async_take(f"recording-{number}", RecordingStatus.COMPLETED)
    # One of the second second.
    await until(lambda: len(reads(simulator)) > MAX_READS_PER_SECOND)
    assert lists(simulator) == 0
    await hass.config_entries.async_unload(loaded.entry_id)


async def test_an_update_under_way_is_waited_for(
    hass: HomeAssistant,
    callback_reader: CallbackReader,
    simulator: Simulator,
    loaded: MockConfigEntry,
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    (sid,) = simulator.space.recordings
    simulator.requests.clear()
    simulator.faults.add(Fault(method="POST", delay=0.2))
    pausing = hass.async_create_task(turn(hass, "off", SWITCH))
    await until(lambda: len(simulator.requests) == 1)
    callback_reader.async_take(sid, RecordingStatus.COMPLETED)
    await pausing
    assert reads(simulator) == []
    await settle(hass)
    assert reads(simulator) == [sid]
    assert state(hass, SWITCH) == "off"


async def test_a_read_that_failed_leaves_nothing_behind(
    hass: HomeAssistant,
    callback_reader: CallbackReader,
    simulator: Simulator,
    loaded: MockConfigEntry,
) -> None:
    callback_reader.async_take("unknown", RecordingStatus.COMPLETED)
    await settle(hass)
    assert reads(simulator) == ["unknown"]
    # It is read anew when it is called back for again.
    callback_reader.async_take("unknown", RecordingStatus.COMPLETED)
    await settle(hass)
    assert reads(simulator) == ["unknown"] * 2


async def test_of_those_that_have_ended_the_oldest_are_forgotten(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.signalwire.webhook.callback_reader._ENDED_KEPT", 2)
    simulator.requests.clear()
    callback_reader = CallbackReader(loaded.runtime_data.project)
    first, second, third = (recording.sid for recording in simulator.space.add_recordings(count=3))
    for sid in (first, second, third, second, third, first):
        callback_reader.async_take(sid, RecordingStatus.COMPLETED)
        await settle(hass)
    assert reads(simulator) == [first, second, third, first]


async def test_a_recording_that_is_not_there_at_once_is_read_again(
    callback_reader: CallbackReader, simulator: Simulator, hass: HomeAssistant
) -> None:
    call_with_recording(simulator)
    (sid,) = simulator.space.recordings
    simulator.faults.add(Fault(sid=sid, status=404, times=1))
    callback_reader.async_take(sid, RecordingStatus.IN_PROGRESS)
    await until(lambda: state(hass, SWITCH) == "on")
    assert reads(simulator) == [sid, sid]
    assert lists(simulator) == 0


async def test_what_an_old_callback_names_is_not_read_again(
    callback_reader: CallbackReader, simulator: Simulator, hass: HomeAssistant
) -> None:
    callback_reader.async_take("recording", RecordingStatus.COMPLETED)
    await settle(hass)
    assert reads(simulator) == ["recording"]


async def test_a_recording_that_something_else_resumed_is_read_at_once(
    callback_reader: CallbackReader,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass: HomeAssistant,
) -> None:
    call_with_recording(simulator)
    (recording,) = simulator.space.recordings.values()
    await refresh(hass, loaded)
    await turn(hass, "off", SWITCH)
    simulator.space.update_recording(recording.sid, Status.IN_PROGRESS)
    simulator.requests.clear()
    callback_reader.async_take(recording.sid, RecordingStatus.IN_PROGRESS)
    await until(lambda: state(hass, SWITCH) == "on")
    assert reads(simulator) == [recording.sid]
    # What it shows already is not read again.
    callback_reader.async_take(recording.sid, RecordingStatus.IN_PROGRESS)
    await settle(hass)
    assert reads(simulator) == [recording.sid]
