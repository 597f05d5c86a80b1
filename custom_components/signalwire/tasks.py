"""Several things at once, of which none cuts off another, and work that outlives who asked."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant


async def gather_all[ResultT](
    awaitables: Iterable[Awaitable[ResultT]],
    is_fine: Callable[[BaseException], bool] = lambda _: False,
) -> list[ResultT]:
    """Return what all of them return, in their order.

    If some fail, all are awaited before the first error is raised; one that `is_fine` counts as
    done, and has no result.
    """
    outcomes = await asyncio.gather(*awaitables, return_exceptions=True)
    results: list[ResultT] = []
    for outcome in outcomes:
        if not isinstance(outcome, BaseException):
            results.append(outcome)
        elif not is_fine(outcome):
            raise outcome
    return results


async def finish_anyway[ResultT](
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    work: Coroutine[Any, Any, ResultT],
    name: str,
) -> ResultT:
    """Return what the work returns; who waits may be cancelled, and it goes on until the unload."""
    task = entry.async_create_background_task(hass, work, name)
    # Marked as seen, should nobody wait any more.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return await asyncio.shield(task)
