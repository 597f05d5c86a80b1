"""A SignalWire space on loopback: calls, recordings and faults, over real HTTP.

It answers the recording endpoints of the Compatibility API as the service does, for the demo,
the tests and the benchmarks. All of its state is in memory.
"""

from collections.abc import Callable
from datetime import datetime
import secrets

from aiohttp import web

from .callbacks import Callbacks
from .control import Control
from .faults import Fault, Faults
from .media import Streams
from .request_log import ReceivedRequest, RequestLog
from .server import middleware
from .service import Service
from .settings import Settings
from .space import Space

__all__ = ["Fault", "ReceivedRequest", "Simulator", "Space"]


class Simulator:
    """A space of one project, and the server that answers for it.

    Recordings shorter than `shortest_recording` seconds are absent.
    """

    def __init__(
        self,
        *,
        project: str,
        token: str,
        space_name: str = "Example",
        signing_key: str | None = None,
        shortest_recording: float = 0,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.settings = Settings(
            project=project,
            token=token,
            space_name=space_name,
            signing_key=signing_key or f"PSK_{secrets.token_urlsafe(18)}",
        )
        self.space = Space(now, shortest_recording)
        self.faults = Faults()
        self.requests = RequestLog()
        self.streams = Streams()
        self.callbacks = Callbacks(self.settings, self.space)
        self._address: tuple[str, int] | None = None
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Return where it listens, or last did."""
        if self._address is None:
            raise RuntimeError("The simulator was never started")
        host, port = self._address
        return f"http://{host}:{port}"

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. The state of an earlier start is kept."""
        app = web.Application(middlewares=[middleware(self.space, self.faults, self.requests)])
        service = Service(self.settings, self.space)
        self.streams = service.streams
        app.add_routes(service.routes())
        control = Control(self.settings, self.space, self.faults, self.requests, self.callbacks)
        app.add_routes(control.routes())
        # A request that nobody waits for any more must not outlive the server.
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self._address = (host, self._runner.addresses[0][1])
        self.settings.url = self.url
        self.callbacks.start()

    async def restart(self) -> None:
        """Listen again where it did, with the state it had."""
        if self._address is None:
            raise RuntimeError("The simulator was never started")
        await self.stop()
        await self.start(*self._address)

    async def stop(self) -> None:
        """Stop listening; the state is kept."""
        if self._runner is not None:
            await self.callbacks.stop()
            await self._runner.cleanup()
            self._runner = None
