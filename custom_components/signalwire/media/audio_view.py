"""Home Assistant's own address for the audio of a recording.

The service's address needs no login: who has it can listen for as long as the recording is kept.
So it never leaves this machine. Browsers and players get an address here, which asks for a login
or a signature that runs out, and passes the audio on while it comes.
"""

import asyncio
from http import HTTPStatus
import re
from typing import Final

from aiohttp import ClientConnectionError, hdrs
from aiohttp.web import Request, Response, StreamResponse
from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from ..api import (
    AudioFormat,
    NotFoundError,
    RateLimitedError,
    RecordingAudio,
    SignalWireError,
    UnavailableError,
    single_range,
)
from ..const import DOMAIN, LOGGER
from ..coordinator import SignalWireConfigEntry
from ..permissions import async_is_allowed

_ADDRESS: Final = f"/api/{DOMAIN}/recordings"
_SID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FILE = re.compile(rf"(?P<sid>{_SID})\.(?P<format>{'|'.join(AudioFormat)})")

# A listener who pauses takes nothing for a while; who comes back later asks for the rest.
_MAX_WAIT = 300.0
_MAX_STREAM = 6 * 3600.0


def parse_file(file: str) -> tuple[str, AudioFormat] | None:
    """Return SID and format out of the name of a file, or None if it is none of ours."""
    match = _FILE.fullmatch(file)
    return (match["sid"], AudioFormat(match["format"])) if match else None


def audio_address(entry_id: str, sid: str, audio_format: AudioFormat) -> str:
    """Return the path of a recording's audio, still to be signed."""
    return f"{_ADDRESS}/{entry_id}/{sid}.{audio_format}"


class RecordingAudioView(HomeAssistantView):
    """Passes on the audio of recordings to whoever may see Home Assistant."""

    # By the ID of the config entry: the project's, with a recording's SID, opens the audio.
    url = f"{_ADDRESS}/{{entry_id}}/{{file}}"
    name = f"api:{DOMAIN}:recordings"

    async def get(self, request: Request, entry_id: str, file: str) -> StreamResponse:
        """Answer with the audio, or with the one range of it that is asked for."""
        parsed = parse_file(file)
        entry: SignalWireConfigEntry | None = request.app[KEY_HASS].config_entries.async_get_entry(
            entry_id
        )
        if parsed is None or entry is None or entry.domain != DOMAIN:
            return Response(status=HTTPStatus.NOT_FOUND)
        # Who may not list recordings may not hear them either.
        if not async_is_allowed(
            request.app[KEY_HASS], entry, request[KEY_HASS_USER], changes=False
        ):
            return Response(status=HTTPStatus.FORBIDDEN)
        if entry.state is not ConfigEntryState.LOADED:
            return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            async with entry.runtime_data.project.library.async_audio(
                *parsed, _range(request)
            ) as audio:
                return await _relay(request, audio)
        except SignalWireError as err:
            LOGGER.debug("No audio for a listener: %s", err)
            return _failure(err)

    # A player that wants to know the length first gets the same answer without its content.
    head = get


def _range(request: Request) -> str | None:
    """Return the Range header that is passed on.

    Not where it hangs on a condition: nothing is sent that such a condition could name, so it
    does not hold, and all of the audio is the answer.
    """
    if hdrs.IF_RANGE in request.headers:
        return None
    return single_range(request.headers.get(hdrs.RANGE))


async def _relay(request: Request, audio: RecordingAudio) -> StreamResponse:
    response = StreamResponse(status=audio.status, headers=_headers(audio))
    if audio.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        response.content_length = 0
        await response.prepare(request)
        return response
    response.content_length = audio.content_length
    try:
        async with asyncio.timeout(_MAX_STREAM):
            await response.prepare(request)
            if request.method != hdrs.METH_HEAD:
                await _stream(audio, response)
    except SignalWireError, TimeoutError, ClientConnectionError, ConnectionError:
        # Hung up, so that nobody takes what was sent for all of it. The log is spared: a player
        # asks again, and gets an error if there is one.
        response.force_close()
        if request.transport is not None:
            request.transport.abort()
    return response


async def _stream(audio: RecordingAudio, response: StreamResponse) -> None:
    """Pass on each piece once the listener has room for it."""
    async for chunk in audio.chunks():
        async with asyncio.timeout(_MAX_WAIT):
            await response.write(chunk)
    await response.write_eof()


def _headers(audio: RecordingAudio) -> dict[str, str]:
    headers = {
        hdrs.CONTENT_TYPE: audio.content_type,
        # Private, and gone for good when it is deleted.
        hdrs.CACHE_CONTROL: "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if audio.content_range is not None:
        headers[hdrs.CONTENT_RANGE] = audio.content_range
    if audio.accepts_ranges:
        headers[hdrs.ACCEPT_RANGES] = "bytes"
    return headers


def _failure(err: SignalWireError) -> Response:
    match err:
        case NotFoundError():
            return Response(status=HTTPStatus.NOT_FOUND)
        case RateLimitedError() | UnavailableError():
            return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        case _:
            return Response(status=HTTPStatus.BAD_GATEWAY)
