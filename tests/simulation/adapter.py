"""All that the simulation knows of the integration's inside, and what it expects of its names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
import importlib
import pkgutil
import random
from types import ModuleType
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntry
from homeassistant.util import dt as dt_util

import custom_components.signalwire

from .retention import DAY

DOMAIN = "signalwire"
PACKAGE = "custom_components.signalwire"
TITLE = "Shop"
ENTRY_ID = "entry"
MASTER = "switch.shop_call_recording"
STOP_ALL = "button.shop_stop_all_recordings"
COUNT = "sensor.shop_active_recordings"
ACTIVITY = "event.shop_recording_activity"
EVENT_ACTIVITY = "signalwire_recording_activity"
STORAGE_PREFIX = f"{DOMAIN}.{ENTRY_ID}"
PROJECT_FILE = f"{DOMAIN}.{ENTRY_ID}"
RETENTION_FILE = f"{DOMAIN}.{ENTRY_ID}.retention"
DAY_FILE = f"{DOMAIN}.{ENTRY_ID}.today"

OPTION_ACTIVE_INTERVAL = "active_interval"
OPTION_HELD_INTERVAL = "held_interval"
OPTION_SLOTS = "most_slots"
DEFAULT_ACTIVE_INTERVAL = 5.0
DEFAULT_SLOTS = 16

# The bounds in seconds that the observer holds the integration to.
REQUEST_TOTAL = 20.0
"""A request with all its tries takes no longer."""
MAX_HELD_INTERVAL = 15.0
"""While held, recordings are looked at no less often than this while the service answers."""
SWEEP = 360.0
"""After so long without faults no active recording is unknown."""
PROMPT = 1.5
"""A pause that a person asks for is on its way by then, whatever hangs."""
STORE_TIMEOUT = 0.5
"""So long a pause waits for the disk, and is then sent all the same."""
CARRIED_OUT = 60.0
"""A pause is carried out, or told to have failed, by then, whatever the faults."""
ALARM = 45.0
"""A recording that runs although it is held has raised an alarm by then, whatever the faults."""
SETTLE = 90.0
"""After so long without faults everything is as it is wanted."""
AVAILABLE = 120.0
"""After so long without faults everything can be read."""
ISSUES_GONE = 400.0
"""After so long with all well there is no issue left about it."""
RELEASE_LATE = 35.0
"""A hold whose time is up has ended by then, also if the wall clock jumped there."""
ALARMS = ("pause_failed", "resume_failed")
"""The types of activities that raise an alarm."""
HELD = "held"
"""The translation key of the error that says that all recordings are held."""
ENDED = "recording_ended"
"""The translation key of the error that says that a recording has ended."""
NOT_LOADED = "project_not_loaded"
"""The translation key of the error that says that a project has been stopped."""
UNTIL_RELEASED = ("pause_undone", "hold_not_restored")
"""Issues that say themselves that they stay until the release."""
LASTING_ISSUES = (
    *("slots_exceeded", "webhook_refused"),
    *("marks_lost", "retention_unconfirmed", "deletion_failed"),
)
"""Issues that tell of something other than a pause that is not as it should be."""


def slot_switch(number: int) -> str:
    """Return the entity ID of a slot's switch."""
    return f"switch.recording_{number}"


@cache
def slot_of(entity_id: str) -> int | None:
    """Return the slot of a slot's switch, or None."""
    prefix, _, number = entity_id.rpartition("_")
    return int(number) if prefix == "switch.recording" and number.isdecimal() else None


def load_all() -> None:
    """Import every module that can be, so that the clock finds each."""
    for module in pkgutil.walk_packages(custom_components.signalwire.__path__, f"{PACKAGE}."):
        try:
            importlib.import_module(module.name)
        except ImportError:
            continue


@contextmanager
def installed(session: Callable[[], Any]) -> Iterator[None]:
    """Let the integration's client use the session of the process that runs."""
    rule = importlib.import_module(f"{PACKAGE}.project.retention_rule")
    retention = importlib.import_module(f"{PACKAGE}.project.retention")
    with (
        patch.object(
            custom_components.signalwire, "async_get_clientsession", lambda _hass: session()
        ),
        # Days are as short as the simulation's.
        patch.object(rule, "_kept_for", _kept_for),
        patch.object(retention, "_day", _day),
        patch.object(retention, "_INTERVAL", timedelta(seconds=DAY / 20)),
    ):
        yield


def _kept_for(days: int) -> timedelta | None:
    return timedelta(seconds=days * DAY) if days else None


def _day(moment: datetime) -> str:
    return f"{moment.timestamp() // DAY:.0f}"


def confirmed_retention(entry: ConfigEntry[Any], days: int, a_day: int) -> dict[str, Any]:
    """Return the options once a person has confirmed how long recordings are kept."""
    rule = importlib.import_module(f"{PACKAGE}.project.retention_rule")
    policy = rule.RetentionPolicy.from_entry(entry, days)
    return {
        "retention_days": days,
        "deletions_a_day": a_day,
        "retention_confirmed": {
            "at": dt_util.utcnow().isoformat(),
            "policy": policy.to_confirm(entry),
        },
    }


def storage_module() -> ModuleType:
    """Return the module of the integration that renames and deletes files."""
    return importlib.import_module(f"{PACKAGE}.project.entry_file")


def seed_randomness(seed: str) -> None:
    """Seed what Home Assistant and the integration draw from: the module `random`."""
    random.seed(seed)


def is_ours(thing: object) -> bool:
    """Return whether a callback, job or bound method is the integration's."""
    for _ in range(6):
        owner = getattr(thing, "__self__", None)
        names = (getattr(thing, "__module__", None), type(owner).__module__)
        if any(isinstance(name, str) and name.startswith(PACKAGE) for name in names):
            return True
        key = getattr(owner, "key", None)
        if isinstance(key, str) and key.startswith(STORAGE_PREFIX):
            return True
        inner = getattr(thing, "func", None) or getattr(thing, "target", None)
        inner = inner or getattr(getattr(owner, "job", None), "target", None)
        if inner is None:
            return False
        thing = inner
    return False


def holds_of(entry: ConfigEntry[Any]) -> Any:
    """Return what holds and releases the recordings of an entry that is set up."""
    return entry.runtime_data.project.hold_controller
