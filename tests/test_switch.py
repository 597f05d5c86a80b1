"""The switch of a slot: what a toggle does, and what it shows."""

import asyncio
from typing import Any

from homeassistant.const import (
    EVENT_STATE_CHANGED,
    EVENT_STATE_REPORTED,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.json import json_bytes
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
)
from syrupy.assertion import SnapshotAssertion

from simulator import Fault, Simulator
from tests.helpers import (
    STOP_ALL,
    call_with_recording,
    conference_with_recording,
    press,
    refresh,
    state,
    until,
    updates_sent,
)

SWITCH = "switch.recording_1"


async def _turn(hass: HomeAssistant, to: str, context: Context | None = None) -> None:
    await hass.services.async_call(
        "switch", f"turn_{to}", {"entity_id": SWITCH}, blocking=True, context=context
    )


@pytest.fixture
async def recorded(hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator) -> str:
    """Return the SID of the recording in the first slot."""
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.requests.clear()
    (sid,) = simulator.space.recordings
    return sid


async def test_off_pauses_with_one_request_and_the_answer_is_the_new_state(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    assert state(hass, SWITCH) == STATE_ON
    await _turn(hass, "off")
    assert simulator.space.recordings[recorded].status == "paused"
    assert simulator.space.recordings[recorded].pause_behavior == "silence"
    assert [request.method for request in simulator.requests] == ["POST"]
    assert state(hass, SWITCH) == STATE_OFF
    assert state(hass, "select.recording_1_status") == "paused"
    assert state(hass, "sensor.recording_1_state") == "paused"
    assert state(hass, "sensor.corner_shop_paused_recordings") == "1"


async def test_on_resumes(hass: HomeAssistant, recorded: str, simulator: Simulator) -> None:
    await _turn(hass, "off")
    await _turn(hass, "on")
    assert simulator.space.recordings[recorded].status == "in-progress"
    assert state(hass, SWITCH) == STATE_ON


async def test_a_recording_of_a_conference_is_paused_too(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    conference_with_recording(simulator, "Front desk")
    await refresh(hass, loaded)
    await _turn(hass, "off")
    assert state(hass, SWITCH) == STATE_OFF
    (recording,) = simulator.space.recordings.values()
    assert recording.status == "paused"


@pytest.mark.usefixtures("recorded")
async def test_it_never_shows_paused_before_the_service_said_so(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    seen = async_capture_events(hass, EVENT_STATE_CHANGED)
    simulator.faults.add(Fault(method="POST", status=400, body='{"code": 1, "message": "No"}'))
    with pytest.raises(HomeAssistantError) as caught:
        await _turn(hass, "off")
    assert caught.value.translation_key == "update_rejected"
    assert state(hass, SWITCH) == STATE_ON
    await hass.async_block_till_done()
    assert not [event for event in seen if event.data["entity_id"] == SWITCH]


async def test_an_answer_that_does_not_confirm_is_a_failure(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    body = f'{{"sid": "{recorded}", "status": "in-progress", "call_sid": "1"}}'
    simulator.faults.add(Fault(method="POST", status=200, body=body))
    with pytest.raises(HomeAssistantError) as caught:
        await _turn(hass, "off")
    assert caught.value.translation_key == "not_confirmed"
    assert str(caught.value) == (
        'SignalWire did not do this: "paused" was requested, but it answered "in-progress". '
        "Try again"
    )
    assert state(hass, SWITCH) == STATE_ON


@pytest.mark.parametrize(
    ("fault", "translation_key"),
    [
        (Fault(method="POST", status=503, headers={"Retry-After": "99"}), "update_failed"),
        (Fault(method="POST", status=200, body="<html>"), "not_confirmed"),
        (Fault(status=200, body="<html>"), "update_malformed"),
    ],
)
@pytest.mark.usefixtures("recorded")
async def test_a_service_that_fails_is_told_and_changes_nothing(
    hass: HomeAssistant, simulator: Simulator, fault: Fault, translation_key: str
) -> None:
    simulator.faults.add(fault)
    with pytest.raises(HomeAssistantError) as caught:
        await _turn(hass, "off")
    assert caught.value.translation_key == translation_key
    assert state(hass, SWITCH) == STATE_ON


@pytest.mark.parametrize("to", ["on", "off"])
async def test_a_recording_that_has_just_ended_says_so(
    hass: HomeAssistant, recorded: str, simulator: Simulator, to: str
) -> None:
    simulator.space.hang_up(str(simulator.space.recordings[recorded].call_sid))
    with pytest.raises(ServiceValidationError) as caught:
        await _turn(hass, to)
    assert caught.value.translation_key == "recording_ended"
    assert state(hass, SWITCH) == STATE_UNAVAILABLE


async def test_a_recording_that_was_deleted_says_so(
    hass: HomeAssistant, loaded: MockConfigEntry, recorded: str, simulator: Simulator
) -> None:
    del simulator.space.recordings[recorded]
    with pytest.raises(ServiceValidationError) as caught:
        await _turn(hass, "off")
    assert caught.value.translation_key == "recording_ended"
    await refresh(hass, loaded)
    assert state(hass, SWITCH) == STATE_UNAVAILABLE


async def test_a_refusal_that_cannot_be_explained_is_a_failure(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="POST", status=400))
    simulator.faults.add(Fault(method="GET", path=f"/Recordings/{recorded}", status=400))
    with pytest.raises(HomeAssistantError) as caught:
        await _turn(hass, "off")
    assert caught.value.translation_key == "update_failed"


async def test_an_answer_that_shows_the_end_says_so(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    body = f'{{"sid": "{recorded}", "status": "completed", "call_sid": "1"}}'
    simulator.faults.add(Fault(method="POST", status=200, body=body))
    with pytest.raises(ServiceValidationError) as caught:
        await _turn(hass, "off")
    assert caught.value.translation_key == "recording_ended"
    assert state(hass, SWITCH) == STATE_UNAVAILABLE


async def test_a_pause_that_waits_behind_a_stop_says_that_the_recording_has_ended(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="POST", delay=0.1, apply="after", times=1))
    stop = hass.async_create_task(
        hass.services.async_call(
            "button", "press", {"entity_id": "button.recording_1_stop"}, blocking=True
        )
    )
    await until(lambda: len(simulator.requests) == 1)
    with pytest.raises(ServiceValidationError) as caught:
        await _turn(hass, "off")
    assert caught.value.translation_key == "recording_ended"
    await stop
    assert simulator.space.recordings[recorded].status == "stopped"


async def test_ten_quick_taps_end_in_the_last_with_three_requests_at_most(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="POST", delay=0.1, apply="after"))
    taps = [hass.async_create_task(_turn(hass, to)) for to in ("off", "on") * 5]
    outcomes = await asyncio.gather(*taps, return_exceptions=True)
    assert outcomes[0] is outcomes[-1] is None
    for outcome in outcomes[1:-2:2]:
        assert isinstance(outcome, ServiceValidationError)
        assert outcome.translation_key == "superseded"
    assert simulator.space.recordings[recorded].status == "in-progress"
    assert state(hass, SWITCH) == STATE_ON
    assert len(simulator.requests) <= 3


async def test_an_empty_slot_is_skipped(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.requests.clear()
    await _turn(hass, "off")
    assert not simulator.requests
    assert loaded.runtime_data.last_update_success


async def test_a_switch_whose_slot_was_just_freed_says_so(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    entity = hass.data["entity_components"]["switch"].get_entity(SWITCH)
    with pytest.raises(ServiceValidationError) as caught:
        await entity.async_turn_off()
    assert caught.value.translation_key == "no_recording"
    assert caught.value.translation_placeholders == {"slot": "1"}


@pytest.mark.usefixtures("recorded")
async def test_the_change_carries_who_made_it(
    hass: HomeAssistant, hass_admin_user: MockUser
) -> None:
    context = Context(user_id=hass_admin_user.id)
    await _turn(hass, "off", context)
    switch = hass.states.get(SWITCH)
    assert switch is not None
    assert switch.context is context


async def test_something_else_that_resumes_is_seen_on_the_next_poll(
    hass: HomeAssistant, loaded: MockConfigEntry, recorded: str, simulator: Simulator
) -> None:
    await _turn(hass, "off")
    simulator.space.update_recording(recorded, "in-progress")
    await refresh(hass, loaded)
    assert state(hass, SWITCH) == STATE_ON


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("in-progress", STATE_ON),
        ("resumed", STATE_ON),
        ("paused", STATE_OFF),
        ("queued", STATE_UNKNOWN),
        ("levitating", STATE_UNKNOWN),
        ("completed", STATE_UNAVAILABLE),
    ],
)
async def test_every_status_has_a_state(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    recorded: str,
    simulator: Simulator,
    status: str,
    shown: str,
) -> None:
    body = f'{{"recordings": [{{"sid": "{recorded}", "status": "{status}", "call_sid": "1"}}]}}'
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=body))
    await refresh(hass, loaded)
    assert state(hass, SWITCH) == shown


