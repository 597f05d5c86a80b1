"""Growth: what one refresh costs with 1 to 10,000 active recordings."""

from .blocking import watched_loop
from .home_assistant import add_project, home_assistant, settle
from .measuring import Figure, Row, Scale, Stopwatch
from .space import simulated_space

_SIZES = (1, 16, 100, 1_000, 10_000)


async def measure(scale: Scale) -> Row:
    """Refresh with more and more active recordings."""
    figures: list[Figure] = []
    per_recording: dict[int, float] = {}
    sizes = _SIZES[: scale.pick(quick=4, full=5)]
    for size in sizes:
        cpu, blocked, worked, first = await _measure(size, scale)
        figures += [
            Figure.of(
                f"{size:,}: CPU of a refresh, per recording",
                [1e6 * value / size for value in cpu],
                "µs",
            ),
            Figure.of(
                f"{size:,}: longest step of the loop, its own work",
                [1000 * value for value in worked],
                "ms",
                target="≤ 50",
                reach=lambda value: value <= 50,
            ),
            Figure.of(
                f"{size:,}: longest step of the loop, with what other processes took",
                [1000 * value for value in blocked],
                "ms",
            ),
            Figure.of(
                f"{size:,}: longest step of the loop at set-up",
                [1000 * first],
                "ms",
                target="≤ 50" if size == sizes[-1] else "",
                reach=(lambda value: value <= 50) if size == sizes[-1] else None,
            ),
        ]
        per_recording[size] = figures[-4].value
    steps = [
        per_recording[larger] / per_recording[smaller]
        for smaller, larger in zip(sizes, sizes[1:], strict=False)
    ]
    figures.insert(
        0,
        Figure.of(
            "largest rise of the CPU per recording, from one size to the next",
            [max(steps)],
            "×",
            target="≤ 1.1",
            reach=lambda value: value <= 1.1,
        ),
    )
    return Row(
        name="growth",
        what=f"Growth: {', '.join(f'{size:,}' for size in sizes)} active",
        beside="itself",
        figures=figures,
    )


async def _measure(size: int, scale: Scale) -> tuple[list[float], list[float], list[float], float]:
    cpu: list[float] = []
    blocked: list[float] = []
    worked: list[float] = []
    async with simulated_space() as space, home_assistant() as hass:
        # Within the time that each refresh lists anyway, so that all are of one kind.
        await space.post("recordings", count=size, status="in-progress", age=5, spread=300)
        # The code is loaded and the first slot is made before the recordings come.
        coordinator = await add_project(hass, space)
        entry = coordinator.config_entry
        await hass.config_entries.async_unload(entry.entry_id)
        with watched_loop() as first:
            await hass.config_entries.async_setup(entry.entry_id)
            await settle(hass)
        coordinator = entry.runtime_data
        for _ in range(scale.pick(quick=4, full=12)):
            # Some durations change each time, as they do on the service.
            await space.post("clock", seconds=1)
            with watched_loop() as blocking, Stopwatch() as stopwatch:
                await coordinator.async_refresh()
                await settle(hass)
            cpu.append(stopwatch.cpu)
            blocked.append(blocking.seconds)
            worked.append(blocking.cpu)
    # The first one after the set-up still fills what is kept.
    return cpu[1:], blocked[1:], worked[1:], first.cpu
