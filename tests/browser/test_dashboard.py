"""The demo as a person has it: started, logged in, tapped, and stopped with Ctrl-C."""

from pathlib import Path
import re
from typing import Any

from playwright.async_api import Position, expect

from demo.browser import log_in
from demo.waiting import wait_until
from tests.browser.stage import NEEDS_BROWSER, Stage, check_silence, stage

pytestmark = NEEDS_BROWSER

_CALLER = "+15555550142"
_CALLED = "+15555550100"
_LIMIT = 20
# Where a tile has its name: a tap there is one on the tile, not on the toggle below.
_NAME = Position(x=120, y=24)


async def _recording_that_is(stage: Stage, status: str) -> dict[str, Any]:
    """Return the simulator's one recording that has the status, once there is one."""

    async def probe() -> dict[str, Any] | None:
        state = await stage.control.state()
        assert state is not None
        found = [recording for recording in state["recordings"] if recording["status"] == status]
        return found[0] if found else None

    return await wait_until(probe, f"a recording of the simulator was {status}", _LIMIT)


async def _updates(stage: Stage) -> list[dict[str, Any]]:
    """Return the updates that the simulator received."""
    requests = await stage.control.requests()
    return [request for request in requests if request["method"] == "POST"]


async def test_pause_and_resume_on_the_dashboard(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    async with stage(folder) as set_up:
        page, demo = set_up.page, set_up.demo
        await log_in(page, demo.address, demo.user, demo.password)
        await expect(page.get_by_text("No call is being recorded")).to_be_visible()
        await expect(set_up.tile("This call")).to_have_count(0)

        call = await set_up.control.start_call(_CALLER, _CALLED)
        tile = set_up.tile("This call")
        await expect(tile).to_have_count(1)
        await expect(tile.get_by_role("switch")).to_be_checked()
        await expect(set_up.tile(_CALLER)).to_be_visible()
        await expect(set_up.tile(_CALLED)).to_be_visible()
        assert await _updates(set_up) == []

        await tile.click(position=_NAME)
        recording = await _recording_that_is(set_up, "paused")
        assert recording["pause_behavior"] == "silence"
        [update] = await _updates(set_up)
        assert update["status"] == 200
        await expect(tile.get_by_role("switch")).not_to_be_checked()
        await expect(page.locator("hui-entity-badge", has_text="Paused")).to_contain_text("1")

        await tile.click(position=_NAME)
        await _recording_that_is(set_up, "in-progress")
        await expect(tile.get_by_role("switch")).to_be_checked()
        assert len(await _updates(set_up)) == 2

        await _hold_and_release(set_up)

        await set_up.control.hang_up(call)
        await expect(set_up.tile("This call")).to_have_count(0)
        await expect(page.get_by_text("No call is being recorded")).to_be_visible()

        await set_up.control.start_call(_CALLER, _CALLED)
        await expect(tile).to_have_count(1)
        await set_up.tile("Stop").first.click()
        await page.get_by_role("button", name="OK").click()
        await _recording_that_is(set_up, "stopped")
        assert len(await _updates(set_up)) == 5
        await expect(tile).to_have_count(0)

        assert await demo.stop() == 0

    check_silence(demo, folder)


async def _hold_and_release(stage: Stage) -> None:
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
