"""What the service's side received: the witness of every test."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .models import Json

_LONGEST = 100_000


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
        super().__init__(maxlen=_LONGEST)
