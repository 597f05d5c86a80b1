"""What the browser tests share: a running demo, its simulator, and a browser in front of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import re

import aiohttp
from playwright.async_api import Locator, Page
import pytest

from demo.browser import find_browser, opened
from demo.outside import Demo, started
from demo.settings import free_port
from demo.traffic import Control

NEEDS_BROWSER = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("socket_enabled"),
    pytest.mark.skipif(find_browser() is None, reason="no Chromium on the PATH"),
]

# What Home Assistant says of every custom integration.
_UNTESTED = "which has not been tested by Home Assistant"
_LOUD = re.compile(r"^\S+ \S+ (WARNING|ERROR|CRITICAL) ")
_OURS = re.compile(r"signalwire|\.recording_\d")
_MEDIA = re.compile(r"/Recordings/[0-9a-f-]{36}|\.(wav|mp3)\b")


@dataclass(frozen=True, slots=True)
class Stage:
    """A running demo, its simulator, and the browser."""

    demo: Demo
    control: Control
    page: Page

    def tile(self, name: str) -> Locator:
        return self.page.locator("hui-tile-card", has_text=name)


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """Start the demo without calls, and open a browser."""
    arguments = ("--no-calls", "--port", str(free_port()), "--config", str(folder))
    async with (
        aiohttp.ClientSession() as session,
        started(*arguments) as demo,
        opened(find_browser() or "", (1280, 800), 1) as page,
    ):
        yield Stage(demo, Control(session, demo.space), page)


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
