"""Who the space belongs to, and how it answers."""

from dataclasses import dataclass, field
from enum import StrEnum


class CallbackFormat(StrEnum):
    """In which form a callback is posted."""

    FORM = "form"
    JSON = "json"


@dataclass(slots=True, kw_only=True)
class Settings:
    """What can be changed while the simulator runs."""

    project: str
    token: str
    space_name: str
    signing_key: str
    # The specification has null after a project's creation; it was seen otherwise.
    show_signing_key: bool = False
    scopes: set[str] = field(default_factory=lambda: {"voice", "management"})
    # Answer as loosely as in a response recorded in 2018.
    loose: bool = False
    # Seconds by which lists are behind updates: each recording is listed as it was then, its
    # `date_updated` included. How far the service's own lists lag is not documented.
    list_lag: float = 0
    # Other words for a status, by the one of the specification, such as `IN_PROGRESS`, or
    # `processing` as in SDKs. Whether the service itself writes them is not documented.
    status_words: dict[str, str] = field(default_factory=dict)
    # A recording that was resumed says `resumed`. The specification lists that status without
    # saying when; a resume of a real recording would tell.
    says_resumed: bool = False
    # Each recording of a call that the control side starts names a conference as well, as a sample
    # in the older reference does. For which recordings the service does so is not documented.
    both_parents: bool = False
    # Seconds by which new recordings start before they are created, as in a response recorded in
    # 2018, and whether their `start_time` is null, as the older reference allows.
    start_lead: float = 0
    null_start: bool = False
    # So many first reads of each single recording answer 404, as if it was not there yet. That the
    # service does so is a guess, from services that are built alike.
    missing_reads: int = 0
    # Media take the login, as in a project with Media URL Protection. That the service answers 401
    # without it, and not 403, is a guess; a request to a protected project would tell.
    protect_recordings: bool = False
    # Where the simulator listens.
    url: str | None = None
    # What a dial plan on the space would give to each recording that it starts.
    callback_url: str | None = None
    callback_format: CallbackFormat = CallbackFormat.FORM
    # Seconds by which callbacks are late, and how often each is sent.
    callback_delay: float = 0
    callback_copies: int = 1
