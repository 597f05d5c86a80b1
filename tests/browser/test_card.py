"""The card as a person has it: found, opened, tapped, held, and read."""

import re

from playwright.async_api import Locator, expect

from demo.browser import log_in
from tests.browser.card import card_of, header_of, no_complaints, row_of, tap
from tests.browser.stage import (
    CALLED,
    CALLER,
    Stage,
    check_silence,
    in_a_browser,
    recording_that_is,
    updates,
)

pytestmark = in_a_browser(demo=2)

_OTHER = "+15555550118"
_ELSEWHERE = "+15555550103"


async def _add_dashboard(stage: Stage) -> Locator:
    """Add the dashboard as people do, and open it as a bookmark does."""
    page, address = stage.page, stage.demo.address
    await log_in(page, address, stage.demo.user, stage.demo.password)
    await page.goto(f"{address}/config/lovelace/dashboards")
    await page.get_by_text("Add dashboard").first.click()
    await page.locator("dashboard-card", has_text="SignalWire recordings").click()
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("button", name="Create")).to_have_count(0)
    await page.goto(f"{address}/signalwire-recordings")
    return card_of(page)


async def test_a_recording_is_paused_resumed_and_stopped_on_the_card(stage: Stage) -> None:
    with no_complaints(stage.page):
        card = await _add_dashboard(stage)
        await expect(card).to_contain_text("Nothing is being recorded")
        await stage.control.start_call(CALLER, CALLED)
        row = row_of(stage.page, CALLER)
        await expect(row).to_contain_text(CALLED)
        await _see_the_clock_run(row)
        assert await updates(stage) == []

        await _pause_and_resume(stage, row)
        await _choose_what_a_pause_leaves(stage, card)
        await _hold_the_row(stage, row)
        await _stop(stage, row)
        await expect(card).to_contain_text("Nothing is being recorded")
        assert len(await updates(stage)) == 4
    check_silence(stage.demo, stage.log_start)


async def _pause_and_resume(stage: Stage, row: Locator) -> None:
    """Pause with the pointer, and resume with the keyboard."""
    await tap(row.get_by_role("button", name="Pause"))
    await recording_that_is(stage, "paused")
    await expect(row).to_contain_text("Paused")
    # The same button, and so the focus, is still there.
    await expect(row.get_by_role("button", name="Resume")).to_be_focused()
    await stage.page.keyboard.press("Enter")
    await recording_that_is(stage, "in-progress")
    await expect(row).to_contain_text("Recording")
    assert [update["status"] for update in await updates(stage)] == [200, 200]


async def _see_the_clock_run(row: Locator) -> None:
    clock = row.locator("time")
    await expect(clock).to_have_text(re.compile(r"^0:\d\d$"))
    shown = await clock.inner_text()
    await expect(clock).not_to_have_text(shown)
    assert await clock.inner_text() > shown


async def _choose_what_a_pause_leaves(stage: Stage, card: Locator) -> None:
    """Choose it with the keyboard, and pause by a tap on the row."""
    left_out = card.get_by_role("button", name="Left out")
    await left_out.focus()
    await stage.page.keyboard.press("Space")
    await expect(left_out).to_have_attribute("aria-pressed", "true")
    await tap(row_of(stage.page, CALLER).locator(".main"))
    recording = await recording_that_is(stage, "paused")
    assert recording["pause_behavior"] == "skip"


async def _hold_the_row(stage: Stage, row: Locator) -> None:
    """Hold it as everywhere in Home Assistant: it tells more, and stops nothing."""
    page = stage.page
    before = await updates(stage)
    await row.get_by_text("Paused").hover()
    await page.mouse.down()
    dialog = page.locator("ha-more-info-dialog")
    await expect(dialog.get_by_text("Recording 1").first).to_be_visible()
    await page.mouse.up()
    await page.keyboard.press("Escape")
    await expect(dialog.get_by_text("Recording 1")).to_have_count(0)
    assert await updates(stage) == before


