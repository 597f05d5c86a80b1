"""What the service's side does less well than one would hope: each has to be switched on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from aiohttp import ClientSession, encode_basic_auth
import pytest

from simulator import Fault, Simulator
from simulator.models import BASE, Recording
from tests.helpers import PROJECT_ID, TOKEN, call_with_recording

OLD_BASE = "/2010-04-01"
ACCOUNT = f"{BASE}/Accounts/{PROJECT_ID}"
BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Return a running space whose clock only the test sets forward."""
    simulator = Simulator(project=PROJECT_ID, token=TOKEN, now=lambda: BEGIN)
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def http(simulator: Simulator) -> AsyncIterator[ClientSession]:
    login = encode_basic_auth(PROJECT_ID, TOKEN)
    async with ClientSession(simulator.url, headers={"Authorization": login}) as http:
        yield http


@pytest.fixture
def recording(simulator: Simulator) -> Recording:
    """Return the one recording of the space."""
    call_with_recording(simulator)
    (recording,) = simulator.space.recordings.values()
    return recording


async def _get(http: ClientSession, path: str) -> tuple[int, Any]:
    async with http.get(path) as response:
        return response.status, await response.json()


async def _listed(http: ClientSession) -> dict[str, Any]:
    """Return the one recording as it is listed."""
    _, page = await _get(http, f"{ACCOUNT}/Recordings.json")
    (listed,) = page["recordings"]
    assert isinstance(listed, dict)
    return listed


async def _control(http: ClientSession, path: str, body: object) -> dict[str, Any]:
    async with http.post(f"/_sim/{path}", json=body) as response:
        assert response.status == 200, await response.text()
        answer: dict[str, Any] = await response.json()
        return answer


async def test_a_list_lags_behind_updates_and_a_single_read_does_not(
    http: ClientSession, simulator: Simulator, recording: Recording
) -> None:
    await _control(http, "settings", {"list_lag": 10})
    simulator.space.advance(60)
    simulator.space.update_recording(recording.sid, "paused")
    simulator.space.advance(9)
    listed = await _listed(http)
    _, read = await _get(http, f"{ACCOUNT}/Recordings/{recording.sid}.json")
    assert (listed["status"], read["status"]) == ("in-progress", "paused")
    assert parsedate_to_datetime(listed["date_updated"]) == BEGIN
    assert parsedate_to_datetime(read["date_updated"]) == BEGIN + timedelta(seconds=60)
    simulator.space.advance(1)
    listed = await _listed(http)
    assert (listed["status"], listed["date_updated"]) == ("paused", read["date_updated"])


async def test_a_lagging_list_shows_every_state_in_turn(
    http: ClientSession, simulator: Simulator, recording: Recording
) -> None:
    simulator.settings.list_lag = 10
    for status in ("paused", "in-progress", "paused"):
        simulator.space.advance(4)
        simulator.space.update_recording(recording.sid, status)
    seen = []
    for _ in range(4):
        seen.append((await _listed(http))["status"])
        simulator.space.advance(4)
    assert seen == ["in-progress", "paused", "in-progress", "paused"]


async def test_a_lagging_list_shows_what_has_ended_as_active(
    http: ClientSession, simulator: Simulator
) -> None:
    simulator.settings.list_lag = 10
    call = call_with_recording(simulator)
    simulator.space.advance(60)
    simulator.space.hang_up(call.sid)
    (sid,) = simulator.space.recordings
    _, read = await _get(http, f"{ACCOUNT}/Recordings/{sid}.json")
    assert read["status"] == "completed"
    listed = await _listed(http)
    assert (listed["status"], listed["end_time"], listed["price"]) == ("in-progress", None, None)
    simulator.space.advance(10)
    assert (await _listed(http))["status"] == "completed"


async def test_a_new_recording_is_missing_for_its_first_reads_but_listed(
    http: ClientSession, recording: Recording
) -> None:
    await _control(http, "settings", {"missing_reads": 2})
    path = f"{ACCOUNT}/Recordings/{recording.sid}.json"
    answers = [await _get(http, path) for _ in range(3)]
    assert [status for status, _ in answers] == [404, 404, 200]
    assert answers[0][1]["code"] == 20404
    assert (await _listed(http))["sid"] == recording.sid


