"""The options of a project, with their defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry

from ..api import AudioFormat
from ..const import (
    CONF_ACTIVE_INTERVAL,
    CONF_AUTO_RELEASE,
    CONF_COPY_FOLDER,
    CONF_COPY_FORMAT,
    CONF_DELETIONS_A_DAY,
    CONF_HELD_INTERVAL,
    CONF_IDLE_INTERVAL,
    CONF_LOOK_BACK,
    CONF_MAX_SLOTS,
    CONF_RETENTION_CONFIRMED,
    CONF_RETENTION_DAYS,
    CONF_SIGNING_KEY,
    CONF_VERIFY_SIGNATURE,
)
from .retention_rule import RetentionPolicy

DEFAULTS: Final[Mapping[str, int]] = {
    CONF_ACTIVE_INTERVAL: 5,
    CONF_HELD_INTERVAL: 1,
    CONF_IDLE_INTERVAL: 20,
    CONF_LOOK_BACK: 24,
    CONF_MAX_SLOTS: 16,
    CONF_AUTO_RELEASE: 0,
    CONF_RETENTION_DAYS: 0,
    CONF_DELETIONS_A_DAY: 100,
}
"""Seconds for the intervals, hours for the look-back, minutes for the automatic release."""
MAX_HELD_INTERVAL: Final = 10
"""Seconds; a refresh that is older than 15 confirms nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySettings:
    """Where recordings are copied to, and in which form."""

    folder: str
    audio_format: AudioFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """How a project is read, and what is done by itself.

    The intervals are between two polls: while something is active, while recordings are held, and
    otherwise. `auto_release` is how long the switch's hold lasts, zero for ever. `retention` is how
    long recordings are kept, as far as a person has confirmed that, and when (ISO 8601, UTC); at
    most `deletions_a_day` are deleted. `copies` is where recordings are copied to, if they are.
    """

    active_interval: timedelta
    held_interval: timedelta
    idle_interval: timedelta
    look_back: timedelta
    max_slots: int
    auto_release: timedelta
    retention: RetentionPolicy
    is_retention_confirmed: bool
    retention_confirmed_at: str | None
    deletions_a_day: int
    copies: CopySettings | None
    verify_signature: bool
    signing_key: str | None

    @classmethod
    def from_entry(cls, entry: ConfigEntry[Any]) -> ProjectSettings:
        """Return the settings of a config entry."""
        options = {**DEFAULTS, **entry.options}
        retention = RetentionPolicy.from_entry(entry, int(options[CONF_RETENTION_DAYS]))
        confirmed = entry.options.get(CONF_RETENTION_CONFIRMED)
        if not isinstance(confirmed, dict):
            # Edited by hand: nothing is deleted then.
            confirmed = {}
        return cls(
            active_interval=timedelta(seconds=options[CONF_ACTIVE_INTERVAL]),
            held_interval=timedelta(seconds=options[CONF_HELD_INTERVAL]),
            idle_interval=timedelta(seconds=options[CONF_IDLE_INTERVAL]),
            look_back=timedelta(hours=options[CONF_LOOK_BACK]),
            max_slots=int(options[CONF_MAX_SLOTS]),
            auto_release=timedelta(minutes=options[CONF_AUTO_RELEASE]),
            retention=retention,
            is_retention_confirmed=confirmed.get("policy") == retention.to_confirm(entry),
            retention_confirmed_at=confirmed.get("at"),
            copies=_copies(entry),
            deletions_a_day=int(options[CONF_DELETIONS_A_DAY]),
            verify_signature=entry.options.get(CONF_VERIFY_SIGNATURE, True),
            signing_key=entry.options.get(CONF_SIGNING_KEY),
        )


def _copies(entry: ConfigEntry[Any]) -> CopySettings | None:
    """Return where recordings are copied to; None if they are not."""
    folder, name = entry.options.get(CONF_COPY_FOLDER), entry.options.get(CONF_COPY_FORMAT)
    if not isinstance(folder, str) or not folder:
        return None
    audio_format = AudioFormat(name) if name in set(AudioFormat) else AudioFormat.MP3
    return CopySettings(folder=folder, audio_format=audio_format)