async def _stop(stage: Stage, row: Locator) -> None:
    """Ask for it, think better of it, and then stop with the keyboard."""
    page = stage.page
    before = await updates(stage)
    menu = card_of(page).get_by_role("dialog")
    await tap(row.get_by_role("button", name="More options"))
    await menu.get_by_role("button", name="Close").click()
    await expect(menu).to_have_count(0)

    await tap(row.get_by_role("button", name="More options"))
    await menu.get_by_role("button", name="Stop for good").click()
    await page.get_by_text("Stop this recording for good?").wait_for()
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text("Stop this recording for good?")).to_have_count(0)
    assert await updates(stage) == before

    await row.get_by_role("button", name="More options").focus()
    await page.keyboard.press("Enter")
    await menu.get_by_role("button", name="Stop for good").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Stop", exact=True).click()
    await recording_that_is(stage, "stopped")


async def test_everything_and_a_line_alone_are_paused_and_resumed(stage: Stage) -> None:
    with no_complaints(stage.page):
        card = await _add_dashboard(stage)
        header = header_of(stage.page)
        await stage.control.start_call(CALLER, CALLED)
        await stage.control.start_call(_OTHER, _ELSEWHERE)
        await expect(header).to_contain_text("2 recording")

        await _hold_the_line(stage, card)
        await _hold_all(stage, card)
        await _extend(stage, header)


async def _hold_the_line(stage: Stage, card: Locator) -> None:
    desk, other = row_of(stage.page, CALLER), row_of(stage.page, _OTHER)
    group = card.locator("section", has=stage.page.get_by_text("Front desk", exact=True))
    await expect(group.get_by_role("listitem")).to_have_count(1)
    await expect(group).to_contain_text(CALLER)
    others = card.locator("section", has_text="Other calls")
    await expect(others).to_contain_text(_OTHER)
    await tap(group.get_by_role("button", name="Pause: Front desk"))
    await expect(desk).to_have_attribute("data-state", "off")
    # Only the line can be resumed, and the others go on.
    await expect(desk.get_by_role("button", name="Resume")).to_have_count(0)
    await expect(other).to_have_attribute("data-state", "on")
    await expect(header_of(stage.page)).to_contain_text("1 recording")
    await expect(header_of(stage.page)).to_contain_text("1 paused")
    await tap(desk.locator(".main"))
    await expect(desk).to_contain_text("Call recording is off. Resume it first.")
    await tap(group.get_by_role("button", name="Resume: Front desk"))
    await expect(desk).to_have_attribute("data-state", "on")


async def _hold_all(stage: Stage, card: Locator) -> None:
    header = header_of(stage.page)
    await tap(header.get_by_role("button", name="Pause all"))
    await expect(header).to_contain_text("All paused")
    await expect(header).to_contain_text("until you resume")
    await expect(card.get_by_role("listitem")).to_have_count(2)
    await expect(card.locator("li[data-state=off]")).to_have_count(2)
    # Neither a row nor a line can be resumed meanwhile.
    await expect(card.get_by_role("button", name="Resume")).to_have_count(1)
    await expect(header.get_by_role("button", name="+5 min")).to_have_count(0)
    await tap(header.get_by_role("button", name="Resume all"))
    await expect(header).to_contain_text("2 recording")


async def _extend(stage: Stage, header: Locator) -> None:
    """Hold for two minutes, as a card terminal does, and add five."""
    await stage.page.evaluate(
        """() => document.querySelector("home-assistant").hass.callService(
          "signalwire", "hold_recordings", {name: "Card terminal", for: {minutes: 2}})"""
    )
    await expect(header).to_contain_text(re.compile(r"back on in 1:\d\d · Card terminal"))
    await tap(header.get_by_role("button", name="+5 min"))
    await expect(header).to_contain_text(re.compile(r"back on in 6:\d\d · Card terminal"))
    await tap(header.get_by_role("button", name="Resume all"))
    await expect(header).to_contain_text("2 recording")
