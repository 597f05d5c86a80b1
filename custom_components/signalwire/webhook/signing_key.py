"""The key that SignalWire signs its callbacks with."""

import asyncio
from time import monotonic

from ..api import SignalWireClient, SignalWireError
from ..const import LOGGER

_LEAST_BETWEEN_READS = 60.0


class SigningKey:
    """The project's signing key: as it was entered, or else as the account tells it.

    It is kept in memory alone, and read at most once a minute, whoever makes it necessary.
    """

    def __init__(self, client: SignalWireClient, entered: str | None) -> None:
        self._client = client
        self._entered = entered
        self._read: str | None = None
        self._read_at: float | None = None
        self._reading = asyncio.Lock()

    @property
    def value(self) -> str | None:
        """Return the key, or None if it is not known."""
        return self._entered or self._read

    async def async_renew(self) -> bool:
        """Read the key again, unless that was done lately; return whether it is another now."""
        before = self._read
        # Who comes while it is being read waits for that.
        async with self._reading:
            if not self._entered and self._is_due:
                await self._async_read()
        return self._read != before

    @property
    def _is_due(self) -> bool:
        return self._read_at is None or monotonic() - self._read_at >= _LEAST_BETWEEN_READS

    async def _async_read(self) -> None:
        self._read_at = monotonic()
        try:
            account = await self._client.get_account()
        except SignalWireError as err:
            LOGGER.debug("The signing key could not be read: %s", err)
        else:
            self._read = account.signing_key or self._read
