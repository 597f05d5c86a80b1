"""The `twilio` SDK, pointed at the simulator, works unchanged: so it answers as it should."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, override
from urllib.parse import urlsplit

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from simulator import Simulator
from tests.helpers import PROJECT_ID, TOKEN, call_with_recording, conference_with_recording


class SpaceHttpClient(TwilioHttpClient):  # type: ignore[misc]  # it comes without types
    """Sends to a space what is meant for Twilio, as SignalWire's own SDK does."""

    def __init__(self, space: str) -> None:
        super().__init__()
        self._space = space

    @override
    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        path = urlsplit(url)
        query = f"?{path.query}" if path.query else ""
        local = path.path.removeprefix("/api/laml")
        return super().request(method, f"{self._space}/api/laml{local}{query}", *args, **kwargs)


@pytest.fixture
def sdk(simulator: Simulator) -> Client:
    return Client(PROJECT_ID, TOKEN, http_client=SpaceHttpClient(simulator.url))


async def test_it_lists_recordings_page_by_page(sdk: Client, simulator: Simulator) -> None:
    simulator.space.add_recordings(count=120, status="completed")
    recordings = await asyncio.to_thread(sdk.recordings.list, page_size=50)
    assert {recording.sid for recording in recordings} == set(simulator.space.recordings)
    assert len(simulator.requests) == 3


async def test_it_filters_recordings(sdk: Client, simulator: Simulator) -> None:
    simulator.space.add_recordings(count=5, status="completed", age=7200)
    call = call_with_recording(simulator)
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    of_call = await asyncio.to_thread(sdk.recordings.list, call_sid=call.sid)
    older = await asyncio.to_thread(sdk.recordings.list, date_created_before=an_hour_ago)
    assert [recording.call_sid for recording in of_call] == [call.sid]
    assert len(older) == 5


async def test_it_reads_a_recording_and_its_call(sdk: Client, simulator: Simulator) -> None:
    call = call_with_recording(simulator, from_number="+15550100", to_number="+15550199")
    (sid,) = simulator.space.recordings
    recording = await asyncio.to_thread(sdk.recordings(sid).fetch)
    assert recording.status == "in-progress"
    assert recording.start_time.tzinfo is not None
    fetched = await asyncio.to_thread(sdk.calls(call.sid).fetch)
    assert fetched.to == "+15550199"
    assert fetched.status == "in-progress"


async def test_it_pauses_resumes_and_stops_a_recording(sdk: Client, simulator: Simulator) -> None:
    call = call_with_recording(simulator)
    (sid,) = simulator.space.recordings
    recording = sdk.calls(call.sid).recordings(sid)
    for status, behavior in (("paused", "skip"), ("in-progress", None), ("stopped", None)):
        arguments = {"pause_behavior": behavior} if behavior else {}
        updated = await asyncio.to_thread(recording.update, status, **arguments)
        assert updated.status == status == simulator.space.recordings[sid].status
    assert simulator.space.recordings[sid].pause_behavior == "skip"
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(recording.update, "paused")
    assert caught.value.status == 400
    assert caught.value.code == 21220


async def test_it_pauses_the_recording_of_a_conference(sdk: Client, simulator: Simulator) -> None:
    conference = conference_with_recording(simulator, "Front desk")
    (sid,) = simulator.space.recordings
    paused = await asyncio.to_thread(
        sdk.conferences(conference.sid).recordings(sid).update, "paused"
    )
    assert paused.status == "paused"
    assert paused.call_sid is None


async def test_it_starts_and_deletes_a_recording(sdk: Client, simulator: Simulator) -> None:
    call = simulator.space.start_call()
    started = await asyncio.to_thread(
        sdk.calls(call.sid).recordings.create, recording_channels="dual"
    )
    assert started.status == "in-progress"
    assert started.channels == 2
    simulator.space.hang_up(call.sid)
    assert await asyncio.to_thread(sdk.recordings(started.sid).delete)
    assert not simulator.space.recordings


async def test_it_is_refused_with_a_wrong_token(simulator: Simulator) -> None:
    sdk = Client(PROJECT_ID, "wrong", http_client=SpaceHttpClient(simulator.url))
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(sdk.recordings("1").fetch)
    assert caught.value.status == 401
    assert caught.value.code == 20003
