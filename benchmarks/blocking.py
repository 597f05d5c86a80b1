"""How long the event loop is kept from everything else."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter, thread_time
from typing import Any
from unittest.mock import patch


@dataclass(slots=True)
class Blocking:
    """The longest that one callback or step of a task kept the loop, in seconds.

    `cpu` is what it worked itself; `seconds` also holds what other processes took meanwhile.
    """

    seconds: float = 0
    cpu: float = 0


@contextmanager
def watched_loop() -> Iterator[Blocking]:
    """Time every single step of the event loop."""
    blocking = Blocking()
    run = asyncio.Handle._run  # noqa: SLF001 (the one place that every step passes)

    def timed(self: asyncio.Handle) -> Any:
        began, worked = perf_counter(), thread_time()
        try:
            return run(self)
        finally:
            blocking.seconds = max(blocking.seconds, perf_counter() - began)
            blocking.cpu = max(blocking.cpu, thread_time() - worked)

    with patch.object(asyncio.Handle, "_run", timed):
        yield blocking
