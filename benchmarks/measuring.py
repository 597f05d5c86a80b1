"""What a measurement is: figures with their spread, each beside its target."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from time import perf_counter, process_time
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How thoroughly to measure; everything else is the same for both."""

    quick: bool

    def pick(self, *, quick: int, full: int) -> int:
        """Return the number for this run."""
        return quick if self.quick else full


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number: its median, the quarters around it, and what it has to reach.

    `low` and `high` are the first and third quartile of `samples` measurements. `met` is None
    where there is nothing to reach.
    """

    name: str
    value: float
    unit: str = ""
    low: float
    high: float
    samples: int = 1
    target: str = ""
    met: bool | None = None

    @classmethod
    def of(
        cls,
        name: str,
        values: Sequence[float],
        unit: str = "",
        *,
        target: str = "",
        reach: Callable[[float], bool] | None = None,
    ) -> Self:
        """Return the figure of repeated measurements; the median has to reach the target."""
        ordered = sorted(values)
        middle = median(ordered)
        return cls(
            name=name,
            value=middle,
            unit=unit,
            low=ordered[(len(ordered) - 1) // 4],
            high=ordered[-1 - (len(ordered) - 1) // 4],
            samples=len(ordered),
            target=target,
            met=None if reach is None else reach(middle),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table; what was measured, beside what, and what came out."""

    name: str
    what: str
    beside: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """Return the row for the file of results."""
        return asdict(self)

    @property
    def met(self) -> bool | None:
        """Return whether every target is met; None if there are none."""
        verdicts = [figure.met for figure in self.figures if figure.met is not None]
        return all(verdicts) if verdicts else None


@dataclass(slots=True)
class Stopwatch:
    """Wall-clock and processor seconds of this process, from entering to leaving."""

    seconds: float = 0
    cpu: float = 0

    def __enter__(self) -> Self:
        """Begin."""
        self.cpu = -process_time()
        self.seconds = -perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.seconds += perf_counter()
        self.cpu += process_time()


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Return ours divided by theirs, of measurements that were made one beside the other."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]
