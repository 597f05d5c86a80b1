"""The simulated disk: files in memory, and executor jobs inside the loop, slow or refused."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
import errno
import io
import os
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from homeassistant.helpers import storage
from homeassistant.util import file as file_util
from homeassistant.util import json as json_util

from . import adapter
from .clock import Clock
from .loop import Agenda
from .trace import Trace

# Jobs that follow one another as closely as this, in seconds, are one time of being busy.
_PAUSE_BETWEEN = 0.05


class Disk:
    """Files that outlive every process of Home Assistant.

    `delay` is how long a job takes, in seconds, at least and at most; while `is_full` no file
    named like one of `prefix` can be written. What a dead process does has no effect.
    """

    def __init__(
        self, clock: Clock, agenda: Agenda, trace: Trace, rng: Random, prefix: str
    ) -> None:
        self.files: dict[str, bytes] = {}
        self.delay = (0.0, 0.004)
        self.is_full = False
        self.writes = 0
        self.refused = 0
        self.is_muted = False
        self.on_write: list[Callable[[str], None]] = []
        self._clock = clock
        self._agenda = agenda
        self._trace = trace
        self._rng = rng
        self._prefix = prefix
        self._jobs = 0
        self._busy_since = self._idle_since = 0.0

    @property
    def busy_for(self) -> float:
        """Return for how many seconds there has always been a job that is not done."""
        is_busy = self._jobs > 0 or self._clock.now <= self._idle_since + _PAUSE_BETWEEN
        return self._clock.now - self._busy_since if is_busy else 0.0

    def forget_jobs(self) -> None:
        """Note that nothing is done any more of what was begun."""
        self._jobs = 0

    def run(self, future: asyncio.Future[Any], job: Callable[[], object]) -> None:
        """Do a job of the executor's in a moment, and tell the future a little later."""
        process_is_muted = self.is_muted
        if process_is_muted:
            # Its process is dead.
            future.cancel()
            return
        loop = future.get_loop()
        low, high = self.delay
        delay = self._rng.uniform(low, high)
        if not self._jobs and self._clock.now > self._idle_since + _PAUSE_BETWEEN:
            self._busy_since = self._clock.now
        self._jobs += 1

        def do() -> None:
            self._jobs -= 1
            self._idle_since = self._clock.now
            try:
                result = job()
            except BaseException as err:  # noqa: BLE001 (whatever it is, it is the caller's)
                if not future.done():
                    future.set_exception(err)
                return
            if not future.done():
                loop.call_soon(_deliver, future, result)

        loop.call_later(delay, do)

    # What Home Assistant's storage calls.

    def write(
        self, filename: str, utf8_data: bytes | str, private: bool = False, mode: str = "w"
    ) -> None:
        """Write a file whole, or raise what Home Assistant raises for a full disk."""
        name = os.path.basename(filename)
        is_ours = name.startswith(self._prefix)
        if self.is_muted:
            return
        if is_ours:
            self.writes += 1
            for tell in self.on_write:
                tell(name)
            if self.is_full:
                self.refused += 1
                self._trace.add("disk", f"refuses to write {name}")
                raise file_util.WriteError(OSError(errno.ENOSPC, "No space left on device"))
        data = utf8_data.encode() if isinstance(utf8_data, str) else utf8_data
        if is_ours and self._trace.wanted:
            self._trace.add("disk", f"writes {name}: {_shorten(data)}")
        self.files[filename] = data

    def open(self, filename: str | os.PathLike[str], *args: Any, **kwargs: Any) -> Any:
        """Open a file that is in memory; others from the real disk."""
        name = os.fspath(filename)
        if storage.STORAGE_DIR not in name:
            return open(filename, *args, **kwargs)
        if (data := self.files.get(name)) is None:
            raise FileNotFoundError(errno.ENOENT, "No such file", name)
        return io.BytesIO(data)

    def unlink(self, path: str) -> None:
        """Delete a file."""
        if self.is_muted:
            return
        if self.files.pop(path, None) is None:
            raise FileNotFoundError(errno.ENOENT, "No such file", path)
        self._trace.add("disk", f"deletes {os.path.basename(path)}")

    def rename(self, path: str, target: str) -> None:
        """Move a file."""
        if self.is_muted:
            return
        if (content := self.files.pop(path, None)) is None:
            raise FileNotFoundError(errno.ENOENT, "No such file", path)
        self.files[target] = content

    def holds(self, name: str) -> bool:
        """Return whether there is a file of this name."""
        return any(os.path.basename(path) == name for path in self.files)

    def ours(self) -> list[str]:
        """Return the paths of the integration's files."""
        return sorted(
            path for path in self.files if os.path.basename(path).startswith(self._prefix)
        )

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let Home Assistant's storage use this disk."""
        disk = self

        class _Os:
            """The module `os` for the storage helper, with the calls that change files."""

            unlink = staticmethod(disk.unlink)
            rename = staticmethod(disk.rename)
            makedirs = staticmethod(lambda *_args, **_kwargs: None)
            path = SimpleNamespace(
                **{name: getattr(os.path, name) for name in ("dirname", "isabs", "join", "split")},
                isfile=lambda path: path in disk.files,
            )

            @staticmethod
            def listdir(path: str) -> list[str]:
                return sorted(os.path.basename(name) for name in disk.files)

        writers: dict[str, Any] = {
            "write_utf8_file": self.write,
            "write_utf8_file_atomic": self.write,
        }
        with (
            patch.object(storage, "os", _Os),
            patch.object(adapter.storage_module(), "os", _Os),
            patch.multiple(storage, **writers),
            patch.multiple(file_util, **writers),
            patch.object(json_util, "open", self.open, create=True),
        ):
            yield


def _deliver(future: asyncio.Future[Any], result: object) -> None:
    if not future.done():
        future.set_result(result)


def _shorten(data: bytes) -> str:
    text = " ".join(data.decode().split())
    _, _, text = text.partition('"data": ')
    return text if len(text) < 500 else f"{text[:500]}…"
