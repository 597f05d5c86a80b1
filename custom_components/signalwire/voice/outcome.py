"""What came of a command, in facts."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, unique

from homeassistant.util.json import JsonObjectType


@unique
class Command(StrEnum):
    """What can be asked of call recording."""

    PAUSE = "pause"
    """Hold every recording, for so long if given."""
    RESUME = "resume"
    """Release what was held."""
    STOP = "stop"
    """End the one recording there is."""
    STOP_ALL = "stop_all"
    """End every recording."""
    IS_RECORDING = "is_recording"
    """Whether anything is recorded: a question for yes or no."""
    COUNT = "count"
    """How many calls are recorded."""

    @property
    def is_question(self) -> bool:
        """Return whether it changes nothing."""
        return self in (Command.IS_RECORDING, Command.COUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the service has confirmed, of all that was meant, once a command was carried out.

    `lines` are the names of the lines that were meant; without any it was all calls.
    `recording`, `paused` and `unknown` are numbers of calls; one that has several recordings
    counts once, as what is worst for its privacy. `unconfirmed` and `stopped` are numbers of
    recordings: those that are not yet as they were asked to be, and those that were ended.
    `held` is whether all that was meant is to stay paused, `remaining` for how long, `changed`
    whether that is new; `all_held` is that lines were to be resumed, whose whole project is held.
    `ambiguous` is that one recording was to be stopped and there were more, which were
    held instead. `unreachable` are the titles of the projects that could not be read, `not_loaded`
    of those that are not set up at the moment, so that nothing was done about them.
    """

    command: Command
    projects: tuple[str, ...]
    lines: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()
    not_loaded: tuple[str, ...] = ()
    recording: int = 0
    paused: int = 0
    unknown: int = 0
    unconfirmed: int = 0
    stopped: int = 0
    held: bool = False
    all_held: bool = False
    remaining: timedelta | None = None
    changed: bool = False
    ambiguous: bool = False

    @property
    def confirmed(self) -> bool:
        """Return whether what was asked for is done, or the question could be answered."""
        return not (
            self.unreachable
            or self.not_loaded
            or self.unconfirmed
            or self.ambiguous
            or self.all_held
        )

    def as_dict(self) -> JsonObjectType:
        """Return the facts for a language model; `resumes_in` is in seconds."""
        return {
            "confirmed": self.confirmed,
            "projects": list(self.projects),
            "lines": list(self.lines),
            "projects_that_do_not_answer": list(self.unreachable),
            "projects_not_ready": list(self.not_loaded),
            "calls_being_recorded": self.recording,
            "calls_paused": self.paused,
            "calls_of_unknown_status": self.unknown,
            "recordings_not_as_asked_yet": self.unconfirmed,
            "recordings_stopped": self.stopped,
            "call_recording_held": self.held,
            "whole_project_held": self.all_held,
            "resumes_in": None if self.remaining is None else int(self.remaining.total_seconds()),
        }
