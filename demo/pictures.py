"""Take the documents' pictures of the real demo: `python -m demo.pictures`."""

import asyncio
from pathlib import Path
import sys
import tempfile

import aiohttp
from playwright.async_api import Locator, Page, ViewportSize

from .browser import find_browser, log_in, open_recordings, opened, say_to_assist
from .editor import EDITOR_TARGETS, open_editor
from .film import Film, box_of
from .lines import LINES
from .outside import started
from .screen import DemoError, complain, say
from .settings import free_port
from .traffic import Control

_TARGET = Path(__file__).resolve().parent.parent / "docs" / "pictures"
_SIZE = (1400, 770)
_PHONE = (390, 560)
_FILM = (620, 800)
_FAR = 0.4
_CALLS = (("+15555550142", "+15555550100"), ("+15555550118", "+15555550101"))
_LATER = ("+15555550187", "+15555550101")
_ROOM = "Front desk"
_AGE = 9
_APART = 8
_SETTLE = 1
_LISTENED = 9
_DIALOG = ViewportSize(width=1000, height=720)
_MEDIA_SIZE = ViewportSize(width=1100, height=620)


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
            rows = page.locator("signalwire-recordings-card").get_by_role("listitem")
            calls = []
            for caller, called in _CALLS:
                calls.append(await control.start_call(caller, called))
                await rows.filter(has_text=caller).wait_for()
                # A picture of calls that all began in the same second would look made up.
                await asyncio.sleep(_APART)
            room = await control.start_conference(_ROOM)
            await rows.filter(has_text=_ROOM).last.wait_for()
            # Longer than a tap on what has just moved is not taken.
            await asyncio.sleep(_SETTLE)
            paused = rows.filter(has_text=_CALLS[1][0])
            await paused.get_by_role("button", name="Pause").click()
            await paused.get_by_role("button", name="Resume").wait_for()
            await asyncio.sleep(_AGE)
            _TARGET.mkdir(parents=True, exist_ok=True)
            await _shoot(page, "dashboard")
            await _take_film(page, demo.address, control)
            await _take_card(page, demo.address, control)
            await _take_line(page, demo.address)
            await _take_editor(page, demo.address)
            await _take_assist(page, demo.address)
            for call in calls:
                await control.hang_up(call)
            await control.end_conference(room)
            await _take_media(page, demo.address)


async def _take_film(page: Page, address: str, control: Control) -> None:
    """Record how all calls are paused, one more begins meanwhile, and all go on."""
    await page.set_viewport_size(ViewportSize(width=_FILM[0], height=_FILM[1]))
    await open_recordings(page, address)
    card = page.locator("signalwire-recordings-card")
    rows, header = card.get_by_role("listitem"), card.locator("header")
    await rows.nth(len(_CALLS)).wait_for()
    # As far away as the service may be, so that it is seen what is asked for and not confirmed.
    await control.fail(method="POST", delay=_FAR)
    # Home Assistant may have made another card of it by then.
    await asyncio.sleep(_SETTLE)
    box = await box_of(card)
    film = Film(page, {**box, "height": _FILM[1] - box["y"]})
    await film.record(1.5)
    await film.tap(header.get_by_role("button", name="Pause all"))
    await film.record(2.5)
    call = await control.start_call(*_LATER)
    await rows.filter(has_text=_LATER[0]).wait_for()
    await film.record(2.5)
    await film.tap(header.get_by_role("button", name="Resume all"))
    await film.record(2.5)
    await control.mend()
    await control.hang_up(call)
    await rows.filter(has_text=_LATER[0]).wait_for(state="detached")
    target = _TARGET / "pause.gif"
    await asyncio.to_thread(film.write, target)
    say(f"{target}: {target.stat().st_size // 1024} KiB")


async def _take_card(page: Page, address: str, control: Control) -> None:
    """Take the card: in light, in the dark, on a phone, and with a hold that is not confirmed."""
    await open_recordings(page, address)
    card = page.locator("signalwire-recordings-card")
    rows = card.get_by_role("listitem")
    await rows.nth(len(_CALLS)).wait_for()
    await page.mouse.move(0, 0)
    await _shoot(card, "card-light")
    await page.emulate_media(color_scheme="dark")
    await _shoot(card, "card-dark")
    await page.set_viewport_size(ViewportSize(width=_PHONE[0], height=_PHONE[1]))
    await page.reload()
    await rows.nth(len(_CALLS)).wait_for()
    await _shoot(page, "card-phone")
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size(ViewportSize(width=_SIZE[0], height=_SIZE[1]))
    await page.reload()
    await control.fail(method="POST", status=503)
    header = card.locator("header")
    await header.get_by_role("button", name="Pause all").click()
    await header.get_by_text("Not confirmed").wait_for()
    await page.mouse.move(0, 0)
    await _shoot(card, "card-unconfirmed")
    await control.mend()
    await header.get_by_role("button", name="Resume all").click()
    await header.get_by_text("Recording").first.wait_for()


async def _take_line(page: Page, address: str) -> None:
    """Take the form for a line, and the device of one."""
    await page.set_viewport_size(_DIALOG)
    await page.goto(f"{address}/config/integrations/integration/signalwire")
    await page.get_by_role("button", name="Add line").first.click()
    await page.get_by_text("Numbers and addresses").first.click()
    await page.get_by_text("Switchboard").wait_for()
    await _shoot(page, "add-line")
    await page.goto(f"{address}/config/integrations/integration/signalwire")
    await page.get_by_text(LINES[0].name, exact=True).last.click()
    await page.get_by_text("Talking to").wait_for()
    await page.mouse.move(0, 0)
    await _shoot(page, "line")


async def _take_editor(page: Page, address: str) -> None:
    """Take what the automation editor offers for SignalWire."""
    await page.set_viewport_size(_DIALOG)
    for kind in EDITOR_TARGETS:
        await open_editor(page, address, kind)
        await page.mouse.move(0, 0)
        await _shoot(page, f"{kind}s")


async def _take_assist(page: Page, address: str) -> None:
    """Take a conversation about the calls."""
    await page.goto(address)
    await say_to_assist(page, "How many calls are being recorded?", "Pause the call recording")
    await _shoot(page.locator("ha-voice-command-dialog").get_by_role("dialog"), "assist")
    await page.keyboard.press("Escape")


async def _take_media(page: Page, address: str) -> None:
    """Take the calls that are over now, one of them being listened to."""
    await page.set_viewport_size(_MEDIA_SIZE)
    await page.goto(f"{address}/media-browser/browser")
    titles = page.locator("ha-media-player-browse .title")
    for title in ("SignalWire", "By day", "Today"):
        await titles.filter(has_text=title).first.click()
    async with page.expect_response(lambda response: ".mp3" in response.url):
        await titles.filter(has_text=_CALLS[0][0]).click()
    await asyncio.sleep(_LISTENED)
    await page.mouse.move(0, 0)
    await _shoot(page, "media")


async def _shoot(part: Page | Locator, name: str) -> None:
    target = _TARGET / f"{name}.png"
    # The fonts and the theme come a little after what they are for.
    await asyncio.sleep(_SETTLE)
    await part.screenshot(path=target, animations="disabled")
    say(f"{target}: {target.stat().st_size // 1024} KiB")


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
