"""Names and small steps that tests share."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime

from homeassistant.core import Context, HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_fire_time_changed,
)

from custom_components.signalwire.api import Recording, RetryPolicy
from custom_components.signalwire.coordinator import SignalWireCoordinator
from simulator import Simulator
from simulator.models import Call, Conference
from simulator.paging import creation_order, page_of

PROJECT_ID = "5f0c1f5e-9d0b-4a47-8f5c-0b7f7a6b1c2d"
TOKEN = "PTa-token-that-no-log-may-show"
TITLE = "Corner shop"
FRONT_DESK = "01LINE0FRONT0DESK000000000"
OFFICE = "01LINE0OFFICE0000000000000"
MASTER = "switch.corner_shop_call_recording"
STOP_ALL = "button.corner_shop_stop_all_recordings"


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


def make_older(simulator: Simulator) -> None:
    """Let every recording have begun, and changed, a minute earlier than it did."""
    for recording in simulator.space.recordings.values():
        recording.created -= timedelta(minutes=1)
        if recording.updated is not None:
            recording.updated -= timedelta(minutes=1)


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


async def turn(
    hass: HomeAssistant, to: str, entity_id: str = MASTER, *, user: MockUser | None = None
) -> None:
    """Turn a switch `on` or `off`, the project's unless told otherwise, as a user or as nobody."""
    await hass.services.async_call(
        "switch",
        f"turn_{to}",
        {"entity_id": entity_id},
        blocking=True,
        context=None if user is None else Context(user_id=user.id),
    )


async def press(hass: HomeAssistant, entity_id: str) -> None:
    """Press a button."""
    await hass.services.async_call("button", "press", {"entity_id": entity_id}, blocking=True)


async def hold(hass: HomeAssistant, **data: object) -> None:
    """Hold the recordings of every project."""
    await hass.services.async_call("signalwire", "hold_recordings", data, blocking=True)


def jump(hass: HomeAssistant, **duration: float) -> None:
    """Let time pass, such as `seconds=16`, by every clock."""
    passed, time = timedelta(**duration).total_seconds(), hass.loop.time
    hass.loop.time = lambda: time() + passed  # type: ignore[method-assign]  # one test's loop
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(**duration))


async def advance(hass: HomeAssistant, **duration: float) -> None:
    """Let time pass, such as `seconds=16`, second by second, and what is due happen."""
    left = timedelta(**duration)
    while left:
        step = min(left, timedelta(seconds=1 if left < timedelta(minutes=1) else 30))
        jump(hass, seconds=step.total_seconds())
        await hass.async_block_till_done()
        left -= step


async def settle(hass: HomeAssistant) -> None:
    """Wait for everything that is under way."""
    await hass.async_block_till_done(wait_background_tasks=True)


def confirmation(hass: HomeAssistant) -> tuple[int, bool]:
    """Return how many recordings are not confirmed to be paused, and whether all are."""
    switch = hass.states.get(MASTER)
    assert switch is not None
    return switch.attributes["unconfirmed"], switch.attributes["confirmed"]


def statuses(simulator: Simulator) -> list[str]:
    """Return the status of every recording, as the service has it."""
    return [recording.status.value for recording in simulator.space.recordings.values()]


def updates_sent(simulator: Simulator) -> list[str]:
    """Return the status that each update asked for, in order."""
    return [
        request.form["Status"]
        for request in simulator.requests
        if request.method == "POST" and request.form
    ]


def second_page(simulator: Simulator) -> str:
    """Return the address of what follows the newest recording in the list."""
    path = f"/Accounts/{PROJECT_ID}/Recordings"
    newest_first = sorted(simulator.space.recordings.values(), key=creation_order)
    _, fields = page_of(newest_first, {"PageSize": "1"}, path)
    return str(fields["next_page_uri"])


def set_retry_policy(entry: MockConfigEntry, policy: RetryPolicy) -> None:
    """Choose how patient the client of a project that is set up is."""
    coordinator: SignalWireCoordinator = entry.runtime_data
    coordinator.project.client._transport._retry_policy = policy


def reads(simulator: Simulator) -> list[str]:
    """Return the SIDs of the recordings that were read alone, one for each request."""
    return [
        request.path.rpartition("/")[2].removesuffix(".json")
        for request in simulator.requests
        if "/Recordings/" in request.path and request.method == "GET"
    ]


def lists(simulator: Simulator) -> int:
    """Return how often recordings were listed."""
    return sum("/Recordings.json" in request.path for request in simulator.requests)


def make_recording(sid: str, status: str = "in-progress", **fields: object) -> Recording:
    """Return a recording as the service would tell of it; dates are aware datetimes."""
    told = {
        name: format_datetime(value) if isinstance(value, datetime) else value
        for name, value in fields.items()
    }
    return Recording.from_json({"sid": sid, "status": status, **told})
