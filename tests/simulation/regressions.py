"""The file of regressions: runs that once violated an invariant."""

from dataclasses import dataclass
from pathlib import Path

REGRESSIONS = Path(__file__).with_name("regressions.txt")


@dataclass(frozen=True, slots=True)
class Regression:
    """A line of the file: `SEED [hours=N] [keep=1,2,5-9] [features=a,b]  # what it was`."""

    seed: str
    values: tuple[tuple[str, str], ...]

    @property
    def arguments(self) -> list[str]:
        """Return what replays it, as arguments of `scripts/simulate`."""
        # One word each, because a list of features may be empty.
        return ["--seed", self.seed, *(f"--{name}={value}" for name, value in self.values)]


def read_regressions() -> list[Regression]:
    """Return every run of the file."""
    found = []
    for line in REGRESSIONS.read_text(encoding="utf-8").splitlines():
        seed, *words = line.partition("#")[0].split() or [""]
        if seed:
            values = tuple((name, value) for name, _, value in (w.partition("=") for w in words))
            found.append(Regression(seed, values))
    return found
