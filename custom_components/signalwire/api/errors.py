"""What can go wrong between the client and the service."""

import re

_MAX_MESSAGE = 200
# Who knows a recording's address can listen to it, and its SIDs make up the address; tokens and
# telephone numbers are nobody else's business either.
_PRIVATE = re.compile(
    r"\S*(?:://|/Accounts/)\S*"
    r"|[0-9a-f]{8}-[0-9a-f-]{27}"
    r"|\bP[TS][A-Z]?[_-]?\w[\w-]{15,}"
    r"|\+?\d[\d ().-]{6,}\d",
    re.IGNORECASE,
)


def without_private_parts(text: str) -> str:
    """Return the text on one line, shortened, without addresses, SIDs, tokens and numbers."""
    text = _PRIVATE.sub("…", " ".join(text.split()))
    return text if len(text) <= _MAX_MESSAGE else f"{text[: _MAX_MESSAGE - 1]}…"


class SignalWireError(Exception):
    """The base of everything that the client raises."""


class ClosedError(SignalWireError):
    """The client was closed, so that nothing is sent any more."""


class InvalidSpaceError(SignalWireError):
    """What the user typed is no address of a space."""


class ServiceAnswerError(SignalWireError):
    """The service answered with an HTTP status that is an error.

    `status` is the HTTP status. `code`, a text, and `message` are the service's own where its
    body was one of its error bodies; None where it gave none, as with a proxy's HTML page.
    """

    def __init__(self, status: int, code: str | None = None, message: str | None = None) -> None:
        self.status = status
        self.code = code
        self.message = without_private_parts(message) if message else None
        detail = f" ({code})" if code is not None else ""
        super().__init__(f"{self.message or 'The service gave no reason'}{detail}, HTTP {status}")


class AuthenticationError(ServiceAnswerError):
    """Project ID or token are wrong, or the token lacks the scope (HTTP 401, and 403).

    A 403 without an error body of the service is a proxy's, and no AuthenticationError.
    """


class NotFoundError(ServiceAnswerError):
    """The service does not know what was asked for (HTTP 404 and 410)."""


class RejectedError(ServiceAnswerError):
    """The service understood the request and refused it (every other HTTP 4xx)."""


class UnavailableError(SignalWireError):
    """The service could not be reached or could not answer (connection fault, HTTP 5xx or 408).

    `retry_after` is how long the service asked to be left alone, in seconds.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class NotTheServiceError(UnavailableError):
    """Something else answered, such as a proxy (HTTP 404 or 410 without a reason)."""


class RateLimitedError(UnavailableError):
    """The service was asked too often (HTTP 429)."""


class HostNotFoundError(UnavailableError):
    """The name of the space's host does not resolve."""


class RequestTimeoutError(UnavailableError):
    """The service did not answer in time."""


class MalformedAnswerError(SignalWireError):
    """The answer is not one that the service would give, or leads to another host."""


class NoParentError(MalformedAnswerError):
    """A recording is of no call and no conference, so that nothing can be sent for it."""
