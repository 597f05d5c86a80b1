"""Keeps what was counted today over restarts."""

from collections.abc import Container, Iterable
from datetime import datetime

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..api import Recording
from ..const import LOGGER
from .daily_totals import DailyTotals, StoredDay, Today
from .storage import day_store

SAVE_WITHIN = 300.0
"""Seconds. After a crash, what was counted since is listed again."""


class DailyTotalsStore:
    """Counts the finished recordings of the day where Home Assistant is, and stores them."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Take the config entry whose project it is."""
        self._hass = hass
        self._store = day_store(hass, entry_id)
        self._totals = DailyTotals(lambda moment: dt_util.as_local(moment).date())
        self._due: float | None = None

    async def async_load(self) -> None:
        """Bring back what was counted before a restart."""
        if (stored := await self._store.async_load()) is None:
            return
        try:
            self._totals.restore(stored)
        except ArithmeticError, AttributeError, KeyError, TypeError, ValueError:
            # Edited by hand or damaged; what ended within the look-back is listed again.
            LOGGER.warning("What was counted today could not be read")

    async def async_save(self) -> None:
        """Store at once what was counted."""
        await self._store.async_save(self._to_store())

    @callback
    def async_count(self, recordings: Iterable[Recording]) -> None:
        """Take what was heard of recordings."""
        new_day = self._totals.begin(dt_util.utcnow())
        if self._totals.count(recordings) or new_day:
            time = self._hass.loop.time()
            # Not put off by each change: on a busy day that would be for ever.
            self._due = self._due or time + SAVE_WITHIN
            self._store.async_delay_save(self._to_store, max(0, self._due - time))

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

    def _to_store(self) -> StoredDay:
        self._due = None
        return self._totals.to_store()
