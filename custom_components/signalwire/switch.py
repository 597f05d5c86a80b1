"""Switches: on while a recording keeps what is said."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import RECORDING_FIELDS, RecordingStatus
from .coordinator import SignalWireConfigEntry
from .entity import ScopeEntity, SlotEntity, async_add_line_entities, async_add_slot_entities
from .fields import recording_fields
from .project.hold import HoldSnapshot

# Pauses of several recordings must not wait for each other; each one's updates are in order.
PARALLEL_UPDATES = 0

CALL_RECORDING = SwitchEntityDescription(
    key="call_recording",
    translation_key="call_recording",
    # By which a selector can tell it from the recordings.
    device_class=SwitchDeviceClass.SWITCH,
)
RECORDING = SwitchEntityDescription(key="recording", translation_key="recording", name=None)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SignalWireConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the switches of a project."""
    coordinator = entry.runtime_data
    async_add_entities([CallRecordingSwitch(coordinator, CALL_RECORDING)])
    async_add_line_entities(
        entry,
        async_add_entities,
        lambda line: [CallRecordingSwitch(coordinator, CALL_RECORDING, line)],
    )
    async_add_slot_entities(
        entry,
        async_add_entities,
        lambda number: [RecordingSwitch(coordinator, number, RECORDING)],
    )


class RecordingSwitch(SlotEntity, SwitchEntity):
    """On: recording. Off: paused. Unavailable: no recording."""

    _unrecorded_attributes = frozenset(RECORDING_FIELDS) - {"status"}

    @override
    def _state_key(self) -> tuple[object, ...]:
        # That only the length has grown is no reason to write a state.
        recording = self.recording
        return self.available, recording and recording.without_duration, self.status

    @property
    @override
    def available(self) -> bool:
        """Return whether there is a recording to switch, and the service answers."""
        return super().available and self.recording is not None

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the service confirmed that it is recording, or that it is paused."""
        match self.status:
            case RecordingStatus.PAUSED:
                return False
            case RecordingStatus() as status if status.is_recording:
                return True
            case _:
                return None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return the fields of the service's last answer."""
        return None if self.recording is None else recording_fields(self.recording)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Go on recording."""
        await self._async_update(RecordingStatus.IN_PROGRESS)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Pause the recording."""
        await self._async_update(RecordingStatus.PAUSED)

    async def _async_update(self, status: RecordingStatus) -> None:
        await self.coordinator.project.commands.async_update(
            self.require_recording().sid, status, context=self._context
        )


class CallRecordingSwitch(ScopeEntity, SwitchEntity):
    """On: calls may be recorded. Off: all of the project or the line is to be paused.

    A line is off while the project is. It shows what is desired; its attributes show whether the
    service has confirmed it.
    """

    # There can be more than the history keeps, which would then keep no attribute at all.
    _unrecorded_attributes = frozenset({"holds"})
    _was_held: bool | None = None

    @callback
    @override
    def _async_write(self) -> None:
        """Show what is new, on behalf of who held or released."""
        hold, holds = self._hold, self.coordinator.project.hold_controller
        scope = frozenset[str]() if self.line_id is None else frozenset((self.line_id,))
        context = hold.context if hold.held else holds.release_context(scope)
        if hold.held is not self._was_held:
            self.async_set_context(context or Context())
        self._was_held = hold.held
        super()._async_write()

    @override
    def _state_key(self) -> tuple[object, ...]:
        return (self._hold,)

    @property
    def _hold(self) -> HoldSnapshot:
        return self.coordinator.data.hold_of(self.line_id)

    @property
    @override
    def available(self) -> bool:
        """Return that it can always be switched: that needs no service."""
        return True

    @property
    @override
    def is_on(self) -> bool:
        """Return whether calls may be recorded."""
        return not self._hold.held

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return how much of the hold is not confirmed, and who holds."""
        hold = self._hold
        return {
            "unconfirmed": hold.unconfirmed,
            "confirmed": hold.confirmed,
            "holds": [
                {
                    "name": one.name,
                    "since": one.since,
                    "until": one.until,
                    "scope": "project" if one.line is None else "line",
                }
                for one in hold.holds
            ],
        }

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Release: a person ends every hold, an automation the switch's own."""
        await self.coordinator.project.hold_controller.async_switch_on(self._context, self.line_id)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Hold: pause all that belongs to it."""
        await self.coordinator.project.hold_controller.async_hold(
            context=self._context, line=self.line_id
        )
