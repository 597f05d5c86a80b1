"""Selects, buttons and sensors of the project and of its slots."""

import json

from homeassistant.const import (
    STATE_UNKNOWN,
    EntityCategory,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion

from simulator import Fault, Simulator
from tests.helpers import (
    STOP_ALL,
    call_with_recording,
    conference_with_recording,
    refresh,
    settle,
    state,
    statuses,
)


async def _select(hass: HomeAssistant, entity_id: str, option: str) -> None:
    await hass.services.async_call(
        "select", "select_option", {"entity_id": entity_id, "option": option}, blocking=True
    )


async def _press(hass: HomeAssistant, entity_id: str) -> None:
    await hass.services.async_call("button", "press", {"entity_id": entity_id}, blocking=True)


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_every_entity_is_as_it_was(
    hass: HomeAssistant, loaded: MockConfigEntry, snapshot: SnapshotAssertion
) -> None:
    entities = er.async_entries_for_config_entry(er.async_get(hass), loaded.entry_id)
    described = {
        entity.entity_id: {
            "name": entity.original_name,
            "translation_key": entity.translation_key,
            "unique_id": entity.unique_id.replace(loaded.entry_id, "ENTRY"),
            "category": entity.entity_category,
            "device_class": entity.original_device_class,
            "unit": entity.unit_of_measurement,
            "capabilities": entity.capabilities,
        }
        for entity in entities
    }
    assert described == snapshot


async def test_the_rarely_used_sensors_are_off_by_default(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    entities = er.async_entries_for_config_entry(er.async_get(hass), loaded.entry_id)
    disabled = {entity.entity_id for entity in entities if entity.disabled}
    assert disabled == {
        f"sensor.recording_1_{name}" for name in ("channels", "duration", "price", "source")
    }
    assert all(
        entity.entity_category is EntityCategory.DIAGNOSTIC
        for entity in entities
        if entity.disabled
    )


async def test_the_status_select_is_the_update_endpoint_whole(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    (recording,) = simulator.space.recordings.values()
    status = "select.recording_1_status"
    assert state(hass, status) == "in-progress"
    await _select(hass, status, "paused")
    assert state(hass, status) == recording.status == "paused"
    await _select(hass, status, "in-progress")
    assert state(hass, status) == recording.status == "in-progress"
    await _select(hass, status, "stopped")
    assert recording.status == "stopped"
    assert state(hass, status) == STATE_UNKNOWN
    assert state(hass, "sensor.recording_1_state") == "idle"


async def test_a_status_that_cannot_be_chosen_shows_as_unknown(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call = simulator.space.start_call()
    simulator.space.start_recording(call_sid=call.sid, queued=True)
    await refresh(hass, loaded)
    assert state(hass, "select.recording_1_status") == STATE_UNKNOWN
    assert state(hass, "sensor.recording_1_state") == "queued"


async def test_the_recordings_pause_behavior_starts_from_the_projects(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await _select(hass, "select.corner_shop_pause_behavior", "skip")
    call_with_recording(simulator)
    await refresh(hass, loaded)
    assert state(hass, "select.recording_1_pause_behavior") == "skip"
    (recording,) = simulator.space.recordings.values()
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.recording_1"}, blocking=True
    )
    assert recording.pause_behavior == "skip"


async def test_the_recordings_own_pause_behavior_counts_for_it_alone(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    first, second = call_with_recording(simulator), call_with_recording(simulator)
    await refresh(hass, loaded)
    await _select(hass, "select.recording_2_pause_behavior", "skip")
    await hass.services.async_call(
        "switch",
        "turn_off",
        {"entity_id": ["switch.recording_1", "switch.recording_2"]},
        blocking=True,
    )
    behaviors = {recording.pause_behavior for recording in simulator.space.recordings.values()}
    assert behaviors == {"silence", "skip"}
    assert state(hass, "select.corner_shop_pause_behavior") == "silence"
    assert first.sid != second.sid


async def test_a_choice_ends_with_its_recording(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call = call_with_recording(simulator)
    await refresh(hass, loaded)
    await _select(hass, "select.recording_1_pause_behavior", "skip")
    simulator.space.hang_up(call.sid)
    await refresh(hass, loaded)
    assert state(hass, "select.recording_1_pause_behavior") == STATE_UNKNOWN
    await refresh(hass, loaded)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    assert state(hass, "select.recording_1_pause_behavior") == "silence"


async def test_the_projects_pause_behavior_can_be_chosen_while_the_service_is_down(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(status=400))
    await refresh(hass, loaded)
    await _select(hass, "select.corner_shop_pause_behavior", "skip")
    assert state(hass, "select.corner_shop_pause_behavior") == "skip"


async def test_a_choice_for_a_recording_that_ended_is_refused(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    coordinator = loaded.runtime_data
    with pytest.raises(ServiceValidationError) as caught:
        coordinator.project.commands.choose_pause_behavior("skip", "ended")
    assert caught.value.translation_key == "recording_ended"
    with pytest.raises(ServiceValidationError):
        await coordinator.project.commands.async_update("ended", "paused")


async def test_the_stop_button_stops_one_recording(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await _press(hass, "button.recording_1_stop")
    statuses = sorted(recording.status for recording in simulator.space.recordings.values())
    assert statuses == ["in-progress", "stopped"]
    assert state(hass, "sensor.corner_shop_active_recordings") == "1"


async def test_the_projects_button_stops_all_those_without_a_slot_too(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    hass.config_entries.async_update_entry(entry, options={"most_slots": 1})
    for _ in range(3):
        call_with_recording(simulator)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await _press(hass, "button.corner_shop_stop_all_recordings")
    assert {recording.status for recording in simulator.space.recordings.values()} == {"stopped"}
    assert state(hass, "sensor.corner_shop_active_recordings") == "0"


async def test_stopping_all_tells_of_a_failure_and_stops_the_others(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    ended, *_ = [call_with_recording(simulator) for _ in range(3)]
    await refresh(hass, loaded)
    simulator.space.hang_up(ended.sid)
    still_active = [
        sid
        for sid, recording in simulator.space.recordings.items()
        if recording.status == "in-progress"
    ]
    simulator.faults.add(Fault(method="POST", path=f"/Recordings/{still_active[0]}", status=400))
    with pytest.raises(HomeAssistantError) as caught:
        await _press(hass, "button.corner_shop_stop_all_recordings")
    assert caught.value.translation_key == "update_rejected"
    statuses = {sid: recording.status for sid, recording in simulator.space.recordings.items()}
    assert statuses[still_active[0]] == "in-progress"
    assert statuses[still_active[1]] == "stopped"


async def test_stopping_all_tries_again_what_failed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(method="POST", status=400, times=1))
    await _press(hass, STOP_ALL)
    assert simulator.faults.applied
    assert [recording.status for recording in simulator.space.recordings.values()] == ["stopped"]


async def test_stopping_all_stops_what_began_since_the_last_refresh(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    assert not loaded.runtime_data.data.recordings
    await _press(hass, STOP_ALL)
    assert statuses(simulator) == ["stopped"]
    await settle(hass)


async def test_stopping_all_tells_of_a_recording_of_which_only_the_sid_is_known(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    (sid,) = simulator.space.recordings
    await hass.config_entries.async_unload(loaded.entry_id)
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body='{"recordings": []}'))
    simulator.faults.add(Fault(path=f"/Recordings/{sid}", status=200, body='{"sid": "x"}'))
    await hass.config_entries.async_setup(loaded.entry_id)
    with pytest.raises(HomeAssistantError) as caught:
        await _press(hass, STOP_ALL)
    assert not isinstance(caught.value, ServiceValidationError)
    assert statuses(simulator) == ["in-progress"]
    await settle(hass)


async def test_a_conference_whose_name_is_longer_than_a_state_shows_its_beginning(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    conference_with_recording(simulator, "Ä" * 300)
    await refresh(hass, loaded)
    shown = state(hass, "sensor.recording_1_from")
    assert shown.startswith("Ä" * 200)
    assert len(shown) <= 255


async def test_a_conference_shows_its_name(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    conference_with_recording(simulator, "Front desk")
    await refresh(hass, loaded)
    assert state(hass, "sensor.recording_1_from") == "Front desk"
    assert state(hass, "sensor.recording_1_to") == STATE_UNKNOWN


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_the_sensors_show_what_the_service_reports(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    body = (
        '{"recordings": [{"sid": "1", "status": "in-progress", "call_sid": "1", "channels": "2",'
        '"start_time": "Tue, 25 Sep 2018 23:00:00 +0000", "duration": "12", "price": "0.0025",'
        '"price_unit": "EUR", "source": "OutBoundApi"}]}'
    )
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=body))
    await refresh(hass, loaded)
    shown = {
        name: state(hass, f"sensor.recording_1_{name}")
        for name in ("channels", "duration", "price", "source", "started", "state")
    }
    assert shown == {
        "channels": "2",
        "duration": "12",
        "price": "0.0025",
        "source": "outbound_api",
        "started": "2018-09-25T23:00:00+00:00",
        "state": "in-progress",
    }
    price = hass.states.get("sensor.recording_1_price")
    assert price is not None
    assert price.attributes["unit_of_measurement"] == "EUR"


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_words_that_are_new_show_as_unknown(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    body = '{"recordings": [{"sid": "1", "status": "levitating", "source": "Telepathy"}]}'
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=body))
    await refresh(hass, loaded)
    for name in ("state", "source", "price", "duration", "from", "started"):
        assert state(hass, f"sensor.recording_1_{name}") == STATE_UNKNOWN


@pytest.mark.parametrize("price", ["1e99999", 1e300, "9" * 400])
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_an_absurd_price_costs_the_price_alone(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    price: object,
) -> None:
    recording = {"sid": "1", "status": "in-progress", "duration": 3, "price": price}
    body = json.dumps({"recordings": [recording | {"price_unit": "USD"}]})
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=body))
    await refresh(hass, loaded)
    assert state(hass, "sensor.recording_1_price") == STATE_UNKNOWN
    assert state(hass, "sensor.recording_1_duration") == "3"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


EMPTY = {
    "sensor.recording_1_state": "idle",
    "sensor.recording_1_from": "unknown",
    "sensor.recording_1_to": "unknown",
    "sensor.recording_1_started": "unknown",
    "select.recording_1_status": "unknown",
    "select.recording_1_pause_behavior": "unknown",
    "switch.recording_1": "unavailable",
    "button.recording_1_stop": "unavailable",
}


async def test_no_call_and_no_service_are_told_apart(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    assert {entity_id: state(hass, entity_id) for entity_id in EMPTY} == EMPTY
    simulator.faults.add(Fault(status=503))
    await refresh(hass, loaded)
    assert {state(hass, entity_id) for entity_id in EMPTY} == {"unavailable"}


async def test_a_recording_that_only_grows_longer_writes_no_state(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    before = {one.entity_id: one.last_reported for one in hass.states.async_all()}
    simulator.space.advance(5)
    await refresh(hass, loaded)
    assert loaded.runtime_data.data.recordings[recorded].duration >= 5
    # Not even as the same again.
    assert {one.entity_id: one.last_reported for one in hass.states.async_all()} == before
