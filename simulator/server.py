"""The HTTP server around the space: request log, faults and errors."""

import asyncio
from collections.abc import Awaitable, Callable
from email.utils import format_datetime

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.typedefs import Middleware

from .errors import ServiceError, error_of_status, not_found
from .faults import Fault, Faults
from .models import CUT_OFF
from .request_log import ReceivedRequest, RequestLog
from .space import Space

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CONTROL = "/_sim/"


class _CutOff(web.Response):
    """An answer that announces its whole length and ends half way."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Send half of the body and hang up."""
        body = self.body if isinstance(self.body, bytes) else b""
        writer: AbstractStreamWriter | None = self._payload_writer
        if writer is not None and self._req is not None:
            await writer.write(body[: len(body) // 2])
            _hang_up(self._req)


def middleware(space: Space, faults: Faults, requests: RequestLog) -> Middleware:
    """Return what stands around every endpoint."""

    @web.middleware
    async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL):
            return await _answer(request, handler)
        received = ReceivedRequest(time=space.now(), method=request.method, path=request.raw_path)
        if request.method == "POST":
            try:
                form = await request.post()
            except ValueError:
                return ServiceError(400, 20001, "The body is no form").response()
            received.form = {key: value for key, value in form.items() if isinstance(value, str)}
        with requests.under_way(received):
            fault = faults.take(request.method, request.path, request.query_string)
            response = await _under(fault, request, handler)
        # The date of the space, which may be ahead of the machine's.
        response.headers.setdefault("Date", format_datetime(space.now(), usegmt=True))
        received.status = response.status if fault is None or not fault.drop else None
        return response

    return around


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ServiceError as err:
        return err.response()
    except web.HTTPMethodNotAllowed as err:
        return ServiceError(405, 20004, f"Method {err.method} is not allowed").response()
    except web.HTTPNotFound:
        return not_found().response()


async def _under(fault: Fault | None, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer as the fault has it."""
    if fault is None:
        return await _answer(request, handler)
    spoiled = fault.drop or fault.status is not None
    response: web.StreamResponse = _answer_of(fault)
    if fault.apply == "before":
        await asyncio.sleep(fault.delay)
    request[CUT_OFF] = fault.truncate
    if fault.apply == "after" or not spoiled:
        truth = await _answer(request, handler)
        response = response if spoiled else truth
    if fault.apply == "after":
        await asyncio.sleep(fault.delay)
    if fault.drop:
        _hang_up(request)
    if fault.truncate and response.prepared:
        _hang_up(request)
    elif fault.truncate and isinstance(response, web.Response):
        body = response.body if isinstance(response.body, bytes) else b""
        response = _CutOff(status=response.status, body=body, content_type="application/json")
    if not response.prepared:
        response.headers.update(fault.headers)
    return response


def _answer_of(fault: Fault) -> web.Response:
    status = fault.status or 200
    if fault.body is None and 400 <= status < 500:
        return error_of_status(status).response()
    return web.Response(
        status=status, text=fault.body or "", content_type=fault.content_type or "text/plain"
    )


def _hang_up(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.abort()
