"""Buttons that stop recordings for good: of a slot, of a line, or all."""

from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import RecordingStatus
from .coordinator import SignalWireConfigEntry
from .entity import ScopeEntity, SlotEntity, async_add_line_entities, async_add_slot_entities

# Each recording's updates are in order; different ones do not wait for each other.
PARALLEL_UPDATES = 0

_STOP = ButtonEntityDescription(key="stop", translation_key="stop")
_STOP_ALL = ButtonEntityDescription(key="stop_all", translation_key="stop_all")
_STOP_LINE = ButtonEntityDescription(key="stop_line", translation_key="stop_line")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SignalWireConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the buttons of a project."""
    coordinator = entry.runtime_data
    async_add_entities([StopAllButton(coordinator, _STOP_ALL)])
    async_add_line_entities(
        entry, async_add_entities, lambda line: [StopAllButton(coordinator, _STOP_LINE, line)]
    )
    async_add_slot_entities(
        entry, async_add_entities, lambda number: [StopButton(coordinator, number, _STOP)]
    )


class StopButton(SlotEntity, ButtonEntity):
    """Stops the slot's recording."""

    @property
    @override
    def available(self) -> bool:
        """Return whether there is a recording to stop, and the service answers."""
        return super().available and self.recording is not None

    @override
    async def async_press(self) -> None:
        """Stop the recording."""
        await self.coordinator.project.commands.async_update(
            self.require_recording().sid, RecordingStatus.STOPPED, context=self._context
        )


class StopAllButton(ScopeEntity, ButtonEntity):
    """Stops every active recording of the project or a line, those without a slot too."""

    @override
    async def async_press(self) -> None:
        """Stop them all at once."""
        await self.coordinator.project.commands.async_stop_all(self._context, line=self.line_id)
