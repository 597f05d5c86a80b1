"""What the service says may be odd: whatever is in doubt is never deleted, and holds up nothing."""

import asyncio
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
import voluptuous as vol

from custom_components.signalwire.const import EVENT_ACTIVITY
from simulator import Fault, Simulator
from simulator.models import Recording
from tests.helpers import PROJECT_ID, until
from tests.keeping.helpers import (
    Calendar,
    begin_deleting,
    deletions,
    look_at_the_clock,
    next_day,
    old,
)
from tests.keeping.test_delete_several import delete_several, sids

UNKNOWN_ENDS: list[dict[str, Any]] = [
    {"end_time": None, "duration": None},
    {"end_time": "soon", "duration": "long"},
    {"date_created": None},
    {"date_created": "long ago", "end_time": "Thu, 01 Jan 1970 00:00:00 +0000"},
    {"end_time": None, "duration": 2**52},
    {"end_time": None, "duration": 4 * 10**11},
    {"status": "archiving"},
    {"status": "processing"},
    {"status": "deleted"},
]


def odd(simulator: Simulator, days: float, **fields: Any) -> Recording:
    """Return a recording that ended so many days ago, and is shown with these fields."""
    recording = old(simulator, days)
    recording._shown = {**recording.render(PROJECT_ID, simulator.space.now()), **fields}
    return recording


@pytest.mark.parametrize("fields", UNKNOWN_ENDS, ids=repr)
async def test_what_may_not_be_over_is_never_due_and_holds_up_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, fields: dict[str, Any]
) -> None:
    odd(simulator, 60, **fields)
    due = old(simulator, 40)
    await begin_deleting(hass, entry, days=30)
    assert deletions(simulator) == [due.sid]


@pytest.mark.parametrize("fields", UNKNOWN_ENDS, ids=repr)
async def test_what_may_not_be_over_is_not_deleted_with_others(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, fields: dict[str, Any]
) -> None:
    odd(simulator, 60, **fields)
    due = old(simulator, 40)
    answer = await delete_several(hass, older_than={"days": 30}, dry_run=False, confirm=True)
    assert sids(answer) == deletions(simulator) == [due.sid]
    assert answer["active"] == 1


