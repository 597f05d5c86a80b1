"""What the browser tests share: a running demo, its simulator, and a browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import re
from typing import Any

import aiohttp
from playwright.async_api import Page
import pytest

from demo.browser import find_browser, opened
from demo.outside import Demo, started
from demo.settings import free_port
from demo.traffic import Control
from demo.waiting import wait_until

IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("socket_enabled"),
    # Demos that start at the same moment would choose the same port.
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(find_browser() is None, reason="no Chromium on the PATH"),
]
CALLER = "+15555550142"
CALLED = "+15555550100"
LIMIT = 20

# What Home Assistant says of every custom integration.
_UNTESTED = "which has not been tested by Home Assistant"
_LOUD = re.compile(r"^\S+ \S+ (WARNING|ERROR|CRITICAL) ")
_OURS = re.compile(r"signalwire|\.recording_\d")
_MEDIA = re.compile(r"/Recordings/[0-9a-f-]{36}|\.(wav|mp3)\b")


@dataclass(frozen=True, slots=True)
class Stage:
    """A running demo, its simulator, and the browser at the dashboard."""

    demo: Demo
    control: Control
    page: Page


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    arguments = ("--no-calls", "--port", str(free_port()), "--config", str(folder))
    async with (
        aiohttp.ClientSession() as session,
        started(*arguments) as demo,
        opened(find_browser() or "", (1280, 800), 1) as page,
    ):
        yield Stage(demo, Control(session, demo.space), page)


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


def check_silence(demo: Demo, folder: Path) -> None:
    """Check that nothing of ours went wrong, and that no secret was written or said."""
    log = demo.log.read_text(encoding="utf-8")
    lines = [line for line in log.splitlines() if _LOUD.match(line) and _OURS.search(line)]
    assert [line for line in lines if _UNTESTED not in line] == []
    token = json.loads((folder / "demo.json").read_text(encoding="utf-8"))["token"]
    console = (folder / "console.log").read_text(encoding="utf-8")
    for text in (log, console, demo.text):
        assert token not in text
        assert not _MEDIA.search(text)
