"""Lines: a desk's or a room's calls, held and shown on their own."""

from itertools import permutations

from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
)

from simulator import Fault, Simulator
from simulator.models import Call
from tests.helpers import (
    FRONT_DESK,
    MASTER,
    OFFICE,
    call_in_slot,
    call_with_recording,
    conference_with_recording,
    hold,
    press,
    refresh,
    restart,
    settle,
    state,
    turn,
    until,
    updates_sent,
)

pytestmark = pytest.mark.usefixtures("unloaded_in_the_end")

FRONT_DESK_SWITCH = "switch.front_desk_call_recording"
OFFICE_SWITCH = "switch.office_call_recording"
DESK = "+15550110"
OFFICE_NUMBER = "+15550120"


@pytest.fixture
async def shop(hass: HomeAssistant, lines: None, loaded: MockConfigEntry) -> MockConfigEntry:
    """Return a project with two lines that is set up."""
    return loaded


async def release(hass: HomeAssistant, **data: object) -> None:
    """Release recordings."""
    await hass.services.async_call("signalwire", "release_recordings", data, blocking=True)
    await settle(hass)


def status_of(simulator: Simulator, call: Call) -> str:
    """Return the status of a call's recording, as the service has it."""
    (status,) = (
        recording.status.value
        for recording in simulator.space.recordings.values()
        if recording.call_sid == call.sid
    )
    return status


def line_device(hass: HomeAssistant, line_id: str) -> dr.DeviceEntry:
    """Return the device of a line."""
    (device,) = (
        device
        for device in dr.async_get(hass).devices
        if ("signalwire", line_id) in device.identifiers
    )
    assert isinstance(device, dr.DeviceEntry)
    return device


def slot_of(hass: HomeAssistant, line: str) -> int:
    """Return the slot of the only recording on a line."""
    shown = hass.states.get(f"sensor.{line}_state")
    assert shown is not None
    (slot,) = shown.attributes["slots"]
    assert isinstance(slot, int)
    return slot


@pytest.fixture
async def calls(hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator) -> list[Call]:
    """Return three calls that are recorded: at the front desk, in the office, and elsewhere."""
    calls = [
        call_with_recording(simulator, to_number=number)
        for number in (DESK, OFFICE_NUMBER, "+15550130")
    ]
    await refresh(hass, shop)
    return calls


async def test_a_line_is_a_device_that_shows_its_calls(
    hass: HomeAssistant, calls: list[Call]
) -> None:
    device = line_device(hass, FRONT_DESK)
    assert device.name == "Front desk"
    assert state(hass, "sensor.front_desk_state") == "recording"
    assert state(hass, "sensor.front_desk_talking_to") == "+15550100"
    assert state(hass, "sensor.front_desk_active_recordings") == "1"
    assert call_in_slot(hass, slot_of(hass, "office")) == calls[1].sid


