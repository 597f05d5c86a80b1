"""What was said, as text: answered to who may list recordings, and kept nowhere."""

import logging
from typing import Any

from aiohttp import ClientSession
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from simulator import Fault, Simulator
from tests.helpers import refresh
from tests.keeping.helpers import old

SAID = "My card number is none of your business"


async def _get(hass: HomeAssistant, sid: str, context: Context | None = None) -> dict[str, Any]:
    answer: dict[str, Any] | None = await hass.services.async_call(
        "signalwire",
        "get_transcript",
        {"recording_sid": sid},
        blocking=True,
        return_response=True,
        context=context,
    )
    assert answer is not None
    return answer


async def test_a_transcript_is_answered_and_is_nowhere_else(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    session: ClientSession,
    hass_read_only_user: MockUser,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    recording = old(simulator, 1)
    await session.post(
        f"{simulator.url}/_sim/recordings/{recording.sid}/transcriptions", json={"text": SAID}
    )
    simulator.space.transcribe(recording.sid, None, "in-progress")
    answer = await _get(hass, recording.sid, Context(user_id=hass_read_only_user.id))
    newest, first = answer["transcripts"]
    assert (newest["status"], newest["text"]) == ("in-progress", None)
    assert (first["status"], first["text"], first["duration"]) == ("completed", SAID, 60)
    await refresh(hass, loaded)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    kept = [str(state.as_dict()) for state in hass.states.async_all()]
    kept += [str(hass_storage), caplog.text]
    assert not [text for text in kept if SAID in text]


async def test_where_there_is_none_it_says_so(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    recording = old(simulator, 1)
    with pytest.raises(ServiceValidationError, match="no transcript"):
        await _get(hass, recording.sid)
    simulator.faults.add(Fault(path="Transcriptions", status=400))
    with pytest.raises(HomeAssistantError, match="SignalWire"):
        await _get(hass, recording.sid)
    simulator.faults.clear()
    simulator.space.clear()
    with pytest.raises(ServiceValidationError, match="no such recording"):
        await _get(hass, recording.sid)


async def test_who_may_see_nothing_reads_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, hass_admin_user: MockUser
) -> None:
    user = MockUser().add_to_hass(hass)
    user.mock_policy({})
    with pytest.raises(Unauthorized):
        await _get(hass, old(simulator, 1).sid, Context(user_id=user.id))
