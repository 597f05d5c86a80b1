"""Doing several things at once, so that one that fails does not cut off the others."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable


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
