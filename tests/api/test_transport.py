"""What the client makes of a service that is slow, broken, or not the service at all."""

from datetime import UTC, datetime, timedelta
import json
import logging

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.signalwire.api import (
    AuthenticationError,
    HostNotFoundError,
    MalformedAnswerError,
    NotFoundError,
    RateLimitedError,
    RecordingStatus,
    RejectedError,
    RequestTimeoutError,
    RetryPolicy,
    SignalWireClient,
    SignalWireError,
    UnavailableError,
)
from simulator import Fault, Simulator
from tests.conftest import QUICK
from tests.helpers import PROJECT_ID, TOKEN


async def test_a_wrong_token_is_an_authentication_error(
    session: ClientSession, simulator: Simulator
) -> None:
    client = SignalWireClient(session, URL(simulator.url), PROJECT_ID, "wrong")
    with pytest.raises(AuthenticationError) as caught:
        await client.list_recordings(limit=1)
    assert caught.value.status == 401
    assert caught.value.code == "20003"
    assert len(simulator.requests) == 1
    assert client.counts.failures == 1


async def test_what_does_not_exist_is_a_not_found_error(client: SignalWireClient) -> None:
    with pytest.raises(NotFoundError):
        await client.get_recording("00000000-0000-4000-8000-000000000000")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ('{"code": 21220, "message": "Not now", "status": 400}', "21220", "Not now"),
        ('{"code": "21220", "message": "Not in progress"}', "21220", "Not in progress"),
        ('{"errors": [{"code": "30010", "message": "Too dear"}]}', "30010", "Too dear"),
        ('{"errors": ["Status is not included in the list"]}', None, "Status is not included"),
        ('{"code": "call_ended", "message": "Too late"}', "call_ended", "Too late"),
        ("<html>Bad gateway</html>", None, None),
        ('{"errors": []}', None, None),
        ('{"errors": [5]}', None, None),
        ("", None, None),
    ],
)
async def test_the_reason_is_read_out_of_every_error_body(
    client: SignalWireClient, simulator: Simulator, body: str, code: str | None, message: str | None
) -> None:
    simulator.faults.add(Fault(status=422, body=body))
    with pytest.raises(RejectedError) as caught:
        await client.list_recordings(limit=1)
    assert caught.value.status == 422
    assert caught.value.code == code
    assert (caught.value.message or "").startswith(message or "")


async def test_no_address_passes_through_an_error_message(
    client: SignalWireClient, simulator: Simulator
) -> None:
    secret = f"/api/laml/2010-04-01/Accounts/{PROJECT_ID}/Recordings/1"
    for text in (f"See {secret} for more", f"https://example.signalwire.com{secret}", "x" * 500):
        simulator.faults.add(Fault(status=400, body=f'{{"message": "{text}"}}', times=1))
        with pytest.raises(RejectedError) as caught:
            await client.list_recordings(limit=1)
        assert PROJECT_ID not in str(caught.value)
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500, times=2),
        Fault(status=503, body="<html>", times=2),
        Fault(status=429, headers={"Retry-After": "0"}, times=2),
        Fault(drop=True, times=2),
        Fault(truncate=True, times=2),
        Fault(delay=5, times=1),
    ],
    ids=["500", "503", "429", "drop", "truncate", "delay"],
)
async def test_reads_and_updates_get_through_passing_faults(
    client: SignalWireClient, simulator: Simulator, fault: Fault
) -> None:
    call = simulator.space.start_call()
    simulator.space.start_recording(call_sid=call.sid)
    simulator.faults.add(fault)
    assert len(await client.list_recordings(limit=10)) == 1
    assert client.counts.retries >= 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=500), UnavailableError),
        (Fault(status=429), RateLimitedError),
        (Fault(drop=True), UnavailableError),
        (Fault(truncate=True), UnavailableError),
        (Fault(delay=5), RequestTimeoutError),
    ],
    ids=["500", "429", "drop", "truncate", "delay"],
)
async def test_a_fault_that_stays_is_raised_after_a_bounded_number_of_tries(
    client: SignalWireClient, simulator: Simulator, fault: Fault, error: type[SignalWireError]
) -> None:
    simulator.faults.add(fault)
    with pytest.raises(error):
        await client.list_recordings(limit=1)
    counts = client.counts
    assert counts.requests == counts.retries + 1 == QUICK.attempts
    assert counts.failures == 1


