"""Thousands of updates under faults of every kind; none may be lost."""

import asyncio
from collections import Counter
import random

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire.api import RecordingStatus, RetryPolicy
from simulator import Fault, Simulator
from tests.helpers import call_with_recording, conference_with_recording, refresh, until

SEED = 20261123
RECORDINGS = 40
ROUNDS = 12
UPDATES_PER_RECORDING = 5
# Of the requests that no other fault hits first; together they hit well over a third.
FAULTS = (
    Fault(drop=True, probability=0.07),
    Fault(drop=True, probability=0.07, apply="after"),
    Fault(truncate=True, probability=0.07),
    Fault(delay=0.15, probability=0.07),
    Fault(delay=0.6, probability=0.02, apply="after"),
    Fault(status=429, headers={"Retry-After": "0"}, probability=0.05),
    Fault(status=500, probability=0.05, apply="after"),
    Fault(status=503, body="<html>Bad gateway</html>", probability=0.05),
    Fault(status=200, body="<html>Welcome</html>", probability=0.04),
    Fault(status=200, body='{"sid": "someone-else", "status": "paused"}', probability=0.02),
    Fault(status=401, probability=0.02),
)


@pytest.mark.timeout(240)
async def test_no_update_is_lost_under_faults(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    figures: list[str],
) -> None:
    monkeypatch.setattr(
        "custom_components.signalwire.api.client.RetryPolicy",
        lambda: RetryPolicy(total=3, attempt=0.4, first_wait=0.01, longest_wait=0.05),
    )
    monkeypatch.setattr("custom_components.signalwire.project.reconciler._MAX_WAIT", 0.2)
    chance = random.Random(SEED)
    for _ in range(RECORDINGS // 2):
        call_with_recording(simulator)
        conference_with_recording(simulator, "Front desk")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    coordinator = entry.runtime_data
    counted: Counter[str] = Counter()
    simulator.requests.clear()
    retries_before = coordinator.project.client.counts.retries

    async def ask_until_confirmed(sid: str, status: RecordingStatus) -> None:
        """Do what an automation does that means it: repeat what was refused."""
        while True:
            counted["updates"] += 1
            try:
                await coordinator.project.commands.async_update(sid, status)
            except HomeAssistantError:
                counted["told to who asked"] += 1
            else:
                return

    async def toggle(sid: str) -> None:
        for _ in range(UPDATES_PER_RECORDING):
            status = chance.choice([RecordingStatus.PAUSED, RecordingStatus.IN_PROGRESS])
            await ask_until_confirmed(sid, status)
            desired[sid] = status

    sids = list(simulator.space.recordings)
    desired: dict[str, RecordingStatus] = {}
    for fault in FAULTS:
        simulator.faults.add(fault)
    for _ in range(ROUNDS):
        polling = asyncio.gather(*(coordinator.async_refresh() for _ in range(3)))
        await asyncio.gather(*(toggle(sid) for sid in sids))
        await polling
    lost = sum(simulator.space.recordings[sid].status.value != desired[sid] for sid in sids)

    # Now all at once: off and on again and off, with polls in between.
    for held in (True, False, True):
        await (
            coordinator.project.hold_controller.async_hold()
            if held
            else coordinator.project.hold_controller.async_release()
        )
        await coordinator.async_refresh()
    await until(
        lambda: {r.status.value for r in simulator.space.recordings.values()} == {"paused"}, 60
    )
    counted["faults"] = len(simulator.faults.applied)
    counted["requests"] = len(simulator.requests)
    counted["retries"] = coordinator.project.client.counts.retries - retries_before
    counted["lost"] = lost

    simulator.faults.clear()
    await refresh(hass, entry)
    await until(lambda: coordinator.data.hold.confirmed)
    shown = {sid: recording.status.value for sid, recording in coordinator.data.recordings.items()}
    assert shown == {sid: r.status.value for sid, r in simulator.space.recordings.items()}
    await coordinator.project.hold_controller.async_release()
    await hass.async_block_till_done(wait_background_tasks=True)
    after = {sid: r.status.value for sid, r in simulator.space.recordings.items()}
    # What a person had paused stays paused; what the hold paused goes on.
    assert after == {sid: status.value for sid, status in desired.items()}
    figures.append(", ".join(f"{name}: {count}" for name, count in counted.items()))
    assert lost == 0
    assert counted["updates"] >= 2000
    assert counted["faults"] >= counted["requests"] / 3
    assert not [record for record in caplog.records if record.exc_info and record.levelno >= 40]
