"""The blueprints: valid by Home Assistant's own schema, and run from sensor to simulator."""

import asyncio
from datetime import timedelta
from pathlib import Path
import shutil
from typing import Any

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.automation.const import DOMAIN as AUTOMATION
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, __version__
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_fire_time_changed,
    async_mock_service,
)

from simulator import Simulator
from tests.helpers import call_with_recording, refresh, state, turn, until

FOLDER = Path(__file__).parent.parent / "blueprints"
BLUEPRINTS = sorted(FOLDER.rglob("*.yaml"))
SWITCH = "switch.corner_shop_call_recording"
SENSOR = "binary_sensor.door"


@pytest.fixture(autouse=True)
def _installed(hass: HomeAssistant, tmp_path: Path) -> None:
    """Put the blueprints where a person who imports them has them."""
    hass.config.config_dir = str(tmp_path)
    shutil.copytree(FOLDER, tmp_path / "blueprints")


async def _use(hass: HomeAssistant, name: str, **inputs: Any) -> None:
    path = f"signalwire/{name}.yaml"
    assert (FOLDER / "automation" / path).exists()
    assert await async_setup_component(
        hass, AUTOMATION, {AUTOMATION: {"use_blueprint": {"path": path, "input": inputs}}}
    )
    await hass.async_block_till_done()
    assert hass.states.async_entity_ids(AUTOMATION), "the automation is not valid"


def _statuses(simulator: Simulator) -> set[str]:
    return {recording.status.value for recording in simulator.space.recordings.values()}


async def _later(hass: HomeAssistant, **time: float) -> None:
    """Let time pass, and what is due begin; not its end, for it may wait for something."""
    await _spin()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(**time))
    await _spin()


async def _spin() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def _after(hass: HomeAssistant, **time: float) -> None:
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(**time))
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_a_blueprint_is_valid_and_says_where_it_comes_from(path: Path) -> None:
    data = parse_yaml(path.read_text())
    assert isinstance(data, dict)
    blueprint = Blueprint(
        data, expected_domain=AUTOMATION, path=str(path), schema=AUTOMATION_BLUEPRINT_SCHEMA
    )
    assert blueprint.validate() is None
    source = blueprint.metadata["source_url"]
    assert source.endswith(f"/blob/main/{path.relative_to(FOLDER.parent)}")
    assert blueprint.metadata["homeassistant"]["min_version"] <= __version__


async def _wait_for(hass: HomeAssistant, simulator: Simulator, switch: str, status: str) -> None:
    await until(lambda: state(hass, SWITCH) == switch and _statuses(simulator) == {status})
    await _spin()


async def _use_sensors(hass: HomeAssistant, sensors: str | list[str]) -> None:
    for sensor in [sensors] if isinstance(sensors, str) else sensors:
        hass.states.async_set(sensor, "off")
    await _use(
        hass,
        "pause_while_sensor_is_on",
        sensor=sensors,
        call_recording=SWITCH,
        delay={"seconds": 30},
    )


