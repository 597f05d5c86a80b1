"""Conditions: what the recordings of a project or a line are like."""

from typing import ClassVar, override

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.components.switch.const import DOMAIN as SWITCH_DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    CONF_OPTIONS,
    CONF_TARGET,
    STATE_OFF,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_ANY,
    Condition,
    EntityConditionBase,
    EntityStateConditionBase,
)
import voluptuous as vol

from .api import RecordingStatus
from .coordinator import SignalWireConfigEntry
from .helpers import only_ours

_SENSORS = {SENSOR_DOMAIN: DomainSpec()}
_SWITCHES = {SWITCH_DOMAIN: DomainSpec()}
_NONE_KNOWN = {"0", STATE_UNAVAILABLE, STATE_UNKNOWN}
_OFF: set[str | bool] = {STATE_OFF}
_SCHEMA_WITHOUT_DURATION = vol.Schema(
    {
        vol.Required(CONF_TARGET): cv.TARGET_FIELDS,
        vol.Required(CONF_OPTIONS, default={}): {
            vol.Required(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): vol.In([BEHAVIOR_ANY, BEHAVIOR_ALL]),
        },
    }
)


class _OnlyWhatIsKnown(EntityConditionBase):
    """A condition on the integration's entities; "all" fails if anything is not known.

    Home Assistant's own conditions leave out what is unavailable, and then "all" of none passes:
    "all are paused" of a project that can't be reached would.
    """

    _translation_key: ClassVar[str]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return those of the condition's kind among the entities."""
        return only_ours(self._hass, super().entity_filter(entities), self._translation_key)

    @override
    def _should_include(self, _state: State) -> bool:
        return True

    @override
    def _check_all_match_state(self, states: list[State]) -> bool:
        return bool(states) and super()._check_all_match_state(states)


class RecordingActiveCondition(_OnlyWhatIsKnown):
    """Passes while any recording of the project or line is active, paused or not."""

    _domain_specs = _SENSORS
    _translation_key = "active_recordings"

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        """Return whether the sensor counts any."""
        return entity_state.state not in _NONE_KNOWN


class AllPausedCondition(_OnlyWhatIsKnown):
    """Passes while the project or line has active recordings, and all of them are paused."""

    _domain_specs = _SENSORS
    _translation_key = "active_recordings"
    # No "for": the history of no single entity shows that.
    _schema = _SCHEMA_WITHOUT_DURATION

    @property
    @override
    def needs_polling(self) -> bool:
        """Return that the counted number does not tell of a pause."""
        return True

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        """Return whether all recordings of the sensor's project or line are paused."""
        entity = er.async_get(self._hass).async_get(entity_state.entity_id)
        entry_id = entity.config_entry_id if entity else None
        entry: SignalWireConfigEntry | None = self._hass.config_entries.async_get_entry(
            entry_id or ""
        )
        if entity is None or entry is None or entry.state is not ConfigEntryState.LOADED:
            return False
        data, line_id = entry.runtime_data.data, entity.config_subentry_id
        recordings = data.recordings.values() if line_id is None else data.on_line(line_id)
        return (
            bool(recordings)
            and entry.runtime_data.last_update_success
            and not data.unread
            and not (line_id is not None and data.unassigned)
            and all(
                data.confirmed_status(recording) is RecordingStatus.PAUSED
                for recording in recordings
            )
        )


class HeldCondition(_OnlyWhatIsKnown, EntityStateConditionBase):
    """Passes while the switch "Call recording" is off, whether that is confirmed or not."""

    _domain_specs = _SWITCHES
    _states = _OFF
    _translation_key = "call_recording"


CONDITIONS: dict[str, type[Condition]] = {
    "is_active": RecordingActiveCondition,
    "all_paused": AllPausedCondition,
    "is_held": HeldCondition,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions."""
    return CONDITIONS
