"""One request to the service: login, time limits, retries and errors."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import logging
from time import monotonic
from urllib.parse import urlencode

import aiohttp
import msgspec
from yarl import URL

from .backoff import retry_wait
from .errors import (
    AuthenticationError,
    ClosedError,
    HostNotFoundError,
    MalformedAnswerError,
    NotFoundError,
    NotTheServiceError,
    RateLimitedError,
    RejectedError,
    RequestTimeoutError,
    SignalWireError,
    UnavailableError,
)
from .parsing import parse_code, parse_count, parse_date, parse_object, parse_text
from .space import is_loopback

_LOGGER = logging.getLogger(__name__)
# A page of 1,000 recordings takes about one megabyte.
_MAX_BODY = 4 * 1024 * 1024
_MAX_REASON = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3
_RANGE_NOT_SATISFIABLE = 416
_LOGIN_NEEDED = frozenset({401, 403})
# Not now, or not from here: Request Timeout, Misdirected Request, Locked, Too Early, and what a
# proxy says when the one behind it has hung up.
_LATER = frozenset({408, 421, 423, 425, 499})
# A larger difference is no plausible clock, and dates far from now cannot be computed with.
_MAX_OFFSET = timedelta(days=36500)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long a request may take, and how often it is tried again.

    All times in seconds. `total` bounds the request with all its tries and waits, `attempt` a
    single try. The wait doubles from `first_wait` up to `longest_wait`, of which a random part
    of up to a half is left out, so that many clients do not come back at the same moment.
    `idle` is how long a stream of audio may pause.
    """

    attempts: int = 4
    total: float = 20
    attempt: float = 10
    first_wait: float = 0.25
    longest_wait: float = 5
    idle: float = 30

    def wait_before(self, attempt: int) -> float:
        """Return how long to wait before the given try, the second being number 2."""
        return retry_wait(attempt - 1, self.first_wait, self.longest_wait)


@dataclass(slots=True)
class RequestCounts:
    """How many requests were sent, how many of them were retries, and how many failed.

    `failures` counts what ended in an error, after all its tries.
    """

    requests: int = 0
    retries: int = 0
    failures: int = 0


class Transport:
    """Sends requests to one origin, and the credentials to no other."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        origin: URL,
        project_id: str,
        api_token: str,
        retry_policy: RetryPolicy,
    ) -> None:
        self.counts = RequestCounts()
        self.origin = origin
        self._session = session
        self._retry_policy = retry_policy
        self._is_closed = False
        self._clock_offset = timedelta(0)
        self.last_date: datetime | None = None
        """What the service's clock showed with its last answer, however long ago that was; UTC."""
        # Not through aiohttp's `auth`: a session of Home Assistant's is shared, and the header
        # belongs to this origin alone.
        login = b64encode(f"{project_id}:{api_token}".encode()).decode("ascii")
        self._headers = {"Authorization": f"Basic {login}", "Accept": "application/json"}
        self._form_headers = self._headers | {"Content-Type": "application/x-www-form-urlencoded"}
        self._json_headers = self._headers | {"Content-Type": "application/json"}

    def close(self) -> None:
        """Send nothing more: what is asked for from now on, or tried again, is a ClosedError."""
        self._is_closed = True

    def service_time(self) -> datetime:
        """Return the service's time, which the own clock may be far from; UTC."""
        return datetime.now(UTC) + self._clock_offset

    async def request[ResultT](
        self,
        method: str,
        path: str,
        parse: Callable[[bytes], ResultT],
        *,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
        idempotent: bool,
        should_retry: Callable[[], bool] = lambda: True,
    ) -> ResultT:
        """Return what `parse` makes of the body of an answer that is no error.

        What is sent is a `form`, `json`, or nothing. The body may be empty. `path` is encoded and
        may have a query. `idempotent` says that doing it twice is as good as once, so that it may
        be tried again after a connection fault or an HTTP status that means "later", such as 429
        or 5xx, as long as it `should_retry`.

        Raises the errors of this package, and nothing else.
        """
        # Encoded here: aiohttp's own forms take several times as long.
        body, headers = None, self._headers
        if form is not None:
            body, headers = urlencode(form).encode("ascii"), self._form_headers
        elif json is not None:
            body, headers = msgspec.json.encode(json), self._json_headers

        async def attempt() -> ResultT:
            return parse(await self._attempt(method, path, body, headers))

        return await self._with_retries(
            method,
            attempt,
            idempotent=idempotent,
            should_retry=should_retry,
        )

    async def open_media(
        self, path: str, headers: Mapping[str, str]
    ) -> tuple[aiohttp.ClientResponse, bool]:
        """Return the answer to a GET of media, as soon as its headers are there.

        With it, whether the space asked for the login.

        Whoever gets it closes it. Its HTTP status is 2xx or 416. The login is sent only where the
        space's own origin asks for it, and never to where a redirect leads. One is followed, but
        only to HTTPS, or from the own machine to itself.

        Raises the errors of this package, and nothing else.
        """
        url = URL(f"{self.origin}{path}", encoded=True)
        return await self._with_retries("GET", lambda: self._open(url, headers), idempotent=True)

    async def _with_retries[AnswerT](
        self,
        method: str,
        attempt_once: Callable[[], Awaitable[AnswerT]],
        *,
        idempotent: bool,
        should_retry: Callable[[], bool] = lambda: True,
    ) -> AnswerT:
        """Return what one of the tries returns, or raise the error of the last one."""
        policy = self._retry_policy
        deadline = monotonic() + policy.total
        attempt = 1
        while True:
            try:
                async with asyncio.timeout(min(policy.attempt, deadline - monotonic())):
                    return await attempt_once()
            except TimeoutError:
                fault: UnavailableError = RequestTimeoutError("The service did not answer in time")
            except aiohttp.ClientConnectorDNSError:
                fault = HostNotFoundError("The name of the space's host does not resolve")
            except (aiohttp.ClientError, OSError) as err:
                # Its text may hold the address that was asked for.
                fault = UnavailableError(f"No connection to the service ({type(err).__name__})")
            except UnavailableError as err:
                fault = err
            except SignalWireError:
                self.counts.failures += 1
                raise
            attempt += 1
            wait = max(policy.wait_before(attempt), fault.retry_after or 0)
            late = attempt > policy.attempts or monotonic() + wait >= deadline
            if not idempotent or late or not should_retry():
                self.counts.failures += 1
                raise fault from None
            _LOGGER.debug("%s again in %.2f s: %s", method, wait, fault)
            await asyncio.sleep(wait)
            if not should_retry():
                self.counts.failures += 1
                raise fault from None
            self.counts.retries += 1

    async def _attempt(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> bytes:
        self._begin_request()
        async with self._session.request(
            method,
            URL(f"{self.origin}{path}", encoded=True),
            data=body,
            headers=headers,
            # The credentials are never sent to where a redirect leads.
            allow_redirects=False,
        ) as response:
            if date := parse_date(response.headers.get("Date")):
                offset = date - datetime.now(UTC)
                if abs(offset) < _MAX_OFFSET:
                    self._clock_offset = offset
                    self.last_date = date
            answer = await _read(response, _MAX_BODY)
            if response.status >= 400:
                raise _error(response.status, response.headers, answer)
            if response.status >= 300:
                raise MalformedAnswerError("The service redirects elsewhere")
            return answer

    def _begin_request(self) -> None:
        """Count a request that is about to be sent; raises ClosedError if none may be."""
        if self._is_closed:
            raise ClosedError("The client is closed")
        self.counts.requests += 1

    async def _open(
        self, url: URL, headers: Mapping[str, str]
    ) -> tuple[aiohttp.ClientResponse, bool]:
        login: Mapping[str, str] = {}
        needed_login = False
        first = url
        redirects = 0
        while redirects <= _MAX_REDIRECTS:
            self._begin_request()
            response = await self._session.get(
                url,
                headers={**headers, **login},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_read=self._retry_policy.idle),
            )
            if response.status < 300 or response.status == _RANGE_NOT_SATISFIABLE:
                return response, needed_login
            try:
                if response.status in _LOGIN_NEEDED and url is first and not login:
                    needed_login = True
                    login = {"Authorization": self._headers["Authorization"]}
                    continue
                login = {}
                if response.status >= 400:
                    reason = await _read(response, _MAX_REASON)
                    raise _error(response.status, response.headers, reason, is_media=True)
                url = _redirected(url, response)
                redirects += 1
            finally:
                response.close()
        raise MalformedAnswerError("The service redirects too often")


