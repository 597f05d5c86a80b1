"""What the service's side answers, seen over plain HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
import wave

from aiohttp import ClientResponse, ClientSession, encode_basic_auth
import pytest

from simulator import Simulator
from simulator.models import BASE
from tests.helpers import PROJECT_ID, TITLE, TOKEN, call_with_recording, conference_with_recording

ACCOUNT = f"{BASE}/Accounts/{PROJECT_ID}"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


class Clock:
    """Shows the time that a test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def passes(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    simulator = Simulator(
        project=PROJECT_ID, token=TOKEN, space_name=TITLE, shortest_recording=1, now=clock
    )
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def http(simulator: Simulator) -> AsyncIterator[ClientSession]:
    login = encode_basic_auth(PROJECT_ID, TOKEN)
    async with ClientSession(simulator.url, headers={"Authorization": login}) as http:
        yield http


async def _json(http: ClientSession, path: str) -> dict[str, object]:
    async with http.get(f"{ACCOUNT}{path}") as response:
        assert response.status == 200, await response.text()
        body: dict[str, object] = await response.json()
        return body


async def _refusal(response: ClientResponse) -> int:
    """Return the status of a refusal that has the service's first error body."""
    body = await response.json()
    assert set(body) == {"code", "message", "more_info", "status"}
    assert body["status"] == response.status
    return response.status


@pytest.mark.parametrize("login", [None, "wrong", f"{PROJECT_ID}:wrong", f"{UNKNOWN}:{TOKEN}"])
async def test_a_wrong_login_is_refused(simulator: Simulator, login: str | None) -> None:
    headers = {}
    if login:
        name, _, password = login.partition(":")
        headers["Authorization"] = encode_basic_auth(name, password)
    async with (
        ClientSession(simulator.url) as http,
        http.get(f"{ACCOUNT}/Recordings.json", headers=headers) as response,
    ):
        assert await _refusal(response) == 401


async def test_a_login_that_is_no_login_is_refused(simulator: Simulator) -> None:
    async with (
        ClientSession(simulator.url) as http,
        http.get(f"{ACCOUNT}/Calls", headers={"Authorization": "Basic ???"}) as response,
    ):
        assert await _refusal(response) == 401


@pytest.mark.parametrize(
    ("scope", "path", "status"),
    [
        ("voice", "/Recordings.json", 200),
        ("voice", ".json", 401),
        ("management", "/Recordings.json", 401),
        ("management", ".json", 200),
    ],
)
async def test_a_missing_scope_is_answered_like_a_wrong_token(
    http: ClientSession, simulator: Simulator, scope: str, path: str, status: int
) -> None:
    simulator.settings.scopes = {scope}
    async with http.get(f"{ACCOUNT}{path}") as response:
        assert response.status == status


@pytest.mark.parametrize(
    "path",
    [
        f"{BASE}/Accounts/{UNKNOWN}/Recordings.json",
        f"{ACCOUNT}/Recordings/{UNKNOWN}.json",
        f"{ACCOUNT}/Recordings/{UNKNOWN}.wav",
        f"{ACCOUNT}/Recordings/{UNKNOWN}.ogg",
        f"{BASE}/Accounts/{UNKNOWN}/Recordings/{UNKNOWN}.wav",
        f"{ACCOUNT}/Calls/{UNKNOWN}.json",
        f"{ACCOUNT}/Conferences/{UNKNOWN}.json",
        "/nowhere",
    ],
)
async def test_what_does_not_exist_is_not_found(http: ClientSession, path: str) -> None:
    async with http.get(path) as response:
        assert await _refusal(response) == 404


async def test_a_wrong_method_is_refused(http: ClientSession) -> None:
    async with http.put(f"{ACCOUNT}/Recordings.json") as response:
        assert await _refusal(response) == 405


async def test_the_account_keeps_its_keys_to_itself(
    http: ClientSession, simulator: Simulator
) -> None:
    account = await _json(http, ".json")
    assert account["friendly_name"] == TITLE
    assert account["auth_token"] == "redacted"
    assert account["signing_key"] is None
    simulator.settings.show_signing_key = True
    account = await _json(http, "")
    assert account["signing_key"] == simulator.settings.signing_key
    async with http.get(f"{BASE}/Accounts.json") as response:
        assert (await response.json())["accounts"] == [account]


async def test_pages_hold_still_while_recordings_come_in(
    http: ClientSession, simulator: Simulator, clock: Clock
) -> None:
    simulator.space.add_recordings(count=5, status="completed")
    seen: list[str] = []
    uri: str | None = f"{ACCOUNT}/Recordings.json?PageSize=2"
    while uri:
        async with http.get(uri) as response:
            page = await response.json()
        seen += [recording["sid"] for recording in page["recordings"]]
        uri = page["next_page_uri"]
        clock.passes(1)
        call_with_recording(simulator)
    assert len(seen) == len(set(seen)) == 5


async def test_the_newest_come_first(
    http: ClientSession, simulator: Simulator, clock: Clock
) -> None:
    for _ in range(3):
        call_with_recording(simulator)
        clock.passes(1)
    page = await _json(http, "/Recordings.json")
    recordings = page["recordings"]
    assert isinstance(recordings, list)
    assert [recording["sid"] for recording in recordings] == list(simulator.space.recordings)[::-1]


@pytest.mark.parametrize(
    "query",
    [
        "PageSize=0",
        "PageSize=many",
        "Page=-1",
        "Page=1",
        "Page=1&PageToken=XX1",
        "PageToken=PAx_y",
        "DateCreated=soon",
    ],
)
async def test_a_query_that_makes_no_sense_is_refused(http: ClientSession, query: str) -> None:
    async with http.get(f"{ACCOUNT}/Recordings.json?{query}") as response:
        assert await _refusal(response) in (400, 422)


async def test_a_page_holds_a_thousand_at_the_most(
    http: ClientSession, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=1001, status="completed")
    page = await _json(http, "/Recordings.json?PageSize=5000")
    recordings = page["recordings"]
    assert isinstance(recordings, list)
    assert len(recordings) == page["page_size"] == 1000
    page = await _json(http, "/Recordings.json")
    assert page["page_size"] == 50


async def test_the_day_filter_takes_that_day_alone(
    http: ClientSession, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=1, age=0)
    simulator.space.add_recordings(count=2, age=86_400)
    page = await _json(http, "/Recordings.json?DateCreated=Wed, 31 Dec 2025 00:00:00 GMT")
    recordings = page["recordings"]
    assert isinstance(recordings, list)
    assert len(recordings) == 2


async def test_calls_are_filtered(http: ClientSession, simulator: Simulator) -> None:
    simulator.space.start_call(from_number="+1", to_number="+2")
    simulator.space.start_call(from_number="+3", to_number="+2")
    for query, count in (("From=%2B1", 1), ("To=%2B2", 2), ("Status=completed", 0)):
        calls = (await _json(http, f"/Calls.json?{query}"))["calls"]
        assert isinstance(calls, list)
        assert len(calls) == count
    simulator.space.start_conference(friendly_name="A")
    conferences = (await _json(http, "/Conferences.json?FriendlyName=B"))["conferences"]
    assert conferences == []


async def test_a_recording_is_queued_then_in_progress_then_completed(
    http: ClientSession, simulator: Simulator, clock: Clock
) -> None:
    call = simulator.space.start_call()
    recording = simulator.space.start_recording(call_sid=call.sid, queued=True)
    path = f"/Recordings/{recording.sid}.json"
    assert (await _json(http, path))["status"] == "queued"
    simulator.space.begin(recording.sid)
    assert (await _json(http, path))["status"] == "in-progress"
    clock.passes(30)
    simulator.space.hang_up(call.sid)
    shown = await _json(http, path)
    assert shown["status"] == "completed"
    assert shown["duration"] == 30
    assert shown["price"] == "-0.0025"
    assert shown["end_time"] == "Thu, 01 Jan 2026 12:00:30 +0000"


async def test_a_short_recording_is_absent(simulator: Simulator, clock: Clock) -> None:
    call = call_with_recording(simulator)
    clock.passes(0.5)
    simulator.space.hang_up(call.sid)
    (recording,) = simulator.space.recordings.values()
    assert recording.status == "absent"


@pytest.mark.parametrize(("behavior", "duration"), [("silence", 30), ("skip", 20)])
async def test_a_skipped_pause_is_not_in_the_file(
    simulator: Simulator, clock: Clock, behavior: str, duration: int
) -> None:
    conference = conference_with_recording(simulator, "Front desk")
    (recording,) = simulator.space.recordings.values()
    clock.passes(10)
    simulator.space.update_recording(recording.sid, "paused", behavior)
    clock.passes(5)
    assert recording.duration(clock()) == (10 if behavior == "skip" else 15)
    simulator.space.update_recording(recording.sid, "paused", behavior)
    clock.passes(5)
    simulator.space.update_recording(recording.sid, "in-progress")
    clock.passes(10)
    simulator.space.end_conference(conference.sid)
    assert recording.duration(clock()) == duration


async def test_ending_while_paused_ends_the_pause(simulator: Simulator, clock: Clock) -> None:
    call = call_with_recording(simulator)
    (recording,) = simulator.space.recordings.values()
    clock.passes(10)
    simulator.space.update_recording(recording.sid, "paused", "skip")
    clock.passes(10)
    simulator.space.hang_up(call.sid)
    clock.passes(10)
    assert recording.status == "completed"
    assert recording.duration(clock()) == 10


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 422),
        ({"Status": "gone"}, 422),
        ({"Status": "paused", "PauseBehavior": "music"}, 422),
        ({"Status": "paused"}, 200),
    ],
)
async def test_an_update_is_checked(
    http: ClientSession, simulator: Simulator, form: dict[str, str], status: int
) -> None:
    call = call_with_recording(simulator)
    (sid,) = simulator.space.recordings
    async with http.post(
        f"{ACCOUNT}/Calls/{call.sid}/Recordings/{sid}.json", data=form
    ) as response:
        assert response.status == status
    conference = conference_with_recording(simulator, "Front desk")
    sid = list(simulator.space.recordings)[-1]
    async with http.post(
        f"{ACCOUNT}/Conferences/{conference.sid}/Recordings/{sid}.json", data=form
    ) as response:
        assert response.status == status
        if status == 422:
            assert set(await response.json()) == {"errors"}


