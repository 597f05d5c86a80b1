"""The demo as the person who starts it sees it: a process that prints where to go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import re
import signal
import sys

from .screen import DemoError

_ROOT = Path(__file__).resolve().parent.parent
_START_LIMIT = 240
_STOP_LIMIT = 60
_LAST_LINE = "Ctrl-C"
_PRINTED = re.compile(
    r"Home Assistant: +(?P<address>\S+).*?"
    r"User name: +(?P<user>\S+).*?"
    r"Password: +(?P<password>\S+).*?"
    r"SignalWire: +(?P<space>\S+).*?"
    r"Log: +(?P<log>[^\n]+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo and what it printed."""

    process: asyncio.subprocess.Process
    text: str
    address: str
    user: str
    password: str
    space: str
    log: Path

    async def stop(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(_STOP_LIMIT):
            # Read to the end, for a full pipe would keep it from ending.
            await self.process.communicate()
        return self.process.returncode or 0


@asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[Demo]:
    """Start the demo, and wait until it has said that all is ready."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "demo", *arguments),
        cwd=_ROOT,
        env=os.environ | {"PYTHONPATH": ""},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(_START_LIMIT):
            text = await _read(process.stdout) if process.stdout else ""
        printed = _PRINTED.search(text)
        if printed is None:
            raise DemoError(f"The demo did not start. It said:\n{text}")
        yield Demo(
            process,
            text,
            address=printed["address"],
            user=printed["user"],
            password=printed["password"],
            space=printed["space"],
            log=Path(printed["log"]),
        )
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.communicate()


async def _read(output: asyncio.StreamReader) -> str:
    """Read what the demo prints, up to its last line before it just runs."""
    text = ""
    while line := (await output.readline()).decode():
        text += line
        if line.startswith(_LAST_LINE):
            break
    return text
