"""Lines in trouble: damaged data, races, and a service that does not tell who talks to whom."""

import asyncio
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigSubentry
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.signalwire.project.addresses import address_key, canonical_address
from simulator import Fault, Simulator
from tests.conftest import QUICK
from tests.helpers import (
    FRONT_DESK,
    MASTER,
    OFFICE,
    advance,
    call_with_recording,
    entry_data,
    hold,
    press,
    refresh,
    restart,
    set_retry_policy,
    settle,
    state,
    turn,
    until,
    updates_sent,
)
from tests.test_lines import (
    DESK,
    FRONT_DESK_SWITCH,
    OFFICE_NUMBER,
    OFFICE_SWITCH,
    line_device,
    status_of,
)

pytestmark = pytest.mark.usefixtures("unloaded_in_the_end")


@pytest.fixture
async def shop(hass: HomeAssistant, lines: None, loaded: MockConfigEntry) -> MockConfigEntry:
    """Return a project with two lines that is set up."""
    return loaded


def sub(line_id: str, name: str, addresses: Any) -> ConfigSubentry:
    """Return a line as it could be stored."""
    return ConfigSubentry(
        subentry_id=line_id,
        subentry_type="line",
        title=name,
        unique_id=None,
        data=MappingProxyType({"addresses": addresses}),
    )


