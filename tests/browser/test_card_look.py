"""The card in every size, in all colours and in each of its states: seen, reached, and read out."""

from importlib.util import find_spec

from playwright.async_api import expect
import pytest

from tests.browser.card import (
    DESK,
    FINGER,
    PHONE,
    SCHEMES,
    Scheme,
    header_of,
    is_in_sight,
    narrowest,
    no_complaints,
    open_card,
    row_of,
    show,
    tap,
    violations,
)
from tests.browser.stage import CALLED, CALLER, LIMIT, Stage, in_a_browser

pytestmark = in_a_browser(demo=1)

_OTHER = "+15555550118"
_ELSEWHERE = "+15555550103"
# A name that somebody else has chosen.
_ROOM = 'Room <b>1</b> & "two"'
_MANY = 14
_LEFT = "element => element.getBoundingClientRect().left"


async def _look(stage: Stage, state: str) -> None:
    """Check the card in a state, in every size and in all colours."""
    page = stage.page
    found: list[str] = []
    for size in (PHONE, DESK):
        for scheme in SCHEMES:
            await show(page, size, scheme)
            assert await narrowest(page) >= FINGER, (state, size, scheme)
            assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]
            found += [f"{state} {size} {scheme}: {text}" for text in await violations(page)]
    assert found == []


@pytest.mark.skipif(find_spec("axe_playwright_python") is None, reason="axe is not installed")
async def test_nothing_is_in_the_way_of_anybody_in_any_state(stage: Stage) -> None:
    with no_complaints(stage.page):
        card = await open_card(stage)
        header, control = header_of(stage.page), stage.control
        await expect(header).to_contain_text("Nothing is being recorded")
        await _look(stage, "empty")

        await control.start_call(CALLER, CALLED)
        await control.start_call(_OTHER, _ELSEWHERE)
        await control.start_conference(_ROOM)
        await expect(row_of(stage.page, _ROOM)).to_have_count(1)
        await tap(row_of(stage.page, _OTHER).get_by_role("button", name="Pause"))
        await expect(header).to_contain_text("1 paused")
        await _look(stage, "normal")

        await control.fail(method="POST", delay=60)
        await tap(row_of(stage.page, CALLER).get_by_role("button", name="Pause"))
        await expect(card).to_contain_text("Pausing…")
        await _look(stage, "busy")
        await control.mend()

        await tap(header.get_by_role("button", name="Pause all"))
        await expect(header).to_contain_text("Not confirmed", timeout=LIMIT * 1000)
        await _look(stage, "not confirmed")
        await expect(header).to_contain_text("All paused", timeout=5 * LIMIT * 1000)
        await _look(stage, "held")

        await control.fail(status=503)
        await expect(header).to_contain_text("does not answer", timeout=LIMIT * 1000)
        await _look(stage, "outage")


@pytest.mark.parametrize("size", [PHONE, DESK])
async def test_the_header_is_always_in_sight(stage: Stage, size: tuple[int, int]) -> None:
    with no_complaints(stage.page):
        card = await open_card(stage)
        header, page = header_of(stage.page), stage.page
        scheme: Scheme = "light"
        await show(page, size, scheme)
        for number in range(_MANY):
            await stage.control.start_call(f"+155555501{number:02}", _ELSEWHERE)
        await expect(card.get_by_role("listitem")).to_have_count(_MANY, timeout=LIMIT * 1000)
        await is_in_sight(header)
        await card.evaluate(
            "card => [...card.shadowRoot.querySelectorAll('li')].at(-1).scrollIntoView()"
        )
        await is_in_sight(header)
        await header.get_by_role("button", name="Pause all").click()
        await expect(header).to_contain_text("All paused", timeout=LIMIT * 1000)
        await is_in_sight(header)


async def test_recording_and_paused_differ_in_colour_and_shape(stage: Stage) -> None:
    await open_card(stage)
    await stage.control.start_call(CALLER, CALLED)
    row = row_of(stage.page, CALLER)
    dot = row.locator(".dot")
    await expect(dot).to_have_css("background-color", "rgb(244, 67, 54)")
    await expect(dot).to_have_css("border-radius", "50%")
    await tap(row.get_by_role("button", name="Pause"))
    await expect(row).to_have_attribute("data-state", "off")
    await expect(dot).to_have_css("background-color", "rgb(33, 150, 243)")
    await expect(dot).to_have_css("border-radius", "8px")
    # What stays of an own background is nothing, in forced colours: a frame shows the buttons.
    await show(stage.page, PHONE, "forced")
    for button in await row.get_by_role("button").all():
        await expect(button).to_have_css("border-style", "solid")
    # A narrow card hides Stop, and never Pause.
    await row.evaluate("row => { row.getRootNode().host.style.width = '250px'; }")
    await expect(row.get_by_role("button", name="More options")).to_be_hidden()
    await expect(row.get_by_role("button", name="Resume")).to_be_visible()
    await expect(header_of(stage.page).get_by_role("button", name="Pause all")).to_be_visible()


async def test_from_right_to_left_everything_is_mirrored(stage: Stage) -> None:
    card = await open_card(stage)
    await stage.control.start_call(CALLER, CALLED)
    row = row_of(stage.page, CALLER)
    await show(stage.page, PHONE, "light")
    # As Home Assistant does for a language that is written so.
    await card.evaluate("card => { document.documentElement.dir = card.style.direction = 'rtl'; }")
    button, dot = row.get_by_role("button", name="Pause"), row.locator(".dot")
    assert await button.evaluate(_LEFT) < await dot.evaluate(_LEFT)
    arrow = row.locator("strong ha-icon")
    await expect(arrow).to_have_css("transform", "matrix(-1, 0, 0, 1, 0, 0)")
    # Numbers are written from left to right all the same.
    await expect(row.locator("bdi").first).to_have_text(CALLER)
    assert await stage.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
