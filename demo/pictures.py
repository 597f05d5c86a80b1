"""Take the README's pictures of the real demo: `python -m demo.pictures`."""

import asyncio
from pathlib import Path
import sys
import tempfile

import aiohttp

from .browser import find_browser, log_in, opened
from .outside import started
from .screen import DemoError, complain, say
from .settings import free_port
from .traffic import Control

_TARGET = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "dashboard.png"
_SIZE = (1400, 770)
_CALLS = (("+15555550142", "+15555550100"), ("+15555550118", "+15555550101"))
_ROOM = "Front desk"
_AGE = 25


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
            for number, (caller, called) in enumerate(_CALLS):
                await control.start_call(caller, called)
                await switches.nth(number).wait_for()
            await control.start_conference(_ROOM)
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
    say(f"{_TARGET}: {_TARGET.stat().st_size // 1024} KiB")


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