async def test_a_service_that_ignores_the_time_that_was_asked_for_widens_nothing(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, within, after = (old(simulator, days) for days in (9, 7, 5))
    monkeypatch.setattr("simulator.service._date", lambda query, name: None)
    now = dt_util.utcnow()
    time = {"since": now - timedelta(days=8), "until": now - timedelta(days=6)}
    assert sids(await delete_several(hass, **time)) == [within.sid]
    await delete_several(hass, **time, dry_run=False, confirm=True)
    assert deletions(simulator) == [within.sid]
    assert simulator.space.recordings.keys() == {before.sid, after.sid}


async def test_a_list_without_an_end_is_told_of_and_deletes_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    page = '{"recordings": [%s], "next_page_uri": "https://elsewhere.test/%s"}'
    shown = old(simulator, 50).render_text(PROJECT_ID, simulator.space.now())
    simulator.faults.add(Fault(query="DateCreated", status=200, body=page % (shown, "x")))
    with pytest.raises(HomeAssistantError, match="has no end"):
        await delete_several(hass, older_than={"days": 30}, dry_run=False, confirm=True)
    assert deletions(simulator) == []


@pytest.mark.parametrize(
    "time",
    [
        {"older_than": {"days": 999_999_999}},
        {"since": "0001-01-01 00:00:00"},
        {"until": "9999-12-31 23:59:59"},
    ],
    ids=repr,
)
async def test_a_time_out_of_the_calendar_is_refused(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, time: dict[str, Any]
) -> None:
    await hass.config.async_set_time_zone("Asia/Tokyo" if "since" in time else "America/New_York")
    old(simulator, 40)
    with pytest.raises(vol.Invalid):
        await delete_several(hass, **time)


async def test_a_failing_service_is_left_alone_and_the_rest_is_told_of(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    for _ in range(9):
        old(simulator, 40)
    simulator.faults.add(Fault(method="DELETE", status=503))
    answer = await delete_several(hass, older_than={"days": 30}, dry_run=False, confirm=True)
    assert len(deletions(simulator)) == len(answer["failures"]) == 5
    assert answer["further"] == 4


async def test_of_two_who_delete_the_same_one_does(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    events = async_capture_events(hass, EVENT_ACTIVITY)
    recording = old(simulator, 40)
    simulator.faults.add(Fault(method="DELETE", delay=0.2))
    data = {"recording_sid": recording.sid, "confirm": True}
    outcomes = await asyncio.gather(
        *(
            hass.services.async_call("signalwire", "delete_recording", data, blocking=True)
            for _ in range(2)
        ),
        return_exceptions=True,
    )
    assert len(deletions(simulator)) == 1
    (error,) = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(error, ServiceValidationError)
    assert len([event for event in events if event.data["type"] == "deleted"]) == 1


async def test_a_404_that_is_not_true_tells_of_no_deletion(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, calendar: Calendar
) -> None:
    events = async_capture_events(hass, EVENT_ACTIVITY)
    recording = old(simulator, 40)
    simulator.faults.add(Fault(method="DELETE", status=404, times=1))
    await begin_deleting(hass, entry, days=30)
    assert recording.sid in simulator.space.recordings
    assert [event for event in events if event.data["type"] == "deleted"] == []
    await next_day(hass, calendar)
    assert recording.sid not in simulator.space.recordings


def _delete_three(hass: HomeAssistant, simulator: Simulator) -> asyncio.Task[dict[str, Any]]:
    """Begin to delete three old recordings by hand."""
    for _ in range(3):
        old(simulator, 40)
    return hass.async_create_task(
        delete_several(hass, older_than={"days": 30}, dry_run=False, confirm=True)
    )


async def test_nothing_is_deleted_once_the_project_is_unloaded(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="GET", path=r"Recordings/[^/]+\.json", delay=0.3))
    task = _delete_three(hass, simulator)
    await until(lambda: any("Recordings/" in request.path for request in simulator.requests))
    assert await hass.config_entries.async_unload(loaded.entry_id)
    await asyncio.gather(task, return_exceptions=True)
    assert deletions(simulator) == []


async def test_nothing_at_all_is_sent_once_the_project_is_unloaded(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="DELETE", delay=0.3))
    task = _delete_three(hass, simulator)
    await until(lambda: any(request.method == "DELETE" for request in simulator.requests))
    assert await hass.config_entries.async_unload(loaded.entry_id)
    sent = len(simulator.requests)
    answer = await task
    assert (answer["recordings"], len(answer["failures"])) == ([], 3)
    assert len(simulator.requests) == sent


async def test_a_mark_that_was_answered_holds_although_another_was_not(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    recording = old(simulator, 40)
    simulator.faults.add(Fault(method="GET", sid=recording.sid, status=400, delay=0.3, times=1))
    data = {"recording_sid": recording.sid}
    first = hass.async_create_task(
        hass.services.async_call("signalwire", "keep_recording", data, blocking=True)
    )
    await until(lambda: recording.sid in loaded.runtime_data.project.retention.kept)
    second = hass.async_create_task(
        hass.services.async_call("signalwire", "keep_recording", data, blocking=True)
    )
    outcomes = await asyncio.gather(first, second, return_exceptions=True)
    is_answered = any(outcome is None for outcome in outcomes)
    assert is_answered == (recording.sid in loaded.runtime_data.project.retention.kept)


async def test_one_that_failed_and_is_deleted_by_hand_during_the_look_holds_up_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, calendar: Calendar
) -> None:
    first = old(simulator, 40)
    simulator.faults.add(Fault(method="DELETE", status=422, times=1))
    await begin_deleting(hass, entry, days=30)
    second = old(simulator, 40)
    calendar.tick(timedelta(days=1))
    retention = entry.runtime_data.project.retention
    look = retention._async_find_due

    async def and_delete(policy: Any) -> Any:
        due = await look(policy)
        await hass.services.async_call(
            "signalwire",
            "delete_recording",
            {"recording_sid": first.sid, "confirm": True},
            blocking=True,
        )
        return due

    retention._async_find_due = and_delete
    await look_at_the_clock(hass)
    assert deletions(simulator) == [first.sid, first.sid, second.sid]


async def test_a_clock_that_goes_to_and_fro_deletes_no_more_than_a_days_number(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, calendar: Calendar
) -> None:
    for _ in range(9):
        old(simulator, 40)
    await begin_deleting(hass, entry, days=30, a_day=2)
    for days in (1, -2, 1, 400, -400, -20000, 20000):
        calendar.jump(timedelta(days=days))
        await look_at_the_clock(hass)
        assert len(deletions(simulator)) == 2, days
    await next_day(hass, calendar)
    assert len(deletions(simulator)) == 4


async def test_a_day_that_both_clocks_had_wrong_is_not_waited_for(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, calendar: Calendar
) -> None:
    await begin_deleting(hass, entry, days=30)
    await next_day(hass, calendar, timedelta(days=900))
    calendar.tick(timedelta(days=-900))
    recording = old(simulator, 40)
    await next_day(hass, calendar)
    assert deletions(simulator) == [recording.sid]


async def test_an_outage_while_the_own_clock_is_ahead_takes_no_days_away(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, calendar: Calendar
) -> None:
    await begin_deleting(hass, entry, days=30)
    recording = old(simulator, 40)
    calendar.jump(timedelta(days=200))
    simulator.faults.add(Fault(status=400))
    await look_at_the_clock(hass)
    simulator.faults.clear()
    for _ in range(2):
        await next_day(hass, calendar)
    assert deletions(simulator) == [recording.sid]


async def test_a_mark_is_taken_off_only_after_the_one_before_it_is_set(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    recording = old(simulator, 40)
    simulator.faults.add(Fault(method="GET", sid=recording.sid, delay=0.2, times=1))
    retention = loaded.runtime_data.project.retention
    first = hass.async_create_task(retention.async_keep(recording.sid, keep=True))
    await until(lambda: recording.sid in retention.kept)
    second = hass.async_create_task(retention.async_keep(recording.sid, keep=False))
    done, _ = await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)
    assert first in done
    await second
    assert recording.sid not in retention.kept