async def test_between_tries_it_waits_at_least_half_as_long_as_it_may(
    session: ClientSession, simulator: Simulator
) -> None:
    policy = RetryPolicy(attempts=3, first_wait=0.2, longest_wait=0.3)
    client = SignalWireClient(session, URL(simulator.url), PROJECT_ID, TOKEN, retry_policy=policy)
    simulator.faults.add(Fault(status=503))
    with pytest.raises(UnavailableError):
        await client.list_recordings(limit=1)
    first, second, third = (request.time for request in simulator.requests)
    # The timer of the event loop may be early by a little.
    assert timedelta(seconds=0.09) < second - first
    assert timedelta(seconds=0.14) < third - second


@pytest.mark.parametrize("asked", [1, 2], ids=["at the failure", "after the wait"])
async def test_what_is_not_wanted_any_more_is_not_tried_again(
    client: SignalWireClient, simulator: Simulator, asked: int
) -> None:
    call = simulator.space.start_call()
    simulator.space.start_recording(call_sid=call.sid)
    (recording,) = await client.list_recordings(limit=1)
    simulator.requests.clear()
    simulator.faults.add(Fault(status=503))
    answers = [True, False][-asked:]
    with pytest.raises(UnavailableError):
        await client.update_recording(
            recording, RecordingStatus.PAUSED, should_retry=lambda: answers.pop(0)
        )
    assert answers == []
    assert len(simulator.requests) == 1
    assert (client.counts.retries, client.counts.failures) == (0, 1)


async def test_starts_and_deletes_are_never_tried_twice(
    client: SignalWireClient, simulator: Simulator
) -> None:
    call = simulator.space.start_call()
    simulator.faults.add(Fault(status=503))
    with pytest.raises(UnavailableError):
        await client.start_recording(call.sid)
    with pytest.raises(UnavailableError):
        await client.delete_recording("1")
    assert [request.method for request in simulator.requests] == ["POST", "DELETE"]


async def test_the_service_decides_how_long_to_wait(
    session: ClientSession, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(status=429, headers={"Retry-After": "60"}))
    client = SignalWireClient(
        session, URL(simulator.url), PROJECT_ID, TOKEN, retry_policy=RetryPolicy(total=5)
    )
    with pytest.raises(RateLimitedError) as caught:
        await client.list_recordings(limit=1)
    # Longer than the request may take: for the caller to wait, not for the request.
    assert caught.value.retry_after == 60
    assert len(simulator.requests) == 1


async def test_a_wait_until_a_date_is_understood_too(
    client: SignalWireClient, simulator: Simulator
) -> None:
    simulator.faults.add(
        Fault(status=503, headers={"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"})
    )
    with pytest.raises(UnavailableError) as caught:
        await client.list_recordings(limit=1)
    assert (caught.value.retry_after or 0) > 24 * 60 * 60


@pytest.mark.parametrize("retry_after", ["soon", "-5", ""])
async def test_a_wait_that_makes_no_sense_is_left_out(
    client: SignalWireClient, simulator: Simulator, retry_after: str
) -> None:
    simulator.faults.add(Fault(status=429, headers={"Retry-After": retry_after}, times=1))
    await client.list_recordings(limit=1)
    assert len(simulator.requests) == 2


def test_waits_grow_up_to_a_bound_and_differ() -> None:
    policy = RetryPolicy(first_wait=1, longest_wait=4)
    for attempt, longest in ((2, 1), (3, 2), (4, 4), (9, 4)):
        waits = {policy.wait_before(attempt) for _ in range(50)}
        assert all(longest / 2 <= wait <= longest for wait in waits)
        assert len(waits) > 1


async def test_a_redirect_is_an_error_and_is_not_followed(
    client: SignalWireClient, simulator: Simulator
) -> None:
    elsewhere = Simulator(project=PROJECT_ID, token=TOKEN)
    await elsewhere.start()
    try:
        simulator.faults.add(Fault(status=302, headers={"Location": f"{elsewhere.url}/"}))
        with pytest.raises(MalformedAnswerError, match="redirects"):
            await client.list_recordings(limit=1)
        assert not elsewhere.requests
    finally:
        await elsewhere.stop()


@pytest.mark.parametrize("body", ["<html>Welcome</html>", "[]", '"yes"', '{"recordings": 5}', "{}"])
async def test_an_answer_that_is_not_the_services_is_malformed(
    client: SignalWireClient, simulator: Simulator, body: str
) -> None:
    simulator.faults.add(Fault(status=200, body=body))
    with pytest.raises(MalformedAnswerError):
        await client.list_recordings(limit=1)


