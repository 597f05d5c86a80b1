"""Try the demo without a browser: `python -m demo.smoke`."""

import asyncio
from pathlib import Path
import re
import sys
import tempfile
from typing import Any

import aiohttp
from homeassistant.const import __version__

from .home_assistant import Commands, Server, connected
from .outside import started
from .screen import DemoError, complain, say
from .settings import free_port
from .traffic import Control
from .waiting import wait_until

_LIMIT = 20
_SWITCH = "switch.recording_1"
_LOUD = re.compile(r"^\S+ \S+ (WARNING|ERROR|CRITICAL) .*signalwire.*$", re.MULTILINE)
# What Home Assistant says of every custom integration.
_UNTESTED = "which has not been tested by Home Assistant"


async def _try(folder: str) -> None:
    arguments = ("--no-calls", "--port", str(free_port()), "--config", folder)
    async with aiohttp.ClientSession() as session, started(*arguments) as demo:
        server = Server(session, demo.address)
        login = await server.log_in(demo.user, demo.password)
        async with connected(server, login) as commands:
            await _live(commands, Control(session, demo.space))
        await server.log_out(login)
        log = await asyncio.to_thread(demo.log.read_text, encoding="utf-8")
        if loud := [line[0] for line in _LOUD.finditer(log) if _UNTESTED not in line[0]]:
            raise DemoError("\n".join(["The log is not empty:", *loud]))
        if code := await demo.stop():
            raise DemoError(f"The demo ended with {code}.")


async def _live(commands: Commands, control: Control) -> None:
    """Let a call come, be paused, go on and end."""
    call = await control.start_call("+15555550142", "+15555550100")
    await _shows(commands, "on")
    for service, state in (("turn_off", "off"), ("turn_on", "on")):
        await commands.send(
            "call_service", domain="switch", service=service, target={"entity_id": _SWITCH}
        )
        await _shows(commands, state)
    await control.hang_up(call)
    await _shows(commands, "unavailable")


async def _shows(commands: Commands, wanted: str) -> None:
    async def probe() -> bool | None:
        states: list[dict[str, Any]] = await commands.send("get_states")
        found = {state["entity_id"]: state["state"] for state in states}
        return True if found.get(_SWITCH) == wanted else None

    await wait_until(probe, f"{_SWITCH} was {wanted}", _LIMIT)


def main() -> int:
    """Try it, and return the exit code."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(_try(str(Path(folder) / "demo")))
    except DemoError as err:
        complain(str(err))
        return 1
    say(f"The integration works in Home Assistant {__version__}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
