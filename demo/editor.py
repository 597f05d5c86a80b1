"""The automation editor in the browser, as a person finds what SignalWire brings to it."""

import re

from playwright.async_api import Page

# What is added, and the target that is chosen for it: a device or one of its entities.
EDITOR_TARGETS = {
    "trigger": "Recording activity",
    "condition": "Active recordings",
    "action": "Recording 1",
}


async def open_editor(page: Page, address: str, kind: str) -> None:
    """Open the dialog that adds a trigger, condition or action, at its target."""
    await page.goto(f"{address}/config/automation/edit/new")
    await page.get_by_role("button", name=re.compile(f"Add {kind}")).first.click()
    dialog = page.locator("add-automation-element-dialog")
    search = dialog.get_by_role("textbox").or_(dialog.get_by_role("searchbox")).first
    await search.fill(EDITOR_TARGETS[kind])
    await dialog.get_by_text(EDITOR_TARGETS[kind], exact=True).first.click()
    await dialog.get_by_text("SignalWire", exact=True).first.wait_for()