def _redirected(url: URL, response: aiohttp.ClientResponse) -> URL:
    """Return where a redirect leads; raises MalformedAnswerError if it must not be followed."""
    location = response.headers.get("Location")
    if response.status not in _REDIRECTS or not location:
        raise MalformedAnswerError("The service redirects to nowhere")
    try:
        target = url.join(URL(location, encoded=True))
        host = target.host or ""
    except ValueError:
        raise MalformedAnswerError("The service redirects to nowhere") from None
    within = is_loopback(url.host or "") and is_loopback(host)
    if target.scheme != "https" and not (target.scheme == "http" and within):
        raise MalformedAnswerError("The service redirects to where nothing is encrypted")
    if is_loopback(host) and not within:
        raise MalformedAnswerError("The service redirects to this machine")
    if target.user is not None or target.password is not None:
        raise MalformedAnswerError("The service redirects with a login")
    return target


async def _read(response: aiohttp.ClientResponse, largest: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > largest:
            raise MalformedAnswerError("The answer is too large")
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _error(
    status: int, headers: Mapping[str, str], body: bytes, *, is_media: bool = False
) -> SignalWireError:
    """Return the error for an HTTP status, with what the service says in its body.

    The service gives a reason for a 404, which a proxy does not; where media are kept, nobody does.
    """
    code, message = _reason(body)
    has_reason = is_media or code is not None or message is not None
    error: SignalWireError
    match status:
        case 401:
            error = AuthenticationError(status, code, message)
        case 403 if code is not None or message is not None:
            error = AuthenticationError(status, code, message)
        case 404 | 410 if has_reason:
            error = NotFoundError(status, code, message)
        case 404 | 410:
            error = NotTheServiceError(f"The service gave no reason, HTTP {status}")
        case 429:
            error = RateLimitedError(
                "The service was asked too often", retry_after=_retry_after(headers)
            )
        case _ if status >= 500 or status in _LATER:
            error = UnavailableError(
                f"The service is not available, HTTP {status}", retry_after=_retry_after(headers)
            )
        case _:
            error = RejectedError(status, code, message)
    return error


def _reason(body: bytes) -> tuple[str | None, str | None]:
    """Return code and message out of any of the three error bodies of the service."""
    try:
        data = parse_object(body)
    except MalformedAnswerError:
        return None, None
    match data.get("errors"):
        case [dict() as first, *_]:
            data = first
        case [str() as message, *_]:
            return None, message
    return parse_code(data.get("code")), parse_text(data.get("message"))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer asks to wait, in either form of the header.

    A date is meant by the clock of whoever has answered.
    """
    value = headers.get("Retry-After")
    if (seconds := parse_count(value)) is not None:
        return float(seconds)
    if date := parse_date(value):
        now = parse_date(headers.get("Date")) or datetime.now(UTC)
        return max(0.0, (date - now).total_seconds())
    return None