async def test_stop_of_a_line_is_no_success_while_a_recording_may_be_on_it(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    set_retry_policy(shop, QUICK)
    call = call_with_recording(simulator, to_number=DESK)
    simulator.faults.add(Fault(path="/Calls", method="GET", status=500))
    await refresh(hass, shop)
    failed = False
    try:
        await press(hass, "button.front_desk_stop")
    except HomeAssistantError:
        failed = True
    assert failed or status_of(simulator, call) == "stopped"


async def test_a_line_that_is_added_while_the_first_is_set_up_appears_too(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(path="/Recordings", delay=0.3))
    hass.config_entries.async_add_subentry(loaded, sub("L1", "One", ["+12015550111"]))
    await until(lambda: loaded.state is ConfigEntryState.SETUP_IN_PROGRESS)
    hass.config_entries.async_add_subentry(loaded, sub("L2", "Two", ["+12015550112"]))
    await settle(hass)
    simulator.faults.clear()
    await refresh(hass, loaded)
    assert hass.states.get("switch.one_call_recording") is not None
    assert hass.states.get("switch.two_call_recording") is not None


# 2b
async def test_addresses_that_change_while_the_entry_is_set_up_count(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(path="/Recordings", delay=0.3))
    hass.config_entries.async_schedule_reload(shop.entry_id)
    await until(lambda: shop.state is ConfigEntryState.SETUP_IN_PROGRESS)
    hass.config_entries.async_update_subentry(
        shop, shop.subentries[FRONT_DESK], data={"addresses": [DESK, "+12015550177"]}
    )
    await settle(hass)
    simulator.faults.clear()
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    call = call_with_recording(simulator, to_number="+12015550177")
    await refresh(hass, shop)
    await settle(hass)
    assert status_of(simulator, call) == "paused"


async def test_a_line_that_is_removed_while_the_entry_is_set_up_costs_nothing_else(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator, to_number=DESK)
    await refresh(hass, shop)
    assert hass.states.get("switch.recording_1") is not None
    simulator.faults.add(Fault(path="/Recordings", delay=0.3))
    hass.config_entries.async_schedule_reload(shop.entry_id)
    await until(lambda: shop.state is ConfigEntryState.SETUP_IN_PROGRESS)
    hass.config_entries.async_remove_subentry(shop, OFFICE)
    await settle(hass)
    simulator.faults.clear()
    assert shop.state is ConfigEntryState.LOADED
    await refresh(hass, shop)
    assert state(hass, MASTER) == "on"
    assert state(hass, FRONT_DESK_SWITCH) == "on"
    assert state(hass, "switch.recording_1") == "on"


async def test_a_start_is_told_within_seconds_without_a_poll(
    hass: HomeAssistant, lines: None, entry: MockConfigEntry, simulator: Simulator
) -> None:
    hass.config_entries.async_update_entry(entry, options={"active_interval": 60})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    told = async_capture_events(hass, "signalwire_recording_activity")
    simulator.faults.add(Fault(path="/Calls", status=400))
    call_with_recording(simulator, to_number=DESK)
    await refresh(hass, entry)
    await advance(hass, seconds=10)
    await settle(hass)
    assert [event.data["type"] for event in told] == ["started"]


async def test_a_start_is_told_though_the_entry_is_reloaded(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    told = async_capture_events(hass, "signalwire_recording_activity")
    simulator.faults.add(Fault(path="/Calls", status=400))
    call_with_recording(simulator, to_number=DESK)
    await refresh(hass, shop)
    simulator.faults.clear()
    await restart(hass, shop)
    await refresh(hass, shop)
    await settle(hass)
    assert "started" in [event.data["type"] for event in told]


@pytest.mark.parametrize("addresses", [None, 5, [5], [None], {"a": 1}])
async def test_a_damaged_line_costs_that_line_alone(
    hass: HomeAssistant, entry: MockConfigEntry, addresses: Any
) -> None:
    hass.config_entries.async_add_subentry(entry, sub(FRONT_DESK, "Front desk", addresses))
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED


async def test_a_line_without_addresses_can_be_mended(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_add_subentry(
        entry,
        ConfigSubentry(
            subentry_id=FRONT_DESK,
            subentry_type="line",
            title="x",
            unique_id=None,
            data=MappingProxyType({}),
        ),
    )
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    result = await entry.start_subentry_reconfigure_flow(hass, FRONT_DESK)
    assert result["type"] == "form"


async def test_a_number_of_two_lines_is_held_by_either(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    hass.config_entries.async_add_subentry(entry, sub(FRONT_DESK, "Front desk", [DESK]))
    hass.config_entries.async_add_subentry(entry, sub(OFFICE, "Office", [DESK]))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    call = call_with_recording(simulator, to_number=DESK)
    await refresh(hass, entry)
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    assert status_of(simulator, call) == "paused"


async def test_two_people_cannot_give_one_address_to_two_lines_at_once(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    flows = [
        await hass.config_entries.subentries.async_init(
            (loaded.entry_id, "line"), context={"source": SOURCE_USER}
        )
        for _ in range(2)
    ]
    results = await asyncio.gather(
        *(
            hass.config_entries.subentries.async_configure(
                flow["flow_id"], {"name": "Till", "addresses": ["+12015550142"]}
            )
            for flow in flows
        )
    )
    await settle(hass)
    assert sorted(result["type"].value for result in results) == ["create_entry", "form"]


async def test_an_end_that_is_not_known_counts_for_every_held_line(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    call = call_with_recording(simulator, from_number="", to_number=OFFICE_NUMBER)
    await refresh(hass, shop)
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    assert status_of(simulator, call) == "paused"


async def test_a_conference_that_names_a_call_too_is_on_its_line(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    call = simulator.space.start_call()
    conference = simulator.space.start_conference(friendly_name="Morning round")
    simulator.settings.both_parents = True
    simulator.space.start_recording(call_sid=call.sid, conference_sid=conference.sid)
    await refresh(hass, shop)
    await turn(hass, "off", OFFICE_SWITCH)
    await settle(hass)
    (recording,) = simulator.space.recordings.values()
    assert recording.conference_sid == conference.sid
    assert recording.status.value == "paused"


@pytest.fixture
async def other(hass: HomeAssistant, simulator: Simulator) -> Any:
    """Return a second project, with a line, on another space."""
    second = Simulator(
        project="6f0c1f5e-9d0b-4a47-8f5c-0b7f7a6b1c2d", token="PTother", space_name="B"
    )
    second.settings.protect_recordings = True
    await second.start()
    entry = MockConfigEntry(
        domain="signalwire",
        title="Other",
        unique_id="6f0c1f5e-9d0b-4a47-8f5c-0b7f7a6b1c2d",
        data={
            **entry_data(second),
            "project_id": "6f0c1f5e-9d0b-4a47-8f5c-0b7f7a6b1c2d",
            "api_token": "PTother",
        },
    )
    entry.add_to_hass(hass)
    hass.config_entries.async_add_subentry(entry, sub("LOTHER", "Other desk", [DESK]))
    if entry.state is ConfigEntryState.NOT_LOADED:
        await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)
    await second.stop()


async def test_a_hold_of_devices_fails_if_one_is_of_a_project_that_is_not_loaded(
    hass: HomeAssistant, shop: MockConfigEntry, other: MockConfigEntry
) -> None:
    mine, theirs = line_device(hass, FRONT_DESK), line_device(hass, "LOTHER")
    assert await hass.config_entries.async_unload(other.entry_id)
    with pytest.raises(HomeAssistantError):
        await hold(hass, device_id=[mine.id, theirs.id])


async def test_a_named_switch_of_another_project_is_not_passed_over(
    hass: HomeAssistant, shop: MockConfigEntry, other: MockConfigEntry
) -> None:
    theirs = "switch.other_desk_call_recording"
    try:
        await hold(hass, entity_id=[FRONT_DESK_SWITCH, theirs], config_entry_id=shop.entry_id)
    except HomeAssistantError:
        return
    assert state(hass, theirs) == "off"


async def test_to_record_a_call_elsewhere_does_not_pause_it_for_a_held_line(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    call = simulator.space.start_call(to_number=OFFICE_NUMBER)
    simulator.requests.clear()
    await hass.services.async_call(
        "signalwire",
        "start_recording",
        {"call_sid": call.sid},
        blocking=True,
    )
    await settle(hass)
    assert [s for s in updates_sent(simulator) if s in ("paused", "in-progress")] == []


async def test_a_pause_after_a_restart_is_told_with_its_line(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    told = async_capture_events(hass, "signalwire_recording_activity")
    assert await hass.config_entries.async_unload(shop.entry_id)
    call = call_with_recording(simulator, to_number=DESK)
    simulator.faults.add(Fault(path="/Calls", method="GET", delay=0.3, times=1))
    assert await hass.config_entries.async_setup(shop.entry_id)
    await settle(hass)
    assert status_of(simulator, call) == "paused"
    paused = [event.data["lines"] for event in told if event.data["type"] == "paused"]
    assert paused == [["Front desk"]]


@pytest.mark.parametrize("number", ["555-0142", "5550142"])
def test_a_number_without_its_area_code_is_refused(number: str) -> None:
    """It becomes +15550142, which no call ever has."""
    assert canonical_address(number, "US") is None


def test_a_number_with_an_extension_is_the_number_or_refused() -> None:
    stored = canonical_address("+1 201 555 0142 ext 5", "US")
    assert stored is None or address_key(stored) == address_key("+12015550142")


async def test_a_line_is_not_paused_while_a_recording_that_may_be_on_it_goes_on(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    set_retry_policy(shop, QUICK)
    call_with_recording(simulator, to_number=DESK)
    await refresh(hass, shop)
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    assert state(hass, "sensor.front_desk_state") == "paused"
    second = call_with_recording(simulator, from_number="+15550999", to_number=DESK)
    simulator.faults.add(Fault(path="/Calls", method="GET", status=400))
    simulator.faults.add(Fault(method="POST", status=400))
    await shop.runtime_data.async_refresh()
    await until(lambda: shop.runtime_data.data.lines[FRONT_DESK].hold.unconfirmed == 1)
    assert status_of(simulator, second) == "in-progress"
    shown = state(hass, "sensor.front_desk_state")
    simulator.faults.clear()
    assert shown != "paused"


async def test_no_such_call_is_told_as_that_while_a_line_is_held(
    hass: HomeAssistant, shop: MockConfigEntry
) -> None:
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call(
            "signalwire",
            "start_recording",
            {"call_sid": "00000000-0000-0000-0000-000000000000"},
            blocking=True,
        )
    assert caught.value.translation_key == "unknown_call"


@pytest.mark.parametrize("answer", [(404, '{"code": 404}'), (200, "[]")])
async def test_a_call_that_is_not_found_once_or_told_nonsense_of_is_read_again(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator, answer: tuple[int, str]
) -> None:
    status, body = answer
    set_retry_policy(shop, QUICK)
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    call = call_with_recording(simulator, to_number=OFFICE_NUMBER)
    simulator.faults.add(Fault(path=f"/Calls/{call.sid}.json", status=status, body=body, times=1))
    await refresh(hass, shop)
    for _ in range(5):
        await advance(hass, seconds=6)
        await refresh(hass, shop)
    await settle(hass)
    assert status_of(simulator, call) == "in-progress"


async def test_calls_that_may_not_be_listed_are_not_asked_for_one_by_one(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    for _ in range(20):
        call_with_recording(simulator, to_number=DESK)
    simulator.faults.add(Fault(path="/Calls", method="GET", status=403))
    simulator.requests.clear()
    await refresh(hass, shop)
    assert sum("/Calls" in request.path for request in simulator.requests) == 1


async def test_a_line_that_changes_sets_the_project_up_once(
    hass: HomeAssistant, shop: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = 0
    original = hass.config_entries.async_reload

    async def count(entry_id: str) -> bool:
        nonlocal times
        times += 1
        return await original(entry_id)

    monkeypatch.setattr(hass.config_entries, "async_reload", count)
    hass.config_entries.async_update_subentry(shop, shop.subentries[FRONT_DESK], title="Reception")
    await settle(hass)
    assert times == 1
    assert shop.runtime_data.data.lines[FRONT_DESK].name == "Reception"


async def test_a_line_that_is_removed_while_the_project_is_set_up_logs_no_error(
    hass: HomeAssistant,
    shop: MockConfigEntry,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    simulator.faults.add(Fault(path="/Recordings", delay=0.3))
    hass.config_entries.async_schedule_reload(shop.entry_id)
    await until(lambda: shop.state is ConfigEntryState.SETUP_IN_PROGRESS)
    hass.config_entries.async_remove_subentry(shop, FRONT_DESK)
    await settle(hass)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert list(shop.runtime_data.data.lines) == [OFFICE]


async def test_an_address_behind_a_long_name_is_known_as_the_lines(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    call = call_with_recording(simulator, to_number=f'"{"x" * 300}" <sip:desk@shop.example.com>')
    other = call_with_recording(simulator, to_number=OFFICE_NUMBER)
    await refresh(hass, shop)
    await settle(hass)
    assert status_of(simulator, call) == "paused"
    await until(lambda: status_of(simulator, other) == "in-progress")
    assert len(shop.runtime_data.data.lines[FRONT_DESK].sids) == 1
    assert len(state(hass, "sensor.recording_1_to")) <= 255


async def test_a_resume_succeeds_once_its_line_turns_out_to_be_free(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    simulator.faults.add(Fault(path="/Calls/", method="GET", delay=0.1))
    call = call_with_recording(simulator, to_number=OFFICE_NUMBER)
    await shop.runtime_data.async_refresh()
    await until(lambda: status_of(simulator, call) == "paused")
    assert shop.runtime_data.data.unassigned
    await turn(hass, "on", "switch.recording_1")
    assert status_of(simulator, call) == "in-progress"


async def test_what_resumes_because_its_line_is_known_is_nobodys_doing(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    activities = async_capture_events(hass, "signalwire_recording_activity")
    anna = Context()
    await turn(hass, "off")
    await hass.services.async_call(
        "signalwire", "release_recordings", {}, blocking=True, context=anna
    )
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    await refresh(hass, shop)
    call = call_with_recording(simulator, to_number=OFFICE_NUMBER)
    simulator.faults.add(Fault(path="/Calls/", method="GET", delay=0.1, times=1))
    await refresh(hass, shop)
    await until(lambda: status_of(simulator, call) == "in-progress")
    await settle(hass)
    (resumed,) = (event for event in activities if event.data["type"] == "resumed")
    assert resumed.context.id != anna.id


async def test_a_line_that_is_held_is_told_that_the_service_does_not_answer(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    set_retry_policy(shop, QUICK)
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    simulator.faults.add(Fault(method="GET", status=500))
    await advance(hass, seconds=20)
    await settle(hass)
    event = hass.states.get("event.front_desk_recording_activity")
    assert event is not None
    assert event.attributes["event_type"] == "pause_failed"
    assert state(hass, "event.office_recording_activity") == "unknown"


async def test_the_pause_behavior_of_the_hold_that_was_asked_for_last_counts(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    target = {"entity_id": FRONT_DESK_SWITCH}
    await hold(hass, **target, pause_behavior="skip", name="one")
    await hold(hass, pause_behavior="silence", name="two")
    await hold(hass, **target, pause_behavior="skip", name="one")
    call = call_with_recording(simulator, to_number=DESK)
    await refresh(hass, shop)
    await until(lambda: status_of(simulator, call) == "paused")
    (paused,) = (each for each in simulator.requests if each.method == "POST")
    assert paused.form["PauseBehavior"] == "skip"


async def test_an_update_names_a_project_and_a_recording_of_it(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    call = call_with_recording(simulator, to_number=DESK)
    await refresh(hass, shop)
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call(
            "signalwire",
            "update_recording",
            {"config_entry_id": "other", "entity_id": "switch.recording_1", "status": "paused"},
            blocking=True,
        )
    assert caught.value.translation_key == "unknown_project"
    assert status_of(simulator, call) == "in-progress"


async def test_a_call_that_cannot_be_read_keeps_no_other_paused(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    # No poll comes by meanwhile.
    hass.config_entries.async_update_entry(shop, options={"held_interval": 10})
    await restart(hass, shop)
    await turn(hass, "off", FRONT_DESK_SWITCH)
    await settle(hass)
    await refresh(hass, shop)
    hanging = call_with_recording(simulator, to_number=OFFICE_NUMBER)
    other = call_with_recording(simulator, to_number=OFFICE_NUMBER)
    simulator.faults.add(Fault(path=f"/Calls/{hanging.sid}.json", delay=60))
    simulator.faults.add(Fault(path=f"/Calls/{other.sid}.json", delay=0.3))
    await shop.runtime_data.async_refresh()
    await until(lambda: "paused" in (status_of(simulator, hanging), status_of(simulator, other)))
    await until(lambda: status_of(simulator, other) == "in-progress", 2)
    assert status_of(simulator, hanging) == "paused"
