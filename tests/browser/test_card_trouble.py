"""What goes wrong is seen on the card, where it is, until it is resolved."""

import re

from playwright.async_api import Locator, Page, expect

from tests.browser.card import header_of, no_complaints, open_card, row_of, tap
from tests.browser.stage import CALLED, CALLER, LIMIT, Stage, in_a_browser, updates

pytestmark = in_a_browser(demo=1)

_OTHER = "+15555550118"
_ELSEWHERE = "+15555550103"
_HAPTICS = """() => {
  const seen = [];
  window.addEventListener("haptic", ({detail}) => seen.push(detail));
  return seen;
}"""
# Taps on whatever is where a row was, in the moment in which the row has gone. Home Assistant
# replaces the card when a registry changes: it is found again.
_TAP_WHAT_FOLLOWS = """party => ({outcome: new Promise(done => {
  const find = root => root.querySelector("signalwire-recordings-card")
    ?? [...root.querySelectorAll("*")]
      .map(({shadowRoot}) => shadowRoot && find(shadowRoot))
      .find(found => found);
  let card, place, isDone = false;
  const look = () => {
    const rows = [...card.shadowRoot.querySelectorAll("li")];
    const row = rows.find(({innerText}) => innerText.includes(party));
    if (row) place = row.querySelector(".act button").getBoundingClientRect();
    // A new card is empty at first.
    if (isDone || row || !place || rows.length === 0) return;
    isDone = true;
    observer.disconnect();
    const there = card.shadowRoot.elementFromPoint(place.x + 8, place.y + 8);
    const click = new MouseEvent("click", {bubbles: true, composed: true, detail: 1});
    there.dispatchEvent(click);
    done(there.closest("li")?.innerText ?? "nothing");
  };
  const observer = new MutationObserver(look);
  const follow = () => {
    if (isDone) return;
    requestAnimationFrame(follow);
    if (card?.isConnected) return;
    card = find(document);
    if (!card?.shadowRoot) return;
    observer.disconnect();
    observer.observe(card.shadowRoot, {subtree: true, childList: true});
    look();
  };
  follow();
})})"""


async def _heights(header: Locator) -> float:
    height: float = await header.evaluate("header => header.offsetHeight")
    return height


async def test_a_failure_stays_on_its_row_and_the_header_keeps_its_height(stage: Stage) -> None:
    with no_complaints(stage.page):
        card = await open_card(stage)
        header, page = header_of(stage.page), stage.page
        height = await _heights(header)
        await stage.control.start_call(CALLER, CALLED)
        row = row_of(page, CALLER)
        await stage.control.fail(method="POST", status=400, delay=1)
        haptics = await page.evaluate_handle(_HAPTICS)
        await tap(row.get_by_role("button", name="Pause"))
        await _see_it_busy(row)
        await expect(row).to_contain_text("Couldn't pause, still recording")
        await expect(row).to_contain_text("SignalWire rejected")
        await expect(card.get_by_role("alert")).to_contain_text("Couldn't pause")
        assert await haptics.json_value() == ["light", "failure"]
        # No message of Home Assistant's that goes after some seconds.
        await expect(page.locator("notification-manager")).to_have_count(0)
        await expect(row.get_by_role("button", name="Pause")).to_be_visible()

        await _see_it_in_a_new_card(card)

        await stage.control.mend()
        await tap(row.get_by_role("button", name="Retry"))
        await expect(row).to_have_attribute("data-state", "off")
        await expect(row).not_to_contain_text("Couldn't")
        await tap(row.get_by_role("button", name="Resume"))
        await expect(row).to_have_attribute("data-state", "on")

        await _hold_without_confirmation(stage, header)
        assert await _heights(header) == height
        await stage.control.mend()
        await expect(header).to_contain_text("All paused", timeout=LIMIT * 1000)
        assert await _heights(header) == height


async def _see_it_in_a_new_card(card: Locator) -> None:
    """Check that it stays where Home Assistant replaces the card, as when a registry changes."""
    text = await card.evaluate(
        """card => {
          const fresh = document.createElement(card.localName);
          fresh.setConfig(card._config);
          fresh.hass = card._hass;
          return fresh.shadowRoot.querySelector("li").textContent;
        }"""
    )
    assert "Couldn't pause, still recording" in text


async def _see_it_busy(row: Locator) -> None:
    """Check that it says what it does, in full colour, and still shows what is confirmed."""
    await expect(row).to_contain_text("Pausing…")
    await expect(row.locator(".act [aria-busy=true] .spinner")).to_be_visible()
    await expect(row).to_have_attribute("data-state", "on")
    opacities = await row.evaluate(
        "row => [row, ...row.querySelectorAll('*')].map(part => getComputedStyle(part).opacity)"
    )
    assert set(opacities) <= {"1", "0.9"}


