"""The client's methods, over real HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from typing import Any

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.signalwire.api import (
    RECORDING_FIELDS,
    AudioFormat,
    CallStatus,
    ClosedError,
    ConferenceStatus,
    MalformedAnswerError,
    NoParentError,
    NotFoundError,
    PauseBehavior,
    RecordingChannels,
    RecordingSource,
    RecordingStatus,
    RecordingTrack,
    RecordingTrim,
    RejectedError,
    SignalWireClient,
)
from simulator import Fault, Simulator
from tests.helpers import PROJECT_ID, TITLE, TOKEN, call_with_recording, make_recording, until


async def test_the_account_has_a_name(client: SignalWireClient) -> None:
    assert (await client.get_account()).friendly_name == TITLE


async def test_a_client_that_is_closed_sends_nothing_more(
    client: SignalWireClient, simulator: Simulator
) -> None:
    for _ in range(2):
        call_with_recording(simulator)
    sids = list(simulator.space.recordings)
    pages = client.recording_pages(page_size=1)
    await anext(pages)
    simulator.faults.add(Fault(path=sids[0], status=503))
    retried = asyncio.create_task(client.get_recording(sids[0]))
    await until(lambda: sids[0] in simulator.requests[-1].path)
    sent = len(simulator.requests)
    client.close()
    for work in (
        retried,
        anext(pages),
        client.get_recording(sids[1]),
        client.update_recording(make_recording(sids[1], call_sid="c"), RecordingStatus.PAUSED),
    ):
        with pytest.raises(ClosedError):
            await work
    with pytest.raises(ClosedError):
        async with client.recording_audio(sids[1], AudioFormat.MP3):
            pass
    assert len(simulator.requests) == sent


async def test_a_call_tells_who_talks_to_whom(
    client: SignalWireClient, simulator: Simulator
) -> None:
    sid = simulator.space.start_call(from_number="+15550100", to_number="+15550101").sid
    call = await client.get_call(sid)
    assert (call.from_number, call.to_number) == ("+15550100", "+15550101")
    assert call.status is CallStatus.IN_PROGRESS
    assert call.start_time is not None
    assert datetime.now(UTC) - call.start_time < timedelta(minutes=1)


async def test_a_conference_has_a_name(client: SignalWireClient, simulator: Simulator) -> None:
    sid = simulator.space.start_conference(friendly_name="Front desk").sid
    conference = await client.get_conference(sid)
    assert conference.friendly_name == "Front desk"
    assert conference.status is ConferenceStatus.IN_PROGRESS


async def test_calls_and_conferences_are_listed_by_status(
    client: SignalWireClient, simulator: Simulator
) -> None:
    on, over = simulator.space.start_call(), simulator.space.start_call()
    simulator.space.hang_up(over.sid)
    room, closed = simulator.space.start_conference(), simulator.space.start_conference()
    simulator.space.end_conference(closed.sid)
    calls = [call.sid async for call in client.iter_calls(status=CallStatus.IN_PROGRESS)]
    assert calls == [on.sid]
    assert [
        [call.sid for call in page.items] async for page in client.pages_of_calls_in_progress()
    ] == [[on.sid]]
    assert [
        [one.sid for one in page.items] async for page in client.pages_of_conferences_in_progress()
    ] == [[room.sid]]
    assert len([call async for call in client.iter_calls()]) == 2


async def test_a_recording_comes_with_types(client: SignalWireClient, simulator: Simulator) -> None:
    call = simulator.space.start_call()
    sid = simulator.space.start_recording(call_sid=call.sid).sid
    recording = await client.get_recording(sid)
    assert recording.sid == sid
    assert recording.call_sid == call.sid
    assert recording.conference_sid is None
    assert recording.status is RecordingStatus.IN_PROGRESS
    assert isinstance(recording.duration, int)
    assert recording.channels == 1
    assert recording.start_time is not None
    assert recording.start_time.tzinfo is UTC
    assert recording.is_active


async def test_the_response_recorded_in_2018_is_read(
    client: SignalWireClient, simulator: Simulator
) -> None:
    recorded = {
        "uri": f"/2010-04-01/Accounts/{PROJECT_ID}/Recordings?Page=0&PageSize=50",
        "next_page_uri": None,
        "previous_page_uri": None,
        "page": 0,
        "page_size": 50,
        "recordings": [
            {
                "sid": "7f0f2f9c-1111-4222-8333-444455556666",
                "api_version": "2010-04-01",
                "channel": "1",
                "channels": "1",
                "account_sid": PROJECT_ID,
                "call_sid": "7f0f2f9c-1111-4222-8333-444455557777",
                "conference_sid": None,
                "date_created": "Wed, 19 Dec 2018 16:28:16 +0000",
                "date_updated": "Wed, 19 Dec 2018 16:28:16 +0000",
                "duration": 14,
                "start_time": "Wed, 19 Dec 2018 16:27:56 +0000",
                "end_time": "Wed, 19 Dec 2018 16:28:16 +0000",
                "error_code": None,
                "price": 0.0,
                "price_unit": "USD",
                "source": "RecordVerb",
                "status": "completed",
            }
        ],
    }
    simulator.faults.add(Fault(status=200, body=json.dumps(recorded)))
    (recording,) = await client.list_recordings(limit=50)
    assert {name: getattr(recording, name) for name in RECORDING_FIELDS} == {
        "sid": "7f0f2f9c-1111-4222-8333-444455556666",
        "status": RecordingStatus.COMPLETED,
        "api_version": "2010-04-01",
        "call_sid": "7f0f2f9c-1111-4222-8333-444455557777",
        "channel": 1,
        "channels": 1,
        "conference_sid": None,
        "date_created": datetime(2018, 12, 19, 16, 28, 16, tzinfo=UTC),
        "date_updated": datetime(2018, 12, 19, 16, 28, 16, tzinfo=UTC),
        "duration": 14,
        "encryption_details": None,
        "end_time": datetime(2018, 12, 19, 16, 28, 16, tzinfo=UTC),
        "error_code": None,
        "price": Decimal("0.0"),
        "price_unit": "USD",
        "source": RecordingSource.RECORD_VERB,
        "start_time": datetime(2018, 12, 19, 16, 27, 56, tzinfo=UTC),
        "trim": None,
    }
    assert recording.account_sid == PROJECT_ID
    assert PROJECT_ID not in repr(recording)


@pytest.mark.parametrize("loose", [False, True])
async def test_every_page_is_followed_once(
    client: SignalWireClient, simulator: Simulator, loose: bool
) -> None:
    simulator.settings.loose = loose
    simulator.space.add_recordings(count=2500, status="completed")
    pages = [page async for page in client.recording_pages()]
    sids = [recording.sid for page in pages for recording in page.items]
    assert len(sids) == len(set(sids)) == 2500
    assert len(simulator.requests) == 3


async def test_a_page_ahead_that_is_not_needed_is_not_waited_for(
    session: ClientSession, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=2500, status="completed")
    # The third page never comes.
    simulator.faults.add(Fault(times=2))
    simulator.faults.add(Fault(delay=60))
    client = SignalWireClient(session, URL(simulator.url), PROJECT_ID, TOKEN)
    async with asyncio.timeout(10):
        assert len(await client.list_recordings(limit=1500)) == 1500
    assert len(simulator.requests) == 3


async def test_a_bounded_list_reads_no_more_than_it_needs(
    client: SignalWireClient, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=100, status="completed")
    assert len(await client.list_recordings(limit=7)) == 7
    assert await client.list_recordings(limit=0) == []
    assert [request.path.split("PageSize=")[1] for request in simulator.requests] == ["7"]


async def test_a_status_is_picked_out_of_the_list(
    client: SignalWireClient, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=30, status="completed")
    call = simulator.space.start_call()
    sid = simulator.space.start_recording(call_sid=call.sid).sid
    found = await client.list_recordings(limit=10, statuses={RecordingStatus.IN_PROGRESS})
    assert [recording.sid for recording in found] == [sid]


async def test_recordings_are_filtered_by_date_call_and_conference(
    client: SignalWireClient, simulator: Simulator
) -> None:
    now = datetime.now(UTC)
    simulator.space.add_recordings(count=3, status="completed", age=3600)
    call, room = simulator.space.start_call(), simulator.space.start_conference()
    of_call = simulator.space.start_recording(call_sid=call.sid).sid
    of_room = simulator.space.start_recording(conference_sid=room.sid).sid

    async def found(**filters: Any) -> set[str]:
        return {recording.sid for recording in await client.list_recordings(limit=99, **filters)}

    half_an_hour_ago = now - timedelta(minutes=30)
    assert await found(created_after=half_an_hour_ago) == {of_call, of_room}
    assert len(await found(created_before=half_an_hour_ago)) == 3
    assert await found(call_sid=call.sid) == {of_call}
    assert await found(conference_sid=room.sid) == {of_room}


@pytest.mark.parametrize(
    "next_page",
    [
        "https://elsewhere.example/api/laml/2010-04-01/Accounts/x/Recordings.json",
        "/api/laml/2010-04-01/Accounts/another-project/Recordings.json?Page=1",
        "/elsewhere",
        "http://[",
    ],
)
async def test_a_next_page_that_makes_no_sense_leaves_the_list_incomplete(
    client: SignalWireClient, simulator: Simulator, next_page: str
) -> None:
    page = {"recordings": [{"sid": "1", "status": "completed"}], "next_page_uri": next_page}
    simulator.faults.add(Fault(status=200, body=json.dumps(page)))
    (read,) = [page async for page in client.recording_pages()]
    assert [recording.sid for recording in read.items] == ["1"]
    assert not read.is_complete
    assert len(simulator.requests) == 1


@pytest.mark.parametrize(
    "host",
    ["https://elsewhere.example", "//inner:8443", "http://EXAMPLE.signalwire.com:443", ""],
)
async def test_a_next_page_is_asked_of_the_configured_origin_whatever_host_it_names(
    client: SignalWireClient, simulator: Simulator, host: str
) -> None:
    path = f"/api/laml/2010-04-01/Accounts/{PROJECT_ID}/Recordings.json?PageSize=9"
    page = {"recordings": [{"sid": "1", "status": "completed"}], "next_page_uri": host + path}
    simulator.faults.add(Fault(status=200, body=json.dumps(page), times=1))
    (active,) = simulator.space.add_recordings(count=1, status="in-progress")
    pages = [page async for page in client.recording_pages()]
    assert [recording.sid for page in pages for recording in page.items] == ["1", active.sid]
    assert all(page.is_complete for page in pages)


@pytest.mark.parametrize("items", [[], [{"sid": "1", "status": "completed"}], None])
async def test_pages_without_end_leave_the_list_incomplete(
    client: SignalWireClient, simulator: Simulator, items: list[object] | None
) -> None:
    uri = f"/api/laml/2010-04-01/Accounts/{PROJECT_ID}/Recordings.json?Page=1"
    page = {"recordings": items, "next_page_uri": uri}
    simulator.faults.add(Fault(status=200, body=json.dumps(page)))
    pages = [page async for page in client.recording_pages()]
    assert not pages[-1].is_complete
    assert len(simulator.requests) == 2


async def test_an_empty_page_leads_on(client: SignalWireClient, simulator: Simulator) -> None:
    uri = f"/api/laml/2010-04-01/Accounts/{PROJECT_ID}/Recordings.json?PageSize=9"
    page = {"recordings": [], "next_page_uri": uri}
    simulator.faults.add(Fault(status=200, body=json.dumps(page), times=1))
    (active,) = simulator.space.add_recordings(count=1, status="in-progress")
    assert [recording.sid for recording in await client.list_recordings(limit=5)] == [active.sid]


@pytest.mark.parametrize(
    ("status", "body"), [(202, ""), (204, None), (200, "{}"), (200, '{"ok": true}'), (200, "fine")]
)
async def test_an_update_that_is_answered_without_the_recording_is_read(
    client: SignalWireClient, simulator: Simulator, status: int, body: str | None
) -> None:
    call = simulator.space.start_call()
    recording = await client.get_recording(simulator.space.start_recording(call_sid=call.sid).sid)
    simulator.faults.add(
        Fault(status=status, body=body or "", apply="after", times=1, method="POST")
    )
    updated = await client.update_recording(recording, RecordingStatus.PAUSED)
    assert updated.status is RecordingStatus.PAUSED
    assert [request.method for request in simulator.requests] == ["GET", "POST", "GET"]


@pytest.mark.parametrize("of_conference", [False, True])
async def test_a_recording_with_both_parents_is_updated_under_the_right_one(
    client: SignalWireClient, simulator: Simulator, of_conference: bool
) -> None:
    if of_conference:
        parent = {"conference_sid": simulator.space.start_conference().sid}
    else:
        parent = {"call_sid": simulator.space.start_call().sid}
    there = simulator.space.start_recording(
        call_sid=parent.get("call_sid"), conference_sid=parent.get("conference_sid")
    )
    recording = make_recording(
        there.sid, **{"call_sid": "not-this-one", "conference_sid": "nor-this-one", **parent}
    )
    updated = await client.update_recording(recording, RecordingStatus.PAUSED)
    assert updated.status is RecordingStatus.PAUSED
    assert len(simulator.requests) == (2 if of_conference else 1)


async def test_the_recordings_own_address_says_which_parent_comes_first(
    client: SignalWireClient, simulator: Simulator
) -> None:
    conference = simulator.space.start_conference()
    there = simulator.space.start_recording(conference_sid=conference.sid)
    recording = make_recording(
        there.sid,
        call_sid="not-this-one",
        conference_sid=conference.sid,
        uri=f"/2010-04-01/Accounts/x/Conferences/{conference.sid}/Recordings/{there.sid}.json",
    )
    await client.update_recording(recording, RecordingStatus.PAUSED)
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("status", [408, 421, 423, 425, 499])
async def test_a_status_that_means_later_is_tried_again(
    client: SignalWireClient, simulator: Simulator, status: int
) -> None:
    call = simulator.space.start_call()
    recording = await client.get_recording(simulator.space.start_recording(call_sid=call.sid).sid)
    simulator.faults.add(Fault(status=status, times=1))
    updated = await client.update_recording(recording, RecordingStatus.PAUSED)
    assert updated.status is RecordingStatus.PAUSED
    assert client.counts.retries == 1


async def test_one_unreadable_recording_costs_only_itself(
    client: SignalWireClient, simulator: Simulator
) -> None:
    items: list[object] = [
        {"sid": "1", "status": "in-progress", "duration": "long", "start_time": 5, "new": {}},
        {"sid": "2"},
        {"status": "completed"},
        {"sid": 3, "status": "completed"},
        "nonsense",
        {"sid": "4", "status": "levitating"},
    ]
    simulator.faults.add(Fault(status=200, body=json.dumps({"recordings": items})))
    pages = [page async for page in client.recording_pages()]
    assert [recording.sid for recording in pages[0].items] == ["1", "4"]
    assert pages[0].items[0].duration is None
    assert pages[0].items[1].status is RecordingStatus.UNKNOWN
    assert pages[0].unreadable == 4


@pytest.mark.parametrize("behavior", list(PauseBehavior))
async def test_a_call_recording_is_paused_resumed_and_stopped(
    client: SignalWireClient, simulator: Simulator, behavior: PauseBehavior
) -> None:
    call = simulator.space.start_call()
    sid = simulator.space.start_recording(call_sid=call.sid).sid
    recording = await client.get_recording(sid)
    paused = await client.update_recording(recording, RecordingStatus.PAUSED, behavior)
    assert paused.status is RecordingStatus.PAUSED
    assert simulator.space.recordings[sid].pause_behavior == behavior
    resumed = await client.update_recording(recording, RecordingStatus.IN_PROGRESS)
    assert resumed.status is RecordingStatus.IN_PROGRESS
    stopped = await client.update_recording(recording, RecordingStatus.STOPPED)
    assert stopped.status is RecordingStatus.STOPPED
    assert not stopped.is_active
    forms = [request.form for request in simulator.requests if request.method == "POST"]
    assert forms == [
        {"Status": "paused", "PauseBehavior": behavior.value},
        {"Status": "in-progress"},
        {"Status": "stopped"},
    ]


async def test_a_conference_recording_is_updated_through_its_conference(
    client: SignalWireClient, simulator: Simulator
) -> None:
    room = simulator.space.start_conference()
    sid = simulator.space.start_recording(conference_sid=room.sid).sid
    recording = await client.get_recording(sid)
    assert recording.call_sid is None
    paused = await client.update_recording(recording, RecordingStatus.PAUSED)
    assert paused.status is RecordingStatus.PAUSED
    assert f"/Conferences/{room.sid}/Recordings/{sid}" in simulator.requests[-1].path


async def test_an_update_whose_answer_is_lost_is_sent_again(
    client: SignalWireClient, simulator: Simulator
) -> None:
    call = simulator.space.start_call()
    sid = simulator.space.start_recording(call_sid=call.sid).sid
    recording = await client.get_recording(sid)
    simulator.faults.add(Fault(method="POST", drop=True, apply="after", times=1))
    paused = await client.update_recording(recording, RecordingStatus.PAUSED)
    assert paused.status is RecordingStatus.PAUSED


async def test_updating_what_has_ended_is_rejected(
    client: SignalWireClient, simulator: Simulator
) -> None:
    call = simulator.space.start_call()
    sid = simulator.space.start_recording(call_sid=call.sid).sid
    recording = await client.get_recording(sid)
    simulator.space.hang_up(call.sid)
    with pytest.raises(RejectedError) as caught:
        await client.update_recording(recording, RecordingStatus.PAUSED)
    assert caught.value.code
    assert caught.value.message


async def test_a_recording_without_parent_cannot_be_updated(client: SignalWireClient) -> None:
    recording = make_recording("1")
    with pytest.raises(NoParentError):
        await client.update_recording(recording, RecordingStatus.PAUSED)


async def test_an_answer_about_another_recording_is_not_believed(
    client: SignalWireClient, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(status=200, body='{"sid": "2", "status": "paused"}'))
    recording = make_recording("1", call_sid="c")
    with pytest.raises(MalformedAnswerError, match="another recording"):
        await client.update_recording(recording, RecordingStatus.PAUSED)
    with pytest.raises(MalformedAnswerError, match="another recording"):
        await client.get_recording("1")


async def test_a_recording_is_started_on_a_call(
    client: SignalWireClient, simulator: Simulator
) -> None:
    call = simulator.space.start_call()
    recording = await client.start_recording(
        call.sid,
        channels=RecordingChannels.DUAL,
        track=RecordingTrack.BOTH,
        trim=RecordingTrim.TRIM_SILENCE,
        callback_url="http://127.0.0.1:9/callback",
        callback_events=[RecordingStatus.COMPLETED, RecordingStatus.ABSENT],
    )
    assert recording.call_sid == call.sid
    assert recording.channels == 2
    assert recording.is_active
    assert simulator.requests[-1].form == {
        "RecordingChannels": "dual",
        "RecordingTrack": "both",
        "Trim": "trim-silence",
        "RecordingStatusCallback": "http://127.0.0.1:9/callback",
        "RecordingStatusCallbackEvent": "completed absent",
    }


async def test_a_deleted_recording_is_gone(client: SignalWireClient, simulator: Simulator) -> None:
    simulator.space.add_recordings(count=1, status="completed")
    (sid,) = simulator.space.recordings
    await client.delete_recording(sid)
    with pytest.raises(NotFoundError):
        await client.get_recording(sid)


async def test_sids_cannot_lead_to_another_path(
    client: SignalWireClient, simulator: Simulator
) -> None:
    with pytest.raises(NotFoundError):
        await client.get_recording("../../Accounts?x=")
    assert "..%2F..%2FAccounts%3Fx%3D" in simulator.requests[-1].path


@pytest.mark.parametrize(
    ("model", "path"), [("get_account", ""), ("get_call", "1"), ("get_conference", "1")]
)
async def test_an_object_without_sid_is_malformed(
    client: SignalWireClient, simulator: Simulator, model: str, path: str
) -> None:
    simulator.faults.add(Fault(status=200, body='{"status": "active"}'))
    with pytest.raises(MalformedAnswerError):
        await getattr(client, model)(*([path] if path else []))


def test_an_unknown_status_counts_as_active_until_there_is_an_end() -> None:
    recording = make_recording("1", "new")
    assert recording.is_active
    ended = make_recording("1", "new", end_time=datetime.now(UTC))
    assert not ended.is_active


@pytest.mark.parametrize(
    ("requested", "answered", "confirmed"),
    [
        ("paused", "paused", True),
        ("paused", "in-progress", False),
        ("in-progress", "in-progress", True),
        ("in-progress", "resumed", True),
        ("in-progress", "paused", False),
        ("stopped", "stopped", True),
        ("stopped", "completed", True),
        ("stopped", "in-progress", False),
    ],
)
def test_only_the_answered_status_confirms_an_update(
    requested: str, answered: str, confirmed: bool
) -> None:
    assert RecordingStatus(answered).confirms(RecordingStatus(requested)) is confirmed


async def test_settled_recordings_are_passed_over(
    client: SignalWireClient, simulator: Simulator
) -> None:
    ended = simulator.space.add_recordings(count=5, age=300, spread=100)
    (active,) = simulator.space.add_recordings(count=1, status="in-progress")
    settled = {recording.sid for recording in ended if recording is not ended[2]}
    pages = [page async for page in client.recording_pages(finalized={*settled, active.sid})]
    (page,) = pages
    assert [recording.sid for recording in page.items] == [active.sid, ended[2].sid]
    assert page.unreadable == 0
    assert page.reached == ended[0].created.replace(microsecond=0)


async def test_pages_full_of_what_is_settled_lead_on(
    client: SignalWireClient, simulator: Simulator
) -> None:
    (active,) = simulator.space.add_recordings(count=1, status="in-progress", age=900)
    settled = {recording.sid for recording in simulator.space.add_recordings(count=5)}
    found = [
        recording.sid
        async for page in client.recording_pages(finalized=settled, page_size=2)
        for recording in page.items
    ]
    assert found == [active.sid]
    assert len(simulator.requests) == 3


async def test_who_reads_ahead_and_stops_leaves_nothing_behind(
    client: SignalWireClient, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=6)
    pages = client.recording_pages(page_size=2, read_ahead=True)
    first = await anext(pages)
    assert len(first.items) == 2
    before = asyncio.all_tasks()
    assert len(before) > 1
    await pages.aclose()
    assert asyncio.all_tasks() < before


async def test_a_fault_of_the_page_ahead_comes_with_that_page(
    client: SignalWireClient, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=4)
    # The first page passes.
    simulator.faults.add(Fault(times=1))
    simulator.faults.add(Fault(status=404))
    pages = client.recording_pages(page_size=2, read_ahead=True)
    assert len((await anext(pages)).items) == 2
    with pytest.raises(NotFoundError):
        await anext(pages)
