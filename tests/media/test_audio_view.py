"""The audio through Home Assistant: for those who are logged in, and for no longer than signed."""

import asyncio
from datetime import timedelta
import logging

from aiohttp import ClientPayloadError, web
from aiohttp.test_utils import TestClient
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.http.auth import async_sign_path
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.signalwire.media import audio_view
from simulator import Fault, Simulator, media
from simulator.models import Recording, Status
from tests.helpers import PROJECT_ID, TOKEN, until
from tests.media.helpers import past_recording

type Listener = TestClient[web.Request, web.Application]

WAV = media.wav(60)
MP3 = media.mp3(60)
SECRETS = (TOKEN, PROJECT_ID, "/Accounts/", "/api/laml/")


def _address(entry: MockConfigEntry, recording: Recording, ending: str = "wav") -> str:
    return f"/api/signalwire/recordings/{entry.entry_id}/{recording.sid}.{ending}"


@pytest.fixture
async def listener(loaded: MockConfigEntry, hass_client: ClientSessionGenerator) -> Listener:
    """Return a client that is logged in, while the project is set up."""
    listener: Listener = await hass_client()
    return listener


async def test_the_audio_comes_as_it_is(
    listener: Listener, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    recording = past_recording(simulator)
    for ending, content_type, audio in (
        ("wav", "audio/x-wav", WAV),
        ("mp3", "audio/mpeg", MP3),
    ):
        response = await listener.get(_address(loaded, recording, ending))
        assert response.status == 200
        assert await response.read() == audio.read(0, audio.size)
        assert response.headers["Content-Type"] == content_type
        assert response.headers["Content-Length"] == str(audio.size)
        assert response.headers["Accept-Ranges"] == "bytes"
        assert response.headers["Cache-Control"] == "private, no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_who_may_not_list_recordings_may_not_hear_them(
    listener: Listener,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_admin_user: MockUser,
) -> None:
    recording = past_recording(simulator)
    hass_admin_user.groups = []
    hass_admin_user.mock_policy({})
    simulator.requests.clear()
    response = await listener.get(_address(loaded, recording))
    assert response.status == 403
    assert not simulator.requests
    hass_admin_user.mock_policy(
        {"entities": {"entity_ids": {"switch.corner_shop_call_recording": {POLICY_READ: True}}}}
    )
    assert (await listener.get(_address(loaded, recording))).status == 200


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-43", 0, 44),
        ("bytes=100000-", 100_000, WAV.size),
        ("bytes=-4", WAV.size - 4, WAV.size),
    ],
)
async def test_a_range_comes_alone(
    listener: Listener,
    loaded: MockConfigEntry,
    simulator: Simulator,
    asked: str,
    start: int,
    stop: int,
) -> None:
    recording = past_recording(simulator)
    response = await listener.get(_address(loaded, recording), headers={"Range": asked})
    assert response.status == 206
    assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{WAV.size}"
    assert await response.read() == WAV.read(start, stop)


async def test_a_range_that_is_not_there_is_refused(
    listener: Listener, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    recording = past_recording(simulator)
    response = await listener.get(
        _address(loaded, recording), headers={"Range": f"bytes={WAV.size}-"}
    )
    assert response.status == 416
    assert response.headers["Content-Range"] == f"bytes */{WAV.size}"
    assert await response.read() == b""


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-1,4-5"},
        {"Range": "seconds=1-2"},
        {"Range": "bytes=0-1", "If-Range": '"something"'},
    ],
)
async def test_a_range_that_need_not_be_understood_brings_all(
    listener: Listener, loaded: MockConfigEntry, simulator: Simulator, headers: dict[str, str]
) -> None:
    recording = past_recording(simulator)
    response = await listener.get(_address(loaded, recording), headers=headers)
    assert response.status == 200
    assert len(await response.read()) == WAV.size