async def _hold_without_confirmation(stage: Stage, header: Locator) -> None:
    """Hold while nothing can be paused: a moment's patience, and then an alarm."""
    await stage.control.fail(method="POST", status=503)
    seen = await header.evaluate_handle(
        """header => {
          const seen = [];
          const note = () => seen.push([header.dataset.kind, performance.now()]);
          new MutationObserver(note).observe(header, {attributes: true});
          return seen;
        }"""
    )
    await tap(header.get_by_role("button", name="Pause all"))
    await expect(header).to_contain_text("Pausing")
    await expect(header).to_contain_text("Not confirmed")
    await expect(header).to_contain_text("1 may still be recording")
    kinds = await seen.json_value()
    busy, alarm = ([at for kind, at in kinds if kind == name] for name in ("busy", "alarm"))
    assert alarm[0] - busy[0] > 2000
    await expect(header.get_by_role("button", name="Resume all")).to_be_visible()


async def test_on_an_outage_the_rows_stay_with_their_age(stage: Stage) -> None:
    with no_complaints(stage.page):
        card = await open_card(stage)
        header, control = header_of(stage.page), stage.control
        await control.start_call(CALLER, CALLED)
        await control.start_call(_OTHER, _ELSEWHERE)
        await expect(header).to_contain_text("2 recording")
        await control.fail(status=503)
        await expect(header).to_contain_text("SignalWire does not answer", timeout=LIMIT * 1000)
        await expect(header).to_contain_text(re.compile(r"last seen \d:\d\d ago"))
        await _see_what_was_known(card)
        await control.mend()
        await expect(header).to_contain_text("2 recording", timeout=LIMIT * 1000)
        await expect(card.locator("li[data-stale]")).to_have_count(0)

        await control.fail(status=401)
        await expect(header).to_contain_text("rejected the token", timeout=LIMIT * 1000)
        await expect(card).to_contain_text("Enter a new token")
        await control.mend()
        await expect(header).to_contain_text("2 recording", timeout=LIMIT * 1000)

        await card.evaluate("card => { card.hass = {...card._hass, connected: false}; }")
        await expect(header).to_contain_text("No connection to Home Assistant")


async def _see_what_was_known(card: Locator) -> None:
    rows = card.locator("li[data-stale]")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text(CALLER)
    # What was known does not go on, and can be paused all the same.
    clock = await rows.first.locator("time").inner_text()
    age = card.locator("header .detail")
    await expect(age).to_contain_text(re.compile("0:0[4-9]"), timeout=LIMIT * 1000)
    assert await rows.first.locator("time").inner_text() == clock
    await expect(rows.first.get_by_role("button", name="Pause")).to_be_visible()


async def test_a_tap_for_what_has_just_gone_is_not_taken_and_says_so(stage: Stage) -> None:
    with no_complaints(stage.page):
        card = await open_card(stage)
        first = await stage.control.start_call(CALLER, _ELSEWHERE)
        await expect(row_of(stage.page, CALLER)).to_have_count(1)
        await stage.control.start_call(_OTHER, _ELSEWHERE)
        row = row_of(stage.page, _OTHER)
        await expect(card.locator("section", has_text="Other calls")).to_contain_text(_OTHER)
        following = await stage.page.evaluate_handle(_TAP_WHAT_FOLLOWS, CALLER)
        await stage.control.hang_up(first)
        assert _OTHER in await following.evaluate("following => following.outcome")
        await expect(row).to_contain_text("Just changed, tap again")
        assert await updates(stage) == []
        await _pause_all_at_once(stage.page)
        await expect(row).to_have_attribute("data-state", "off")


async def _pause_all_at_once(page: Page) -> None:
    """Pause all in the moment in which the card has changed its height."""
    await header_of(page).evaluate(
        """header => {
          const card = header.getRootNode().host;
          card.setConfig({...card._config, hide_pause_behavior: true});
          const click = new MouseEvent("click", {bubbles: true, composed: true, detail: 1});
          header.querySelector("button:last-child").dispatchEvent(click);
        }"""
    )
    await expect(header_of(page)).to_contain_text("All paused")


async def test_a_removed_project_and_a_removed_line_are_named(stage: Stage) -> None:
    with no_complaints(stage.page):
        card = await open_card(stage)

        async def says(config: str, text: str) -> None:
            await card.evaluate(f"card => card.setConfig({{type: card._config.type, {config}}})")
            await expect(card).to_contain_text(text)

        await says("device_id: 'gone'", "The project of this card was removed")
        await says("line: 'gone'", "The line of this card was removed")
        await says("title: 'Harbour'", "Harbour")
        for wrong in ("title: 1", "compact: 'yes'", "line: true", "tap_action: 'toggle'"):
            error = await card.evaluate(
                f"card => {{ try {{ card.setConfig({{{wrong}}}) }} catch (error) {{"
                " return error.message } }"
            )
            assert error == f"Invalid configuration: {wrong.split(':')[0]}"
