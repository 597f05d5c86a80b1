"""The dashboard in a real browser: for the test of the demo, and for the pictures of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import re
import shutil

from playwright.async_api import Page, ViewportSize, async_playwright

from .dashboard import DASHBOARD

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Off: what a browser asks the internet for by itself.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SLOW = 30_000


def find_browser() -> str | None:
    """Return the path of the system's Chromium, if there is one."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@asynccontextmanager
async def opened(browser: str, size: tuple[int, int], scale: float) -> AsyncIterator[Page]:
    """Open a window of the browser, and close it at the end."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=browser, headless=True, args=list(_FLAGS)
        )
        try:
            page = await chromium.new_page(
                viewport=ViewportSize(width=size[0], height=size[1]),
                device_scale_factor=scale,
                color_scheme="light",
                locale="en-US",
                reduced_motion="reduce",
            )
            page.set_default_timeout(_SLOW)
            yield page
        finally:
            await chromium.close()


async def log_in(page: Page, address: str, user: str, password: str) -> None:
    """Log in with Home Assistant's form, and come to the start page."""
    await page.goto(address)
    await page.fill("input[name=username]", user)
    await page.fill("input[name=password]", password)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("hui-root")


async def open_recordings(page: Page, address: str) -> None:
    """Open the dashboard that the integration brings."""
    await page.goto(f"{address}/{DASHBOARD['url_path']}")


async def say_to_assist(page: Page, *sentences: str) -> None:
    """Open Assist and type sentences, one after the other's answer."""
    await page.get_by_role("button", name=re.compile("^Assist")).first.click()
    dialog = page.locator("ha-voice-command-dialog")
    field = dialog.get_by_role("textbox").first
    for number, sentence in enumerate(sentences, 1):
        await field.click()
        await field.fill(sentence)
        await field.press("Enter")
        # Home Assistant greets first; a sentence and its answer are a message each. While the
        # answer is only dots, nothing further is taken.
        answer = dialog.locator(".message").nth(2 * number)
        await answer.filter(has_text=re.compile(r"\w\w.*[.!?]")).wait_for()
