"""The words of the Compatibility API, each with room for those that are still to come."""

from enum import StrEnum, unique
from typing import Self, override

# What an older reference and similar services call by another word.
_OTHER_WORDS = {"startconferencerecordingapi": "startconferencerecording"}


def _normalized(word: str) -> str:
    return word.strip().lower().replace("_", "-")


class _OpenEnum(StrEnum):
    """An enum whose `UNKNOWN` member stands for every word that it does not list.

    Words are compared without case, and `_` is as good as `-`: the service's own documents,
    types and answers differ in both.
    """

    @classmethod
    @override
    def _missing_(cls, value: object) -> Self:
        if isinstance(value, str):
            word = _normalized(value)
            word = _OTHER_WORDS.get(word, word)
            for member in cls:
                if _normalized(member) == word:
                    return member
        return cls("unknown")


@unique
class RecordingStatus(_OpenEnum):
    """The status of a recording (schema RecordingStatus).

    `failed` is known from callbacks, `processing` and `deleted` from types of SignalWire's SDKs.
    """

    QUEUED = "queued"
    IN_PROGRESS = "in-progress"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"
    COMPLETED = "completed"
    ABSENT = "absent"
    FAILED = "failed"
    PROCESSING = "processing"
    DELETED = "deleted"
    UNKNOWN = "unknown"

    @property
    def is_recording(self) -> bool:
        """Return whether audio is being kept."""
        return self in (RecordingStatus.IN_PROGRESS, RecordingStatus.RESUMED)

    @property
    def has_ended(self) -> bool:
        """Return whether the recording is over for good."""
        return self in _ENDED

    @property
    def is_pending(self) -> bool:
        """Return whether the audio of a recording that is over may still be on its way."""
        return self is RecordingStatus.PROCESSING

    @property
    def has_audio(self) -> bool:
        """Return whether there is audio to be played: not while it runs, nor if it failed."""
        return self in (RecordingStatus.STOPPED, RecordingStatus.COMPLETED)

    def confirms(self, requested: RecordingStatus) -> bool:
        """Return whether an update that asked for `requested` may be answered with this status."""
        match requested:
            case RecordingStatus.IN_PROGRESS:
                return self.is_recording
            case RecordingStatus.STOPPED:
                return self.has_ended
            case _:
                return self is requested


_ENDED = frozenset(
    {
        RecordingStatus.STOPPED,
        RecordingStatus.COMPLETED,
        RecordingStatus.ABSENT,
        RecordingStatus.FAILED,
        RecordingStatus.PROCESSING,
        RecordingStatus.DELETED,
    }
)


@unique
class PauseBehavior(StrEnum):
    """What a paused recording holds for the time of the pause."""

    SILENCE = "silence"
    SKIP = "skip"


@unique
class RecordingSource(_OpenEnum):
    """How a recording was made (schema RecordingSource)."""

    DIAL_VERB = "DialVerb"
    CONFERENCE = "Conference"
    OUTBOUND_API = "OutBoundApi"
    TRUNKING = "Trunking"
    RECORD_VERB = "RecordVerb"
    START_CALL_RECORDING_API = "StartCallRecordingApi"
    START_CONFERENCE_RECORDING = "StartConferenceRecording"
    UNKNOWN = "unknown"


@unique
class RecordingChannels(StrEnum):
    """Whether both parties share a channel (schema CreateCallRecordingRequest)."""

    MONO = "mono"
    DUAL = "dual"


@unique
class RecordingTrack(StrEnum):
    """Which side of a call is recorded (schema CreateCallRecordingRequest)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    BOTH = "both"


@unique
class RecordingTrim(StrEnum):
    """Whether silence at both ends is cut off (schema CreateCallRecordingRequest)."""

    TRIM_SILENCE = "trim-silence"
    DO_NOT_TRIM = "do-not-trim"


@unique
class CallStatus(_OpenEnum):
    """The status of a call (schema CallStatus)."""

    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    CANCELED = "canceled"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    UNKNOWN = "unknown"


@unique
class ConferenceStatus(_OpenEnum):
    """The status of a conference (schema ConferenceStatus)."""

    INIT = "init"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    UNKNOWN = "unknown"
