"""Carries out what is asked by voice, and waits until the service has confirmed it, or not."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Final

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..api import Recording, RecordingStatus
from ..coordinator import SignalWireCoordinator
from ..project.hold import SWITCH, HoldSnapshot
from ..tasks import gather_all
from .access import Scope, async_scopes
from .outcome import Command, Outcome

ANSWER_TIMEOUT: Final = 5.0
"""Seconds that somebody waits for an answer at most."""


async def async_carry_out(
    hass: HomeAssistant,
    command: Command,
    *,
    duration: timedelta | None = None,
    line: str | None = None,
    area_id: str | None = None,
    context: Context | None = None,
    assistant: str | None = None,
) -> Outcome:
    """Do what is asked of the line of a name, or of the lines in an area, or of all projects.

    Returns what came of it. Raises RefusedError, before anything is done, if there is none that may
    be reached.
    """
    scopes = await async_scopes(
        hass, context, assistant, changes=not command.is_question, line=line, area_id=area_id
    )
    parts = [_Part(scope) for scope in scopes if scope.is_ready]
    attempt = _Attempt(parts, context, asyncio.get_running_loop().time() + ANSWER_TIMEOUT)
    match command:
        case Command.PAUSE:
            await attempt.async_pause(duration)
        case Command.RESUME:
            await attempt.async_resume()
        case Command.STOP:
            await attempt.async_stop(only_one=True)
        case Command.STOP_ALL:
            await attempt.async_stop(only_one=False)
        case Command.IS_RECORDING | Command.COUNT:
            await attempt.async_read()
    answered = [part for part in parts if part.project in attempt.answered]
    calls = Counter(_calls(answered))
    calls[RecordingStatus.UNKNOWN] += sum(project.data.unread for project in attempt.answered)
    ends = [until for part in parts if (until := part.hold.until)]
    return Outcome(
        command=command,
        projects=_titles(scope.entry.title for scope in scopes if scope.is_ready),
        lines=_titles(scope.name for scope in scopes if scope.line_id is not None),
        unreachable=_titles(
            part.project.config_entry.title
            for part in parts
            if part.project not in attempt.answered
        ),
        not_loaded=_titles(scope.entry.title for scope in scopes if not scope.is_ready),
        recording=calls[RecordingStatus.IN_PROGRESS],
        paused=calls[RecordingStatus.PAUSED],
        unknown=calls[RecordingStatus.UNKNOWN],
        unconfirmed=attempt.unconfirmed,
        stopped=attempt.stopped,
        held=all(part.hold.held for part in parts),
        all_held=attempt.all_held,
        remaining=max(min(ends) - dt_util.utcnow(), timedelta()) if ends else None,
        changed=attempt.changed,
        ambiguous=attempt.ambiguous,
    )


class _Part:
    """A project or a line that is ready."""

    def __init__(self, scope: Scope) -> None:
        self.project: SignalWireCoordinator = scope.entry.runtime_data
        self.line_id = scope.line_id

    @property
    def hold(self) -> HoldSnapshot:
        """Return what holds it; a line may be held by the project's holds as well."""
        return self.project.data.hold_of(self.line_id)

    @property
    def is_held_as_project(self) -> bool:
        """Return whether it is a line that the holds of the whole project hold."""
        return self.line_id is not None and any(hold.line is None for hold in self.hold.holds)

    @property
    def is_held_without_end(self) -> bool:
        """Return whether its switch is off without an end, because of itself."""
        return any(
            hold.name == SWITCH and hold.line == self.line_id and hold.until is None
            for hold in self.hold.holds
        )

    @property
    def unresumed(self) -> int:
        """Return how many recordings a hold paused that are still to be resumed."""
        state = self.project.project.state
        return sum(self._is_of(sid) is True for sid in state.unresumed_sids())

    def recordings(self) -> Iterator[tuple[Recording, bool]]:
        """Yield its active recordings, each with whether it is known to belong to it."""
        for sid, recording in self.project.data.recordings.items():
            if (is_of := self._is_of(sid)) is not False:
                yield recording, is_of is True

    def _is_of(self, sid: str) -> bool | None:
        """Return whether a recording belongs to it, None if that is not known yet."""
        if self.line_id is None:
            return True
        tracked = self.project.project.state.recordings.get(sid)
        if tracked is None or tracked.lines is None:
            return None
        return self.line_id in tracked.lines


