"""What the entities of the SignalWire integration have in common."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.core import Context, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .api import Recording, RecordingStatus
from .const import DOMAIN
from .coordinator import SignalWireConfigEntry, SignalWireCoordinator
from .devices import line_device_info, project_device_info, slot_device_info
from .project.lines import Line


def scope_unique_id(entry_id: str, line_id: str | None, description: EntityDescription) -> str:
    """Return the unique ID of an entity of a line, or without one of the whole project."""
    return f"{line_id or entry_id}_{description.key}"


def slot_unique_id(entry_id: str, number: int, description: EntityDescription) -> str:
    """Return the unique ID of an entity of a slot."""
    return f"{entry_id}_{number}_{description.key}"


class _Entity(CoordinatorEntity[SignalWireCoordinator]):
    """An entity that is written when what it shows is new.

    Most updates are of other recordings. To compare costs a small part of writing a state that is
    the same.
    """

    _attr_has_entity_name = True
    _last_state_key: tuple[object, ...] | None = None

    def _state_key(self) -> tuple[object, ...]:
        """Return all that the entity shows, as far as it can change."""
        return (self.available,)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Show what is new."""
        if (state_key := self._state_key()) != self._last_state_key:
            self._last_state_key = state_key
            self._async_write()

    @callback
    def _async_write(self) -> None:
        self.async_write_ha_state()


class ScopeEntity(_Entity):
    """An entity of a line, or without one of the whole project."""

    def __init__(
        self,
        coordinator: SignalWireCoordinator,
        description: EntityDescription,
        line: Line | None = None,
    ) -> None:
        super().__init__(coordinator)
        entry = coordinator.config_entry
        self.entity_description = description
        self.line_id = line.id if line else None
        self._attr_unique_id = scope_unique_id(entry.entry_id, self.line_id, description)
        self._attr_device_info = (
            line_device_info(coordinator.hass, entry, line.id, line.name)
            if line
            else project_device_info(entry)
        )


class SlotEntity(_Entity):
    """An entity of a slot, and so of the recording that sits in it."""

    # The recording that was shown last.
    _sid: str | None = None

    def __init__(
        self, coordinator: SignalWireCoordinator, number: int, description: EntityDescription
    ) -> None:
        super().__init__(coordinator)
        entry = coordinator.config_entry
        self.entity_description = description
        self._number = number
        self._attr_unique_id = slot_unique_id(entry.entry_id, number, description)
        self._attr_device_info = slot_device_info(coordinator.hass, entry, number)

    @callback
    @override
    def _async_write(self) -> None:
        """Show what is new, on behalf of who is behind it."""
        recording = self.recording
        sid = recording.sid if recording else self._sid
        context = self.coordinator.project.activities.context_of(sid) if sid else None
        if recording is None:
            # Who paused it a moment ago has not ended it.
            context = context or Context()
        if context:
            self.async_set_context(context)
        self._sid = recording.sid if recording else None
        super()._async_write()

    @property
    def recording(self) -> Recording | None:
        """Return the recording that sits in the slot."""
        return self.coordinator.data.in_slot(self._number)

    @property
    def status(self) -> RecordingStatus | None:
        """Return the confirmed status, None for a pause that has become uncertain."""
        recording = self.recording
        return None if recording is None else self.coordinator.data.confirmed_status(recording)

    def require_recording(self) -> Recording:
        """Return the recording; raises ServiceValidationError if the slot is empty."""
        if (recording := self.recording) is None:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="no_recording",
                translation_placeholders={"slot": str(self._number)},
            )
        return recording


@callback
def async_add_line_entities(
    entry: SignalWireConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    entities_of: Callable[[Line], Iterable[Entity]],
) -> None:
    """Add the entities of every line; for a line that comes or goes the entry is reloaded."""
    for line in entry.runtime_data.project.lines:
        if line.id not in entry.subentries:
            # Removed since the set-up began.
            continue
        async_add_entities(entities_of(line), config_subentry_id=line.id)


@callback
def async_add_slot_entities(
    entry: SignalWireConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    entities_of: Callable[[int], Iterable[Entity]],
) -> None:
    """Add the entities of every slot there is, and of each that comes."""
    coordinator = entry.runtime_data
    known: set[int] = set()

    @callback
    def add_new() -> None:
        slots = coordinator.data.slots.keys()
        known.intersection_update(slots)
        if new := sorted(slots - known):
            known.update(new)
            async_add_entities(entity for number in new for entity in entities_of(number))

    add_new()
    entry.async_on_unload(coordinator.async_add_listener(add_new))
