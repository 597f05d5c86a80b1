"""Keeps the day's totals over restarts. They are statistics: no fault of theirs stops anything."""

from collections.abc import Container, Iterable
from datetime import datetime
from typing import Any, cast

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..api import Recording
from ..const import LOGGER
from .daily_totals import DailyTotals, StoredDay, Today
from .damage import Damage
from .entry_file import DamagedFileError, EntryFile

SAVE_WITHIN = 300.0
"""Seconds. After a crash, what was counted since is listed again."""
FILE_NAME = "today"


class DailyTotalsStore:
    """Counts the finished recordings of the day where Home Assistant is, and stores them."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        self._totals = DailyTotals(lambda moment: dt_util.as_local(moment).date())
        self._file = EntryFile(
            hass, entry, self._totals.to_store, name=FILE_NAME, delay=SAVE_WITHIN, verify=False
        )

    async def async_load(self) -> None:
        """Bring back what was counted before a restart."""
        try:
            # Whatever it is: what does not fit raises one of the errors below.
            self._totals.restore(cast("StoredDay", await self._file.async_load()))
        except DamagedFileError as err:
            if err.damage is not Damage.MISSING:
                LOGGER.warning("The totals of today could not be read, and are counted anew")
        except ArithmeticError, AttributeError, KeyError, TypeError, ValueError:
            # Edited by hand or damaged; what ended within the look-back is listed again.
            LOGGER.warning("The totals of today could not be read, and are counted anew")

    async def async_stop(self) -> None:
        """Store what was counted; after this, nothing is written."""
        await self._file.async_stop()

    @callback
    def async_count(self, recordings: Iterable[Recording]) -> None:
        """Take what was heard of recordings."""
        new_day = self._totals.begin(dt_util.utcnow())
        if self._totals.count(recordings) or new_day:
            self._file.async_schedule()

    @callback
    def async_count_all(self, recordings: Iterable[Recording], now: datetime) -> None:
        """Take all that a refresh has shown until now, by the service's clock."""
        self.async_count(recordings)
        # One clock that is ahead must not hide what is still to end.
        self._totals.sum_up(min(now, dt_util.utcnow()))

    @property
    def today(self) -> Today:
        """Return what can be shown of the day that it is now."""
        self._totals.begin(dt_util.utcnow())
        return self._totals.today

    @property
    def finalized(self) -> Container[str]:
        """Return the finished recordings of which nothing more is to be heard."""
        return self._totals.finalized

    def unpriced_since(self, now: datetime) -> datetime | None:
        """Return since when the list is worth reading again for prices that are still to come."""
        return self._totals.unpriced_since(now)
