"""Set-up, unload, reload, restart and removal."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from simulator import Fault, Simulator
from tests.helpers import (
    PROJECT_ID,
    TOKEN,
    call_in_slot,
    call_with_recording,
    refresh,
    restart,
    state,
)


async def test_the_first_slot_is_there_before_any_call(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    assert loaded.state is ConfigEntryState.LOADED
    assert state(hass, "switch.recording_1") == STATE_UNAVAILABLE
    assert state(hass, "sensor.recording_1_state") == "idle"
    assert hass.states.get("switch.recording_2") is None


@pytest.mark.parametrize(
    "fault", [Fault(status=503), Fault(drop=True), Fault(status=200, body="<html>")]
)
async def test_a_service_that_is_down_at_start_is_tried_again(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, fault: Fault
) -> None:
    simulator.faults.add(fault)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    simulator.faults.clear()
    assert await hass.config_entries.async_reload(entry.entry_id)


async def test_unload_leaves_nothing_behind(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert loaded.state is ConfigEntryState.NOT_LOADED
    asked = len(simulator.requests)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(simulator.requests) == asked
    assert state(hass, "switch.recording_1") == STATE_UNAVAILABLE


async def test_slots_are_added_as_needed_and_reused(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    assert state(hass, "switch.recording_1") == STATE_ON
    assert state(hass, "switch.recording_2") == STATE_ON
    simulator.space.hang_up(call_in_slot(hass, 1))
    await refresh(hass, loaded)
    assert state(hass, "switch.recording_1") == STATE_UNAVAILABLE
    await refresh(hass, loaded)
    third = call_with_recording(simulator)
    await refresh(hass, loaded)
    assert call_in_slot(hass, 1) == third.sid
    assert hass.states.get("switch.recording_3") is None


async def test_a_recording_keeps_its_slot_over_a_restart(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    first, second = call_in_slot(hass, 1), call_in_slot(hass, 2)

    await hass.config_entries.async_unload(loaded.entry_id)
    simulator.space.hang_up(first)
    third = call_with_recording(simulator)
    await hass.config_entries.async_setup(loaded.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert state(hass, "switch.recording_1") == STATE_UNAVAILABLE
    assert call_in_slot(hass, 2) == second
    assert call_in_slot(hass, 3) == third.sid


async def test_an_active_recording_is_found_again_however_long_the_restart_took(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call = call_with_recording(simulator)
    await refresh(hass, loaded)
    # Neither list shows it: only its stored SID leads to it.
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body='{"recordings": []}'))
    simulator.faults.add(Fault(path="/Calls.json", status=200, body='{"calls": []}'))
    await restart(hass, loaded)
    assert call_in_slot(hass, 1) == call.sid


async def test_pause_behaviors_survive_a_restart(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    for entity_id in ("select.corner_shop_pause_behavior", "select.recording_2_pause_behavior"):
        await hass.services.async_call(
            "select", "select_option", {"entity_id": entity_id, "option": "skip"}, blocking=True
        )
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": "select.recording_1_pause_behavior", "option": "silence"},
        blocking=True,
    )
    await restart(hass, loaded)
    assert state(hass, "select.corner_shop_pause_behavior") == "skip"
    assert state(hass, "select.recording_1_pause_behavior") == "silence"
    assert state(hass, "select.recording_2_pause_behavior") == "skip"


async def test_a_recording_without_slot_keeps_waiting_over_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    hass.config_entries.async_update_entry(entry, options={"most_slots": 1})
    call_with_recording(simulator)
    call_with_recording(simulator)
    await hass.config_entries.async_setup(entry.entry_id)
    await restart(hass, entry)
    assert state(hass, "sensor.corner_shop_active_recordings") == "2"
    assert hass.states.get("switch.recording_2") is None


async def test_fewer_slots_in_the_options_take_devices_away(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    for _ in range(3):
        call_with_recording(simulator)
    await refresh(hass, loaded)
    devices = dr.async_get(hass)
    assert len(dr.async_entries_for_config_entry(devices, loaded.entry_id)) == 4
    hass.config_entries.async_update_entry(loaded, options={"most_slots": 2})
    await restart(hass, loaded)
    names = {device.name for device in dr.async_entries_for_config_entry(devices, loaded.entry_id)}
    assert names == {"Corner shop", "Recording 1", "Recording 2"}
    assert hass.states.get("switch.recording_3") is None


async def test_slots_belong_to_the_project(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    devices = dr.async_get(hass)
    project = devices.async_get_device_by_identifier(
        ("signalwire", loaded.entry_id), loaded.entry_id
    )
    slot = devices.async_get_device_by_identifier(
        ("signalwire", f"{loaded.entry_id}_1"), loaded.entry_id
    )
    assert project is not None
    assert slot is not None
    assert project.entry_type is dr.DeviceEntryType.SERVICE
    assert slot.via_device_id == project.id
    assert slot.name == "Recording 1"


async def test_only_an_empty_slot_can_be_removed_by_hand(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_ws_client: WebSocketGenerator,
) -> None:
    assert await async_setup_component(hass, "config", {})
    for _ in range(3):
        call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.space.hang_up(call_in_slot(hass, 3))
    await refresh(hass, loaded)

    client = await hass_ws_client(hass)
    devices = dr.async_get(hass)
    removed: dict[str, bool] = {}
    for device in dr.async_entries_for_config_entry(devices, loaded.entry_id):
        answer = await client.remove_device(device.id)
        removed[device.name or ""] = answer["success"]
    assert removed == {
        "Corner shop": False,
        "Recording 1": False,
        "Recording 2": False,
        "Recording 3": True,
    }
    await refresh(hass, loaded)
    await refresh(hass, loaded)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    assert state(hass, "switch.recording_3") == STATE_ON


async def test_a_slot_can_be_removed_by_hand_while_the_project_is_not_loaded(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_ws_client: WebSocketGenerator,
) -> None:
    assert await async_setup_component(hass, "config", {})
    call_with_recording(simulator)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    client = await hass_ws_client(hass)
    await hass.config_entries.async_unload(loaded.entry_id)
    removed: dict[str, bool] = {}
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id):
        answer = await client.remove_device(device.id)
        removed[device.name or ""] = answer["success"]
    assert removed == {"Corner shop": False, "Recording 1": True, "Recording 2": True}
    await hass.config_entries.async_setup(loaded.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, "switch.recording_1") == STATE_ON
    assert state(hass, "switch.recording_2") == STATE_ON


async def test_removal_takes_everything_along(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_storage: dict[str, object],
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await hass.config_entries.async_unload(loaded.entry_id)
    keys = [f"signalwire.{loaded.entry_id}{name}" for name in ("", ".today", ".retention")]
    assert set(keys) <= hass_storage.keys()
    await hass.config_entries.async_remove(loaded.entry_id)
    assert not set(keys) & hass_storage.keys()
    assert not er.async_entries_for_config_entry(er.async_get(hass), loaded.entry_id)


async def test_secrets_reach_neither_states_nor_registries_nor_log(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(status=500))
    await refresh(hass, loaded)
    simulator.faults.clear()
    await refresh(hass, loaded)
    shown = [str(state.as_dict()) for state in hass.states.async_all()]
    shown += [str(entry) for entry in er.async_get(hass).entities.values()]
    shown += [
        str(device.identifiers)
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), loaded.entry_id)
    ]
    shown += [record.getMessage() for record in caplog.records if "signalwire" in record.name]
    assert shown
    for secret in (TOKEN, PROJECT_ID, "/Accounts/", ".wav"):
        assert not [text for text in shown if secret in text]


async def test_two_projects_do_not_mix(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    other_id = "00000000-0000-4000-8000-000000000001"
    other = Simulator(project=other_id, token=TOKEN, space_name="Clinic")
    await other.start()
    try:
        entry = MockConfigEntry(
            domain="signalwire",
            title="Clinic",
            unique_id=other_id,
            data={"space": other.url, "project_id": other_id, "api_token": TOKEN},
        )
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        call_with_recording(other)
        await refresh(hass, entry)
        await refresh(hass, loaded)
        assert state(hass, "sensor.clinic_active_recordings") == "1"
        assert state(hass, "sensor.corner_shop_active_recordings") == "0"
        await hass.services.async_call(
            "switch", "turn_off", {"entity_id": "switch.recording_1_2"}, blocking=True
        )
        assert state(hass, "switch.recording_1_2") == STATE_OFF
        assert all(request.method == "GET" for request in simulator.requests)
        await hass.config_entries.async_unload(entry.entry_id)
    finally:
        await other.stop()
