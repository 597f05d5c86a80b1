"""The lines of the project, and which of them a call or conference is on."""

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
    """Who talks to whom in a call, or the name of a conference; and on which lines that is."""

    from_number: str = _OTHERS[0]
    to_number: str = _OTHERS[1]
    conference: str | None = None
    lines: frozenset[str] = frozenset()


def draw_ends(seed: int, *, conference: bool) -> Ends:
    """Return the ends of a new call or conference: of a line, of none, or from one to another."""
    rng = Random(f"ends {seed}")
    if conference:
        if (line := rng.choice((*LINES, None))) is None:
            return Ends()
        return Ends(conference=line.conference, lines=frozenset((line.id,)))
    desk, office = LINES
    match rng.randrange(6):
        case 0 | 1:
            return Ends(to_number=desk.number, lines=frozenset((desk.id,)))
        case 2 | 3:
            return Ends(from_number=office.number, lines=frozenset((office.id,)))
        case 4:
            lines = frozenset((desk.id, office.id))
            return Ends(from_number=desk.number, to_number=office.number, lines=lines)
        case _:
            return Ends()
