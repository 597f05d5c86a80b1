"""What version 0.1.0 has left behind is taken over.

`fixtures/version_0_1_0.json` is what that version itself had stored when Home Assistant was
stopped: four calls had begun, a person had paused the first, the second had ended, the third leaves
its paused time out; then all were held for two hours.
"""

from datetime import datetime, timedelta
import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Simulator
from tests.helpers import PROJECT_ID, entry_data, refresh, settle, state, statuses

pytestmark = pytest.mark.usefixtures("unloaded_in_the_end")

LEFT: dict[str, Any] = json.loads(
    (Path(__file__).parent / "fixtures" / "version_0_1_0.json").read_text(encoding="utf-8")
)
_FILE = f"signalwire.{LEFT['entry']['entry_id']}"
_RECORDINGS: dict[str, dict[str, Any]] = LEFT["storage"][_FILE]["data"]["recordings"]
_UNTIL = datetime.fromisoformat(LEFT["storage"][_FILE]["data"]["hold"]["until"])


@pytest.fixture
def entry(simulator: Simulator) -> MockConfigEntry:
    """Return the config entry as it was."""
    return MockConfigEntry(
        domain="signalwire", unique_id=PROJECT_ID, data=entry_data(simulator), **LEFT["entry"]
    )


@pytest.fixture
async def upgraded(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> MockConfigEntry:
    """Return the project of before, set up a minute after it was stopped."""
    freezer.move_to(_UNTIL - timedelta(hours=2) + timedelta(minutes=1))
    freezer.tick()
    for sid in _RECORDINGS:
        (recording,) = simulator.space.add_recordings(count=1, status="paused", age=70)
        del simulator.space.recordings[recording.sid]
        recording.sid = sid
        simulator.space.recordings[sid] = recording
    hass_storage.update(json.loads(json.dumps(LEFT["storage"])))
    entry.add_to_hass(hass)
    devices = {
        identifier: dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={("signalwire", identifier)}
        )
        for identifier in LEFT["devices"]
    }
    for entity in LEFT["entities"]:
        domain, _, object_id = entity["entity_id"].partition(".")
        er.async_get(hass).async_get_or_create(
            domain,
            "signalwire",
            entity["unique_id"],
            config_entry=entry,
            device_id=devices[entity["device"]].id,
            suggested_object_id=object_id,
        )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    return entry


async def test_every_entity_keeps_its_id(hass: HomeAssistant, upgraded: MockConfigEntry) -> None:
    registry = er.async_get(hass)
    before = {entity["unique_id"]: entity["entity_id"] for entity in LEFT["entities"]}
    after = {
        entity.unique_id: entity.entity_id
        for entity in er.async_entries_for_config_entry(registry, upgraded.entry_id)
    }
    assert {unique_id: after[unique_id] for unique_id in before} == before
    # None is left over that nothing provides any more.
    assert not [
        entity_id
        for entity_id in before.values()
        if (shown := hass.states.get(entity_id)) is not None and shown.attributes.get("restored")
    ]


async def test_the_hold_goes_on_until_its_end(
    hass: HomeAssistant, upgraded: MockConfigEntry
) -> None:
    assert state(hass, "switch.example_call_recording") == "off"
    assert upgraded.runtime_data.data.hold.until == _UNTIL
    assert upgraded.runtime_data.data.hold.confirmed


async def test_recordings_keep_their_slots_and_pause_behaviors(
    hass: HomeAssistant, upgraded: MockConfigEntry
) -> None:
    slots = upgraded.runtime_data.data.slots
    assert {slots[stored["slot"]]: sid for sid, stored in _RECORDINGS.items()} == {
        sid: sid for sid in _RECORDINGS
    }
    assert state(hass, "select.recording_3_pause_behavior") == "skip"


async def test_a_release_resumes_all_but_what_a_person_had_paused(
    hass: HomeAssistant, upgraded: MockConfigEntry, simulator: Simulator
) -> None:
    await hass.services.async_call("signalwire", "release_recordings", {}, blocking=True)
    await settle(hass)
    await refresh(hass, upgraded)
    paused = [
        sid for sid, one in simulator.space.recordings.items() if one.status.value == "paused"
    ]
    assert paused == [sid for sid, one in _RECORDINGS.items() if one["paused_by"] == "person"]
    assert sorted(statuses(simulator)) == ["in-progress", "in-progress", "paused"]
