"""The webhook that SignalWire calls back: hears what to read again, and believes nothing else."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from aiohttp.hdrs import CONTENT_TYPE, METH_GET, METH_POST, METH_PUT
from aiohttp.web import Request, Response
from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.aiohttp import MockRequest

from ..api import CallbackContent, MalformedAnswerError, RecordingCallback, is_signed
from ..const import CONF_PROJECT_ID, DOMAIN
from ..project.issues import ProjectIssues
from .address import known_addresses
from .callback_reader import CallbackReader
from .signing_key import SigningKey

MAX_BODY = 8 * 1024
"""Bytes; a callback of SignalWire's has well under one kilobyte."""
_ANSWER_TIMEOUT = 5.0
_REFUSED_FOR_LONG = timedelta(minutes=10)
_REFUSED_OFTEN = 3


@dataclass(slots=True)
class WebhookCounts:
    """How many callbacks were taken, and how many turned away, since the entry was set up.

    `refused` were not signed as they should be; `unusable` had the wrong method, size or content.
    """

    taken: int = 0
    refused: int = 0
    unusable: int = 0


class _UnusableError(Exception):
    """The request cannot be a callback; `status` is what it is answered with."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


class ProjectWebhook:
    """Takes the callbacks of one project; without `verify` their signatures do not matter."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        reader: CallbackReader,
        issues: ProjectIssues,
        key: SigningKey,
        *,
        verify: bool,
    ) -> None:
        self.counts = WebhookCounts()
        self._hass = hass
        self._entry = entry
        self._reader = reader
        self._issues = issues
        self._key = key
        self._verify = verify
        # Since the last one that was taken.
        self._refusals = 0
        self._refused_since: datetime | None = None

    @property
    def has_key(self) -> bool:
        """Return whether the key is known that callbacks are checked with."""
        return self._key.value is not None

    @callback
    def async_register(self) -> None:
        """Take callbacks until the config entry is unloaded."""
        webhook_id = self._entry.data[CONF_WEBHOOK_ID]
        webhook.async_register(
            self._hass,
            DOMAIN,
            self._entry.title,
            webhook_id,
            self._async_handle,
            # PUT as well: Home Assistant would log a line for each one that it turns away.
            allowed_methods=[METH_GET, METH_POST, METH_PUT],
        )
        self._entry.async_on_unload(lambda: webhook.async_unregister(self._hass, webhook_id))
        if self._verify:
            self._entry.async_create_background_task(
                self._hass, self._key.async_renew(), "signalwire signing key"
            )

    async def _async_handle(
        self, hass: HomeAssistant, webhook_id: str, request: Request | MockRequest
    ) -> Response:
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT):
                content = await _async_read(request)
            if self._verify and not await self._async_is_genuine(request, content):
                self._note_refusal()
                return Response(status=HTTPStatus.FORBIDDEN)
            called_back = RecordingCallback.from_fields(content.fields)
        except _UnusableError as err:
            self.counts.unusable += 1
            return Response(status=err.status)
        except MalformedAnswerError:
            self.counts.unusable += 1
            return Response(status=HTTPStatus.BAD_REQUEST)
        except TimeoutError:
            self.counts.unusable += 1
            return Response(status=HTTPStatus.REQUEST_TIMEOUT)
        self._note_genuine()
        account = called_back.account_sid
        if account is None or account.lower() == self._entry.data[CONF_PROJECT_ID]:
            self._reader.async_take(called_back.recording_sid, called_back.status)
        return Response(status=HTTPStatus.OK)

    async def _async_is_genuine(
        self, request: Request | MockRequest, content: CallbackContent
    ) -> bool:
        if self._is_signed(request, content):
            return True
        # It may have been changed in SignalWire, or not been readable when the entry was set up.
        return await self._key.async_renew() and self._is_signed(request, content)

    def _is_signed(self, request: Request | MockRequest, content: CallbackContent) -> bool:
        if (key := self._key.value) is None:
            return False
        query = _raw_query(request)
        return is_signed(
            key,
            [
                f"{address}?{query}" if query else address
                for address in known_addresses(self._hass, self._entry)
            ],
            request.headers,
            fields=content.signed_fields,
            body=content.body,
        )

    @callback
    def _note_genuine(self) -> None:
        """Count, and take back what was said about those that were refused before."""
        self.counts.taken += 1
        if self._refusals:
            self._refusals, self._refused_since = 0, None
            self._issues.async_clear_refused()

    @callback
    def _note_refusal(self) -> None:
        """Tell once all have been refused for long: then something is set up wrongly."""
        self.counts.refused += 1
        self._refusals += 1
        now = dt_util.utcnow()
        self._refused_since = self._refused_since or now
        if self._refusals >= _REFUSED_OFTEN and now - self._refused_since >= _REFUSED_FOR_LONG:
            addresses = known_addresses(self._hass, self._entry)
            self._issues.async_report_refused(
                addresses[0] if addresses else None, has_key=self._key.value is not None
            )


def _raw_query(request: Request | MockRequest) -> str:
    """Return the query as it was sent, for that is what was signed."""
    if isinstance(request, MockRequest):
        return request.query_string
    return request.raw_path.partition("?")[2]


async def _async_read(request: Request | MockRequest) -> CallbackContent:
    """Return what came with the request, and never read more than a callback can have.

    Raises _UnusableError or MalformedAnswerError.
    """
    if request.method == METH_GET:
        return CallbackContent.from_query(_raw_query(request))
    if request.method != METH_POST:
        raise _UnusableError(HTTPStatus.METHOD_NOT_ALLOWED)
    body, stream = bytearray(), request.content
    while chunk := await stream.read(MAX_BODY + 1 - len(body)):
        body += chunk
        if len(body) > MAX_BODY:
            raise _UnusableError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return CallbackContent.from_body(request.headers.get(CONTENT_TYPE, ""), bytes(body))
