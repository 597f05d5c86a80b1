"""Home Assistant's own interfaces, as its frontend uses them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from typing import Any

import aiohttp

from .screen import DemoError


@dataclass(frozen=True, slots=True)
class Login:
    """The tokens of a user who is logged in."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class Server:
    """The server before log-in."""

    session: aiohttp.ClientSession
    address: str

    @property
    def client_id(self) -> str:
        """Return what the frontend of this server calls itself when it logs in."""
        return f"{self.address}/"

    async def onboarding(self) -> dict[str, bool] | None:
        """Return which steps of onboarding are done; None while the server does not answer."""
        try:
            async with self.session.get(f"{self.address}/api/onboarding") as response:
                if response.status == HTTPStatus.NOT_FOUND:
                    # Home Assistant takes the question away once every step is done; before that,
                    # it may just not have come so far.
                    return {} if await self._has_login() else None
                response.raise_for_status()
                return {step["step"]: step["done"] for step in await response.json()}
        except aiohttp.ClientError:
            return None

    async def create_user(self, name: str, password: str) -> Login:
        """Make the owner, and log in as it."""
        answer = await self.post(
            "/api/onboarding/users",
            {
                "client_id": self.client_id,
                "name": name.capitalize(),
                "username": name,
                "password": password,
                "language": "en",
            },
        )
        return await self._token(answer["auth_code"])

    async def log_in(self, name: str, password: str) -> Login:
        """Log in by the steps of the form that people use."""
        form = {
            "client_id": self.client_id,
            "handler": ["homeassistant", None],
            "redirect_uri": self.client_id,
        }
        flow = await self.post("/auth/login_flow", form)
        answer = await self.post(
            f"/auth/login_flow/{flow['flow_id']}",
            {"client_id": self.client_id, "username": name, "password": password},
        )
        if answer["type"] != "create_entry":
            raise DemoError("Home Assistant does not take the demo's password any more.")
        return await self._token(answer["result"])

    async def log_out(self, login: Login) -> None:
        """Withdraw the tokens."""
        form = {"token": login.refresh}
        async with self.session.post(f"{self.address}/auth/revoke", data=form) as response:
            response.raise_for_status()

    async def post(
        self, path: str, data: Mapping[str, object], login: Login | None = None
    ) -> dict[str, Any]:
        """Send JSON, and return the JSON that comes back."""
        headers = {"Authorization": f"Bearer {login.access}"} if login else {}
        async with self.session.post(
            f"{self.address}{path}", json=data, headers=headers
        ) as response:
            if response.status >= HTTPStatus.BAD_REQUEST:
                text = (await response.text())[:300]
                raise DemoError(f"Home Assistant refused {path} ({response.status}): {text}")
            answer: dict[str, Any] = await response.json()
            return answer

    async def _has_login(self) -> bool:
        async with self.session.get(f"{self.address}/auth/providers") as response:
            return response.ok

    async def _token(self, code: str) -> Login:
        form = {"client_id": self.client_id, "grant_type": "authorization_code", "code": code}
        async with self.session.post(f"{self.address}/auth/token", data=form) as response:
            response.raise_for_status()
            answer = await response.json()
            return Login(answer["access_token"], answer["refresh_token"])


@dataclass(frozen=True, slots=True)
class Commands:
    """The WebSocket connection: one command after the other."""

    socket: aiohttp.ClientWebSocketResponse
    _numbers: count[int] = field(default_factory=lambda: count(1))

    async def send(self, kind: str, **fields: object) -> Any:
        """Send a command, and return its result."""
        number = next(self._numbers)
        await self.socket.send_json({"id": number, "type": kind, **fields})
        answer: dict[str, Any] = {}
        while answer.get("id") != number:
            try:
                answer = await self.socket.receive_json()
            except TypeError:
                # Not a text but the end of the connection.
                raise DemoError("Home Assistant broke off the set-up.") from None
        if not answer["success"]:
            raise DemoError(f"Home Assistant refused {kind}: {answer['error'].get('message')}")
        return answer["result"]


@asynccontextmanager
async def connected(server: Server, login: Login) -> AsyncIterator[Commands]:
    """Open the WebSocket connection for a user who is logged in."""
    async with server.session.ws_connect(f"{server.address}/api/websocket") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": login.access})
        answer = await socket.receive_json()
        if answer["type"] != "auth_ok":
            raise DemoError("Home Assistant refused the demo's own access token.")
        yield Commands(socket)
