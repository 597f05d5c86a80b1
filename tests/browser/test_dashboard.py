"""The demo as a person has it: started, logged in, tapped, and stopped with Ctrl-C."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import re
from typing import Any

import aiohttp
from playwright.async_api import Locator, Page, Position, expect
import pytest

from demo.browser import find_browser, log_in, opened
from demo.outside import Demo, started
from demo.settings import free_port
from demo.traffic import Control
from demo.waiting import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("socket_enabled"),
    pytest.mark.skipif(find_browser() is None, reason="no Chromium on the PATH"),
]

_CALLER = "+15555550142"
_CALLED = "+15555550100"
_LIMIT = 20
# Where a tile has its name: a tap there is one on the tile, not on the toggle below.
_NAME = Position(x=120, y=24)
# What Home Assistant says of every custom integration.
_UNTESTED = "which has not been tested by Home Assistant"
_LOUD = re.compile(r"^\S+ \S+ (WARNING|ERROR|CRITICAL) ")
_OURS = re.compile(r"signalwire|\.recording_\d")
_MEDIA = re.compile(r"/Recordings/[0-9a-f-]{36}|\.(wav|mp3)\b")


@dataclass(frozen=True, slots=True)
class _Stage:
    """A running demo, its simulator, and the browser at the dashboard."""

    demo: Demo
    control: Control
    page: Page

    def tile(self, name: str) -> Locator:
        return self.page.locator("hui-tile-card", has_text=name)


@asynccontextmanager
async def _stage(folder: Path) -> AsyncIterator[_Stage]:
    arguments = ("--no-calls", "--port", str(free_port()), "--config", str(folder))
    async with (
        aiohttp.ClientSession() as session,
        started(*arguments) as demo,
        opened(find_browser() or "", (1280, 800), 1) as page,
    ):
        yield _Stage(demo, Control(session, demo.space), page)


async def _recording_that_is(stage: _Stage, status: str) -> dict[str, Any]:
    """Return the simulator's one recording that has the status, once there is one."""

    async def probe() -> dict[str, Any] | None:
        state = await stage.control.state()
        assert state is not None
        found = [recording for recording in state["recordings"] if recording["status"] == status]
        return found[0] if found else None

    return await wait_until(probe, f"a recording of the simulator was {status}", _LIMIT)


async def _updates(stage: _Stage) -> list[dict[str, Any]]:
    """Return the updates that the simulator received."""
    requests = await stage.control.requests()
    return [request for request in requests if request["method"] == "POST"]


async def test_pause_and_resume_on_the_dashboard(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    async with _stage(folder) as stage:
        page, demo = stage.page, stage.demo
        await log_in(page, demo.address, demo.user, demo.password)
        await expect(page.get_by_text("No call is being recorded")).to_be_visible()
        await expect(stage.tile("This call")).to_have_count(0)

        call = await stage.control.start_call(_CALLER, _CALLED)
        tile = stage.tile("This call")
        await expect(tile).to_have_count(1)
        await expect(tile.get_by_role("switch")).to_be_checked()
        await expect(stage.tile(_CALLER)).to_be_visible()
        await expect(stage.tile(_CALLED)).to_be_visible()
        assert await _updates(stage) == []

        await tile.click(position=_NAME)
        recording = await _recording_that_is(stage, "paused")
        assert recording["pause_behavior"] == "silence"
        [update] = await _updates(stage)
        assert update["status"] == 200
        await expect(tile.get_by_role("switch")).not_to_be_checked()
        await expect(page.locator("hui-entity-badge", has_text="Paused")).to_contain_text("1")

        await tile.click(position=_NAME)
        await _recording_that_is(stage, "in-progress")
        await expect(tile.get_by_role("switch")).to_be_checked()
        assert len(await _updates(stage)) == 2

        await _hold_and_release(stage)

        await stage.control.hang_up(call)
        await expect(stage.tile("This call")).to_have_count(0)
        await expect(page.get_by_text("No call is being recorded")).to_be_visible()

        await stage.control.start_call(_CALLER, _CALLED)
        await expect(tile).to_have_count(1)
        await stage.tile("Stop").first.click()
        await page.get_by_role("button", name="OK").click()
        await _recording_that_is(stage, "stopped")
        assert len(await _updates(stage)) == 5
        await expect(tile).to_have_count(0)

        assert await demo.stop() == 0

    _check_silence(demo, folder)


async def _hold_and_release(stage: _Stage) -> None:
    """Switch call recording off and on again, and see it kept."""
    # As it is written: a tile that says "This call" and "Recording" is another.
    tile = stage.page.locator("hui-tile-card", has_text=re.compile("Call recording"))
    wish = tile.get_by_role("switch")
    await wish.click()
    await _recording_that_is(stage, "paused")
    await expect(stage.page.get_by_text("Nothing is recorded until")).to_be_visible()
    await expect(stage.tile("This call").get_by_role("switch")).not_to_be_checked()
    await wish.click()
    await _recording_that_is(stage, "in-progress")
    await expect(stage.tile("This call").get_by_role("switch")).to_be_checked()


def _check_silence(demo: Demo, folder: Path) -> None:
    """Check that nothing of ours went wrong, and that no secret was written or said."""
    log = demo.log.read_text(encoding="utf-8")
    lines = [line for line in log.splitlines() if _LOUD.match(line) and _OURS.search(line)]
    assert [line for line in lines if _UNTESTED not in line] == []
    token = json.loads((folder / "demo.json").read_text(encoding="utf-8"))["token"]
    console = (folder / "console.log").read_text(encoding="utf-8")
    for text in (log, console, demo.text):
        assert token not in text
        assert not _MEDIA.search(text)
