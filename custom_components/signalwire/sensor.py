"""Sensors: what a recording is of, what a line does, and how many recordings there are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import MAX_LENGTH_STATE_STATE, PERCENTAGE, EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from .api import Recording, RecordingSource, RecordingStatus
from .coordinator import SignalWireConfigEntry, SignalWireCoordinator
from .entity import ScopeEntity, SlotEntity, async_add_line_entities, async_add_slot_entities
from .project.parties import Parties
from .project.snapshot import ProjectSnapshot

# The coordinator reads for all of them.
PARALLEL_UPDATES = 0

_IDLE = "idle"
LINE_STATES = ("recording", "paused", "mixed")
# A state has no room for more.
_MAX_NAMED = 10
_NOBODY = Parties()

type SensorValue = StateType | datetime | Decimal


@dataclass(frozen=True, kw_only=True)
class ProjectSensorDescription(SensorEntityDescription):
    """Describes a sensor of the project."""

    value_fn: Callable[[ProjectSnapshot], int | datetime | Decimal | None]
    unit_fn: Callable[[ProjectSnapshot], str | None] = lambda _: None
    # Counts what has ended today, so it begins anew at midnight.
    is_daily: bool = False
    # Ours alone, so shown whether the service answers or not.
    always_available: bool = False


@dataclass(frozen=True, kw_only=True)
class LineSensorDescription(SensorEntityDescription):
    """Describes a sensor of a line."""

    value_fn: Callable[[SignalWireCoordinator, str], int | str | None]
    has_slots: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordingSensorDescription(SensorEntityDescription):
    """Describes a sensor of a slot's recording."""

    value_fn: Callable[[Recording, Parties], SensorValue]
    unit_fn: Callable[[Recording], str | None] = lambda _: None
    # Shown while no recording sits in the slot.
    empty_value: str | None = None


def _known(status: RecordingStatus) -> str | None:
    return None if status is RecordingStatus.UNKNOWN else status.value


def _source(source: RecordingSource | None) -> str | None:
    return None if source in (None, RecordingSource.UNKNOWN) else source.name.lower()


def _line_state(data: ProjectSnapshot, line_id: str) -> str | None:
    """Return what a line's recordings do, None for what is not known for sure."""
    statuses = data.lines[line_id].statuses
    if not statuses:
        return _IDLE
    if any(status is not None and status.is_recording for status in statuses):
        return "recording" if RecordingStatus.PAUSED not in statuses else "mixed"
    # As long as it is not known where another is, that may be on this line, and recording.
    is_sure = not data.unassigned and statuses == {RecordingStatus.PAUSED}
    return "paused" if is_sure else None


def _talking_to(coordinator: SignalWireCoordinator, line_id: str) -> str | None:
    """Return the other ends of a line's recorded calls, in the order in which they were found."""
    data, lines = coordinator.data, coordinator.project.lines
    others: dict[str, None] = {}
    for sid in data.lines[line_id].sids[:_MAX_NAMED]:
        parties = data.parties.get(sid, _NOBODY)
        ends = parties.from_party, parties.to_party
        other = next((end for end in ends if end and not lines.is_on(line_id, end)), ends[0])
        if other:
            others[other] = None
    return _shown(", ".join(others)) or None


def _shown(name: str | None) -> str | None:
    """Return a name as far as a state can hold it."""
    if name is None or len(name) <= MAX_LENGTH_STATE_STATE:
        return name
    return f"{name[: MAX_LENGTH_STATE_STATE - 1]}…"


PROJECT_SENSORS = (
    ProjectSensorDescription(
        key="active_recordings",
        translation_key="active_recordings",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda data: len(data.recordings),
    ),
    ProjectSensorDescription(
        key="paused_recordings",
        translation_key="paused_recordings",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda data: sum(
            data.confirmed_status(recording) is RecordingStatus.PAUSED
            for recording in data.recordings.values()
        ),
    ),
    ProjectSensorDescription(
        key="held_until",
        translation_key="held_until",
        device_class=SensorDeviceClass.TIMESTAMP,
        always_available=True,
        value_fn=lambda data: data.hold.until,
    ),
    ProjectSensorDescription(
        key="recorded_time_today",
        translation_key="recorded_time_today",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        state_class=SensorStateClass.TOTAL,
        is_daily=True,
        value_fn=lambda data: data.today.seconds,
    ),
    ProjectSensorDescription(
        key="recording_cost_today",
        translation_key="recording_cost_today",
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        state_class=SensorStateClass.TOTAL,
        is_daily=True,
        value_fn=lambda data: data.today.cost,
        unit_fn=lambda data: data.today.currency,
    ),
    ProjectSensorDescription(
        key="due_for_deletion",
        translation_key="due_for_deletion",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        always_available=True,
        value_fn=lambda data: data.retention.due,
    ),
    ProjectSensorDescription(
        key="last_deletion",
        translation_key="last_deletion",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        always_available=True,
        value_fn=lambda data: data.retention.last_deletion,
    ),
    ProjectSensorDescription(
        key="copied",
        translation_key="copied",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        always_available=True,
        value_fn=lambda data: data.copied,
    ),
)

