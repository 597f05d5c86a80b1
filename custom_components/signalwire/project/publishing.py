"""When what the answers changed is shown."""

import asyncio
from collections.abc import Callable

from homeassistant.core import HomeAssistant, callback

# With more updates than this under way, the answers of so many seconds are shown together.
_FEW_UPDATES = 8
_SHOW_TOGETHER = 0.1


class Publisher:
    """Shows what changed, at once or with what comes in the next moment.

    To show it costs more the more recordings there are, and when all are held there is an answer
    for each: those that come while others are under way are shown together.
    """

    def __init__(
        self, hass: HomeAssistant, publish: Callable[[], None], under_way: Callable[[], int]
    ) -> None:
        """Take what shows it, and what tells how many updates are under way."""
        self._hass = hass
        self._publish = publish
        self._under_way = under_way
        self._scheduled: asyncio.Handle | None = None

    @callback
    def async_publish_soon(self) -> None:
        """Show what changed, within `_SHOW_TOGETHER` seconds."""
        under_way = self._under_way()
        if self._scheduled is not None:
            if under_way > _FEW_UPDATES:
                return
            self.async_stop()
        if under_way <= 1:
            self._publish()
        elif under_way <= _FEW_UPDATES:
            # Before those go on who wait for the answer.
            self._scheduled = self._hass.loop.call_soon(self._async_publish)
        else:
            self._scheduled = self._hass.loop.call_later(_SHOW_TOGETHER, self._async_publish)

    @callback
    def async_stop(self) -> None:
        """Show nothing of what is waiting to be shown."""
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._scheduled = None

    @callback
    def _async_publish(self) -> None:
        self._scheduled = None
        self._publish()
