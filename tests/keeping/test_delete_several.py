"""Deleting several recordings at once, by hand: asked twice, and told before what would go."""

from datetime import timedelta
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
)
import voluptuous as vol

from custom_components.signalwire.const import EVENT_ACTIVITY
from simulator import Fault, Simulator
from tests.helpers import call_with_recording
from tests.keeping.helpers import Calendar, deletions, old

THIRTY_DAYS = {"days": 30}


async def delete_several(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    context = data.pop("context", None)
    answer: dict[str, Any] | None = await hass.services.async_call(
        "signalwire",
        "delete_recordings",
        data,
        blocking=True,
        return_response=True,
        context=context,
    )
    assert answer is not None
    return answer


def sids(answer: dict[str, Any]) -> list[str]:
    return [recording["sid"] for recording in answer["recordings"]]


async def test_without_more_it_only_answers_what_would_go(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    due = [old(simulator, age).sid for age in (50, 40, 31)]
    old(simulator, 29)
    for more in ({}, {"confirm": True}, {"dry_run": True}, {"dry_run": True, "confirm": True}):
        answer = await delete_several(hass, older_than=THIRTY_DAYS, **more)
        assert sids(answer) == due
        assert answer["dry_run"] is True
        assert not {"uri", "account_sid"} & answer["recordings"][0].keys()
    with pytest.raises(ServiceValidationError, match='set "Confirm"'):
        await delete_several(hass, older_than=THIRTY_DAYS, dry_run=False)
    assert deletions(simulator) == []
    with pytest.raises(vol.Invalid):
        await delete_several(hass, dry_run=False, confirm=True)


async def test_what_a_dry_run_answered_is_deleted_once_it_is_confirmed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, hass_admin_user: MockUser
) -> None:
    events = async_capture_events(hass, EVENT_ACTIVITY)
    due = [old(simulator, age).sid for age in (50, 40, 31)]
    stays = old(simulator, 29)
    running = call_with_recording(simulator)
    simulator.space.recordings[
        next(sid for sid, one in simulator.space.recordings.items() if one.call_sid == running.sid)
    ].created -= timedelta(days=60)
    kept = old(simulator, 45)
    await hass.services.async_call(
        "signalwire", "keep_recording", {"recording_sid": kept.sid}, blocking=True
    )
    context = Context(user_id=hass_admin_user.id)
    answer = await delete_several(
        hass, older_than=THIRTY_DAYS, dry_run=False, confirm=True, context=context
    )
    assert sids(answer) == deletions(simulator) == due
    assert (answer["kept"], answer["failures"], answer["further"]) == (1, [], 0)
    assert {stays.sid, kept.sid} < simulator.space.recordings.keys()
    told = [event for event in events if event.data["type"] == "deleted"]
    assert [event.data["actor"] for event in told] == ["home_assistant"] * 3
    assert {event.context.user_id for event in told} == {hass_admin_user.id}


async def test_a_time_can_be_given_and_a_number(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    by_age = {age: old(simulator, age).sid for age in (9, 8, 7, 6, 5)}
    now = dt_util.utcnow()
    answer = await delete_several(
        hass, since=now - timedelta(days=8.5), until=now - timedelta(days=5.5), limit=2
    )
    assert sids(answer) == [by_age[8], by_age[7]]
    assert answer["further"] == 1
    assert len(sids(await delete_several(hass, since=now - timedelta(days=6.5)))) == 2


async def test_what_still_goes_on_is_counted_and_left_alone(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    answer = await delete_several(
        hass, since=dt_util.utcnow() - timedelta(days=1), dry_run=False, confirm=True
    )
    assert (answer["recordings"], answer["active"]) == ([], 1)
    assert deletions(simulator) == []


async def test_a_clock_that_is_ahead_makes_nothing_older(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, calendar: Calendar
) -> None:
    old(simulator, 10)
    calendar.jump(timedelta(days=400))
    assert sids(await delete_several(hass, older_than=THIRTY_DAYS)) == []
    calendar.jump(timedelta(days=-400))
    simulator.space.advance(400 * 86400)
    assert sids(await delete_several(hass, older_than=THIRTY_DAYS)) == []


async def test_one_that_cannot_be_deleted_is_told_and_holds_up_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    first, second = old(simulator, 50), old(simulator, 40)
    simulator.faults.add(Fault(method="DELETE", sid=first.sid, status=422))
    answer = await delete_several(hass, older_than=THIRTY_DAYS, dry_run=False, confirm=True)
    assert sids(answer) == [second.sid]
    (failure,) = answer["failures"]
    assert failure["recording_sid"] == first.sid
    assert "A parameter is not valid" in failure["error"]
    simulator.faults.add(Fault(query="DateCreated", status=400))
    with pytest.raises(HomeAssistantError, match="SignalWire"):
        await delete_several(hass, older_than=THIRTY_DAYS)


async def test_only_an_administrator_may_delete_several(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_read_only_user: MockUser
) -> None:
    with pytest.raises(Unauthorized):
        await delete_several(
            hass, older_than=THIRTY_DAYS, context=Context(user_id=hass_read_only_user.id)
        )
