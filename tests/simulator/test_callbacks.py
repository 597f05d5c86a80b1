"""Status callbacks, checked with the `twilio` SDK's own validator where it has one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
import hashlib
import hmac
import json

from aiohttp import web
import pytest
from twilio.request_validator import RequestValidator

from simulator import Simulator
from tests.helpers import PROJECT_ID, until


@dataclass
class Receiver:
    """What was called back."""

    url: str = ""
    requests: list[tuple[web.Request, bytes]] = field(default_factory=list)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()

    async def take(request: web.Request) -> web.Response:
        receiver.requests.append((request, await request.read()))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_route("*", "/hook", take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    await runner.cleanup()


def _record(simulator: Simulator, url: str, *events: str, method: str = "POST") -> str:
    call = simulator.space.start_call()
    simulator.space.start_recording(
        call_sid=call.sid, callback_url=url, callback_events=events, callback_method=method
    )
    return call.sid


async def test_a_form_is_signed_as_the_sdk_expects(
    simulator: Simulator, receiver: Receiver
) -> None:
    call_sid = _record(simulator, receiver.url, "in-progress")
    await until(lambda: len(receiver.requests) == 1)
    request, _ = receiver.requests[0]
    form = {str(key): str(value) for key, value in (await request.post()).items()}
    assert form["RecordingStatus"] == "in-progress"
    assert form["CallSid"] == call_sid
    assert form["AccountSid"] == PROJECT_ID
    signature = request.headers["X-SignalWire-Signature"]
    assert request.headers["X-Twilio-Signature"] == signature
    validator = RequestValidator(simulator.settings.signing_key)
    assert validator.validate(receiver.url, form, signature)
    assert not validator.validate(receiver.url, {**form, "CallSid": "another"}, signature)


async def test_a_get_is_signed_with_its_query(simulator: Simulator, receiver: Receiver) -> None:
    _record(simulator, f"{receiver.url}?id=5", "in-progress", method="GET")
    await until(lambda: len(receiver.requests) == 1)
    request, body = receiver.requests[0]
    assert request.query["id"] == "5"
    assert request.query["RecordingStatus"] == "in-progress"
    assert body == b""
    validator = RequestValidator(simulator.settings.signing_key)
    url = receiver.url.replace("/hook", request.raw_path)
    assert validator.validate(url, {}, request.headers["X-SignalWire-Signature"])


async def test_json_is_signed_whole_and_twice(simulator: Simulator, receiver: Receiver) -> None:
    simulator.settings.callback_format = type(simulator.settings.callback_format)("json")
    _record(simulator, receiver.url, "in-progress")
    await until(lambda: len(receiver.requests) == 1)
    request, body = receiver.requests[0]
    assert json.loads(body)["RecordingStatus"] == "in-progress"
    key, text = simulator.settings.signing_key.encode(), receiver.url.encode() + body
    headers = request.headers
    assert headers["X-SignalWire-Signature"] == hmac.new(key, text, hashlib.sha1).hexdigest()
    assert (
        headers["X-SignalWire-Sha256-Signature"] == hmac.new(key, text, hashlib.sha256).hexdigest()
    )


async def test_only_the_events_that_were_asked_for_are_told_and_never_a_pause(
    simulator: Simulator, receiver: Receiver
) -> None:
    call_sid = _record(simulator, receiver.url, "in-progress", "completed")
    (sid,) = simulator.space.recordings
    simulator.space.update_recording(sid, "paused")
    simulator.space.update_recording(sid, "in-progress")
    simulator.space.hang_up(call_sid)
    _record(simulator, receiver.url, "absent")
    await until(lambda: len(simulator.callbacks.deliveries) == 2)
    told = {delivery.event for delivery in simulator.callbacks.deliveries}
    assert told == {"in-progress", "completed"}
    assert {delivery.status for delivery in simulator.callbacks.deliveries} == {204}


@pytest.mark.parametrize("copies", [0, 3])
async def test_a_callback_may_come_several_times_or_never(
    simulator: Simulator, receiver: Receiver, copies: int
) -> None:
    simulator.settings.callback_copies = copies
    _record(simulator, receiver.url, "in-progress")
    simulator.settings.callback_copies = 1
    _record(simulator, receiver.url, "in-progress")
    await until(lambda: len(receiver.requests) == copies + 1)


async def test_a_callback_that_is_late_is_dropped_when_the_simulator_stops(
    simulator: Simulator, receiver: Receiver
) -> None:
    simulator.settings.callback_delay = 60
    _record(simulator, receiver.url, "in-progress")
    await simulator.stop()
    assert not receiver.requests


async def test_nobody_there_is_no_error(simulator: Simulator) -> None:
    _record(simulator, "http://127.0.0.1:9/hook", "in-progress")
    await until(lambda: len(simulator.callbacks.deliveries) == 1)
    assert simulator.callbacks.deliveries[0].status is None


@pytest.mark.parametrize("url", ["http://192.0.2.1/hook", "https://example.org/hook", "nonsense"])
async def test_nothing_leaves_the_own_machine(simulator: Simulator, url: str) -> None:
    _record(simulator, url, "in-progress")
    assert not simulator.callbacks._tasks
