"""The event entity: what happens to recordings, and who or what did it."""

from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import EVENT_ACTIVITY
from .coordinator import SignalWireConfigEntry
from .entity import ProjectEntity
from .project.activity import Activity, ActivityType
from .project.parties import Parties

# It is told of what happens.
PARALLEL_UPDATES = 0

_ACTIVITY = EventEntityDescription(
    key="activity",
    translation_key="activity",
    event_types=[kind.value for kind in ActivityType],
)
_NOBODY = Parties()


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SignalWireConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the event entity of a project."""
    async_add_entities([RecordingActivityEvent(entry.runtime_data, _ACTIVITY)])


class RecordingActivityEvent(ProjectEntity, EventEntity):
    """Fires for everything that happens to any recording, those without a slot too."""

    # The history of this entity keeps what happened and when, and nothing that leads to the audio.
    _unrecorded_attributes = frozenset(
        {"recording_sid", "call_sid", "conference_sid", "from", "to", "reason"}
    )

    @property
    @override
    def available(self) -> bool:
        """Return that it can always fire, also because the service does not answer."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Begin to listen."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.project.activities.listen(self._async_fire))

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Leave the state alone: it is the last event, not the last refresh."""

    @callback
    def _async_fire(self, activity: Activity) -> None:
        recording = activity.recording
        sid = recording.sid if recording else None
        parties = activity.parties or self.coordinator.data.parties.get(sid or "", _NOBODY)
        # Whoever did the last thing has not done what happens by itself a moment later.
        self.async_set_context(activity.context or Context())
        details = {
            "slot": activity.slot,
            "recording_sid": sid,
            "call_sid": recording.call_sid if recording else None,
            "conference_sid": recording.conference_sid if recording else None,
            "from": parties.from_party,
            "to": parties.to_party,
            "actor": activity.actor.value,
            "reason": activity.reason,
        }
        self._trigger_event(activity.type.value, details)
        self.async_write_ha_state()
        # For the logbook, which makes a sentence of it.
        self.hass.bus.async_fire(
            EVENT_ACTIVITY,
            {
                "type": activity.type.value,
                "entity_id": self.entity_id,
                "config_entry_id": self.coordinator.config_entry.entry_id,
                **{name: details[name] for name in ("slot", "from", "to", "actor", "reason")},
            },
            context=activity.context,
        )
