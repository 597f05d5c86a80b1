"""What the integration brings is used as Home Assistant's own: editor, actions, badge, feature."""

from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.browser.card import card_of, header_of, no_complaints, open_card, row_of, settled, tap
from tests.browser.stage import CALLED, CALLER, OWN_DASHBOARD, Stage, in_a_browser, updates

pytestmark = in_a_browser(demo=2)

_CARD = "custom:signalwire-recordings-card"
_SLOT = "switch.recording_1"
_ELSEWHERE = "+15555550103"
_OTHER = "+15555550118"
_TAP_ON_ALL = """card => card.shadowRoot.querySelectorAll("li .main").forEach(main =>
  main.dispatchEvent(new MouseEvent("click", {bubbles: true, composed: true, detail: 1})))"""
# In one moment: a busy machine may take too long between the clicks of a mouse.
_DOUBLE_TAP = """main => [1, 2].forEach(detail =>
  main.dispatchEvent(new MouseEvent("click", {bubbles: true, composed: true, detail})))"""


async def _call(page: Page, **message: Any) -> Any:
    """Send Home Assistant a message, and return the answer."""
    return await page.evaluate(
        "message => document.querySelector('home-assistant').hass.callWS(message)", message
    )


async def _open_dashboard(
    stage: Stage, cards: list[dict[str, Any]], badges: list[dict[str, Any]] | None = None
) -> None:
    """Open a dashboard of a person's own."""
    page, url = stage.page, OWN_DASHBOARD
    known = await _call(page, type="lovelace/dashboards/list")
    if url not in [dashboard["url_path"] for dashboard in known]:
        await _call(
            page, type="lovelace/dashboards/create", url_path=url, title="Own", mode="storage"
        )
    section = {"type": "grid", "cards": cards}
    view = {"type": "sections", "sections": [section], "badges": badges or []}
    await _call(page, type="lovelace/config/save", url_path=url, config={"views": [view]})
    await page.goto(f"{stage.demo.address}/{url}")


async def _device(page: Page, name: str) -> str:
    devices = await _call(page, type="config/device_registry/list")
    return str(next(device["id"] for device in devices if device["name"] == name))


async def test_the_options_and_actions_of_the_card(stage: Stage) -> None:
    with no_complaints(stage.page):
        card = await open_card(stage)
        await stage.control.start_call(CALLER, CALLED)
        await stage.control.start_call(_OTHER, _ELSEWHERE)
        await expect(card.get_by_role("listitem")).to_have_count(2)
        await _show_one_line(stage)
        await _tap_as_configured(stage)
        await _edit(stage)
        assert await updates(stage) == []


async def _show_one_line(stage: Stage) -> None:
    line = await _device(stage.page, "Front desk")
    options = {"title": "At the door", "compact": True, "hide_numbers": True, "hide_stop": True}
    await _open_dashboard(stage, [{"type": _CARD, "line": line, **options}])
    card = card_of(stage.page)
    await expect(card.get_by_role("listitem")).to_have_count(1)
    await expect(card).to_contain_text("Recording 1")
    await expect(card).not_to_contain_text(CALLER)
    await expect(card.get_by_role("button", name="More options")).to_have_count(0)
    await expect(card.get_by_role("group")).to_have_count(0)
    await expect(header_of(stage.page).get_by_role("button", name="Pause all")).to_be_visible()


async def _tap_as_configured(stage: Stage) -> None:
    """Configure a tap and a double tap; the button pauses as always."""
    actions = {
        "tap_action": {"action": "more-info"},
        "double_tap_action": {"action": "navigate", "navigation_path": "/map"},
    }
    await _open_dashboard(stage, [{"type": _CARD, **actions}])
    page = stage.page
    main = row_of(page, CALLER).get_by_role("button", name=CALLER).first
    await tap(main)
    dialog = page.locator("ha-more-info-dialog")
    await expect(dialog.get_by_text("Recording 1").first).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog.get_by_text("Recording 1")).to_have_count(0)
    await main.focus()
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_text("Recording 1").first).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog.get_by_text("Recording 1")).to_have_count(0)
    await settled(main)
    # One on each of two rows is no double tap.
    await card_of(page).evaluate(_TAP_ON_ALL)
    await expect(dialog.get_by_text("Recording").first).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog.get_by_text("Recording")).to_have_count(0)
    assert "/map" not in page.url
    await settled(main)
    await main.evaluate(_DOUBLE_TAP)
    await page.wait_for_url("**/map")


async def _edit(stage: Stage) -> None:
    """Find every option in the visual editor."""
    page = stage.page
    await _open_dashboard(stage, [{"type": _CARD}])
    await page.get_by_role("button", name="Edit dashboard").click()
    await page.locator("hui-card-edit-mode .control").first.press("Enter")
    form = page.locator("hui-dialog-edit-card")
    for label in ("Title", "Project", "Only this line", "Compact", "Hide telephone numbers"):
        await expect(form.get_by_text(label, exact=True).filter(visible=True)).not_to_have_count(0)
    for label in ("Hide Stop", "Hide what a pause keeps", "Interactions"):
        await expect(form.get_by_text(label, exact=True).filter(visible=True)).not_to_have_count(0)


async def test_the_badge_and_the_tile_feature(stage: Stage) -> None:
    with no_complaints(stage.page):
        page = stage.page
        await open_card(stage)
        await stage.control.start_call(CALLER, CALLED)
        await expect(row_of(page, CALLER)).to_have_count(1)
        feature = {"type": "custom:signalwire-recording"}
        tile = {"type": "tile", "entity": _SLOT, "features": [feature]}
        badge = {"type": "custom:signalwire-recordings-badge"}
        await _open_dashboard(stage, [tile], [badge])
        shown = page.locator("signalwire-recordings-badge")
        await expect(shown).to_contain_text("1 recording")
        await _pause_on_the_tile(page, shown)
        suggested = await page.evaluate(
            """entities => entities.map(entity => window.customCards
              .find(({type}) => type === "signalwire-recordings-card")
              .getEntitySuggestion(document.querySelector("home-assistant").hass, entity)
              ?.config)""",
            [_SLOT, "switch.front_desk_call_recording", "sensor.recording_1_from"],
        )
        project, line = [await _device(page, name) for name in ("Harbour Clinic", "Front desk")]
        assert suggested == [
            {"type": _CARD, "device_id": project},
            {"type": _CARD, "device_id": project, "line": line},
            None,
        ]


async def _pause_on_the_tile(page: Page, badge: Locator) -> None:
    feature = page.locator("signalwire-recording")
    await tap(feature.get_by_role("button", name="Pause"))
    await expect(badge).to_contain_text("1 paused")
    await tap(feature.get_by_role("button", name="Resume"))
    await expect(badge).to_contain_text("1 recording")
    await tap(feature.get_by_role("button", name="Stop"))
    await page.get_by_text("Stop this recording for good?").wait_for()
    await page.get_by_role("button", name="Stop", exact=True).last.click()
    await expect(badge).to_contain_text("Nothing is being recorded")
