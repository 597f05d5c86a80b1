"""The switch "Call recording": holds and releases."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
import json
from typing import Any

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNKNOWN
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_fire_time_changed,
)

from custom_components.signalwire.api import RetryPolicy
from simulator import Fault, Simulator
from tests.helpers import (
    advance,
    call_with_recording,
    conference_with_recording,
    lists,
    make_older,
    refresh,
    restart,
    settle,
    state,
    until,
)

MASTER = "switch.corner_shop_call_recording"
UNTIL = "sensor.corner_shop_recording_resumes"


async def _turn(
    hass: HomeAssistant, to: str, entity_id: str = MASTER, context: Context | None = None
) -> None:
    await hass.services.async_call(
        "switch", f"turn_{to}", {"entity_id": entity_id}, blocking=True, context=context
    )


def _statuses(simulator: Simulator) -> list[str]:
    return [recording.status.value for recording in simulator.space.recordings.values()]


async def _all(simulator: Simulator, status: str) -> None:
    await until(lambda: set(_statuses(simulator)) == {status})


def _attributes(hass: HomeAssistant) -> tuple[int, bool]:
    switch = hass.states.get(MASTER)
    assert switch is not None
    return switch.attributes["unconfirmed"], switch.attributes["confirmed"]


def _updates(simulator: Simulator) -> int:
    return sum(request.method == "POST" for request in simulator.requests)


async def test_off_pauses_everything_with_one_request_each(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    hass.config_entries.async_update_entry(entry, options={"most_slots": 1})
    for _ in range(3):
        call_with_recording(simulator)
    conference_with_recording(simulator, "Front desk")
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, MASTER) == STATE_ON

    await _turn(hass, "off")
    assert state(hass, MASTER) == STATE_OFF
    await hass.async_block_till_done(wait_background_tasks=True)
    assert set(_statuses(simulator)) == {"paused"}
    assert _updates(simulator) == 4
    assert _attributes(hass) == (0, True)
    assert state(hass, "switch.recording_1") == STATE_OFF


async def test_off_pauses_all_at_once(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    for _ in range(10):
        call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(method="POST", delay=1))
    await _turn(hass, "off")
    # All have arrived before the first is answered.
    await until(lambda: _updates(simulator) == 10)
    assert not any(r.status for r in simulator.requests if r.method == "POST")
    assert _attributes(hass) == (10, False)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert _attributes(hass) == (0, True)


async def test_the_answers_of_many_updates_are_shown_together(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    for _ in range(60):
        call_with_recording(simulator)
    make_older(simulator)
    await refresh(hass, loaded)
    shown: list[int] = []
    coordinator = loaded.runtime_data
    unsubscribe = coordinator.async_add_listener(
        lambda: shown.append(coordinator.data.hold.unconfirmed)
    )
    await _turn(hass, "off")
    await hass.async_block_till_done(wait_background_tasks=True)
    unsubscribe()
    assert _attributes(hass) == (0, True)
    assert shown[-1] == 0
    assert shown == sorted(shown, reverse=True)
    assert len(shown) < 30


async def test_a_new_recording_is_paused_on_the_refresh_that_finds_it(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await _turn(hass, "off")
    await hass.async_block_till_done(wait_background_tasks=True)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    assert _statuses(simulator) == ["paused"]
    assert loaded.runtime_data.update_interval == timedelta(seconds=1)


async def test_what_something_else_resumes_is_paused_again(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await _turn(hass, "off")
    await _all(simulator, "paused")
    # Until the answer is here, which would be newer than a refresh that begins before it.
    await until(lambda: _attributes(hass) == (0, True))
    (sid,) = simulator.space.recordings
    simulator.space.update_recording(sid, "in-progress")
    await refresh(hass, loaded)
    assert _statuses(simulator) == ["paused"]


async def test_on_resumes_only_what_the_switch_paused(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    first = hass.states.get("switch.recording_1")
    assert first is not None
    await _turn(hass, "off", "switch.recording_1")
    await _turn(hass, "off")
    await _all(simulator, "paused")
    await _turn(hass, "on")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, "switch.recording_1") == STATE_OFF
    assert state(hass, "switch.recording_2") == STATE_ON
    assert simulator.space.recordings[first.attributes["sid"]].status == "paused"


async def test_a_person_who_pauses_what_the_switch_paused_keeps_it_paused(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await _turn(hass, "off")
    await _all(simulator, "paused")
    await _turn(hass, "off", "switch.recording_1")
    await _turn(hass, "on")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert _statuses(simulator) == ["paused"]


async def test_one_recording_cannot_be_resumed_while_all_are_held(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await _turn(hass, "off")
    await _all(simulator, "paused")
    with pytest.raises(ServiceValidationError) as caught:
        await _turn(hass, "on", "switch.recording_1")
    assert caught.value.translation_key == "held"
    assert _statuses(simulator) == ["paused"]


async def test_a_resume_that_waits_for_the_release_gives_way_to_a_pause(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await _turn(hass, "off")
    await _all(simulator, "paused")
    resuming = hass.async_create_task(_turn(hass, "on", "switch.recording_1"))
    await asyncio.sleep(0)
    await _turn(hass, "off", "switch.recording_1")
    assert not resuming.done()
    await _turn(hass, "on")
    with pytest.raises(ServiceValidationError) as caught:
        await resuming
    assert caught.value.translation_key == "superseded"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert _statuses(simulator) == ["paused"]


async def test_a_stop_that_waits_is_not_replaced_by_the_switch(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(method="POST", delay=0.2, times=1))
    pause = hass.async_create_task(_turn(hass, "off", "switch.recording_1"))
    await until(lambda: _updates(simulator) == 1)
    stop = hass.async_create_task(
        hass.services.async_call(
            "button", "press", {"entity_id": "button.recording_1_stop"}, blocking=True
        )
    )
    await _turn(hass, "off")
    await asyncio.gather(pause, stop)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert _statuses(simulator) == ["stopped"]


async def test_a_hold_during_an_outage_is_carried_out_when_the_service_is_back(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await simulator.stop()
    await loaded.runtime_data.async_refresh()
    await _turn(hass, "off")
    assert state(hass, MASTER) == STATE_OFF
    assert _attributes(hass) == (1, False)
    await simulator.restart()
    await loaded.runtime_data.async_refresh()
    await _all(simulator, "paused")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert _attributes(hass) == (0, True)


async def test_the_hold_and_who_paused_what_survive_a_restart(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await _turn(hass, "off", "switch.recording_1")
    await _turn(hass, "off")
    await _all(simulator, "paused")
    await hass.config_entries.async_unload(loaded.entry_id)
    call_with_recording(simulator)
    await hass.config_entries.async_setup(loaded.entry_id)
    await _all(simulator, "paused")
    assert state(hass, MASTER) == STATE_OFF
    await hass.async_block_till_done(wait_background_tasks=True)
    await _turn(hass, "on")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, "switch.recording_1") == STATE_OFF
    assert state(hass, "switch.recording_2") == STATE_ON
    assert state(hass, "switch.recording_3") == STATE_ON


async def test_recordings_can_be_held_when_the_service_is_down_at_a_restart(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await hass.config_entries.async_unload(loaded.entry_id)
    await simulator.stop()
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await _turn(hass, "off")
    assert _attributes(hass) == (1, False)
    assert state(hass, "sensor.recording_1_state") == "unavailable"
    await simulator.restart()
    await loaded.runtime_data.async_refresh()
    await _all(simulator, "paused")


async def test_resuming_is_kept_as_well(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await _turn(hass, "off")
    await _all(simulator, "paused")
    await simulator.stop()
    await loaded.runtime_data.async_refresh()
    await _turn(hass, "on")
    await simulator.restart()
    await loaded.runtime_data.async_refresh()
    await _all(simulator, "in-progress")


async def test_the_hold_is_stored_before_anything_else_can_go_wrong(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    key = f"signalwire.{loaded.entry_id}"
    await _turn(hass, "off")
    assert "until" not in hass_storage[key]["data"]["hold"]
    await _turn(hass, "on")
    assert "hold" not in hass_storage[key]["data"]


async def test_a_resume_whose_answer_was_lost_is_paused_again_without_a_look(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await _turn(hass, "off")
    await _all(simulator, "paused")
    await hass.async_block_till_done(wait_background_tasks=True)
    loaded.runtime_data.project.client._transport._retry_policy = RetryPolicy(attempts=1)
    simulator.faults.add(Fault(method="GET", status=400))
    simulator.faults.add(Fault(method="POST", status=500, apply="after", times=1))
    before = _updates(simulator)
    await _turn(hass, "on")
    await _all(simulator, "in-progress")
    await until(
        lambda: (
            not any(one.in_flight for one in loaded.runtime_data.project.state.recordings.values())
        )
    )
    await _turn(hass, "off")
    await _all(simulator, "paused")
    assert _updates(simulator) == before + 2


async def test_a_200_that_does_not_confirm_is_tried_again(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    (recording,) = simulator.space.recordings.values()
    body = json.dumps(
        {"sid": recording.sid, "status": "in-progress", "call_sid": recording.call_sid}
    )
    simulator.faults.add(Fault(method="POST", status=200, body=body, times=1))
    await _turn(hass, "off")
    await _all(simulator, "paused")
    assert _updates(simulator) == 2


async def test_an_unconfirmed_pause_is_loud_until_it_holds(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(method="POST", status=400, body='{"code": 7, "message": "No"}'))
    await _turn(hass, "off")
    # The second try comes after the first one failed for good.
    await until(lambda: _updates(simulator) >= 2)
    issues, issue_id = ir.async_get(hass), f"pause_unconfirmed_{loaded.entry_id}"
    assert issues.async_get_issue("signalwire", issue_id) is None

    await advance(hass, seconds=16)
    issue = issues.async_get_issue("signalwire", issue_id)
    assert issue is not None
    assert issue.translation_key == "pause_unconfirmed"
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["recording"] == "1"
    assert "No (7)" in issue.translation_placeholders["reason"]
    event = hass.states.get("event.corner_shop_recording_activity")
    assert event is not None
    assert event.attributes["event_type"] == "pause_failed"
    assert event.attributes["slot"] == 1
    assert "No (7)" in event.attributes["reason"]

    simulator.faults.clear()
    await _all(simulator, "paused")
    await until(lambda: issues.async_get_issue("signalwire", issue_id) is None)


async def test_the_issue_names_every_recording_that_may_go_on(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    hass.config_entries.async_update_entry(entry, options={"most_slots": 2})
    assert await hass.config_entries.async_setup(entry.entry_id)
    for _ in range(4):
        call_with_recording(simulator)
    await refresh(hass, entry)
    simulator.faults.add(Fault(method="POST", status=400, body='{"code": 7, "message": "No"}'))
    await _turn(hass, "off")
    await until(lambda: _updates(simulator) >= 4)
    await advance(hass, seconds=16)
    issue_id = f"pause_unconfirmed_{entry.entry_id}"
    issue = ir.async_get(hass).async_get_issue("signalwire", issue_id)
    assert issue is not None
    assert issue.translation_placeholders is not None
    # And two without a slot.
    assert issue.translation_placeholders["recording"] == "1, 2, +2"


async def test_an_unreachable_service_raises_an_alarm_while_recordings_are_held(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
) -> None:
    await _turn(hass, "off")
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.faults.add(Fault(status=400, body='{"code": 7, "message": "No"}'))
    await refresh(hass, loaded)
    assert _attributes(hass) == (0, False)
    await advance(hass, seconds=16)
    issues, issue_id = ir.async_get(hass), f"pause_unconfirmed_{loaded.entry_id}"
    issue = issues.async_get_issue("signalwire", issue_id)
    assert issue is not None
    assert issue.translation_key == "hold_unseen"
    assert issue.translation_placeholders is not None
    assert "No (7)" in issue.translation_placeholders["reason"]
    simulator.faults.clear()
    await refresh(hass, loaded)
    assert issues.async_get_issue("signalwire", issue_id) is None
    assert _attributes(hass) == (0, True)


async def test_unload_takes_the_issue_back(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(method="POST", status=400))
    await _turn(hass, "off")
    await advance(hass, seconds=16)
    assert ir.async_get(hass).issues
    await hass.config_entries.async_unload(loaded.entry_id)
    assert not ir.async_get(hass).issues


async def test_it_goes_back_on_by_itself_after_the_time_in_the_options(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
) -> None:
    hass.config_entries.async_update_entry(entry, options={"auto_release": 10})
    call_with_recording(simulator)
    await hass.config_entries.async_setup(entry.entry_id)
    assert state(hass, UNTIL) == STATE_UNKNOWN
    await _turn(hass, "off")
    await _all(simulator, "paused")
    until_then = dt_util.parse_datetime(state(hass, UNTIL))
    assert until_then is not None
    assert timedelta(minutes=9) < until_then - dt_util.utcnow() <= timedelta(minutes=10)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=10, seconds=1))
    await _all(simulator, "in-progress")
    assert state(hass, MASTER) == STATE_ON
    assert state(hass, UNTIL) == STATE_UNKNOWN


async def test_the_deadline_survives_a_restart(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await _hold(hass, {"for": {"minutes": 5}})
    await _all(simulator, "paused")
    shown = state(hass, UNTIL)
    await restart(hass, loaded)
    assert state(hass, UNTIL) == shown
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=6))
    await _all(simulator, "in-progress")


async def test_a_deadline_that_passed_during_a_restart_is_kept_at_once(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await _hold(hass, {"for": {"seconds": 1}})
    await _all(simulator, "paused")
    await hass.config_entries.async_unload(loaded.entry_id)
    deadline = dt_util.utcnow() + timedelta(seconds=1)
    await until(lambda: dt_util.utcnow() > deadline)
    await hass.config_entries.async_setup(loaded.entry_id)
    await _all(simulator, "in-progress")
    assert state(hass, MASTER) == STATE_ON


async def _hold(hass: HomeAssistant, data: Mapping[str, object]) -> None:
    await hass.services.async_call("signalwire", "hold_recordings", dict(data), blocking=True)


async def test_the_actions_hold_and_release_with_a_pause_behavior_of_their_own(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await _hold(hass, {"pause_behavior": "skip", "config_entry_id": loaded.entry_id})
    await _all(simulator, "paused")
    (recording,) = simulator.space.recordings.values()
    assert recording.pause_behavior == "skip"
    assert state(hass, UNTIL) == STATE_UNKNOWN
    await hass.services.async_call("signalwire", "release_recordings", {}, blocking=True)
    await _all(simulator, "in-progress")


async def test_a_later_deadline_replaces_the_earlier_one(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
) -> None:
    await _hold(hass, {"for": {"minutes": 5}})
    await _hold(hass, {"for": {"minutes": 30}})
    await advance(hass, minutes=6)
    assert state(hass, MASTER) == STATE_OFF
    assert loaded.runtime_data.data.hold.held
    assert simulator.requests


@pytest.mark.parametrize(
    ("data", "key"),
    [({"config_entry_id": "another"}, "unknown_project"), ({}, "not_loaded")],
)
async def test_actions_without_a_project_say_so(
    hass: HomeAssistant, loaded: MockConfigEntry, data: dict[str, str], key: str
) -> None:
    await hass.config_entries.async_unload(loaded.entry_id)
    with pytest.raises(ServiceValidationError) as caught:
        await _hold(hass, data)
    assert caught.value.translation_key == key


async def test_every_state_that_changes_carries_who_switched(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_admin_user: MockUser,
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    context = Context(user_id=hass_admin_user.id)
    await _turn(hass, "off", context=context)
    await hass.async_block_till_done(wait_background_tasks=True)
    for entity_id in (
        MASTER,
        "switch.recording_1",
        "select.recording_1_status",
        "sensor.recording_1_state",
        "event.corner_shop_recording_activity",
    ):
        shown = hass.states.get(entity_id)
        assert shown is not None
        assert shown.context.id == context.id, entity_id


async def test_a_login_that_is_refused_for_a_moment_costs_time_and_nothing_else(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await _turn(hass, "off")
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.faults.add(Fault(status=401))
    await refresh(hass, loaded)
    assert len(hass.config_entries.flow.async_progress()) == 1
    simulator.faults.clear()
    call_with_recording(simulator)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
    await _all(simulator, "paused")
    assert not hass.config_entries.flow.async_progress()


@pytest.fixture
async def turned_off_polling(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Return a project that is set up, and that a person does not want to be polled."""
    hass.config_entries.async_update_entry(entry, pref_disable_polling=True)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    return entry


