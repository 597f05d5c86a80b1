"""The card: from a tap on Pause to what is painted, in a real browser on this machine."""

from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from demo.browser import find_browser, log_in, open_recordings, opened
from demo.outside import started
from demo.settings import free_port
from demo.taps import ASKED, PAUSED, measure_taps
from demo.traffic import Control

from .measuring import Figure, Row, Scale

_SIZE = (1280, 800)
# Seconds that the answer takes, so that it does not come into the first frame.
_FAR = 0.2


async def measure(scale: Scale) -> Row:
    """Tap on Pause again and again, and look what is painted when."""
    times = scale.pick(quick=5, full=40)
    what = "The card in Chromium, the service on the same machine"
    browser = find_browser()
    if browser is None:
        return Row(name="card", what=what, beside="", notes=["No Chromium was found on the PATH."])
    with TemporaryDirectory() as folder:
        arguments = ("--no-calls", "--port", str(free_port()), "--config", str(Path(folder)))
        async with (
            aiohttp.ClientSession() as session,
            started(*arguments) as demo,
            opened(browser, _SIZE, 1) as page,
        ):
            control = Control(session, demo.space)
            await log_in(page, demo.address, demo.user, demo.password)
            await open_recordings(page, demo.address)
            await control.start_call("+15555550142", "+15555550100")
            await page.locator("signalwire-recordings-card").get_by_role("listitem").wait_for()
            confirmed = await measure_taps(page, PAUSED, times)
            await control.fail(method="POST", delay=_FAR)
            asked = await measure_taps(page, ASKED, times)
    return Row(
        name="card",
        what=what,
        beside="",
        figures=[
            Figure.of(
                'from a tap to "Pausing…" painted',
                asked,
                "ms",
                target="≤ 16 ms",
                reach=lambda value: value <= 16,
            ),
            Figure.of(
                "from a tap to the confirmed state painted",
                confirmed,
                "ms",
                target="≤ 40 ms",
                reach=lambda value: value <= 40,
            ),
        ],
    )