async def _pause_by_sensor(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    """Have a call recorded, and paused by the sensor."""
    await _use_sensors(hass, SENSOR)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    hass.states.async_set(SENSOR, "on")
    await _wait_for(hass, simulator, "off", "paused")


@pytest.mark.parametrize("back", ["on", "off"])
async def test_recording_is_paused_while_a_sensor_is_on(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, back: str
) -> None:
    await _use_sensors(hass, SENSOR)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    for _ in range(2):
        hass.states.async_set(SENSOR, "on")
        await _wait_for(hass, simulator, "off", "paused")
        # A sensor that is lost is no reason to record.
        hass.states.async_set(SENSOR, "unavailable")
        await _later(hass, minutes=10)
        assert state(hass, SWITCH) == "off"
        hass.states.async_set(SENSOR, back)
        hass.states.async_set(SENSOR, "off")
        await _later(hass, seconds=29)
        assert state(hass, SWITCH) == "off"
        await _later(hass, seconds=31)
        await _wait_for(hass, simulator, "on", "in-progress")


async def test_a_sensor_that_is_back_on_in_time_keeps_recording_paused(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await _pause_by_sensor(hass, loaded, simulator)
    for status in ("off", "on"):
        hass.states.async_set(SENSOR, status)
        await _spin()
    await _later(hass, minutes=1)
    assert state(hass, SWITCH) == "off"
    hass.states.async_set(SENSOR, "off")
    await _later(hass, minutes=2)
    await _wait_for(hass, simulator, "on", "in-progress")


async def test_all_of_several_sensors_have_to_be_off(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    sensors = [SENSOR, "input_boolean.card_payment"]
    await _use_sensors(hass, sensors)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    for sensor in sensors:
        hass.states.async_set(sensor, "on")
        await _wait_for(hass, simulator, "off", "paused")
    hass.states.async_set(sensors[0], "off")
    await _later(hass, minutes=1)
    assert state(hass, SWITCH) == "off"
    hass.states.async_set(sensors[1], "off")
    await _later(hass, minutes=2)
    await _wait_for(hass, simulator, "on", "in-progress")


async def test_what_was_paused_before_a_sensor_stays_paused_after_it(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await _use_sensors(hass, SENSOR)
    await hass.services.async_call("switch", "turn_off", {"entity_id": SWITCH}, blocking=True)
    for status in ("on", "off"):
        hass.states.async_set(SENSOR, status)
        await _spin()
    await _later(hass, minutes=1)
    assert state(hass, SWITCH) == "off"


async def test_a_pause_that_somebody_takes_back_is_over(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, hass_admin_user: MockUser
) -> None:
    await _pause_by_sensor(hass, loaded, simulator)
    await turn(hass, "on", user=hass_admin_user)
    await _later(hass, minutes=1)
    await _wait_for(hass, simulator, "on", "in-progress")
    # The next one counts again.
    hass.states.async_set(SENSOR, "off")
    hass.states.async_set(SENSOR, "on")
    await _wait_for(hass, simulator, "off", "paused")


async def test_two_rooms_hold_and_the_last_lets_recording_go_on(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    rooms = ["binary_sensor.front", "binary_sensor.back"]
    for room in rooms:
        hass.states.async_set(room, "off")
    inputs = {"call_recording": SWITCH, "delay": {"seconds": 30}}
    path = "signalwire/pause_while_sensor_is_on.yaml"
    automations = [
        {"alias": room, "use_blueprint": {"path": path, "input": {**inputs, "sensor": room}}}
        for room in rooms
    ]
    assert await async_setup_component(hass, AUTOMATION, {AUTOMATION: automations})
    await hass.async_block_till_done()
    call_with_recording(simulator)
    await refresh(hass, loaded)
    for room in rooms:
        hass.states.async_set(room, "on")
        await _wait_for(hass, simulator, "off", "paused")
    hass.states.async_set(rooms[0], "off")
    await _later(hass, minutes=1)
    await _spin()
    assert state(hass, SWITCH) == "off"
    assert _statuses(simulator) == {"paused"}
    hass.states.async_set(rooms[1], "off")
    await _later(hass, minutes=2)
    await _wait_for(hass, simulator, "on", "in-progress")


async def test_a_sensor_that_is_lost_during_the_delay_keeps_recording_paused(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await _pause_by_sensor(hass, loaded, simulator)
    for status in ("off", "unavailable"):
        hass.states.async_set(SENSOR, status)
        await _spin()
    await _later(hass, minutes=1)
    assert state(hass, SWITCH) == "off"


async def test_a_sensor_that_went_off_while_home_assistant_was_down_lets_recording_go_on(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await _pause_by_sensor(hass, loaded, simulator)
    await hass.services.async_call(AUTOMATION, "turn_off", {"entity_id": "all"}, blocking=True)
    hass.states.async_set(SENSOR, "off")
    await _spin()
    await hass.services.async_call(AUTOMATION, "turn_on", {"entity_id": "all"}, blocking=True)
    await hass.config_entries.async_unload(loaded.entry_id)
    assert await hass.config_entries.async_setup(loaded.entry_id)
    assert state(hass, SWITCH) == "off"
    await _later(hass, seconds=3)
    await _later(hass, minutes=1)
    await _wait_for(hass, simulator, "on", "in-progress")


async def test_a_sensor_that_is_on_when_home_assistant_starts_pauses(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    hass.states.async_set(SENSOR, "on")
    hass.set_state(type(hass.state).not_running)
    await _use(hass, "pause_while_sensor_is_on", sensor=SENSOR, call_recording=SWITCH)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    assert _statuses(simulator) == {"in-progress"}
    await hass.async_start()
    await until(lambda: _statuses(simulator) == {"paused"})


async def test_an_option_does_not_end_the_pause_while_a_sensor_is_on(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    hass.config_entries.async_update_entry(loaded, options={"auto_release": 5})
    await hass.config_entries.async_reload(loaded.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await _pause_by_sensor(hass, loaded, simulator)
    await _later(hass, minutes=6)
    await _later(hass, minutes=7)
    assert state(hass, SWITCH) == "off"
    hass.states.async_set(SENSOR, "off")
    await _later(hass, minutes=8)
    await _wait_for(hass, simulator, "on", "in-progress")


async def test_a_sensor_that_went_on_while_the_project_was_not_loaded_pauses(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await _use_sensors(hass, SENSOR)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await hass.config_entries.async_unload(loaded.entry_id)
    hass.states.async_set(SENSOR, "on")
    await _spin()
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await _later(hass, seconds=3)
    await _wait_for(hass, simulator, "off", "paused")


async def test_each_press_of_a_wall_button_turns_recording_around(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await _use(
        hass,
        "wall_button_toggles_recording",
        press=[{"trigger": "event", "event_type": "button_pressed"}],
        call_recording=SWITCH,
    )
    call_with_recording(simulator)
    await refresh(hass, loaded)
    for status in ("paused", "in-progress", "paused"):
        hass.bus.async_fire("button_pressed")
        await until(lambda status=status: _statuses(simulator) == {status})  # type: ignore[misc]  # a lambda's default
        await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
def phone(hass: HomeAssistant) -> str:
    """Return the device ID of a phone with the app."""
    entry = MockConfigEntry(domain="mobile_app")
    entry.add_to_hass(hass)
    return (
        dr.async_get(hass)
        .async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={("mobile_app", "x")}, name="My Phone"
        )
        .id
    )


async def _reminded(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, phone: str, switch: str
) -> list[ServiceCall]:
    messages: list[ServiceCall] = async_mock_service(hass, "notify", "mobile_app_my_phone")
    await _use(
        hass,
        "remind_when_still_paused",
        switches=[SWITCH, "switch.recording_1"],
        after={"minutes": 5},
        phone=phone,
    )
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await hass.services.async_call("switch", "turn_off", {"entity_id": switch}, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)
    await _after(hass, minutes=4)
    assert not messages
    # It then waits for an answer, so there is nothing else to wait for.
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=6))
    await until(lambda: bool(messages))
    return messages


@pytest.mark.parametrize("switch", [SWITCH, "switch.recording_1"])
async def test_the_button_of_a_reminder_lets_recording_go_on(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, phone: str, switch: str
) -> None:
    messages = await _reminded(hass, loaded, simulator, phone, switch)
    (message, *_) = [m for m in messages if m.data["data"]["tag"] == f"signalwire-{switch}"]
    assert message.data["message"] == "Recording is still paused."
    (button,) = message.data["data"]["actions"]
    assert button["title"] == "Resume"
    hass.bus.async_fire("mobile_app_notification_action", {"action": button["action"]})
    await until(lambda: _statuses(simulator) == {"in-progress"})


async def test_only_the_project_is_reminded_of_while_all_are_held(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, phone: str
) -> None:
    messages = await _reminded(hass, loaded, simulator, phone, SWITCH)
    await _spin()
    assert [message.data["data"]["tag"] for message in messages] == [f"signalwire-{SWITCH}"]
    assert messages[0].data["title"] == "Corner shop Call recording"


async def test_what_was_paused_before_a_restart_is_reminded_of(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, phone: str
) -> None:
    messages = async_mock_service(hass, "notify", "mobile_app_my_phone")
    await hass.services.async_call("switch", "turn_off", {"entity_id": SWITCH}, blocking=True)
    hass.set_state(type(hass.state).not_running)
    await _use(
        hass,
        "remind_when_still_paused",
        switches=["switch.recording_1", SWITCH],
        after={"minutes": 5},
        phone=phone,
    )
    await hass.async_start()
    await _later(hass, minutes=4)
    assert not messages
    await _later(hass, minutes=6)
    await until(lambda: bool(messages))
    assert messages[0].data["data"]["tag"] == f"signalwire-{SWITCH}"


async def test_a_reminder_is_taken_back_when_somebody_was_quicker(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, phone: str
) -> None:
    switch = "switch.recording_1"
    messages = await _reminded(hass, loaded, simulator, phone, switch)
    assert len(messages) == 1
    await hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True)
    await until(lambda: len(messages) == 2)
    assert messages[-1].data == {
        "message": "clear_notification",
        "data": {"tag": f"signalwire-{switch}"},
    }


async def test_what_happens_to_recordings_is_said_aloud(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    spoken = async_mock_service(hass, "tts", "speak")
    await _use(
        hass,
        "say_when_recording_starts_or_stops",
        activity="event.corner_shop_recording_activity",
        voice="tts.voice",
        player="media_player.desk",
        resumed=" ",
    )
    call = call_with_recording(simulator)
    await refresh(hass, loaded)
    for action in ("turn_off", "turn_on"):
        await hass.services.async_call(
            "switch", action, {"entity_id": "switch.recording_1"}, blocking=True
        )
    simulator.space.hang_up(call.sid)
    await refresh(hass, loaded)
    assert state(hass, "switch.recording_1") == "unavailable"
    assert [call.data["message"] for call in spoken] == [
        "This call is being recorded.",
        "Recording is paused.",
        "Recording has ended.",
    ]
    assert {call.data["media_player_entity_id"] for call in spoken} == {"media_player.desk"}


async def test_a_sensor_of_a_room_pauses_that_rooms_line_alone(
    hass: HomeAssistant, lines: None, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    hass.states.async_set(SENSOR, "off")
    await _use(
        hass,
        "pause_while_sensor_is_on",
        sensor=SENSOR,
        call_recording="switch.front_desk_call_recording",
        delay={"seconds": 30},
    )
    for number in ("+15550110", "+15550120"):
        call_with_recording(simulator, to_number=number)
    await refresh(hass, loaded)
    for sensor, seconds, expected in (("on", 0, "paused"), ("off", 31, "recording")):
        hass.states.async_set(SENSOR, sensor)
        await _later(hass, seconds=seconds)
        await until(lambda: state(hass, "sensor.front_desk_state") == expected)  # noqa: B023 (now)
        assert state(hass, "sensor.office_state") == "recording"
        assert state(hass, SWITCH) == "on"


async def test_that_calls_are_recorded_again_is_said_aloud_once(
    hass: HomeAssistant, lines: None, loaded: MockConfigEntry
) -> None:
    spoken = async_mock_service(hass, "tts", "speak")
    await _use(
        hass,
        "say_when_calls_are_recorded_again",
        call_recording="switch.front_desk_call_recording",
        voice="tts.voice",
        player="media_player.desk",
    )
    await turn(hass, "off")
    await turn(hass, "off", "switch.front_desk_call_recording")
    await turn(hass, "on", "switch.front_desk_call_recording")
    await hass.async_block_till_done()
    # The whole project is still held.
    assert not spoken
    await turn(hass, "on")
    await hass.async_block_till_done()
    assert [call.data["message"] for call in spoken] == ["Calls are recorded again."]


async def test_a_recording_on_a_line_that_must_not_be_recorded_is_warned_of(
    hass: HomeAssistant, lines: None, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    warned = async_mock_service(hass, "notify", "guard")
    await _use(
        hass,
        "warn_when_a_line_is_recorded",
        lines=["sensor.front_desk_state"],
        after={"seconds": 5},
        warn=[{"action": "notify.guard", "data": {"message": "{{ line_name }}: {{ line }}"}}],
    )
    call_with_recording(simulator, to_number="+15550190")
    await refresh(hass, loaded)
    await _after(hass, seconds=6)
    assert warned == []
    call_with_recording(simulator, to_number="+15550110")
    await refresh(hass, loaded)
    assert state(hass, "sensor.front_desk_state") == "recording"
    await _spin()
    assert warned == []
    await _after(hass, seconds=6)
    assert [call.data["message"] for call in warned] == ["Front desk: sensor.front_desk_state"]


async def test_a_recording_on_such_a_line_that_is_paused_in_time_is_not_warned_of(
    hass: HomeAssistant, lines: None, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    warned = async_mock_service(hass, "notify", "guard")
    await _use(
        hass,
        "warn_when_a_line_is_recorded",
        lines="sensor.front_desk_state",
        warn=[{"action": "notify.guard", "data": {"message": "{{ line }}"}}],
    )
    await turn(hass, "off", "switch.front_desk_call_recording")
    call_with_recording(simulator, to_number="+15550110")
    await refresh(hass, loaded)
    await refresh(hass, loaded)
    assert state(hass, "sensor.front_desk_state") == "paused"
    await _after(hass, seconds=10)
    assert warned == []


async def test_what_was_recorded_before_a_restart_is_warned_of(
    hass: HomeAssistant, lines: None, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    warned = async_mock_service(hass, "persistent_notification", "create")
    call_with_recording(simulator, to_number="+15550110")
    await refresh(hass, loaded)
    hass.set_state(CoreState.starting)
    await _use(
        hass,
        "warn_when_a_line_is_recorded",
        lines="sensor.front_desk_state",
        after={"seconds": 0},
    )
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await until(lambda: bool(warned))
    (call,) = warned
    assert call.data["message"] == "Front desk must not be recorded, but a call on it is."
