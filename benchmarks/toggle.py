"""The toggle: from `switch.turn_off` until the state is confirmed."""

from collections.abc import Awaitable, Callable
from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.components.switch.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .home_assistant import add_project, home_assistant, settle
from .measuring import Figure, Row, Scale, Stopwatch, ratios
from .rest import recording_path, rest_switch
from .space import LOGIN, SimulatedSpace, simulated_space

_ACTIVE = 4
_OURS = "switch.recording_1"
_REST = "switch.rest"
_EMPTY = "switch.empty"

type Toggle = Callable[[bool], Awaitable[None]]


class EmptySwitch(SwitchEntity):
    """A switch that does nothing but take its state: what Home Assistant itself costs."""

    entity_id = _EMPTY
    _attr_should_poll = False
    _attr_is_on = True

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Be on."""
        self._attr_is_on = True
        self.async_write_ha_state()

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Be off."""
        self._attr_is_on = False
        self.async_write_ha_state()


async def measure(scale: Scale) -> Row:
    """Toggle ours, the `rest` one and the empty one in turn, and send the bare request."""
    async with simulated_space() as space, home_assistant() as hass:
        # The first is the oldest, so it takes the first slot. One each for the others, so that
        # none changes what another shows.
        await space.post("recordings", count=_ACTIVE, status="in-progress", spread=60)
        recordings = (await space.get("state"))["recordings"]
        paths = [recording_path(recording) for recording in recordings]
        config = {"switch": [rest_switch("rest", f"{space.url}{paths[1]}")]}
        if not await async_setup_component(hass, "switch", config):
            raise RuntimeError("There are no switches")
        await add_project(hass, space)
        await hass.data[DATA_COMPONENT].async_add_entities([EmptySwitch()])
        await settle(hass)
        toggles: dict[str, Toggle] = {
            "ours": _toggle_of(hass, _OURS),
            "rest": _toggle_of(hass, _REST),
            "empty": _toggle_of(hass, _EMPTY),
            "bare": _bare_toggle(space, paths[2]),
        }
        took: dict[str, list[float]] = {name: [] for name in toggles}
        requests: dict[str, list[float]] = {name: [] for name in toggles}
        for turn in range(scale.pick(quick=8, full=300) + 5):
            for name, toggle in toggles.items():
                await space.forget_requests()
                with Stopwatch() as stopwatch:
                    await toggle(False)
                if turn >= 5:
                    took[name].append(stopwatch.seconds)
                    requests[name].append(await space.requests())
                await toggle(True)
    floor = [post + empty for post, empty in zip(took["bare"], took["empty"], strict=True)]
    return Row(
        name="toggle",
        what="`switch.turn_off` until the state is confirmed",
        beside="Home Assistant's `rest` switch; a bare POST and an empty switch",
        figures=[
            Figure.of("requests", requests["ours"], target="1", reach=lambda value: value == 1),
            Figure.of(
                "time, in times of a bare POST and an empty switch",
                ratios(took["ours"], floor),
                "×",
                target="≤ 1.4",
                reach=lambda value: value <= 1.4,
            ),
            Figure.of(
                "time, in times of `rest`",
                ratios(took["ours"], took["rest"]),
                "×",
                target="< 1",
                reach=lambda value: value < 1,
            ),
            Figure.of("requests of `rest`", requests["rest"]),
            *(
                Figure.of(f"time of {name}", [1000 * value for value in values], "ms")
                for name, values in took.items()
            ),
        ],
    )


def _toggle_of(hass: HomeAssistant, entity_id: str) -> Toggle:
    async def toggle(on: bool) -> None:
        await hass.services.async_call(
            "switch", "turn_on" if on else "turn_off", {"entity_id": entity_id}, blocking=True
        )
        state = hass.states.get(entity_id)
        if state is None or state.state != ("on" if on else "off"):
            raise RuntimeError(f"{entity_id} is not confirmed")

    return toggle


def _bare_toggle(space: SimulatedSpace, path: str) -> Toggle:
    async def toggle(on: bool) -> None:
        status = "in-progress" if on else "paused"
        async with space.session.post(
            f"{space.url}{path}", data={"Status": status}, headers=LOGIN
        ) as response:
            await response.read()

    return toggle
