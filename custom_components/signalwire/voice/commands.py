"""Carries out what is asked by voice, and waits until the service has confirmed it, or not."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..api import RecordingStatus
from ..coordinator import SignalWireCoordinator
from ..tasks import gather_all
from .access import async_projects
from .outcome import Command, Outcome

ANSWER_TIMEOUT: Final = 5.0
"""Seconds that somebody waits for an answer at most."""


async def async_carry_out(
    hass: HomeAssistant,
    command: Command,
    *,
    duration: timedelta | None = None,
    context: Context | None = None,
    assistant: str | None = None,
) -> Outcome:
    """Do what is asked of all projects that may be reached, and return what came of it.

    Raises RefusedError, before anything is done, if there is none.
    """
    entries = await async_projects(hass, context, assistant, changes=not command.is_question)
    projects = [entry.runtime_data for entry in entries if entry.state is ConfigEntryState.LOADED]
    attempt = _Attempt(projects, context, asyncio.get_running_loop().time() + ANSWER_TIMEOUT)
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
    calls = Counter(status for project in attempt.answered for status in _calls(project))
    calls[RecordingStatus.UNKNOWN] += sum(project.data.unread for project in attempt.answered)
    ends = [hold.until for project in projects if (hold := project.data.hold).until]
    return Outcome(
        command=command,
        projects=tuple(project.config_entry.title for project in projects),
        unreachable=tuple(
            project.config_entry.title for project in projects if project not in attempt.answered
        ),
        not_loaded=tuple(
            entry.title for entry in entries if entry.state is not ConfigEntryState.LOADED
        ),
        recording=calls[RecordingStatus.IN_PROGRESS],
        paused=calls[RecordingStatus.PAUSED],
        unknown=calls[RecordingStatus.UNKNOWN],
        unconfirmed=attempt.unconfirmed,
        stopped=attempt.stopped,
        held=all(project.data.hold.held for project in projects),
        remaining=max(min(ends) - dt_util.utcnow(), timedelta()) if ends else None,
        changed=attempt.changed,
        ambiguous=attempt.ambiguous,
    )


class _Attempt:
    """One try at a command, until the deadline, in seconds of the event loop's clock."""

    def __init__(
        self, projects: list[SignalWireCoordinator], context: Context | None, deadline: float
    ) -> None:
        self._projects = projects
        self._context = context
        self._deadline = deadline
        self.answered: list[SignalWireCoordinator] = []
        self.changed = False
        self.ambiguous = False
        self.unconfirmed = 0
        self.stopped = 0

    async def async_pause(self, duration: timedelta | None) -> None:
        """Hold everything, and wait until that is confirmed."""
        # A pause without an end stays as it is, with what its pauses were told to leave behind.
        wanting = [
            project
            for project in self._projects
            if not project.data.hold.held or project.data.hold.until is not None or duration
        ]
        await self._async_all(
            project.project.holds.async_hold(duration, context=self._context) for project in wanting
        )
        # A call that began since the last refresh is known only after the next.
        await self.async_read()
        await self._async_wait(lambda project: project.data.hold.confirmed)
        self.unconfirmed = sum(project.data.hold.unconfirmed for project in self._projects)

    async def async_resume(self) -> None:
        """Release what was held, and wait until it is recorded again."""
        await self._async_all(
            project.project.holds.async_release(self._context)
            for project in self._projects
            if project.data.hold.held
        )
        await self.async_read()
        await self._async_wait(lambda project: project.data.unresumed == 0)
        self.unconfirmed = sum(project.data.unresumed for project in self._projects)

    async def async_stop(self, *, only_one: bool) -> None:
        """End every recording; where only one is meant and there are more, hold them instead.

        What is stopped cannot be begun again, so nothing is guessed: a pause, too, makes
        the recording cease, and can be taken back.
        """
        await self.async_read()
        before = {project: set(project.data.recordings) for project in self._projects}
        if only_one and sum(map(len, before.values())) > 1:
            self.ambiguous = True
            await self.async_pause(None)
            return
        stops = [
            project.config_entry.async_create_task(
                project.hass, self._async_stop_all(project), "signalwire stop by voice"
            )
            for project in self.answered
        ]
        await self._async_wait_for(stops)
        for project in self.answered:
            sids = before[project]
            left = sids & set(project.data.recordings)
            self.unconfirmed += len(left)
            self.stopped += len(sids - left)

    async def async_read(self) -> None:
        """Read all projects anew, and note which of them have answered in time."""
        # Not cancelled when the time is up: a refresh that is cut off would end the polling.
        reads = {
            project: project.config_entry.async_create_background_task(
                project.hass, project.async_refresh(), "signalwire refresh by voice"
            )
            for project in self._projects
        }
        await self._async_wait_for(reads.values())
        self.answered = [
            project
            for project, read in reads.items()
            if read.done() and not read.cancelled() and project.last_update_success
        ]

    async def _async_all(self, requests: Iterable[Coroutine[None, None, None]]) -> None:
        """Ask every project, and then raise the first error, if there is any."""
        requests = list(requests)
        self.changed = bool(requests)
        await gather_all(requests)

    async def _async_stop_all(self, project: SignalWireCoordinator) -> None:
        # What came of it is seen in the recordings that are left.
        with suppress(HomeAssistantError):
            await project.project.commands.async_stop_all(self._context)

    async def _async_wait_for(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        if tasks := list(tasks):
            left = self._deadline - asyncio.get_running_loop().time()
            await asyncio.wait(tasks, timeout=max(left, 0))

    async def _async_wait(self, settled: Callable[[SignalWireCoordinator], bool]) -> None:
        """Wait until that holds for every project that answers."""
        news = asyncio.Event()
        stop_listening = [project.async_add_listener(news.set) for project in self.answered]
        try:
            async with asyncio.timeout_at(self._deadline):
                while not all(map(settled, self.answered)):
                    news.clear()
                    await news.wait()
        except TimeoutError:
            # Whoever asked is told so.
            return
        finally:
            for stop in stop_listening:
                stop()


def _calls(project: SignalWireCoordinator) -> Iterable[RecordingStatus]:
    """Return one of in progress, paused and unknown for every call that has a recording."""
    calls: dict[str, set[RecordingStatus]] = {}
    for sid, recording in project.data.recordings.items():
        status = recording.status
        if status.is_recording:
            status = RecordingStatus.IN_PROGRESS
        elif status is not RecordingStatus.PAUSED or sid in project.data.uncertain:
            status = RecordingStatus.UNKNOWN
        calls.setdefault(recording.call_sid or recording.conference_sid or sid, set()).add(status)
    for statuses in calls.values():
        yield next(status for status in _WORST_FIRST if status in statuses)


_WORST_FIRST = (RecordingStatus.IN_PROGRESS, RecordingStatus.UNKNOWN, RecordingStatus.PAUSED)
