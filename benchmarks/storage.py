"""Storage: 100,000 recordings come and go."""

import gc

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_bytes

from .home_assistant import add_project, config_entry, home_assistant, settle
from .measuring import Figure, Row, Scale
from .memory import resident_bytes
from .space import simulated_space

_AT_ONCE = 1_000
# Seconds from one round to the next: all of them make a day and an hour.
_ROUND = 900


async def measure(scale: Scale) -> Row:
    """Let recordings come and go, ours on slots, the other's each on a device of its own."""
    rounds = scale.pick(quick=2, full=100)
    others = scale.pick(quick=1_000, full=10_000)
    sizes: list[int] = []
    memory: list[int] = []
    async with simulated_space() as space, home_assistant() as hass:
        # Up to now, for nobody's clock is a day ahead of Home Assistant's.
        await space.post("clock", seconds=-rounds * _ROUND)
        coordinator = await add_project(hass, space)
        conference = (await space.post("conferences"))["sid"]
        for _ in range(rounds):
            await space.post("clock", seconds=_ROUND)
            # Of one conference, so that they can be ended together.
            await space.post(
                "recordings",
                count=_AT_ONCE,
                status="in-progress",
                conference_sid=conference,
                age=1,
            )
            await coordinator.async_refresh()
            await settle(hass)
            if len(coordinator.data.recordings) != _AT_ONCE:
                raise RuntimeError("Recordings were not seen")
            await space.post(f"conferences/{conference}/end")
            await coordinator.async_refresh()
            await settle(hass)
            if coordinator.data.recordings:
                raise RuntimeError("Recordings have not gone")
            await space.post("reset")
            conference = (await space.post("conferences"))["sid"]
            gc.collect()
            sizes.append(_registry_bytes(hass))
            memory.append(resident_bytes())
    async with home_assistant() as hass:
        before, held = _registry_bytes(hass), resident_bytes()
        await _one_device_each(hass, others)
        gc.collect()
        other, other_held = _registry_bytes(hass) - before, resident_bytes() - held
    # Once around, to fill the slots and whatever is kept for good.
    settled = rounds // 5
    return Row(
        name="storage",
        what=f"Storage: {rounds * _AT_ONCE:,} recordings come and go",
        beside=f"One device with one switch each, for {others:,} recordings",
        figures=[
            Figure.of(
                "growth of the registries' files",
                [float(sizes[-1] - sizes[0])],
                "B",
                target="0",
                reach=lambda value: value == 0,
            ),
            Figure.of(
                f"growth of the memory after the first {settled * _AT_ONCE:,}",
                [(memory[-1] - memory[settled]) / 2**20],
                "MiB",
                target="≤ 2",
                reach=lambda value: value <= 2,
            ),
            Figure.of("the other's growth of the files", [other / 2**20], "MiB"),
            Figure.of("the other's growth of the files, per recording", [other / others], "B"),
            Figure.of("the other's growth of the memory", [other_held / 2**20], "MiB"),
            Figure.of("the registries' files", [sizes[-1] / 1024], "KiB"),
        ],
    )


def _registry_bytes(hass: HomeAssistant) -> int:
    """Return what the files of the registries hold, as it would be written now."""
    return sum(
        len(json_bytes(registry._data_to_save()))  # noqa: SLF001 (what its file holds)
        for registry in (dr.async_get(hass), er.async_get(hass))
    )


async def _one_device_each(hass: HomeAssistant, count: int) -> None:
    """Make and remove a device and an entity for every recording."""
    entry = config_entry("other", {})
    # It has no code to be set up with.
    hass.config_entries._entries[entry.entry_id] = entry  # noqa: SLF001
    devices, entities = dr.async_get(hass), er.async_get(hass)
    for number in range(count):
        sid = f"{number:08}-5f0c-4f5e-9d0b-4a478f5c0b7f"
        device = devices.async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={("other", sid)}, name=f"Recording {sid}"
        )
        entities.async_get_or_create(
            "switch", "other", sid, config_entry=entry, device_id=device.id
        )
        devices.async_remove_device(device.id)
        if number % 200 == 0:
            # Removing the device removes its entities, once the event is heard.
            await hass.async_block_till_done()
    await hass.async_block_till_done()
