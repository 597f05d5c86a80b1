"""The repairs, through Home Assistant's own API."""

import asyncio
from http import HTTPStatus
from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.signalwire.project.protection import ProtectionError
from simulator import Fault, Simulator
from tests.helpers import (
    MASTER,
    TITLE,
    call_with_recording,
    jump,
    refresh,
    restart,
    settle,
    state,
    statuses,
    turn,
    until,
)

FLOWS = "/api/repairs/issues/fix"


async def open_repair(client: TestClient[Any, Any], issue_id: str) -> str:
    """Open the repair of an issue, which asks first; return the ID of its flow."""
    response = await client.post(FLOWS, json={"handler": "signalwire", "issue_id": issue_id})
    assert response.status == HTTPStatus.OK
    flow = await response.json()
    assert flow["step_id"] == "confirm"
    return str(flow["flow_id"])


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
    flow_id = await open_repair(client, issue_id)
    # To look at the question decides nothing.
    assert statuses(simulator) == ["paused"]
    response = await client.post(f"{FLOWS}/{flow_id}", json={})
    assert (await response.json())["type"] == "create_entry"
    await settle(hass)
    assert state(hass, MASTER) == STATE_ON
    assert statuses(simulator) == ["in-progress"]
    assert issues.async_get_issue("signalwire", issue_id) is None


# Recordings that can be played without a login.


