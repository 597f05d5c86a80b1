"""Triggers and conditions as an automation uses them, through Home Assistant's own set-up."""

import json
from typing import Any

from homeassistant.components.automation.const import DOMAIN as AUTOMATION
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import condition, trigger
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)

from custom_components.signalwire.api import RetryPolicy
from simulator import Fault, Simulator
from tests.helpers import (
    FRONT_DESK,
    call_with_recording,
    hold,
    refresh,
    set_retry_policy,
    settle,
    turn,
)

ACTIVITY = "event.corner_shop_recording_activity"
ACTIVE = "sensor.corner_shop_active_recordings"
CALL_RECORDING = "switch.corner_shop_call_recording"


@pytest.fixture
def project(hass: HomeAssistant, loaded: MockConfigEntry) -> str:
    """Return the device ID of the project."""
    device_id = dr.async_get_device_id_by_identifier(
        hass, ("signalwire", loaded.entry_id), config_entry_id=loaded.entry_id
    )
    assert device_id is not None
    return device_id


async def _automate(hass: HomeAssistant, what: str, target: dict[str, Any]) -> list[ServiceCall]:
    """Set up an automation with one trigger; return what fills with its runs."""
    calls: list[ServiceCall] = async_mock_service(hass, "test", "ran")
    assert await async_setup_component(
        hass,
        AUTOMATION,
        {
            AUTOMATION: {
                "mode": "queued",
                "max": 100,
                "triggers": [{"trigger": f"signalwire.{what}", "target": target}],
                "actions": [
                    {
                        "action": "test.ran",
                        "data": {
                            "slot": "{{ trigger.to_state.attributes.slot }}",
                            "actor": "{{ trigger.to_state.attributes.actor }}",
                        },
                    }
                ],
            }
        },
    )
    await hass.async_block_till_done()
    return calls


def _told(calls: list[ServiceCall]) -> list[tuple[int, str]]:
    return [(call.data["slot"], call.data["actor"]) for call in calls]


async def _live(hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator) -> None:
    """Let a recording start, be paused, be resumed and end."""
    call = call_with_recording(simulator)
    await refresh(hass, entry)
    for action in ("turn_off", "turn_on"):
        await hass.services.async_call(
            "switch", action, {"entity_id": "switch.recording_1"}, blocking=True
        )
    simulator.space.hang_up(call.sid)
    await refresh(hass, entry)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("recording_started", [(1, "signalwire")]),
        ("recording_paused", [(1, "home_assistant")]),
        ("recording_resumed", [(1, "home_assistant")]),
        ("recording_ended", [(1, "signalwire")]),
        ("pause_failed", []),
    ],
)
@pytest.mark.parametrize("by_device", [True, False])
async def test_each_trigger_fires_for_its_own_activity_alone(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    project: str,
    what: str,
    expected: list[tuple[int, str]],
    by_device: bool,
) -> None:
    target = {"device_id": project} if by_device else {"entity_id": ACTIVITY}
    calls = await _automate(hass, what, target)
    await _live(hass, loaded, simulator)
    assert _told(calls) == expected


async def test_a_failed_pause_triggers(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    calls = await _automate(hass, "pause_failed", {"entity_id": ACTIVITY})
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(method="POST", status=400, times=1))
    with pytest.raises(Exception, match="rejected"):
        await hass.services.async_call(
            "switch", "turn_off", {"entity_id": "switch.recording_1"}, blocking=True
        )
    await hass.async_block_till_done()
    assert _told(calls) == [(1, "home_assistant")]


async def test_of_many_pauses_in_the_same_moment_none_is_missed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    calls = await _automate(hass, "recording_started", {"entity_id": ACTIVITY})
    for _ in range(12):
        call_with_recording(simulator)
    await refresh(hass, loaded)
    assert sorted(_told(calls)) == [(number, "signalwire") for number in range(1, 13)]


