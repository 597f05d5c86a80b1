"""The recordings that the target of an action means."""

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from .const import DOMAIN
from .coordinator import SignalWireCoordinator
from .devices import slot_number
from .errors import validation_error


async def async_targeted_recordings(
    call: ServiceCall,
) -> list[tuple[SignalWireCoordinator, str]]:
    """Return the SID of each recording that sits in a targeted slot, with its project.

    Any entity of a slot stands for the recording in it. Raises ServiceValidationError if an
    entity that is named stands for none, or nothing is active in all that is targeted;
    Unauthorized for a user who may not control it.
    """
    selected = async_extract_referenced_entity_ids(
        call.hass, TargetSelection(call.data), primary_entities_only=False
    )
    found: dict[str, SignalWireCoordinator] = {}
    for entity_id in sorted(selected.referenced | selected.indirectly_referenced):
        named = entity_id in selected.referenced
        slot = _slot_of(call.hass, entity_id)
        if slot is None:
            if named:
                raise _refusal(call.hass, entity_id)
            continue
        coordinator, number = slot
        recording = coordinator.data.in_slot(number)
        if recording is not None:
            await _async_check_permission(call, entity_id)
            found[recording.sid] = coordinator
        elif named:
            raise validation_error("no_recording", slot=str(number))
    if not found:
        raise validation_error("nothing_active")
    return [(coordinator, sid) for sid, coordinator in found.items()]


def _refusal(hass: HomeAssistant, entity_id: str) -> ServiceValidationError:
    """Return why an entity stands for no recording."""
    entity = er.async_get(hass).async_get(entity_id)
    if entity is not None and entity.platform == DOMAIN:
        entry = hass.config_entries.async_get_entry(entity.config_entry_id or "")
        if entry is not None and entry.state is not ConfigEntryState.LOADED:
            return validation_error("project_not_loaded", project=entry.title)
    return validation_error("not_a_recording", entity=entity_id)


def _slot_of(hass: HomeAssistant, entity_id: str) -> tuple[SignalWireCoordinator, int] | None:
    entity = er.async_get(hass).async_get(entity_id)
    if entity is None or entity.platform != DOMAIN or entity.device_id is None:
        return None
    entry = hass.config_entries.async_get_entry(entity.config_entry_id or "")
    device = dr.async_get(hass).async_get(entity.device_id)
    if entry is None or device is None or entry.state is not ConfigEntryState.LOADED:
        return None
    number = slot_number(entry, device.identifiers)
    return None if number is None else (entry.runtime_data, number)


async def _async_check_permission(call: ServiceCall, entity_id: str) -> None:
    if (user_id := call.context.user_id) is None:
        return
    if (user := await call.hass.auth.async_get_user(user_id)) is None:
        raise UnknownUser(context=call.context)
    if not user.permissions.check_entity(entity_id, POLICY_CONTROL):
        raise Unauthorized(context=call.context, entity_id=entity_id, permission=POLICY_CONTROL)
