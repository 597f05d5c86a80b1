"""Triggers: what happens to the recordings of a project or a line."""

from typing import override

from homeassistant.components.event import ATTR_EVENT_TYPE
from homeassistant.components.event import DOMAIN as EVENT_DOMAIN
from homeassistant.const import EntityStateAttribute
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
)

from .helpers import only_ours
from .project.activity import ActivityType

_EVENTS = {EVENT_DOMAIN: DomainSpec()}
# What a person can change of an entity, without anything having happened.
_APPEARANCE = {attribute.value for attribute in EntityStateAttribute}


def _make_trigger(*types: ActivityType) -> type[Trigger]:
    """Return the trigger for these activities, whichever recording they are of."""
    fires_for = {kind.value for kind in types}

    class RecordingTrigger(StatelessEntityTriggerBase):
        _domain_specs = _EVENTS

        @override
        def entity_filter(self, entities: set[str]) -> set[str]:
            """Return the event entities "Recording activity" among the entities."""
            return only_ours(self._hass, super().entity_filter(entities), "activity")

        @override
        def is_valid_transition(self, from_state: State, to_state: State) -> bool:
            """Return whether something has happened.

            Many recordings are paused in the same millisecond, so the state alone does not tell.
            """
            return _happening(from_state) != _happening(to_state)

        @override
        def is_valid_state(
            self, state: State, report_not_triggered: NotTriggeredReasonReporter
        ) -> bool:
            """Return whether it is one of the activities."""
            return state.attributes.get(ATTR_EVENT_TYPE) in fires_for

    return RecordingTrigger


def _happening(state: State) -> tuple[str, dict[str, object]]:
    return state.state, {
        name: value for name, value in state.attributes.items() if name not in _APPEARANCE
    }


TRIGGERS: dict[str, type[Trigger]] = {
    "recording_started": _make_trigger(ActivityType.STARTED),
    "recording_paused": _make_trigger(ActivityType.PAUSED),
    "recording_resumed": _make_trigger(ActivityType.RESUMED),
    "recording_ended": _make_trigger(
        ActivityType.STOPPED, ActivityType.COMPLETED, ActivityType.ABSENT, ActivityType.FAILED
    ),
    "pause_failed": _make_trigger(ActivityType.PAUSE_FAILED),
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers."""
    return TRIGGERS
