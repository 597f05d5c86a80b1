"""Which projects and lines a voice may reach, and on whose behalf."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, unique

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN, SUBENTRY_LINE
from ..coordinator import SignalWireConfigEntry
from ..devices import line_device, line_name
from ..permissions import async_call_recording_switch, async_is_allowed


@unique
class Refusal(StrEnum):
    """Why nothing was done; each is an answer in every language."""

    NO_PROJECT = "no_project"
    NO_LINE = "no_line"
    NOT_READY = "not_ready"
    NOT_EXPOSED = "not_exposed"
    NOT_ALLOWED = "not_allowed"


class RefusedError(Exception):
    """Nothing was done, and why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A project, or with its ID a line of one.

    `name` is the project's title, or what the line is called; `area_id` is where the line is. The
    switch "Call recording" stands for it; `switch` is its entity ID, None if it was never loaded.
    """

    entry: SignalWireConfigEntry
    line_id: str | None = None
    name: str
    area_id: str | None = None
    switch: str | None

    @property
    def is_ready(self) -> bool:
        """Return whether it is set up."""
        return self.entry.state is ConfigEntryState.LOADED and (
            self.line_id is None or self.line_id in self.entry.runtime_data.data.lines
        )

    def is_called(self, name: str) -> bool:
        """Return whether this is its name."""
        return self.name.strip().casefold() == name.strip().casefold()


@callback
def async_exposed_scopes(hass: HomeAssistant, assistant: str) -> list[Scope]:
    """Return the projects and lines whose switch "Call recording" an assistant gets to see."""
    return [
        scope
        for scope in _async_scopes(hass)
        if scope.switch is not None and _is_exposed(hass, scope, assistant)
    ]


async def async_scopes(
    hass: HomeAssistant,
    context: Context | None,
    assistant: str | None,
    *,
    changes: bool,
    line: str | None = None,
    area_id: str | None = None,
) -> list[Scope]:
    """Return what is meant and may be reached, also if it is not ready; at least one is.

    With the name of a `line` the lines of that name, otherwise those in the area, and without any
    there the projects. Their switches have to be exposed to the assistant, if one asks, and whoever
    is behind the context, if that is known, has to be allowed to see them, or to control them if
    anything `changes`. Raises RefusedError if nothing is left.
    """
    everything = list(_async_scopes(hass))
    if not everything:
        raise RefusedError(Refusal.NO_PROJECT)
    exposed = [scope for scope in everything if _is_exposed(hass, scope, assistant)]
    if line is not None:
        if not any(scope.line_id and scope.is_called(line) for scope in everything):
            raise RefusedError(Refusal.NO_LINE)
        scopes = [scope for scope in exposed if scope.line_id and scope.is_called(line)]
    else:
        scopes = [scope for scope in exposed if area_id is not None and scope.area_id == area_id]
        scopes = scopes or [scope for scope in exposed if scope.line_id is None]
    if not scopes:
        raise RefusedError(Refusal.NOT_EXPOSED)
    if context is not None and context.user_id is not None:
        user = await hass.auth.async_get_user(context.user_id)
        scopes = [
            scope
            for scope in scopes
            if async_is_allowed(hass, scope.entry, user, scope.line_id, changes=changes)
        ]
    if not scopes:
        raise RefusedError(Refusal.NOT_ALLOWED)
    if not any(scope.is_ready for scope in scopes):
        raise RefusedError(Refusal.NOT_READY)
    return scopes


@callback
def async_area_of(
    hass: HomeAssistant, device_id: str | None, satellite_id: str | None = None
) -> str | None:
    """Return the ID of the area in which something was said, if that is known."""
    if satellite_id is not None and (satellite := er.async_get(hass).async_get(satellite_id)):
        if satellite.area_id is not None:
            return satellite.area_id
        device_id = satellite.device_id
    if device_id is None or (device := dr.async_get(hass).async_get(device_id)) is None:
        return None
    return dr.async_get_effective_area_id(hass, device)


@callback
def _async_scopes(hass: HomeAssistant) -> Iterator[Scope]:
    """Yield each project that is not disabled, followed by its lines."""
    entries: list[SignalWireConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    for entry in entries:
        if entry.disabled_by:
            continue
        yield Scope(entry=entry, name=entry.title, switch=async_call_recording_switch(hass, entry))
        for subentry in entry.get_subentries_of_type(SUBENTRY_LINE):
            line_id = subentry.subentry_id
            device = line_device(hass, entry, line_id)
            yield Scope(
                entry=entry,
                line_id=line_id,
                name=line_name(hass, entry, line_id, subentry.title),
                area_id=dr.async_get_effective_area_id(hass, device) if device else None,
                switch=async_call_recording_switch(hass, entry, line_id),
            )


def _is_exposed(hass: HomeAssistant, scope: Scope, assistant: str | None) -> bool:
    """Return whether its switch is; what was never loaded hides nothing yet."""
    if assistant is None or scope.switch is None:
        return True
    return async_should_expose(hass, assistant, scope.switch)
