"""Lines: what 1,000 active recordings cost on 20 lines, beside the same without lines."""

from homeassistant.config_entries import ConfigSubentryDataWithId

from .hold import switch_until_confirmed
from .home_assistant import add_project, home_assistant, settle
from .measuring import Figure, Row, Scale, Stopwatch, ratios
from .space import simulated_space

_LINES = 20
_ON_EACH = 50


async def measure(scale: Scale) -> Row:
    """Refresh and hold in turn, with the lines and without them."""
    numbers = [f"+1555555{number:04}" for number in range(_LINES)]
    lines = [
        ConfigSubentryDataWithId(
            data={"addresses": [number]},
            subentry_id=f"LINE{number}",
            subentry_type="line",
            title=f"Desk {number}",
            unique_id=None,
        )
        for number in numbers
    ]
    cpu: dict[bool, list[float]] = {True: [], False: []}
    took: dict[bool, list[float]] = {True: [], False: []}
    async with (
        simulated_space() as one,
        simulated_space() as other,
        home_assistant() as hass,
        home_assistant() as without,
    ):
        for space in (one, other):
            for number in numbers:
                await space.post(
                    "recordings", count=_ON_EACH, status="in-progress", age=5, spread=300, to=number
                )
        projects = {
            True: (hass, one, await add_project(hass, one, lines)),
            False: (without, other, await add_project(without, other)),
        }
        for turn in range(scale.pick(quick=3, full=40) + 3):
            for has_lines, (core, space, coordinator) in projects.items():
                # The durations change each time, as they do on the service.
                await space.post("clock", seconds=1)
                with Stopwatch() as stopwatch:
                    await coordinator.async_refresh()
                    await settle(core)
                if turn >= 3:
                    cpu[has_lines].append(stopwatch.cpu)
        for turn in range(scale.pick(quick=1, full=7) + 1):
            for has_lines, (core, _, coordinator) in projects.items():
                seconds = await switch_until_confirmed(core, coordinator, "turn_off")
                await switch_until_confirmed(core, coordinator, "turn_on")
                if turn:
                    took[has_lines].append(seconds)
    return Row(
        name="lines",
        what=f"Lines: {_LINES * _ON_EACH:,} active on {_LINES} lines",
        beside="The same without lines",
        figures=[
            Figure.of(
                f"{name}, in times of the same without lines",
                ratios(values[True], values[False]),
                "×",
                target="≤ 1.1",
                reach=lambda value: value <= 1.1,
            )
            for name, values in (("CPU of a refresh", cpu), ("time of a hold", took))
        ]
        + [
            Figure.of(f"{name} {with_or_without} lines", [1000 * value for value in values], "ms")
            for name, both in (("CPU of a refresh", cpu), ("time of a hold", took))
            for with_or_without, values in (("with", both[True]), ("without", both[False]))
        ],
    )