@pytest.mark.parametrize("base", [BASE, OLD_BASE])
async def test_a_single_recording_is_read_under_both_bases(
    http: ClientSession, simulator: Simulator, recording: Recording, base: str
) -> None:
    account = f"{base}/Accounts/{PROJECT_ID}"
    status, read = await _get(http, f"{account}/Recordings/{recording.sid}.json")
    assert (status, read["sid"]) == (200, recording.sid)
    (ended,) = simulator.space.add_recordings(count=1)
    async with http.get(f"{account}/Recordings/{ended.sid}") as response:
        assert response.content_type == "audio/x-wav"


async def test_a_recording_may_be_created_after_it_started(http: ClientSession) -> None:
    await _control(http, "recordings", {"age": 0, "duration": 0, "start_lead": 20})
    listed = await _listed(http)
    created = parsedate_to_datetime(listed["date_created"])
    assert parsedate_to_datetime(listed["start_time"]) == created - timedelta(seconds=20)
    assert parsedate_to_datetime(listed["end_time"]) == created
    assert listed["duration"] == 20


async def test_a_recording_that_runs_may_have_started_before_it_was_created(
    http: ClientSession,
) -> None:
    call = await _control(http, "calls", {})
    recording = await _control(http, f"calls/{call['sid']}/recordings", {"start_lead": 1.5})
    lead = parsedate_to_datetime(recording["date_created"]) - parsedate_to_datetime(
        recording["start_time"]
    )
    # Dates are written in whole seconds.
    assert lead == timedelta(seconds=2)


async def test_a_start_may_be_null(http: ClientSession) -> None:
    call = await _control(http, "calls", {})
    await _control(http, f"calls/{call['sid']}/recordings", {"null_start": True})
    listed = await _listed(http)
    assert listed["start_time"] is None
    assert listed["date_created"] is not None


async def test_a_recording_may_name_both_parents_and_is_found_under_each(
    http: ClientSession,
) -> None:
    call = (await _control(http, "calls", {}))["sid"]
    conference = (await _control(http, "conferences", {}))["sid"]
    recording = await _control(http, f"calls/{call}/recordings", {"conference_sid": conference})
    assert (recording["call_sid"], recording["conference_sid"]) == (call, conference)
    for parent in (f"Calls/{call}", f"Conferences/{conference}"):
        path = f"{ACCOUNT}/{parent}/Recordings/{recording['sid']}.json"
        async with http.post(path, data={"Status": "paused"}) as response:
            assert response.status == 200


async def test_a_conference_that_does_not_exist_is_no_second_parent(http: ClientSession) -> None:
    call = (await _control(http, "calls", {}))["sid"]
    async with http.post(f"/_sim/calls/{call}/recordings", json={"conference_sid": "x"}) as answer:
        assert answer.status == 404


async def test_a_plain_404_has_the_services_own_error_body(
    http: ClientSession, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(status=404))
    status, body = await _get(http, f"{ACCOUNT}/Recordings.json")
    assert status == 404
    assert (body["code"], body["status"]) == (20404, 404)
    assert body["message"]


@pytest.mark.parametrize(
    ("status", "code"), [(400, 20001), (401, 20003), (422, 21000), (429, 20429)]
)
async def test_each_refusal_has_the_code_of_the_service(
    http: ClientSession, simulator: Simulator, status: int, code: int
) -> None:
    simulator.faults.add(Fault(status=status))
    answered, body = await _get(http, f"{ACCOUNT}/Recordings.json")
    assert (answered, body["code"], body["status"]) == (status, code, status)


async def test_a_proxys_404_is_html(http: ClientSession) -> None:
    page = "<html>Not Found</html>"
    fault = {"status": 404, "body": page, "content_type": "text/html"}
    await _control(http, "faults", fault)
    async with http.get(f"{ACCOUNT}/Recordings.json") as response:
        assert (response.status, response.content_type) == (404, "text/html")
        assert await response.text() == page