async def test_the_attributes_are_the_typed_fields_of_the_answer(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    recorded: str,
    simulator: Simulator,
    snapshot: SnapshotAssertion,
) -> None:
    body = (
        f'{{"recordings": [{{"sid": "{recorded}", "account_sid": "hidden", "uri": "hidden",'
        '"api_version": "2010-04-01", "call_sid": "43bb71ee-553f-4074-bb20-8e2747647cce",'
        '"conference_sid": null, "channel": "1", "channels": "1",'
        '"date_created": "Tue, 25 Sep 2068 23:00:00 +0000",'
        '"date_updated": "Wed, 26 Sep 2068 23:00:04 +0000",'
        '"start_time": "Tue, 25 Sep 2068 23:00:00 +0000", "end_time": null,'
        '"duration": 4, "price": "-0.0025", "price_unit": "USD", "source": "DialVerb",'
        '"status": "paused", "error_code": null, "encryption_details": null,'
        '"trim": "do-not-trim", "subresource_uris": {"transcriptions": "hidden"}}]}'
    )
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=body))
    await refresh(hass, loaded)
    switch = hass.states.get(SWITCH)
    assert switch is not None
    attributes = dict(switch.attributes)
    assert attributes.pop("sid") == recorded
    assert attributes == snapshot
    assert "hidden" not in str(switch.as_dict())
    # What the frontend gets.
    assert b'"price":-0.0025' in json_bytes(attributes)


