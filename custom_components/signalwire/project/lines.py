"""The lines of a project: which calls belong to a desk, a room or a department."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from ..const import CONF_ADDRESSES, CONF_RETENTION_DAYS, MAX_RETENTION_DAYS, SUBENTRY_LINE
from .addresses import address_key
from .parties import Parties


def line_addresses(subentry: ConfigSubentry) -> list[str]:
    """Return the addresses of a line; what is stored may have been edited by hand."""
    stored = subentry.data.get(CONF_ADDRESSES)
    return [each for each in stored if isinstance(each, str)] if isinstance(stored, list) else []


def line_retention_days(subentry: ConfigSubentry) -> int | None:
    """Return how many days a line's recordings are kept, 0 for ever; None as the project's.

    What makes no sense, because it was edited by hand, deletes nothing.
    """
    match subentry.data.get(CONF_RETENTION_DAYS):
        case None:
            return None
        case int() as days if 0 <= days <= MAX_RETENTION_DAYS:
            return int(days)
        case _:
            return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line: its ID, its name, the keys of the addresses that belong to it.

    `retention_days` is how long its recordings are kept, if not as long as the project's. Like all
    else of a line, a change of it sets the entry up anew.
    """

    id: str
    name: str
    keys: frozenset[str]
    retention_days: int | None = None


class Lines:
    """All lines of a project, and which of them a call is on."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = {line.id: line for line in lines}
        # Of two lines only if what is stored was edited by hand.
        self._by_key: dict[str, set[str]] = {}
        for line in self._lines.values():
            for key in line.keys:
                self._by_key.setdefault(key, set()).add(line.id)

    @classmethod
    def from_entry(cls, entry: ConfigEntry[Any]) -> Lines:
        """Return the lines of a config entry, which are its subentries."""
        return cls(
            Line(
                id=subentry.subentry_id,
                name=subentry.title,
                keys=frozenset(map(address_key, line_addresses(subentry))),
                retention_days=line_retention_days(subentry),
            )
            for subentry in entry.get_subentries_of_type(SUBENTRY_LINE)
        )

    def __eq__(self, other: object) -> bool:
        """Return whether the other has the same lines."""
        return isinstance(other, Lines) and self._lines == other._lines

    def __hash__(self) -> int:
        """Return a number that is the same for equal lines."""
        return hash(tuple(self._lines))

    def __iter__(self) -> Iterator[Line]:
        """Yield the lines, in the order in which they were added."""
        return iter(self._lines.values())

    def __bool__(self) -> bool:
        """Return whether there is any line."""
        return bool(self._lines)

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the IDs of the lines."""
        return tuple(self._lines)

    def of(self, parties: Parties | None) -> frozenset[str] | None:
        """Return the lines that a call between these parties is on; None if that is not known.

        A call from one line to another is on both.
        """
        if not self._lines:
            return frozenset()
        if parties is None or not parties.is_complete:
            return None
        return frozenset(
            line
            for party in (parties.from_party, parties.to_party)
            if party is not None
            for line in self._by_key.get(address_key(party), ())
        )

    def is_on(self, line_id: str, party: str | None) -> bool:
        """Return whether an address belongs to a line."""
        return party is not None and line_id in self._by_key.get(address_key(party), ())
