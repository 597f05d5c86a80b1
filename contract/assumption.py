"""What is assumed of the service, and what was seen of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Verdict(StrEnum):
    """What an account shows of an assumption."""

    HOLDS = "holds"
    FAILS = "does not hold"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict, and in a few words what was seen; no secrets, no numbers, no SIDs."""

    verdict: Verdict
    seen: str = ""


def holds_if(condition: bool, seen: str = "") -> Finding:
    """Return that it holds, or that it does not."""
    return Finding(Verdict.HOLDS if condition else Verdict.FAILS, seen)


def not_seen(why: str) -> Finding:
    """Return that nothing there could have shown it."""
    return Finding(Verdict.NOT_SEEN, why)


type Check[T] = Callable[[T], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class Assumption[T]:
    """One sentence about the service, its key in `docs/assumptions.md`, and how it is checked."""

    key: str
    text: str
    check: Check[T]


class Assumptions[T]:
    """A list of assumptions in the order in which they are checked."""

    def __init__(self) -> None:
        self.all: list[Assumption[T]] = []

    def add(self, key: str, text: str) -> Callable[[Check[T]], Check[T]]:
        """Return what adds a check under a key."""

        def add(check: Check[T]) -> Check[T]:
            self.all.append(Assumption(key, text, check))
            return check

        return add
