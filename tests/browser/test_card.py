"""The card and its dashboard as a person has them: found, opened, tapped, and read."""

from pathlib import Path
import re

from playwright.async_api import ConsoleMessage, Locator, Page, expect

from demo.browser import log_in
from demo.waiting import wait_until
from tests.browser.stage import (
    CALLED,
    CALLER,
    IN_A_BROWSER,
    LIMIT,
    Stage,
    check_silence,
    recording_that_is,
    staged,
    updates,
)

pytestmark = IN_A_BROWSER

_OURS = "signalwire_frontend"
_PHONE = (390, 844)
_FINGER = 40
# A name that somebody else has chosen.
_ROOM = 'Room <b>1</b> & "two"'
_LUMINANCE = """element => {
  const colours = [getComputedStyle(element).backgroundColor, getComputedStyle(element).color];
  // None while the element is being replaced.
  const parts = colours.map(colour => colour.match(/[\\d.]+/g) ?? []);
  return parts.map(part => part.slice(0, 3).reduce((a, b) => a + +b, 0));
}"""

_BOX = """element => {
  const { left, top, right, bottom } = element.getBoundingClientRect();
  return [left, top, right, bottom];
}"""


def _complaints(page: Page) -> list[str]:
    """Return what the browser is going to complain about that comes from our modules."""
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and _OURS in f"{message.location}{message.text}":
            complaints.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def _card(page: Page) -> Locator:
    return page.locator("signalwire-recordings-card")


async def _add_dashboard(stage: Stage) -> None:
    """Add the dashboard as people do, and open it as a bookmark does."""
    page, address = stage.page, stage.demo.address
    await log_in(page, address, stage.demo.user, stage.demo.password)
    await page.goto(f"{address}/config/lovelace/dashboards")
    await page.get_by_text("Add dashboard").first.click()
    await page.locator("dashboard-card", has_text="SignalWire recordings").click()
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("button", name="Create")).to_have_count(0)
    await page.goto(f"{address}/signalwire-recordings")


async def test_recordings_are_seen_and_controlled_on_the_card(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    async with staged(folder) as stage:
        card = _card(stage.page)
        complaints = _complaints(stage.page)
        await _add_dashboard(stage)
        await expect(card).to_contain_text("Nothing is being recorded")
        call = await stage.control.start_call(CALLER, CALLED)
        row = card.get_by_role("listitem")
        await expect(row).to_contain_text(re.compile(f"{re.escape(CALLER)}.*{re.escape(CALLED)}"))
        await _see_the_clock_run(row)
        assert await updates(stage) == []

        await _pause_and_resume(stage, row)
        await _choose_what_a_pause_leaves(stage, card)
        await _stop(stage, row)
        await expect(card).to_contain_text("Nothing is being recorded")
        assert len(await updates(stage)) == 4
        check_silence(stage.demo, folder)
        await stage.control.hang_up(call)

        await _see_it_on_a_phone_in_the_dark(stage, card)
        await _see_what_goes_wrong(stage, card)
        assert complaints == []
        assert await stage.demo.stop() == 0


async def _settled(stage: Stage) -> None:
    """Wait until the card has kept its height so long that it takes a tap for meant."""
    card = await _card(stage.page).element_handle()
    await stage.page.wait_for_function(
        """card => {
          const [height, now] = [card.offsetHeight, performance.now()];
          if (card.seenHeight !== height) [card.seenHeight, card.seenSince] = [height, now];
          return now - card.seenSince > 400;
        }""",
        arg=card,
    )


async def _pause_and_resume(stage: Stage, row: Locator) -> None:
    await _settled(stage)
    await row.get_by_role("button", name="Pause").click()
    await recording_that_is(stage, "paused")
    await expect(row).to_contain_text("Paused")
    # The same button, and so the focus, is there still.
    await expect(row.get_by_role("button", name="Resume")).to_be_focused()
    await stage.page.keyboard.press("Enter")
    await recording_that_is(stage, "in-progress")
    await expect(row).to_contain_text("Recording")
    assert [update["status"] for update in await updates(stage)] == [200, 200]


async def _see_the_clock_run(row: Locator) -> None:
    clock = row.locator("time")
    await expect(clock).to_have_text(re.compile(r"^00:\d\d$"))
    shown = await clock.inner_text()
    await expect(clock).not_to_have_text(shown)
    assert await clock.inner_text() > shown


async def _choose_what_a_pause_leaves(stage: Stage, card: Locator) -> None:
    """Choose with the keyboard, and pause with it."""
    nothing = card.get_by_role("button", name="Nothing")
    await nothing.focus()
    await stage.page.keyboard.press("Space")
    await expect(nothing).to_have_attribute("aria-pressed", "true")
    await card.get_by_role("button", name="Pause:").focus()
    await stage.page.keyboard.press("Space")
    recording = await recording_that_is(stage, "paused")
    assert recording["pause_behavior"] == "skip"


async def _stop(stage: Stage, row: Locator) -> None:
    """Hold the row, think better of it, and then stop it with the keyboard."""
    page = stage.page
    before = await updates(stage)
    await _settled(stage)
    await row.get_by_role("button", name="Resume").hover()
    await page.mouse.down()
    await page.get_by_text("Stop this recording for good?").wait_for()
    await page.mouse.up()
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text("Stop this recording for good?")).to_have_count(0)
    assert await updates(stage) == before

    await row.get_by_role("button", name="Stop").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Stop", exact=True).click()
    await recording_that_is(stage, "stopped")


