"""The promise: while call recording is off, nothing is recorded, or somebody is told."""

import asyncio
import json

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_OFF
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from homeassistant.util.file import WriteError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire.api import RetryPolicy
from simulator import Fault, Simulator
from tests.helpers import (
    MASTER,
    TOKEN,
    advance,
    call_with_recording,
    confirmation,
    hold,
    jump,
    refresh,
    set_retry_policy,
    settle,
    state,
    statuses,
    turn,
    until,
    updates_sent,
)

pytestmark = pytest.mark.usefixtures("unloaded_in_the_end")

SLOT = "switch.recording_1"


def _issue(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue("signalwire", f"pause_unconfirmed_{entry.entry_id}")


async def _turn_off_and_see_it(hass: HomeAssistant) -> None:
    await turn(hass, "off")
    await settle(hass)
    assert confirmation(hass) == (0, True)


@pytest.fixture
async def recorded(hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator) -> str:
    """Return the SID of the only recording."""
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.requests.clear()
    (sid,) = simulator.space.recordings
    return sid


# How long it is held.


@pytest.mark.usefixtures("recorded")
async def test_a_short_hold_does_not_shorten_one_without_end(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    await _turn_off_and_see_it(hass)
    await hold(hass, **{"for": {"minutes": 2}})
    await advance(hass, minutes=2, seconds=5)
    await settle(hass)
    assert state(hass, MASTER) == STATE_OFF
    assert updates_sent(simulator) == ["paused"]


@pytest.mark.usefixtures("loaded")
async def test_a_short_hold_does_not_shorten_a_longer_one(hass: HomeAssistant) -> None:
    await hold(hass, **{"for": {"hours": 2}})
    await hold(hass, **{"for": {"minutes": 2}})
    await advance(hass, minutes=3)
    await settle(hass)
    assert state(hass, MASTER) == STATE_OFF


async def test_what_is_switched_off_again_keeps_its_pause_behavior(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await hold(hass, pause_behavior="skip")
    await turn(hass, "off")
    await settle(hass)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    (recording,) = simulator.space.recordings.values()
    assert (recording.status, recording.pause_behavior) == ("paused", "skip")


async def test_a_hold_that_ended_while_home_assistant_was_down_touches_nothing_new(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await hold(hass, **{"for": {"seconds": 1}})
    deadline = dt_util.utcnow()
    await hass.config_entries.async_unload(loaded.entry_id)
    await until(lambda: (dt_util.utcnow() - deadline).total_seconds() > 1)
    call_with_recording(simulator)
    await hass.config_entries.async_setup(loaded.entry_id)
    await settle(hass)
    assert state(hass, SLOT) == "on"
    assert updates_sent(simulator) == []


@pytest.mark.parametrize("status", [401, 403])
async def test_a_login_that_is_refused_at_a_restart_does_not_end_the_hold(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, status: int
) -> None:
    await _turn_off_and_see_it(hass)
    await hass.config_entries.async_unload(loaded.entry_id)
    call_with_recording(simulator)
    simulator.faults.add(Fault(status=status, body="<html>", times=1))
    await hass.config_entries.async_setup(loaded.entry_id)
    await settle(hass)
    assert loaded.state is ConfigEntryState.LOADED
    assert state(hass, MASTER) == STATE_OFF
    assert confirmation(hass) == (0, False)
    await advance(hass, minutes=1)
    await until(lambda: statuses(simulator) == ["paused"])


async def test_a_hold_of_all_projects_is_an_error_if_one_could_not_be_held(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    other_id = "00000000-0000-4000-8000-000000000001"
    other = Simulator(project=other_id, token=TOKEN)
    await other.start()
    other.faults.add(Fault(status=400))
    entry = MockConfigEntry(
        domain="signalwire",
        unique_id=other_id,
        data={"space": other.url, "project_id": other_id, "api_token": TOKEN},
    )
    entry.add_to_hass(hass)
    try:
        await hass.config_entries.async_setup(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        with pytest.raises(HomeAssistantError):
            await hold(hass)
        assert loaded.runtime_data.data.hold.held
        assert state(hass, MASTER) == STATE_OFF
    finally:
        await hass.config_entries.async_unload(entry.entry_id)
        await other.stop()


async def test_a_hold_that_cannot_be_stored_is_an_error(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(*_: object) -> None:
        raise WriteError("The disk is full")

    call_with_recording(simulator)

    monkeypatch.setattr(loaded.runtime_data.project.file._store, "_async_write_data", fail)
    with pytest.raises(HomeAssistantError) as caught:
        await turn(hass, "off")
    assert caught.value.translation_key == "not_stored"
    assert state(hass, MASTER) == STATE_OFF
    await settle(hass)
    # What has begun since the last refresh is looked for all the same.
    assert statuses(simulator) == ["paused"]


# Confirmed is only what was seen.


@pytest.mark.usefixtures("recorded")
async def test_without_a_hold_there_is_nothing_to_confirm(hass: HomeAssistant) -> None:
    assert confirmation(hass) == (0, True)


async def test_nothing_is_confirmed_before_a_refresh_has_looked(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    simulator.faults.add(Fault(method="GET", delay=0.3, times=1))
    await turn(hass, "off")
    assert statuses(simulator) == ["in-progress"]
    assert confirmation(hass) == (0, False)
    await settle(hass)
    assert statuses(simulator) == ["paused"]
    assert confirmation(hass) == (0, True)
    assert loaded.runtime_data.last_update_success


@pytest.mark.usefixtures("loaded")
async def test_each_hold_looks_at_once_and_not_with_the_next_poll(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    await _turn_off_and_see_it(hass)
    await turn(hass, "on")
    call_with_recording(simulator)
    await turn(hass, "off")
    # The next poll would come after five seconds.
    await until(lambda: statuses(simulator) == ["paused"], 3)
    await settle(hass)
    assert confirmation(hass) == (0, True)


async def test_a_refresh_under_way_when_the_hold_began_confirms_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="GET", delay=0.2, apply="after", times=1))
    older = hass.async_create_task(loaded.runtime_data.async_refresh())
    await until(lambda: len(simulator.faults.applied) == 1)
    call_with_recording(simulator)
    await turn(hass, "off")
    await older
    assert confirmation(hass) == (0, False)
    await refresh(hass, loaded)
    assert confirmation(hass) == (0, True)
    assert statuses(simulator) == ["paused"]


async def test_a_new_recording_that_cannot_be_read_is_not_confirmed_and_loud(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await _turn_off_and_see_it(hass)
    body = json.dumps({"recordings": [{"sid": "a", "status": None, "call_sid": "c"}]})
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=body))
    await refresh(hass, loaded)
    assert confirmation(hass) == (1, False)
    await advance(hass, seconds=16)
    assert _issue(hass, loaded) is not None


async def test_a_paused_recording_that_can_no_longer_be_read_is_not_confirmed_and_loud(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    await _turn_off_and_see_it(hass)
    simulator.space.update_recording(recorded, "in-progress")
    bad = {"sid": recorded, "status": 5, "call_sid": "c"}
    listed = json.dumps({"recordings": [bad]})
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=listed))
    simulator.faults.add(Fault(method="GET", path=recorded, status=200, body=json.dumps(bad)))
    simulator.faults.add(Fault(method="POST", status=400))
    await loaded.runtime_data.async_refresh()
    assert not confirmation(hass)[1]
    await advance(hass, seconds=16)
    assert _issue(hass, loaded) is not None


async def test_a_recording_of_which_only_the_sid_is_known_is_not_confirmed_and_loud(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    assert await hass.config_entries.async_unload(loaded.entry_id)
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body='{"recordings": []}'))
    simulator.faults.add(Fault(path=recorded, status=200, body=json.dumps({"sid": recorded})))
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await turn(hass, "off")
    await settle(hass)
    assert confirmation(hass) == (1, False)
    await advance(hass, seconds=16)
    await settle(hass)
    assert confirmation(hass) == (1, False)
    assert _issue(hass, loaded) is not None


async def test_a_refresh_that_does_not_end_confirms_nothing_and_is_given_up(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await _turn_off_and_see_it(hass)
    simulator.faults.add(Fault(method="GET", delay=300))
    endless = hass.async_create_background_task(loaded.runtime_data.async_refresh(), "endless")
    await until(lambda: len(simulator.faults.applied) == 1)
    await advance(hass, seconds=16)
    assert confirmation(hass) == (0, False)
    assert _issue(hass, loaded) is not None
    # The refresh as a whole is given up after a minute.
    await advance(hass, seconds=61)
    await endless
    assert not loaded.runtime_data.last_update_success


# The pause comes first.


async def test_a_resume_that_waits_is_not_sent_once_all_are_held(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="POST", delay=0.3, times=1))
    pause = hass.async_create_task(turn(hass, "off", SLOT))
    await until(lambda: len(simulator.faults.applied) == 1)
    resume = hass.async_create_task(turn(hass, "on", SLOT))
    await turn(hass, "off")
    assert not pause.done()
    await asyncio.gather(pause, resume, return_exceptions=True)
    await settle(hass)
    assert set(updates_sent(simulator)) == {"paused"}
    assert simulator.space.recordings[recorded].status == "paused"


async def test_a_resume_that_failed_is_not_tried_again_once_all_are_held(
    hass: HomeAssistant, recorded: str, simulator: Simulator
) -> None:
    await turn(hass, "off", SLOT)
    simulator.requests.clear()
    simulator.faults.add(Fault(method="POST", status=503, headers={"Retry-After": "1"}, times=1))
    resume = hass.async_create_task(turn(hass, "on", SLOT))
    await until(lambda: simulator.requests[-1].status == 503 if simulator.requests else False)
    await turn(hass, "off")
    with pytest.raises(HomeAssistantError):
        await resume
    await settle(hass)
    assert updates_sent(simulator).count("in-progress") == 1
    assert simulator.space.recordings[recorded].status == "paused"


@pytest.mark.usefixtures("recorded")
async def test_a_new_hold_does_not_wait_out_the_tries_of_an_old_one(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Once it waits, it waits for a minute.
    monkeypatch.setattr("custom_components.signalwire.api.backoff.random.uniform", lambda *_: 60.0)
    simulator.faults.add(Fault(method="POST", status=400))
    await turn(hass, "off")
    await until(
        lambda: any(one.reason for one in loaded.runtime_data.project.state.recordings.values())
    )
    await turn(hass, "on")
    simulator.faults.clear()
    await turn(hass, "off")
    await until(lambda: statuses(simulator) == ["paused"], 2)
    await settle(hass)


@pytest.mark.usefixtures("recorded")
async def test_a_pause_right_after_a_resume_is_sent_as_soon_as_that_is_answered(
    hass: HomeAssistant, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _turn_off_and_see_it(hass)
    # Nothing has failed: to wait at all would be too long.
    monkeypatch.setattr("custom_components.signalwire.api.backoff.random.uniform", lambda *_: 60.0)
    simulator.faults.add(Fault(method="POST", delay=0.1, times=1))
    await turn(hass, "on")
    await until(lambda: updates_sent(simulator) == ["paused", "in-progress"])
    await turn(hass, "off")
    await until(lambda: updates_sent(simulator) == ["paused", "in-progress", "paused"], 2)
    await settle(hass)
    assert statuses(simulator) == ["paused"]


async def test_every_recording_is_asked_for_though_many_updates_hang(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.signalwire.project.reconciler.MAX_UPDATES_AT_ONCE", 2)
    monkeypatch.setattr("custom_components.signalwire.project.reconciler._HANGS_AFTER", 0.05)
    for _ in range(5):
        call_with_recording(simulator)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    simulator.faults.add(Fault(method="POST", delay=300))
    await turn(hass, "off")
    await until(lambda: len(updates_sent(simulator)) == 5, 2)
    assert {request.status for request in simulator.requests if request.method == "POST"} == {None}


async def test_no_more_updates_than_bearable_are_asked_for_at_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.signalwire.project.reconciler.MAX_UPDATES_AT_ONCE", 2)
    # None of them hangs, however busy the machine is.
    monkeypatch.setattr("custom_components.signalwire.project.reconciler._HANGS_AFTER", 60)
    for _ in range(5):
        call_with_recording(simulator)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    at_once: list[int] = []
    simulator.faults.add(Fault(method="POST", delay=0.05))
    await turn(hass, "off")

    def all_paused() -> bool:
        at_once.append(sum(r.method == "POST" and r.status is None for r in simulator.requests))
        return set(statuses(simulator)) == {"paused"}

    await until(all_paused)
    assert max(at_once) == 2
    await settle(hass)


# The alarm.


async def test_the_issue_gets_its_reason_once_there_is_one(
    hass: HomeAssistant, loaded: MockConfigEntry, recorded: str, simulator: Simulator
) -> None:
    set_retry_policy(loaded, RetryPolicy(total=0.5, first_wait=0.01, longest_wait=0.02))
    simulator.faults.add(Fault(method="POST", path=recorded, delay=300))

    def reason() -> str:
        issue = _issue(hass, loaded)
        return (issue.translation_placeholders or {})["reason"] if issue else ""

    await turn(hass, "off")
    await until(lambda: len(updates_sent(simulator)) == 1)
    # Without waiting for what is under way, so that the alarm comes before the answer does not.
    jump(hass, seconds=16)
    await until(lambda: reason() == "SignalWire has not answered yet")
    await until(lambda: "did not answer in time" in reason())


async def test_a_recording_that_something_else_resumes_again_and_again_is_loud(
    hass: HomeAssistant, loaded: MockConfigEntry, recorded: str, simulator: Simulator
) -> None:
    await _turn_off_and_see_it(hass)
    issues, issue_id = ir.async_get(hass), f"pause_undone_{loaded.entry_id}"
    for times in (1, 2, 3):
        assert issues.async_get_issue("signalwire", issue_id) is None, times
        simulator.space.update_recording(recorded, "in-progress")
        await refresh(hass, loaded)
    issue = issues.async_get_issue("signalwire", issue_id)
    assert issue is not None
    assert (issue.translation_placeholders or {})["recording"] == "1"
    await turn(hass, "on")
    assert issues.async_get_issue("signalwire", issue_id) is None
    await settle(hass)

    # It is counted anew from there.
    await _turn_off_and_see_it(hass)
    for times in (1, 2, 3):
        assert issues.async_get_issue("signalwire", issue_id) is None, times
        simulator.space.update_recording(recorded, "in-progress")
        await refresh(hass, loaded)
    assert issues.async_get_issue("signalwire", issue_id) is not None


# What outlives the project.


async def test_a_refresh_that_is_under_way_ends_with_the_unload(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await _turn_off_and_see_it(hass)
    call_with_recording(simulator)
    simulator.requests.clear()
    simulator.faults.add(Fault(method="GET", delay=60, times=1))
    coordinator = loaded.runtime_data
    reading = hass.async_create_task(coordinator.async_refresh())
    await until(lambda: len(simulator.faults.applied) == 1)
    await hass.config_entries.async_unload(loaded.entry_id)
    await reading
    await settle(hass)
    assert coordinator.last_update_success
    assert [request.method for request in simulator.requests] == ["GET"]


@pytest.mark.usefixtures("hasty_unload", "recorded")
async def test_an_update_that_outlives_the_unload_raises_no_alarm(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="POST", delay=0.4, status=400))
    pause = hass.async_create_task(turn(hass, "off", SLOT))
    await until(lambda: len(simulator.faults.applied) == 1)
    await turn(hass, "off")
    await hass.config_entries.async_unload(loaded.entry_id)
    assert not pause.done()
    with pytest.raises(HomeAssistantError):
        await pause
    await advance(hass, seconds=16)
    assert not ir.async_get(hass).issues
    assert updates_sent(simulator) == ["paused"]