async def test_a_recording_is_only_found_under_its_own_parent(
    http: ClientSession, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    other = simulator.space.start_call()
    (sid,) = simulator.space.recordings
    for parent in (f"Calls/{other.sid}", f"Conferences/{UNKNOWN}"):
        async with http.post(
            f"{ACCOUNT}/{parent}/Recordings/{sid}.json", data={"Status": "paused"}
        ) as response:
            assert await _refusal(response) == 404


async def test_what_has_ended_cannot_be_updated_or_recorded_any_more(
    http: ClientSession, simulator: Simulator
) -> None:
    call = call_with_recording(simulator)
    conference = conference_with_recording(simulator, "Front desk")
    of_call, of_conference = simulator.space.recordings
    simulator.space.hang_up(call.sid)
    simulator.space.end_conference(conference.sid)
    for path in (
        f"Calls/{call.sid}/Recordings/{of_call}",
        f"Conferences/{conference.sid}/Recordings/{of_conference}",
        f"Calls/{call.sid}/Recordings",
    ):
        async with http.post(f"{ACCOUNT}/{path}.json", data={"Status": "paused"}) as response:
            assert await _refusal(response) == 400


async def test_an_active_recording_cannot_be_deleted(
    http: ClientSession, simulator: Simulator
) -> None:
    call = call_with_recording(simulator)
    (sid,) = simulator.space.recordings
    async with http.delete(f"{ACCOUNT}/Recordings/{sid}.json") as response:
        assert await _refusal(response) == 400
    simulator.space.hang_up(call.sid)
    async with http.delete(f"{ACCOUNT}/Recordings/{sid}.json") as response:
        assert response.status == 204
        assert await response.read() == b""


async def test_a_start_with_words_that_do_not_exist_is_refused(
    http: ClientSession, simulator: Simulator
) -> None:
    call = simulator.space.start_call()
    async with http.post(
        f"{ACCOUNT}/Calls/{call.sid}/Recordings.json", data={"RecordingChannels": "5"}
    ) as response:
        assert await _refusal(response) == 422


async def test_the_audio_needs_no_login_and_can_be_played(simulator: Simulator) -> None:
    (recording,) = simulator.space.add_recordings(count=1)
    async with ClientSession(simulator.url) as http:
        for ending in ("", ".wav"):
            async with http.get(f"{ACCOUNT}/Recordings/{recording.sid}{ending}") as response:
                assert response.content_type == "audio/x-wav"
                audio = wave.open(BytesIO(await response.read()))  # noqa: SIM115 (in memory)
                assert audio.getframerate() == 8000
                assert audio.getnframes() == 30 * 8000
                assert any(audio.readframes(100))
        async with http.get(f"{ACCOUNT}/Recordings/{recording.sid}.mp3") as response:
            assert response.content_type == "audio/mpeg"
            assert (await response.read()).startswith(b"\xff\xfb")


@pytest.mark.parametrize(
    ("asked", "status", "answered"),
    [
        ("bytes=0-3", 206, b"RIFF"),
        ("bytes=8-11", 206, b"WAVE"),
        ("bytes=999999-", 416, b""),
        ("bytes=nonsense", 416, b""),
    ],
)
async def test_a_range_of_the_audio_can_be_asked_for(
    simulator: Simulator, asked: str, status: int, answered: bytes
) -> None:
    (recording,) = simulator.space.add_recordings(count=1)
    async with (
        ClientSession(simulator.url) as http,
        http.get(f"{ACCOUNT}/Recordings/{recording.sid}.wav", headers={"Range": asked}) as response,
    ):
        assert response.status == status
        assert await response.read() == answered
        assert "Content-Range" in response.headers


@pytest.mark.parametrize("ending", ["wav", "mp3"])
async def test_ranges_are_parts_of_the_whole(simulator: Simulator, ending: str) -> None:
    (recording,) = simulator.space.add_recordings(count=1, duration=20)
    url = f"{ACCOUNT}/Recordings/{recording.sid}.{ending}"
    async with ClientSession(simulator.url) as http:
        async with http.get(url) as response:
            whole = await response.read()
        for start, stop in ((0, 44), (40, 50), (1, 70_000), (65_536, len(whole))):
            headers = {"Range": f"bytes={start}-{stop - 1}"}
            async with http.get(url, headers=headers) as response:
                assert await response.read() == whole[start:stop]
    assert simulator.streams.open == 0


async def test_a_recording_that_still_runs_has_no_audio(
    http: ClientSession, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    (sid,) = simulator.space.recordings
    async with http.get(f"{ACCOUNT}/Recordings/{sid}.wav") as response:
        assert response.status == 404


async def test_it_can_answer_as_loosely_as_in_2018(
    http: ClientSession, simulator: Simulator
) -> None:
    simulator.settings.loose = True
    simulator.space.add_recordings(count=2)
    page = await _json(http, "/Recordings.json?PageSize=1")
    assert str(page["next_page_uri"]).startswith("/2010-04-01/Accounts/")
    recordings = page["recordings"]
    assert isinstance(recordings, list)
    assert recordings[0]["price"] == -0.0025
    assert not {"trim", "encryption_details"} & set(recordings[0])
    async with http.get(str(page["next_page_uri"])) as response:
        assert response.status == 200
