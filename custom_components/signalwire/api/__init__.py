"""An async client of SignalWire's Compatibility API, for recordings; free of Home Assistant."""

from .client import LARGEST_PAGE, SignalWireClient
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
    HostNotFoundError,
    InvalidSpaceError,
    MalformedAnswerError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    RequestTimeoutError,
    ServiceAnswerError,
    SignalWireError,
    UnavailableError,
)
from .models import Account, Call, Conference, Page, Recording
from .space import parse_space
from .transport import RequestCounts, RetryPolicy

__all__ = [
    "LARGEST_PAGE",
    "Account",
    "AuthenticationError",
    "Call",
    "CallStatus",
    "Conference",
    "ConferenceStatus",
    "HostNotFoundError",
    "InvalidSpaceError",
    "MalformedAnswerError",
    "NotFoundError",
    "Page",
    "PauseBehavior",
    "RateLimitedError",
    "Recording",
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
    "UnavailableError",
    "parse_space",
]
