"""Which recordings are due for deletion: plain decisions, without a clock of their own."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry

from ..api import MalformedAnswerError, Page, Recording, RecordingStatus
from ..const import MAX_RETENTION_DAYS, SUBENTRY_LINE
from .lines import line_addresses, line_retention_days

# What is over for good, and still there: not `processing`, which may be about to get its audio.
_DELETABLE = frozenset(
    {
        RecordingStatus.STOPPED,
        RecordingStatus.COMPLETED,
        RecordingStatus.ABSENT,
        RecordingStatus.FAILED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """How long recordings are kept, None for ever: those of some lines, and all others."""

    default: timedelta | None = None
    lines: Mapping[str, timedelta | None] = field(default_factory=dict)

    @classmethod
    def from_entry(cls, entry: ConfigEntry[Any], days: int) -> RetentionPolicy:
        """Return the policy of a config entry's lines, with so many days for all others."""
        return cls(
            default=_kept_for(days),
            lines={
                line.subentry_id: _kept_for(own)
                for line in entry.get_subentries_of_type(SUBENTRY_LINE)
                if (own := line_retention_days(line)) is not None
            },
        )

    @property
    def shortest(self) -> timedelta | None:
        """Return how long recordings are kept at least; None if nothing is ever deleted."""
        return min(
            (kept for kept in (self.default, *self.lines.values()) if kept is not None),
            default=None,
        )

    @property
    def depends_on_lines(self) -> bool:
        """Return whether it matters which line a recording is of."""
        return any(kept != self.default for kept in self.lines.values())

    def kept_for(self, lines: frozenset[str] | None) -> timedelta | None:
        """Return how long a recording of these lines is kept: as long as any of them asks for.

        Where the lines are not known (None), as long as it could be.
        """
        if lines is None:
            asked: Iterable[timedelta | None] = (self.default, *self.lines.values())
        else:
            asked = [self.lines.get(line, self.default) for line in lines] or [self.default]
        longest = timedelta(0)
        for kept in asked:
            if kept is None:
                return None
            longest = max(longest, kept)
        return longest

    def is_due(self, recording: Recording, lines: frozenset[str] | None, now: datetime) -> bool:
        """Return whether a recording has been over for so long that it is to be deleted."""
        kept, ended = self.kept_for(lines), ended_at(recording)
        return is_over(recording) and kept is not None and ended is not None and ended <= now - kept

    def to_confirm(self, entry: ConfigEntry[Any]) -> dict[str, Any]:
        """Return all that decides over what is deleted, which is what a person confirms."""
        confirmed: dict[str, Any] = {"days": self.default.days if self.default else 0}
        if self.depends_on_lines:
            # Whose recordings a line's days are for.
            confirmed["lines"] = {
                line.subentry_id: [line_retention_days(line), *sorted(line_addresses(line))]
                for line in entry.get_subentries_of_type(SUBENTRY_LINE)
            }
        return confirmed


def _kept_for(days: int) -> timedelta | None:
    # What makes no sense, because it was edited by hand, deletes nothing.
    return timedelta(days=days) if 0 < days <= MAX_RETENTION_DAYS else None


def ended_at(recording: Recording) -> datetime | None:
    """Return when a recording ended: the latest that any of its dates allows, UTC.

    None if that is in doubt: it says neither an end nor a length, or not when it was created.
    """
    created, started = recording.date_created, recording.started
    if created is None or started is None:
        return None
    dates = [] if recording.end_time is None else [recording.end_time]
    if recording.duration is not None:
        dates.append(started + timedelta(seconds=recording.duration))
    return max(created, *dates) if dates else None


def is_over(recording: Recording) -> bool:
    """Return whether a recording is over for good, without any doubt."""
    return recording.status in _DELETABLE and ended_at(recording) is not None


def require_complete(page: Page[Recording]) -> None:
    """Raise MalformedAnswerError if nobody can tell which recordings follow a page, if any."""
    if not page.is_complete:
        raise MalformedAnswerError("The list of recordings has no end")


@dataclass(slots=True, kw_only=True)
class Due:
    """The recordings that are due, out of a list that begins with the newest.

    `number` counts all of them; `first` and `last` are when the oldest and the newest ended. Of
    those that can be deleted now, the oldest are kept in mind, at most `limit`; those that could
    not be deleted before are tried after all others.
    """

    limit: int
    number: int = 0
    first: datetime | None = None
    last: datetime | None = None
    _oldest: deque[str] = field(default_factory=deque)
    failed: list[str] = field(default_factory=list)

    def add(self, recording: Recording, *, is_awaited: bool, has_failed: bool) -> None:
        """Add a recording that is due, and older than those before it.

        One that is awaited, because it is to be copied first, is counted alone.
        """
        self.number += 1
        if (ended := ended_at(recording)) is not None:
            self.first = min(self.first or ended, ended)
            self.last = max(self.last or ended, ended)
        if has_failed:
            self.failed.append(recording.sid)
            return
        if is_awaited:
            return
        self._oldest.append(recording.sid)
        if len(self._oldest) > self.limit:
            self._oldest.popleft()

    @property
    def in_order(self) -> list[str]:
        """Return what is to be deleted, the oldest first, and what failed before at the end."""
        return [*reversed(self._oldest), *reversed(self.failed)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSnapshot:
    """How many recordings are due for deletion, if that is known, and when one was deleted last."""

    due: int | None = None
    last_deletion: datetime | None = None
