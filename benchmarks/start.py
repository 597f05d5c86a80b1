"""Start: what setting up an entry adds, import included, each time in a fresh process.

`python -m benchmarks.start DOMAIN [URL]` is such a process.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
import json
import re
import sys

from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from .blocking import watched_loop
from .home_assistant import add_project, config_entry, home_assistant, settle
from .measuring import Figure, Row, Scale, Stopwatch
from .memory import resident_bytes
from .space import ROOT, SimulatedSpace, simulated_space

_ACTIVE = 4
# Milliseconds.
_WORTH_A_LINE = 2.5
_MAX_STEP = 20
_OURS, _OTHER = "signalwire", "template"
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")


async def measure(scale: Scale) -> Row:
    """Start each in turn, again and again."""
    samples: dict[str, dict[str, list[float]]] = {
        domain: defaultdict(list) for domain in (_OURS, _OTHER)
    }
    imported: dict[str, float] = {}
    async with simulated_space() as space:
        await space.post("recordings", count=_ACTIVE, status="in-progress", age=5, spread=60)
        for _ in range(scale.pick(quick=1, full=9)):
            for domain, values in samples.items():
                for key, value in json.loads((await _run(domain, space.url))[0]).items():
                    values[key].append(value)
        if not scale.quick:
            _, errors = await _run(_OURS, space.url, "-X", "importtime")
            imported = _by_package(errors)
    units = {"import": "ms", "set-up": "ms", "memory": "MiB", "modules": ""}
    return Row(
        name="start",
        what=f"Start: set-up of the entry with {_ACTIVE} active recordings, import included",
        beside="A template switch, set up as a config entry",
        figures=[
            *(
                Figure.of(f"{key} of {domain}", samples[domain][key], unit)
                for key, unit in units.items()
                for domain in samples
            ),
            Figure.of(
                f"longest step of the loop in the set-up of {_OTHER}", samples[_OTHER]["step"], "ms"
            ),
            Figure.of(
                f"longest step of the loop in the set-up of {_OURS}",
                samples[_OURS]["step"],
                "ms",
                target=f"≤ {_MAX_STEP}",
                reach=lambda step: step <= _MAX_STEP,
            ),
            *(
                Figure.of(f"import of {package}, itself", [milliseconds], "ms")
                for package, milliseconds in sorted(
                    imported.items(), key=lambda item: item[1], reverse=True
                )
                if milliseconds >= _WORTH_A_LINE
            ),
            Figure.of(
                "import of everything else, together",
                [sum(taken for taken in imported.values() if taken < _WORTH_A_LINE)],
                "ms",
            ),
        ],
        notes=["Import times were taken once, under importtime."],
    )


async def _run(domain: str, url: str, *options: str) -> tuple[str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *options, "-m", "benchmarks.start", domain, url),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    if process.returncode:
        raise RuntimeError(errors.decode())
    return output.decode().splitlines()[-1], errors.decode()


def _by_package(errors: str) -> dict[str, float]:
    """Return the milliseconds of what is imported after the core has started, by package."""
    times: dict[str, float] = defaultdict(float)
    begun = False
    for line in errors.splitlines():
        begun = begun or line == "begin"
        if begun and (match := _IMPORT.match(line)):
            times[".".join(match[2].split(".")[:3])] += int(match[1]) / 1000
        if line == "end":
            break
    return times


async def _start(domain: str, url: str) -> None:
    async with home_assistant() as hass:
        set_up: dict[str, Callable[[HomeAssistant, str], Awaitable[None]]] = {
            _OURS: _set_up_ours,
            _OTHER: _set_up_template,
        }
        memory, modules = resident_bytes(), len(sys.modules)
        print("begin", file=sys.stderr, flush=True)  # noqa: T201 (for the process that asks)
        integration = await async_get_integration(hass, domain)
        with Stopwatch() as importing:
            # As Home Assistant does it: the platforms and the flow too.
            await integration.async_get_component()
            if domain == _OURS:
                await integration.async_get_platforms(
                    ["button", "event", "select", "sensor", "switch"]
                )
            else:
                await integration.async_get_platforms(["switch"])
        with watched_loop() as blocking, Stopwatch() as setting_up:
            await set_up[domain](hass, url)
        print("end", file=sys.stderr, flush=True)  # noqa: T201 (likewise)
        result = {
            "import": 1000 * importing.seconds,
            "set-up": 1000 * setting_up.seconds,
            "step": 1000 * blocking.seconds,
            "memory": (resident_bytes() - memory) / 2**20,
            "modules": len(sys.modules) - modules,
        }
        print(json.dumps(result))  # noqa: T201 (likewise)


async def _set_up_ours(hass: HomeAssistant, url: str) -> None:
    import aiohttp  # noqa: PLC0415 (long imported)

    async with aiohttp.ClientSession() as session:
        await add_project(hass, SimulatedSpace(url, session))


async def _set_up_template(hass: HomeAssistant, _url: str) -> None:
    entry = config_entry(
        "template",
        {},
        {"name": "Bare", "template_type": "switch", "value_template": "{{ true }}"},
    )
    await hass.config_entries.async_add(entry)
    await settle(hass)


if __name__ == "__main__":
    asyncio.run(_start(sys.argv[1], sys.argv[2]))
