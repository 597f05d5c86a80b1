"""Sends the updates of recordings: one at a time each, and of quick repeats the last."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass

from homeassistant.core import Context

from ..api import PauseBehavior, Recording, RecordingStatus
from ..errors import recording_ended
from .activity import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingUpdate:
    """What an update asks for (`paused`, `in-progress` or `stopped`), and who asks."""

    status: RecordingStatus
    pause_behavior: PauseBehavior | None = None
    actor: Actor = Actor.HOME_ASSISTANT
    context: Context | None = None


@dataclass(slots=True)
class _Waiting:
    """The update that is sent next, and the outcome that all who wait for it share."""

    update: RecordingUpdate
    outcome: asyncio.Future[Recording]


class RecordingUpdates:
    """Keeps updates of one recording in order; different recordings do not wait for each other.

    An update that comes while another of the same recording is under way waits. One that comes
    after it takes its place, and both get the answer to the later one: the last wish counts. Only
    an end is never replaced.
    """

    def __init__(
        self,
        send: Callable[[str, RecordingUpdate], Awaitable[Recording]],
        create_task: Callable[[Coroutine[None, None, None]], object],
    ) -> None:
        """Take what sends one update, and what runs a task that must not be lost."""
        self._send = send
        self._create_task = create_task
        # Every recording with an update under way, what that is, and what is to follow it.
        self._current: dict[str, _Waiting] = {}
        self._next: dict[str, _Waiting | None] = {}

    def current(self, sid: str) -> RecordingUpdate | None:
        """Return the update of a recording that is under way."""
        waiting = self._current.get(sid)
        return waiting.update if waiting else None

    @property
    def under_way(self) -> int:
        """Return how many recordings have an update under way."""
        return len(self._current)

    async def async_wait_idle(self, sid: str) -> None:
        """Wait until no update of the recording is under way, whatever becomes of them."""
        while (waiting := self._current.get(sid)) is not None:
            await asyncio.wait([waiting.outcome])
            # Let the one that follows begin.
            await asyncio.sleep(0)

    async def async_update(self, sid: str, update: RecordingUpdate) -> Recording:
        """Return the answer to this update, or to the one that on_change its place."""
        if (waiting := self._next.get(sid)) is not None:
            if waiting.update.status is RecordingStatus.STOPPED is not update.status:
                # Nothing that comes later may take the place of an end.
                await asyncio.wait([waiting.outcome])
                raise recording_ended()
            waiting.update = update
        else:
            waiting = _Waiting(update, asyncio.get_running_loop().create_future())
            if sid in self._next:
                self._next[sid] = waiting
            else:
                self._next[sid] = None
                self._current[sid] = waiting
                self._create_task(self._async_run(sid, waiting))
        # Who stops waiting must not stop the update, nor take it from the others.
        return await asyncio.shield(waiting.outcome)

    async def _async_run(self, sid: str, waiting: _Waiting) -> None:
        current: _Waiting | None = waiting
        try:
            while current is not None:
                self._current[sid] = current
                await self._async_send(sid, current)
                current = self._next[sid]
                self._next[sid] = None
        finally:
            self._current.pop(sid, None)
            if (left := self._next.pop(sid)) is not None:
                left.outcome.cancel()

    async def _async_send(self, sid: str, waiting: _Waiting) -> None:
        try:
            recording = await self._send(sid, waiting.update)
        except Exception as err:  # noqa: BLE001 (whatever it is, it is for those who wait)
            waiting.outcome.set_exception(err)
            # Seen here, should nobody wait any more.
            waiting.outcome.exception()
        except BaseException:
            waiting.outcome.cancel()
            raise
        else:
            waiting.outcome.set_result(recording)
