"""Past recordings as a person finds them: in the media browser, played by the browser itself."""

import re

from playwright.async_api import Locator, Page, expect

from demo.browser import log_in
from tests.browser.stage import Stage, check_silence, in_a_browser

pytestmark = in_a_browser(demo=2)

_CALLER = "+15555550142"
_CALLED = "+15555550100"
_HOUR = 3600
# The frontend plays with an element that is not on the page.
_WITNESS = """
window.played = [];
window.Audio = class extends Audio {
  constructor(source) {
    super(source);
    this.addEventListener("playing", () => window.played.push(this.src));
    this.addEventListener("error", () => window.played.push(`failed: ${this.error.message}`));
  }
};
"""


def _item(page: Page, text: str) -> Locator:
    """Return what is shown under a name, as a card or as a row."""
    return page.locator("ha-media-player-browse .title", has_text=text)


async def test_a_past_recording_is_found_and_played(stage: Stage) -> None:
    page, control = stage.page, stage.control
    await page.add_init_script(_WITNESS)
    await control.add_recordings(3, 30 * _HOUR, 125)
    call = await control.start_call(_CALLER, _CALLED)
    await log_in(page, stage.demo.address, stage.demo.user, stage.demo.password)
    await control.hang_up(call)

    await page.goto(f"{stage.demo.address}/media-browser/browser")
    for name in ("SignalWire", "By day", "Today"):
        await _item(page, name).first.click()
    await expect(_item(page, f"{_CALLER} → {_CALLED}")).to_have_count(1)
    await _item(page, _CALLER).click()
    await page.wait_for_function("window.played.length > 0")
    [source] = await page.evaluate("window.played")
    assert re.fullmatch(
        rf"{stage.demo.address}/api/signalwire/recordings/\w+/[0-9a-f-]{{36}}\.mp3\?authSig=.+",
        source,
    )
    project = (await control.requests())[0]["path"].split("/")[5]
    assert project not in source

    await page.locator("ha-media-player-browse input").fill("555 0142")
    await page.keyboard.press("Enter")
    await expect(_item(page, _CALLER)).to_have_count(1)
    check_silence(stage.demo, stage.log_start)
