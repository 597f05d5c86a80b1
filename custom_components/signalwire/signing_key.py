"""The key that SignalWire signs its callbacks with."""

from time import monotonic

from .api import SignalWireClient, SignalWireError
from .const import LOGGER

_LEAST_BETWEEN_READS = 60.0


class SigningKey:
    """The project's signing key: as it was entered, or else as the account tells it.

    It is kept in memory alone, and read at most once a minute, whoever makes it necessary.
    """

    def __init__(self, client: SignalWireClient, entered: str | None) -> None:
        """Take what to read through, and the key that a person entered, if one did."""
        self._client = client
        self._entered = entered
        self._read: str | None = None
        self._read_at: float | None = None

    @property
    def value(self) -> str | None:
        """Return the key, or None if it is not known."""
        return self._entered or self._read

    async def async_renew(self) -> bool:
        """Read the key again, unless that was done lately; return whether it is another now."""
        now = monotonic()
        if self._entered or (
            self._read_at is not None and now - self._read_at < _LEAST_BETWEEN_READS
        ):
            return False
        self._read_at = now
        before = self._read
        try:
            account = await self._client.get_account()
        except SignalWireError as err:
            LOGGER.debug("The signing key could not be read: %s", err)
            return False
        self._read = account.signing_key or self._read
        return self._read != before
