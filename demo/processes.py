"""The demo's children: started in their own groups, watched, and ended without a trace."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
import os
from pathlib import Path
import signal
from typing import Never

from .screen import DemoError

_GRACE = 30
_ENVIRONMENT = {
    # Home Assistant looks for integrations on the path: only its own folder may have one.
    "PYTHONPATH": "",
    # Compiled modules are what makes a second start fast.
    "PYTHONDONTWRITEBYTECODE": "",
}


@dataclass(frozen=True, slots=True)
class Child:
    """A running process with its name for people and the file with its output."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    async def ended(self) -> int:
        """Wait for the process to end, and return its exit code."""
        return await self.process.wait()

    async def watch(self) -> Never:
        """Wait for the process to end by itself, which is a failure."""
        raise self.failure(await self.ended())

    def failure(self, code: int) -> DemoError:
        """Say that the process ended by itself."""
        return DemoError(f"{self.name} ended by itself (exit code {code}): see {self.log}")

    async def stop(self) -> None:
        """End the process and whatever it started."""
        if self.process.returncode is None:
            self._signal(signal.SIGTERM)
            with suppress(TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await self.process.wait()
        self._signal(signal.SIGKILL)
        await self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        # The child leads a group of its own, whose number is that of the process.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


@asynccontextmanager
async def running(
    name: str,
    command: Sequence[str],
    *,
    folder: Path,
    log: Path,
) -> AsyncIterator[Child]:
    """Run a process for as long as the context lasts; its output goes to the log file."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=os.environ | _ENVIRONMENT,
            # A group of its own: Ctrl-C reaches the demo alone, which ends its children in order.
            start_new_session=True,
        )
    child = Child(name, process, log)
    try:
        yield child
    finally:
        await uninterrupted(child.stop)


async def race[T](work: Awaitable[T], *guards: Awaitable[Never]) -> T:
    """Do the work, unless one of the guards fails first."""
    job = asyncio.ensure_future(work)
    others = [asyncio.ensure_future(guard) for guard in guards]
    try:
        await asyncio.wait((job, *others), return_when=asyncio.FIRST_COMPLETED)
        for other in others:
            if other.done():
                return other.result()
        return await job
    finally:
        for future in (job, *others):
            future.cancel()
        await asyncio.gather(job, *others, return_exceptions=True)


async def uninterrupted(work: Callable[[], Awaitable[None]]) -> None:
    """Finish the work even if the task is cancelled while it does."""
    job = asyncio.ensure_future(work())
    try:
        await asyncio.shield(job)
    except asyncio.CancelledError:
        await job
        raise
