"""The event entity: what happens to recordings, and who or what did it."""

from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN, EVENT_ACTIVITY
from .coordinator import SignalWireConfigEntry
from .devices import line_name
from .entity import ScopeEntity, async_add_line_entities, scope_unique_id, slot_unique_id
from .project.activity import Activity, ActivityType
from .project.parties import Parties
from .project.updates import Actor
from .switch import CALL_RECORDING, RECORDING

# It is told of what happens.
PARALLEL_UPDATES = 0

_ACTIVITY = EventEntityDescription(
    key="activity",
    translation_key="activity",
    event_types=[kind.value for kind in ActivityType],
)
_NOBODY = Parties()
# Of the integration "person", which need not be there.
_PERSON = "person"
_USER_ID = "user_id"
_IN_LOGBOOK = ("slot", "lines", "from", "to", "actor", "reason", "holds")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SignalWireConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the event entity of a project."""
    coordinator = entry.runtime_data
    async_add_entities([RecordingActivityEvent(coordinator, _ACTIVITY)])
    async_add_line_entities(
        entry,
        async_add_entities,
        lambda line: [RecordingActivityEvent(coordinator, _ACTIVITY, line)],
    )


class RecordingActivityEvent(ScopeEntity, EventEntity):
    """Fires for what happens to any recording of the project or a line, or to their holds."""

    # The history of this entity keeps what happened and when, and nothing that leads to the audio.
    # There can be more holds than it keeps, with which it would keep nothing.
    _unrecorded_attributes = frozenset(
        {"recording_sid", "call_sid", "conference_sid", "from", "to", "reason", "holds"}
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
        if self.line_id is not None and self.line_id not in activity.lines:
            return
        recording = activity.recording
        parties = activity.parties or _NOBODY
        entry = self.coordinator.config_entry
        # Whoever did the last thing has not done what happens by itself a moment later.
        self.async_set_context(activity.context or Context())
        details = {
            "slot": activity.slot,
            "lines": [
                line_name(self.hass, entry, line.id, line.name)
                for line in self.coordinator.project.lines
                if line.id in activity.lines
            ],
            "recording_sid": recording.sid if recording else None,
            "call_sid": recording.call_sid if recording else None,
            "conference_sid": recording.conference_sid if recording else None,
            "from": parties.from_party,
            "to": parties.to_party,
            "actor": activity.actor.value,
            "reason": activity.reason,
            "holds": list(activity.holds),
        }
        self._trigger_event(activity.type.value, details)
        self.async_write_ha_state()
        if self.line_id is not None:
            return
        # For the logbook, which makes a sentence of it.
        self.hass.bus.async_fire(
            EVENT_ACTIVITY,
            {
                "type": activity.type.value,
                "entity_id": self._shown_at(activity),
                "config_entry_id": entry.entry_id,
                **{name: details[name] for name in _IN_LOGBOOK},
                "person": _person(self.hass, activity),
            },
            context=activity.context,
        )

    def _shown_at(self, activity: Activity) -> str:
        """Return the switch of the slot, the line or the project, where the logbook shows it."""
        entry_id, lines = self.coordinator.config_entry.entry_id, self.coordinator.project.lines
        line_id = next((line.id for line in lines if line.id in activity.lines), None)
        unique_ids = [scope_unique_id(entry_id, scope, CALL_RECORDING) for scope in (line_id, None)]
        if activity.slot is not None:
            unique_ids.insert(0, slot_unique_id(entry_id, activity.slot, RECORDING))
        registry = er.async_get(self.hass)
        for unique_id in unique_ids:
            if shown_at := registry.async_get_entity_id(Platform.SWITCH, DOMAIN, unique_id):
                return shown_at
        return self.entity_id


def _person(hass: HomeAssistant, activity: Activity) -> str | None:
    """Return the name of the person who acted, if Home Assistant has one for the user."""
    user_id = activity.context.user_id if activity.context else None
    if user_id is None or activity.actor is not Actor.HOME_ASSISTANT:
        return None
    persons = hass.states.async_all(_PERSON)
    return next(
        (person.name for person in persons if person.attributes.get(_USER_ID) == user_id), None
    )
