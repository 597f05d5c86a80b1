"""Soak: a simulated week of calls, with the space's time compressed."""

import asyncio
import gc
import random

from homeassistant.core import HomeAssistant

from .home_assistant import add_project, home_assistant, settle
from .measuring import Figure, Row, Scale
from .memory import resident_bytes
from .space import SimulatedSpace, simulated_space

_MINUTE = 60
# Calls that begin in each hour of a day: a shop's.
_CALLS = (0, 0, 0, 0, 0, 1, 2, 6, 14, 20, 22, 20, 14, 18, 20, 20, 18, 12, 6, 3, 2, 1, 0, 0)
_SEED = 20261123
_SLOTS = 16


async def measure(scale: Scale) -> Row:
    """Let a week of calls go by, a refresh each minute, and count what there is each hour."""
    hours = scale.pick(quick=2, full=7 * 24)
    samples: list[dict[str, float]] = []
    chance = random.Random(_SEED)  # noqa: S311 (traffic, the same each time)
    calls = 0
    async with simulated_space() as space, home_assistant() as hass:
        # Up to now, for nobody's clock is a week ahead of Home Assistant's.
        await space.post("clock", seconds=-hours * 60 * _MINUTE)
        coordinator = await add_project(hass, space)
        # More than will be at once ever after, so that every slot is there within the first hour.
        ends = {await _call(space): number for number in range(1, _SLOTS + 1)}
        minute = 0
        # From the morning on, so that the first hour has calls.
        for hour in range(9, 9 + hours):
            begins = sorted(
                minute + chance.randrange(60) for _ in range(_CALLS[hour % len(_CALLS)])
            )
            for _ in range(60):
                await space.post("clock", seconds=_MINUTE)
                for call in [call for call, end in ends.items() if end <= minute]:
                    del ends[call]
                    await space.post(f"calls/{call}/hangup")
                while begins and begins[0] <= minute:
                    begins.pop(0)
                    ends[await _call(space)] = minute + chance.randint(1, 25)
                    calls += 1
                await coordinator.async_refresh()
                await settle(hass)
                await _pause_some(hass, chance)
                minute += 1
            gc.collect()
            samples.append(
                {
                    "memory": resident_bytes() / 2**20,
                    "objects": len(gc.get_objects()),
                    "tasks": len(asyncio.all_tasks()),
                    "listeners": sum(hass.bus.async_listeners().values())
                    + len(coordinator._listeners),  # noqa: SLF001 (what has to stay)
                    "timers": sum(
                        not timer.cancelled()
                        for timer in hass.loop._scheduled  # type: ignore[attr-defined]  # noqa: SLF001
                    ),
                    "active": len(coordinator.data.recordings),
                }
            )
    return Row(
        name="soak",
        what=f"Soak: {hours:,} simulated hours, {calls:,} calls, {60 * hours:,} refreshes",
        beside="itself, after the first hour",
        figures=[
            _growth(samples, "memory", "MiB", 2, 0.02),
            _second_half(samples),
            _growth(samples, "objects", "", 0, 0.01),
            _growth(samples, "tasks", "", 1),
            _growth(samples, "listeners", "", 0),
            _growth(samples, "timers", "", 3),
        ],
    )


def _growth(
    samples: list[dict[str, float]], key: str, unit: str, least: float, part: float = 0
) -> Figure:
    """Return how much more there was on the last day than after the first hour, at the median.

    `least` is what may come and go by chance, `part` the same as a part of what there was.
    """
    first = samples[0][key]
    allowed = max(least, first * part)
    return Figure.of(
        f"growth of {key} from {first:,.0f}",
        [sample[key] - first for sample in samples[-24:]],
        unit,
        target=f"≤ {allowed:,.0f}",
        reach=lambda value: value <= allowed,
    )


def _second_half(samples: list[dict[str, float]]) -> Figure:
    """Return how much the memory has grown from the middle to the end, hour by hour."""
    half = len(samples) // 2
    return Figure.of(
        "growth of memory over the second half",
        [
            later["memory"] - sooner["memory"]
            for sooner, later in zip(samples[max(0, half - 12) : half], samples[-12:], strict=False)
        ],
        "MiB",
        target="≤ 1",
        reach=lambda value: value <= 1,
    )


async def _call(space: SimulatedSpace) -> str:
    """Begin a call that is recorded, and return its SID."""
    call = str((await space.post("calls"))["sid"])
    await space.post(f"calls/{call}/recordings")
    return call


async def _pause_some(hass: HomeAssistant, chance: random.Random) -> None:
    """Toggle one of the recordings now and then."""
    switches = [f"switch.recording_{number}" for number in range(1, _SLOTS + 1)]
    states = [state for entity_id in switches if (state := hass.states.get(entity_id))]
    toggled = [state for state in states if state.state in ("on", "off")]
    if toggled and chance.random() < 0.2:
        await hass.services.async_call(
            "switch", "toggle", {"entity_id": chance.choice(toggled).entity_id}, blocking=True
        )
