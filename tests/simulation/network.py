"""The simulated network, where every request may be lost, late, refused or garbled."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from random import Random
from typing import Any, Self
from urllib.parse import parse_qsl

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from .clock import Clock
from .loop import Agenda
from .service import Answer, Service, not_found, unauthorized
from .trace import Trace

_HTML = b"<html><body><h1>Not found</h1></body></html>"
# A false "not found" of the service's own hits one recording at most once in so many seconds.
_FALSE_404_REST = 60.0


@dataclass(eq=False, slots=True)
class Exchange:
    """One request and what became of it; times are monotonic seconds, None for "not yet"."""

    number: int
    method: str
    path: str
    form: dict[str, str]
    sent: float
    process: int
    fault: str | None = None
    came: float | None = None
    answer: Answer | None = None
    future: asyncio.Future[Answer] | None = field(default=None, repr=False)

    @property
    def sid(self) -> str | None:
        """Return the SID of the one recording that is asked for."""
        head, _, tail = self.path.partition("?")[0].rpartition("/")
        return tail.removesuffix(".json") if head.endswith("/Recordings") else None

    @property
    def parent(self) -> str | None:
        """Return the SID of the one call or conference that is asked for."""
        head, _, tail = self.path.partition("?")[0].rpartition("/")
        is_one = head.endswith(("/Calls", "/Conferences"))
        return tail.removesuffix(".json") if is_one else None

    def __str__(self) -> str:
        """Return the request without its account."""
        path = self.path.partition("/Accounts/")[2].partition("/")[2] or "account"
        form = " ".join(f"{name}={value}" for name, value in self.form.items())
        return f"#{self.number} {self.method} {path}{' ' if form else ''}{form}"


@dataclass(slots=True)
class Conditions:
    """What the network and the service do to requests at the moment.

    `faults` are the kinds of faults and their probabilities; `latency` the usual time there and
    back, in seconds.
    """

    name: str = "calm"
    faults: dict[str, float] = field(default_factory=dict)
    latency: tuple[float, float] = (0.02, 0.25)


FAULTS = (
    *("lost_before", "lost_after", "error_before", "error_after", "late", "html_404", "false_404"),
    *("status_408", "status_429", "status_500", "status_502", "status_503", "garbled"),
)


class Network:
    """Carries requests to the service, and answers back, under the conditions.

    `on_send`, `on_finished` and `on_delivered` are called for each request. With `hides_parents`
    calls and conferences may be said not to exist, as recordings may.
    """

    def __init__(
        self, clock: Clock, agenda: Agenda, service: Service, trace: Trace, rng: Random
    ) -> None:
        self.conditions = Conditions()
        self.refuses_login = False
        # What an address that cannot be read has in it, and how it fails.
        self.broken: dict[str, str] = {}
        self.hides_parents = False
        self.last_lie = float("-inf")
        self.requests = 0
        self.faults = 0
        self.on_send: list[Callable[[Exchange], None]] = []
        self.on_finished: list[Callable[[Exchange], None]] = []
        self.on_delivered: list[Callable[[Exchange], None]] = []
        self.executing: Exchange | None = None
        self._clock = clock
        self._agenda = agenda
        self._service = service
        self._trace = trace
        self._rng = rng
        self._last_false_404: dict[str, float] = {}

    def send(self, exchange: Exchange) -> None:
        """Take a request on its way."""
        self.requests += 1
        exchange.number = self.requests
        rng, conditions = self._rng, self.conditions
        there = rng.uniform(*conditions.latency) / 2
        back = rng.uniform(*conditions.latency) / 2
        fault = exchange.fault = self._choose_fault(exchange)
        if self._trace.wanted:
            self._trace.add("request", f"{exchange}{f' ({fault})' if fault else ''}")
        for tell in self.on_send:
            tell(exchange)
        if fault == "lost_before":
            return
        if fault == "late":
            there, back = rng.choice(
                [(there, rng.uniform(1, 14)), (rng.uniform(1, 14), back), (there, back + 3)]
            )
        carried_out = fault not in (
            *("error_before", "html_404", "false_404", "status_408", "status_429", "status_503"),
        )
        if fault in ("status_500", "status_502"):
            carried_out = rng.random() < 0.5
        self._agenda.after(there, lambda: self._execute(exchange, fault, back, carried_out))

    def _choose_fault(self, exchange: Exchange) -> str | None:
        conditions = self.conditions
        if self.refuses_login:
            self.faults += 1
            return "status_401"
        for part, fault in self.broken.items():
            if exchange.method == "GET" and part in exchange.path:
                self.faults += 1
                return fault
        if not conditions.faults:
            return None
        draw = self._rng.random()
        for kind, probability in conditions.faults.items():
            draw -= probability
            if draw < 0:
                if kind == "false_404":
                    key, now = exchange.sid, self._clock.now
                    if key is None and self.hides_parents:
                        key = exchange.parent
                    if (
                        key is None
                        or now < self._last_false_404.get(key, -3600.0) + _FALSE_404_REST
                    ):
                        return None
                    self._last_false_404[key] = now
                    if exchange.sid is not None:
                        self.last_lie = now
                self.faults += 1
                return kind
        return None

    def _execute(
        self, exchange: Exchange, fault: str | None, back: float, carried_out: bool
    ) -> None:
        answer: Answer | None = None
        if carried_out and fault != "status_401":
            self.executing = exchange
            answer = self._service.handle(exchange.method, exchange.path, exchange.form)
            self.executing = None
        match fault:
            case "lost_after":
                return
            case "error_before" | "error_after":
                self._agenda.after(back, lambda: self._fail(exchange))
                return
            case "html_404":
                answer = Answer(404, _HTML)
            case "false_404":
                answer = not_found()
            case "status_401":
                answer = unauthorized()
            case "status_429":
                headers = {"Retry-After": str(self._rng.randint(1, 20))}
                answer = Answer(429, b"", headers=headers)
            case "garbled":
                answer = Answer(200, b'{"recordings": [{"sid": "re')
            case str() if fault.startswith("status_"):
                answer = Answer(int(fault.removeprefix("status_")), _HTML)
            case _:
                pass
        assert answer is not None
        self._agenda.after(back, lambda: self._deliver(exchange, answer))

    def _fail(self, exchange: Exchange) -> None:
        future = exchange.future
        if future is not None and not future.done():
            self._trace.add("answer", f"#{exchange.number} connection lost")
            future.set_exception(aiohttp.ServerDisconnectedError())

    def _deliver(self, exchange: Exchange, answer: Answer) -> None:
        future = exchange.future
        if future is None or future.done():
            return
        exchange.came, exchange.answer = self._clock.now, answer
        if self._trace.wanted:
            told = " ".join(f"{sid}={status}" for sid, status in answer.told if status in _SHOWN)
            self._trace.add("answer", f"#{exchange.number} {answer.status} {told}".rstrip())
        for tell in self.on_delivered:
            tell(exchange)
        future.set_result(answer)


_SHOWN = frozenset({"in-progress", "paused", "unreadable"})


class _Content:
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def iter_any(self) -> AsyncIterator[bytes]:
        """Yield the body in one piece."""
        yield self._body


class _Response:
    def __init__(self, answer: Answer, clock: Clock) -> None:
        self.status = answer.status
        self.headers: CIMultiDict[str] = CIMultiDict(answer.headers)
        self.headers["Date"] = format_datetime(clock.service_now().replace(microsecond=0))
        self.content = _Content(answer.body)

    def close(self) -> None:
        """Close nothing."""


class _Pending:
    """What `ClientSession.request` returns: a context manager around the answer."""

    def __init__(self, session: Session, exchange: Exchange) -> None:
        self._session = session
        self._exchange = exchange

    async def __aenter__(self) -> _Response:
        return await self._session.exchange(self._exchange)

    async def __aexit__(self, *_: object) -> None:
        """Let go of nothing."""


class Session:
    """Takes the place of `aiohttp.ClientSession` in one process of Home Assistant."""

    def __init__(self, network: Network, clock: Clock, process: int) -> None:
        self.is_dead = False
        self._network = network
        self._clock = clock
        self._process = process

    def request(self, method: str, url: URL, *, data: bytes | None = None, **_: Any) -> _Pending:
        """Return what sends the request when it is entered."""
        form = dict(parse_qsl((data or b"").decode()))
        return _Pending(
            self,
            Exchange(0, method, url.raw_path_qs, form, self._clock.now, self._process),
        )

    async def get(self, url: URL, **_: Any) -> _Response:
        """Fail as where nobody answers: there is no audio here."""
        raise aiohttp.ClientConnectionError

    async def exchange(self, exchange: Exchange) -> _Response:
        """Send the request and wait for its answer."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if self.is_dead:
            raise aiohttp.ClientConnectionError
        exchange.future = future
        exchange.sent = self._clock.now
        self._network.send(exchange)
        try:
            answer = await future
        finally:
            if not self.is_dead:
                for tell in self._network.on_finished:
                    tell(exchange)
        return _Response(answer, self._clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close nothing."""