async def test_an_empty_answer_where_one_is_needed_is_malformed(
    client: SignalWireClient, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(status=200, body=""))
    with pytest.raises(MalformedAnswerError, match="empty"):
        await client.get_account()


async def test_an_answer_without_end_is_cut_off(
    client: SignalWireClient, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.signalwire.api.transport._MAX_BODY", 1000)
    simulator.faults.add(Fault(status=200, body="x" * 2000))
    with pytest.raises(MalformedAnswerError, match="too large"):
        await client.list_recordings(limit=1)


async def test_nobody_listening_is_a_connection_fault(
    client: SignalWireClient, simulator: Simulator
) -> None:
    await simulator.stop()
    with pytest.raises(UnavailableError, match="No connection"):
        await client.list_recordings(limit=1)


@pytest.mark.usefixtures("no_such_host")
async def test_a_host_that_does_not_exist_is_told_apart(client: SignalWireClient) -> None:
    with pytest.raises(HostNotFoundError):
        await client.list_recordings(limit=1)


async def test_the_services_clock_counts_not_the_own(
    client: SignalWireClient, simulator: Simulator
) -> None:
    simulator.faults.add(
        Fault(status=404, body='{"code": 1}', headers={"Date": "Fri, 01 Jan 2100 00:00:00 GMT"})
    )
    with pytest.raises(NotFoundError):
        await client.get_recording("1")
    assert client.service_time().year == 2100


async def test_an_answer_without_a_time_leaves_the_clock_alone(
    client: SignalWireClient, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(status=404, body='{"code": 1}', headers={"Date": "soon"}))
    with pytest.raises(NotFoundError):
        await client.get_recording("1")
    assert abs(client.service_time() - datetime.now(UTC)) < timedelta(seconds=1)


async def test_the_log_shows_neither_token_nor_addresses(
    client: SignalWireClient, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.signalwire")
    simulator.faults.add(Fault(drop=True, times=1))
    simulator.faults.add(Fault(status=503, times=1))
    await client.list_recordings(limit=1)
    assert "again in" in caplog.text
    ours = [record.getMessage() for record in caplog.records if "signalwire" in record.name]
    assert not any(TOKEN in line or PROJECT_ID in line for line in ours)


async def test_no_secret_and_no_number_passes_through_an_error_message(
    client: SignalWireClient, simulator: Simulator
) -> None:
    secrets = (PROJECT_ID, TOKEN, "+15550100", "+1 (555) 010-0100")
    body = json.dumps({"code": 7, "message": " ".join(("Not for", *secrets, "at all"))})
    simulator.faults.add(Fault(status=400, body=body))
    with pytest.raises(RejectedError) as caught:
        await client.list_recordings(limit=1)
    assert not any(secret in str(caught.value) for secret in secrets)
    assert str(caught.value).startswith("Not for …")
    assert str(caught.value).endswith("at all (7), HTTP 400")


async def test_a_403_of_the_service_is_an_authentication_error(
    client: SignalWireClient, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(status=403, body='{"errors": ["The token lacks the scope"]}'))
    with pytest.raises(AuthenticationError) as caught:
        await client.list_recordings(limit=1)
    assert caught.value.status == 403


@pytest.mark.parametrize("body", ["", "<html>Forbidden</html>", "{}"])
async def test_a_403_of_a_proxy_is_no_authentication_error(
    client: SignalWireClient, simulator: Simulator, body: str
) -> None:
    simulator.faults.add(Fault(status=403, body=body))
    with pytest.raises(RejectedError):
        await client.list_recordings(limit=1)


async def test_the_last_try_ends_with_the_time_for_all(
    session: ClientSession, simulator: Simulator
) -> None:
    policy = RetryPolicy(total=0.3, attempt=10, first_wait=0.01)
    client = SignalWireClient(session, URL(simulator.url), PROJECT_ID, TOKEN, retry_policy=policy)
    simulator.faults.add(Fault(status=503, times=1))
    # Late for the time that all tries have, not for that of one.
    simulator.faults.add(Fault(delay=1))
    with pytest.raises(RequestTimeoutError):
        await client.list_recordings(limit=1)
    assert client.counts.requests == 2


async def test_a_wait_until_a_date_that_has_passed_is_none(
    client: SignalWireClient, simulator: Simulator
) -> None:
    simulator.faults.add(
        Fault(status=503, headers={"Retry-After": "Fri, 02 Jan 2015 00:00:00 GMT"})
    )
    with pytest.raises(UnavailableError) as caught:
        await client.list_recordings(limit=1)
    assert caught.value.retry_after == 0