async def test_what_is_held_is_polled_though_polling_is_turned_off(
    hass: HomeAssistant, turned_off_polling: MockConfigEntry, simulator: Simulator
) -> None:
    await _turn(hass, "off")
    await settle(hass)
    call_with_recording(simulator)
    await advance(hass, seconds=3)
    await _all(simulator, "paused")
    await advance(hass, seconds=30)
    await until(lambda: _attributes(hass) == (0, True))
    await restart(hass, turned_off_polling)
    call_with_recording(simulator)
    await advance(hass, seconds=3)
    await _all(simulator, "paused")
    await _turn(hass, "on")
    await _all(simulator, "in-progress")
    await settle(hass)
    # As it was wanted.
    await advance(hass, seconds=3)
    simulator.requests.clear()
    await advance(hass, minutes=5)
    assert lists(simulator) == 0


async def test_a_hold_is_polled_once_the_service_allows_it_though_polling_is_turned_off(
    hass: HomeAssistant, turned_off_polling: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(status=503, headers={"Retry-After": "20"}, times=1))
    await refresh(hass, turned_off_polling)
    call_with_recording(simulator)
    simulator.requests.clear()
    await _turn(hass, "off")
    await advance(hass, seconds=10)
    assert lists(simulator) == 0
    await advance(hass, seconds=15)
    await _all(simulator, "paused")
