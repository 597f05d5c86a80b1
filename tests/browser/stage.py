"""What the browser tests share: a running demo, its simulator, and a browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import re
from typing import Any

import aiohttp
from homeassistant.util import slugify
from playwright.async_api import Page
import pytest

from demo.browser import find_browser, opened
from demo.home_assistant import Commands, Server, connected
from demo.lines import LINES
from demo.outside import Demo
from demo.settings import free_port
from demo.traffic import Control, add_phone_numbers
from demo.waiting import wait_until

CALLER = "+15555550142"
CALLED = "+15555550100"
LIMIT = 20
OWN_DASHBOARD = "own-cards"
"""The dashboard that a test makes."""

_MASTER = "switch.harbour_clinic_call_recording"
_LINES = [f"switch.{slugify(line.name)}_call_recording" for line in LINES]
_PAUSES = "select.harbour_clinic_pause_behavior"
_SLOT = re.compile(r"switch\.recording_\d+")

# What Home Assistant says of every custom integration.
_UNTESTED = "which has not been tested by Home Assistant"
_LOUD = re.compile(r"^\S+ \S+ (WARNING|ERROR|CRITICAL) ")
_OURS = re.compile(r"signalwire|\.recording_\d")
_MEDIA = re.compile(r"/Recordings/[0-9a-f-]{36}|\.(wav|mp3)\b")


def in_a_browser(demo: int) -> list[pytest.MarkDecorator]:
    """Return the marks of a module; those with the same number share a process and its demo."""
    return [
        pytest.mark.browser,
        pytest.mark.timeout(300),
        pytest.mark.usefixtures("socket_enabled"),
        pytest.mark.xdist_group(f"demo {demo}"),
        pytest.mark.skipif(find_browser() is None, reason="no Chromium on the PATH"),
    ]


@dataclass(frozen=True, slots=True)
class Stage:
    """A running demo, its simulator, and the browser at the dashboard."""

    demo: Demo
    control: Control
    page: Page
    log_start: int = 0
    """How long the demo's log was before."""


def arguments(folder: Path) -> tuple[str, ...]:
    """Return how the demo of a test is started."""
    return ("--no-calls", "--port", str(free_port()), "--config", str(folder))


@asynccontextmanager
async def staged(demo: Demo, *, used: bool) -> AsyncIterator[Stage]:
    """Open a browser for a demo, which begins anew if it was used before."""
    async with aiohttp.ClientSession() as session:
        control = Control(session, demo.space)
        if used:
            await begin_anew(demo, control)
        log_start = len(demo.log.read_text(encoding="utf-8"))
        async with opened(find_browser() or "", (1280, 800), 1) as page:
            yield Stage(demo, control, page, log_start)


async def begin_anew(demo: Demo, control: Control) -> None:
    """Bring a demo that was used to where it was after its start."""
    await control.mend()
    await control.end_all()
    server = Server(control.session, demo.address)
    login = await server.log_in(demo.user, demo.password)
    async with connected(server, login) as commands:
        await _act(commands, "homeassistant", "update_entity", [_MASTER])
        await wait_until(lambda: _nothing_is_recorded(commands), "all recordings had ended", LIMIT)
        await _act(commands, "switch", "turn_on", [_MASTER, *_LINES])
        await _act(commands, "select", "select_option", [_PAUSES], option="silence")
        for dashboard in await commands.send("lovelace/dashboards/list"):
            if dashboard["url_path"] == OWN_DASHBOARD:
                await commands.send("lovelace/dashboards/delete", dashboard_id=dashboard["id"])
        await wait_until(lambda: _nothing_is_held(commands), "nothing was held", LIMIT)
    await server.log_out(login)
    await control.reset()
    await add_phone_numbers(control)


async def _act(
    commands: Commands, domain: str, service: str, entity_ids: list[str], **data: str
) -> None:
    target = {"entity_id": entity_ids}
    await commands.send(
        "call_service", domain=domain, service=service, target=target, service_data=data
    )


async def _states(commands: Commands) -> dict[str, str]:
    return {one["entity_id"]: one["state"] for one in await commands.send("get_states")}


async def _nothing_is_recorded(commands: Commands) -> bool | None:
    states = await _states(commands)
    slots = {state for entity_id, state in states.items() if _SLOT.fullmatch(entity_id)}
    return True if slots <= {"unavailable"} and states[_MASTER] != "unavailable" else None


async def _nothing_is_held(commands: Commands) -> bool | None:
    states = await _states(commands)
    is_begun = all(states[switch] == "on" for switch in (_MASTER, *_LINES))
    return True if is_begun and states[_PAUSES] == "silence" else None


async def recording_that_is(stage: Stage, status: str) -> dict[str, Any]:
    """Return the simulator's one recording that has the status, once there is one."""

    async def probe() -> dict[str, Any] | None:
        state = await stage.control.state()
        assert state is not None
        found = [recording for recording in state["recordings"] if recording["status"] == status]
        return found[0] if found else None

    return await wait_until(probe, f"a recording of the simulator was {status}", LIMIT)


async def updates(stage: Stage) -> list[dict[str, Any]]:
    """Return the updates that the simulator received."""
    requests = await stage.control.requests()
    return [request for request in requests if request["method"] == "POST"]


def check_silence(demo: Demo, log_start: int = 0) -> None:
    """Check that nothing of ours went wrong since, and that no secret was ever written or said."""
    log = demo.log.read_text(encoding="utf-8")
    lines = [line for line in log[log_start:].splitlines() if _LOUD.match(line)]
    assert [line for line in lines if _OURS.search(line) and _UNTESTED not in line] == []
    check_secrets(demo)


def check_secrets(demo: Demo) -> None:
    """Check that no secret was ever written or said."""
    folder = demo.log.parent
    token = json.loads((folder / "demo.json").read_text(encoding="utf-8"))["token"]
    console = (folder / "console.log").read_text(encoding="utf-8")
    for text in (demo.log.read_text(encoding="utf-8"), console, demo.text):
        assert token not in text
        assert not _MEDIA.search(text)
