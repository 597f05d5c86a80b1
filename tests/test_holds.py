"""Holds that stack: recordings are paused while anybody needs them to be."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

from homeassistant.components.recorder.db_schema import StateAttributes
from homeassistant.const import EVENT_STATE_CHANGED, STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
    async_fire_time_changed,
)
import voluptuous as vol

from custom_components.signalwire.api import RetryPolicy
from simulator import Fault, Simulator
from tests.helpers import (
    MASTER,
    hold,
    restart,
    set_retry_policy,
    settle,
    state,
    statuses,
    turn,
    until,
    updates_sent,
)

pytestmark = pytest.mark.usefixtures("unloaded_in_the_end")


async def release(hass: HomeAssistant, **data: object) -> None:
    """Release recordings."""
    await hass.services.async_call("signalwire", "release_recordings", data, blocking=True)
    await settle(hass)


def holds(hass: HomeAssistant) -> list[str]:
    """Return the names of the holds that are shown, the newest last."""
    switch = hass.states.get(MASTER)
    assert switch is not None
    return [each["name"] for each in switch.attributes["holds"]]


NAMES = ("front desk", "terminal", "switch")


@pytest.mark.parametrize("begin", permutations(NAMES))
@pytest.mark.parametrize("end", permutations(NAMES))
async def test_the_last_to_let_go_resumes(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    begin: Sequence[str],
    end: Sequence[str],
) -> None:
    for name in begin:
        await hold(hass, name=name)
    await settle(hass)
    assert holds(hass) == list(begin)
    for name in end:
        assert statuses(simulator) == ["paused"]
        assert state(hass, MASTER) == STATE_OFF
        await release(hass, name=name)
    assert statuses(simulator) == ["in-progress"]
    assert (state(hass, MASTER), holds(hass)) == (STATE_ON, [])
    # One pause and one resume, whatever came in between.
    assert updates_sent(simulator) == ["paused", "in-progress"]


async def test_who_gives_no_name_is_the_switch(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    await hold(hass, name="terminal")
    await hold(hass)
    assert holds(hass) == ["terminal", "switch"]
    await release(hass)
    assert holds(hass) == ["terminal"]
    await turn(hass, "off")
    assert holds(hass) == ["terminal", "switch"]


async def test_a_person_who_switches_on_ends_every_hold_and_an_automation_its_own(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    recorded: str,
    hass_admin_user: MockUser,
) -> None:
    await hold(hass, name="terminal")
    await turn(hass, "off")
    await turn(hass, "on")
    assert holds(hass) == ["terminal"]
    assert state(hass, MASTER) == STATE_OFF
    await turn(hass, "on", user=hass_admin_user)
    await settle(hass)
    switch = hass.states.get(MASTER)
    assert switch is not None
    assert (switch.state, switch.attributes["holds"]) == (STATE_ON, [])
    assert switch.context.user_id == hass_admin_user.id
    assert statuses(simulator) == ["in-progress"]


async def test_all_holds_can_be_released_at_once(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    for name in NAMES:
        await hold(hass, name=name)
    await release(hass, all_holds=True)
    assert (state(hass, MASTER), statuses(simulator)) == (STATE_ON, ["in-progress"])


async def test_holds_outlive_a_restart_each_with_its_end(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    await hold(hass, name="terminal", **{"for": {"minutes": 5}})
    await hold(hass, name="front desk")
    before = hass.states.get(MASTER)
    assert before is not None
    await restart(hass, loaded)
    after = hass.states.get(MASTER)
    assert after is not None
    assert after.attributes["holds"] == before.attributes["holds"]
    terminal, front_desk = after.attributes["holds"]
    assert terminal["until"] - terminal["since"] == timedelta(minutes=5)
    assert front_desk["until"] is None
    async_fire_time_changed(hass, terminal["until"] + timedelta(seconds=1))
    await settle(hass)
    assert holds(hass) == ["front desk"]
    assert statuses(simulator) == ["paused"]


async def test_the_countdown_is_that_of_the_last_to_end(
    hass: HomeAssistant, loaded: MockConfigEntry, recorded: str
) -> None:
    await hold(hass, name="terminal", **{"for": {"minutes": 9}})
    await hold(hass, name="front desk", **{"for": {"minutes": 5}})
    until = loaded.runtime_data.data.hold.until
    assert timedelta(minutes=8) < until - dt_util.utcnow() <= timedelta(minutes=9)


async def test_the_option_ends_the_hold_of_the_switch_alone(
    hass: HomeAssistant, loaded: MockConfigEntry, recorded: str
) -> None:
    hass.config_entries.async_update_entry(loaded, options={"auto_release": 10})
    await restart(hass, loaded)
    await hold(hass, name="terminal")
    await turn(hass, "off")
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=10, seconds=1))
    await settle(hass)
    assert holds(hass) == ["terminal"]


async def test_a_name_that_holds_nothing_releases_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    await hold(hass, name="terminal")
    await release(hass, name="front desk")
    assert holds(hass) == ["terminal"]
    assert statuses(simulator) == ["paused"]


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("hold_recordings", {"name": "  "}),
        ("hold_recordings", {"name": "x" * 101}),
        ("release_recordings", {"name": ""}),
        ("release_recordings", {"name": "terminal", "all_holds": True}),
        ("release_recordings", {"all_holds": False}),
    ],
)
async def test_what_makes_no_sense_is_refused_and_loses_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, recorded: str, action: str, data: dict[str, Any]
) -> None:
    await hold(hass, name="terminal")
    with pytest.raises((vol.Invalid, HomeAssistantError)):
        await hass.services.async_call("signalwire", action, data, blocking=True)
    assert holds(hass) == ["terminal"]


async def test_names_are_the_same_with_spaces_around_them(
    hass: HomeAssistant, loaded: MockConfigEntry, recorded: str
) -> None:
    await hold(hass, name=" terminal ")
    await release(hass, name="terminal")
    assert holds(hass) == []


async def test_polls_stay_fast_until_all_is_resumed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, recorded: str
) -> None:
    await hold(hass)
    await settle(hass)
    set_retry_policy(loaded, RetryPolicy(attempts=1))
    simulator.faults.add(Fault(method="POST", status=503))
    await hass.services.async_call("signalwire", "release_recordings", {}, blocking=True)
    await loaded.runtime_data.async_refresh()
    assert loaded.runtime_data.update_interval == timedelta(seconds=1)
    simulator.faults.clear()
    await until(lambda: statuses(simulator) == ["in-progress"])
    await settle(hass)
    assert loaded.runtime_data.update_interval == timedelta(seconds=5)


async def test_the_history_keeps_the_rest_however_many_holds_there_are(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)
    names = [f"{number:03d} {'name':x<96}" for number in range(170)]
    for name in names:
        await hold(hass, name=name)
    assert holds(hass) == names
    held = changes[-1]
    await turn(hass, "on", user=hass_admin_user)
    await settle(hass)
    ended = next(
        change
        for change in changes
        if change.data["entity_id"] == "event.corner_shop_recording_activity"
    )
    assert ended.data["new_state"].attributes["holds"] == names
    for change, kept in ((held, b"confirmed"), (ended, b"event_type")):
        # Home Assistant drops all attributes where they are too large together.
        assert kept in StateAttributes.shared_attrs_bytes_from_event(change, None)