async def test_a_stop_whose_answer_was_lost_is_done_when_the_second_try_is_refused(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="POST", status=502, apply="after", times=1))
    await press(hass, "button.recording_1_stop")
    assert updates_sent(simulator) == ["stopped", "stopped"]
    assert simulator.space.recordings[recorded].status == "stopped"
    assert state(hass, SWITCH) == STATE_UNAVAILABLE


async def test_a_pause_that_is_refused_is_done_if_the_recording_is_paused(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    simulator.space.update_recording(recorded, "paused")
    simulator.faults.add(Fault(method="POST", status=400, body='{"code": 1, "message": "No"}'))
    await _turn(hass, "off")
    assert state(hass, SWITCH) == STATE_OFF


async def test_a_stop_that_waits_is_not_replaced_by_a_later_resume(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="POST", delay=0.2, apply="after", times=1))
    pause = hass.async_create_task(_turn(hass, "off"))
    await until(lambda: len(simulator.faults.applied) == 1)
    stop = hass.async_create_task(press(hass, STOP_ALL))
    # The button refreshes too, once its stop is on its way.
    await until(lambda: simulator.requests[-1].method == "GET")
    with pytest.raises(ServiceValidationError) as caught:
        await _turn(hass, "on")
    assert caught.value.translation_key == "recording_ended"
    await asyncio.gather(pause, stop)
    assert simulator.space.recordings[recorded].status == "stopped"
    assert updates_sent(simulator) == ["paused", "stopped"]


async def test_news_of_one_recording_writes_no_state_of_another(
    hass: HomeAssistant, recorded: str, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    written: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        written.append(event.data["entity_id"])

    everything = callback(lambda _: True)
    hass.bus.async_listen(EVENT_STATE_CHANGED, note, event_filter=everything)
    hass.bus.async_listen(EVENT_STATE_REPORTED, note, event_filter=everything)
    await _turn(hass, "off")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert SWITCH in written
    assert not [entity_id for entity_id in written if "recording_2" in entity_id]
    assert len(written) == len(set(written))
