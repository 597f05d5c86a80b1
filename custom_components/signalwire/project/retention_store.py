"""What retention keeps over restarts: the marks, and how far the day's deletions have come."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..const import LOGGER
from .damage import Damage
from .entry_file import DamagedFileError, EntryFile

FILE_NAME = "retention"


class StoredRetention(TypedDict):
    """The content of the file; what each means is told with `RetentionRecord`."""

    kept: list[str]
    day: str
    sent: int
    is_done: bool
    failures: dict[str, list[int | str]]
    failed_days: int
    failed_on: str
    in_flight: list[str]
    last_deletion: NotRequired[str]
    lost_for: NotRequired[str]


@dataclass(slots=True)
class RetentionRecord:
    """What is known of a project's retention.

    `kept` are the SIDs of the recordings that are marked to be kept. `sent` counts the deletions
    that were sent on `day` (ISO 8601, local), which `is_done` once all was tried; `in_flight` are
    the SIDs of those whose outcome is not known. `failures` tell for each recording that could not
    be deleted on how many days that was, and on which last; `failed_days` are the days in a row on
    which the service could not be read, the last one `failed_on`. `lost_for` names the confirmation
    of a person since which the marks were lost, and is empty if there was none.
    """

    kept: dict[str, None] = field(default_factory=dict)
    day: str = ""
    sent: int = 0
    is_done: bool = False
    failures: dict[str, tuple[int, str]] = field(default_factory=dict)
    failed_days: int = 0
    failed_on: str = ""
    in_flight: dict[str, None] = field(default_factory=dict)
    last_deletion: datetime | None = None
    lost_for: str | None = None

    @classmethod
    def restored(cls, stored: Any) -> RetentionRecord:
        """Return what was stored; raises ValueError or the like for what makes no sense."""
        last = stored.get("last_deletion")
        return cls(
            kept=dict.fromkeys(_texts(stored["kept"])),
            day=_text(stored["day"]),
            sent=int(stored["sent"]),
            is_done=bool(stored["is_done"]),
            failures={
                _text(sid): (int(days), _text(day))
                for sid, (days, day) in stored["failures"].items()
            },
            failed_days=int(stored["failed_days"]),
            failed_on=_text(stored["failed_on"]),
            in_flight=dict.fromkeys(_texts(stored["in_flight"])),
            last_deletion=None if last is None else dt_util.parse_datetime(last),
            lost_for=None if (lost := stored.get("lost_for")) is None else _text(lost),
        )

    def to_store(self) -> StoredRetention:
        """Return what is kept over restarts."""
        stored = StoredRetention(
            kept=list(self.kept),
            day=self.day,
            sent=self.sent,
            is_done=self.is_done,
            # A tuple would be read back as a list, which is another content.
            failures={sid: list(failure) for sid, failure in self.failures.items()},
            failed_days=self.failed_days,
            failed_on=self.failed_on,
            in_flight=list(self.in_flight),
        )
        if self.last_deletion is not None:
            stored["last_deletion"] = self.last_deletion.isoformat()
        if self.lost_for is not None:
            stored["lost_for"] = self.lost_for
        return stored

    def begin(self, day: str, latest: str) -> bool:
        """Begin a day, unless that was done; return whether anything is left to do on it.

        A day before the one that was begun last is not begun again: a clock that is set back makes
        no new day. A day later than `latest`, the latest that it can be, was a mistake.
        """
        if day > self.day or self.day > latest:
            self.day, self.sent, self.is_done = day, 0, False
        return day == self.day and not self.is_done

    def note_failure(self, sid: str) -> None:
        """Count that a recording could not be deleted, once a day."""
        days, last = self.failures.get(sid, (0, ""))
        if last != self.day:
            self.failures[sid] = (days + 1, self.day)

    def note_failed_day(self, day: str) -> None:
        """Count that the service could not be read, once a day."""
        if day != self.failed_on:
            self.failed_on = day
            self.failed_days += 1

    def failed_today(self, sid: str) -> bool:
        """Return whether a recording could not be deleted today, and is left for tomorrow."""
        return sid in self.failures and self.failures[sid][1] == self.day

    @property
    def most_failed_days(self) -> int:
        """Return on how many days the same has failed."""
        return max([self.failed_days, *(days for days, _ in self.failures.values())])


class RetentionStore:
    """The file of a project's retention, with what is in it as `record`."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        self._entry = entry
        self._file = EntryFile(hass, entry, lambda: dict(self.record.to_store()), name=FILE_NAME)
        self.record = RetentionRecord()

    async def async_load(self, confirmed: str | None) -> None:
        """Bring back what was stored; raises nothing.

        Where it is lost, the record says so: which recordings were marked to be kept is not known
        any more. `confirmed` is when a person has confirmed the policy, if ever.
        """
        try:
            self.record = RetentionRecord.restored(await self._file.async_load())
        except DamagedFileError as err:
            damage = err.damage
        except AttributeError, KeyError, TypeError, ValueError:
            damage = Damage.UNREADABLE
        else:
            return
        if damage is not Damage.MISSING:
            await self._file.async_set_aside()
        # Before anybody has confirmed anything there may be none yet.
        if damage is not Damage.MISSING or confirmed is not None:
            self.record.lost_for = confirmed or ""
            LOGGER.error(
                "Which recordings of %s are to be kept is lost (%s)",
                self._entry.title,
                damage.value,
            )
        # From now on there is a file, so that its loss is noticed.
        self.async_schedule()

    @callback
    def async_schedule(self) -> None:
        """Have the record written soon."""
        self._file.async_schedule()

    async def async_flush(self) -> None:
        """Write the record; returns once it is in the file. Raises NotWrittenError."""
        self._file.async_schedule()
        await self._file.async_flush()

    async def async_stop(self) -> None:
        """Write what is still to be written; after this, nothing is."""
        await self._file.async_stop()


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError
    return [_text(each) for each in value]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
