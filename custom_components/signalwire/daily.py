"""How long was recorded today, and what it cost, out of what refreshes show anyway."""

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NotRequired, TypedDict

from .api import Recording, RecordingStatus

# For so long after its end, a recording is listed again to see its price.
_PRICE_COMES_WITHIN = timedelta(minutes=10)
# The list would grow with how long ago the recording began.
_LONGEST_LISTED = timedelta(hours=1)


class StoredDay(TypedDict):
    """The finished recordings of a day (ISO 8601, local) by SID: seconds, and price or None."""

    day: str
    recordings: dict[str, tuple[int, str | None]]
    currency: NotRequired[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What can be shown of a day: seconds, and the cost in a currency once that is known."""

    day: date = date.min
    seconds: int = 0
    cost: Decimal | None = None
    currency: str | None = None


@dataclass(slots=True)
class _Counted:
    seconds: int
    price: Decimal | None
    created: datetime | None = None
    ended: datetime | None = None


class DailyTotals:
    """Counts each finished recording once, on the day on which it ended.

    Recordings are shown again and again, and some change after their end: the last that was
    heard of one counts. A price that was known once is not forgotten.
    """

    def __init__(self, day_of: Callable[[datetime], date]) -> None:
        """Take what tells on which local day a time is."""
        self._day_of = day_of
        self._day = date.min
        self._counted: dict[str, _Counted] = {}
        self._currency: str | None = None
        # Those whose price is still to come, of many thousands a day.
        self._unpriced: set[str] = set()
        # Recordings of which nothing more is to be heard, while it is this day.
        self._settled: set[str] = set()
        self._today: Today | None = None

    @property
    def settled(self) -> Container[str]:
        """Return the finished recordings of which nothing more is to be heard."""
        return self._settled

    def restore(self, stored: StoredDay) -> None:
        """Bring back what was counted before a restart; damaged entries are left out."""
        self._today = None
        self._day = date.fromisoformat(stored["day"])
        self._currency = stored.get("currency")
        for sid, (seconds, price) in stored["recordings"].items():
            try:
                self._counted[sid] = _Counted(seconds, None if price is None else Decimal(price))
            except InvalidOperation:
                continue

    def to_store(self) -> StoredDay:
        """Return what is kept over restarts."""
        stored = StoredDay(
            day=self._day.isoformat(),
            recordings={
                sid: (counted.seconds, None if counted.price is None else str(counted.price))
                for sid, counted in self._counted.items()
            },
        )
        if self._currency is not None:
            stored["currency"] = self._currency
        return stored

    def begin(self, now: datetime) -> bool:
        """Count for the day that it is now; return whether that is another than before."""
        if (day := self._day_of(now)) == self._day:
            return False
        self._day = day
        self._counted.clear()
        self._unpriced.clear()
        self._settled.clear()
        self._today = None
        return True

    def count(self, recordings: Iterable[Recording]) -> bool:
        """Take what was heard of recordings; return whether that changes anything."""
        changed = False
        for recording in recordings:
            if self._currency is None and recording.price_unit is not None:
                self._currency = recording.price_unit
                changed = True
            if not recording.status.has_ended or (ended := _end_of(recording)) is None:
                continue
            of_today = self._day_of(ended) == self._day
            if of_today:
                changed |= self._count_one(recording, ended)
            if not of_today or self._counted[recording.sid].price is not None:
                self._settled.add(recording.sid)
        if changed:
            self._today = None
        return changed

    def _count_one(self, recording: Recording, ended: datetime) -> bool:
        seconds = 0
        if recording.status in (RecordingStatus.COMPLETED, RecordingStatus.STOPPED):
            seconds = recording.duration or 0
        price = recording.price if recording.price_unit == self._currency else None
        before = self._counted.get(recording.sid)
        if before is not None:
            # The answer to "stop" may not know yet what the list shows later.
            seconds = seconds or before.seconds
            price = before.price if price is None else price
        self._counted[recording.sid] = _Counted(seconds, price, recording.date_created, ended)
        if price is None:
            self._unpriced.add(recording.sid)
        else:
            self._unpriced.discard(recording.sid)
        return before is None or (before.seconds, before.price) != (seconds, price)

    def unpriced_since(self, now: datetime) -> datetime | None:
        """Return since when the list is worth reading again for prices that are still to come."""
        awaited = []
        for sid in list(self._unpriced):
            counted = self._counted[sid]
            created, ended = counted.created, counted.ended
            if (
                created is not None
                and ended is not None
                and now - ended < _PRICE_COMES_WITHIN
                and now - created < _LONGEST_LISTED
            ):
                awaited.append(created)
            else:
                # It is not waited for any longer.
                self._unpriced.discard(sid)
        return min(awaited, default=None)

    @property
    def today(self) -> Today:
        """Return what can be shown."""
        if self._today is None:
            self._today = self._add_up()
        return self._today

    def _add_up(self) -> Today:
        cost = None
        if self._currency is not None:
            # The service writes what it charges as a negative amount.
            cost = sum(
                (abs(counted.price) for counted in self._counted.values() if counted.price),
                Decimal(0),
            )
        return Today(
            day=self._day,
            seconds=sum(counted.seconds for counted in self._counted.values()),
            cost=cost,
            currency=self._currency,
        )


def _end_of(recording: Recording) -> datetime | None:
    """Return when the recording ended, as far as the service says."""
    if recording.end_time is not None:
        return recording.end_time
    if (started := recording.started) is not None:
        return started + timedelta(seconds=recording.duration or 0)
    return None
