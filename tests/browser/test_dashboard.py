"""The demo as a person has it: started, logged in, tapped, and stopped with Ctrl-C."""

from pathlib import Path
import re

from playwright.async_api import Position, expect

from demo.browser import log_in
from tests.browser.stage import (
    CALLED,
    CALLER,
    IN_A_BROWSER,
    Stage,
    check_silence,
    recording_that_is,
    staged,
    updates,
)

pytestmark = IN_A_BROWSER

# Where a tile has its name: a tap there is one on the tile, not on the toggle below.
_NAME = Position(x=120, y=24)


async def test_pause_and_resume_on_the_dashboard(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    async with staged(folder) as stage:
        page, demo = stage.page, stage.demo
        await log_in(page, demo.address, demo.user, demo.password)
        await expect(page.get_by_text("No call is being recorded")).to_be_visible()
        await expect(stage.tile("This call")).to_have_count(0)

        call = await stage.control.start_call(CALLER, CALLED)
        tile = stage.tile("This call")
        await expect(tile).to_have_count(1)
        await expect(tile.get_by_role("switch")).to_be_checked()
        await expect(stage.tile(CALLER)).to_be_visible()
        await expect(stage.tile(CALLED)).to_be_visible()
        assert await updates(stage) == []

        await tile.click(position=_NAME)
        recording = await recording_that_is(stage, "paused")
        assert recording["pause_behavior"] == "silence"
        [update] = await updates(stage)
        assert update["status"] == 200
        await expect(tile.get_by_role("switch")).not_to_be_checked()
        await expect(page.locator("hui-entity-badge", has_text="Paused")).to_contain_text("1")

        await tile.click(position=_NAME)
        await recording_that_is(stage, "in-progress")
        await expect(tile.get_by_role("switch")).to_be_checked()
        assert len(await updates(stage)) == 2

        await _hold_and_release(stage)

        await stage.control.hang_up(call)
        await expect(stage.tile("This call")).to_have_count(0)
        await expect(page.get_by_text("No call is being recorded")).to_be_visible()

        await stage.control.start_call(CALLER, CALLED)
        await expect(tile).to_have_count(1)
        await stage.tile("Stop").first.click()
        await page.get_by_role("button", name="OK").click()
        await recording_that_is(stage, "stopped")
        assert len(await updates(stage)) == 5
        await expect(tile).to_have_count(0)

        assert await demo.stop() == 0

    check_silence(demo, folder)


async def _hold_and_release(stage: Stage) -> None:
    """Switch call recording off and on again, and see it kept."""
    # As it is written: a tile that says "This call" and "Recording" is another.
    tile = stage.page.locator("hui-tile-card", has_text=re.compile("Call recording"))
    call_recording = tile.get_by_role("switch")
    await call_recording.click()
    await recording_that_is(stage, "paused")
    await expect(stage.page.get_by_text("Nothing is recorded until")).to_be_visible()
    await expect(stage.tile("This call").get_by_role("switch")).not_to_be_checked()
    await call_recording.click()
    await recording_that_is(stage, "in-progress")
    await expect(stage.tile("This call").get_by_role("switch")).to_be_checked()