async def test_a_line_without_calls_is_idle_and_costs_no_request(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    assert state(hass, "sensor.front_desk_state") == "idle"
    assert state(hass, "sensor.front_desk_talking_to") == "unknown"
    simulator.requests.clear()
    await refresh(hass, shop)
    assert ["/Recordings.json" in request.path for request in simulator.requests] == [True]


async def test_a_held_line_pauses_its_own_calls_alone(
    hass: HomeAssistant, simulator: Simulator, calls: list[Call]
) -> None:
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    assert [status_of(simulator, call) for call in calls] == [
        "paused",
        "in-progress",
        "in-progress",
    ]
    assert state(hass, FRONT_DESK_SWITCH) == STATE_OFF
    assert (state(hass, OFFICE_SWITCH), state(hass, MASTER)) == (STATE_ON, STATE_ON)
    switch = hass.states.get(FRONT_DESK_SWITCH)
    assert switch is not None
    assert (switch.attributes["unconfirmed"], switch.attributes["confirmed"]) == (0, True)
    assert state(hass, "sensor.front_desk_state") == "paused"
    await turn(hass, "on", FRONT_DESK_SWITCH)
    await settle(hass)
    assert {status_of(simulator, call) for call in calls} == {"in-progress"}
    assert updates_sent(simulator) == ["paused", "in-progress"]


async def test_a_call_from_one_line_to_another_is_on_both(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    call = call_with_recording(simulator, from_number=DESK, to_number=OFFICE_NUMBER)
    await refresh(hass, shop)
    assert state(hass, "sensor.front_desk_talking_to") == OFFICE_NUMBER
    assert state(hass, "sensor.office_talking_to") == DESK
    for switch in (FRONT_DESK_SWITCH, OFFICE_SWITCH):
        await turn(hass, "off", switch)
        await settle(hass)
        assert status_of(simulator, call) == "paused"
    await turn(hass, "on", FRONT_DESK_SWITCH)
    await settle(hass)
    assert status_of(simulator, call) == "paused"
    await turn(hass, "on", OFFICE_SWITCH)
    await settle(hass)
    assert status_of(simulator, call) == "in-progress"
    assert updates_sent(simulator) == ["paused", "in-progress"]


async def test_a_conference_is_on_the_line_that_has_its_name(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    conference_with_recording(simulator, "morning  ROUND")
    await refresh(hass, shop)
    assert state(hass, "sensor.office_state") == "recording"
    assert state(hass, "sensor.office_talking_to") == "morning  ROUND"


@pytest.mark.parametrize(
    "address", ["sip:desk@shop.example.com:5060;transport=udp", "SIP:Desk@Shop.Example.com"]
)
async def test_a_sip_address_is_the_same_in_every_spelling(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator, address: str
) -> None:
    call_with_recording(simulator, to_number=address)
    await refresh(hass, shop)
    assert state(hass, "sensor.front_desk_state") == "recording"


@pytest.mark.parametrize("begin", permutations(("line", "project")))
@pytest.mark.parametrize("end", permutations(("line", "project")))
async def test_a_line_and_the_project_hold_in_any_order(
    hass: HomeAssistant,
    simulator: Simulator,
    calls: list[Call],
    begin: tuple[str, ...],
    end: tuple[str, ...],
) -> None:
    targets = {"line": FRONT_DESK_SWITCH, "project": MASTER}
    for scope in begin:
        await hold(hass, name=f"sensor of the {scope}", entity_id=targets[scope])
        await settle(hass)
    assert {status_of(simulator, call) for call in calls} == {"paused"}
    await release(hass, name=f"sensor of the {end[0]}", entity_id=targets[end[0]])
    left = "paused" if end[0] == "line" else "in-progress"
    assert [status_of(simulator, call) for call in calls] == ["paused", left, left]
    await release(hass, name=f"sensor of the {end[1]}", entity_id=targets[end[1]])
    assert {status_of(simulator, call) for call in calls} == {"in-progress"}
    # One pause and one resume of each, whatever came in between.
    assert sorted(updates_sent(simulator)) == ["in-progress"] * 3 + ["paused"] * 3


async def test_a_recording_of_unknown_parties_is_paused_for_every_held_line_until_they_are_known(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    call = call_with_recording(simulator, to_number=OFFICE_NUMBER)
    simulator.faults.add(Fault(path=f"/Calls/{call.sid}.json", status=400))
    await refresh(hass, shop)
    await until(lambda: status_of(simulator, call) == "paused")
    simulator.faults.clear()
    await refresh(hass, shop)
    await until(lambda: status_of(simulator, call) == "in-progress")
    await settle(hass)
    assert state(hass, "sensor.office_state") == "recording"


async def test_a_call_that_the_service_cannot_name_stays_paused_while_a_line_is_held(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    call = call_with_recording(simulator)
    simulator.faults.add(Fault(path=f"/Calls/{call.sid}.json", status=404, body='{"code": 404}'))
    simulator.space.calls[call.sid].status = "queued"
    await refresh(hass, shop)
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    assert status_of(simulator, call) == "paused"
    assert state(hass, "sensor.front_desk_state") == "idle"


async def test_the_list_of_calls_is_read_once_and_not_a_call_each(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    for _ in range(20):
        call_with_recording(simulator, to_number=DESK)
    simulator.requests.clear()
    await refresh(hass, shop)
    assert state(hass, "sensor.front_desk_active_recordings") == "20"
    assert sum("/Calls" in request.path for request in simulator.requests) == 1


async def test_a_held_line_outlives_a_restart_and_leaves_others_alone(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator, calls: list[Call]
) -> None:
    await hold(hass, name="sensor", entity_id=FRONT_DESK_SWITCH)
    await settle(hass)
    await restart(hass, shop)
    assert state(hass, FRONT_DESK_SWITCH) == STATE_OFF
    assert status_of(simulator, calls[0]) == "paused"
    # What was known is known again before anything is sent.
    assert updates_sent(simulator) == ["paused"]
    await release(hass, name="sensor", entity_id=FRONT_DESK_SWITCH)
    assert status_of(simulator, calls[0]) == "in-progress"


async def test_a_person_cannot_resume_a_line_that_the_project_holds(
    hass: HomeAssistant, simulator: Simulator, calls: list[Call], hass_admin_user: MockUser
) -> None:
    await turn(hass, "off")
    await settle(hass)
    assert state(hass, FRONT_DESK_SWITCH) == STATE_OFF
    with pytest.raises(ServiceValidationError) as caught:
        await turn(hass, "on", FRONT_DESK_SWITCH, user=hass_admin_user)
    assert caught.value.translation_key == "project_held"
    assert status_of(simulator, calls[0]) == "paused"


@pytest.mark.parametrize("order", permutations((MASTER, FRONT_DESK_SWITCH, "switch.recording_1")))
async def test_all_on_at_once_ends_with_all_on(
    hass: HomeAssistant,
    simulator: Simulator,
    calls: list[Call],
    hass_admin_user: MockUser,
    order: tuple[str, ...],
) -> None:
    await turn(hass, "off")
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    await turn(hass, "on", list(order), user=hass_admin_user)  # type: ignore[arg-type]  # a list
    await settle(hass)
    assert {state(hass, entity_id) for entity_id in order} == {STATE_ON}
    assert {status_of(simulator, call) for call in calls} == {"in-progress"}


async def test_resuming_one_recording_of_a_held_line_names_the_line(
    hass: HomeAssistant, simulator: Simulator, calls: list[Call]
) -> None:
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    with pytest.raises(ServiceValidationError) as caught:
        await turn(hass, "on", f"switch.recording_{slot_of(hass, 'front_desk')}")
    assert caught.value.translation_key == "line_held"
    assert caught.value.translation_placeholders == {"line": "Front desk"}


async def test_a_line_goes_by_the_name_that_a_person_gave_its_device(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    dr.async_get(hass).async_update_device(
        line_device(hass, FRONT_DESK).id, name_by_user="Reception"
    )
    told = async_capture_events(hass, "signalwire_recording_activity")
    call_with_recording(simulator, to_number=DESK)
    await refresh(hass, shop)
    assert [event.data["lines"] for event in told] == [["Reception"]]
    event = hass.states.get("event.front_desk_recording_activity")
    assert event is not None
    assert event.attributes["lines"] == ["Reception"]
    await hold(hass, entity_id=FRONT_DESK_SWITCH)
    await settle(hass)
    with pytest.raises(ServiceValidationError) as caught:
        await turn(hass, "on", "switch.recording_1")
    assert caught.value.translation_placeholders == {"line": "Reception"}


async def test_stop_ends_the_lines_recordings_alone(
    hass: HomeAssistant, simulator: Simulator, calls: list[Call]
) -> None:
    unseen = call_with_recording(simulator, to_number=DESK)
    await press(hass, "button.front_desk_stop")
    assert [status_of(simulator, call) for call in (unseen, *calls)] == [
        "stopped",
        "stopped",
        "in-progress",
        "in-progress",
    ]


async def test_an_update_of_a_line_is_one_of_all_its_recordings(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator, calls: list[Call]
) -> None:
    second = call_with_recording(simulator, from_number=DESK)
    await refresh(hass, shop)
    await hass.services.async_call(
        "signalwire",
        "update_recording",
        {"entity_id": FRONT_DESK_SWITCH, "status": "paused"},
        blocking=True,
    )
    assert [status_of(simulator, call) for call in (second, *calls)] == [
        "paused",
        "paused",
        "in-progress",
        "in-progress",
    ]


async def test_who_may_control_one_line_holds_that_line_alone(
    hass: HomeAssistant, simulator: Simulator, calls: list[Call], hass_admin_user: MockUser
) -> None:
    user = MockUser(name="Front desk").add_to_hass(hass)
    user.mock_policy({"entities": {"entity_ids": {FRONT_DESK_SWITCH: True}}})
    context = Context(user_id=user.id)
    await hass.services.async_call(
        "signalwire",
        "hold_recordings",
        {"entity_id": FRONT_DESK_SWITCH},
        blocking=True,
        context=context,
    )
    assert state(hass, FRONT_DESK_SWITCH) == STATE_OFF
    for target in ({"entity_id": OFFICE_SWITCH}, {"entity_id": MASTER}, {}):
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                "signalwire", "hold_recordings", target, blocking=True, context=context
            )
    assert (state(hass, OFFICE_SWITCH), state(hass, MASTER)) == (STATE_ON, STATE_ON)


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ({"entity_id": "switch.recording_1"}, "not_holdable"),
        ({"entity_id": "light.kitchen"}, "not_holdable"),
        ({"area_id": "kitchen"}, "nothing_holdable"),
    ],
)
async def test_a_target_that_cannot_be_held_is_refused_and_holds_nothing(
    hass: HomeAssistant, calls: list[Call], target: dict[str, str], error: str
) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        await hold(hass, **target)
    assert caught.value.translation_key == error
    assert {state(hass, each) for each in (MASTER, FRONT_DESK_SWITCH, OFFICE_SWITCH)} == {STATE_ON}


async def test_a_sensor_in_an_area_does_not_stand_for_its_project(
    hass: HomeAssistant, shop: MockConfigEntry
) -> None:
    entities = er.async_get(hass)
    for entity_id in ("sensor.corner_shop_active_recordings", FRONT_DESK_SWITCH):
        entities.async_update_entity(entity_id, area_id="upstairs")
    await turn(hass, "off")
    await hold(hass, area_id="upstairs")
    await release(hass, area_id="upstairs")
    assert state(hass, MASTER) == STATE_OFF
    await turn(hass, "on")
    await hold(hass, area_id="upstairs")
    assert (state(hass, MASTER), state(hass, FRONT_DESK_SWITCH)) == (STATE_ON, STATE_OFF)


async def test_an_area_means_the_lines_in_it(
    hass: HomeAssistant, simulator: Simulator, calls: list[Call]
) -> None:
    device = line_device(hass, OFFICE)
    dr.async_get(hass).async_update_device(device.id, area_id="upstairs")
    await hold(hass, area_id="upstairs")
    assert (state(hass, OFFICE_SWITCH), state(hass, FRONT_DESK_SWITCH)) == (STATE_OFF, STATE_ON)


async def test_that_a_recording_starts_is_told_with_its_line(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    told = async_capture_events(hass, "signalwire_recording_activity")
    call_with_recording(simulator, to_number=DESK)
    await refresh(hass, shop)
    assert [(event.data["type"], event.data["lines"]) for event in told] == [
        ("started", ["Front desk"])
    ]
    event = hass.states.get("event.front_desk_recording_activity")
    assert event is not None
    assert event.attributes["event_type"] == "started"
    assert state(hass, "event.office_recording_activity") == "unknown"


async def test_a_start_is_told_soon_though_its_parties_cannot_be_read(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(path="/Calls/", status=400))
    call_with_recording(simulator, to_number=DESK)
    await refresh(hass, shop)
    assert state(hass, "event.corner_shop_recording_activity") == "unknown"
    time = hass.loop.time
    hass.loop.time = lambda: time() + 2  # type: ignore[method-assign]  # one test's loop
    await refresh(hass, shop)
    event = hass.states.get("event.corner_shop_recording_activity")
    assert event is not None
    assert (event.attributes["event_type"], event.attributes["lines"]) == ("started", [])


async def test_a_line_that_is_removed_takes_its_entities_and_holds_along(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator, calls: list[Call]
) -> None:
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    assert hass.config_entries.async_remove_subentry(shop, FRONT_DESK)
    await settle(hass)
    assert hass.states.get(FRONT_DESK_SWITCH) is None
    assert not [
        entity
        for entity in er.async_entries_for_config_entry(er.async_get(hass), shop.entry_id)
        if entity.config_subentry_id == FRONT_DESK
    ]
    await refresh(hass, shop)
    await until(lambda: status_of(simulator, calls[0]) == "in-progress")
