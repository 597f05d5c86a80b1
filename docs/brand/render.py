"""Renders the brand images of the integration from `icon.svg`, with the system's Chromium.

Run: `.venv/bin/python docs/brand/render.py`
"""

from pathlib import Path
import shutil

from PIL import Image
from playwright.sync_api import sync_playwright

_HERE = Path(__file__).parent
_BRAND = _HERE.parents[1] / "custom_components" / "signalwire" / "brand"
_ICON = (_HERE / "icon.svg").read_text()
_PAGE = """<!doctype html><style>
  body {{ margin: 0; display: flex; align-items: center; width: max-content }}
  svg {{ width: {size}px; height: {size}px; display: block }}
  span {{ font: 600 {text}px "DejaVu Sans", sans-serif; color: {color}; padding: 0 {gap}px }}
</style>{icon}{name}"""


def main() -> None:
    """Write every size and shade that Home Assistant asks for."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1600, "height": 600})
        for shade, color in (("", "#14232b"), ("dark_", "#f2f5f7")):
            for scale in (1, 2):
                suffix = "@2x" if scale == 2 else ""
                for kind, size, name in (
                    ("icon", 256 * scale, ""),
                    ("logo", 128 * scale, "<span>SignalWire</span>"),
                ):
                    if kind == "icon" and shade:
                        # The same on both; Home Assistant then takes the other.
                        continue
                    page.set_content(
                        _PAGE.format(
                            size=size,
                            text=size // 2,
                            gap=size // 8,
                            color=color,
                            icon=_ICON,
                            name=name,
                        )
                    )
                    path = _BRAND / f"{shade}{kind}{suffix}.png"
                    page.locator("body").screenshot(path=path, omit_background=True)
                    with Image.open(path) as image:
                        # Without the space around it.
                        image.crop(image.getbbox()).save(path, optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
