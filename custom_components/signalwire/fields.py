"""The returned fields of a recording, as they are shown."""

from datetime import datetime
from decimal import Decimal

from homeassistant.helpers.typing import StateType
from homeassistant.util.json import JsonObjectType

from .api import RECORDING_FIELDS, Recording


def recording_fields(recording: Recording) -> dict[str, StateType | datetime]:
    """Return every field by its name; dates are aware, prices plain numbers."""
    return {name: _plain(getattr(recording, name)) for name in RECORDING_FIELDS}


def recording_response(recording: Recording) -> JsonObjectType:
    """Return every field by its name, as an action answers; dates in ISO 8601."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in recording_fields(recording).items()
    }


def _plain(value: StateType | datetime | Decimal) -> StateType | datetime:
    # A decimal cannot be sent to the frontend; a date can.
    return float(value) if isinstance(value, Decimal) else value
