"""A moving picture of a page: what is seen of it, with where the pointer is."""

import asyncio
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from time import monotonic

from PIL import Image
from playwright.async_api import FloatRect, Locator, Page

from .screen import DemoError

_SHORTEST = 0.05
_COLORS = 128
# A ring where the pointer is, as large as a fingertip, which fills when it taps.
_POINTER = """([x, y, isDown]) => {
  const ring = document.getElementById("pointer") ?? document.body.appendChild(
    Object.assign(document.createElement("div"), {id: "pointer"}));
  ring.style.cssText = `position: fixed; z-index: 9999; pointer-events: none; border-radius: 50%;
    width: 36px; height: 36px; left: ${x - 18}px; top: ${y - 18}px;
    border: 2px solid #0009; background: ${isDown ? "#0005" : "#0001"}`;
}"""


@dataclass(slots=True)
class Film:
    """Frames of a part of a page, `clip`, each with how long it was seen (seconds)."""

    page: Page
    clip: FloatRect
    _frames: list[tuple[bytes, float]] = field(default_factory=list)

    async def record(self, seconds: float) -> None:
        """Record for so long."""
        end = monotonic() + seconds
        while (began := monotonic()) < end:
            frame = await self.page.screenshot(clip=self.clip, animations="disabled")
            if (rest := _SHORTEST - (monotonic() - began)) > 0:
                await asyncio.sleep(rest)
            self._add(frame, monotonic() - began)

    def _add(self, frame: bytes, seconds: float) -> None:
        if self._frames and self._frames[-1][0] == frame:
            seconds += self._frames.pop()[1]
        self._frames.append((frame, seconds))

    async def tap(self, button: Locator) -> None:
        """Record how the pointer comes to a button and taps it."""
        box = await box_of(button)
        place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        await self.page.evaluate(_POINTER, [*place, False])
        await self.record(0.8)
        await self.page.evaluate(_POINTER, [*place, True])
        await self.page.mouse.click(*place)
        await self.record(0.3)
        await self.page.evaluate(_POINTER, [*place, False])

    def write(self, target: Path) -> None:
        """Write the film as a GIF that runs for ever."""
        images = [Image.open(BytesIO(frame)).convert("RGB") for frame, _ in self._frames]
        # One set of colors for all frames, so that nothing flickers.
        palette = max(images, key=lambda image: len(image.getcolors(1 << 24) or ())).quantize(
            _COLORS
        )
        first, *others = (
            image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images
        )
        first.save(
            target,
            save_all=True,
            append_images=others,
            duration=[round(seconds * 1000) for _, seconds in self._frames],
            loop=0,
            optimize=True,
        )


async def box_of(part: Locator) -> FloatRect:
    """Return where a part of the page is; raises DemoError if it is not to be seen."""
    if (box := await part.bounding_box()) is None:
        raise DemoError("A part of the page is not to be seen.")
    return box
