"""Language models get tools, and results that are facts."""

from datetime import timedelta
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import llm
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.signalwire.llm import async_get_tools
from simulator import Fault, Simulator
from tests.helpers import FRONT_DESK, PROJECT_ID, call_with_recording

DESK_NUMBER = "+15550110"
MASTER = "switch.corner_shop_call_recording"


@pytest.fixture(autouse=True)
async def models(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """Let Home Assistant offer tools."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    await hass.async_block_till_done(wait_background_tasks=True)


def _context(user: MockUser | None = None) -> llm.LLMContext:
    return llm.LLMContext(
        platform="test",
        context=Context(user_id=user.id if user else None),
        language="en",
        assistant="conversation",
        device_id=None,
    )


async def _call(
    hass: HomeAssistant, name: str, user: MockUser | None = None, **arguments: Any
) -> llm.ToolResult:
    api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, _context(user))
    return await api.async_call_tool(llm.ToolInput(f"signalwire__{name}", arguments))


def _statuses(simulator: Simulator) -> list[str]:
    return [recording.status.value for recording in simulator.space.recordings.values()]


async def test_the_tools_are_offered(hass: HomeAssistant) -> None:
    api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, _context())
    tools = {tool.name: tool for tool in api.tools if tool.name.startswith("signalwire__")}
    assert tools.keys() == {
        "signalwire__pause_recordings",
        "signalwire__resume_recordings",
        "signalwire__stop_recordings",
        "signalwire__get_recordings",
    }
    assert tools["signalwire__stop_recordings"].annotations.destructive
    assert not tools["signalwire__pause_recordings"].annotations.destructive
    assert tools["signalwire__get_recordings"].annotations.read_only
    assert "SignalWire" in api.api_prompt
    assert PROJECT_ID not in api.api_prompt


async def test_no_tool_is_offered_for_what_is_not_exposed(hass: HomeAssistant) -> None:
    async_expose_entity(hass, "conversation", MASTER, False)
    assert async_get_tools(hass, _context(), llm.LLM_API_ASSIST) is None


async def test_no_tool_is_offered_to_another_api(hass: HomeAssistant) -> None:
    assert async_get_tools(hass, _context(), "another") is None


async def test_pause_and_resume(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    before = dt_util.utcnow()
    result = await _call(hass, "pause_recordings", minutes=10)
    assert not result.error
    resumes_in = result.data.pop("resumes_in")
    assert isinstance(resumes_in, int)
    assert 590 < resumes_in <= 600
    assert result.data == {
        "confirmed": True,
        "projects": ["Corner shop"],
        "lines": [],
        "projects_that_do_not_answer": [],
        "projects_not_ready": [],
        "calls_being_recorded": 0,
        "calls_paused": 1,
        "calls_of_unknown_status": 0,
        "recordings_not_as_asked_yet": 0,
        "recordings_stopped": 0,
        "call_recording_held": True,
        "whole_project_held": False,
    }
    assert loaded.runtime_data.data.hold.until - before >= timedelta(minutes=10)
    assert _statuses(simulator) == ["paused"]
    result = await _call(hass, "resume_recordings")
    assert result.data["confirmed"] is True
    assert result.data["calls_being_recorded"] == 1
    assert _statuses(simulator) == ["in-progress"]


async def test_stop_and_get(hass: HomeAssistant, simulator: Simulator) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    result = await _call(hass, "get_recordings")
    assert result.data["calls_being_recorded"] == 2
    result = await _call(hass, "stop_recordings")
    assert result.data["recordings_stopped"] == 2
    assert _statuses(simulator) == ["stopped", "stopped"]


@pytest.mark.usefixtures("impatient")
async def test_what_is_not_confirmed_is_an_error(hass: HomeAssistant, simulator: Simulator) -> None:
    call_with_recording(simulator)
    simulator.faults.add(Fault(method="POST", status=500))
    result = await _call(hass, "pause_recordings")
    assert result.error
    assert result.data["confirmed"] is False
    assert result.data["recordings_not_as_asked_yet"] == 1
    assert result.data["calls_being_recorded"] == 1


async def test_who_is_not_allowed_is_refused(
    hass: HomeAssistant, hass_read_only_user: MockUser, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    result = await _call(hass, "stop_recordings", hass_read_only_user)
    assert result.error
    assert result.data == {"error": "The user is not allowed to do this"}
    assert _statuses(simulator) == ["in-progress"]
    assert not (await _call(hass, "get_recordings", hass_read_only_user)).error


async def test_what_became_unexposed_is_refused(hass: HomeAssistant) -> None:
    api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, _context())
    async_expose_entity(hass, "conversation", MASTER, False)
    result = await api.async_call_tool(llm.ToolInput("signalwire__pause_recordings", {}))
    assert result.error


@pytest.mark.parametrize("minutes", [0, -1, 10081, "long"])
async def test_a_time_out_of_bounds_changes_nothing(
    hass: HomeAssistant, loaded: MockConfigEntry, minutes: object
) -> None:
    with pytest.raises(probatio.Invalid):
        await _call(hass, "pause_recordings", minutes=minutes)
    assert not loaded.runtime_data.data.hold.held


@pytest.fixture
async def shop(hass: HomeAssistant, lines: None, loaded: MockConfigEntry) -> MockConfigEntry:
    """Return a project that has two lines, now that it was set up anew."""
    await hass.config_entries.async_reload(loaded.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return loaded


async def test_a_line_can_be_meant(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator, to_number=DESK_NUMBER)
    result = await _call(hass, "pause_recordings", line="front desk")
    assert result.data["confirmed"] is True
    assert result.data["lines"] == ["Front desk"]
    assert result.data["calls_paused"] == 1
    assert _statuses(simulator) == ["in-progress", "paused"]
    await _call(hass, "pause_recordings")
    result = await _call(hass, "resume_recordings", line="front desk")
    assert result.error
    assert result.data["whole_project_held"] is True
    result = await _call(hass, "pause_recordings", line="Till")
    assert result.data == {"error": "There is no line of that name; nothing was done"}


async def test_the_lines_and_where_they_are_are_told(
    hass: HomeAssistant, shop: MockConfigEntry
) -> None:
    devices = dr.async_get(hass)
    device = devices.async_get_device_by_identifier(("signalwire", FRONT_DESK), shop.entry_id)
    assert device is not None
    area = ar.async_get(hass).async_create("Lobby")
    devices.async_update_device(device.id, area_id=area.id)
    async_expose_entity(hass, "conversation", "switch.office_call_recording", False)
    tools = async_get_tools(hass, _context(), llm.LLM_API_ASSIST)
    assert tools is not None
    assert tools.prompt is not None
    assert "these lines: Front desk (in Lobby). " in tools.prompt
    async_expose_entity(hass, "conversation", "switch.front_desk_call_recording", False)
    tools = async_get_tools(hass, _context(), llm.LLM_API_ASSIST)
    assert tools is not None
    assert tools.prompt is not None
    assert "line" not in tools.prompt
    assert not any("line" in tool.parameters.schema for tool in tools.tools)


async def test_one_line_that_is_exposed_is_enough(
    hass: HomeAssistant, shop: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator, to_number=DESK_NUMBER)
    async_expose_entity(hass, "conversation", MASTER, False)
    assert not (await _call(hass, "pause_recordings", line="Front desk")).error
    assert (await _call(hass, "pause_recordings")).data == {
        "error": "Call recording is not exposed to this assistant"
    }
