"""The audio of recordings: streamed, without login, and never from where it must not come."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest
from yarl import URL

from custom_components.signalwire.api import (
    AudioFormat,
    AuthenticationError,
    MalformedAnswerError,
    NotFoundError,
    RateLimitedError,
    RequestTimeoutError,
    RetryPolicy,
    SignalWireClient,
    SignalWireError,
    UnavailableError,
    single_range,
)
from simulator import Fault, Simulator
from simulator import media as simulated
from tests.helpers import PROJECT_ID, TOKEN, until
from tests.media.helpers import past_recording

MINUTE = simulated.wav(60)


async def _read(client: SignalWireClient, sid: str, byte_range: str | None = None) -> bytes:
    async with client.recording_audio(sid, AudioFormat.WAV, byte_range) as audio:
        return b"".join([chunk async for chunk in audio.chunks()])


@pytest.mark.parametrize("audio_format", list(AudioFormat))
async def test_the_whole_audio_comes_with_its_type_and_length(
    client: SignalWireClient, simulator: Simulator, audio_format: AudioFormat
) -> None:
    recording = past_recording(simulator)
    expected = getattr(simulated, audio_format)(60)
    async with client.recording_audio(recording.sid, audio_format) as audio:
        assert (audio.status, audio.content_length) == (200, expected.size)
        assert audio.content_type in ("audio/x-wav", "audio/mpeg")
        assert audio.accepts_ranges
        assert audio.content_range is None
        body = b"".join([chunk async for chunk in audio.chunks()])
    assert body == expected.read(0, expected.size)
    assert simulator.requests[-1].path.endswith(f".{audio_format}")


@pytest.fixture(autouse=True)
def public(simulator: Simulator) -> None:
    """Let the audio take no login, as in a new project."""
    simulator.settings.protect_recordings = False


async def test_a_part_comes_with_its_range(client: SignalWireClient, simulator: Simulator) -> None:
    recording = past_recording(simulator)
    async with client.recording_audio(recording.sid, AudioFormat.WAV, "bytes=8-11") as audio:
        assert (audio.status, audio.content_length) == (206, 4)
        assert audio.content_range == f"bytes 8-11/{MINUTE.size}"
        assert [chunk async for chunk in audio.chunks()] == [b"WAVE"]


async def test_a_part_that_is_not_there_tells_the_length(
    client: SignalWireClient, simulator: Simulator
) -> None:
    recording = past_recording(simulator)
    beyond = f"bytes={MINUTE.size}-"
    async with client.recording_audio(recording.sid, AudioFormat.WAV, beyond) as audio:
        assert (audio.status, audio.content_range) == (416, f"bytes */{MINUTE.size}")


async def test_no_login_is_sent(session: ClientSession) -> None:
    seen: list[web.Request] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response(body=b"RIFF", content_type="audio/x-wav")

    app = web.Application()
    app.router.add_get("/{path:.*}", handler)
    async with TestServer(app) as server:
        client = SignalWireClient(session, server.make_url("/").origin(), PROJECT_ID, TOKEN)
        assert await _read(client, "1") == b"RIFF"
    (request,) = seen
    assert "Authorization" not in request.headers
    assert request.headers["Accept-Encoding"] == "identity"


async def test_protected_audio_is_played_with_the_login(
    client: SignalWireClient, simulator: Simulator
) -> None:
    simulator.settings.protect_recordings = True
    recording = past_recording(simulator)
    async with client.recording_audio(recording.sid, AudioFormat.WAV, "bytes=0-3") as audio:
        assert [chunk async for chunk in audio.chunks()] == [b"RIFF"]
    assert len(simulator.requests) == 2


async def test_a_login_that_is_refused_for_audio_is_an_authentication_error(
    session: ClientSession, simulator: Simulator
) -> None:
    simulator.settings.protect_recordings = True
    recording = past_recording(simulator)
    client = SignalWireClient(session, URL(simulator.url), PROJECT_ID, "wrong")
    with pytest.raises(AuthenticationError):
        await _read(client, recording.sid)
    assert len(simulator.requests) == 2


@pytest.mark.parametrize("status", [401, 403])
async def test_where_a_redirect_leads_the_login_is_not_sent_even_if_it_is_asked_for(
    session: ClientSession, status: int
) -> None:
    seen: list[web.Request] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response(status=status)

    async def space(request: web.Request) -> web.Response:
        seen.append(request)
        if "Authorization" not in request.headers:
            return web.Response(status=401)
        return web.Response(status=302, headers={"Location": str(elsewhere.make_url("/file"))})

    storage, protected = web.Application(), web.Application()
    storage.router.add_get("/{path:.*}", handler)
    protected.router.add_get("/{path:.*}", space)
    async with TestServer(storage) as elsewhere, TestServer(protected) as server:
        client = SignalWireClient(session, server.make_url("/").origin(), PROJECT_ID, TOKEN)
        with pytest.raises(SignalWireError):
            await _read(client, "1")
    assert ["Authorization" in request.headers for request in seen] == [False, True, False]


async def test_a_redirect_is_followed_without_login(
    client: SignalWireClient, simulator: Simulator
) -> None:
    recording = past_recording(simulator)
    seen: list[web.Request] = []

    async def storage(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response(
            status=206,
            body=b"WAVE",
            content_type="binary/octet-stream",
            headers={"Content-Range": "bytes 8-11/100"},
        )

    app = web.Application()
    app.router.add_get("/bucket/file", storage)
    async with TestServer(app) as server:
        location = str(server.make_url("/bucket/file").with_query(signature="a%2Fb"))
        simulator.faults.add(Fault(path=".wav", status=302, headers={"Location": location}))
        async with client.recording_audio(recording.sid, AudioFormat.WAV, "bytes=8-11") as audio:
            assert audio.content_type == "audio/wav"
            assert [chunk async for chunk in audio.chunks()] == [b"WAVE"]
    (request,) = seen
    assert "Authorization" not in request.headers
    assert request.headers["Range"] == "bytes=8-11"
    assert str(request.rel_url) == URL(location).raw_path_qs


@pytest.mark.parametrize(
    "location",
    [
        "http://storage.example/file",
        "ftp://127.0.0.1/file",
        "//storage.example/file",
        "https://user:password@storage.example/file",
        "http://[",
        "",
    ],
)
async def test_a_redirect_to_where_nothing_is_safe_is_not_followed(
    client: SignalWireClient, simulator: Simulator, location: str
) -> None:
    recording = past_recording(simulator)
    simulator.faults.add(Fault(path=".wav", status=302, headers={"Location": location}))
    with pytest.raises(MalformedAnswerError, match="redirects"):
        await _read(client, recording.sid)
    assert len(simulator.requests) == 1


async def test_redirects_without_end_are_an_error(
    client: SignalWireClient, simulator: Simulator
) -> None:
    recording = past_recording(simulator)
    simulator.faults.add(Fault(path=".wav", status=302, headers={"Location": "?again"}))
    with pytest.raises(MalformedAnswerError, match="too often"):
        await _read(client, recording.sid)
    assert len(simulator.requests) == 4


async def test_a_space_elsewhere_cannot_redirect_to_this_machine(
    session: ClientSession,
) -> None:
    from custom_components.signalwire.api import transport  # noqa: PLC0415

    class Answer:
        status = 302
        headers = {"Location": "https://127.0.0.1/file"}  # noqa: RUF012

    with pytest.raises(MalformedAnswerError, match="this machine"):
        transport._redirected(URL("https://example.signalwire.com/x"), Answer())  # type: ignore[arg-type]  # all that is looked at


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=404), NotFoundError),
        (Fault(status=401), AuthenticationError),
        (Fault(status=429), RateLimitedError),
        (Fault(status=503), UnavailableError),
        (Fault(drop=True), UnavailableError),
        (Fault(delay=2), RequestTimeoutError),
        (Fault(status=204), MalformedAnswerError),
        (Fault(status=304), MalformedAnswerError),
        (Fault(status=200, body="<html>"), MalformedAnswerError),
        (Fault(status=206, body="RIFF"), MalformedAnswerError),
        (
            Fault(status=206, headers={"Content-Range": "all\tof it"}, body="RIFF"),
            MalformedAnswerError,
        ),
        (
            Fault(status=200, headers={"Content-Type": "image/svg+xml"}, body="<svg/>"),
            MalformedAnswerError,
        ),
    ],
)
async def test_what_is_no_audio_is_the_error_that_it_is(
    client: SignalWireClient, simulator: Simulator, fault: Fault, error: type[Exception]
) -> None:
    recording = past_recording(simulator)
    simulator.faults.add(fault)
    with pytest.raises(error) as caught:
        await _read(client, recording.sid)
    assert type(caught.value) is error
    assert recording.sid not in str(caught.value)


async def test_compressed_audio_is_refused(session: ClientSession) -> None:
    async def handler(request: web.Request) -> web.Response:
        response = web.Response(body=b"R" * 5000, content_type="audio/x-wav")
        response.enable_compression(web.ContentCoding.gzip)
        return response

    app = web.Application()
    app.router.add_get("/{path:.*}", handler)
    async with TestServer(app) as server:
        client = SignalWireClient(session, server.make_url("/").origin(), PROJECT_ID, TOKEN)
        with pytest.raises(MalformedAnswerError, match="compressed"):
            await _read(client, "1")


async def test_a_fault_that_passes_is_tried_again(
    client: SignalWireClient, simulator: Simulator
) -> None:
    recording = past_recording(simulator)
    simulator.faults.add(Fault(status=503, times=2))
    assert len(await _read(client, recording.sid)) == MINUTE.size
    assert (client.counts.requests, client.counts.retries) == (3, 2)


async def test_audio_that_breaks_off_is_an_error(
    client: SignalWireClient, simulator: Simulator
) -> None:
    recording = past_recording(simulator)
    simulator.faults.add(Fault(path=".wav", truncate=True))
    with pytest.raises(UnavailableError, match="broke off"):
        await _read(client, recording.sid)


async def test_audio_that_stays_away_is_an_error(session: ClientSession) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "audio/mpeg"})
        await response.prepare(request)
        await response.write(b"some")
        await asyncio.Event().wait()
        return response

    app = web.Application()
    app.router.add_get("/{path:.*}", handler)
    async with TestServer(app) as server:
        origin = server.make_url("/").origin()
        policy = RetryPolicy(attempts=1, idle=0.05)
        client = SignalWireClient(session, origin, PROJECT_ID, TOKEN, retry_policy=policy)
        with pytest.raises(UnavailableError, match="stayed away"):
            await _read(client, "1")


async def test_who_stops_reading_ends_the_connection(
    client: SignalWireClient, simulator: Simulator
) -> None:
    recording = past_recording(simulator, timedelta(0), seconds=3600)
    async with client.recording_audio(recording.sid, AudioFormat.WAV) as audio:
        async for _ in audio.chunks():
            break
        assert simulator.streams.open == 1
    await until(lambda: simulator.streams.open == 0)
    assert simulator.streams.sent < simulated.wav(3600).size / 2


async def test_who_reads_slowly_is_waited_for(session: ClientSession, simulator: Simulator) -> None:
    policy = RetryPolicy(idle=0.05)
    client = SignalWireClient(session, URL(simulator.url), PROJECT_ID, TOKEN, retry_policy=policy)
    long = past_recording(simulator, timedelta(0), seconds=3600)
    short = past_recording(simulator)
    loop = asyncio.get_running_loop()
    async with client.recording_audio(long.sid, AudioFormat.WAV) as audio:
        chunks = aiter(audio.chunks())
        read = len(await anext(chunks))
        # Others are served meanwhile, for longer than audio may stay away.
        others, began = 0, loop.time()
        while loop.time() - began < 4 * policy.idle:
            others += len(await _read(client, short.sid))
        assert simulator.streams.sent - others < simulated.wav(3600).size / 2
        read += sum([len(chunk) async for chunk in chunks])
    assert read == simulated.wav(3600).size


async def test_closing_wakes_who_reads(client: SignalWireClient, simulator: Simulator) -> None:
    recording = past_recording(simulator, timedelta(0), seconds=3600)
    async with client.recording_audio(recording.sid, AudioFormat.WAV) as audio:
        chunks = aiter(audio.chunks())
        await anext(chunks)
        audio.close()
        with pytest.raises(UnavailableError):
            await _rest(chunks)
    await until(lambda: simulator.streams.open == 0)


async def _rest(chunks: AsyncIterator[bytes]) -> None:
    async for _ in chunks:
        pass


@pytest.mark.parametrize(
    ("header", "passed_on"),
    [
        (None, False),
        ("bytes=0-", True),
        ("bytes=0-99", True),
        ("bytes=-99", True),
        ("bytes=-", False),
        ("bytes=0-1,5-6", False),
        ("lines=0-1", False),
        ("bytes=0-1\r\nX: y", False),
        (f"bytes=0-{'9' * 99}", False),
    ],
)
def test_one_range_of_bytes_is_passed_on(header: str | None, passed_on: bool) -> None:
    assert single_range(header) == (header if passed_on else None)


async def test_calls_and_conferences_are_filtered_by_date(
    client: SignalWireClient, simulator: Simulator
) -> None:
    now = simulator.space.now()
    started = [now - timedelta(days=days) for days in (0, 3, 6)]
    calls = [simulator.space.start_call(started=date).sid for date in started]
    rooms = [simulator.space.start_conference(started=date).sid for date in started]
    window = now - timedelta(days=4), now - timedelta(days=2)
    found = client.iter_calls(started_after=window[0], started_before=window[1])
    assert [call.sid async for call in found] == [calls[1]]
    held = client.iter_conferences(created_after=window[0], created_before=window[1])
    assert [room.sid async for room in held] == [rooms[1]]
