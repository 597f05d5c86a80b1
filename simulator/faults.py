"""Faults on demand: what is answered instead of the truth, or how an answer is spoiled."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
import random
import re
from typing import Literal

_ENDINGS = (".json", ".mp3", ".wav")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of fault; what is left out matches every request.

    Which requests it is for: `path` and `query` are regular expressions that are searched for in
    the decoded path and query string. `sid` is for requests that name a SID, in
    their path or as the value of a parameter.

    What it does: with `status` the answer has that status, `headers`, and `body` as `content_type`.
    Without a body, a status of 400 to 499 has the service's own JSON error body, with `code` and
    `message`; `Fault(status=404, body="<html>Not Found</html>", content_type="text/html")` is a
    proxy's. `delay` is in seconds; `drop` closes the connection without an answer; `truncate`
    closes it half way.

    `apply` says whether that comes `before` the request is carried out, which then never happens
    if the answer has a status or is dropped, or `after`, so that only the answer suffers.
    """

    method: str | None = None
    path: str | None = None
    query: str | None = None
    sid: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    content_type: str | None = None
    delay: float = 0
    drop: bool = False
    truncate: bool = False
    times: int | None = None
    probability: float = 1
    apply: Literal["before", "after"] = "before"

    def matches(self, method: str, path: str, query: str = "") -> bool:
        """Return whether the fault is for such a request."""
        return (
            (self.method is None or self.method.upper() == method)
            and (self.path is None or re.search(self.path, path) is not None)
            and (self.query is None or re.search(self.query, query) is not None)
            and (self.sid is None or self.sid in _names(path, query))
        )


class Faults:
    """The faults in force; a request gets the first that matches."""

    def __init__(self, seed: int = 0) -> None:
        self.applied: list[Fault] = []
        self._faults: list[Fault] = []
        self._random = random.Random(seed)  # noqa: S311 (nothing secret)

    @property
    def count(self) -> int:
        """Return how many faults are in force."""
        return len(self._faults)

    def add(self, fault: Fault) -> None:
        """Put a fault in force, behind those that are."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Remove every fault."""
        self._faults.clear()

    def take(self, method: str, path: str, query: str = "") -> Fault | None:
        """Return the fault for this request, and count it."""
        for index, fault in enumerate(self._faults):
            if not fault.matches(method, path, query) or self._random.random() >= fault.probability:
                continue
            if fault.times is not None:
                if fault.times > 1:
                    self._faults[index] = replace(fault, times=fault.times - 1)
                else:
                    del self._faults[index]
            self.applied.append(fault)
            return fault
        return None


def _names(path: str, query: str) -> set[str]:
    """Return the segments of a path without their endings, and the values of a query string."""
    names = set(path.split("/")) | {part.partition("=")[2] for part in query.split("&")}
    for ending in _ENDINGS:
        names |= {name.removesuffix(ending) for name in names}
    return names