LINE_SENSORS = (
    LineSensorDescription(
        key="line_state",
        translation_key="line_state",
        device_class=SensorDeviceClass.ENUM,
        options=[_IDLE, *LINE_STATES],
        value_fn=lambda coordinator, line_id: _line_state(coordinator.data, line_id),
        has_slots=True,
    ),
    LineSensorDescription(
        key="talking_to",
        translation_key="talking_to",
        value_fn=_talking_to,
    ),
    LineSensorDescription(
        key="active_recordings",
        translation_key="active_recordings",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda coordinator, line_id: len(coordinator.data.lines[line_id].sids),
    ),
)

RECORDING_SENSORS = (
    RecordingSensorDescription(
        key="state",
        translation_key="state",
        device_class=SensorDeviceClass.ENUM,
        options=[
            _IDLE,
            *(name for status in RecordingStatus if (name := _known(status))),
        ],
        empty_value=_IDLE,
        value_fn=lambda recording, _: _known(recording.status),
    ),
    RecordingSensorDescription(
        key="from",
        translation_key="from",
        value_fn=lambda _, parties: _shown(parties.from_party),
    ),
    RecordingSensorDescription(
        key="to",
        translation_key="to",
        value_fn=lambda _, parties: _shown(parties.to_party),
    ),
    RecordingSensorDescription(
        key="started",
        translation_key="started",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda recording, _: recording.started,
    ),
    RecordingSensorDescription(
        key="duration",
        translation_key="duration",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        entity_category=EntityCategory.DIAGNOSTIC,
        # It changes with every refresh, and the start tells the same.
        entity_registry_enabled_default=False,
        value_fn=lambda recording, _: recording.duration,
    ),
    RecordingSensorDescription(
        key="channels",
        translation_key="channels",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda recording, _: recording.channels,
    ),
    RecordingSensorDescription(
        key="source",
        translation_key="source",
        device_class=SensorDeviceClass.ENUM,
        options=[
            source.name.lower()
            for source in RecordingSource
            if source is not RecordingSource.UNKNOWN
        ],
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda recording, _: _source(recording.source),
    ),
    RecordingSensorDescription(
        key="price",
        translation_key="price",
        device_class=SensorDeviceClass.MONETARY,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        suggested_display_precision=4,
        value_fn=lambda recording, _: recording.price,
        unit_fn=lambda recording: recording.price_unit,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SignalWireConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of a project."""
    coordinator = entry.runtime_data
    async_add_entities(ProjectSensor(coordinator, description) for description in PROJECT_SENSORS)
    async_add_line_entities(
        entry,
        async_add_entities,
        lambda line: [LineSensor(coordinator, description, line) for description in LINE_SENSORS],
    )
    async_add_slot_entities(
        entry,
        async_add_entities,
        lambda number: [
            RecordingSensor(coordinator, number, description) for description in RECORDING_SENSORS
        ],
    )


class ProjectSensor(ScopeEntity, SensorEntity):
    """Something about all of the project's recordings."""

    entity_description: ProjectSensorDescription

    @override
    def _state_key(self) -> tuple[object, ...]:
        return self.available, self.native_value, self.native_unit_of_measurement, self.last_reset

    @property
    @override
    def available(self) -> bool:
        """Return whether it is known."""
        return self.entity_description.always_available or super().available

    @property
    @override
    def native_value(self) -> int | datetime | Decimal | None:
        """Return what is known."""
        return self.entity_description.value_fn(self.coordinator.data)

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """Return the unit, which for money is what the service charges in."""
        return (
            self.entity_description.unit_fn(self.coordinator.data)
            or self.entity_description.native_unit_of_measurement
        )

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return the midnight since which a daily sensor counts."""
        if not self.entity_description.is_daily:
            return None
        return dt_util.start_of_local_day(self.coordinator.data.today.day)


class LineSensor(ScopeEntity, SensorEntity):
    """Something about a line's recordings."""

    entity_description: LineSensorDescription
    _unrecorded_attributes = frozenset({"slots"})

    @override
    def _state_key(self) -> tuple[object, ...]:
        return self.available, self.native_value, self._slots

    @property
    @override
    def native_value(self) -> int | str | None:
        """Return what is known."""
        return (
            None
            if self.line_id is None
            else self.entity_description.value_fn(self.coordinator, self.line_id)
        )

    @property
    def _slots(self) -> tuple[int, ...] | None:
        if not self.entity_description.has_slots or self.line_id is None:
            return None
        return self.coordinator.data.lines[self.line_id].slots

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return in which slots the line's recordings sit."""
        return None if (slots := self._slots) is None else {"slots": list(slots)}


class RecordingSensor(SlotEntity, SensorEntity):
    """Something about the recording in a slot."""

    entity_description: RecordingSensorDescription

    @override
    def _state_key(self) -> tuple[object, ...]:
        return self.available, self.native_value, self.native_unit_of_measurement

    @property
    @override
    def native_value(self) -> SensorValue:
        """Return what the service or the call says."""
        if (recording := self.recording) is None:
            return self.entity_description.empty_value
        parties = self.coordinator.data.parties.get(recording.sid, _NOBODY)
        return self.entity_description.value_fn(recording, parties)

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """Return the unit, which for a price depends on the recording."""
        if (recording := self.recording) is not None and (
            unit := self.entity_description.unit_fn(recording)
        ):
            return unit
        return self.entity_description.native_unit_of_measurement
