"""Take the README's pictures of the real demo: `python -m demo.pictures`."""

import asyncio
from pathlib import Path
import sys
import tempfile

import aiohttp
from playwright.async_api import Page, ViewportSize

from .browser import find_browser, log_in, opened
from .outside import started
from .screen import DemoError, complain, say
from .settings import free_port
from .traffic import Control

_FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
_TARGET = _FOLDER / "dashboard.png"
_MEDIA_TARGET = _FOLDER / "media.png"
_MEDIA_SIZE = ViewportSize(width=1100, height=620)
_SIZE = (1400, 770)
_CALLS = (("+15555550142", "+15555550100"), ("+15555550118", "+15555550101"))
_ROOM = "Front desk"
_AGE = 25
_LISTENED = 9


async def _take() -> None:
    browser = find_browser()
    if browser is None:
        raise DemoError("No Chromium was found on the PATH.")
    with tempfile.TemporaryDirectory() as folder:
        arguments = ("--no-calls", "--port", str(free_port()), "--config", folder)
        async with (
            aiohttp.ClientSession() as session,
            started(*arguments) as demo,
            opened(browser, _SIZE, 1) as page,
        ):
            control = Control(session, demo.space)
            await log_in(page, demo.address, demo.user, demo.password)
            switches = page.locator("hui-tile-card", has_text="This call").get_by_role("switch")
            calls = []
            for number, (caller, called) in enumerate(_CALLS):
                calls.append(await control.start_call(caller, called))
                await switches.nth(number).wait_for()
            room = await control.start_conference(_ROOM)
            await switches.nth(len(_CALLS)).wait_for()
            await switches.nth(1).click()
            await page.get_by_role("switch", checked=False).wait_for()
            # A picture of calls that all began this very second would look made up.
            await asyncio.sleep(_AGE)
            await page.reload()
            await switches.nth(len(_CALLS)).wait_for()
            await page.get_by_text("Tap a recording").wait_for()
            _TARGET.parent.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=_TARGET, animations="disabled")
            for call in calls:
                await control.hang_up(call)
            await control.end_conference(room)
            await _take_media(page, demo.address)
    for target in (_TARGET, _MEDIA_TARGET):
        say(f"{target}: {target.stat().st_size // 1024} KiB")


async def _take_media(page: Page, address: str) -> None:
    """Take the picture of the calls that are over now, one of them being listened to."""
    await page.set_viewport_size(_MEDIA_SIZE)
    await page.goto(f"{address}/media-browser/browser")
    titles = page.locator("ha-media-player-browse .title")
    for title in ("SignalWire", "By day", "Today"):
        await titles.filter(has_text=title).first.click()
    async with page.expect_response(lambda response: ".mp3" in response.url):
        await titles.filter(has_text=_CALLS[0][0]).click()
    await asyncio.sleep(_LISTENED)
    await page.mouse.move(0, 0)
    await page.screenshot(path=_MEDIA_TARGET, animations="disabled")


def main() -> int:
    """Take the pictures, and return the exit code."""
    try:
        asyncio.run(_take())
    except DemoError as err:
        complain(str(err))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
