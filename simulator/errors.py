"""The service's error bodies."""

from aiohttp import web

_MORE_INFO = "https://signalwire.com/docs/compatibility-api/reference/errors"


class ServiceError(Exception):
    """A refusal, with the first of the three error bodies (schema CompatibilityErrorResponse)."""

    def __init__(self, status: int, code: int, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message
        super().__init__(message)

    def response(self) -> web.Response:
        """Return the answer that tells of it."""
        return web.json_response(
            {
                "code": self.code,
                "message": self.message,
                "more_info": _MORE_INFO,
                "status": self.status,
            },
            status=self.status,
        )


def unauthorized() -> ServiceError:
    """Return what a wrong token and a missing scope are both answered with."""
    return ServiceError(401, 20003, "Authentication failed")


def not_found() -> ServiceError:
    """Return what a SID that does not exist is answered with."""
    return ServiceError(404, 20404, "The requested resource was not found")


def invalid(message: str) -> ServiceError:
    """Return what a parameter that makes no sense is answered with."""
    return ServiceError(422, 21000, message)


def not_in_progress() -> ServiceError:
    """Return what an update of something that has ended is answered with."""
    return ServiceError(400, 21220, "The recording is not in progress")


_STATUS_ERRORS = {
    401: unauthorized(),
    404: not_found(),
    422: invalid("A parameter is not valid"),
    429: ServiceError(429, 20429, "Too many requests"),
}


def error_of_status(status: int) -> ServiceError:
    """Return what the service itself answers with a status of 400 to 499."""
    return _STATUS_ERRORS.get(status) or ServiceError(status, 20001, "The request was refused")


def string_array(message: str) -> web.Response:
    """Return the third error body (schema CompatibilityErrorStringArrayResponse)."""
    return web.json_response({"errors": [message]}, status=422)
