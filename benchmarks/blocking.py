"""How long the event loop is kept from everything else."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import gc
from time import thread_time
from unittest.mock import patch


@dataclass(slots=True)
class Blocking:
    """The longest that one callback or step of a task kept the loop, in processor seconds.

    `collected` is what all collections of garbage took. Python's collector goes through every
    object of the process when its time has come, whoever made them: `without_garbage` is the
    longest step apart from that.
    """

    seconds: float = 0
    without_garbage: float = 0
    collected: float = 0


@contextmanager
def watched_loop() -> Iterator[Blocking]:
    """Time every single step of the event loop."""
    blocking = Blocking()
    run = asyncio.Handle._run  # noqa: SLF001 (the one place that every step passes)
    began_collection = 0.0

    def collecting(phase: str, _info: object) -> None:
        nonlocal began_collection
        if phase == "start":
            began_collection = thread_time()
        else:
            blocking.collected += thread_time() - began_collection

    def timed(self: asyncio.Handle) -> object:
        began, collected = thread_time(), blocking.collected
        try:
            return run(self)
        finally:
            took = thread_time() - began
            blocking.seconds = max(blocking.seconds, took)
            own = took - (blocking.collected - collected)
            blocking.without_garbage = max(blocking.without_garbage, own)

    gc.callbacks.append(collecting)
    try:
        with patch.object(asyncio.Handle, "_run", timed):
            yield blocking
    finally:
        gc.callbacks.remove(collecting)
