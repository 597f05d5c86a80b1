"""The folder of the copies, as it is on the disk. All of it is to be run in the executor."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import Enum, auto
from hashlib import sha256
import json
import os
from pathlib import Path
from secrets import token_hex
import sys
from threading import Lock
from typing import Any, BinaryIO

from ..api import AudioFormat
from .names import CopyName, sid_of

_MARKER = ".signalwire"
_MARKER_TEXT = "Home Assistant copies recordings to this folder while this file is here.\n"
_PART = ".part"
_ENDING = ".json"
_BLOCK = 1024 * 1024


class FolderGoneError(OSError):
    """The folder is not there, as when a network share is not connected."""


class DamagedCopyError(OSError):
    """What was written to the disk is not what can be read from it."""


class CopyState(Enum):
    """What a copy is like: as it was written, changed since, or not there."""

    GOOD = auto()
    DAMAGED = auto()
    MISSING = auto()


def is_within(path: str, folders: Iterable[str]) -> bool:
    """Return whether a path is absolute, and one of the folders or below it, links resolved."""
    given = Path(path)
    if not given.is_absolute():
        return False
    resolved = given.resolve()
    return any(resolved.is_relative_to(Path(folder).resolve()) for folder in folders)


class CopyFolder:
    """A folder with a copy of each recording: its audio, and a JSON file that was written last.

    The owner is part of the name of what is being written, so that two may share a folder.
    """

    def __init__(self, path: str, owner: str) -> None:
        self.path = Path(path)
        self._owner = owner
        # The names of the files that are being written just now.
        self.parts: set[str] = set()

    def prepare(self) -> None:
        """Create the folder, with a file by which it is known to be there; raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True)
        # Never through a link that leads elsewhere.
        part = self.path / f"{_MARKER}.{token_hex(8)}{_PART}"
        part.write_text(_MARKER_TEXT, encoding="ascii")
        part.replace(self.path / _MARKER)

    def require_there(self) -> None:
        """Raise FolderGoneError if it is not the folder that was prepared.

        Where a share is not connected there may be an empty folder, on another disk.
        """
        if not (self.path / _MARKER).is_file():
            raise FolderGoneError(f"{self.path.name} is not there")

    def scan(self) -> dict[str, str]:
        """Return the day of each recording whose copy is complete, by SID.

        What was being written when it was broken off is removed. Raises OSError.
        """
        self.require_there()
        found: dict[str, str] = {}
        for folder in self._days():
            day = sys.intern(folder.relative_to(self.path).as_posix())
            files = {entry.name for entry in os.scandir(folder)}
            for file in files:
                if file.startswith(f".{self._owner}.") and file.endswith(_PART):
                    if file in self.parts:
                        continue
                    (folder / file).unlink(missing_ok=True)
                elif (sid := sid_of(file, _ENDING)) is not None and any(
                    f"{file.removesuffix(_ENDING)}.{audio}" in files for audio in AudioFormat
                ):
                    found[sid] = day
        return found

    def _days(self) -> Iterator[Path]:
        yield from self.path.glob(f"{'[0-9]' * 4}/{'[0-9]' * 2}/{'[0-9]' * 2}")

    def check(self, sid: str, day: str) -> CopyState:
        """Return what the copy of a recording is like: all of it is read. Raises OSError."""
        self.require_there()
        folder, state = self.path / day, CopyState.MISSING
        for file in os.listdir(folder) if folder.is_dir() else []:
            # There may be one from before its parties were known.
            if sid_of(file, _ENDING) == sid and state is not CopyState.GOOD:
                found = _check(folder, file)
                state = state if found is CopyState.MISSING else found
        return state

    def writer(self, name: CopyName, audio_format: AudioFormat, sid: str) -> CopyWriter:
        """Return what writes a copy, under another name until it is complete."""
        # Never the same: one recording may be copied twice at once.
        part = f".{self._owner}.{sid}.{token_hex(8)}"
        return CopyWriter(self, self.path / name.day / name.stem, audio_format, part)

    def open_part(self, part: Path) -> BinaryIO:
        """Return a new file below the folder, for what is being written; raises OSError."""
        self.require_there()
        if not is_within(str(part.parent), [str(self.path)]):
            raise PermissionError(None, "A link leads out of the folder")
        part.parent.mkdir(parents=True, exist_ok=True)
        # First: a look at the folder meanwhile must not take it for left over.
        self.parts.add(part.name)
        return part.open("xb")


class CopyWriter:
    """Writes one copy.

    Its calls may still run when it is discarded, because who has begun them was cancelled: they
    leave nothing behind.
    """

    def __init__(
        self, folder: CopyFolder, path: Path, audio_format: AudioFormat, part: str
    ) -> None:
        self._folder = folder
        self.file = path.with_name(f"{path.name}.{audio_format}")
        self.size = 0
        self._fields_file = path.with_name(f"{path.name}{_ENDING}")
        self._part = path.with_name(f"{part}{_PART}")
        self._fields_part = path.with_name(f"{part}{_ENDING}{_PART}")
        self._hash = sha256()
        self._stream: BinaryIO | None = None
        self._lock = Lock()
        self._is_discarded = False

    def write(self, block: bytes) -> None:
        """Write some of the audio; raises OSError."""
        with self._lock:
            if self._is_discarded:
                return
            if self._stream is None:
                self._stream = self._folder.open_part(self._part)
            self._stream.write(block)
            self._hash.update(block)
            self.size += len(block)

    def finish(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Give the copy its name, once it is on the disk as it came; return what tells of it.

        The JSON file comes last: with it the copy is complete. Raises OSError.
        """
        with self._lock:
            if self._is_discarded or self._stream is None:
                raise DamagedCopyError("Nothing was written")
            _close(self._stream)
            digest = self._hash.hexdigest()
            if _digest_of(self._part) != (self.size, digest):
                raise DamagedCopyError("What was written cannot be read back")
            audio = {"file": self.file.name, "bytes": self.size, "sha256": digest}
            with self._folder.open_part(self._fields_part) as stream:
                text = json.dumps({**fields, "audio": audio}, ensure_ascii=False, indent=2)
                stream.write(text.encode())
                _close(stream)
            self._part.replace(self.file)
            self._fields_part.replace(self._fields_file)
            _sync_folder(self.file.parent)
            self._forget()
        return audio

    def discard(self) -> None:
        """Remove what was written, as far as that can be."""
        with self._lock:
            self._is_discarded = True
            if self._stream is not None:
                with suppress(OSError):
                    self._stream.close()
            for part in (self._part, self._fields_part):
                with suppress(OSError):
                    part.unlink(missing_ok=True)
            self._forget()

    def _forget(self) -> None:
        self._folder.parts -= {self._part.name, self._fields_part.name}


def _check(folder: Path, file: str) -> CopyState:
    try:
        audio = json.loads((folder / file).read_bytes())["audio"]
        expected = audio["bytes"], audio["sha256"]
        stem = file.removesuffix(_ENDING)
        if audio["file"] not in {f"{stem}.{audio_format}" for audio_format in AudioFormat}:
            return CopyState.DAMAGED
        found = _digest_of(folder / audio["file"])
    except FileNotFoundError:
        return CopyState.MISSING
    except KeyError, TypeError, ValueError:
        return CopyState.DAMAGED
    return CopyState.GOOD if found == expected else CopyState.DAMAGED


def _digest_of(file: Path) -> tuple[int, str]:
    size, digest = 0, sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            size += len(block)
            digest.update(block)
    return size, digest.hexdigest()


def _close(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())
    stream.close()


def _sync_folder(folder: Path) -> None:
    # Some network shares cannot do that.
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
