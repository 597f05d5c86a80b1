"""The card as the browser tests find it, and what they ask of every picture of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import ConsoleMessage, Locator, Page, expect

from demo.browser import log_in, open_recordings
from tests.browser.stage import Stage

PHONE = (390, 844)
DESK = (1280, 800)
FINGER = 48
"""Pixels that a finger needs."""

type Scheme = Literal["light", "dark", "forced"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark", "forced")

_OURS = "signalwire_frontend"
_MISSED = "Just changed, tap again"
# Which visible texts are missing in accessible names is not among what axe looks for by itself.
_AXE = """card => axe.run(card, {
  rules: {"label-content-name-mismatch": {enabled: true}},
  resultTypes: ["violations"],
})"""


def card_of(page: Page) -> Locator:
    """Return the card, of which there is one."""
    return page.locator("signalwire-recordings-card")


def row_of(page: Page, party: str) -> Locator:
    """Return the row of the recording of somebody."""
    return card_of(page).get_by_role("listitem").filter(has_text=party)


def header_of(page: Page) -> Locator:
    """Return what is always in sight."""
    return card_of(page).locator("header")


async def open_card(stage: Stage) -> Locator:
    """Log in, and open the dashboard of the integration."""
    await log_in(stage.page, stage.demo.address, stage.demo.user, stage.demo.password)
    await open_recordings(stage.page, stage.demo.address)
    await header_of(stage.page).wait_for()
    return card_of(stage.page)


async def tap(control: Locator) -> None:
    """Tap on what has been there, and has meant the same, for as long as people need to see it.

    Where something changes just before the tap, which a slow machine makes likelier, the card says
    so, and people tap again.
    """
    for _ in range(3):
        await _tap_once(control)
        if not (await control.page.get_by_text(_MISSED).count() and await control.count()):
            return


async def _tap_once(control: Locator) -> None:
    await settled(control)
    await control.click()


async def settled(control: Locator) -> None:
    """Wait until something has been there, and has meant the same, for long enough to be seen."""
    await control.evaluate(
        """control => new Promise(done => {
          const look = (seen, since) => {
            const now = performance.now();
            const { top, left } = control.getBoundingClientRect();
            const sees = [top, left, control.dataset.do].join();
            if (sees === seen && now - since > 350) done();
            else requestAnimationFrame(() => look(sees, sees === seen ? since : now));
          };
          look();
        })"""
    )


@contextmanager
def no_complaints(page: Page) -> Iterator[None]:
    """Check that the browser has nothing to complain about that comes from our modules."""
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and _OURS in f"{message.location}{message.text}":
            complaints.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield
    assert complaints == []


async def show(page: Page, size: tuple[int, int], scheme: Scheme) -> None:
    """Show the page in a size and in colours."""
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.emulate_media(
        color_scheme="dark" if scheme == "dark" else "light",
        forced_colors="active" if scheme == "forced" else "none",
    )
    # Home Assistant lays out the page, and loads its colours, after a moment.
    await page.wait_for_function(
        """([card, width, isDark]) => {
          const background = getComputedStyle(card).getPropertyValue("--card-background-color");
          const isBlack = /^#[0-4]/.test(background);
          const isLaidOut = card.getBoundingClientRect().right <= width && isBlack === isDark;
          return isLaidOut && card.shadowRoot.getAnimations().length === 0;
        }""",
        arg=[await card_of(page).element_handle(), size[0], scheme == "dark"],
    )


async def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the card."""
    spec = find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    if not await page.evaluate("'axe' in window"):
        await page.add_script_tag(path=Path(spec.origin).parent / "axe.min.js")
    found: dict[str, Any] = await card_of(page).evaluate(_AXE)
    return [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


async def narrowest(page: Page) -> float:
    """Return how wide or high the smallest of the card's buttons is."""
    smallest: float = await card_of(page).evaluate(
        """card => Math.min(...[...card.shadowRoot.querySelectorAll("ha-card button")]
          .map(button => button.getBoundingClientRect())
          .flatMap(({width, height}) => [width, height]))"""
    )
    return smallest


async def is_in_sight(header: Locator) -> None:
    """Check that the header, whole, is in sight, and nothing covers its button."""
    await expect(header).to_be_in_viewport(ratio=1)
    await header.get_by_role("button").last.click(trial=True)
