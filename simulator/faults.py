"""Bad weather on demand: what the service's side answers instead of the truth."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
import random
import re
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of fault; what is left out matches every request.

    `path` is a regular expression searched for in the path. `apply` says whether the fault comes
    `before` the request is carried out, or `after`, so that only its answer suffers.
    """

    method: str | None = None
    path: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    delay: float = 0
    drop: bool = False
    truncate: bool = False
    times: int | None = None
    probability: float = 1
    apply: Literal["before", "after"] = "before"

    def matches(self, method: str, path: str) -> bool:
        """Return whether the fault is for such a request."""
        return (self.method is None or self.method.upper() == method) and (
            self.path is None or re.search(self.path, path) is not None
        )


class Faults:
    """The faults in force, first come first served."""

    def __init__(self, seed: int = 0) -> None:
        self.applied: list[Fault] = []
        self._faults: list[Fault] = []
        self._random = random.Random(seed)  # noqa: S311 (faults keep no secret)

    @property
    def count(self) -> int:
        """Return how many faults are in force."""
        return len(self._faults)

    def add(self, fault: Fault) -> None:
        """Put a fault in force, behind those that are."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Let the sun shine."""
        self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for this request, and count it."""
        for index, fault in enumerate(self._faults):
            if not fault.matches(method, path) or self._random.random() >= fault.probability:
                continue
            if fault.times is not None:
                if fault.times > 1:
                    self._faults[index] = replace(fault, times=fault.times - 1)
                else:
                    del self._faults[index]
            self.applied.append(fault)
            return fault
        return None
