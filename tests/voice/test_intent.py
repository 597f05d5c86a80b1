"""The intents do what the sentences do."""

from datetime import timedelta
from typing import Any

from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.signalwire.intent import (
    INTENT_COUNT,
    INTENT_IS_RECORDING,
    INTENT_PAUSE,
    INTENT_RESUME,
    INTENT_STOP,
    INTENT_STOP_ALL,
)
from simulator import Fault, Simulator
from tests.helpers import FRONT_DESK, call_with_recording


@pytest.fixture(autouse=True)
async def intents(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """Let Home Assistant take intents."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "intent", {})
    await hass.async_block_till_done(wait_background_tasks=True)


async def _handle(
    hass: HomeAssistant,
    intent_type: str,
    language: str = "en",
    context: Context | None = None,
    device_id: str | None = None,
    **slots: Any,
) -> intent.IntentResponse:
    return await intent.async_handle(
        hass,
        "test",
        intent_type,
        {name: {"value": value} for name, value in slots.items()},
        context=context,
        language=language,
        device_id=device_id,
    )


def _speech(response: intent.IntentResponse) -> str:
    return str(response.speech["plain"]["speech"])


def _statuses(simulator: Simulator) -> list[str]:
    return [recording.status.value for recording in simulator.space.recordings.values()]


async def test_pause_and_resume(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    response = await _handle(hass, INTENT_PAUSE, "de-AT")
    assert response.response_type is intent.IntentResponseType.ACTION_DONE
    assert _speech(response) == (
        "Die Aufnahme eines Anrufs ist pausiert. "
        "Die Anrufaufnahme bleibt pausiert, bis sie fortgesetzt wird."
    )
    assert _statuses(simulator) == ["paused"]
    assert _speech(await _handle(hass, INTENT_RESUME)) == "One call is being recorded again."
    assert _statuses(simulator) == ["in-progress"]


async def test_a_pause_for_so_long(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    before = dt_util.utcnow()
    response = await _handle(hass, INTENT_PAUSE, hours="1", minutes=2, seconds=3)
    assert _speech(response).endswith("stays paused for one hour and two minutes.")
    until = loaded.runtime_data.data.hold.until
    assert abs(until - before - timedelta(seconds=3723)) < timedelta(seconds=5)


@pytest.mark.parametrize("hours", [1000, 1e300, "inf"])
async def test_no_pause_lasts_longer_than_the_action_allows(
    hass: HomeAssistant, loaded: MockConfigEntry, hours: float | str
) -> None:
    await _handle(hass, INTENT_PAUSE, hours=hours)
    until = loaded.runtime_data.data.hold.until
    assert until - dt_util.utcnow() <= timedelta(days=7)


async def test_a_slot_that_is_no_number_changes_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    with pytest.raises(intent.InvalidSlotInfo):
        await _handle(hass, INTENT_PAUSE, minutes="some")
    assert not loaded.runtime_data.data.hold.held


async def test_stop(hass: HomeAssistant, simulator: Simulator) -> None:
    call_with_recording(simulator)
    await _handle(hass, INTENT_STOP)
    assert _statuses(simulator) == ["stopped"]
    call_with_recording(simulator)
    call_with_recording(simulator)
    response = await _handle(hass, INTENT_STOP)
    # It was not done, so it is an error, though all are paused.
    assert response.response_type is intent.IntentResponseType.ERROR
    assert _statuses(simulator) == ["stopped", "paused", "paused"]
    await _handle(hass, INTENT_STOP_ALL)
    assert set(_statuses(simulator)) == {"stopped"}


async def test_questions(hass: HomeAssistant, simulator: Simulator) -> None:
    call_with_recording(simulator)
    response = await _handle(hass, INTENT_IS_RECORDING, "fr")
    assert response.response_type is intent.IntentResponseType.QUERY_ANSWER
    assert _speech(response) == "Oui, un appel est en cours d'enregistrement."
    assert _speech(await _handle(hass, INTENT_COUNT)) == "One call is being recorded."


@pytest.mark.usefixtures("impatient")
async def test_what_is_not_confirmed_is_an_error(hass: HomeAssistant, simulator: Simulator) -> None:
    call_with_recording(simulator)
    simulator.faults.add(Fault(method="POST", status=500))
    response = await _handle(hass, INTENT_PAUSE)
    assert response.error_code is intent.IntentResponseErrorCode.FAILED_TO_HANDLE
    assert _speech(response).startswith("I could not pause it yet")


async def test_who_is_not_allowed_is_refused(
    hass: HomeAssistant, hass_read_only_user: MockUser, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    response = await _handle(hass, INTENT_STOP_ALL, context=Context(user_id=hass_read_only_user.id))
    assert response.error_code is intent.IntentResponseErrorCode.FAILED_TO_HANDLE
    assert _speech(response) == "You are not allowed to do that."
    assert _statuses(simulator) == ["in-progress"]


async def test_sentences_of_ones_own_can_use_them(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    assert await async_setup_component(
        hass,
        "conversation",
        {"conversation": {"intents": {INTENT_IS_RECORDING: ["are we on tape"]}}},
    )
    call_with_recording(simulator)
    result = await conversation.async_converse(hass, "are we on tape", None, Context())
    assert _speech(result.response) == "Yes, one call is being recorded."


@pytest.mark.parametrize("hours", [-1, "nan"])
async def test_a_time_that_is_none_is_refused(
    hass: HomeAssistant, simulator: Simulator, hours: float | str
) -> None:
    call_with_recording(simulator)
    with pytest.raises(intent.InvalidSlotInfo):
        await _handle(hass, INTENT_PAUSE, hours=hours)
    assert _statuses(simulator) == ["in-progress"]


DESK_NUMBER = "+15550110"


@pytest.fixture
async def shop(hass: HomeAssistant, lines: None, loaded: MockConfigEntry) -> MockConfigEntry:
    """Return a project that has two lines, now that it was set up anew."""
    await hass.config_entries.async_reload(loaded.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return loaded


async def test_a_line_can_be_named(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator, to_number=DESK_NUMBER)
    assert _speech(await _handle(hass, INTENT_PAUSE, line="front desk ", minutes=2)) == (
        "Front desk: The recording of one call is paused. "
        "Call recording stays paused for two minutes."
    )
    assert _statuses(simulator) == ["in-progress", "paused"]
    await _handle(hass, INTENT_STOP, line="Front desk")
    assert _statuses(simulator) == ["in-progress", "stopped"]
    response = await _handle(hass, INTENT_STOP_ALL, line="Till")
    assert response.error_code is intent.IntentResponseErrorCode.FAILED_TO_HANDLE
    assert _speech(response) == "There is no line of that name."
    assert _statuses(simulator) == ["in-progress", "stopped"]


@pytest.mark.parametrize("how", ["preferred_area_id", "device_id"])
async def test_the_line_in_the_area_is_meant(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator, how: str
) -> None:
    devices = dr.async_get(hass)
    area = ar.async_get(hass).async_create("Lobby")
    line = devices.async_get_device_by_identifier(("signalwire", FRONT_DESK), shop.entry_id)
    speaker = devices.async_get_or_create(
        config_entry_id=shop.entry_id, identifiers={("test", "speaker")}
    )
    assert line is not None
    for device in (line, speaker):
        devices.async_update_device(device.id, area_id=area.id)
    where: dict[str, Any] = {"preferred_area_id": area.id, "device_id": speaker.id}
    call_with_recording(simulator)
    call_with_recording(simulator, to_number=DESK_NUMBER)
    response = await _handle(hass, INTENT_PAUSE, **{how: where[how]})
    assert _speech(response).startswith("Front desk: ")
    assert _statuses(simulator) == ["in-progress", "paused"]