@pytest.fixture
async def public(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> MockConfigEntry:
    """Return a project whose recordings are public, of which one has ended."""
    simulator.settings.protect_recordings = False
    simulator.space.add_recordings(count=1)
    assert await async_setup_component(hass, "repairs", {})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    return entry


def public_issue(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the issue that tells of public recordings."""
    return ir.async_get(hass).async_get_issue("signalwire", f"recordings_public_{entry.entry_id}")


async def protect(hass_client: ClientSessionGenerator, entry: MockConfigEntry) -> dict[str, Any]:
    """Go through the repair; return how its flow ended."""
    client = await hass_client()
    issue_id = f"recordings_public_{entry.entry_id}"
    flow_id = await open_repair(client, issue_id)
    response = await client.post(f"{FLOWS}/{flow_id}", json={})
    ended: dict[str, Any] = await response.json()
    return ended


async def test_public_recordings_are_told_of_and_protected(
    hass: HomeAssistant,
    public: MockConfigEntry,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
) -> None:
    issue = public_issue(hass, public)
    assert issue is not None
    assert (issue.severity, issue.is_fixable) == (ir.IssueSeverity.WARNING, True)
    assert (await protect(hass_client, public))["type"] == "create_entry"
    assert simulator.settings.protect_recordings
    assert public_issue(hass, public) is None
    assert [request.status for request in simulator.requests if ".wav" in request.path] == [
        401,
        206,
    ]
    # And it is not told again.
    await restart(hass, public)
    assert public_issue(hass, public) is None


async def test_a_service_that_knows_put_alone_is_asked_that_way(
    hass: HomeAssistant,
    public: MockConfigEntry,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
) -> None:
    simulator.faults.add(Fault(method="PATCH", status=405))
    assert (await protect(hass_client, public))["type"] == "create_entry"
    assert simulator.settings.protect_recordings


@pytest.mark.parametrize(
    ("faults", "reason", "is_protected"),
    [
        (
            [Fault(method="PATCH", status=403, body='{"message": "No scope"}')],
            "not_switched",
            False,
        ),
        ([Fault(path=".wav", status=403)], "switched_back", False),
        ([Fault(path=".wav", status=503)], "not_tried", True),
        (
            [
                Fault(path=".wav", status=403),
                Fault(method="PATCH", times=1),
                Fault(method="PATCH", status=422, body='{"message": "Not now"}'),
            ],
            "not_playable",
            True,
        ),
    ],
)
async def test_a_protection_that_does_not_work_is_taken_back_and_told(
    hass: HomeAssistant,
    public: MockConfigEntry,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
    faults: list[Fault],
    reason: str,
    is_protected: bool,
) -> None:
    for fault in faults:
        simulator.faults.add(fault)
    ended = await protect(hass_client, public)
    assert (ended["type"], ended["reason"]) == ("abort", reason)
    assert ended["description_placeholders"]["reason"]
    assert simulator.settings.protect_recordings is is_protected
    assert (public_issue(hass, public) is None) is (reason == "not_tried")


async def test_a_protection_that_somebody_else_switched_on_is_not_taken_back(
    hass: HomeAssistant,
    public: MockConfigEntry,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
) -> None:
    simulator.settings.protect_recordings = True
    simulator.faults.add(Fault(path=".wav", status=403))
    assert (await protect(hass_client, public))["reason"] == "not_tried"
    assert simulator.settings.protect_recordings


async def test_a_protection_is_on_though_the_answer_was_lost(
    hass: HomeAssistant,
    public: MockConfigEntry,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
) -> None:
    simulator.faults.add(Fault(method="PATCH", status=502, apply="after"))
    assert (await protect(hass_client, public))["type"] == "create_entry"
    assert simulator.settings.protect_recordings
    assert public_issue(hass, public) is None


async def test_a_recording_that_still_plays_without_a_login_is_told_of(
    hass: HomeAssistant,
    public: MockConfigEntry,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
) -> None:
    audio = {"Content-Type": "audio/wav"}
    simulator.faults.add(Fault(path=".wav", status=200, body="R", headers=audio))
    assert (await protect(hass_client, public))["reason"] == "still_public"
    assert public_issue(hass, public) is not None


async def test_two_repairs_at_once_leave_one_truth(
    hass: HomeAssistant, public: MockConfigEntry, simulator: Simulator
) -> None:
    protection = public.runtime_data.project.protection
    simulator.faults.add(Fault(path=".wav", status=403, times=2))
    outcomes = await asyncio.gather(
        protection.async_protect(), protection.async_protect(), return_exceptions=True
    )
    assert [isinstance(outcome, ProtectionError) for outcome in outcomes] == [True, False]
    assert simulator.settings.protect_recordings
    assert public_issue(hass, public) is None


async def test_nothing_is_switched_after_an_unload(
    hass: HomeAssistant, public: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(path=".wav", status=403, delay=0.3))
    protecting = hass.async_create_task(public.runtime_data.project.protection.async_protect())
    await until(lambda: bool(simulator.faults.applied))
    assert await hass.config_entries.async_unload(public.entry_id)
    switched = [request.method for request in simulator.requests].count("PATCH")
    with pytest.raises(ProtectionError):
        await protecting
    assert [request.method for request in simulator.requests].count("PATCH") == switched == 1
    assert simulator.settings.protect_recordings


async def test_a_service_that_was_down_is_asked_again_in_an_hour(
    hass: HomeAssistant, public: MockConfigEntry, simulator: Simulator
) -> None:
    for path in ("/projects/", ".wav"):
        simulator.faults.add(Fault(path=path, status=400))
    await restart(hass, public)
    assert public_issue(hass, public) is None
    simulator.faults.clear()
    jump(hass, hours=1, seconds=1)
    await until(lambda: public_issue(hass, public) is not None)


async def test_a_repair_that_was_left_open_releases_nothing_that_a_person_holds(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_storage: dict[str, Any],
    hass_client: ClientSessionGenerator,
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await hass.config_entries.async_unload(loaded.entry_id)
    hass_storage[f"signalwire.{loaded.entry_id}"]["data"] = []
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await settle(hass)
    client = await hass_client()
    issue_id = f"hold_not_restored_{loaded.entry_id}"
    flow_id = await open_repair(client, issue_id)
    for to in ("on", "off"):
        await turn(hass, to)
        await settle(hass)
    await client.post(f"{FLOWS}/{flow_id}", json={})
    await settle(hass)
    assert (state(hass, MASTER), statuses(simulator)) == (STATE_OFF, ["paused"])


@pytest.mark.parametrize("removed", [False, True])
async def test_a_repair_of_a_project_that_is_not_loaded_any_more_says_so(
    hass: HomeAssistant,
    public: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    removed: bool,
) -> None:
    client = await hass_client()
    flow_id = await open_repair(client, f"recordings_public_{public.entry_id}")
    if removed:
        await hass.config_entries.async_remove(public.entry_id)
    else:
        await hass.config_entries.async_unload(public.entry_id)
    response = await client.post(f"{FLOWS}/{flow_id}", json={})
    assert response.status == HTTPStatus.OK
    ended = await response.json()
    assert (ended["type"], ended["reason"]) == ("abort", "project_not_loaded")
    assert ended["description_placeholders"] == {"project": TITLE}


async def test_public_recordings_are_told_of_without_the_management_scope(
    hass: HomeAssistant, public: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.settings.scopes = {"voice"}
    await restart(hass, public)
    issue = public_issue(hass, public)
    assert issue is not None
    assert (issue.translation_key, issue.is_fixable) == ("recordings_public_elsewhere", False)
    simulator.settings.protect_recordings = True
    await restart(hass, public)
    assert public_issue(hass, public) is None


async def test_what_cannot_be_found_out_is_not_told(
    hass: HomeAssistant, public: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.settings.scopes = {"voice"}
    simulator.space.recordings.clear()
    await restart(hass, public)
    assert public_issue(hass, public) is None
    simulator.space.add_recordings(count=1)
    simulator.faults.add(Fault(path=".wav", status=404))
    await restart(hass, public)
    assert public_issue(hass, public) is None


async def test_a_protection_that_was_switched_on_elsewhere_is_seen_within_a_day(
    hass: HomeAssistant, public: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.settings.protect_recordings = True
    for _ in range(24):
        assert public_issue(hass, public) is not None
        jump(hass, hours=1, seconds=1)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert public_issue(hass, public) is None
