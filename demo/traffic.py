"""Calls that come and go by themselves, so that the dashboard has something to show."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
import random
from typing import Any, Never

import aiohttp

from .lines import ELSEWHERE, LINES
from .processes import race

_CALLED = (*(line.addresses[0] for line in LINES), ELSEWHERE)
_ROOM = "Front desk"
_AT_ONCE = 3
_TALK = (20.0, 90.0)
_QUIET = (3.0, 15.0)
_CONFERENCES = 0.5
"""How often the first line is a conference; the others never are, for there is one room."""


@dataclass(frozen=True, slots=True)
class Control:
    """The simulator's control side, which is no part of the service."""

    session: aiohttp.ClientSession
    address: str

    async def start_call(self, caller: str, called: str) -> str:
        """Let somebody call and be recorded; return the call's SID."""
        call = await self._post("calls", {"from": caller, "to": called})
        await self._post(f"calls/{call['sid']}/recordings")
        return str(call["sid"])

    async def hang_up(self, call: str) -> None:
        """End a call."""
        await self._post(f"calls/{call}/hangup")

    async def start_conference(self, name: str) -> str:
        """Let people meet and be recorded; return the conference's SID."""
        conference = await self._post("conferences", {"friendly_name": name})
        await self._post(f"conferences/{conference['sid']}/recordings")
        return str(conference["sid"])

    async def end_conference(self, conference: str) -> None:
        """End a conference."""
        await self._post(f"conferences/{conference}/end")

    async def end_all(self) -> None:
        """End every call and conference."""
        state = await self.state() or {}
        for call in state.get("calls", []):
            await self.hang_up(call["sid"])
        for conference in state.get("conferences", []):
            await self.end_conference(conference["sid"])

    async def reset(self) -> None:
        """Forget all calls, conferences, recordings, numbers, requests and faults."""
        await self._post("reset")

    async def add_recordings(self, count: int, age: float, duration: float) -> None:
        """Let calls have been recorded some time ago; both in seconds."""
        await self._post("recordings", {"count": count, "age": age, "duration": duration})

    async def add_phone_number(self, number: str, name: str) -> None:
        """Give the project a telephone number."""
        await self._post("phone_numbers", {"phone_number": number, "friendly_name": name})

    async def fail(self, **fault: object) -> None:
        """Let requests fail as the simulator's fault says; what is left out matches all."""
        await self._post("faults", fault)

    async def mend(self) -> None:
        """Let every request succeed again."""
        async with self.session.delete(f"{self.address}/_sim/faults") as response:
            response.raise_for_status()

    async def call_back(self, url: str) -> None:
        """Let the service tell this address of every recording that starts and ends."""
        await self._post("settings", {"callback_url": url})

    async def tell_signing_key(self) -> None:
        """Let the account show the key that callbacks are signed with."""
        await self._post("settings", {"show_signing_key": True})

    async def state(self) -> dict[str, Any] | None:
        """Return what the simulator knows; None while it does not answer."""
        try:
            async with self.session.get(f"{self.address}/_sim/state") as response:
                response.raise_for_status()
                state: dict[str, Any] = await response.json()
                return state
        except aiohttp.ClientError:
            return None

    async def requests(self) -> list[dict[str, Any]]:
        """Return what the service's side was asked."""
        async with self.session.get(f"{self.address}/_sim/requests") as response:
            response.raise_for_status()
            requests: list[dict[str, Any]] = await response.json()
            return requests

    async def _post(self, path: str, data: Mapping[str, object] | None = None) -> Any:
        url = f"{self.address}/_sim/{path}"
        async with self.session.post(url, json=data or {}) as response:
            response.raise_for_status()
            return await response.json()


async def add_phone_numbers(control: Control) -> None:
    """Give the project the numbers that its lines have, and one more."""
    for line in LINES:
        await control.add_phone_number(line.addresses[0], line.name)
    await control.add_phone_number(ELSEWHERE, "Switchboard")


async def keep_talking(control: Control) -> Never:
    """Let people talk until cancelled: mostly two or three conversations at once."""
    await race(*(_line(control, number) for number in range(_AT_ONCE)))


async def _line(control: Control, number: int) -> Never:
    """Carry one conversation after the other."""
    # The first calls begin one after the other, but soon: somebody is about to look.
    await asyncio.sleep(number * 2)
    meets = number == 0
    while True:
        # The simulator can be reset by hand, and then knows nothing of the call any more.
        with suppress(aiohttp.ClientError):
            async with _conversation(control, meets):
                await asyncio.sleep(_between(_TALK))
        await asyncio.sleep(_between(_QUIET))


@asynccontextmanager
async def _conversation(control: Control, meets: bool) -> AsyncIterator[None]:
    if meets and random.random() < _CONFERENCES:  # noqa: S311 - nothing to keep secret
        conference = await control.start_conference(_ROOM)
        yield
        await control.end_conference(conference)
    else:
        call = await control.start_call(_number(), random.choice(_CALLED))  # noqa: S311
        yield
        await control.hang_up(call)


def _number() -> str:
    """Return a telephone number out of the range that is kept free for fiction."""
    return f"+1555555{random.randint(110, 199):04}"  # noqa: S311


def _between(bounds: tuple[float, float]) -> float:
    return random.uniform(*bounds)  # noqa: S311
