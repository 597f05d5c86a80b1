"""What an update asks of a recording, and who asks."""

from dataclasses import dataclass
from enum import StrEnum, unique

from homeassistant.core import Context

from ..api import PauseBehavior, RecordingStatus


@unique
class Actor(StrEnum):
    """Who or what changed a recording."""

    HOME_ASSISTANT = "home_assistant"
    """A person or an automation, for this one recording."""
    CALL_RECORDING = "call_recording"
    """A hold, which pauses or resumes all that it covers."""
    RETENTION = "retention"
    """The option that says how long recordings are kept."""
    SIGNALWIRE = "signalwire"
    """Something outside Home Assistant, or the call's own course."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingUpdate:
    """An update of one recording: the requested status (paused, in-progress or stopped)."""

    status: RecordingStatus
    pause_behavior: PauseBehavior | None = None
    actor: Actor = Actor.HOME_ASSISTANT
    context: Context | None = None
