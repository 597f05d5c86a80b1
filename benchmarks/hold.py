"""The hold: 1,000 active recordings, and the master switch is turned off."""

import asyncio
from time import perf_counter
from typing import Any

from homeassistant.core import HomeAssistant

from custom_components.signalwire.coordinator import SignalWireCoordinator
from custom_components.signalwire.project.reconciler import MAX_UPDATES_AT_ONCE

from .contenders import twilio_client
from .home_assistant import add_project, home_assistant, settle
from .measuring import Figure, Row, Scale, ratios
from .rest import recording_path
from .space import LOGIN, SimulatedSpace, simulated_space

_ACTIVE = 1_000
_SWITCH = "switch.benchmark_call_recording"


async def measure(scale: Scale) -> Row:
    """Pause all with the switch, with bare requests as many at once, and with an SDK in a row."""
    took: dict[str, list[float]] = {"ours": [], "bare": [], "sdk": []}
    most: list[float] = []
    paused: list[float] = []
    turns = scale.pick(quick=1, full=7)
    async with simulated_space() as space, home_assistant() as hass:
        await space.post("recordings", count=_ACTIVE, status="in-progress", age=5, spread=300)
        recordings = (await space.get("state"))["recordings"]
        coordinator = await add_project(hass, space)
        for turn in range(turns + 1):
            if not turn:
                # The first is not timed, and slow, so that requests meet.
                await space.post("faults", delay=0.02)
                await space.forget_requests()
            ours = await switch_until_confirmed(hass, coordinator, "turn_off")
            if not turn:
                most.append(await space.most_at_once())
                await space.clear_faults()
            states = (await space.get("state"))["recordings"]
            done = sum(recording["status"] == "paused" for recording in states)
            await switch_until_confirmed(hass, coordinator, "turn_on")
            bare = await _bare(space, recordings, "paused")
            await _bare(space, recordings, "in-progress")
            if turn:
                took["ours"].append(ours)
                took["bare"].append(bare)
                paused.append(done)
        for _ in range(scale.pick(quick=1, full=3)):
            took["sdk"].append(await asyncio.to_thread(_one_by_one, space, recordings))
            await _bare(space, recordings, "in-progress")
    return Row(
        name="hold",
        what=f"Hold: {_ACTIVE:,} active, the master switch off",
        beside="The `twilio` SDK, one call after the other; as many bare POSTs at once",
        figures=[
            Figure.of(
                "paused", paused, target=f"{_ACTIVE:,}", reach=lambda value: value == _ACTIVE
            ),
            Figure.of(
                "requests at once",
                most,
                # One more for a refresh meanwhile.
                target=f"≤ {MAX_UPDATES_AT_ONCE + 1}",
                reach=lambda value: value <= MAX_UPDATES_AT_ONCE + 1,
            ),
            Figure.of(
                f"time, in times of {_ACTIVE:,} bare POSTs, {MAX_UPDATES_AT_ONCE} at once",
                ratios(took["ours"], took["bare"]),
                "×",
                target="≤ 1.6",
                reach=lambda value: value <= 1.6,
            ),
            Figure.of(
                "time, in times of the SDK's",
                [sorted(took["ours"])[turns // 2] / value for value in took["sdk"]],
                "×",
                target="< 1",
                reach=lambda value: value < 1,
            ),
            *(
                Figure.of(f"time of {name}", [1000 * value for value in values], "ms")
                for name, values in took.items()
            ),
        ],
    )


async def switch_until_confirmed(
    hass: HomeAssistant, coordinator: SignalWireCoordinator, action: str
) -> float:
    """Turn the switch, and return the seconds until the service has confirmed all of it."""
    began = perf_counter()
    await hass.services.async_call("switch", action, {"entity_id": _SWITCH}, blocking=True)
    done = asyncio.get_running_loop().create_future()

    def check() -> None:
        data = coordinator.data
        reached = (
            data.hold.confirmed
            if action == "turn_off"
            else all(recording.status.is_recording for recording in data.recordings.values())
        )
        if reached and not done.done():
            done.set_result(perf_counter() - began)

    unsubscribe = coordinator.async_add_listener(check)
    try:
        check()
        async with asyncio.timeout(120):
            seconds: float = await done
    finally:
        unsubscribe()
    await settle(hass)
    return seconds


async def _bare(space: SimulatedSpace, recordings: list[dict[str, Any]], status: str) -> float:
    """Return the seconds for one POST each, as many at once as the integration sends."""
    at_once = asyncio.Semaphore(MAX_UPDATES_AT_ONCE)

    async def post(recording: dict[str, Any]) -> None:
        async with (
            at_once,
            space.session.post(
                f"{space.url}{recording_path(recording)}", data={"Status": status}, headers=LOGIN
            ) as response,
        ):
            await response.read()

    began = perf_counter()
    await asyncio.gather(*(post(recording) for recording in recordings))
    return perf_counter() - began


def _one_by_one(space: SimulatedSpace, recordings: list[dict[str, Any]]) -> float:
    sdk = twilio_client(space.url)
    began = perf_counter()
    for recording in recordings:
        sdk.calls(recording["call_sid"]).recordings(recording["sid"]).update("paused")
    return perf_counter() - began
