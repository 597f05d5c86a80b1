"""Which projects a voice may reach, and on whose behalf."""

from enum import StrEnum, unique

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant, callback

from ..const import DOMAIN
from ..coordinator import SignalWireConfigEntry
from ..permissions import async_call_recording_switch, async_is_allowed


@unique
class Refusal(StrEnum):
    """Why nothing was done; each is an answer in every language."""

    NO_PROJECT = "no_project"
    NOT_READY = "not_ready"
    NOT_EXPOSED = "not_exposed"
    NOT_ALLOWED = "not_allowed"


class RefusedError(Exception):
    """Nothing was done, and why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@callback
def async_exposed_projects(hass: HomeAssistant, assistant: str | None) -> list[str]:
    """Return the titles of the loaded projects that an assistant gets to see."""
    return [
        entry.title
        for entry in hass.config_entries.async_loaded_entries(DOMAIN)
        if _is_exposed(hass, entry, assistant)
    ]


@callback
def async_is_reachable(hass: HomeAssistant, assistant: str) -> bool:
    """Return whether an assistant gets to see the switch "Call recording" of any project."""
    return any(
        not entry.disabled_by
        and async_call_recording_switch(hass, entry) is not None
        and _is_exposed(hass, entry, assistant)
        for entry in hass.config_entries.async_entries(DOMAIN)
    )


async def async_projects(
    hass: HomeAssistant, context: Context | None, assistant: str | None, *, changes: bool
) -> list[SignalWireConfigEntry]:
    """Return the projects that may be reached, those that are not loaded too; at least one is.

    The switch "Call recording" stands for its project: it has to be exposed to the assistant, if
    one asks, and whoever is behind the context, if that is known, has to be allowed to see it,
    or to control it if anything `changes`. Raises RefusedError if no project is left.
    """
    entries: list[SignalWireConfigEntry] = [
        entry for entry in hass.config_entries.async_entries(DOMAIN) if not entry.disabled_by
    ]
    if not entries:
        raise RefusedError(Refusal.NO_PROJECT)
    entries = [entry for entry in entries if _is_exposed(hass, entry, assistant)]
    if not entries:
        raise RefusedError(Refusal.NOT_EXPOSED)
    if context is not None and context.user_id is not None:
        user = await hass.auth.async_get_user(context.user_id)
        entries = [
            entry for entry in entries if async_is_allowed(hass, entry, user, changes=changes)
        ]
    if not entries:
        raise RefusedError(Refusal.NOT_ALLOWED)
    if not any(entry.state is ConfigEntryState.LOADED for entry in entries):
        raise RefusedError(Refusal.NOT_READY)
    return entries


def _is_exposed(hass: HomeAssistant, entry: SignalWireConfigEntry, assistant: str | None) -> bool:
    """Return whether the project's switch is; one that was never loaded hides nothing yet."""
    if assistant is None or (entity_id := async_call_recording_switch(hass, entry)) is None:
        return True
    return async_should_expose(hass, assistant, entity_id)
