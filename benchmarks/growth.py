"""Growth: what one refresh costs with 1 to 10,000 active recordings."""

from itertools import pairwise

from .blocking import Blocking, watched_loop
from .home_assistant import add_project, home_assistant, settle
from .measuring import Figure, Row, Scale, Stopwatch
from .space import simulated_space

_SIZES = (1, 16, 100, 1_000, 10_000)


async def measure(scale: Scale) -> Row:
    """Refresh with more and more active recordings."""
    figures: list[Figure] = []
    per_recording: dict[int, float] = {}
    sizes = _SIZES[: scale.pick(quick=3, full=5)]
    for size in sizes:
        samples = await _measure(size, scale)
        cpu = Figure.of(
            f"{size:,}: CPU of a refresh, per recording",
            [1e6 * cpu / size for cpu, _ in samples],
            "µs",
        )
        per_recording[size] = cpu.value
        figures += [
            cpu,
            Figure.of(
                f"{size:,}: longest step of the loop",
                [1000 * blocking.seconds for _, blocking in samples],
                "ms",
                target="≤ 20",
                reach=lambda value: value <= 20,
            ),
            Figure.of(
                f"{size:,}: the same without the collection of garbage",
                [1000 * blocking.without_garbage for _, blocking in samples],
                "ms",
                target="≤ 20",
                reach=lambda value: value <= 20,
            ),
        ]
    steps = [per_recording[larger] / per_recording[smaller] for smaller, larger in pairwise(sizes)]
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


async def _measure(size: int, scale: Scale) -> list[tuple[float, Blocking]]:
    """Return the processor seconds of each refresh, and how long it kept the loop."""
    samples: list[tuple[float, Blocking]] = []
    async with simulated_space() as space, home_assistant() as hass:
        # Within the time that each refresh lists anyway, so that all are of one kind.
        await space.post("recordings", count=size, status="in-progress", age=5, spread=300)
        coordinator = await add_project(hass, space)
        for _ in range(scale.pick(quick=4, full=16)):
            # The durations change each time, as they do on the service.
            await space.post("clock", seconds=1)
            with watched_loop() as blocking, Stopwatch() as stopwatch:
                await coordinator.async_refresh()
                await settle(hass)
            samples.append((stopwatch.cpu, blocking))
    # The first one after the set-up still fills what is kept.
    return samples[1:]
