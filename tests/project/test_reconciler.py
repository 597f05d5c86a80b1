"""How recordings are made as desired: tries, waits and the alarm."""

import asyncio
from collections import Counter

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire.project.reconciler import MAX_UPDATES_AT_ONCE
from simulator import Fault, Simulator
from tests.conftest import QUICK
from tests.helpers import (
    advance,
    call_with_recording,
    confirmation,
    jump,
    refresh,
    settle,
    statuses,
    turn,
    until,
    updates_sent,
)

pytestmark = pytest.mark.usefixtures("unloaded_in_the_end", "recorded")

REJECTED = Fault(method="POST", status=400)


@pytest.fixture
def alarms(loaded: MockConfigEntry) -> list[str | None]:
    """Return a list that fills with the SIDs of the recordings that an alarm names."""
    alarms: list[str | None] = []
    loaded.runtime_data.project.activities.listen(
        lambda activity: (
            alarms.append(activity.recording.sid if activity.recording else None)
            if activity.type == "pause_failed"
            else None
        )
    )
    return alarms


@pytest.fixture
def long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the reconciler wait for a minute where it would wait for a second."""
    monkeypatch.setattr("custom_components.signalwire.api.backoff.random.uniform", lambda *_: 60.0)


async def _rejected(loaded: MockConfigEntry, sid: str) -> None:
    """Wait until an update has been rejected, and no refresh is in progress."""
    project = loaded.runtime_data.project
    await until(
        lambda: bool(project.state.recordings[sid].reason) and not project._refreshing.locked()
    )


@pytest.mark.usefixtures("long_waits")
async def test_it_asks_at_once_when_the_service_is_back(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    simulator.faults.add(Fault(status=400))
    await turn(hass, "off")
    await _rejected(loaded, recorded)
    await until(lambda: not loaded.runtime_data.last_update_success)
    simulator.faults.clear()
    await loaded.runtime_data.async_refresh()
    await until(lambda: statuses(simulator) == ["paused"], 2)
    await settle(hass)


@pytest.mark.usefixtures("long_waits")
async def test_a_refresh_that_finds_the_service_as_it_was_hurries_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    simulator.faults.add(REJECTED)
    await turn(hass, "off")
    await _rejected(loaded, recorded)
    for _ in range(3):
        await loaded.runtime_data.async_refresh()
        await hass.async_block_till_done()
    assert len(updates_sent(simulator)) == 1


@pytest.mark.usefixtures("long_waits")
async def test_once_confirmed_nothing_waits_any_longer(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await turn(hass, "off")
    await until(lambda: confirmation(hass) == (0, True))
    await until(lambda: not loaded.runtime_data.project.reconciler.in_flight, 2)
    assert updates_sent(simulator) == ["paused"]


async def test_a_hold_does_not_wait_for_the_next_retry_of_a_resume(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    long_waits: None,
) -> None:
    await turn(hass, "off")
    await settle(hass)
    simulator.faults.add(REJECTED)
    await turn(hass, "on")
    await _rejected(loaded, recorded)
    simulator.faults.clear()
    simulator.space.update_recording(recorded, "in-progress")
    await turn(hass, "off")
    await until(lambda: statuses(simulator) == ["paused"], 2)
    await settle(hass)


async def test_an_unload_leaves_nobody_who_waits_for_an_answer(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="POST", delay=60))
    await turn(hass, "off")
    await until(lambda: len(updates_sent(simulator)) == 1)
    assert await hass.config_entries.async_unload(loaded.entry_id)

    def waiting() -> list[str]:
        return [
            repr(task) for task in asyncio.all_tasks() if "updates of a recording" in repr(task)
        ]

    await asyncio.sleep(0)
    assert waiting() == []


async def test_an_unload_answers_who_asked_before_another_asked_for_the_same(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="POST", delay=60))
    first = hass.async_create_task(turn(hass, "off", "switch.recording_1"))
    await until(lambda: len(updates_sent(simulator)) == 1)
    asked = [first, hass.async_create_task(turn(hass, "off", "switch.recording_1"))]
    await asyncio.sleep(0)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    _, left = await asyncio.wait(asked, timeout=5)
    assert not left
    assert all(isinstance(each.exception(), HomeAssistantError) for each in asked)


async def test_the_alarm_waits_for_fifteen_seconds(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    alarms: list[str | None],
) -> None:
    simulator.faults.add(REJECTED)
    await turn(hass, "off")
    await _rejected(loaded, recorded)
    await advance(hass, seconds=13)
    assert not alarms
    assert not ir.async_get(hass).issues
    await _rejected(loaded, recorded)
    await advance(hass, seconds=16)
    assert alarms == [recorded]


async def test_the_alarm_is_raised_once_for_each_recording(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    alarms: list[str | None],
) -> None:
    simulator.faults.add(REJECTED)
    await turn(hass, "off")
    await _rejected(loaded, recorded)
    await advance(hass, seconds=16)
    for _ in range(2):
        await loaded.runtime_data.async_refresh()
        await _rejected(loaded, recorded)
        await advance(hass, seconds=16)
    assert alarms == [recorded]
    assert len(ir.async_get(hass).issues) == 1


async def test_a_pause_that_was_confirmed_in_time_raises_no_alarm(
    hass: HomeAssistant, simulator: Simulator, alarms: list[str | None]
) -> None:
    simulator.faults.add(Fault(method="POST", status=400, times=1))
    await turn(hass, "off")
    await until(lambda: statuses(simulator) == ["paused"])
    await settle(hass)
    await advance(hass, seconds=16)
    await settle(hass)
    assert not alarms
    assert not ir.async_get(hass).issues


async def test_a_recording_that_cannot_be_resumed_is_reported_until_it_is(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    alarms: list[str | None],
) -> None:
    told: list[str] = []
    loaded.runtime_data.project.activities.listen(lambda activity: told.append(activity.type))
    await turn(hass, "off")
    await settle(hass)
    simulator.faults.add(REJECTED)
    await turn(hass, "on")
    await _rejected(loaded, recorded)
    await advance(hass, seconds=16)
    assert not alarms
    assert told[-1] == "resume_failed"
    issues, issue_id = ir.async_get(hass), f"resume_unconfirmed_{loaded.entry_id}"
    assert issues.async_get_issue("signalwire", issue_id) is not None
    simulator.faults.clear()
    await until(lambda: statuses(simulator) == ["in-progress"])
    await until(lambda: not issues.issues)


async def test_unload_takes_the_alarm_that_was_to_come_along(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    alarms: list[str | None],
) -> None:
    simulator.faults.add(REJECTED)
    await turn(hass, "off")
    await _rejected(loaded, recorded)
    coordinator = loaded.runtime_data
    await hass.config_entries.async_unload(loaded.entry_id)
    # News that comes late begins nothing.
    coordinator.project.async_process()
    await advance(hass, seconds=16)
    assert not alarms
    assert not ir.async_get(hass).issues


async def test_unload_takes_the_end_of_the_hold_along(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await hass.services.async_call(
        "signalwire", "hold_recordings", {"for": {"minutes": 1}}, blocking=True
    )
    await settle(hass)
    coordinator = loaded.runtime_data
    await hass.config_entries.async_unload(loaded.entry_id)
    await advance(hass, minutes=2)
    assert coordinator.project.state.holds
    assert updates_sent(simulator) == ["paused"]


async def test_a_refusal_that_could_not_be_looked_into_leaves_doubt(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    """The resume was carried out, though its answer was an error: off has to pause again."""
    await turn(hass, "off", "switch.recording_1")
    simulator.faults.add(Fault(method="POST", status=400, apply="after", times=1))
    simulator.faults.add(Fault(method="GET", status=400))
    with pytest.raises(HomeAssistantError):
        await turn(hass, "on", "switch.recording_1")
    assert simulator.space.recordings[recorded].status == "in-progress"
    assert loaded.runtime_data.project.state.recordings[recorded].is_uncertain
    await turn(hass, "off")
    await until(lambda: statuses(simulator) == ["paused"])
    assert updates_sent(simulator) == ["paused", "in-progress", "paused"]


async def test_a_persons_pause_that_is_under_way_is_not_repeated(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(method="POST", delay=0.2, times=1))
    pause = hass.async_create_task(turn(hass, "off", "switch.recording_1"))
    await until(lambda: len(simulator.faults.applied) == 1)
    await turn(hass, "off")
    await pause
    await settle(hass)
    assert confirmation(hass) == (0, True)
    assert updates_sent(simulator) == ["paused"]
    # It was the person's all the same.
    await turn(hass, "on")
    await settle(hass)
    assert statuses(simulator) == ["paused"]


async def test_a_bounded_number_is_asked_for_at_once_and_those_that_hang_make_room(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    for _ in range(MAX_UPDATES_AT_ONCE):
        call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(method="POST", delay=60))
    began = hass.loop.time()
    await turn(hass, "off")

    def tries() -> Counter[str]:
        return Counter(request.path for request in simulator.requests if request.method == "POST")

    await until(lambda: len(tries()) == MAX_UPDATES_AT_ONCE + 1)
    # Not before they have hung for a second, but before any of them has failed.
    assert hass.loop.time() - began > 0.9
    assert max(tries().values()) < QUICK.attempts


async def test_those_that_have_hung_leave_the_bound_as_it_was(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(2 * MAX_UPDATES_AT_ONCE):
        call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(method="POST", delay=0.2))
    monkeypatch.setattr("custom_components.signalwire.project.reconciler._HANGS_AFTER", 0.01)
    await turn(hass, "off")
    await settle(hass)
    assert set(statuses(simulator)) == {"paused"}
    monkeypatch.setattr("custom_components.signalwire.project.reconciler._HANGS_AFTER", 60)
    simulator.requests.clear()
    await turn(hass, "on")
    await settle(hass)
    assert set(statuses(simulator)) == {"in-progress"}
    # One more for a refresh meanwhile.
    assert MAX_UPDATES_AT_ONCE <= simulator.requests.most_at_once <= MAX_UPDATES_AT_ONCE + 1


async def test_an_alarm_gives_no_reason_of_the_time_before(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    reasons: list[str | None] = []
    loaded.runtime_data.project.activities.listen(lambda activity: reasons.append(activity.reason))
    await turn(hass, "off")
    await settle(hass)
    simulator.faults.add(Fault(status=400, body='{"code": 7, "message": "No"}'))
    await refresh(hass, loaded)
    await advance(hass, seconds=16)
    assert "No (7)" in (reasons[-1] or "")
    simulator.faults.clear()
    await refresh(hass, loaded)

    told = len(reasons)
    simulator.faults.add(Fault(delay=1))
    jump(hass, seconds=16)
    await until(lambda: len(reasons) > told)
    assert "No (7)" not in str(reasons[told:])
    await settle(hass)
