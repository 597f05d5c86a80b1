"""Names and small steps that tests share."""

import asyncio
from collections.abc import Callable

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire.coordinator import SignalWireCoordinator
from simulator import Simulator
from simulator.models import Call, Conference

PROJECT_ID = "5f0c1f5e-9d0b-4a47-8f5c-0b7f7a6b1c2d"
TOKEN = "PTa-token-that-no-log-may-show"
TITLE = "Corner shop"


def entry_data(simulator: Simulator) -> dict[str, str]:
    """Return what a config entry for the simulator stores."""
    return {"space": simulator.url, "project_id": PROJECT_ID, "api_token": TOKEN}


async def refresh(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Do what the next poll does, and what it sets off."""
    coordinator: SignalWireCoordinator = entry.runtime_data
    await coordinator.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload and set up again; all that is left over is what was stored."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity that exists."""
    state = hass.states.get(entity_id)
    assert state is not None, f"{entity_id} does not exist"
    return state.state


def call_with_recording(
    simulator: Simulator, *, from_number: str = "+15550100", to_number: str = "+15550101"
) -> Call:
    """Return a new call that is being recorded."""
    call = simulator.space.start_call(from_number=from_number, to_number=to_number)
    simulator.space.start_recording(call_sid=call.sid)
    return call


async def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until the condition holds, for events that only the simulator sees."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (nothing there to wait for)
            await asyncio.sleep(0.005)


def conference_with_recording(simulator: Simulator, friendly_name: str) -> Conference:
    """Return a new conference that is being recorded."""
    conference = simulator.space.start_conference(friendly_name=friendly_name)
    simulator.space.start_recording(conference_sid=conference.sid)
    return conference


def call_in_slot(hass: HomeAssistant, number: int) -> str:
    """Return the SID of the call whose recording sits in a slot."""
    switch = hass.states.get(f"switch.recording_{number}")
    assert switch is not None
    return str(switch.attributes["call_sid"])
