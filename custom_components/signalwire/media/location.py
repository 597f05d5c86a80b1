"""The places of the media browser: what stands behind `media-source://signalwire/`."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum, unique
import re
from typing import Self, override

from ..project.library import Cursor

_CURSOR = re.compile(r"before-(\d{1,11})-(\d{1,4})")


@unique
class Level(StrEnum):
    """What a location lists; `recording` is one that can be played."""

    PROJECT = "project"
    DAYS = "days"
    DAY = "day"
    CALLS = "calls"
    CALL = "call"
    CONFERENCE = "conference"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLocation:
    """A location within one project, and where its list goes on.

    `key` is a day (ISO 8601, local), the SID of a call or a conference, or the file of a
    recording: its SID and `.mp3` or `.wav`.
    """

    entry_id: str
    level: Level = Level.PROJECT
    key: str = ""
    cursor: Cursor | None = None

    @classmethod
    def parse(cls, identifier: str) -> Self | None:
        """Return the location that is named, or None if it is none."""
        entry_id, *parts = identifier.split("/")
        cursor = None
        if len(parts) > 1 and (match := _CURSOR.fullmatch(parts[-1])):
            cursor = Cursor(second=datetime.fromtimestamp(int(match[1]), UTC), shown=int(match[2]))
            parts.pop()
        location = cls(entry_id=entry_id, cursor=cursor)
        match parts:
            case []:
                return location
            case [Level.DAYS | Level.CALLS as level]:
                return replace(location, level=Level(level))
            case [Level.DAY as level, key] if is_day(key):
                return replace(location, level=Level(level), key=key)
            case [Level.CALL | Level.CONFERENCE as level, key] if key:
                return replace(location, level=Level(level), key=key)
            case [Level.RECORDING as level, key] if cursor is None:
                return replace(location, level=Level(level), key=key)
            case _:
                return None

    @override
    def __str__(self) -> str:
        """Return the name of the location."""
        parts = [self.entry_id]
        if self.level is not Level.PROJECT:
            parts.append(self.level)
        if self.key:
            parts.append(self.key)
        if self.cursor is not None:
            parts.append(f"before-{int(self.cursor.second.timestamp())}-{self.cursor.shown}")
        return "/".join(parts)

    def to(self, level: Level, key: str = "", cursor: Cursor | None = None) -> Self:
        """Return another location of the same project."""
        return replace(self, level=level, key=key, cursor=cursor)


def is_day(key: str) -> bool:
    """Return whether this is a day in ISO 8601, with neighbours."""
    try:
        # Far from the ends of the calendar, where its neighbours would be off it.
        return 1970 < date.fromisoformat(key).year < 9999 and len(key) == 10
    except ValueError:
        return False
