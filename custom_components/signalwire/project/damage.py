"""Why a stored file could not be read."""

from enum import StrEnum, unique


@unique
class Damage(StrEnum):
    """What is the matter with a file; `NEWER` is one that a newer version has written."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    NEWER = "newer"
