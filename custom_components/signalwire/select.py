"""Selects: the status of a recording, and what a pause leaves behind."""

from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import PauseBehavior, RecordingStatus
from .coordinator import SignalWireConfigEntry
from .entity import ScopeEntity, SlotEntity, async_add_slot_entities

# Pauses of several recordings must not wait for each other; each one's updates are in order.
PARALLEL_UPDATES = 0

_STATUS = SelectEntityDescription(
    key="status",
    translation_key="status",
    options=[
        RecordingStatus.IN_PROGRESS.value,
        RecordingStatus.PAUSED.value,
        RecordingStatus.STOPPED.value,
    ],
)
_PAUSE_BEHAVIOR = SelectEntityDescription(
    key="pause_behavior",
    translation_key="pause_behavior",
    entity_category=EntityCategory.CONFIG,
    options=[behavior.value for behavior in PauseBehavior],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SignalWireConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the selects of a project."""
    coordinator = entry.runtime_data
    async_add_entities([ProjectPauseBehaviorSelect(coordinator, _PAUSE_BEHAVIOR)])
    async_add_slot_entities(
        entry,
        async_add_entities,
        lambda number: [
            StatusSelect(coordinator, number, _STATUS),
            PauseBehaviorSelect(coordinator, number, _PAUSE_BEHAVIOR),
        ],
    )


class ProjectPauseBehaviorSelect(ScopeEntity, SelectEntity):
    """What a pause of any recording sends unless told otherwise."""

    @override
    def _state_key(self) -> tuple[object, ...]:
        return self.available, self.current_option

    @property
    @override
    def available(self) -> bool:
        """Return that it can always be chosen: it is ours, not the service's."""
        return True

    @property
    @override
    def current_option(self) -> str:
        """Return the project's pause behavior."""
        return self.coordinator.data.pause_behavior.value

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose the project's pause behavior."""
        self.coordinator.project.commands.choose_pause_behavior(PauseBehavior(option))


class PauseBehaviorSelect(SlotEntity, SelectEntity):
    """What the next pause of the slot's recording sends."""

    @override
    def _state_key(self) -> tuple[object, ...]:
        return self.available, self.current_option

    @property
    @override
    def current_option(self) -> str | None:
        """Return the recording's pause behavior."""
        data = self.coordinator.data
        return data.pause_behavior_of(self.recording.sid).value if self.recording else None

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose the recording's pause behavior."""
        self.coordinator.project.commands.choose_pause_behavior(
            PauseBehavior(option), self.require_recording().sid
        )


class StatusSelect(SlotEntity, SelectEntity):
    """The update endpoint whole: pause, go on or stop."""

    @override
    def _state_key(self) -> tuple[object, ...]:
        return self.available, self.current_option

    @property
    @override
    def current_option(self) -> str | None:
        """Return the confirmed status, where it is one that can be chosen."""
        match self.status:
            case RecordingStatus() as status if status.is_recording:
                return RecordingStatus.IN_PROGRESS.value
            case RecordingStatus() as status if status.value in self.options:
                return status.value
            case _:
                return None

    @override
    async def async_select_option(self, option: str) -> None:
        """Ask the service for the status."""
        await self.coordinator.project.commands.async_update(
            self.require_recording().sid, RecordingStatus(option), context=self._context
        )
