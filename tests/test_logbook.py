"""What the logbook says about recordings."""

from typing import Any

from homeassistant.components.logbook.models import LazyEventPartialState, async_event_to_row
from homeassistant.core import Context, Event, HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
)

from custom_components.signalwire.const import EVENT_ACTIVITY
from custom_components.signalwire.devices import async_slot_devices
from custom_components.signalwire.logbook import async_describe_events
from simulator import Fault, Simulator
from tests.helpers import (
    call_with_recording,
    conference_with_recording,
    hold,
    jump,
    refresh,
    settle,
    turn,
)


def _lines(hass: HomeAssistant, events: list[Event[Any]]) -> list[dict[str, Any]]:
    """Return what the logbook makes of the events."""
    described: dict[object, Any] = {}
    async_describe_events(
        hass, lambda domain, event_type, describe: described.update({event_type: describe})
    )
    # As the logbook itself passes them.
    return [
        described[event.event_type](LazyEventPartialState(async_event_to_row(event), {}))
        for event in events
    ]


async def test_a_recordings_life_reads_as_sentences(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    events = async_capture_events(hass, EVENT_ACTIVITY)
    call = call_with_recording(simulator)
    await refresh(hass, loaded)
    await refresh(hass, loaded)
    context = Context()
    switch = {"entity_id": "switch.recording_1"}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True, context=context)
    await hass.services.async_call("switch", "turn_on", switch, blocking=True)
    simulator.faults.add(Fault(method="POST", status=400, body='{"message": "no"}', times=1))
    with pytest.raises(Exception, match="rejected"):
        await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    simulator.space.hang_up(call.sid)
    await refresh(hass, loaded)
    conference_with_recording(simulator, "Front desk")
    await refresh(hass, loaded)
    await hass.services.async_call("signalwire", "hold_recordings", {}, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)

    lines = _lines(hass, events)
    # Home Assistant shows the name of the switch before each.
    assert [line["message"] for line in lines] == [
        "was started by SignalWire",
        "was paused by Home Assistant (+15550100 → +15550101)",
        "was resumed by Home Assistant (+15550100 → +15550101)",
        "could not be paused by Home Assistant (+15550100 → +15550101): "
        "SignalWire rejected the change of the recording: no, HTTP 400",
        "has ended (+15550100 → +15550101)",
        "was started by SignalWire",
        "was paused by Call recording (Front desk)",
    ]
    assert [line["name"] for line in lines] == [*["Recording 1"] * 5, *["Recording 2"] * 2]
    assert [line["entity_id"] for line in lines] == [
        *["switch.recording_1"] * 5,
        *["switch.recording_2"] * 2,
    ]
    assert events[1].context.id == context.id

    device_id = async_slot_devices(hass, loaded)[1]
    dr.async_get(hass).async_update_device(device_id, name_by_user="Till")
    assert _lines(hass, events[:1])[0]["name"] == "Till"
    await hass.config_entries.async_remove(loaded.entry_id)
    assert _lines(hass, events[:1])[0]["name"] == "SignalWire"


@pytest.mark.parametrize(
    "data",
    [{}, {"type": "paused"}, {"type": 5, "slot": "1", "lines": "x", "holds": 3, "from": 7}],
)
async def test_an_event_that_somebody_made_up_is_a_sentence_all_the_same(
    hass: HomeAssistant, loaded: MockConfigEntry, data: dict[str, Any]
) -> None:
    events = async_capture_events(hass, EVENT_ACTIVITY)
    hass.bus.async_fire(EVENT_ACTIVITY, data)
    await hass.async_block_till_done()
    (line,) = _lines(hass, events)
    assert line["name"] == "SignalWire"
    assert line["message"]


async def test_a_persons_act_has_their_name_and_what_they_ended(
    hass: HomeAssistant, lines: None, loaded: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    hass.states.async_set(
        "person.anna", "home", {"friendly_name": "Anna", "user_id": hass_admin_user.id}
    )
    events = async_capture_events(hass, EVENT_ACTIVITY)
    desk = "switch.front_desk_call_recording"
    for name in ("terminal", "consultation"):
        await hold(hass, name=name, entity_id=desk)
    await turn(hass, "on", desk, user=hass_admin_user)
    await hold(hass, **{"for": {"seconds": 5}})
    await settle(hass)
    jump(hass, seconds=6)
    await settle(hass)
    assert [line["message"] for line in _lines(hass, events)] == [
        "holds were ended by Anna (Front desk): terminal, consultation",
        "holds were ended by Call recording: switch",
    ]
    assert [event.data["entity_id"] for event in events] == [
        desk,
        "switch.corner_shop_call_recording",
    ]
