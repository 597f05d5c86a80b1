"""What the tests of deletion and copies share."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.signalwire.project.retention_rule import RetentionPolicy
from simulator import Simulator
from simulator.models import Recording
from tests.helpers import settle

DAY = timedelta(days=1)


class Calendar:
    """The wall clocks of Home Assistant and of the service, which can be moved; both go on."""

    def __init__(self, simulator: Simulator, start: datetime) -> None:
        self._space = simulator.space
        self._ahead = timedelta(0)
        self.tick(start - datetime.now(UTC))

    def utcnow(self) -> datetime:
        """Return what Home Assistant's clock shows."""
        return datetime.now(UTC) + self._ahead

    def now(self, time_zone: tzinfo | None = None) -> datetime:
        """Return what Home Assistant's clock shows, where it is."""
        return self.utcnow().astimezone(time_zone or dt_util.get_default_time_zone())

    def tick(self, passed: timedelta) -> None:
        """Let time pass, for both."""
        self.jump(passed)
        self._space.advance(passed.total_seconds())

    def jump(self, ahead: timedelta) -> None:
        """Let Home Assistant's clock jump, alone."""
        self._ahead += ahead


def retention_options(entry: ConfigEntry[Any], days: int, a_day: int = 100) -> dict[str, Any]:
    """Return the options once a person has confirmed that recordings are kept for so long."""
    return {
        "retention_days": days,
        "deletions_a_day": a_day,
        "retention_confirmed": {
            "at": dt_util.utcnow().isoformat(),
            "policy": RetentionPolicy.from_entry(entry, days).to_confirm(entry),
        },
    }


async def set_up(hass: HomeAssistant, entry: MockConfigEntry, **options: Any) -> None:
    """Set an entry up with these options beside those that it has."""
    if options:
        hass.config_entries.async_update_entry(entry, options={**entry.options, **options})
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    await settle(hass)


async def start_deleting(
    hass: HomeAssistant, entry: MockConfigEntry, days: int, a_day: int = 100
) -> None:
    """Set an entry up that is confirmed to delete what is as old, and has begun with it."""
    await set_up(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    options = {**entry.options, **retention_options(entry, days, a_day)}
    hass.config_entries.async_update_entry(entry, options=options)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED


async def begin_deleting(
    hass: HomeAssistant, entry: MockConfigEntry, days: int, a_day: int = 100
) -> None:
    """Set an entry up that is confirmed to delete what is as old, and let it do a day's work."""
    await start_deleting(hass, entry, days, a_day)
    await settle(hass)


async def next_day(hass: HomeAssistant, calendar: Calendar, passed: timedelta = DAY) -> None:
    """Let a day pass, and what is due happen."""
    calendar.tick(passed)
    await look_at_the_clock(hass)


async def look_at_the_clock(hass: HomeAssistant) -> None:
    """Let what is due by Home Assistant's clock happen."""
    async_fire_time_changed(hass, dt_util.utcnow())
    await settle(hass)


def deletions(simulator: Simulator) -> list[str]:
    """Return the SIDs of the recordings that were asked to be deleted, in order."""
    return [
        request.path.rpartition("/")[2].removesuffix(".json")
        for request in simulator.requests
        if request.method == "DELETE"
    ]


def old(simulator: Simulator, days: float, **fields: Any) -> Recording:
    """Return a recording of a minute that ended so many days ago."""
    fields = {"duration": 60, **fields}
    (recording,) = simulator.space.add_recordings(
        count=1, age=days * 86400 + fields["duration"], **fields
    )
    return recording


def issue(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> ir.IssueEntry | None:
    """Return an issue of the project."""
    return ir.async_get(hass).async_get_issue("signalwire", f"{kind}_{entry.entry_id}")
