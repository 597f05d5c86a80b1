"""The actions, as automations and people call them."""

from datetime import timedelta
import json
from typing import Any

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
    UnknownUser,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
import voluptuous as vol

from simulator import Fault, Simulator
from tests.helpers import call_with_recording, conference_with_recording, refresh, state

UNKNOWN = "00000000-0000-4000-8000-000000000001"


async def _call(
    hass: HomeAssistant, action: str, *, answered: bool = True, **data: Any
) -> dict[str, Any]:
    context = data.pop("context", None)
    answer = await hass.services.async_call(
        "signalwire", action, data, blocking=True, return_response=answered, context=context
    )
    return answer or {}


def _status(simulator: Simulator, sid: str) -> str:
    return simulator.space.recordings[sid].status.value


@pytest.mark.parametrize(
    "entity",
    ["switch.recording_1", "sensor.recording_1_from", "button.recording_1_stop"],
)
async def test_update_changes_the_recording_that_any_entity_of_its_slot_stands_for(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, entity: str
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    (sid,) = simulator.space.recordings
    answer = await _call(
        hass, "update_recording", entity_id=entity, status="paused", pause_behavior="skip"
    )
    (recording,) = answer["recordings"]
    assert (recording["sid"], recording["status"]) == (sid, "paused")
    assert isinstance(recording["date_created"], str)
    assert not {"uri", "account_sid"} & recording.keys()
    assert simulator.requests[-1].form == {"Status": "paused", "PauseBehavior": "skip"}
    assert state(hass, "switch.recording_1") == "off"


async def test_update_takes_all_recordings_of_a_device_or_a_project_at_once(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    conference_with_recording(simulator, "Desk")
    await refresh(hass, loaded)
    devices = {
        entity.device_id
        for entity in er.async_entries_for_config_entry(er.async_get(hass), loaded.entry_id)
    }
    answer = await _call(hass, "update_recording", device_id=list(devices), status="stopped")
    assert {recording["status"] for recording in answer["recordings"]} == {"stopped"}
    assert len(answer["recordings"]) == 2
    with pytest.raises(ServiceValidationError, match="Nothing in this target"):
        await _call(hass, "update_recording", device_id=list(devices), status="stopped")


async def test_update_reaches_a_recording_by_its_sid_though_no_list_has_shown_it(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    (sid,) = simulator.space.recordings
    await _call(hass, "update_recording", recording_sid=sid, status="paused", answered=False)
    assert _status(simulator, sid) == "paused"
    assert state(hass, "switch.recording_1") == "off"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"entity_id": "switch.recording_1"}, "no recording in slot 1"),
        ({"entity_id": "switch.corner_shop_call_recording"}, "does not belong to a recording"),
        ({"entity_id": "light.kitchen"}, "does not belong to a recording"),
        ({"recording_sid": UNKNOWN}, "has no such recording"),
        ({"recording_sid": UNKNOWN, "config_entry_id": "x"}, "no such SignalWire project"),
    ],
)
async def test_update_says_what_is_wrong_with_its_target(
    hass: HomeAssistant, loaded: MockConfigEntry, data: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ServiceValidationError, match=sentence):
        await _call(hass, "update_recording", status="paused", **data)


