"""The repair of a hold that stands in for what was lost, through Home Assistant's own API."""

from http import HTTPStatus
from typing import Any

from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from simulator import Simulator
from tests.helpers import (
    MASTER,
    call_with_recording,
    refresh,
    settle,
    state,
    statuses,
)

FLOWS = "/api/repairs/issues/fix"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ([], "hold_not_restored_unreadable"),
        ({"recordings": 1}, "hold_not_restored_unreadable"),
        (None, "hold_not_restored_missing"),
    ],
)
async def test_a_lost_hold_is_released_by_its_repair(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_storage: dict[str, Any],
    hass_client: ClientSessionGenerator,
    content: object,
    key: str,
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await hass.config_entries.async_unload(loaded.entry_id)
    name = f"signalwire.{loaded.entry_id}"
    if content is None:
        del hass_storage[name]
    else:
        hass_storage[name]["data"] = content
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await settle(hass)
    assert state(hass, MASTER) == STATE_OFF
    assert statuses(simulator) == ["paused"]

    issue_id = f"hold_not_restored_{loaded.entry_id}"
    issues = ir.async_get(hass)
    issue = issues.async_get_issue("signalwire", issue_id)
    assert issue is not None
    assert issue.translation_key == key
    assert issue.severity is ir.IssueSeverity.CRITICAL
    client = await hass_client()
    response = await client.post(FLOWS, json={"handler": "signalwire", "issue_id": issue_id})
    assert response.status == HTTPStatus.OK
    flow = await response.json()
    assert flow["step_id"] == "confirm"
    # To look at the question decides nothing.
    assert statuses(simulator) == ["paused"]
    response = await client.post(f"{FLOWS}/{flow['flow_id']}", json={})
    assert (await response.json())["type"] == "create_entry"
    await settle(hass)
    assert state(hass, MASTER) == STATE_ON
    assert statuses(simulator) == ["in-progress"]
    assert issues.async_get_issue("signalwire", issue_id) is None
