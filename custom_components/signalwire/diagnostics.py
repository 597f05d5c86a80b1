"""Diagnostics: what helps to find a fault, without who talked to whom or what opens the audio.

Nothing is copied and then cleaned: what is not named here is left out. SIDs, numbers, names,
addresses, keys and what the service says in words are not named.
"""

from collections import Counter
from dataclasses import asdict
from datetime import datetime
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from yarl import URL

from .api import (
    RECORDING_FIELDS,
    MalformedAnswerError,
    Recording,
    RecordingTrim,
    ServiceAnswerError,
)
from .api.parsing import parse_code
from .const import (
    CONF_ACTIVE_INTERVAL,
    CONF_AUTO_RELEASE,
    CONF_CLOUDHOOK_URL,
    CONF_COPY_FOLDER,
    CONF_DELETIONS_A_DAY,
    CONF_HELD_INTERVAL,
    CONF_IDLE_INTERVAL,
    CONF_LOOK_BACK,
    CONF_MAX_SLOTS,
    CONF_RETENTION_CONFIRMED,
    CONF_RETENTION_DAYS,
    CONF_SIGNING_KEY,
    CONF_SPACE,
    CONF_VERIFY_SIGNATURE,
    DOMAIN,
)
from .coordinator import SignalWireConfigEntry, SignalWireCoordinator
from .project.hold import SWITCH, HoldSnapshot

_SERVICE = "signalwire.com"
_OPTIONS = (
    CONF_ACTIVE_INTERVAL,
    CONF_HELD_INTERVAL,
    CONF_IDLE_INTERVAL,
    CONF_LOOK_BACK,
    CONF_MAX_SLOTS,
    CONF_AUTO_RELEASE,
    CONF_VERIFY_SIGNATURE,
    CONF_RETENTION_DAYS,
    CONF_DELETIONS_A_DAY,
)


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: SignalWireConfigEntry
) -> dict[str, Any]:
    """Return the state of a project in numbers, statuses and times."""
    diagnostics: dict[str, Any] = {
        "entry": _entry(entry),
        "issues": sorted(
            issue.translation_key or ""
            for issue in ir.async_get(hass).issues.values()
            if issue.domain == DOMAIN and issue.active and entry.entry_id in issue.issue_id
        ),
    }
    if entry.state is ConfigEntryState.LOADED:
        diagnostics |= _project(entry.runtime_data)
    return diagnostics


def _entry(entry: SignalWireConfigEntry) -> dict[str, Any]:
    host = URL(entry.data[CONF_SPACE]).host or ""
    own = host == _SERVICE or host.endswith(f".{_SERVICE}")
    return {
        "state": entry.state.value,
        "version": f"{entry.version}.{entry.minor_version}",
        "space": "a space of SignalWire" if own else "another host",
        "has_webhook": CONF_WEBHOOK_ID in entry.data,
        "has_cloudhook": CONF_CLOUDHOOK_URL in entry.data,
        "options": {name: entry.options[name] for name in _OPTIONS if name in entry.options},
        "has_copies": bool(entry.options.get(CONF_COPY_FOLDER)),
        "has_confirmed_retention": CONF_RETENTION_CONFIRMED in entry.options,
        "has_entered_signing_key": bool(entry.options.get(CONF_SIGNING_KEY)),
    }


def _project(coordinator: SignalWireCoordinator) -> dict[str, Any]:
    data, now = coordinator.data, coordinator.project.client.service_time()
    recordings = sorted(
        data.recordings.values(),
        key=lambda recording: (recording.started or now, recording.sid),
    )
    interval = coordinator.update_interval
    return {
        "refresh": {
            "succeeded": coordinator.last_update_success,
            "last_success_seconds_ago": _seconds(
                coordinator.project.last_success, dt_util.utcnow()
            ),
            "failures_in_a_row": coordinator.failures,
            "last_error": _error(coordinator.last_exception),
            "interval_seconds": interval.total_seconds() if interval else None,
            "clock_offset_seconds": round((now - dt_util.utcnow()).total_seconds()),
        },
        "requests": asdict(coordinator.project.client.counts),
        "webhook": {
            **asdict(coordinator.webhook.counts),
            "has_signing_key": coordinator.webhook.has_key,
        },
        "call_recording": {**_hold(data.hold), "pause_behavior": data.pause_behavior},
        # Without their names and addresses, which are private.
        "lines": [
            {
                "addresses": len(line.keys),
                "recordings": len(data.lines[line.id].sids),
                **_hold(data.lines[line.id].hold),
            }
            for line in coordinator.project.lines
        ],
        "listeners": coordinator.project.library.listeners,
        "slots": {
            "there": sorted(data.slots),
            "occupied": sorted(number for number, sid in data.slots.items() if sid is not None),
        },
        "recordings": {
            "count": len(recordings),
            "statuses": dict(Counter(recording.status.value for recording in recordings)),
            "active": [_recording(coordinator, recording, now) for recording in recordings],
        },
    }


def _hold(hold: HoldSnapshot) -> dict[str, Any]:
    return {
        "held": hold.held,
        "holds": [
            {
                "scope": "project" if each.line is None else "line",
                "of_the_switch": each.name == SWITCH,
                "seconds_left": _seconds(dt_util.utcnow(), each.until),
            }
            for each in hold.holds
        ],
        "seconds_left": _seconds(dt_util.utcnow(), hold.until),
        "unconfirmed": hold.unconfirmed,
        "confirmed": hold.confirmed,
    }


def _recording(
    coordinator: SignalWireCoordinator, recording: Recording, now: datetime
) -> dict[str, Any]:
    sid, data = recording.sid, coordinator.data
    parties = data.parties.get(sid)
    tracked = coordinator.project.state.recordings.get(sid)
    update = tracked.in_flight if tracked else None
    return {
        "slot": next((number for number, seated in data.slots.items() if seated == sid), None),
        "status": recording.status,
        "source": recording.source,
        "channels": recording.channels,
        "trim": recording.trim if recording.trim in set(RecordingTrim) else None,
        "duration_seconds": recording.duration,
        "started_seconds_ago": _seconds(recording.started, now),
        "updated_seconds_ago": _seconds(recording.date_updated, now),
        "error_code": parse_code(recording.error_code),
        # What the service left out, or sent in a form that could not be read.
        "without": [name for name in RECORDING_FIELDS if getattr(recording, name) is None],
        "parties_read": parties is not None,
        "has_from": bool(parties and parties.from_party),
        "has_to": bool(parties and parties.to_party),
        "lines": None if tracked is None or tracked.lines is None else len(tracked.lines),
        "pause_behavior": data.pause_behavior_of(sid),
        "is_uncertain": bool(tracked and tracked.is_uncertain),
        "update_under_way": update.status if update else None,
    }


def _error(err: BaseException | None) -> dict[str, Any] | None:
    """Return the kind of an error; its words are the service's, and may name a number."""
    if err is None:
        return None
    cause = err.__cause__ or err
    described: dict[str, Any] = {"type": type(cause).__name__}
    match cause:
        case ServiceAnswerError():
            described |= {"status": cause.status, "code": cause.code}
        case MalformedAnswerError():
            # These words are ours.
            described["message"] = str(cause)
    return described


def _seconds(since: datetime | None, until: datetime | None) -> int | None:
    """Return the whole seconds between two times, rounded."""
    if since is None or until is None:
        return None
    return round((until - since).total_seconds())
