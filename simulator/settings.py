"""Who the space belongs to, and how it answers."""

from dataclasses import dataclass, field


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
