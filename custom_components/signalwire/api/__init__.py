"""An async client of SignalWire's Compatibility API, for recordings; free of Home Assistant."""

from .audio import AudioFormat, RecordingAudio, single_range
from .backoff import retry_wait
from .callback import CallbackContent, RecordingCallback
from .client import SignalWireClient
from .enums import (
    CallStatus,
    ConferenceStatus,
    PauseBehavior,
    RecordingChannels,
    RecordingSource,
    RecordingStatus,
    RecordingTrack,
    RecordingTrim,
)
from .errors import (
    AuthenticationError,
    ClosedError,
    HostNotFoundError,
    InvalidSpaceError,
    MalformedAnswerError,
    NoParentError,
    NotFoundError,
    NotTheServiceError,
    RateLimitedError,
    RejectedError,
    RequestTimeoutError,
    ServiceAnswerError,
    SignalWireError,
    UnavailableError,
)
from .models import (
    RECORDING_FIELDS,
    Account,
    Call,
    Conference,
    PhoneNumber,
    Recording,
    Transcription,
)
from .pages import MAX_PAGE, Page
from .signature import is_signed
from .space import parse_space
from .transport import RequestCounts, RetryPolicy

__all__ = [
    "MAX_PAGE",
    "RECORDING_FIELDS",
    "Account",
    "AudioFormat",
    "AuthenticationError",
    "Call",
    "CallStatus",
    "CallbackContent",
    "ClosedError",
    "Conference",
    "ConferenceStatus",
    "HostNotFoundError",
    "InvalidSpaceError",
    "MalformedAnswerError",
    "NoParentError",
    "NotFoundError",
    "NotTheServiceError",
    "Page",
    "PauseBehavior",
    "PhoneNumber",
    "RateLimitedError",
    "Recording",
    "RecordingAudio",
    "RecordingCallback",
    "RecordingChannels",
    "RecordingSource",
    "RecordingStatus",
    "RecordingTrack",
    "RecordingTrim",
    "RejectedError",
    "RequestCounts",
    "RequestTimeoutError",
    "RetryPolicy",
    "ServiceAnswerError",
    "SignalWireClient",
    "SignalWireError",
    "Transcription",
    "UnavailableError",
    "is_signed",
    "parse_space",
    "retry_wait",
    "single_range",
]
