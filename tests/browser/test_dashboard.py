"""The demo as a person has it: started, logged in, and stopped with Ctrl-C."""

from pathlib import Path

from playwright.async_api import expect

from demo.browser import log_in
from demo.outside import started
from tests.browser.card import header_of, row_of
from tests.browser.stage import (
    CALLED,
    CALLER,
    arguments,
    check_silence,
    in_a_browser,
    staged,
)

pytestmark = in_a_browser(demo=2)


async def test_the_demo_begins_with_the_dashboard_that_the_integration_brings(
    tmp_path: Path,
) -> None:
    async with (
        started(*arguments(tmp_path / "demo")) as demo,
        staged(demo, used=False) as stage,
    ):
        page = stage.page
        await log_in(page, demo.address, demo.user, demo.password)
        await expect(header_of(page)).to_contain_text("Nothing is being recorded")
        await stage.control.start_call(CALLER, CALLED)
        await expect(row_of(page, CALLER)).to_contain_text("Recording")
        assert await demo.stop() == 0
    check_silence(demo)
