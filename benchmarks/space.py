"""The simulated space, in a process of its own so that its work does not count."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import re
import sys
from typing import Any

from aiohttp import ClientSession, encode_basic_auth

PROJECT_ID = "5f0c1f5e-9d0b-4a47-8f5c-0b7f7a6b1c2d"
TOKEN = "PTof-the-benchmarks"  # noqa: S105 (the simulator takes whatever it was started with)
ROOT = Path(__file__).parent.parent
ACCOUNT = f"/api/laml/2010-04-01/Accounts/{PROJECT_ID}"
LOGIN = {"Authorization": encode_basic_auth(PROJECT_ID, TOKEN)}


@dataclass(frozen=True, slots=True)
class SimulatedSpace:
    """A running simulator; its control side through `post` and `get`."""

    url: str
    session: ClientSession

    async def post(self, path: str, **fields: object) -> dict[str, Any]:
        """Send JSON to the control side and return the answer."""
        async with self.session.post(f"{self.url}/_sim/{path}", json=fields) as response:
            response.raise_for_status()
            answer: dict[str, Any] = await response.json()
            return answer

    async def get(self, path: str) -> Any:
        """Return what the control side shows."""
        async with self.session.get(f"{self.url}/_sim/{path}") as response:
            response.raise_for_status()
            return await response.json()

    async def forget_requests(self) -> None:
        """Begin to count requests anew."""
        async with self.session.delete(f"{self.url}/_sim/requests") as response:
            response.raise_for_status()

    async def clear_faults(self) -> None:
        """Let the service be as it should again."""
        async with self.session.delete(f"{self.url}/_sim/faults") as response:
            response.raise_for_status()

    async def requests(self) -> int:
        """Return how many requests the service's side received since they were forgotten."""
        return int((await self.get("load"))["requests"])

    async def most_at_once(self) -> int:
        """Return how many of them were under way at once, at most."""
        return int((await self.get("load"))["most_at_once"])


@asynccontextmanager
async def simulated_space() -> AsyncIterator[SimulatedSpace]:
    """Run an empty space on a free port of loopback."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--port", "0"),
        *("--project", PROJECT_ID, "--token", TOKEN, "--shortest-recording", "0"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        if process.stdout is None:
            raise RuntimeError("The simulator has no output")
        line = (await process.stdout.readline()).decode()
        match = re.search(r"http://\S+", line)
        if match is None:
            raise RuntimeError("The simulator did not start")
        async with ClientSession() as session:
            yield SimulatedSpace(match[0], session)
    finally:
        process.terminate()
        await process.wait()
