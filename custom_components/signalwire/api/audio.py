"""The audio of a recording, as a stream that is read no faster than it is wanted."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum, unique
import re
from typing import Self

import aiohttp

from .errors import MalformedAnswerError, UnavailableError
from .parsing import parse_count

_CHUNK = 64 * 1024
_SINGLE_RANGE = re.compile(r"bytes=(?:\d{1,15}-\d{0,15}|-\d{1,15})")
_CONTENT_RANGE = re.compile(r"bytes (?:\d{1,15}-\d{1,15}/(?:\d{1,15}|\*)|\*/\d{1,15})")
_AUDIO = re.compile(r"audio/[a-z0-9.+-]{1,60}")
# What storages say of everything.
_ANYTHING = frozenset({"", "application/octet-stream", "binary/octet-stream"})


@unique
class AudioFormat(StrEnum):
    """The forms in which the service gives out audio: the endings of its address."""

    MP3 = "mp3"
    WAV = "wav"

    @property
    def content_type(self) -> str:
        """Return the media type."""
        return "audio/mpeg" if self is AudioFormat.MP3 else "audio/wav"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingAudio:
    """The audio, or a part of it, that is about to be read.

    `status` is the HTTP status: 200 for all of it, 206 for the part in `content_range`, 416
    without any content for a part that is not there. Lengths are in bytes. `has_known_end` says
    that a stream that is cut off can be told from one that has ended; `needed_login` that the space
    asked for the project's login, as it does for projects that protect their media.
    """

    status: int
    content_type: str
    content_length: int | None
    content_range: str | None
    has_known_end: bool
    accepts_ranges: bool
    needed_login: bool
    _response: aiohttp.ClientResponse = field(repr=False)

    @classmethod
    def from_response(
        cls, response: aiohttp.ClientResponse, audio_format: AudioFormat, *, needed_login: bool
    ) -> Self:
        """Take an open answer; raises MalformedAnswerError if it holds no audio."""
        headers = response.headers
        content_range = headers.get("Content-Range")
        if content_range is not None and not _CONTENT_RANGE.fullmatch(content_range):
            raise MalformedAnswerError("The audio came with a range that makes no sense")
        content_type = audio_format.content_type
        match response.status:
            case 206 if content_range is None:
                raise MalformedAnswerError("A part of the audio came without saying which")
            case 200 | 206:
                content_type = _content_type(response, audio_format)
            case 416:
                pass
            case _:
                raise MalformedAnswerError("The answer holds no audio")
        if headers.get("Content-Encoding", "identity") != "identity":
            # Its ranges and lengths would be those of something else.
            raise MalformedAnswerError("The audio came compressed")
        return cls(
            status=response.status,
            content_type=content_type,
            content_length=parse_count(headers.get("Content-Length")),
            has_known_end="Content-Length" in headers
            or headers.get("Transfer-Encoding", "").lower() == "chunked",
            content_range=None if response.status == 200 else content_range,
            accepts_ranges=response.status != 200 or headers.get("Accept-Ranges") == "bytes",
            needed_login=needed_login,
            _response=response,
        )

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the audio piece by piece; raises UnavailableError if it breaks off."""
        try:
            async for chunk in self._response.content.iter_chunked(_CHUNK):
                yield chunk
        except TimeoutError:
            raise UnavailableError("The audio stayed away for too long") from None
        except (aiohttp.ClientError, OSError) as err:
            raise UnavailableError(f"The audio broke off ({type(err).__name__})") from None

    def close(self) -> None:
        """Hang up; who reads it gets UnavailableError."""
        self._response.close()


def single_range(header: str | None) -> str | None:
    """Return a Range header if it asks for one range of bytes; others may be ignored."""
    return header if header and _SINGLE_RANGE.fullmatch(header) else None


def audio_headers(byte_range: str | None) -> dict[str, str]:
    """Return what is sent along; the audio must not be compressed on its way."""
    headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
    if byte_range is not None:
        headers["Range"] = byte_range
    return headers


def _content_type(response: aiohttp.ClientResponse, audio_format: AudioFormat) -> str:
    """Return the media type; raises MalformedAnswerError for what a browser would not play."""
    given = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if given in _ANYTHING:
        return audio_format.content_type
    if _AUDIO.fullmatch(given):
        return given
    raise MalformedAnswerError("The answer holds no audio")
