"""The demo's lines: three desks, each in an area of its own."""

from dataclasses import dataclass
from functools import partial

from .home_assistant import Commands, Login, Server
from .waiting import wait_until

_FLOW = "/api/config/config_entries/subentries/flow"
_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its name, the area it is in, and the numbers and conferences that belong to it."""

    name: str
    area: str
    addresses: tuple[str, ...]


LINES = (
    Line("Front desk", "Reception", ("+15555550100", "Front desk")),
    Line("Pharmacy", "Pharmacy", ("+15555550101",)),
    Line("Office", "Upstairs", ("+15555550102",)),
)
ELSEWHERE = "+15555550103"
"""A number that belongs to no line."""


async def add_lines(server: Server, login: Login, commands: Commands, entry_id: str) -> None:
    """Add the lines with their form, and put them into their areas."""
    for line in LINES:
        flow = await server.post(_FLOW, {"handler": [entry_id, "line"]}, login)
        form = {"name": line.name, "addresses": list(line.addresses)}
        await server.post(f"{_FLOW}/{flow['flow_id']}", form, login)
    for line in LINES:
        area = await commands.send("config/area_registry/create", name=line.area)
        device_id = await wait_until(
            partial(_device, commands, line), f"the line {line.name} was there", _LIMIT
        )
        await commands.send(
            "config/device_registry/update", device_id=device_id, area_id=area["area_id"]
        )


async def _device(commands: Commands, line: Line) -> str | None:
    devices = await commands.send("config/device_registry/list")
    found = [device["id"] for device in devices if device["name"] == line.name]
    return found[0] if found else None
