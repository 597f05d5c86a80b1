"""The event entity "Recording activity"."""

from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import Context, Event, EventStateChangedData, HomeAssistant, callback
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from simulator import Fault, Simulator
from tests.helpers import call_with_recording, refresh, restart, state

ACTIVITY = "event.corner_shop_recording_activity"


@pytest.fixture
def told(hass: HomeAssistant) -> list[tuple[str, str]]:
    """Return a list that fills with what happened, and who did it."""
    told: list[tuple[str, str]] = []

    @callback
    def tell(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if event.data["entity_id"] == ACTIVITY and new and "event_type" in new.attributes:
            kind = new.attributes["event_type"]
            if kind and (not told or new.last_changed != last[0]):
                last[0] = new.last_changed
                told.append((kind, new.attributes["actor"]))

    last: list[object] = [None]
    hass.bus.async_listen("state_changed", tell)
    return told


async def test_nothing_happens_at_the_start(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    told: list[tuple[str, str]],
) -> None:
    call_with_recording(simulator)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await restart(hass, entry)
    assert state(hass, ACTIVITY) == STATE_UNKNOWN
    assert not told


async def test_a_recordings_life_is_told_with_who_did_what(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    told: list[tuple[str, str]],
) -> None:
    call = call_with_recording(simulator)
    (sid,) = simulator.space.recordings
    await refresh(hass, loaded)
    started = hass.states.get(ACTIVITY)
    assert started is not None
    assert started.attributes["recording_sid"] == sid
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.recording_1"}, blocking=True
    )
    simulator.space.update_recording(sid, "in-progress")
    await refresh(hass, loaded)
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.corner_shop_call_recording"}, blocking=True
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    simulator.space.hang_up(call.sid)
    await refresh(hass, loaded)
    assert told == [
        ("started", "signalwire"),
        ("paused", "home_assistant"),
        ("resumed", "signalwire"),
        ("paused", "call_recording"),
        ("completed", "signalwire"),
    ]
    event = hass.states.get(ACTIVITY)
    assert event is not None
    assert event.attributes["slot"] == 1
    assert event.attributes["recording_sid"] == sid
    assert event.attributes["call_sid"] == call.sid


@pytest.mark.parametrize(
    ("status", "kind"), [("absent", "absent"), ("failed", "failed"), ("completed", "completed")]
)
async def test_every_end_has_its_name(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    told: list[tuple[str, str]],
    status: str,
    kind: str,
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    (sid,) = simulator.space.recordings
    body = f'{{"recordings": [{{"sid": "{sid}", "status": "{status}"}}]}}'
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=body, times=1))
    await refresh(hass, loaded)
    assert told[-1] == (kind, "signalwire")


async def test_a_stop_and_a_deletion_are_told(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    told: list[tuple[str, str]],
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await hass.services.async_call(
        "button", "press", {"entity_id": "button.recording_1_stop"}, blocking=True
    )
    assert told[-1] == ("stopped", "home_assistant")
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.space.recordings.clear()
    # One answer that it is gone proves nothing.
    await refresh(hass, loaded)
    await refresh(hass, loaded)
    assert told[-1] == ("completed", "signalwire")


async def test_who_paused_a_call_has_not_ended_it(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, hass_admin_user: MockUser
) -> None:
    call = call_with_recording(simulator)
    await refresh(hass, loaded)
    person = Context(user_id=hass_admin_user.id)
    switch = {"entity_id": "switch.recording_1"}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True, context=person)
    assert _user_of(hass, ACTIVITY) == _user_of(hass, "switch.recording_1") == person.user_id
    simulator.space.hang_up(call.sid)
    await refresh(hass, loaded)
    assert _user_of(hass, ACTIVITY) is None
    assert _user_of(hass, "switch.recording_1") is None


async def test_who_stopped_a_recording_is_told_of_all_that_shows_it(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, hass_admin_user: MockUser
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    person = Context(user_id=hass_admin_user.id)
    stop = {"entity_id": "button.recording_1_stop"}
    await hass.services.async_call("button", "press", stop, blocking=True, context=person)
    assert _user_of(hass, ACTIVITY) == _user_of(hass, "switch.recording_1") == person.user_id


def _user_of(hass: HomeAssistant, entity_id: str) -> str | None:
    """Return who is behind a state."""
    state = hass.states.get(entity_id)
    assert state is not None
    return state.context.user_id


async def test_a_pause_that_failed_is_told_with_its_reason(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    told: list[tuple[str, str]],
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(method="POST", status=400, body='{"code": 7, "message": "No"}'))
    with pytest.raises(Exception, match="No"):
        await hass.services.async_call(
            "switch", "turn_off", {"entity_id": "switch.recording_1"}, blocking=True
        )
    assert told[-1] == ("pause_failed", "home_assistant")
    event = hass.states.get(ACTIVITY)
    assert event is not None
    assert "No (7)" in event.attributes["reason"]


async def test_the_event_keeps_quiet_while_nothing_happens(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    told: list[tuple[str, str]],
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    before = hass.states.get(ACTIVITY)
    simulator.faults.add(Fault(status=400))
    await refresh(hass, loaded)
    simulator.faults.clear()
    await refresh(hass, loaded)
    assert hass.states.get(ACTIVITY) is before
    assert told == [("started", "signalwire")]


async def test_the_history_keeps_no_sid_of_an_activity(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    activity = hass.states.get(ACTIVITY)
    assert activity is not None
    assert activity.state_info is not None
    sids = {name for name in activity.attributes if name.endswith("_sid")}
    assert "recording_sid" in sids
    assert sids <= activity.state_info["unrecorded_attributes"]
