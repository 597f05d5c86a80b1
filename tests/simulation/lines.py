"""The lines of the project, and which of them a call or conference is on."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

type Scope = str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its ID, its name, and the number and the conference that belong to it."""

    id: str
    name: str
    number: str
    conference: str

    @property
    def switch(self) -> str:
        """Return the entity ID of its switch "Call recording"."""
        return f"switch.{self.name.lower()}_call_recording"

    @property
    def stop(self) -> str:
        """Return the entity ID of its button "Stop"."""
        return f"button.{self.name.lower()}_stop"

    @property
    def state(self) -> str:
        """Return the entity ID of its sensor "State"."""
        return f"sensor.{self.name.lower()}_state"


LINES = (
    Line("line-1", "Desk", "+15550110", "Desk round"),
    Line("line-2", "Office", "+15550120", "Office round"),
)
_OTHERS = ("+15550100", "+15550101")


@dataclass(frozen=True, slots=True)
class Ends:
    """Who talks to whom in a call, or the name of a conference."""

    from_number: str = _OTHERS[0]
    to_number: str = _OTHERS[1]
    conference: str | None = None

    def lines(self, lines: Iterable[Line]) -> frozenset[str]:
        """Return the IDs of those of the lines that this is on."""
        own = (self.conference,) if self.conference else (self.from_number, self.to_number)
        return frozenset(line.id for line in lines if {line.number, line.conference} & {*own})


def draw_ends(seed: int, *, conference: bool) -> Ends:
    """Return the ends of a new call or conference: of a line, of none, or from one to another."""
    rng = Random(f"ends {seed}")
    if conference:
        line = rng.choice((*LINES, None))
        return Ends() if line is None else Ends(conference=line.conference)
    desk, office = LINES
    match rng.randrange(6):
        case 0 | 1:
            return Ends(to_number=desk.number)
        case 2 | 3:
            return Ends(from_number=office.number)
        case 4:
            return Ends(from_number=desk.number, to_number=office.number)
        case _:
            return Ends()


def swapped(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Return the lines, each with what belonged to the one before it."""
    return tuple(
        Line(line.id, line.name, before.number, before.conference)
        for line, before in zip(lines, (lines[-1], *lines[:-1]), strict=True)
    )
