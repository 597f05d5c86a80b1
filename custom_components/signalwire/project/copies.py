"""Copies recordings that have ended to a folder, two at a time and at a limited speed."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..api import (
    MAX_PAGE,
    AudioFormat,
    MalformedAnswerError,
    NotFoundError,
    Recording,
    RecordingAudio,
    SignalWireError,
)
from ..const import LIST_OVERLAP, LOGGER
from ..copies.folder import CopyFolder, CopyState, CopyWriter, is_within
from ..copies.names import copy_name, is_copyable
from ..errors import service_error, validation_error
from ..fields import recording_response
from .activity import Activity, ActivityType
from .parties import Parties

if TYPE_CHECKING:
    from .project import Project

AT_ONCE = 2
BYTES_A_SECOND = 1024 * 1024
"""Of one copy, so that calls on the same internet connection are not disturbed."""
_BLOCK = 1024 * 1024
# Seconds between two scans for what is new; after an end that was seen, its audio is there soon.
_SCAN_EVERY = 3600.0
_AFTER_AN_END = 60.0
_AFTER_A_FAILURE = 600.0
# So long an unload waits for a disk, which may be at the other end of a network.
_STOP_TIMEOUT = 5.0
# How many recordings one scan notes; the next one finds more.
_MAX_NOTED = 10_000
_TOLD_AFTER = 3
_ENDS = frozenset({ActivityType.COMPLETED, ActivityType.STOPPED})
_NOBODY = Parties()


class Copies:
    """Copies all that has ended and can be played, oldest first.

    What is in the folder with its JSON file is copied: nothing else is kept of it. So after a
    restart, or if the folder was away, all begins with a scan of it and of the list of recordings.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._settings = project.settings.copies
        self._folder: CopyFolder | None = None
        if self._settings is not None:
            self._folder = CopyFolder(self._settings.folder, project.entry.entry_id)
        # The day of each copy, by SID; None while the folder was not scanned.
        self._copied: dict[str, str] | None = None
        self._damaged: set[str] = set()
        # Those that were noted and are not copied yet, from the newest to the oldest.
        self._waiting: list[str] = []
        # How many more there are, which the next scan will note.
        self._beyond = 0
        # Of recordings that were created before, nothing is left to be copied.
        self._done_before: datetime | None = None
        self._failures: dict[str, int] = {}
        self._has_scanned = asyncio.Event()
        # Whether what is waiting was found with the copies that are known.
        self._is_counted = False
        self._wake = asyncio.Event()
        self._was_stopped = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._stop_listening: Callable[[], None] | None = None

    # Life.

    @callback
    def async_start(self) -> None:
        """Begin to copy, if recordings are to be copied."""
        if self._folder is None:
            return
        self._stop_listening = self._project.activities.listen(self._async_heard)
        self._async_begin(self._async_work(self._folder))

    @callback
    def async_cancel(self) -> None:
        """Begin to end what is under way."""
        if self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()

    async def async_stop(self) -> None:
        """Copy nothing more; what was being written is removed, unless the disk hangs."""
        self.async_cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_STOP_TIMEOUT)

    @callback
    def _async_begin(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = self._project.hass.async_create_background_task(
            work, "signalwire copies"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @callback
    def _async_heard(self, activity: Activity) -> None:
        if activity.type in _ENDS and self._timer is None:
            # Not put off by those that end meanwhile.
            self._timer = self._project.hass.loop.call_later(_AFTER_AN_END, self._async_wake)

    @callback
    def _async_wake(self) -> None:
        self._timer = None
        self._wake.set()

    @callback
    def async_scan_now(self) -> None:
        """Look at the folder again, and copy what is missing: it may be another folder now."""
        self._forget_scan()
        self._wake.set()

    # What others ask.

    @property
    def progress(self) -> int | None:
        """Return how many percent of what is to be copied are; None if that is not known."""
        if not self._is_counted or self._copied is None:
            return None
        copied, waiting = len(self._copied), len(self._waiting) + self._beyond
        return 100 * copied // (copied + waiting) if waiting else 100

    async def async_wait_for_scan(self) -> None:
        """Wait until the folder was scanned, or could not be."""
        if self._folder is not None:
            await self._has_scanned.wait()

    def is_awaited(self, recording: Recording) -> bool:
        """Return whether a recording is to be copied, and is not yet as far as is known.

        One that no file can be named after waits for ever.
        """
        if self._folder is None or not recording.status.has_audio:
            return False
        return self._copied is None or recording.sid not in self._copied

    async def async_is_safe(self, recording: Recording) -> bool:
        """Return whether a recording need not be copied, or its copy was read and is as it was."""
        if self._folder is None or not recording.status.has_audio:
            return True
        sid = recording.sid
        if self._copied is None or (day := self._copied.get(sid)) is None:
            return False
        try:
            state = await self._async_run(self._folder.check, sid, day)
        except OSError:
            state = CopyState.MISSING
        if state is CopyState.GOOD:
            return True
        # Copied anew; where it is only missing, the whole folder may be another one.
        if state is CopyState.DAMAGED:
            self._damaged.add(sid)
        self._forget_scan()
        self._project.async_publish()
        self._wake.set()
        return False

    async def async_save(
        self, sid: str, path: str | None, audio_format: AudioFormat | None
    ) -> dict[str, Any]:
        """Copy one recording, to the folder of the options unless told otherwise.

        Returns its file, and what tells of it. Raises ServiceValidationError if that cannot be;
        HomeAssistantError if it failed; OSError.
        """
        project, settings = self._project, self._settings
        project.require_running()
        recording = await project.commands.async_read(sid)
        if not is_copyable(recording):
            raise validation_error("no_audio")
        if path is None and settings is None:
            raise validation_error("no_folder")
        folder = self._folder
        is_another = folder is None or (path is not None and Path(path) != folder.path)
        if folder is None or is_another:
            folder = CopyFolder(path or "", project.entry.entry_id)
        if not await self._async_run(self.is_allowed, str(folder.path)):
            raise validation_error("folder_not_allowed")
        if is_another:
            await self._async_run(folder.prepare)
        form = audio_format or (settings.audio_format if settings else AudioFormat.MP3)
        # A task of its own, which a stop can end whoever waits for it.
        task = self._async_begin(self._async_copy(recording, folder, form))
        try:
            file, audio = await asyncio.shield(task)
        except SignalWireError as err:
            raise service_error(project.hass, project.entry, err) from err
        except asyncio.CancelledError:
            project.require_running()
            raise
        return {**audio, "file": file}

    def is_allowed(self, path: str) -> bool:
        """Return whether copies may be written there. To be run in the executor."""
        return is_allowed(self._project.hass.config, path)

    # The work.

    async def _async_run[ResultT](
        self, work: Callable[..., ResultT], *arguments: object
    ) -> ResultT:
        return await self._project.hass.async_add_executor_job(work, *arguments)

    async def _async_work(self, folder: CopyFolder) -> None:
        while True:
            self._wake.clear()
            is_well = False
            try:
                await self._async_scan(folder)
                await self._async_copy_all(folder)
                is_well = self._copied is not None and not self._waiting
                self._was_stopped = False
                self._project.issues.async_clear_copies_stopped()
            except OSError as err:
                self._stopped(err)
            except SignalWireError as err:
                LOGGER.debug("What is to be copied could not be read: %s", err)
            except Exception:  # noqa: BLE001 (whatever it is, it must not end all copies)
                LOGGER.exception("Recordings could not be copied")
            self._project.async_publish()
            # Whoever waits for the first scan waits for no more than that.
            self._has_scanned.set()
            if is_well and self._beyond:
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_SCAN_EVERY if is_well else _AFTER_A_FAILURE):
                    await self._wake.wait()

    def _forget_scan(self) -> None:
        """Take nothing for known of the folder, until it was scanned again."""
        self._copied = self._done_before = None
        self._is_counted = False

    def _stopped(self, err: OSError) -> None:
        reason = err.strerror or str(err)
        if not self._was_stopped:
            LOGGER.warning("Copying of %s has stopped: %s", self._project.entry.title, reason)
        self._was_stopped = True
        # It may be another folder when it is back.
        self._forget_scan()
        self._project.issues.async_report_copies_stopped(reason)

    async def _async_scan(self, folder: CopyFolder) -> None:
        """Note what is to be copied; raises OSError and SignalWireError.

        Takes one request for each thousand recordings since those that are all copied.
        """
        if not await self._async_run(self.is_allowed, str(folder.path)):
            raise PermissionError(None, "The folder is not one of Home Assistant's media folders")
        if self._copied is None:
            copied = await self._async_run(folder.scan)
            self._copied = {sid: day for sid, day in copied.items() if sid not in self._damaged}
            self._done_before = None
        else:
            await self._async_run(folder.require_there)
        known = self._copied
        began = self._project.client.service_time() - LIST_OVERLAP
        # What is still to end, or was not noted, is looked for again.
        open_since = began
        waiting: list[str] = []
        pages = self._project.client.recording_pages(
            created_after=self._done_before, page_size=MAX_PAGE
        )
        async with aclosing(pages):
            async for page in pages:
                if not page.is_complete or page.unreadable:
                    open_since = self._done_before or datetime.min.replace(tzinfo=dt_util.UTC)
                for recording in page.items:
                    is_awaited = is_copyable(recording) and self.is_awaited(recording)
                    if is_awaited:
                        waiting.append(recording.sid)
                    if is_awaited or not recording.status.has_ended or recording.status.is_pending:
                        open_since = min(open_since, recording.date_created or open_since)
        if self._copied is not known:
            # Something was found to be wrong with the folder meanwhile.
            self._waiting = []
            return
        self._waiting = waiting[-_MAX_NOTED:]
        self._beyond = len(waiting) - len(self._waiting)
        self._is_counted = True
        self._has_scanned.set()
        self._done_before = open_since - timedelta(seconds=1) if open_since.year > 1 else None
        self._project.async_publish()

    async def _async_copy_all(self, folder: CopyFolder) -> None:
        """Copy what was noted; raises OSError, which ends it."""
        settings = self._settings
        if settings is None or not self._waiting:
            return
        left = self._waiting.copy()
        failed: list[str] = []
        reason = ""

        async def work() -> None:
            nonlocal reason
            while left:
                sid = left.pop()
                try:
                    await self._async_copy_one(sid, folder, settings.audio_format)
                except SignalWireError as err:
                    LOGGER.debug("A recording could not be copied: %s", err)
                    reason = str(err)
                    failed.append(sid)
                else:
                    self._failures.pop(sid, None)
                    self._waiting.remove(sid)
                    self._project.async_publish()

        workers = [asyncio.ensure_future(work()) for _ in range(AT_ONCE)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.wait(workers)
        self._failures = {sid: self._failures.get(sid, 0) + 1 for sid in failed}
        if any(times >= _TOLD_AFTER for times in self._failures.values()):
            self._project.issues.async_report_copies_failed(len(failed), reason)
        else:
            self._project.issues.async_clear_copies_failed()

    async def _async_copy_one(self, sid: str, folder: CopyFolder, form: AudioFormat) -> None:
        """Copy a recording, unless it was deleted meanwhile; raises SignalWireError, OSError."""
        try:
            recording = await self._project.client.get_recording(sid)
        except NotFoundError:
            return
        if not is_copyable(recording):
            return
        await self._async_copy(recording, folder, form)

    async def _async_copy(
        self, recording: Recording, folder: CopyFolder, form: AudioFormat
    ) -> tuple[str, dict[str, Any]]:
        """Copy a recording; return the file, and what tells of it.

        Raises SignalWireError, OSError; nothing is left then of what was written.
        """
        found = await self._project.library.async_parties([recording])
        parties = found.get(recording.sid, _NOBODY)
        known = (party for party in (parties.from_party, parties.to_party) if party is not None)
        name = copy_name(recording, *known)
        writer = folder.writer(name, form, recording.sid)
        try:
            async with self._project.client.recording_audio(recording.sid, form) as audio:
                await self._async_receive(audio, writer)
            fields: dict[str, Any] = {
                "recording": recording_response(recording),
                "from": parties.from_party,
                "to": parties.to_party,
            }
            told = await self._async_run(writer.finish, fields)
        except BaseException:
            await asyncio.shield(self._async_run(writer.discard))
            raise
        if folder is self._folder and self._copied is not None:
            self._copied[recording.sid] = name.day
            self._damaged.discard(recording.sid)
        return str(writer.file), told

    async def _async_receive(self, audio: RecordingAudio, writer: CopyWriter) -> None:
        if audio.status != 200 or not audio.has_known_end:
            raise MalformedAnswerError("The audio came without an end to be sure of")
        began, received, blocks = monotonic(), 0, bytearray()
        async for chunk in audio.chunks():
            blocks += chunk
            received += len(chunk)
            if len(blocks) >= _BLOCK:
                await self._async_run(writer.write, bytes(blocks))
                blocks.clear()
            await asyncio.sleep(max(0.0, began + received / BYTES_A_SECOND - monotonic()))
        await self._async_run(writer.write, bytes(blocks))
        if audio.content_length not in (None, writer.size):
            raise MalformedAnswerError("The audio is not as long as it was said to be")
        if not writer.size:
            raise MalformedAnswerError("The audio is empty")


def is_allowed(config: Any, path: str) -> bool:
    """Return whether copies may be written there: to a media folder that Home Assistant allows.

    To be run in the executor.
    """
    return is_within(path, config.media_dirs.values()) and config.is_allowed_path(path)