async def test_a_service_without_ranges_gives_all(
    listener: Listener, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    recording = past_recording(simulator)
    simulator.faults.add(
        Fault(path=".wav", status=200, body="RIFF", headers={"Content-Type": "audio/x-wav"})
    )
    response = await listener.get(_address(loaded, recording), headers={"Range": "bytes=2-"})
    assert (response.status, await response.read()) == (200, b"RIFF")
    assert "Accept-Ranges" not in response.headers


async def test_head_tells_the_length_and_reads_nothing(
    listener: Listener, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    recording = past_recording(simulator, timedelta(0), seconds=3600)
    response = await listener.head(_address(loaded, recording))
    assert response.status == 200
    assert response.headers["Content-Length"] == str(media.wav(3600).size)
    assert await response.read() == b""
    await until(lambda: simulator.streams.open == 0)
    assert simulator.streams.sent < media.wav(3600).size / 2
    # The connection is still of use.
    assert (await listener.head(_address(loaded, recording))).status == 200


async def test_without_login_and_signature_there_is_nothing(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    recording, other = past_recording(simulator), past_recording(simulator)
    stranger = await hass_client_no_auth()
    simulator.requests.clear()
    address = _address(loaded, recording)
    signed = async_sign_path(hass, address, timedelta(minutes=1))
    signature = signed.partition("?")[2]
    assert (await stranger.get(address)).status == 401
    assert (await stranger.head(address)).status == 401
    assert (await stranger.get(f"{_address(loaded, other)}?{signature}")).status == 401
    assert (await stranger.get(f"{address}?{signature}&more=1")).status == 401
    expired = async_sign_path(hass, address, timedelta(seconds=-10))
    assert (await stranger.get(expired)).status == 401
    assert not simulator.requests
    response = await stranger.get(signed, headers={"Range": "bytes=0-3"})
    assert (response.status, await response.read()) == (206, b"RIFF")


async def test_what_was_not_seen_before_is_read_once_to_see_that_it_is_the_projects(
    listener: Listener, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.settings.protect_recordings = False
    recording = past_recording(simulator)
    simulator.requests.clear()
    for _ in range(3):
        await listener.get(_address(loaded, recording), headers={"Range": "bytes=0-3"})
    endings = [request.path.rpartition(".")[2] for request in simulator.requests]
    assert endings == ["json", "wav", "wav", "wav"]


@pytest.mark.parametrize(
    "status", [Status.ABSENT, Status.FAILED, Status.IN_PROGRESS, Status.PAUSED, Status.QUEUED]
)
async def test_a_recording_without_audio_is_not_asked_for(
    listener: Listener, loaded: MockConfigEntry, simulator: Simulator, status: Status
) -> None:
    recording = past_recording(simulator, status=status)
    assert (await listener.get(_address(loaded, recording))).status == 404
    assert not any(request.path.endswith(".wav") for request in simulator.requests)


@pytest.mark.parametrize(
    "file",
    [
        "0b6a2c1e-1f3d-4a5b-8c7d-9e0f1a2b3c4d.wav",
        "nonsense.wav",
        ".wav",
        "{sid}",
        "{sid}.ogg",
        "{sid}.json",
        "{sid}.wav.json",
        "{sid}.wav%0A",
        "{sid}%3F.wav",
        "..%2F..%2FRecordings%2F{sid}.wav",
        "%2e%2e%2f{sid}.wav",
        "..%5C{sid}.wav",
        "{sid}%00.wav",
        "../{sid}.wav",
        "https:%2F%2Felsewhere.example%2F{sid}.wav",
    ],
)
async def test_nothing_else_can_be_fetched(
    listener: Listener, loaded: MockConfigEntry, simulator: Simulator, file: str
) -> None:
    recording = past_recording(simulator)
    base = f"/api/signalwire/recordings/{loaded.entry_id}"
    address = URL(f"{base}/{file.format(sid=recording.sid)}", encoded=True)
    # Home Assistant itself turns some of them away.
    assert (await listener.get(address)).status in (400, 404)
    asked = [request.path for request in simulator.requests if "/Recordings/" in request.path]
    assert all(path.endswith(f"{file[:36]}.json") for path in asked)


async def test_another_entry_has_no_audio(
    hass: HomeAssistant, listener: Listener, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    recording = past_recording(simulator)
    address = _address(loaded, recording)
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    for entry_id in ("nonsense", PROJECT_ID, other.entry_id):
        response = await listener.get(address.replace(loaded.entry_id, entry_id))
        assert response.status == 404
    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert (await listener.get(address)).status == 503


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault(status=404), 404),
        (Fault(status=410), 404),
        (Fault(status=401), 502),
        (Fault(status=400), 502),
        (Fault(status=302, headers={"Location": "http://elsewhere.example/"}), 502),
        (Fault(status=200, body="<html>"), 502),
        (Fault(status=429, headers={"Retry-After": "60"}), 503),
        (Fault(status=500, headers={"Retry-After": "60"}), 503),
    ],
)
async def test_a_failure_of_the_service_is_told_by_a_status_alone(
    listener: Listener,
    loaded: MockConfigEntry,
    simulator: Simulator,
    fault: Fault,
    status: int,
) -> None:
    recording = past_recording(simulator)
    simulator.faults.add(fault)
    response = await listener.get(_address(loaded, recording))
    assert (response.status, await response.read()) == (status, b"")


async def test_audio_that_breaks_off_ends_the_connection(
    listener: Listener, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    recording = past_recording(simulator)
    simulator.faults.add(Fault(path=".wav", truncate=True))
    response = await listener.get(_address(loaded, recording))
    assert response.status == 200
    with pytest.raises(ClientPayloadError):
        await response.read()


async def test_a_listener_who_goes_leaves_nothing_behind(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    recording = past_recording(simulator, timedelta(0), seconds=3600)
    listener = await hass_client()
    tasks = asyncio.all_tasks()
    response = await listener.get(_address(loaded, recording))
    await response.content.readexactly(100_000)
    assert simulator.streams.open == 1
    response.close()
    await until(lambda: simulator.streams.open == 0)
    assert simulator.streams.sent < media.wav(3600).size / 2
    assert not loaded.runtime_data.project.library._streams
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    await listener.close()
    await until(lambda: not {task for task in asyncio.all_tasks() - tasks if not task.done()})


async def test_a_listener_who_does_not_take_it_is_left(
    listener: Listener,
    loaded: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audio_view, "_MAX_WAIT", 0.05)
    recording = past_recording(simulator, timedelta(0), seconds=3600)
    response = await listener.get(_address(loaded, recording))
    await until(lambda: simulator.streams.open == 0)
    assert simulator.streams.sent < media.wav(3600).size / 2
    response.close()


async def test_no_stream_goes_on_for_ever(
    listener: Listener,
    loaded: MockConfigEntry,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audio_view, "_MAX_STREAM", 0.05)
    recording = past_recording(simulator, timedelta(0), seconds=3600)
    response = await listener.get(_address(loaded, recording))
    await until(lambda: simulator.streams.open == 0)
    response.close()


async def test_unloading_breaks_off_what_is_listened_to(
    hass: HomeAssistant, listener: Listener, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    recording = past_recording(simulator, timedelta(0), seconds=3600)
    response = await listener.get(_address(loaded, recording))
    await response.content.readexactly(100_000)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert loaded.state is ConfigEntryState.NOT_LOADED
    with pytest.raises(ClientPayloadError):
        await response.read()
    await until(lambda: simulator.streams.open == 0)


async def test_what_is_being_opened_during_the_unload_is_not_played(
    hass: HomeAssistant, listener: Listener, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    recording = past_recording(simulator, timedelta(0), seconds=60)
    simulator.faults.add(Fault(path=".wav", delay=0.3, times=1))
    simulator.requests.clear()
    opening = asyncio.create_task(listener.get(_address(loaded, recording)))
    await until(lambda: len(simulator.requests) == 2)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert (await opening).status >= 500
    await until(lambda: simulator.streams.open == 0)


async def test_nothing_of_the_services_address_is_shown(
    listener: Listener,
    loaded: MockConfigEntry,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    recording = past_recording(simulator)
    shown = []
    for faults in ([], [Fault(path=".wav", status=404)], [Fault(path=".wav", drop=True)]):
        for fault in faults:
            simulator.faults.add(fault)
        response = await listener.get(_address(loaded, recording))
        shown += [str(response.url), str(response.headers)]
        simulator.faults.clear()
    logged = [
        record.getMessage()
        for record in caplog.records
        # What the test's own client and server say.
        if not record.name.startswith(("aiohttp", "asyncio"))
    ]
    assert any("No audio for a listener" in line for line in logged)
    for text in (*shown, *logged):
        for secret in SECRETS:
            assert secret not in text
        assert simulator.url not in text or "signalwire.api" not in text