@pytest.mark.parametrize(
    ("action", "data"), [("update_recording", {"status": "paused"}), ("keep_recording", {})]
)
async def test_a_target_has_to_belong_to_the_project_that_is_named(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    action: str,
    data: dict[str, Any],
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    data = {"entity_id": "switch.recording_1", "config_entry_id": "x", **data}
    with pytest.raises(ServiceValidationError, match="no such SignalWire project"):
        await _call(hass, action, answered=False, **data)
    assert _status(simulator, next(iter(simulator.space.recordings))) == "in-progress"
    assert loaded.runtime_data.project.retention.kept == frozenset()


async def test_update_in_a_project_that_is_not_loaded_says_so(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    assert await hass.config_entries.async_unload(loaded.entry_id)
    with pytest.raises(ServiceValidationError, match="project Corner shop is not ready"):
        await _call(hass, "update_recording", entity_id="switch.recording_1", status="paused")


async def test_update_of_a_recording_that_has_ended_says_so(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call = call_with_recording(simulator)
    simulator.space.hang_up(call.sid)
    (sid,) = simulator.space.recordings
    with pytest.raises(ServiceValidationError, match="has ended"):
        await _call(hass, "update_recording", recording_sid=sid, status="paused")


@pytest.mark.parametrize(
    "data",
    [
        {"status": "paused"},
        {"status": "completed", "entity_id": "switch.recording_1"},
        {"status": "paused", "recording_sid": "../x"},
    ],
)
async def test_update_with_nonsense_is_refused_before_anything_is_sent(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, data: dict[str, Any]
) -> None:
    simulator.requests.clear()
    with pytest.raises(vol.Invalid):
        await _call(hass, "update_recording", **data)
    assert not simulator.requests


async def test_one_failure_does_not_keep_the_others_from_being_done(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    for _ in range(3):
        call_with_recording(simulator)
    await refresh(hass, loaded)
    first = min(simulator.space.recordings)
    simulator.faults.add(Fault(method="POST", path=first, status=400, body="{}"))
    entities = [f"switch.recording_{number}" for number in (1, 2, 3)]
    with pytest.raises(HomeAssistantError, match="rejected the change"):
        await _call(hass, "update_recording", entity_id=entities, status="paused")
    statuses = {sid: _status(simulator, sid) for sid in simulator.space.recordings}
    assert statuses.pop(first) == "in-progress"
    assert set(statuses.values()) == {"paused"}


async def test_who_may_not_control_a_recording_cannot_update_it(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, hass_admin_user: MockUser
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    user = MockUser().add_to_hass(hass)
    user.mock_policy({})
    target: dict[str, Any] = {"entity_id": "switch.recording_1", "status": "paused"}
    with pytest.raises(Unauthorized):
        await _call(hass, "update_recording", **target, context=Context(user_id=user.id))
    with pytest.raises(UnknownUser):
        await _call(hass, "update_recording", **target, context=Context(user_id="nobody"))
    user.mock_policy({"entities": {"entity_ids": {"switch.recording_1": {POLICY_CONTROL: True}}}})
    await _call(hass, "update_recording", **target, context=Context(user_id=user.id))
    assert state(hass, "switch.recording_1") == "off"


async def test_start_records_one_call_and_shows_it_at_once(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    hass.config.external_url = "https://home.example.org"
    call = simulator.space.start_call()
    answer = await _call(
        hass,
        "start_recording",
        call_sid=call.sid,
        channels="dual",
        track="inbound",
        trim="trim-silence",
    )
    (recording,) = answer["recordings"]
    assert answer["failures"] == []
    assert (recording["call_sid"], recording["status"]) == (call.sid, "in-progress")
    assert state(hass, "switch.recording_1") == "on"
    (start,) = [request for request in simulator.requests if request.method == "POST"]
    assert start.form == {
        "RecordingChannels": "dual",
        "RecordingTrack": "inbound",
        "Trim": "trim-silence",
        "RecordingStatusCallback": (
            f"https://home.example.org/api/webhook/{loaded.data['webhook_id']}"
        ),
        "RecordingStatusCallbackEvent": "in-progress completed absent",
    }


async def test_start_without_an_address_asks_for_no_callbacks(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call = simulator.space.start_call()
    await _call(hass, "start_recording", call_sid=call.sid, answered=False)
    starts = [request for request in simulator.requests if request.method == "POST"]
    assert starts[-1].form == {}


async def test_start_takes_every_call_that_is_not_recorded_yet(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    new = {simulator.space.start_call().sid for _ in range(3)}
    answer = await _call(hass, "start_recording", all_calls=True)
    assert {recording["call_sid"] for recording in answer["recordings"]} == new
    assert state(hass, "sensor.corner_shop_active_recordings") == "4"
    with pytest.raises(ServiceValidationError, match="No matching call"):
        await _call(hass, "start_recording", all_calls=True)


async def test_start_takes_the_calls_of_a_number_however_it_is_written(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    wanted = simulator.space.start_call(from_number="+15550177", to_number="+15550101")
    simulator.space.start_call(from_number="+15550100", to_number="+15550101")
    answer = await _call(hass, "start_recording", number="+1 555-0177")
    assert [recording["call_sid"] for recording in answer["recordings"]] == [wanted.sid]


async def test_start_tells_of_the_calls_that_could_not_be_recorded(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    bad, good = (simulator.space.start_call().sid for _ in range(2))
    simulator.faults.add(Fault(method="POST", path=bad, status=500))
    answer = await _call(hass, "start_recording", all_calls=True)
    assert [recording["call_sid"] for recording in answer["recordings"]] == [good]
    (failure,) = answer["failures"]
    assert failure["call_sid"] == bad
    assert "HTTP 500" in failure["error"]
    # It is never tried twice: that would make two recordings.
    assert sum(bad in request.path for request in simulator.requests) == 1
    with pytest.raises(HomeAssistantError, match="HTTP 500"):
        await _call(hass, "start_recording", call_sid=bad)


@pytest.mark.parametrize("fields", [{"all_calls": True}, {"number": "+15550177"}])
async def test_start_tells_that_calls_could_not_be_read(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, fields: dict[str, Any]
) -> None:
    call = simulator.space.start_call(from_number="+15550177", to_number="+15550101")
    listed = {"sid": call.sid, "from": "+15550177", "to": "+15550101", "status": "in-progress"}
    body = json.dumps({"calls": [listed, {}]})
    simulator.faults.add(Fault(path="/Calls.json$", status=200, body=body))
    answer = await _call(hass, "start_recording", **fields)
    assert [recording["call_sid"] for recording in answer["recordings"]] == [call.sid]
    (failure,) = answer["failures"]
    assert "Not all calls" in failure["error"]
    # Now that it is recorded, nothing is left but what could not be read.
    with pytest.raises(HomeAssistantError, match="Not all calls"):
        await _call(hass, "start_recording", **fields)


async def test_start_says_what_is_wrong(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    with pytest.raises(ServiceValidationError, match="has no such call"):
        await _call(hass, "start_recording", call_sid=UNKNOWN)
    with pytest.raises(vol.Invalid):
        await _call(hass, "start_recording")
    with pytest.raises(vol.Invalid):
        await _call(hass, "start_recording", call_sid=UNKNOWN, all_calls=True)
    simulator.faults.add(Fault(path="/Calls", status=400, body='{"message": "no"}', times=1))
    with pytest.raises(HomeAssistantError, match="SignalWire could not do this"):
        await _call(hass, "start_recording", all_calls=True)
    await _call(hass, "hold_recordings", answered=False)
    with pytest.raises(ServiceValidationError, match="are held"):
        await _call(hass, "start_recording", call_sid=simulator.space.start_call().sid)


async def test_list_returns_what_fits_newest_first(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    now = dt_util.utcnow()
    for days in range(5):
        simulator.space.add_recordings(count=1, age=days * 86_400 + 7_200)
    call = call_with_recording(simulator)
    conference = conference_with_recording(simulator, "Desk")

    async def listed(**data: Any) -> list[dict[str, Any]]:
        recordings = (await _call(hass, "list_recordings", **data))["recordings"]
        dates = [recording["date_created"] for recording in recordings]
        assert dates == sorted(dates, reverse=True)
        return list(recordings)

    everything = await listed(since=now - timedelta(days=30))
    assert len(everything) == 7
    assert len(await listed(since=now - timedelta(days=30), limit=3)) == 3
    assert len(await listed()) < 7
    assert {r["status"] for r in await listed(status="in-progress")} == {"in-progress"}
    assert {r["call_sid"] for r in await listed(call_sid=call.sid)} == {call.sid}
    assert {r["conference_sid"] for r in await listed(conference_sid=conference.sid)} == {
        conference.sid
    }
    assert len(await listed(since=now - timedelta(days=30), until=now - timedelta(hours=1))) < 7


async def test_list_tells_of_a_service_that_does_not_answer(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(status=400, body='{"message": "no"}', times=1))
    with pytest.raises(HomeAssistantError, match=r"SignalWire could not do this: .*no"):
        await _call(hass, "list_recordings")
    simulator.faults.add(Fault(status=401, times=1))
    with pytest.raises(HomeAssistantError, match="rejected the login"):
        await _call(hass, "list_recordings")


async def test_delete_takes_only_what_has_ended_and_was_confirmed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call = call_with_recording(simulator)
    (sid,) = simulator.space.recordings
    with pytest.raises(ServiceValidationError, match="still active"):
        await _call(hass, "delete_recording", recording_sid=sid, confirm=True, answered=False)
    await refresh(hass, loaded)
    # No refresh has seen the end.
    simulator.space.hang_up(call.sid)
    with pytest.raises(ServiceValidationError, match="was not deleted"):
        await _call(hass, "delete_recording", recording_sid=sid, confirm=False, answered=False)
    assert sid in simulator.space.recordings
    await _call(hass, "delete_recording", recording_sid=sid, confirm=True, answered=False)
    assert sid not in simulator.space.recordings
    with pytest.raises(ServiceValidationError, match="no such recording"):
        await _call(hass, "delete_recording", recording_sid=sid, confirm=True, answered=False)


async def test_delete_tells_of_a_service_that_fails_and_is_never_tried_twice(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call = call_with_recording(simulator)
    (sid,) = simulator.space.recordings
    simulator.space.hang_up(call.sid)
    for status, sentence in ((503, "HTTP 503"), (404, "HTTP 404")):
        simulator.faults.add(Fault(method="DELETE", status=status, times=1))
        with pytest.raises(HomeAssistantError, match=sentence):
            await _call(hass, "delete_recording", recording_sid=sid, confirm=True, answered=False)
    assert sum(request.method == "DELETE" for request in simulator.requests) == 2
    simulator.faults.add(Fault(method="GET", path=sid, status=400, times=1))
    with pytest.raises(HomeAssistantError, match="SignalWire could not do this"):
        await _call(hass, "delete_recording", recording_sid=sid, confirm=True, answered=False)


async def test_only_an_administrator_may_delete(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_read_only_user: MockUser
) -> None:
    with pytest.raises(Unauthorized):
        await _call(
            hass,
            "delete_recording",
            recording_sid=UNKNOWN,
            confirm=True,
            answered=False,
            context=Context(user_id=hass_read_only_user.id),
        )


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("hold_recordings", {}),
        ("release_recordings", {}),
        ("start_recording", {"all_calls": True}),
        ("update_recording", {"recording_sid": UNKNOWN, "status": "stopped"}),
    ],
)
async def test_who_may_only_look_changes_nothing(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_read_only_user: MockUser,
    action: str,
    data: dict[str, Any],
) -> None:
    simulator.requests.clear()
    context = Context(user_id=hass_read_only_user.id)
    with pytest.raises(Unauthorized):
        await hass.services.async_call("signalwire", action, data, blocking=True, context=context)
    assert not simulator.requests
    answer = await _call(hass, "list_recordings", context=context)
    assert answer["recordings"] == []
    with pytest.raises(UnknownUser):
        await _call(hass, "list_recordings", context=Context(user_id="nobody"))


async def test_who_may_see_nothing_is_told_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    user = MockUser().add_to_hass(hass)
    user.mock_policy({})
    with pytest.raises(Unauthorized):
        await _call(hass, "list_recordings", context=Context(user_id=user.id))


async def test_what_is_recorded_since_the_last_refresh_is_not_recorded_twice(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    with pytest.raises(ServiceValidationError) as caught:
        await _call(hass, "start_recording", all_calls=True)
    assert caught.value.translation_key == "no_call"
    assert len(simulator.space.recordings) == 1
    simulator.space.start_call()
    simulator.faults.add(Fault(path="/Recordings.json", status=400))
    with pytest.raises(HomeAssistantError) as failed:
        await _call(hass, "start_recording", all_calls=True)
    assert failed.value.translation_key == "refresh_failed"
    assert len(simulator.space.recordings) == 1


async def test_a_list_until_some_day_reaches_back_a_day_from_there(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=1, age=60)
    (old,) = simulator.space.add_recordings(count=1, age=4 * 86400)
    simulator.space.add_recordings(count=1, age=6 * 86400)
    until_then = dt_util.utcnow() - timedelta(days=3, hours=12)
    answer = await _call(hass, "list_recordings", until=until_then)
    assert [recording["sid"] for recording in answer["recordings"]] == [old.sid]


async def test_with_several_projects_one_has_to_be_named(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    other = Simulator(project=UNKNOWN, token="PT-other", space_name="Clinic")
    await other.start()
    try:
        entry = MockConfigEntry(
            domain="signalwire",
            title="Clinic",
            unique_id=UNKNOWN,
            data={"space": other.url, "project_id": UNKNOWN, "api_token": "PT-other"},
        )
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        with pytest.raises(ServiceValidationError, match="several SignalWire projects"):
            await _call(hass, "list_recordings")
        call_with_recording(other)
        answer = await _call(hass, "list_recordings", config_entry_id=entry.entry_id)
        assert len(answer["recordings"]) == 1
    finally:
        await hass.config_entries.async_unload(entry.entry_id)
        await other.stop()