async def test_a_fault_matches_the_query_string(http: ClientSession) -> None:
    await _control(http, "faults", {"query": r"PageSize=5\b", "status": 503})
    assert (await http.get(f"{ACCOUNT}/Recordings.json?PageSize=50")).status == 200
    assert (await http.get(f"{ACCOUNT}/Recordings.json?Page=0&PageSize=5")).status == 503
    assert (await http.get(f"{ACCOUNT}/Recordings.json")).status == 200


async def test_a_fault_matches_a_sid_in_the_path_or_the_query_string(
    http: ClientSession, recording: Recording
) -> None:
    assert recording.call_sid is not None
    await _control(http, "faults", {"sid": recording.sid, "status": 503})
    await _control(http, "faults", {"sid": recording.call_sid, "status": 502})
    for path, status in (
        (f"Recordings/{recording.sid}.json", 503),
        (f"Recordings/{recording.sid}.wav", 503),
        (f"Calls/{recording.call_sid}/Recordings/{recording.sid}", 503),
        (f"Calls/{recording.call_sid}/Recordings.json", 502),
        (f"Recordings.json?CallSid={recording.call_sid}", 502),
        (f"Recordings.json?CallSid={recording.call_sid[:-1]}", 200),
        ("Recordings.json", 200),
    ):
        assert (await http.get(f"{ACCOUNT}/{path}")).status == status, path


@pytest.mark.parametrize(("apply", "updates"), [("before", 0), ("after", 1)])
async def test_a_fault_comes_before_or_after_the_update_is_carried_out(
    http: ClientSession, recording: Recording, apply: str, updates: int
) -> None:
    await _control(http, "faults", {"method": "POST", "status": 404, "apply": apply})
    path = f"{ACCOUNT}/Calls/{recording.call_sid}/Recordings/{recording.sid}.json"
    async with http.post(path, data={"Status": "paused"}) as response:
        assert response.status == 404
    assert recording.updates == updates
    assert recording.status == ("paused" if updates else "in-progress")


async def test_statuses_are_shown_with_other_words(
    http: ClientSession, recording: Recording
) -> None:
    await _control(http, "settings", {"status_words": {"in-progress": "IN_PROGRESS"}})
    _, read = await _get(http, f"{ACCOUNT}/Recordings/{recording.sid}.json")
    assert read["status"] == (await _listed(http))["status"] == "IN_PROGRESS"


async def test_what_was_resumed_says_so_until_it_is_paused_again(
    http: ClientSession, simulator: Simulator, recording: Recording
) -> None:
    await _control(http, "settings", {"says_resumed": True})
    seen = []
    for status in ("in-progress", "paused", "in-progress", "paused"):
        simulator.space.update_recording(recording.sid, status)
        seen.append((await _listed(http))["status"])
    assert seen == ["in-progress", "paused", "resumed", "paused"]


async def test_a_recording_can_name_both_parents_and_start_before_it_was_created(
    http: ClientSession, simulator: Simulator
) -> None:
    await _control(http, "settings", {"both_parents": True, "start_lead": 20})
    call = simulator.space.start_call()
    shown = await _control(http, f"calls/{call.sid}/recordings", {})
    assert shown["call_sid"] == call.sid
    assert shown["conference_sid"] in simulator.space.conferences
    lead = parsedate_to_datetime(shown["date_created"]) - parsedate_to_datetime(shown["start_time"])
    assert lead == timedelta(seconds=20)
    await _control(http, "settings", {"null_start": True})
    assert (await _control(http, f"calls/{call.sid}/recordings", {}))["start_time"] is None


@pytest.mark.parametrize(
    ("settings", "status"),
    [({"shortest_recording": 5, "absent_stop": True}, "absent"), ({"fails": True}, "failed")],
)
async def test_a_stop_can_end_a_recording_without_audio(
    http: ClientSession, recording: Recording, settings: dict[str, Any], status: str
) -> None:
    await _control(http, "settings", settings)
    path = f"{ACCOUNT}/Calls/{recording.call_sid}/Recordings/{recording.sid}.json"
    async with http.post(path, data={"Status": "stopped"}) as response:
        assert (await response.json())["status"] == status
