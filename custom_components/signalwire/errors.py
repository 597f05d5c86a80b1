"""What to tell who asked for something that did not happen, in translated sentences."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .api import (
    AuthenticationError,
    ClosedError,
    MalformedAnswerError,
    NoParentError,
    SignalWireError,
)
from .const import DOMAIN


def validation_error(key: str, **placeholders: str) -> ServiceValidationError:
    """Return what to tell who asks for what cannot be, and should ask otherwise."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders or None,
    )


def operation_error(key: str, **placeholders: str) -> HomeAssistantError:
    """Return what to tell who asks for what should have worked."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders or None,
    )


def reason_of(err: Exception) -> str:
    """Return why something failed, in words; those of a timeout are ours."""
    return str(err) or "It took too long"


def recording_ended() -> ServiceValidationError:
    """Return what to tell who asks something of a recording that is over."""
    return validation_error("recording_ended")


def has_ended(err: BaseException) -> bool:
    """Return whether an error says that a recording is over."""
    return isinstance(err, HomeAssistantError) and err.translation_key == "recording_ended"


def service_error(
    hass: HomeAssistant, entry: ConfigEntry[Any], err: SignalWireError
) -> HomeAssistantError:
    """Return what to tell who asks when the service fails; a refused login asks for a new one."""
    match err:
        case ClosedError():
            return validation_error("project_not_loaded", project=entry.title)
        case AuthenticationError():
            entry.async_start_reauth(hass)
            return operation_error("authentication_failed")
        case _:
            return operation_error("action_failed", error=str(err))


def update_error(
    hass: HomeAssistant, entry: ConfigEntry[Any], err: SignalWireError
) -> HomeAssistantError:
    """Return what to tell who asks for an update whose outcome is not certain."""
    match err:
        case AuthenticationError() | ClosedError():
            return service_error(hass, entry, err)
        case NoParentError():
            return operation_error("nothing_sent")
        case MalformedAnswerError():
            return operation_error("update_malformed", error=str(err))
        case _:
            return operation_error("update_failed", error=str(err))
