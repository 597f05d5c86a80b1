"""The options of a project, with their defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry

from ..const import (
    CONF_ACTIVE_INTERVAL,
    CONF_AUTO_RELEASE,
    CONF_HELD_INTERVAL,
    CONF_IDLE_INTERVAL,
    CONF_LOOK_BACK,
    CONF_MAX_SLOTS,
    CONF_SIGNING_KEY,
    CONF_VERIFY_SIGNATURE,
)

DEFAULTS: Final[Mapping[str, int]] = {
    CONF_ACTIVE_INTERVAL: 5,
    CONF_HELD_INTERVAL: 1,
    CONF_IDLE_INTERVAL: 20,
    CONF_LOOK_BACK: 24,
    CONF_MAX_SLOTS: 16,
    CONF_AUTO_RELEASE: 0,
}
"""Seconds for the intervals, hours for the look-back, minutes for the automatic release."""
MAX_HELD_INTERVAL: Final = 10
"""Seconds; a refresh that is older than 15 confirms nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """How a project is read, and what is done by itself.

    The intervals are between two polls: while something is active, while recordings are held, and
    otherwise. `auto_release` is how long the switch's hold lasts, zero for ever.
    """

    active_interval: timedelta
    held_interval: timedelta
    idle_interval: timedelta
    look_back: timedelta
    max_slots: int
    auto_release: timedelta
    verify_signature: bool
    signing_key: str | None

    @classmethod
    def from_entry(cls, entry: ConfigEntry[Any]) -> ProjectSettings:
        """Return the settings of a config entry."""
        options = {**DEFAULTS, **entry.options}
        return cls(
            active_interval=timedelta(seconds=options[CONF_ACTIVE_INTERVAL]),
            held_interval=timedelta(seconds=options[CONF_HELD_INTERVAL]),
            idle_interval=timedelta(seconds=options[CONF_IDLE_INTERVAL]),
            look_back=timedelta(hours=options[CONF_LOOK_BACK]),
            max_slots=int(options[CONF_MAX_SLOTS]),
            auto_release=timedelta(minutes=options[CONF_AUTO_RELEASE]),
            verify_signature=entry.options.get(CONF_VERIFY_SIGNATURE, True),
            signing_key=entry.options.get(CONF_SIGNING_KEY),
        )
