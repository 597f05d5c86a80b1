"""Waiting for conditions, with a deadline."""

import asyncio
from collections.abc import Awaitable, Callable

from .screen import DemoError

_PAUSE = 0.1


async def wait_until[T](probe: Callable[[], Awaitable[T | None]], what: str, limit: float) -> T:
    """Ask again until the probe has an answer; give up in words after `limit` seconds."""
    try:
        async with asyncio.timeout(limit):
            while (answer := await probe()) is None:  # noqa: ASYNC110 - another process
                await asyncio.sleep(_PAUSE)
            return answer
    except TimeoutError:
        raise DemoError(f"Waited {limit:.0f} seconds in vain until {what}.") from None