class _Attempt:
    """One try at a command, until the deadline, in seconds of the event loop's clock."""

    def __init__(self, parts: list[_Part], context: Context | None, deadline: float) -> None:
        self._parts = parts
        self._projects = list(dict.fromkeys(part.project for part in parts))
        self._context = context
        self._deadline = deadline
        self.answered: list[SignalWireCoordinator] = []
        self.changed = False
        self.ambiguous = False
        self.all_held = False
        self.unconfirmed = 0
        self.stopped = 0

    async def async_pause(self, duration: timedelta | None) -> None:
        """Hold everything, and wait until that is confirmed."""
        # A pause without an end stays as it is, with what its pauses were told to leave behind.
        await self._async_all(
            part.project.project.hold_controller.async_hold(
                duration, context=self._context, line=part.line_id
            )
            for part in self._parts
            if duration or not part.is_held_without_end
        )
        # A call that began since the last refresh is known only after the next.
        await self.async_read()
        await self._async_wait(lambda part: part.hold.confirmed)
        self.unconfirmed = sum(part.hold.unconfirmed for part in self._parts)

    async def async_resume(self) -> None:
        """Release what was held, and wait until it is recorded again.

        As with its switch, no line is released while its whole project is held.
        """
        self.all_held = any(part.is_held_as_project for part in self._parts)
        await self._async_all(
            part.project.project.hold_controller.async_release(self._context, line=part.line_id)
            for part in self._parts
            if part.hold.held and not part.is_held_as_project
        )
        await self.async_read()
        await self._async_wait(lambda part: part.unresumed == 0)
        self.unconfirmed = sum(part.unresumed for part in self._parts)

    async def async_stop(self, *, only_one: bool) -> None:
        """End every recording; where only one is meant and there are more, hold them instead.

        What is stopped cannot be begun again, so nothing is guessed: a pause, too, makes
        the recording cease, and can be taken back.
        """
        await self.async_read()
        before = self._sids()
        if only_one and len(before) > 1:
            self.ambiguous = True
            await self.async_pause(None)
            return
        stops = [
            part.project.config_entry.async_create_task(
                part.project.hass, self._async_stop_all(part), "signalwire stop by voice"
            )
            for part in self._parts
            if part.project in self.answered
        ]
        await self._async_wait_for(stops)
        self.unconfirmed = len(before & self._sids())
        self.stopped = sum(sid not in project.data.recordings for project, sid in before)

    async def async_read(self) -> None:
        """Read all projects anew, and note which of them have answered in time."""
        # Not cancelled when the time is up: a refresh that is cut off would end the polling.
        reads = {
            project: project.config_entry.async_create_background_task(
                project.hass, self._async_refresh(project), "signalwire refresh by voice"
            )
            for project in self._projects
        }
        await self._async_wait_for(reads.values())
        self.answered = [
            project
            for project, read in reads.items()
            if read.done() and not read.cancelled() and project.last_update_success
        ]

    async def _async_refresh(self, project: SignalWireCoordinator) -> None:
        await project.async_refresh()
        if any(part.project is project and part.line_id is not None for part in self._parts):
            await project.project.async_wait_for_parties()

    def _sids(self) -> set[tuple[SignalWireCoordinator, str]]:
        """Return the recordings of what has answered, those too that may belong elsewhere."""
        return {
            (part.project, recording.sid)
            for part in self._parts
            if part.project in self.answered
            for recording, _ in part.recordings()
        }

    async def _async_all(self, requests: Iterable[Coroutine[None, None, None]]) -> None:
        """Ask all of it, and then raise the first error, if there is any."""
        requests = list(requests)
        self.changed = bool(requests)
        await gather_all(requests)

    async def _async_stop_all(self, part: _Part) -> None:
        # What came of it is seen in the recordings that are left.
        with suppress(HomeAssistantError):
            await part.project.project.commands.async_stop_all(self._context, line=part.line_id)

    async def _async_wait_for(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        if tasks := list(tasks):
            left = self._deadline - asyncio.get_running_loop().time()
            await asyncio.wait(tasks, timeout=max(left, 0))

    async def _async_wait(self, settled: Callable[[_Part], bool]) -> None:
        """Wait until that holds for everything that answers."""
        news = asyncio.Event()
        parts = [part for part in self._parts if part.project in self.answered]
        stop_listening = [project.async_add_listener(news.set) for project in self.answered]
        try:
            async with asyncio.timeout_at(self._deadline):
                while not all(map(settled, parts)):
                    news.clear()
                    await news.wait()
        except TimeoutError:
            # Whoever asked is told so.
            return
        finally:
            for stop in stop_listening:
                stop()


def _calls(parts: Iterable[_Part]) -> Iterator[RecordingStatus]:
    """Yield one of in progress, paused and unknown for every call that has a recording."""
    calls: dict[tuple[SignalWireCoordinator, str], set[RecordingStatus]] = {}
    for part in parts:
        for recording, is_of in part.recordings():
            status = recording.status
            is_sure = part.project.data.confirmed_status(recording) is RecordingStatus.PAUSED
            if status.is_recording and is_of:
                status = RecordingStatus.IN_PROGRESS
            elif not is_sure:
                status = RecordingStatus.UNKNOWN
            elif not is_of:
                # Whoever it belongs to, it is not being recorded.
                continue
            call = recording.call_sid or recording.conference_sid or recording.sid
            calls.setdefault((part.project, call), set()).add(status)
    for statuses in calls.values():
        yield next(status for status in _WORST_FIRST if status in statuses)


def _titles(titles: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(titles))


_WORST_FIRST = (RecordingStatus.IN_PROGRESS, RecordingStatus.UNKNOWN, RecordingStatus.PAUSED)
