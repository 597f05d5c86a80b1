"""What the target of an action means: recordings, or what can be held."""

from collections.abc import Collection

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components.switch.const import DOMAIN as SWITCH_DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from .const import DOMAIN
from .coordinator import SignalWireConfigEntry, SignalWireCoordinator
from .devices import line_of, slot_number
from .errors import validation_error


async def async_targeted_recordings(
    call: ServiceCall,
) -> list[tuple[SignalWireCoordinator, str]]:
    """Return the SID of each recording that is targeted, with its project.

    Any entity of a slot stands for the recording in it, and any of a line for all of the line's.
    Raises ServiceValidationError if an entity that is named stands for none, or nothing is active
    in all that is targeted; Unauthorized for a user who may not control it.
    """
    found: dict[str, SignalWireCoordinator] = {}
    for entity_id, is_named in _targeted(call):
        entry, identifiers = _project_of(call.hass, entity_id)
        number = line_id = None
        if entry is not None:
            number, line_id = slot_number(entry, identifiers), line_of(entry, identifiers)
        if entry is None or (number is None and line_id is None):
            if is_named:
                raise _not_loaded(call.hass, entity_id) or validation_error(
                    "not_a_recording", entity=entity_id
                )
            continue
        data = entry.runtime_data.data
        recording = None if number is None else data.in_slot(number)
        sids = [recording.sid] if recording else []
        if line_id is not None:
            sids += data.lines[line_id].sids
        if sids:
            await _async_check_permission(call, entity_id)
            found |= dict.fromkeys(sids, entry.runtime_data)
        elif is_named and number is not None:
            raise validation_error("no_recording", slot=str(number))
    if not found:
        raise validation_error("nothing_active")
    return [(coordinator, sid) for sid, coordinator in found.items()]


def targeted_scopes(call: ServiceCall) -> list[tuple[SignalWireConfigEntry, str | None]]:
    """Return the lines that are targeted, by their IDs, and for None the projects.

    Any entity of a line's or a project's device stands for it. Raises ServiceValidationError if an
    entity that is named stands for neither, or nothing that is targeted does.
    """
    found: dict[tuple[SignalWireConfigEntry, str | None], None] = {}
    for entity_id, is_named in _targeted(call):
        entry, identifiers = _project_of(call.hass, entity_id)
        if entry is not None:
            line_id = line_of(entry, identifiers)
            if line_id is not None or (DOMAIN, entry.entry_id) in identifiers:
                found[entry, line_id] = None
                continue
        if (err := _not_loaded(call.hass, entity_id)) is not None:
            # Nobody may believe that it is held.
            raise err
        if is_named:
            raise validation_error("not_holdable", entity=entity_id)
    if not found:
        raise validation_error("nothing_holdable")
    return list(found)


def _targeted(call: ServiceCall) -> list[tuple[str, bool]]:
    """Return the entities that are targeted, each with whether it is named itself.

    Where an area or a label was given to an entity and not to its device, only a switch stands for
    its line or project: a sensor may be there for other reasons.
    """
    selected = async_extract_referenced_entity_ids(
        call.hass, TargetSelection(call.data), primary_entities_only=False
    )
    entities = er.async_get(call.hass)
    found = [(entity_id, True) for entity_id in selected.referenced]
    for entity_id in selected.indirectly_referenced - selected.referenced:
        entity = entities.async_get(entity_id)
        if entity is not None and (
            entity.device_id in selected.referenced_devices or entity.domain == SWITCH_DOMAIN
        ):
            found.append((entity_id, False))
    return sorted(found)


def _not_loaded(hass: HomeAssistant, entity_id: str) -> ServiceValidationError | None:
    """Return what to tell of an entity whose project is not loaded, None for any other."""
    entity = er.async_get(hass).async_get(entity_id)
    if entity is not None and entity.platform == DOMAIN:
        entry = hass.config_entries.async_get_entry(entity.config_entry_id or "")
        if entry is not None and entry.state is not ConfigEntryState.LOADED:
            return validation_error("project_not_loaded", project=entry.title)
    return None


def _project_of(
    hass: HomeAssistant, entity_id: str
) -> tuple[SignalWireConfigEntry | None, Collection[tuple[str, str]]]:
    """Return the loaded project of one of our entities, and the identifiers of its device."""
    entity = er.async_get(hass).async_get(entity_id)
    if entity is None or entity.platform != DOMAIN or entity.device_id is None:
        return None, ()
    entry: SignalWireConfigEntry | None = hass.config_entries.async_get_entry(
        entity.config_entry_id or ""
    )
    device = dr.async_get(hass).async_get(entity.device_id)
    if entry is None or device is None or entry.state is not ConfigEntryState.LOADED:
        return None, ()
    return entry, device.identifiers


async def _async_check_permission(call: ServiceCall, entity_id: str) -> None:
    if (user_id := call.context.user_id) is None:
        return
    if (user := await call.hass.auth.async_get_user(user_id)) is None:
        raise UnknownUser(context=call.context)
    if not user.permissions.check_entity(entity_id, POLICY_CONTROL):
        raise Unauthorized(context=call.context, entity_id=entity_id, permission=POLICY_CONTROL)
