"""What the service's side received: the witness of every test."""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

from .models import Json

_MAX_REQUESTS = 100_000


@dataclass(slots=True, kw_only=True)
class ReceivedRequest:
    """One request: its path with the query, its form, and the status that was answered.

    `status` is None until the answer, and for one that was never answered. What it carried to
    log in is not kept.
    """

    time: datetime
    method: str
    path: str
    form: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None

    def render(self) -> Json:
        """Return the request for the control side."""
        return {
            "time": self.time.isoformat(),
            "method": self.method,
            "path": self.path,
            "form": dict(self.form),
            "status": self.status,
        }


class RequestLog(deque[ReceivedRequest]):
    """The last hundred thousand requests, oldest first."""

    def __init__(self) -> None:
        super().__init__(maxlen=_MAX_REQUESTS)
        self.total = 0
        self.most_at_once = 0
        self._under_way = 0

    @contextmanager
    def under_way(self, request: ReceivedRequest) -> Iterator[None]:
        """Log a request, and count it as under way until its answer is made."""
        self.append(request)
        self.total += 1
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            yield
        finally:
            self._under_way -= 1

    @override
    def clear(self) -> None:
        """Begin anew."""
        super().clear()
        self.total = self.most_at_once = 0
