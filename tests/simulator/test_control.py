"""The control side, faults, the request log, and starting and stopping."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
import signal
import sys
from typing import Any

from aiohttp import ClientError, ClientPayloadError, ClientSession, encode_basic_auth
import pytest

from simulator import Fault, Simulator
from simulator.models import BASE
from tests.helpers import PROJECT_ID, TOKEN, until

RECORDINGS = f"{BASE}/Accounts/{PROJECT_ID}/Recordings.json"
LOGIN = {"Authorization": encode_basic_auth(PROJECT_ID, TOKEN)}


@pytest.fixture
async def http(simulator: Simulator) -> AsyncIterator[ClientSession]:
    async with ClientSession(simulator.url) as http:
        yield http


async def _post(http: ClientSession, path: str, body: object = None) -> dict[str, Any]:
    async with http.post(f"/_sim/{path}", json=body) as response:
        assert response.status == 200, await response.text()
        answer: dict[str, Any] = await response.json()
        return answer


async def _get(http: ClientSession, path: str) -> Any:
    async with http.get(f"/_sim/{path}") as response:
        assert response.status == 200
        return await response.json()


async def test_a_call_is_made_recorded_and_hung_up(http: ClientSession) -> None:
    call = await _post(http, "calls", {"from": "+15550100", "to": "+15550199"})
    assert (call["from"], call["to"]) == ("+15550100", "+15550199")
    recording = await _post(http, f"calls/{call['sid']}/recordings", {"channels": 2})
    assert recording["call_sid"] == call["sid"]
    assert recording["channels"] == "2"
    assert (await _post(http, f"calls/{call['sid']}/hangup"))["status"] == "completed"
    (shown,) = (await _get(http, "state"))["recordings"]
    assert shown["status"] == "completed"
    assert shown["updates"] == 0


async def test_a_recording_calls_back_and_the_control_side_shows_it(
    http: ClientSession, simulator: Simulator
) -> None:
    await _post(http, "settings", {"callback_format": "json", "callback_copies": 2})
    call = await _post(http, "calls")
    body = {"callback_url": f"{simulator.url}/nowhere", "callback_events": "in-progress absent"}
    await _post(http, f"calls/{call['sid']}/recordings", body)
    await until(lambda: len(simulator.callbacks.deliveries) == 2)
    told = await _get(http, "callbacks")
    assert [(delivery["event"], delivery["status"]) for delivery in told] == [
        ("in-progress", 404)
    ] * 2


async def test_a_conference_is_opened_recorded_and_ended(http: ClientSession) -> None:
    conference = await _post(http, "conferences", {"friendly_name": "Front desk"})
    recording = await _post(http, f"conferences/{conference['sid']}/recordings")
    assert recording["conference_sid"] == conference["sid"]
    ended = await _post(http, f"conferences/{conference['sid']}/end")
    assert ended["status"] == "completed"
    assert (await _get(http, "state"))["conferences"] == [ended]


async def test_thousands_of_recordings_come_at_once(http: ClientSession) -> None:
    added = await _post(http, "recordings", {"count": 10_000, "status": "in-progress", "age": 5})
    assert added["count"] == len(set(added["sids"])) == 10_000


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("calls", {"from": 5}),
        ("calls", {"form": "+1"}),
        ("calls", [1]),
        ("recordings", {"status": "levitating"}),
        ("recordings", {"count": True}),
        ("faults", {"status": "500"}),
        ("faults", {"apply": "never"}),
        ("faults", {"headers": "X"}),
        ("settings", {"project": "another"}),
        ("settings", {"callback_format": "xml"}),
    ],
)
async def test_bad_input_is_a_clear_refusal(http: ClientSession, path: str, body: object) -> None:
    async with http.post(f"/_sim/{path}", json=body) as response:
        assert response.status == 400
        assert (await response.json())["message"]


async def test_what_is_no_json_is_refused(http: ClientSession) -> None:
    async with http.post("/_sim/calls", data=b"{cut") as response:
        assert response.status == 400


async def test_settings_change_while_it_runs(http: ClientSession, simulator: Simulator) -> None:
    await _post(http, "settings", {"token": "another", "scopes": ["voice"], "loose": True})
    assert simulator.settings.token == "another"
    assert simulator.settings.scopes == {"voice"}
    assert simulator.settings.loose


async def test_a_reset_forgets_everything(http: ClientSession, simulator: Simulator) -> None:
    await _post(http, "recordings", {"count": 2})
    await _post(http, "faults", {"status": 500})
    await http.get(RECORDINGS)
    await _post(http, "reset")
    assert not simulator.space.recordings
    assert not simulator.requests
    assert simulator.faults.count == 0


async def test_the_request_log_is_a_witness_that_tells_no_login(http: ClientSession) -> None:
    await http.get(f"{RECORDINGS}?PageSize=5", headers={"Authorization": "Basic c2VjcmV0"})
    path = RECORDINGS.replace("Recordings.json", "Calls/1/Recordings/2.json")
    await http.post(path, data={"Status": "paused"})
    first, second = await _get(http, "requests")
    assert first["path"] == f"{RECORDINGS}?PageSize=5"
    assert (first["method"], first["status"]) == ("GET", 401)
    assert (second["method"], second["form"]) == ("POST", {"Status": "paused"})
    assert first["time"] <= second["time"]
    assert "c2VjcmV0" not in str(first)
    async with http.delete("/_sim/requests") as response:
        assert response.status == 200
    assert await _get(http, "requests") == []


async def test_a_fault_answers_so_many_times(http: ClientSession) -> None:
    await _post(
        http,
        "faults",
        {"status": 503, "headers": {"Retry-After": "7"}, "body": "<html>", "times": 2},
    )
    answers = []
    for _ in range(3):
        async with http.get(RECORDINGS) as response:
            answers.append((response.status, response.headers.get("Retry-After")))
    assert answers == [(503, "7"), (503, "7"), (401, None)]


async def test_a_fault_matches_method_and_path(http: ClientSession) -> None:
    await _post(http, "faults", {"method": "post", "path": "/Calls/", "status": 500})
    async with http.get(RECORDINGS.replace("Recordings", "Calls/1")) as response:
        assert response.status == 401
    async with http.post(RECORDINGS.replace("Recordings", "Calls/1/Recordings/2")) as response:
        assert response.status == 500
    async with http.delete("/_sim/faults") as response:
        assert (await response.json()) == {"faults": 0}


async def test_a_connection_can_be_dropped_and_an_answer_cut_off(
    http: ClientSession, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(drop=True, times=1))
    with pytest.raises(ClientError):
        await http.post(RECORDINGS)
    simulator.faults.add(Fault(truncate=True, times=1))
    with pytest.raises(ClientPayloadError):
        async with http.get(RECORDINGS) as response:
            await response.read()
    assert [request.status for request in simulator.requests] == [None, 401]


async def test_an_answer_can_be_lost_after_the_request_was_carried_out(
    http: ClientSession, simulator: Simulator
) -> None:
    call = simulator.space.start_call()
    recording = simulator.space.start_recording(call_sid=call.sid)
    simulator.faults.add(Fault(method="POST", status=500, apply="after", times=1))
    simulator.faults.add(Fault(method="POST", status=500, apply="before", times=1))
    for _ in range(2):
        async with http.post(
            RECORDINGS.replace("Recordings", f"Calls/{call.sid}/Recordings/{recording.sid}"),
            headers={"Authorization": encode_basic_auth(PROJECT_ID, TOKEN)},
            data={"Status": "paused"},
        ) as response:
            assert response.status == 500
    assert recording.updates == 1


async def test_a_fault_may_hit_only_some_requests(simulator: Simulator) -> None:
    simulator.faults.add(Fault(probability=0.5))
    hit = sum(simulator.faults.take("GET", "/") is not None for _ in range(1000))
    assert 400 < hit < 600


async def test_it_goes_away_and_comes_back_with_its_state(
    http: ClientSession, simulator: Simulator
) -> None:
    await _post(http, "recordings", {"count": 2})
    url = simulator.url
    await simulator.stop()
    with pytest.raises(ClientError):
        await http.get("/_sim/state")
    await simulator.restart()
    assert simulator.url == url
    assert len((await _get(http, "state"))["recordings"]) == 2


async def test_one_that_never_started_has_no_address() -> None:
    simulator = Simulator(project=PROJECT_ID, token=TOKEN)
    with pytest.raises(RuntimeError):
        _ = simulator.url
    with pytest.raises(RuntimeError):
        await simulator.restart()


async def test_it_runs_from_the_command_line_and_ends_when_asked() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "simulator", "--port", "0", "--project", PROJECT_ID, "--token", TOKEN),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    assert line.startswith("SignalWire simulator on http://127.0.0.1:")
    async with ClientSession(line.split()[-1]) as http:
        assert await _get(http, "requests") == []
    process.send_signal(signal.SIGINT)
    assert await process.wait() == 0


async def test_time_goes_on_at_once(http: ClientSession) -> None:
    call = await _post(http, "calls")
    await _post(http, f"calls/{call['sid']}/recordings")
    await _post(http, "clock", {"seconds": 3600})
    ended = await _post(http, f"calls/{call['sid']}/hangup")
    assert ended["duration"] == 3600
    async with http.get(RECORDINGS, headers=LOGIN) as response:
        (recording,) = (await response.json())["recordings"]
        date = parsedate_to_datetime(response.headers["Date"])
    assert recording["duration"] == 3600
    assert date - datetime.now(UTC) > timedelta(minutes=59)


async def test_the_load_tells_how_many_requests_met(
    http: ClientSession, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(delay=0.05))
    await asyncio.gather(*(_read(http) for _ in range(5)))
    assert await _get(http, "load") == {"requests": 5, "most_at_once": 5}
    async with http.delete("/_sim/requests"):
        pass
    assert await _get(http, "load") == {"requests": 0, "most_at_once": 0}


async def test_many_recordings_are_spread_over_time_or_are_of_one_conference(
    http: ClientSession, simulator: Simulator
) -> None:
    await _post(http, "recordings", {"count": 10, "age": 60, "spread": 900})
    created = [recording.created for recording in simulator.space.recordings.values()]
    assert created == sorted(created)
    assert created[-1] - created[0] == timedelta(seconds=810)
    conference = (await _post(http, "conferences"))["sid"]
    body = {"count": 3, "status": "in-progress", "conference_sid": conference}
    await _post(http, "recordings", body)
    ended = await _post(http, f"conferences/{conference}/end")
    assert ended["status"] == "completed"
    states = (await _get(http, "state"))["recordings"]
    assert {recording["status"] for recording in states} == {"completed"}


async def test_a_list_shows_what_was_added_deleted_and_changed_since(
    http: ClientSession, simulator: Simulator
) -> None:
    space = simulator.space
    first, second = space.add_recordings(count=2)
    assert await _read(http) == {first.sid: "completed", second.sid: "completed"}
    space.delete_recording(first.sid)
    call = space.start_call()
    third = space.start_recording(call_sid=call.sid)
    assert await _read(http) == {second.sid: "completed", third.sid: "in-progress"}
    space.hang_up(call.sid)
    assert await _read(http) == {second.sid: "completed", third.sid: "completed"}


async def test_a_form_without_its_boundary_is_refused(http: ClientSession) -> None:
    headers = {**LOGIN, "Content-Type": "multipart/form-data"}
    async with http.post(RECORDINGS, data=b"Status=paused", headers=headers) as response:
        assert response.status == 400


async def _read(http: ClientSession) -> dict[str, str]:
    async with http.get(RECORDINGS, headers=LOGIN) as response:
        recordings = (await response.json())["recordings"]
    return {recording["sid"]: recording["status"] for recording in recordings}
