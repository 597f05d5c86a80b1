"""The client: lists 10,000 recordings beside the SDKs, and beside what is possible at all."""

import asyncio
from asyncio.subprocess import PIPE, Process
from contextlib import AsyncExitStack
import json
import os
import sys

from .contenders import CONTENDERS
from .measuring import Figure, Row, Scale, ratios
from .space import ROOT, SimulatedSpace, simulated_space

_RECORDINGS = 10_000
_SDKS = ("twilio", "twilio, async", "signalwire")
_OURS, _LIMIT = "our client", "aiohttp and orjson"


async def measure(scale: Scale) -> Row:
    """List them with each in turn, again and again."""
    took: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    cpu: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    async with simulated_space() as space, AsyncExitStack() as stack:
        # As different from each other as those of a day are.
        await space.post("recordings", count=_RECORDINGS, age=60, spread=86_000, duration=95)
        lists = {name: await _start(name, space, stack) for name in CONTENDERS}
        for turn in range(scale.pick(quick=1, full=15) + 1):
            for name, process in lists.items():
                result = await _ask(process)
                if result["count"] != _RECORDINGS:
                    raise RuntimeError(f"{name} listed {result['count']} recordings")
                # The first is for connections, and whatever else is made once.
                if turn:
                    took[name].append(result["seconds"])
                    cpu[name].append(result["cpu"])
    best = min(_SDKS, key=lambda name: sorted(took[name])[len(took[name]) // 2])
    return Row(
        name="client",
        what=f"List {_RECORDINGS:,} recordings",
        beside=f"The SDKs (best: {best}); aiohttp and orjson alone",
        figures=[
            Figure.of(
                "speed, in times of the best SDK's",
                ratios(took[best], took[_OURS]),
                "×",
                target="≥ 2.5",
                reach=lambda value: value >= 2.5,
            ),
            Figure.of(
                "time, in times of the limit's",
                ratios(took[_OURS], took[_LIMIT]),
                "×",
                target="≤ 1.1",
                reach=lambda value: value <= 1.1,
            ),
            Figure.of("CPU, in times of the limit's", ratios(cpu[_OURS], cpu[_LIMIT]), "×"),
            *(
                Figure.of(f"time of {name}", [1000 * value for value in values], "ms")
                for name, values in took.items()
            ),
        ],
    )


async def _start(name: str, space: SimulatedSpace, stack: AsyncExitStack) -> Process:
    paths = [str(ROOT)]
    if name == "signalwire":
        paths.insert(0, str(ROOT / ".venv" / "signalwire-sdk"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.contenders", name, space.url),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=PIPE,
        stdout=PIPE,
    )
    stack.push_async_callback(process.wait)
    stack.callback(process.kill)
    await _line(process)
    return process


async def _ask(process: Process) -> dict[str, float]:
    if process.stdin is None:
        raise RuntimeError("A contender has no input")
    process.stdin.write(b"\n")
    await process.stdin.drain()
    result: dict[str, float] = json.loads(await _line(process))
    return result


async def _line(process: Process) -> bytes:
    if process.stdout is None:
        raise RuntimeError("A contender has no output")
    if not (line := await process.stdout.readline()):
        raise RuntimeError("A contender has ended")
    return line