async def _see_it_on_a_phone_in_the_dark(stage: Stage, card: Locator) -> None:
    """Check that it is dark, fits the width, and is large enough for a finger."""
    page = stage.page
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": _PHONE[0], "height": _PHONE[1]})
    await stage.control.start_conference(_ROOM)
    row = card.get_by_role("listitem")
    await expect(row).to_contain_text(_ROOM)

    async def dark() -> bool | None:
        background, text = await card.locator("ha-card").evaluate(_LUMINANCE)
        return background < text or None

    await wait_until(dark, "the card was dark", LIMIT)
    assert await page.evaluate("document.documentElement.scrollWidth") <= _PHONE[0]
    for name in ("Pause", "Stop"):
        button = row.get_by_role("button", name=name)

        async def fits(button: Locator = button) -> bool | None:
            left, top, right, bottom = await button.evaluate(_BOX)
            is_large = min(right - left, bottom - top) >= _FINGER
            return (is_large and left >= 0 and right <= _PHONE[0]) or None

        # Home Assistant lays the page out anew for the other width, which may take a while.
        await expect(button).to_be_in_viewport(ratio=1)
        await wait_until(fits, f"{name} was there for a finger", LIMIT)


async def _see_what_goes_wrong(stage: Stage, card: Locator) -> None:
    """Check that it shows what is, not what was asked for, and what is not known."""
    page, control = stage.page, stage.control
    row = card.get_by_role("listitem")
    await control.fail(method="POST", status=400, delay=3)
    # By keyboard: a tap so soon after the card has changed its height is taken for a mistake.
    await row.get_by_role("button", name="Pause").focus()
    await page.keyboard.press("Enter")
    await expect(row).to_contain_text("Asking SignalWire")
    await expect(row).to_have_attribute("aria-busy", "true")
    await expect(row).to_have_attribute("data-state", "on")
    await expect(page.get_by_text("SignalWire rejected").first).to_be_visible()
    await expect(row).to_have_attribute("data-state", "on")
    await expect(row).not_to_have_attribute("aria-busy", "true")

    await card.get_by_role("switch").focus()
    await page.keyboard.press("Space")
    await expect(card.get_by_role("alert")).to_contain_text("Pause not confirmed")
    await expect(card.get_by_role("switch")).not_to_be_checked()
    await control.mend()
    await expect(card.get_by_role("alert")).to_have_count(0)
    await expect(row).to_have_attribute("data-state", "off")

    await control.fail(status=503)
    await expect(card).to_contain_text("What is recorded is not known")
    await expect(card.get_by_role("alert")).to_be_visible()
