"""What flows into the coordinator: refreshes, answers, and what happens when they race."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import json
import logging
import time
from typing import Any

from homeassistant.const import SERVICE_TURN_OFF, STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from simulator import Fault, Simulator
from tests.helpers import (
    STOP_ALL,
    advance,
    call_with_recording,
    jump,
    lists,
    make_older,
    refresh,
    second_page,
    settle,
    state,
    until,
)

SWITCH_1 = "switch.recording_1"


def _date_of(ahead: timedelta) -> dict[str, str]:
    """Return the header of a service whose clock is so far ahead."""
    return {"Date": format_datetime(datetime.now(UTC) + ahead, usegmt=True)}


async def _pause(hass: HomeAssistant, entity_id: str = SWITCH_1) -> None:
    await hass.services.async_call(
        "switch", SERVICE_TURN_OFF, {"entity_id": entity_id}, blocking=True
    )


async def test_a_quiet_project_costs_one_request(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.requests.clear()
    await refresh(hass, loaded)
    assert [request.method for request in simulator.requests] == ["GET"]


@pytest.mark.parametrize("active_age", [0, 600, 7200])
async def test_a_thousand_ended_and_three_active_cost_at_most_two_requests(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, active_age: int
) -> None:
    simulator.space.add_recordings(count=1000, status="completed", age=3600)
    simulator.space.add_recordings(count=3, status="in-progress", age=active_age)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.requests.clear()
    await refresh(hass, entry)
    assert len(simulator.requests) <= 2
    assert state(hass, "sensor.corner_shop_active_recordings") == "3"


async def test_recordings_spread_over_the_day_cost_at_most_two_requests(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    for age in (60, 20_000, 80_000):
        simulator.space.add_recordings(count=500, status="completed", age=age + 30)
        simulator.space.add_recordings(count=1, status="in-progress", age=age)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.requests.clear()
    await refresh(hass, entry)
    assert len(simulator.requests) <= 2
    assert state(hass, "sensor.corner_shop_active_recordings") == "3"


async def test_a_recording_older_than_the_look_back_window_is_found(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    two_days_ago = datetime.now(UTC) - timedelta(days=2)
    call = simulator.space.start_call(started=two_days_ago)
    simulator.space.start_recording(call_sid=call.sid, started=two_days_ago)
    room = simulator.space.start_conference(started=two_days_ago)
    simulator.space.start_recording(conference_sid=room.sid, started=two_days_ago)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, SWITCH_1) == STATE_ON
    assert state(hass, "switch.recording_2") == STATE_ON
    await refresh(hass, entry)
    assert state(hass, SWITCH_1) == STATE_ON


async def test_a_poll_that_began_before_an_update_ended_cannot_undo_it(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    make_older(simulator)
    await refresh(hass, loaded)
    # The list is read before the update is carried out, and its answer arrives after it.
    simulator.faults.add(
        Fault(method="GET", path="/Recordings.json", delay=0.5, apply="after", times=1)
    )
    simulator.requests.clear()
    poll = hass.async_create_task(loaded.runtime_data.async_refresh())
    await until(lambda: len(simulator.faults.applied) == 1)
    await _pause(hass)
    assert state(hass, SWITCH_1) == STATE_OFF
    assert not poll.done()
    await poll
    assert state(hass, SWITCH_1) == STATE_OFF


async def test_a_poll_cannot_bring_a_stopped_recording_back(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(
        Fault(method="GET", path="/Recordings.json", delay=0.5, apply="after", times=1)
    )
    poll = hass.async_create_task(loaded.runtime_data.async_refresh())
    await until(lambda: len(simulator.faults.applied) == 1)
    await hass.services.async_call(
        "button", "press", {"entity_id": "button.recording_1_stop"}, blocking=True
    )
    await poll
    assert state(hass, SWITCH_1) == STATE_UNAVAILABLE
    assert state(hass, "sensor.corner_shop_active_recordings") == "0"


async def test_polls_are_fast_while_something_is_active(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    coordinator = loaded.runtime_data
    assert coordinator.update_interval == timedelta(seconds=20)
    call = call_with_recording(simulator)
    await refresh(hass, loaded)
    assert coordinator.update_interval == timedelta(seconds=5)
    simulator.space.hang_up(call.sid)
    await refresh(hass, loaded)
    assert coordinator.update_interval == timedelta(seconds=20)


async def test_polls_come_by_themselves(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=22))
    await until(lambda: state(hass, SWITCH_1) == STATE_ON)


async def test_the_service_goes_and_comes_with_one_line_each(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    caplog.clear()
    caplog.set_level(logging.INFO)
    simulator.faults.add(Fault(status=400, body='{"code": 1, "message": "down"}'))
    await refresh(hass, loaded)
    await refresh(hass, loaded)
    assert state(hass, SWITCH_1) == STATE_UNAVAILABLE
    assert state(hass, "sensor.recording_1_state") == STATE_UNAVAILABLE
    simulator.faults.clear()
    await refresh(hass, loaded)
    assert state(hass, SWITCH_1) == STATE_ON
    ours = [record.levelname for record in caplog.records if "signalwire" in record.name]
    assert ours == ["ERROR", "INFO"]


async def test_polls_that_fail_come_less_often_until_one_succeeds(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "custom_components.signalwire.api.backoff.random.uniform", lambda _, high: high
    )
    coordinator = loaded.runtime_data
    simulator.faults.add(Fault(status=400))
    for failures, seconds in enumerate((5, 10, 20, 40, 60, 60), 1):
        await refresh(hass, loaded)
        assert coordinator.failures == failures
        assert coordinator.update_interval == timedelta(seconds=seconds)
    simulator.faults.clear()
    await refresh(hass, loaded)
    assert coordinator.failures == 0
    assert coordinator.update_interval == timedelta(seconds=20)


async def test_the_service_decides_when_the_next_poll_comes(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(status=429, headers={"Retry-After": "300"}))
    await refresh(hass, loaded)
    assert loaded.runtime_data.last_exception.retry_after == 300


async def test_unreadable_recordings_are_named_once_and_break_nothing(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    body = '{"recordings": [{"sid": 5}, "nonsense"]}'
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=body))
    simulator.faults.add(Fault(path="/Recordings/", status=200, body="{}"))
    await refresh(hass, loaded)
    await refresh(hass, loaded)
    assert state(hass, SWITCH_1) == STATE_ON
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert sum("could not be read" in record.getMessage() for record in warnings) == 1


async def test_a_recording_that_was_deleted_leaves_its_slot(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.space.recordings.clear()
    await refresh(hass, loaded)
    # One answer proves nothing.
    assert state(hass, SWITCH_1) == STATE_ON
    await refresh(hass, loaded)
    assert state(hass, SWITCH_1) == STATE_UNAVAILABLE


async def test_a_known_recording_that_cannot_be_read_is_uncertain_and_not_lost(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body='{"recordings": []}'))
    simulator.faults.add(Fault(path="/Recordings/", status=400))
    await refresh(hass, loaded)
    assert loaded.runtime_data.last_update_success
    assert len(loaded.runtime_data.data.uncertain) == 1
    simulator.faults.clear()
    await refresh(hass, loaded)
    assert not loaded.runtime_data.data.uncertain
    assert state(hass, SWITCH_1) == STATE_ON


async def test_more_recordings_than_slots_are_counted_and_reported(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    hass.config_entries.async_update_entry(entry, options={"most_slots": 2})
    calls = [call_with_recording(simulator) for _ in range(3)]
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, "sensor.corner_shop_active_recordings") == "3"
    assert hass.states.get("switch.recording_3") is None
    issues = ir.async_get(hass)
    issue_id = f"slots_exceeded_{entry.entry_id}"
    issue = issues.async_get_issue("signalwire", issue_id)
    assert issue is not None
    assert issue.translation_placeholders == {"project": "Corner shop", "most_slots": "2"}
    simulator.space.hang_up(calls[0].sid)
    await refresh(hass, entry)
    assert issues.async_get_issue("signalwire", issue_id) is None


async def test_a_refused_login_on_an_update_starts_reauthentication(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.settings.token = "another"
    with pytest.raises(HomeAssistantError) as caught:
        await _pause(hass)
    assert caught.value.translation_key == "authentication_failed"
    assert state(hass, SWITCH_1) == STATE_ON
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"


async def test_parties_are_read_once_and_after_the_recording_is_shown(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call = call_with_recording(simulator, from_number="+15550100", to_number="+15550199")
    simulator.faults.add(Fault(path="/Calls/", delay=0.3, times=1))
    await loaded.runtime_data.async_refresh()
    assert state(hass, SWITCH_1) == STATE_ON
    assert state(hass, "sensor.recording_1_from") == "unknown"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, "sensor.recording_1_from") == "+15550100"
    assert state(hass, "sensor.recording_1_to") == "+15550199"
    await refresh(hass, loaded)
    reads = [request for request in simulator.requests if f"/Calls/{call.sid}.json" in request.path]
    assert len(reads) == 1


async def test_parties_that_could_not_be_read_are_asked_for_again(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator, from_number="+15550100")
    simulator.faults.add(Fault(path="/Calls/", status=400))
    await refresh(hass, loaded)
    assert state(hass, "sensor.recording_1_from") == "unknown"
    simulator.faults.clear()
    await refresh(hass, loaded)
    assert state(hass, "sensor.recording_1_from") == "+15550100"


async def test_a_call_that_the_service_does_not_know_is_asked_for_three_times(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    # One answer proves nothing.
    simulator.faults.add(Fault(path="/Calls/", status=404))
    for _ in range(5):
        await refresh(hass, loaded)
    assert sum("/Calls/" in request.path for request in simulator.requests) == 3


async def test_two_refreshes_at_once_do_not_disturb_each_other(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    coordinator = loaded.runtime_data
    await asyncio.gather(coordinator.async_refresh(), coordinator.async_refresh())
    assert state(hass, SWITCH_1) == STATE_ON


async def test_a_page_of_unreadable_recordings_hides_none_of_the_next(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    page = {
        "recordings": [{"sid": "a", "status": None}],
        "next_page_uri": second_page(simulator),
    }
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=json.dumps(page), times=1))
    await refresh(hass, loaded)
    assert loaded.runtime_data.last_update_success
    assert len(loaded.runtime_data.data.recordings) == 1


async def test_a_second_page_of_new_recordings_is_read_too(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=1, status="in-progress", age=60)
    simulator.space.add_recordings(count=1000, status="completed", age=50)
    await refresh(hass, loaded)
    assert state(hass, "sensor.corner_shop_active_recordings") == "1"


async def test_a_recording_that_the_list_shows_late_is_found(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=1, status="in-progress", age=600)
    await refresh(hass, loaded)
    assert state(hass, SWITCH_1) == STATE_ON


async def test_an_old_recording_of_a_call_whose_begin_is_not_told_is_found(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    two_days_ago = datetime.now(UTC) - timedelta(days=2)
    call = simulator.space.start_call(started=two_days_ago)
    simulator.space.start_recording(call_sid=call.sid, started=two_days_ago)
    room = simulator.space.start_conference(started=two_days_ago)
    simulator.space.start_recording(conference_sid=room.sid, started=two_days_ago)
    for name, sid in (("calls", call.sid), ("conferences", room.sid)):
        body = json.dumps({name: [{"sid": sid, "status": "in-progress"}]})
        simulator.faults.add(Fault(path=f"(?i)/{name}.json", status=200, body=body))
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state(hass, "sensor.corner_shop_active_recordings") == "2"


async def test_a_new_call_is_not_asked_for_its_recordings_at_the_start(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    call = call_with_recording(simulator)
    await hass.config_entries.async_setup(entry.entry_id)
    assert not [request for request in simulator.requests if f"CallSid={call.sid}" in request.path]
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_clock_that_is_ahead_such_as_a_gateways_hides_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(headers=_date_of(timedelta(hours=1))))
    await refresh(hass, loaded)
    await refresh(hass, loaded)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    assert state(hass, SWITCH_1) == STATE_ON


async def test_a_service_whose_clock_is_behind_hides_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(headers=_date_of(timedelta(hours=-1))))
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.space.add_recordings(count=1, status="in-progress", age=3600)
    await refresh(hass, entry)
    assert state(hass, SWITCH_1) == STATE_ON


async def test_a_clock_that_is_put_right_during_a_refresh_hides_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(headers=_date_of(timedelta(hours=-1)), times=1))
    await refresh(hass, loaded)
    await refresh(hass, loaded)
    simulator.space.add_recordings(count=1, status="in-progress", age=3600)
    await refresh(hass, loaded)
    assert state(hass, SWITCH_1) == STATE_ON


async def test_a_date_out_of_range_costs_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(headers={"Date": "Mon, 01 Jan 0001 00:00:00 +0000"}, times=1))
    for _ in range(2):
        await refresh(hass, loaded)
        assert loaded.runtime_data.last_update_success


async def test_recordings_of_the_year_one_cost_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    recordings = [
        {"sid": sid, "status": "in-progress", "date_created": "Mon, 01 Jan 0001 00:00:00 +0000"}
        for sid in "abc"
    ]
    body = json.dumps({"recordings": recordings})
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=body))
    for _ in range(2):
        await refresh(hass, loaded)
        assert state(hass, "sensor.corner_shop_active_recordings") == "3"


@pytest.mark.parametrize("seconds", [86400, 9007199254740000])
async def test_the_service_cannot_ask_for_so_much_patience_that_polling_ends(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, seconds: int
) -> None:
    simulator.faults.add(Fault(status=503, headers={"Retry-After": str(seconds)}, times=1))
    await refresh(hass, loaded)
    assert not loaded.runtime_data.last_update_success
    call_with_recording(simulator)
    await advance(hass, minutes=6)
    await until(lambda: state(hass, SWITCH_1) == STATE_ON)


async def test_a_late_answer_does_not_bring_back_what_has_ended(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call = call_with_recording(simulator)
    await refresh(hass, loaded)
    told: list[str] = []
    loaded.runtime_data.project.activities.listen(lambda activity: told.append(activity.type.value))
    simulator.faults.add(Fault(method="POST", delay=0.3, apply="after", times=1))
    (recording,) = simulator.space.recordings.values()
    pause = hass.async_create_task(_pause(hass))
    await until(lambda: recording.status == "paused")
    simulator.space.hang_up(call.sid)
    await loaded.runtime_data.async_refresh()
    assert not pause.done()
    with pytest.raises(HomeAssistantError) as caught:
        await pause
    assert caught.value.translation_key == "recording_ended"
    assert told == ["completed"]
    assert not loaded.runtime_data.data.recordings


async def test_a_huge_list_costs_the_refresh_and_does_not_block_the_event_loop(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    # As long as an answer may be, and all of it items that have to be looked at.
    body = '{"recordings":[' + ",".join(["{}"] * 1_300_000) + "]}"
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=body, times=1))
    reading = asyncio.create_task(loaded.runtime_data.async_refresh())
    worst = 0.0
    while not reading.done():
        before = time.thread_time()
        await asyncio.sleep(0)
        worst = max(worst, time.thread_time() - before)
    assert not loaded.runtime_data.last_update_success
    assert worst < 0.5


@pytest.mark.parametrize(
    ("domain", "service", "data"),
    [
        ("signalwire", "start_recording", {"all_calls": True}),
        ("button", "press", {"entity_id": STOP_ALL}),
        ("homeassistant", "update_entity", {"entity_id": SWITCH_1}),
    ],
)
async def test_a_refresh_goes_on_when_whoever_asked_for_it_is_cancelled(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    domain: str,
    service: str,
    data: dict[str, Any],
) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    simulator.space.hang_up(next(iter(simulator.space.calls)))
    call_with_recording(simulator)
    simulator.faults.add(Fault(method="GET", path="/Recordings.json", delay=0.2, times=1))
    listed = lists(simulator)
    asked = hass.async_create_task(hass.services.async_call(domain, service, data, blocking=True))
    await until(lambda: lists(simulator) > listed)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    await settle(hass)
    # What was being read is shown, and the polls go on.
    assert recorded not in loaded.runtime_data.data.recordings
    assert len(loaded.runtime_data.data.recordings) == 1
    listed = lists(simulator)
    jump(hass, seconds=6)
    await settle(hass)
    assert lists(simulator) > listed
