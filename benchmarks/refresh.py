"""The quiet refresh: nothing has changed since the last one."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.setup import async_setup_component
import orjson
from yarl import URL

from .home_assistant import add_project, home_assistant, settle
from .measuring import Figure, Row, Scale, Stopwatch, ratios
from .rest import recording_path, rest_sensor, rest_switch
from .space import LOGIN, SimulatedSpace, simulated_space

_ACTIVE = 16
_ENDED = 10_000
# Evenly over the look-back window of a day.
_SPREAD = 86_000

type Refresh = Callable[[], Awaitable[None]]


async def measure(scale: Scale) -> Row:
    """Refresh ours, `rest`'s entities and the bare body in turn, all paused and all unchanged."""
    took: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    requests: dict[str, list[float]] = {}
    writes: dict[str, list[float]] = {}
    async with simulated_space() as space, home_assistant() as hass:
        await space.post("recordings", count=_ENDED, age=300, spread=_SPREAD)
        # Paused with `skip`: the service answers the same, byte for byte.
        await space.post("recordings", count=_ACTIVE, status="paused", age=10, spread=200)
        rest = await _rest_refresh(hass, space)
        coordinator = await add_project(hass, space)
        await coordinator.async_refresh()
        await settle(hass)
        path = await _path_of_last_list(space)
        states = _StateWrites(hass)
        refreshes: dict[str, Refresh] = {
            "ours": coordinator.async_refresh,
            "rest": rest,
            "bare": _bare_refresh(space, path),
        }
        for turn in range(scale.pick(quick=4, full=100) + 3):
            for name, refresh in refreshes.items():
                await space.forget_requests()
                states.count = 0
                with Stopwatch() as stopwatch:
                    await refresh()
                if turn >= 3:
                    took.setdefault(name, []).append(stopwatch.seconds)
                    cpu.setdefault(name, []).append(stopwatch.cpu)
                    requests.setdefault(name, []).append(await space.requests())
                    writes.setdefault(name, []).append(states.count)
        ticking = await _writes_while_recording(hass, space, coordinator.async_refresh)
    return Row(
        name="refresh",
        what=f"Quiet refresh: {_ACTIVE} active, {_ENDED:,} ended within the look-back",
        beside=f"`rest` sensors and switches for the same {_ACTIVE}; a bare GET and parse",
        figures=[
            Figure.of("state writes", writes["ours"], target="0", reach=lambda value: value == 0),
            Figure.of(
                "CPU, in times of the bare GET and parse",
                ratios(cpu["ours"], cpu["bare"]),
                "×",
                target="≤ 1.5",
                reach=lambda value: value <= 1.5,
            ),
            Figure.of(
                "time, in times of the bare GET and parse", ratios(took["ours"], took["bare"]), "×"
            ),
            Figure.of(
                "CPU, in times of `rest`",
                ratios(cpu["ours"], cpu["rest"]),
                "×",
                target="< 1",
                reach=lambda value: value < 1,
            ),
            Figure.of("requests", requests["ours"], target="1", reach=lambda value: value == 1),
            Figure.of("requests of `rest`", requests["rest"]),
            Figure.of("state writes of `rest`, changed or not", writes["rest"]),
            Figure.of("state writes while all record, so that durations change", [ticking]),
            *(
                Figure.of(f"CPU of {name}", [1000 * value for value in values], "ms")
                for name, values in cpu.items()
            ),
        ],
    )


class _StateWrites:
    """Counts the states that are written, whether they change or not."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.count = 0
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._count)
        hass.bus.async_listen(EVENT_STATE_REPORTED, self._count, event_filter=_all)

    @callback
    def _count(self, _event: Event[Any]) -> None:
        self.count += 1


@callback
def _all(_data: object) -> bool:
    return True


async def _rest_refresh(hass: HomeAssistant, space: SimulatedSpace) -> Refresh:
    """Set `rest` up for every active recording, and return what refreshes all of it."""
    recordings = [
        recording
        for recording in (await space.get("state"))["recordings"]
        if recording["status"] == "paused"
    ]
    paths = [recording_path(recording) for recording in recordings]
    platforms = {"sensor": rest_sensor, "switch": rest_switch}
    for domain, platform in platforms.items():
        config = {
            domain: [
                platform(f"rest {number}", f"{space.url}{path}")
                for number, path in enumerate(paths, 1)
            ]
        }
        if not await async_setup_component(hass, domain, config):
            raise RuntimeError(f"There are no entities of {domain}")
    await settle(hass)
    entities = [
        f"{domain}.rest_{number}" for domain in platforms for number in range(1, len(paths) + 1)
    ]
    if missing := [entity_id for entity_id in entities if hass.states.get(entity_id) is None]:
        raise RuntimeError(f"{len(missing)} entities of rest are missing")

    async def refresh() -> None:
        await hass.services.async_call(
            "homeassistant", "update_entity", {"entity_id": entities}, blocking=True
        )

    return refresh


async def _path_of_last_list(space: SimulatedSpace) -> str:
    """Return what the integration's last refresh has asked for."""
    requests: list[dict[str, str]] = await space.get("requests")
    return next(
        request["path"] for request in reversed(requests) if "/Recordings.json" in request["path"]
    )


def _bare_refresh(space: SimulatedSpace, path: str) -> Refresh:
    async def refresh() -> None:
        async with space.session.get(
            URL(f"{space.url}{path}", encoded=True), headers=LOGIN
        ) as response:
            orjson.loads(await response.read())

    return refresh


async def _writes_while_recording(
    hass: HomeAssistant, space: SimulatedSpace, refresh: Refresh
) -> int:
    """Return the states that one refresh writes when nothing but the durations has changed."""
    for recording in (await space.get("state"))["recordings"]:
        if recording["status"] == "paused":
            async with space.session.post(
                f"{space.url}{recording_path(recording)}",
                data={"Status": "in-progress"},
                headers=LOGIN,
            ) as response:
                response.raise_for_status()
    await refresh()
    await settle(hass)
    states = _StateWrites(hass)
    await space.post("clock", seconds=5)
    await refresh()
    return states.count
