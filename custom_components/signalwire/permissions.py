"""What the user behind an action may do with a project."""

from collections.abc import Iterable

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN


@callback
def async_call_recording_switch(
    hass: HomeAssistant, entry: ConfigEntry, line_id: str | None = None
) -> str | None:
    """Return the entity ID of the switch "Call recording", which stands for a project or a line."""
    return er.async_get(hass).async_get_entity_id(
        Platform.SWITCH, DOMAIN, f"{line_id or entry.entry_id}_call_recording"
    )


@callback
def async_is_allowed(
    hass: HomeAssistant,
    entry: ConfigEntry,
    user: User | None,
    line_id: str | None = None,
    *,
    changes: bool,
) -> bool:
    """Return whether the user may see a project's or a line's switch, or control it to change."""
    if user is None or not user.is_active:
        return False
    if (entity_id := async_call_recording_switch(hass, entry, line_id)) is None:
        return user.is_admin
    return user.permissions.check_entity(entity_id, POLICY_CONTROL if changes else POLICY_READ)


async def async_check_scopes(
    hass: HomeAssistant,
    context: Context,
    scopes: Iterable[tuple[ConfigEntry, str | None]],
    *,
    changes: bool,
) -> None:
    """Raise Unauthorized unless the user, if one is behind it, may do that with each scope.

    A scope is a project, or with its ID a line of one.
    """
    if context.user_id is None:
        return
    if (user := await hass.auth.async_get_user(context.user_id)) is None:
        raise UnknownUser(context=context)
    if not all(
        async_is_allowed(hass, entry, user, line_id, changes=changes) for entry, line_id in scopes
    ):
        raise Unauthorized(context=context)
