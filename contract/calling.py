"""What takes a call: it is recorded, paused, resumed and stopped, and calls back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from aiohttp import ClientError, web

from custom_components.signalwire.api import CallbackContent, RecordingStatus, is_signed

from .account import Account, Answer
from .assumption import Assumptions, Check, Finding, Verdict, holds_if, not_seen
from .reading import status_of

# The other end hears silence for two minutes, unless it is hung up before.
_SILENCE = '<Response><Pause length="120"/></Response>'
_CALLBACK_WAIT = 20.0
_LIMIT = 60.0
_HANG_UPS = 5


@dataclass(slots=True, kw_only=True)
class Listener:
    """Where callbacks arrive: `address` is how the service reaches it."""

    address: str
    signing_key: str | None
    events: list[str] = field(default_factory=list)
    signed: list[bool] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Note a callback."""
        body = await request.read()
        content = CallbackContent.from_body(request.headers.get("Content-Type", ""), body)
        self.events.append(str(content.fields.get("RecordingStatus")))
        if self.signing_key is not None:
            self.signed.append(
                is_signed(
                    self.signing_key,
                    [self.address],
                    request.headers,
                    fields=content.signed_fields,
                    body=content.body,
                )
            )
        return web.Response()


@asynccontextmanager
async def listening(listener: Listener, port: int) -> AsyncIterator[None]:
    """Take callbacks at a port of this machine, to which a tunnel or a proxy leads."""
    app = web.Application()
    app.router.add_post("/{path:.*}", listener.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


@dataclass(slots=True, kw_only=True)
class RecordedCall:
    """A call of our own, and its recording once there is one; times in seconds."""

    account: Account
    sid: str
    wait: float
    listener: Listener | None = None
    recording: str | None = None

    async def update(self, status: str) -> Answer:
        """Ask for a status of the recording."""
        path = f"Calls/{self.sid}/Recordings/{self.recording}.json"
        return await self.account.post(path, {"Status": status})

    async def listed(self) -> dict[str, Any]:
        """Return the recording as it is listed, empty if it is not."""
        answer = await self.account.get("Recordings.json", {"CallSid": self.sid})
        found = [one for one in answer.items("recordings") if one.get("sid") == self.recording]
        return found[0] if found else {}

    async def seconds_until(
        self, condition: Callable[[], Awaitable[bool]], limit: float
    ) -> float | None:
        """Return after how many seconds it was so, None if it was not within the limit."""
        began = monotonic()
        while monotonic() - began < limit:
            if await condition():
                return monotonic() - began
            await asyncio.sleep(min(0.5, self.wait))
        return None


CALLING: Assumptions[RecordedCall] = Assumptions()


def _of_recording(key: str, text: str) -> Callable[[Check[RecordedCall]], Check[RecordedCall]]:
    """Return what adds a check that takes a recording, and is not seen without one."""

    def add(check: Check[RecordedCall]) -> Check[RecordedCall]:
        @CALLING.add(key, text)
        async def guarded(call: RecordedCall) -> Finding:
            if call.recording is None:
                return not_seen("nothing was recorded")
            return await check(call)

        return guarded

    return add


def _status(answer: Answer) -> RecordingStatus:
    return status_of(answer.json)


@CALLING.add("start", "The recording of a call that goes on can be started, and is in progress.")
async def _start(call: RecordedCall) -> Finding:
    async def is_answered() -> bool:
        answer = await call.account.get(f"Calls/{call.sid}.json")
        return answer.json.get("status") == "in-progress"

    if await call.seconds_until(is_answered, _LIMIT) is None:
        return not_seen("nobody took the call within a minute")
    form = {}
    if call.listener is not None:
        form["RecordingStatusCallback"] = call.listener.address
        form["RecordingStatusCallbackEvent"] = "in-progress completed absent"
    answer = await call.account.post(f"Calls/{call.sid}/Recordings.json", form)
    if answer.status < 300 and answer.json.get("sid"):
        call.recording = str(answer.json["sid"])
    return holds_if(_status(answer).is_recording, str(answer))


@_of_recording("list-lag", "A new recording is listed within ten seconds.")
async def _list_lag(call: RecordedCall) -> Finding:

    async def is_listed() -> bool:
        return bool(await call.listed())

    seconds = await call.seconds_until(is_listed, _LIMIT)
    if seconds is None:
        return Finding(Verdict.FAILS, "not within a minute")
    return holds_if(seconds <= 10, f"after {seconds:.1f} s")


@_of_recording("pause", "A pause is answered with the recording, paused.")
async def _pause(call: RecordedCall) -> Finding:
    answer = await call.update("paused")
    return holds_if(_status(answer) is RecordingStatus.PAUSED, str(answer))


@_of_recording("pause-lag", "The list shows a pause within a minute.")
async def _pause_lag(call: RecordedCall) -> Finding:

    async def is_shown() -> bool:
        return status_of(await call.listed()) is RecordingStatus.PAUSED

    seconds = await call.seconds_until(is_shown, _LIMIT)
    return holds_if(seconds is not None, "" if seconds is None else f"after {seconds:.1f} s")


@_of_recording("date-updated", "`date_updated` is moved on by an update.")
async def _date_updated(call: RecordedCall) -> Finding:
    path = f"Recordings/{call.recording}.json"
    before = (await call.account.get(path)).json.get("date_updated")
    # Dates have whole seconds.
    await asyncio.sleep(call.wait)
    await call.update("in-progress")
    after = (await call.account.get(path)).json.get("date_updated")
    if before is None or after is None:
        return not_seen("the recording could not be read")
    return holds_if(before != after, f"{before}, then {after}")


@_of_recording("resume", "A resume is answered with `in-progress` or `resumed`.")
async def _resume(call: RecordedCall) -> Finding:
    await call.update("paused")
    answer = await call.update("in-progress")
    return holds_if(_status(answer).is_recording, str(answer))


@_of_recording("pause-twice", "A pause of what is paused is answered like the first.")
async def _pause_twice(call: RecordedCall) -> Finding:
    await call.update("paused")
    answer = await call.update("paused")
    return holds_if(_status(answer) is RecordingStatus.PAUSED, str(answer))


@_of_recording("stop", "A stop is answered with a status that is an end.")
async def _stop(call: RecordedCall) -> Finding:
    answer = await call.update("stopped")
    return holds_if(_status(answer).has_ended, str(answer))


@_of_recording("update-after-end", "An update of what has ended is refused with HTTP 4xx.")
async def _update_after_end(call: RecordedCall) -> Finding:
    answer = await call.update("paused")
    return holds_if(400 <= answer.status < 500, str(answer))


@_of_recording("callbacks", "Callbacks tell of the start and of the end.")
async def _callbacks(call: RecordedCall) -> Finding:
    if (listener := call.listener) is None:
        return not_seen("without --callback-url nothing is listened for")

    async def have_come() -> bool:
        return len(listener.events) >= 2

    await call.seconds_until(have_come, _CALLBACK_WAIT)
    return holds_if(
        {"in-progress", "completed"} <= set(listener.events), ", ".join(listener.events) or "none"
    )


@CALLING.add("signatures", "Callbacks are signed with the project's signing key.")
async def _signatures(call: RecordedCall) -> Finding:
    if call.listener is None or not call.listener.signed:
        return not_seen("no callback came, or SIGNALWIRE_SIGNING_KEY is not set")
    signed = call.listener.signed
    return holds_if(all(signed), f"{sum(signed)} of {len(signed)}")


class StillCallingError(Exception):
    """The call could not be hung up."""


@asynccontextmanager
async def recorded_call(
    account: Account, to: str, from_: str, listener: Listener | None, *, wait: float
) -> AsyncIterator[RecordedCall | Answer]:
    """Call a number and hang up in the end; yields the answer if there was no call.

    Raises StillCallingError if the call could not be hung up.
    """
    answer = await account.post("Calls.json", {"To": to, "From": from_, "Twiml": _SILENCE})
    if answer.status >= 300 or not answer.json.get("sid"):
        yield answer
        return
    sid = str(answer.json["sid"])
    try:
        yield RecordedCall(account=account, sid=sid, listener=listener, wait=wait)
    finally:
        await _hang_up(account, sid, wait)


async def _hang_up(account: Account, sid: str, wait: float) -> None:
    for _ in range(_HANG_UPS):
        with suppress(ClientError, TimeoutError):
            answer = await account.post(f"Calls/{sid}.json", {"Status": "completed"})
            if answer.status < 300:
                return
        await asyncio.sleep(wait)
    raise StillCallingError