async def test_a_new_name_for_the_entity_is_nothing_that_happened(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    calls = await _automate(hass, "recording_started", {"entity_id": ACTIVITY})
    old = hass.states.get(ACTIVITY)
    assert old is not None
    assert old.attributes["event_type"] == "started"
    hass.states.async_set(ACTIVITY, old.state, {**old.attributes, "friendly_name": "Other"})
    await hass.async_block_till_done()
    assert not calls


async def test_to_reload_the_project_is_nothing_that_happened(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    calls = await _automate(hass, "recording_paused", {"entity_id": ACTIVITY})
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await turn(hass, "off", "switch.recording_1")
    await settle(hass)
    assert len(calls) == 1
    assert await hass.config_entries.async_reload(loaded.entry_id)
    await settle(hass)
    activity = hass.states.get(ACTIVITY)
    assert activity is not None
    # As it was before, and no second time.
    assert activity.attributes["event_type"] == "paused"
    assert len(calls) == 1


async def test_entities_of_others_are_not_listened_to(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    calls = await _automate(hass, "recording_started", {"entity_id": "event.doorbell"})
    hass.states.async_set("event.doorbell", "2026-01-01", {"event_type": "started"})
    hass.states.async_set("event.doorbell", "2026-01-02", {"event_type": "started"})
    await hass.async_block_till_done()
    assert not calls


async def _passes(
    hass: HomeAssistant, what: str, target: dict[str, Any], behavior: str = "any"
) -> bool:
    config: dict[str, Any] = {
        "condition": f"signalwire.{what}",
        "target": target,
        "options": {"behavior": behavior},
    }
    config = await condition.async_validate_condition_config(hass, config)
    checker = await condition.async_from_config(hass, config)
    try:
        return bool(checker.async_check())
    finally:
        checker.async_unload()


async def test_the_conditions_tell_how_the_recordings_are(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, project: str
) -> None:
    async def conditions() -> list[bool]:
        target = {"device_id": project}
        return [
            await _passes(hass, what, target) for what in ("is_active", "all_paused", "is_held")
        ]

    assert await conditions() == [False, False, False]
    call = call_with_recording(simulator)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    assert await conditions() == [True, False, False]
    first, second = simulator.space.recordings
    simulator.space.update_recording(first, "paused")
    await refresh(hass, loaded)
    assert await conditions() == [True, False, False]
    simulator.space.update_recording(second, "paused")
    await refresh(hass, loaded)
    assert await conditions() == [True, True, False]
    await hass.services.async_call("signalwire", "hold_recordings", {}, blocking=True)
    assert await conditions() == [True, True, True]
    simulator.space.hang_up(call.sid)
    simulator.space.hang_up(simulator.space.recordings[second].call_sid or "")
    await refresh(hass, loaded)
    assert await conditions() == [False, False, True]


@pytest.fixture
async def desk(hass: HomeAssistant, lines: None, loaded: MockConfigEntry) -> str:
    """Return the device of a line."""
    device_id = dr.async_get_device_id_by_identifier(
        hass, ("signalwire", FRONT_DESK), config_entry_id=loaded.entry_id
    )
    assert device_id is not None
    return device_id


async def test_the_conditions_of_a_line_are_about_its_own_recordings(
    hass: HomeAssistant, desk: str, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    async def conditions() -> list[bool]:
        target = {"device_id": desk}
        return [
            await _passes(hass, what, target) for what in ("is_active", "all_paused", "is_held")
        ]

    call_with_recording(simulator)
    await refresh(hass, loaded)
    assert await conditions() == [False, False, False]
    call_with_recording(simulator, to_number="+15550110")
    await refresh(hass, loaded)
    assert await conditions() == [True, False, False]
    await hold(hass, device_id=desk)
    await settle(hass)
    assert await conditions() == [True, True, True]
    # Which line this is on is not known: it may be this one.
    call = call_with_recording(simulator, to_number="+15550120")
    simulator.faults.add(Fault(path=f"/Calls/{call.sid}.json", status=400))
    await loaded.runtime_data.async_refresh()
    assert await conditions() == [True, False, True]


async def test_the_triggers_of_a_line_fire_for_its_own_recordings(
    hass: HomeAssistant, desk: str, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    calls = await _automate(hass, "recording_started", {"device_id": desk})
    call_with_recording(simulator)
    await refresh(hass, loaded)
    assert not calls
    call_with_recording(simulator, to_number="+15550110")
    await refresh(hass, loaded)
    assert _told(calls) == [(2, "signalwire")]


@pytest.mark.parametrize("behavior", ["any", "all"])
async def test_a_project_that_is_not_loaded_passes_no_condition(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, behavior: str
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    target = {"entity_id": ["sensor.corner_shop_active_recordings", CALL_RECORDING]}
    assert await _passes(hass, "is_active", target, behavior)
    await hass.config_entries.async_unload(loaded.entry_id)
    for what in ("is_active", "all_paused", "is_held"):
        assert not await _passes(hass, what, target, behavior), what


@pytest.fixture
async def paused(hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator) -> str:
    """Return the SID of the only recording, which somebody has paused."""
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await turn(hass, "off", "switch.recording_1")
    assert await _passes(hass, "all_paused", {"entity_id": ACTIVE})
    (sid,) = simulator.space.recordings
    return sid


async def test_what_was_paused_before_the_service_went_away_does_not_count(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, paused: str
) -> None:
    simulator.faults.add(Fault(status=400))
    await refresh(hass, loaded)
    assert not await _passes(hass, "all_paused", {"entity_id": ACTIVE})


async def test_a_resume_without_an_answer_leaves_nothing_paused_for_sure(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, paused: str
) -> None:
    set_retry_policy(loaded, RetryPolicy(attempts=1))
    simulator.faults.add(Fault(method="POST", status=503))
    with pytest.raises(HomeAssistantError):
        await turn(hass, "on", "switch.recording_1")
    assert not await _passes(hass, "all_paused", {"entity_id": ACTIVE})


async def test_with_a_recording_that_cannot_be_read_not_all_are_paused(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, paused: str
) -> None:
    listed = [{"sid": paused, "status": "paused", "call_sid": "1"}, {"sid": "2"}]
    body = json.dumps({"recordings": listed})
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=body))
    await refresh(hass, loaded)
    assert hass.states.is_state(ACTIVE, "1")
    assert not await _passes(hass, "all_paused", {"entity_id": ACTIVE})


async def test_all_of_no_entity_passes_no_condition(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    for what in ("is_active", "all_paused", "is_held"):
        assert not await _passes(hass, what, {"entity_id": "sensor.of_somebody_else"}, "all"), what


async def test_one_project_that_is_not_reached_spoils_all_but_not_any(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    of_another = er.async_get(hass).async_get_or_create(
        "sensor", "signalwire", "another_project", translation_key="active_recordings"
    )
    hass.states.async_set(of_another.entity_id, STATE_UNAVAILABLE)
    target = {"entity_id": ["sensor.corner_shop_active_recordings", of_another.entity_id]}
    assert await _passes(hass, "is_active", target, "any")
    assert not await _passes(hass, "is_active", target, "all")


async def test_all_that_the_editor_shows_is_described(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    triggers = await trigger.async_get_all_descriptions(hass)
    conditions = await condition.async_get_all_descriptions(hass)
    assert {name for name in triggers if name.startswith("signalwire.")} == {
        f"signalwire.{name}"
        for name in (
            "recording_started",
            "recording_paused",
            "recording_resumed",
            "recording_ended",
            "pause_failed",
        )
    }
    described = {name: text for name, text in conditions.items() if "signalwire." in name}
    assert set(described) == {"signalwire.is_active", "signalwire.all_paused", "signalwire.is_held"}
    for text in [*described.values(), *(triggers[n] for n in triggers if "signalwire." in n)]:
        assert text is not None
        assert text["target"]["entity"][0]["integration"] == "signalwire"
