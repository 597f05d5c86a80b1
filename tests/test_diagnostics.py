"""Diagnostics and system health: what helps to find a fault, and no secret."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_system_health_info,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion

from custom_components.signalwire.diagnostics import async_get_config_entry_diagnostics
from simulator import Fault, Simulator
from tests.helpers import (
    FRONT_DESK,
    PROJECT_ID,
    TITLE,
    TOKEN,
    call_with_recording,
    conference_with_recording,
    entry_data,
    refresh,
    until,
)

KEY = "PSK_a-key-that-nobody-may-see"


async def _download(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> str:
    """Return all of the file that a person would attach to an issue."""
    assert await async_setup_component(hass, "diagnostics", {})
    client = await hass_client()
    response = await client.get(f"/api/diagnostics/config_entry/{entry.entry_id}")
    assert response.status == 200
    text: str = await response.text()
    return text


def _data(text: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(text)["data"]
    return data


async def test_the_diagnostics_are_as_they_were(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    lines: None,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
    snapshot: SnapshotAssertion,
) -> None:
    hass.config_entries.async_update_entry(entry, options={"most_slots": 2, "signing_key": KEY})
    for number in range(2):
        call_with_recording(simulator, from_number=f"+1555555014{number}")
        freezer.tick(60)
    conference_with_recording(simulator, "Front desk")
    simulator.settings.loose = True
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await entry.runtime_data.project.hold_controller.async_hold(timedelta(minutes=5))
    await entry.runtime_data.project.hold_controller.async_hold(name="sensor", line=FRONT_DESK)
    await hass.async_block_till_done(wait_background_tasks=True)
    data = _data(await _download(hass, hass_client, entry))
    # Not the same each time: how many requests were needed, and what the server's clock shows.
    assert data["requests"].pop("requests") >= 5
    data["refresh"].pop("clock_offset_seconds")
    for recording in data["recordings"]["active"]:
        assert abs(recording.pop("started_seconds_ago")) >= 0
        assert abs(recording.pop("updated_seconds_ago")) >= 0
    assert data == snapshot


@pytest.mark.parametrize("state", ["loaded", "failing", "unloaded"])
async def test_no_secret_and_nobodys_number_is_in_the_diagnostics(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    lines: None,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
    state: str,
) -> None:
    hass.config_entries.async_update_entry(entry, options={"signing_key": KEY})
    call_with_recording(simulator, from_number="+15555550142", to_number="sip:anna@example.com")
    conference_with_recording(simulator, "Front desk")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    secrets = [TOKEN, PROJECT_ID, KEY, TITLE, simulator.url, "127.0.0.1", "/Accounts/"]
    secrets += [
        "5555550142",
        "anna",
        "Front desk",
        "5550110",
        "shop.example",
        FRONT_DESK,
        entry.data["webhook_id"],
    ]
    secrets += [*simulator.space.recordings, *simulator.space.calls, *simulator.space.conferences]
    if state == "failing":
        reason = f"No such recording: {secrets[-1]}, called by +15555550142"
        simulator.faults.add(Fault(status=422, body=json.dumps({"code": 9, "message": reason})))
        await refresh(hass, entry)
    if state == "unloaded":
        assert await hass.config_entries.async_unload(entry.entry_id)
    text = await _download(hass, hass_client, entry)
    assert _data(text)["entry"]["state"] == ("not_loaded" if state == "unloaded" else "loaded")
    for secret in secrets:
        assert secret not in text, f"{secret} is in the diagnostics"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (
            Fault(status=422, body='{"code": 9, "message": "private"}'),
            {"type": "RejectedError", "status": 422, "code": "9"},
        ),
        (Fault(status=401), {"type": "AuthenticationError", "status": 401, "code": "20003"}),
        (Fault(status=429, headers={"Retry-After": "99"}), {"type": "RateLimitedError"}),
        (
            Fault(status=200, body="<html>"),
            {"type": "MalformedAnswerError", "message": "The answer is no JSON"},
        ),
    ],
)
async def test_the_last_error_is_told_by_its_kind(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
    fault: Fault,
    error: dict[str, object],
) -> None:
    simulator.faults.add(fault)
    await refresh(hass, loaded)
    await refresh(hass, loaded)
    told = _data(await _download(hass, hass_client, loaded))
    assert told["refresh"]["last_error"] == error
    assert told["refresh"]["failures_in_a_row"] == 2
    assert not told["refresh"]["succeeded"]
    assert told["requests"]["failures"] == 2


async def test_the_issues_are_named(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
) -> None:
    hass.config_entries.async_update_entry(entry, options={"most_slots": 1})
    for _ in range(2):
        call_with_recording(simulator)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert _data(await _download(hass, hass_client, entry))["issues"] == ["slots_exceeded"]


async def test_an_update_under_way_is_told_of(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(method="POST", delay=0.2))
    update = hass.async_create_task(
        hass.services.async_call(
            "switch", "turn_off", {"entity_id": "switch.recording_1"}, blocking=True
        )
    )
    (sid,) = simulator.space.recordings
    await until(lambda: loaded.runtime_data.project.state.recordings[sid].in_flight is not None)
    told = await async_get_config_entry_diagnostics(hass, loaded)
    assert [one["update_under_way"] for one in told["recordings"]["active"]] == ["paused"]
    await update


async def _health(hass: HomeAssistant) -> dict[str, Any]:
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info: dict[str, Any] = await get_system_health_info(hass, "signalwire")
    if "can_reach_server" in info:
        info["can_reach_server"] = await info["can_reach_server"]
    return info


async def test_system_health_tells_how_it_went(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    simulator.faults.add(Fault(status=503, times=1))
    await refresh(hass, loaded)
    info = await _health(hass)
    assert datetime.now(UTC) - info.pop("last_success") < timedelta(minutes=1)
    assert info.pop("requests") == len(simulator.requests) - 1
    assert info == {
        "projects": 1,
        "loaded": 1,
        "can_reach_server": "ok",
        "active_recordings": 1,
        "retries": 1,
        "failures": 0,
    }


async def test_system_health_of_several_projects_is_that_of_all(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    second = MockConfigEntry(
        domain="signalwire", title="Bakery", unique_id="other", data=entry_data(simulator)
    )
    second.add_to_hass(hass)
    assert await hass.config_entries.async_setup(second.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    first_success = loaded.runtime_data.project.last_success
    info = await _health(hass)
    assert (info["projects"], info["loaded"], info["active_recordings"]) == (2, 2, 1)
    assert info["last_success"] == first_success
    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert (await _health(hass))["loaded"] == 1


async def test_system_health_without_a_project_says_so(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    assert await hass.config_entries.async_remove(loaded.entry_id)
    assert await _health(hass) == {"projects": 0}


async def test_system_health_of_disabled_projects_reaches_for_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    await hass.config_entries.async_set_disabled_by(loaded.entry_id, ConfigEntryDisabler.USER)
    assert await _health(hass) == {"projects": 1, "loaded": 0}


async def test_system_health_tells_that_the_service_is_away(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    await simulator.stop()
    assert await hass.config_entries.async_unload(loaded.entry_id)
    info = await _health(hass)
    assert info["can_reach_server"] == {"type": "failed", "error": "unreachable"}
    assert info["loaded"] == 0
