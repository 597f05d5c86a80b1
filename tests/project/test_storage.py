"""What is kept over restarts, though the file was damaged, or outlived by what wrote it."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire.api import PauseBehavior
from custom_components.signalwire.project.hold import PausedBy
from custom_components.signalwire.project.storage import RestoredHold, RestoredProject, read_stored
from simulator import Fault, Simulator
from tests.helpers import (
    MASTER,
    advance,
    call_with_recording,
    press,
    refresh,
    settle,
    state,
    statuses,
    turn,
    until,
)
from tests.media.helpers import past_recording

GOOD: Mapping[str, object] = {"recordings": {}, "pause_behavior": "silence", "hold": {}}
# What was stored, and whether it says that all are held.
DAMAGED: tuple[tuple[object, bool], ...] = (
    # Whether all were held cannot be known.
    ([], True),
    ("nonsense", True),
    ({}, True),
    ({"recordings": {}}, False),
    ({"recordings": {}, "pause_behavior": "skip"}, False),
    ({**GOOD, "pause_behavior": "loud"}, True),
    ({**GOOD, "recordings": []}, True),
    ({**GOOD, "recordings": {"a": None}}, True),
    ({**GOOD, "recordings": {"a": {"slot": "1"}}}, True),
    ({**GOOD, "recordings": {"a": {"paused_by": "cat"}}}, True),
    ({**GOOD, "recordings": {"a": {"pause_behavior": 5}}}, True),
    ({**GOOD, "hold": None}, True),
    ({**GOOD, "hold": {"pause_behavior": "loud"}}, True),
    ({**GOOD, "hold": {"until": 5}}, True),
    ({**GOOD, "hold": {"until": "soon"}}, True),
    ({**GOOD, "hold": {"until": "2999-01-01T00:00:00"}}, True),
    ({**GOOD, "holds": {"terminal": 5}}, True),
    ({**GOOD, "holds": {"terminal": {"since": 5, "until": "soon"}}}, True),
    ({**GOOD, "holds": []}, True),
    ({"recordings": {}, "holds": ["terminal"]}, True),
    ({"recordings": {}, "holds": {}}, False),
)


@pytest.mark.parametrize(("data", "held"), DAMAGED, ids=[repr(data) for data, _ in DAMAGED])
async def test_a_damaged_file_costs_what_cannot_be_read_and_never_the_hold(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    hass_storage: dict[str, Any],
    data: object,
    held: bool,
) -> None:
    key = f"signalwire.{entry.entry_id}"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": data}
    call_with_recording(simulator)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert state(hass, MASTER) == (STATE_OFF if held else STATE_ON)
    assert statuses(simulator) == ["paused" if held else "in-progress"]


@pytest.mark.parametrize(
    "data",
    [
        [],
        "nonsense",
        {},
        {"day": "soon", "recordings": {}},
        {"day": "2026-11-20", "recordings": 5},
        {"day": "2026-11-20", "recordings": {}, "seconds": "many"},
        {"day": "2026-11-20", "recordings": {}, "cost": "dear"},
    ],
    ids=repr,
)
async def test_a_damaged_count_of_the_day_is_counted_anew(
    freezer: FrozenDateTimeFactory,
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    hass_storage: dict[str, Any],
    data: object,
) -> None:
    # So that no midnight comes in between.
    freezer.move_to("2026-11-20T20:00:00Z")
    key = f"signalwire.{entry.entry_id}.today"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": data}
    past_recording(simulator, timedelta(hours=1), seconds=60)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert float(state(hass, "sensor.corner_shop_recorded_time_today")) == 1


def test_what_can_be_read_is_kept_beside_what_cannot() -> None:
    kept = read_stored(
        {
            "recordings": {
                "a": {"slot": 1, "pause_behavior": "skip", "paused_by": "person"},
                "b": {"slot": "2", "pause_behavior": "loud", "paused_by": "cat"},
                "c": 5,
                "": {"slot": 4},
            },
            "pause_behavior": "skip",
            "hold": {"until": "2030-01-01T01:00:00+01:00", "pause_behavior": "skip"},
        }
    )
    assert kept == RestoredProject(
        sids=("a", "b", "c"),
        slots={1: "a"},
        pause_behavior=PauseBehavior.SKIP,
        pause_behaviors={"a": PauseBehavior.SKIP},
        paused_by={"a": PausedBy.PERSON},
        holds=(
            RestoredHold(until=datetime(2030, 1, 1, tzinfo=UTC), pause_behavior=PauseBehavior.SKIP),
        ),
    )


def test_holds_are_kept_with_their_names_and_lines() -> None:
    kept = read_stored(
        {
            "recordings": {},
            "hold": {},
            "holds": [
                {"name": "front desk", "line": "L1", "since": "2030-01-01T00:00:00+00:00"},
                {"name": "terminal", "line": 5, "until": "soon"},
                None,
            ],
        }
    )
    assert kept is not None
    assert kept.holds == (
        RestoredHold(name="front desk", line="L1", since=datetime(2030, 1, 1, tzinfo=UTC)),
        RestoredHold(name="terminal"),
        RestoredHold(name="switch"),
    )


@pytest.mark.usefixtures("hasty_unload")
async def test_an_update_that_outlives_a_removal_leaves_no_file(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_storage: dict[str, Any],
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(method="POST", delay=0.5, times=1))
    stop = hass.async_create_task(press(hass, "button.recording_1_stop"))
    await until(lambda: len(simulator.faults.applied) == 1)
    await hass.config_entries.async_remove(loaded.entry_id)
    await stop
    assert sorted(statuses(simulator)) == ["in-progress", "stopped"]
    await advance(hass, seconds=5)
    assert [key for key in hass_storage if "signalwire." in key] == []


@pytest.mark.usefixtures("hasty_unload")
async def test_an_update_that_outlives_a_reload_does_not_undo_a_newer_hold(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_storage: dict[str, Any],
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    switch = hass.states.get("switch.recording_1")
    assert switch is not None
    simulator.faults.add(Fault(method="POST", path=switch.attributes["sid"], delay=1, times=1))
    stop = hass.async_create_task(press(hass, "button.recording_1_stop"))
    await until(lambda: len(simulator.faults.applied) == 1)
    await hass.config_entries.async_reload(loaded.entry_id)
    await turn(hass, "off")
    await asyncio.gather(stop, return_exceptions=True)
    await advance(hass, seconds=5)
    assert "hold" in hass_storage[f"signalwire.{loaded.entry_id}"]["data"]
    await settle(hass)
