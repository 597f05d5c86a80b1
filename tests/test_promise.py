"""The promise under faults: each test is a way in which a recording went on that should not have.

They act and look as a person does, through actions, states and the service's own request log.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNKNOWN
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.file import WriteError
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
)

from simulator import Fault, Simulator
from simulator.models import rfc2822
from tests.helpers import (
    MASTER,
    STOP_ALL,
    advance,
    call_with_recording,
    confirmation,
    hold,
    jump,
    lists,
    make_older,
    press,
    refresh,
    restart,
    settle,
    state,
    statuses,
    turn,
    until,
    updates_sent,
)

pytestmark = pytest.mark.usefixtures("unloaded_in_the_end")

SWITCH = "switch.recording_1"
PROXY_404 = Fault(method="GET", status=404, body="<html>Not here</html>")


async def hold_and_release(hass: HomeAssistant) -> None:
    """Switch Call recording off and on again, each once all is done that follows."""
    for to in ("off", "on"):
        await turn(hass, to)
        await settle(hass)


# One answer proves nothing.


async def test_a_proxys_404_does_not_hide_a_recording(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    (recording,) = simulator.space.recordings.values()
    await refresh(hass, loaded)
    # It began before all that is listed, so that it is read alone.
    recording.created -= timedelta(days=3)
    await refresh(hass, loaded)
    simulator.faults.add(replace(PROXY_404, path=recording.sid))
    await refresh(hass, loaded)
    assert state(hass, "sensor.corner_shop_active_recordings") != "0"
    await hold(hass)
    await refresh(hass, loaded)
    assert statuses(simulator) == ["paused"]
    assert confirmation(hass) == (0, True)


async def test_a_single_404_of_the_services_does_not_hide_a_recording(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    simulator.faults.add(Fault(method="POST", path=recorded, status=404, times=1))
    simulator.faults.add(Fault(method="GET", path="/Recordings/", status=404, times=1))
    await hold(hass)
    await until(lambda: statuses(simulator) == ["paused"], 10)
    await settle(hass)
    assert state(hass, SWITCH) == STATE_OFF


async def test_an_item_that_cannot_be_read_is_not_forgotten(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    (recording,) = simulator.space.recordings.values()
    item = '{"sid": "' + recording.sid + '"}'
    simulator.faults.add(
        Fault(path="/Recordings.json", status=200, body=f'{{"recordings": [{item}]}}')
    )
    simulator.faults.add(Fault(method="GET", path="/Recordings/", status=200, body=item))
    await refresh(hass, loaded)
    # It can be read again only once no list of new ones would show it.
    recording.created -= timedelta(hours=1)
    simulator.faults.clear()
    await hold(hass)
    await until(lambda: statuses(simulator) == ["paused"])
    await settle(hass)


# What arrives last is not what is newest.


async def test_a_late_answer_does_not_overrule_what_was_read_after_it_was_sent(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    simulator.faults.add(Fault(method="POST", delay=0.4, apply="after", times=1))
    pausing = hass.async_create_task(turn(hass, "off", SWITCH))
    await until(lambda: statuses(simulator) == ["paused"])
    # Something outside resumes it before the answer to the pause comes.
    recording = simulator.space.recordings[recorded]
    simulator.space.update_recording(recorded, "in-progress")
    assert recording.updated is not None
    recording.updated += timedelta(seconds=1)
    await loaded.runtime_data.async_refresh()
    await asyncio.gather(pausing, return_exceptions=True)
    assert state(hass, SWITCH) != STATE_OFF
    await settle(hass)
    assert state(hass, SWITCH) == STATE_ON


async def test_a_pause_is_not_shown_once_it_is_doubtful(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    await turn(hass, "off", SWITCH)
    assert state(hass, SWITCH) == STATE_OFF
    simulator.faults.add(Fault(method="POST", status=500, apply="after"))
    simulator.faults.add(Fault(method="GET", delay=5))
    with pytest.raises(HomeAssistantError):
        await turn(hass, "on", SWITCH)
    assert state(hass, SWITCH) == STATE_UNKNOWN
    simulator.faults.clear()


async def test_a_list_that_lags_does_not_undo_what_an_answer_showed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    recording = simulator.space.recordings[recorded]
    await hold(hass)
    await settle(hass)
    sent = len(updates_sent(simulator))
    assert statuses(simulator) == ["paused"]
    # The list still shows it as it was, with the date of then.
    recording.status, recording.updated = type(recording.status)("in-progress"), recording.created
    for _ in range(3):
        await refresh(hass, loaded)
    assert len(updates_sent(simulator)) == sent
    assert not ir.async_get(hass).issues
    assert state(hass, SWITCH) == STATE_OFF


def listed_as(simulator: Simulator, sid: str, **fields: object) -> Fault:
    """Return the fault of one list that shows a recording with other fields."""
    shown = simulator.space.recordings[sid].render(
        simulator.settings.project, simulator.space.now()
    )
    body = json.dumps({"recordings": [{**shown, **fields}]})
    return Fault(path="/Recordings.json", status=200, body=body, times=1)


# Decided at the last moment.


async def test_a_release_does_not_resume_what_a_person_paused_while_it_waited_its_turn(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    for _ in range(40):
        call_with_recording(simulator)
    make_older(simulator)
    await refresh(hass, loaded)
    await turn(hass, "off")
    await settle(hass)
    assert set(statuses(simulator)) == {"paused"}
    simulator.requests.clear()
    simulator.faults.add(Fault(method="POST", delay=0.4, times=32))
    await turn(hass, "on")
    await until(lambda: len(updates_sent(simulator)) == 32)
    resumed = {request.path for request in simulator.requests if request.method == "POST"}
    sid = next(
        sid for sid in simulator.space.recordings if not any(sid in path for path in resumed)
    )
    await hass.services.async_call(
        "signalwire",
        "update_recording",
        {"recording_sid": sid, "status": "paused"},
        blocking=True,
        return_response=True,
    )
    await settle(hass)
    assert simulator.space.recordings[sid].status == "paused"
    assert statuses(simulator).count("in-progress") == 39


async def test_nothing_is_paused_after_the_release(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    for _ in range(40):
        call_with_recording(simulator)
    make_older(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(method="POST", delay=0.3, times=32))
    await turn(hass, "off")
    await until(lambda: len(updates_sent(simulator)) == 32)
    await turn(hass, "on")
    pauses = updates_sent(simulator).count("paused")
    await settle(hass)
    assert updates_sent(simulator).count("paused") == pauses
    assert set(statuses(simulator)) == {"in-progress"}


async def test_a_pause_behind_a_stop_that_fails_is_sent_all_the_same(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    simulator.faults.add(Fault(method="POST", delay=0.3, status=400, times=1))
    stop = hass.async_create_task(press(hass, "button.recording_1_stop"))
    await until(lambda: len(simulator.faults.applied) == 1)
    await turn(hass, "off", SWITCH)
    assert "paused" in updates_sent(simulator)
    await asyncio.gather(stop, return_exceptions=True)
    await settle(hass)


async def test_a_pause_is_on_its_way_within_50_ms_whatever_hangs(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    await turn(hass, "off", SWITCH)
    simulator.faults.add(Fault(method="POST", delay=5, times=1))
    resume = hass.async_create_task(turn(hass, "on", SWITCH))
    await until(lambda: len(simulator.faults.applied) == 1)
    asked = hass.loop.time()
    pause = hass.async_create_task(turn(hass, "off", SWITCH))
    await until(lambda: len(updates_sent(simulator)) == 3)
    assert hass.loop.time() - asked < 0.05
    await pause
    assert statuses(simulator) == ["paused"]
    with pytest.raises(ServiceValidationError):
        await resume


async def test_a_hold_does_not_wait_for_the_retries_of_a_resume(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    await turn(hass, "off", SWITCH)
    simulator.faults.add(Fault(method="POST", delay=3, times=1))
    resume = hass.async_create_task(turn(hass, "on", SWITCH))
    await until(lambda: len(simulator.faults.applied) == 1)
    asked = hass.loop.time()
    await turn(hass, "off")
    await until(lambda: len(updates_sent(simulator)) == 3)
    assert hass.loop.time() - asked < 0.5
    await asyncio.gather(resume, return_exceptions=True)
    await settle(hass)
    assert statuses(simulator) == ["paused"]


# Whose a pause is.


async def test_a_persons_pause_whose_answer_was_lost_is_not_resumed_by_the_release(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    simulator.faults.add(Fault(method="POST", status=500, apply="after", times=4))
    with pytest.raises(HomeAssistantError):
        await turn(hass, "off", SWITCH)
    simulator.faults.clear()
    await hold_and_release(hass)
    assert statuses(simulator) == ["paused"]


async def test_what_something_outside_resumed_is_not_a_persons_any_more(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    await turn(hass, "off", SWITCH)
    simulator.space.update_recording(recorded, "in-progress")
    await refresh(hass, loaded)
    await hold_and_release(hass)
    assert statuses(simulator) == ["in-progress"]


async def test_a_caller_that_is_cancelled_changes_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    told: list[str] = []
    events = async_capture_events(hass, "signalwire_recording_activity")
    simulator.faults.add(Fault(method="POST", status=400, delay=0.2))
    pausing = hass.async_create_task(turn(hass, "off", SWITCH))
    await until(lambda: len(simulator.faults.applied) == 1)
    pausing.cancel()
    await settle(hass)
    told = [event.data["type"] for event in events]
    assert told == ["pause_failed"]
    simulator.faults.clear()
    await refresh(hass, loaded)
    await hold_and_release(hass)
    assert statuses(simulator) == ["in-progress"]


async def test_the_history_of_call_recording_names_who_switched_it(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    first, second = Context(user_id=hass_admin_user.id), Context()
    for context, to in ((first, "off"), (second, "on")):
        await hass.services.async_call(
            "switch", f"turn_{to}", {"entity_id": MASTER}, blocking=True, context=context
        )
        await settle(hass)
        switch = hass.states.get(MASTER)
        assert switch is not None
        assert switch.context.id == context.id
    await hold(hass)
    switch = hass.states.get(MASTER)
    assert switch is not None
    assert switch.context.id != second.id


@pytest.mark.parametrize("order", [[MASTER, SWITCH], [SWITCH, MASTER]])
async def test_all_on_in_one_action_ends_with_all_on(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    order: list[str],
) -> None:
    for to in ("off", "on"):
        await hass.services.async_call("switch", f"turn_{to}", {"entity_id": order}, blocking=True)
        await settle(hass)
    assert statuses(simulator) == ["in-progress"]
    assert state(hass, MASTER) == STATE_ON
    assert state(hass, SWITCH) == STATE_ON


# Reloads, crashes and disks.


async def test_a_hold_right_after_a_reload_is_stored(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    hass_storage: dict[str, Any],
) -> None:
    for _ in range(5):
        simulator.faults.add(Fault(method="POST", delay=0.2, times=1))
        pausing = hass.async_create_task(turn(hass, "off", SWITCH))
        await until(lambda: not simulator.faults.count)
        await hass.config_entries.async_reload(loaded.entry_id)
        await turn(hass, "off")
        await asyncio.gather(pausing, return_exceptions=True)
        await advance(hass, seconds=3)
        assert "hold" in hass_storage[f"signalwire.{loaded.entry_id}"]["data"]
        await turn(hass, "on")
        await settle(hass)


async def test_a_persons_pause_right_after_a_release_is_stored_as_theirs(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    hass_storage: dict[str, Any],
) -> None:
    def owner() -> object:
        stored = hass_storage[f"signalwire.{loaded.entry_id}"]["data"]
        return stored["recordings"][recorded].get("paused_by")

    await turn(hass, "off")
    await until(lambda: statuses(simulator) == ["paused"])
    await turn(hass, "on")
    await until(lambda: state(hass, SWITCH) == STATE_ON)
    assert owner() == "hold"
    await turn(hass, "off", SWITCH)
    # Home Assistant may die now: nothing may resume this pause when it is started again.
    assert owner() == "person"


async def test_a_persons_pause_while_the_holds_pauses_are_written_is_stored_as_theirs(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_writing, may_write = asyncio.Event(), asyncio.Event()
    save = Store.async_save

    async def save_slowly(store: Store[Any], data: Any) -> None:
        is_writing.set()
        await may_write.wait()
        await save(store, data)

    monkeypatch.setattr(Store, "async_save", save_slowly)
    holding = hass.async_create_task(turn(hass, "off"))
    await is_writing.wait()
    pausing = hass.async_create_task(turn(hass, "off", SWITCH))
    await until(lambda: statuses(simulator) == ["paused"])
    await until(lambda: state(hass, SWITCH) == STATE_OFF)
    may_write.set()
    await pausing
    stored = hass_storage[f"signalwire.{loaded.entry_id}"]["data"]
    assert stored["recordings"][recorded]["paused_by"] == "person"
    await holding


async def test_an_entry_that_was_unloaded_takes_no_hold(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    coordinator = loaded.runtime_data
    await hass.config_entries.async_unload(loaded.entry_id)
    with pytest.raises(HomeAssistantError):
        await coordinator.project.hold_controller.async_hold()
    with pytest.raises(HomeAssistantError):
        await hold(hass)


@pytest.mark.parametrize("content", [[], None, "nonsense", {"recordings": 5}], ids=repr)
async def test_a_damaged_file_holds_and_says_so_until_somebody_decides(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    hass_storage: dict[str, Any],
    content: object,
) -> None:
    await hass.config_entries.async_unload(loaded.entry_id)
    hass_storage[f"signalwire.{loaded.entry_id}"]["data"] = content
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await settle(hass)
    assert state(hass, MASTER) == STATE_OFF
    assert statuses(simulator) == ["paused"]
    issue_id = f"hold_not_restored_{loaded.entry_id}"
    issue = ir.async_get(hass).async_get_issue("signalwire", issue_id)
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.CRITICAL
    await turn(hass, "on")
    await settle(hass)
    assert statuses(simulator) == ["in-progress"]
    assert ir.async_get(hass).async_get_issue("signalwire", issue_id) is None


@pytest.mark.parametrize("name", ["", ".today"])
async def test_a_file_of_a_newer_version_does_not_stop_the_set_up(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    hass_storage: dict[str, Any],
    name: str,
) -> None:
    await hass.config_entries.async_unload(loaded.entry_id)
    key = f"signalwire.{loaded.entry_id}{name}"
    hass_storage[key] = {"version": 9, "minor_version": 1, "key": key, "data": {}}
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await settle(hass)
    assert state(hass, MASTER) == (STATE_ON if name else STATE_OFF)


async def test_a_file_that_is_cut_off_holds_though_nothing_was_ever_recorded(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await hold(hass)
    await hass.config_entries.async_unload(loaded.entry_id)
    key = f"signalwire.{loaded.entry_id}"
    # Home Assistant renames what is no JSON, and says that there is no file.
    del hass_storage[key]
    path = Path(hass.config.path(".storage", key))
    await asyncio.to_thread(path.parent.mkdir, exist_ok=True)
    await asyncio.to_thread(path.write_text, '{"version": 1, "da')
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await asyncio.to_thread(path.with_name(f"{key}.unreadable").unlink)
    assert state(hass, MASTER) == STATE_OFF
    issue = ir.async_get(hass).async_get_issue("signalwire", f"hold_not_restored_{loaded.entry_id}")
    assert issue is not None
    assert issue.translation_key == "hold_not_restored_unreadable"


async def test_a_lost_file_holds_if_the_entry_was_set_up_before(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    hass_storage: dict[str, Any],
) -> None:
    await hass.config_entries.async_unload(loaded.entry_id)
    del hass_storage[f"signalwire.{loaded.entry_id}"]
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await settle(hass)
    assert state(hass, MASTER) == STATE_OFF
    issues = ir.async_get(hass)
    issue_id = f"hold_not_restored_{loaded.entry_id}"
    issue = issues.async_get_issue("signalwire", issue_id)
    assert issue is not None
    assert issue.translation_key == "hold_not_restored_missing"
    # Over a restart too, until somebody decides.
    await restart(hass, loaded)
    assert issues.async_get_issue("signalwire", issue_id) is not None
    # What was decided is stored, so that the next start knows.
    await turn(hass, "on")
    await restart(hass, loaded)
    assert state(hass, MASTER) == STATE_ON


async def test_a_list_that_lags_over_a_restart_takes_no_pause_from_a_person(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    simulator.settings.list_lag = 10
    await hass.services.async_call("switch", "turn_off", {"entity_id": SWITCH}, blocking=True)
    await restart(hass, loaded)
    assert state(hass, SWITCH) == STATE_OFF
    await hold(hass)
    await settle(hass)
    await turn(hass, "on")
    await settle(hass)
    assert statuses(simulator) == ["paused"]


async def test_a_list_that_shows_what_was_before_in_the_same_second_is_not_believed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    await hold(hass)
    await settle(hass)
    simulator.space.update_recording(recorded, "in-progress")
    await hass.services.async_call("switch", "turn_off", {"entity_id": SWITCH}, blocking=True)
    await restart(hass, loaded)
    assert statuses(simulator) == ["paused"]
    # Dates have whole seconds: this one is as old as the person's pause.
    simulator.faults.add(listed_as(simulator, recorded, status="in-progress"))
    await refresh(hass, loaded)
    assert state(hass, SWITCH) == STATE_OFF
    await turn(hass, "on")
    await settle(hass)
    assert statuses(simulator) == ["paused"]


async def test_a_list_that_lags_more_over_a_restart_takes_no_pause_from_a_person(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    await hold(hass)
    await hass.services.async_call("switch", "turn_off", {"entity_id": SWITCH}, blocking=True)
    # First the pause before the last, and then how something outside ended that.
    for status, seconds in (("paused", 30), ("in-progress", 20)):
        then = rfc2822(simulator.space.now() - timedelta(seconds=seconds))
        simulator.faults.add(listed_as(simulator, recorded, status=status, date_updated=then))
    await restart(hass, loaded)
    await refresh(hass, loaded)
    assert simulator.faults.count == 0
    assert state(hass, SWITCH) == STATE_OFF
    await turn(hass, "on")
    await settle(hass)
    assert statuses(simulator) == ["paused"]


async def test_what_a_slow_look_confirms_is_shown(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    await hold(hass)
    await refresh(hass, loaded)
    assert confirmation(hass) == (0, True)
    simulator.faults.add(Fault(method="GET", path="/Recordings.json", delay=0.5, times=1))
    before = len(simulator.requests)
    jump(hass, seconds=14)
    await until(lambda: len(simulator.requests) > before)
    # The last refresh is too old by now, and the one that is under way is over only then.
    jump(hass, seconds=2)
    await until(lambda: confirmation(hass) == (0, False))
    await until(lambda: confirmation(hass) == (0, True))


async def test_a_full_disk_is_noticed_with_many_recordings_too(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(*_: object) -> None:
        raise WriteError("The disk is full")

    for _ in range(60):
        call_with_recording(simulator)
    await refresh(hass, loaded)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "_async_write_data", fail)
        with pytest.raises(HomeAssistantError) as caught:
            await turn(hass, "off")
        assert caught.value.translation_key == "not_stored"
        await settle(hass)
        assert set(statuses(simulator)) == {"paused"}
        issue_id = f"storage_failed_{loaded.entry_id}"
        assert ir.async_get(hass).async_get_issue("signalwire", issue_id) is not None
    # It is tried again, and the issue goes once that has succeeded.
    await advance(hass, seconds=20)
    await refresh(hass, loaded)
    assert ir.async_get(hass).async_get_issue("signalwire", issue_id) is None


async def test_a_hold_and_the_owners_of_its_pauses_are_stored_before_the_first_pause_is_sent(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_storage: dict[str, Any],
) -> None:
    for _ in range(60):
        call_with_recording(simulator)
    await refresh(hass, loaded)
    stored: list[int] = []
    key = f"signalwire.{loaded.entry_id}"

    def look(*_: object) -> bool:
        if not stored and updates_sent(simulator):
            kept = hass_storage[key]["data"]
            stored.append(
                "hold" in kept
                and sum(one.get("paused_by") == "hold" for one in kept["recordings"].values())
            )
        return bool(stored)

    await asyncio.gather(turn(hass, "off"), until(look))
    assert stored == [60]
    await settle(hass)


# Loud, and soon.


async def test_stop_all_fails_if_nothing_could_be_read(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    simulator.faults.add(Fault(method="GET", status=400))
    with pytest.raises(HomeAssistantError):
        await press(hass, STOP_ALL)
    assert statuses(simulator) == ["in-progress"]


async def test_a_confirmation_is_not_older_than_fifteen_seconds(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    hass.config_entries.async_update_entry(
        loaded, options={"active_interval": 300, "idle_interval": 3600}
    )
    await restart(hass, loaded)
    await turn(hass, "off")
    await settle(hass)
    assert confirmation(hass) == (0, True)
    simulator.faults.add(Fault(method="GET", delay=60))
    await advance(hass, seconds=16)
    assert confirmation(hass)[1] is False
    simulator.faults.clear()


async def test_a_service_that_asks_to_wait_is_not_polled_for_each_answer(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    simulator.faults.add(Fault(method="GET", status=429, headers={"Retry-After": "120"}, times=1))
    await refresh(hass, loaded)
    simulator.requests.clear()
    for to in ("off", "on", "off"):
        await hass.services.async_call(
            "signalwire",
            "update_recording",
            {"recording_sid": recorded, "status": "paused" if to == "off" else "in-progress"},
            blocking=True,
            return_response=True,
        )
    await settle(hass)
    assert lists(simulator) == 0


async def test_a_hold_ends_though_the_wall_clock_jumped_past_its_end(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await hold(hass, **{"for": {"hours": 2}})
    await settle(hass)
    later = dt_util.utcnow() + timedelta(hours=3)
    monkeypatch.setattr(dt_util, "utcnow", lambda: later)
    await refresh(hass, loaded)
    await settle(hass)
    assert state(hass, MASTER) == STATE_ON
    assert statuses(simulator) == ["in-progress"]


# However the service says it.


@pytest.mark.parametrize(
    "settings",
    [
        {"status_words": {"in-progress": "IN_PROGRESS", "paused": "Paused", "stopped": "STOPPED"}},
        {"status_words": {"stopped": "processing"}},
        {"says_resumed": True},
        {"both_parents": True},
        {"start_lead": 20},
        {"null_start": True},
        {"loose": True},
        {"shortest_recording": 3600, "absent_stop": True},
        {"fails": True},
    ],
    ids=str,
)
async def test_a_recording_is_paused_resumed_held_and_stopped_however_the_service_words_it(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    settings: dict[str, Any],
) -> None:
    async with ClientSession(simulator.url) as http:
        await http.post("/_sim/settings", json=settings, raise_for_status=True)
        call = simulator.space.start_call()
        await http.post(f"/_sim/calls/{call.sid}/recordings", raise_for_status=True)
    await refresh(hass, loaded)
    assert state(hass, SWITCH) == STATE_ON
    for to, shown in (("off", STATE_OFF), ("on", STATE_ON)):
        await turn(hass, to, SWITCH)
        assert state(hass, SWITCH) == shown
        await refresh(hass, loaded)
        assert state(hass, SWITCH) == shown
    await hold(hass)
    await settle(hass)
    await refresh(hass, loaded)
    assert confirmation(hass) == (0, True)
    await turn(hass, "on")
    await settle(hass)
    assert statuses(simulator) == ["in-progress"]
    await press(hass, STOP_ALL)
    await settle(hass)
    assert state(hass, "sensor.corner_shop_active_recordings") == "0"
    assert not ir.async_get(hass).issues
