"""How long was recorded today, and what it cost, out of what refreshes show anyway."""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NotRequired, TypedDict

from ..api import Recording

# For so long after its end, a recording is listed again to see its price.
_PRICE_COMES_WITHIN = timedelta(minutes=10)
# The list would grow with how long ago the recording began.
_MAX_LISTED = timedelta(hours=1)
# What ended longer before a refresh is no more told apart: a day may have many thousands.
_APART_FOR = timedelta(hours=1)
_SUMMED_UP_EVERY = timedelta(minutes=1)


class StoredDay(TypedDict):
    """The finished recordings of a day (ISO 8601, local) by SID: seconds, price or None, and end.

    `seconds` and `cost` sum up those that ended until `until`, which are not listed.
    """

    day: str
    recordings: dict[str, tuple[int, str | None, str]]
    currency: NotRequired[str]
    seconds: NotRequired[int]
    cost: NotRequired[str]
    until: NotRequired[str]


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
    ended: datetime
    created: datetime | None = None


class DailyTotals:
    """Counts each finished recording once, on the day on which it ended.

    Recordings are shown again and again, and some change after their end: the last that was
    heard of one counts. A price that was known once is not forgotten. Those that ended more than
    an hour before the last refresh are summed up and change no more, so that a busy day takes no
    more memory than a busy hour.
    """

    def __init__(self, day_of: Callable[[datetime], date]) -> None:
        self._day_of = day_of
        self._day = date.min
        self._counted: dict[str, _Counted] = {}
        # The sums of those that are no more told apart, and until when they ended.
        self._seconds = 0
        self._cost = Decimal(0)
        self._until = datetime.min.replace(tzinfo=UTC)
        self._currency: str | None = None
        # Those whose price is still to come, of many thousands a day.
        self._unpriced: set[str] = set()
        # Recordings of which nothing more is to be heard, with their ends.
        self._finalized: dict[str, datetime] = {}
        self._today: Today | None = None

    @property
    def finalized(self) -> Container[str]:
        """Return the finished recordings of which nothing more is to be heard."""
        return self._finalized

    def restore(self, stored: StoredDay) -> None:
        """Bring back what was counted before a restart; damaged entries are left out.

        Raises ValueError or the like, and changes nothing, where the sums cannot be read.
        """
        day, currency = date.fromisoformat(stored["day"]), stored.get("currency")
        seconds, cost = int(stored.get("seconds", 0)), Decimal(stored.get("cost", "0"))
        until = _parse_time(stored["until"]) if "until" in stored else self._until
        counted = dict(_restored(stored["recordings"].items()))
        self._today = None
        self._day, self._currency = day, currency
        self._seconds, self._cost, self._until = seconds, cost, until
        self._counted = counted

    def to_store(self) -> StoredDay:
        """Return what is kept over restarts."""
        stored = StoredDay(
            day=self._day.isoformat(),
            recordings={
                sid: (
                    counted.seconds,
                    None if counted.price is None else str(counted.price),
                    counted.ended.isoformat(),
                )
                for sid, counted in self._counted.items()
            },
            seconds=self._seconds,
            cost=str(self._cost),
            until=self._until.isoformat(),
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
        self._seconds, self._cost = 0, Decimal(0)
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
            if ended <= self._until:
                # Among the sums already.
                continue
            of_today = self._day_of(ended) == self._day
            if of_today:
                changed |= self._count_one(recording, ended)
            # What ended tomorrow, by the service's clock, counts in a moment.
            yesterday = self._day_of(ended) < self._day
            if yesterday or (of_today and self._counted[recording.sid].price is not None):
                self._finalized[recording.sid] = ended
        if changed:
            self._today = None
        return changed

    def _count_one(self, recording: Recording, ended: datetime) -> bool:
        seconds = 0
        if recording.status.has_audio:
            seconds = recording.duration or 0
        price = recording.price if recording.price_unit == self._currency else None
        before = self._counted.get(recording.sid)
        if before is not None:
            # The answer to "stop" may not know yet what the list shows later.
            seconds = seconds or before.seconds
            price = before.price if price is None else price
        self._counted[recording.sid] = _Counted(seconds, price, ended, recording.date_created)
        if price is None:
            self._unpriced.add(recording.sid)
        else:
            self._unpriced.discard(recording.sid)
        return before is None or (before.seconds, before.price) != (seconds, price)

    def sum_up(self, now: datetime) -> None:
        """Tell those no more apart that ended long before now, when a refresh has shown all."""
        if now - _APART_FOR - self._until < _SUMMED_UP_EVERY:
            return
        self._until = now - _APART_FOR
        for sid in [sid for sid, ended in self._finalized.items() if ended <= self._until]:
            del self._finalized[sid]
        old = [sid for sid, counted in self._counted.items() if counted.ended <= self._until]
        for sid in old:
            counted = self._counted.pop(sid)
            self._unpriced.discard(sid)
            self._seconds += counted.seconds
            self._cost += abs(counted.price or Decimal(0))

    def unpriced_since(self, now: datetime) -> datetime | None:
        """Return since when the list is worth reading again for prices that are still to come."""
        awaited = []
        for sid in list(self._unpriced):
            counted = self._counted[sid]
            created = counted.created
            if (
                created is not None
                and now - counted.ended < _PRICE_COMES_WITHIN
                and now - created < _MAX_LISTED
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
        counted = self._counted.values()
        # The service writes what it charges as a negative amount.
        cost = self._cost + sum((abs(one.price) for one in counted if one.price), Decimal(0))
        return Today(
            day=self._day,
            seconds=self._seconds + sum(one.seconds for one in counted),
            cost=None if self._currency is None else cost,
            currency=self._currency,
        )


def _end_of(recording: Recording) -> datetime | None:
    """Return when the recording ended, as far as the service says."""
    if recording.end_time is not None:
        return recording.end_time
    if (started := recording.started) is not None:
        return started + timedelta(seconds=recording.duration or 0)
    return None


def _restored(
    stored: Iterable[tuple[str, tuple[int, str | None, str]]],
) -> Iterator[tuple[str, _Counted]]:
    for sid, fields in stored:
        try:
            seconds, price, ended = fields
            amount = None if price is None else Decimal(price)
            yield sid, _Counted(int(seconds), amount, _parse_time(ended))
        except ArithmeticError, TypeError, ValueError:
            continue


def _parse_time(text: str) -> datetime:
    """Return an aware time; raises ValueError for one without a zone."""
    if (time := datetime.fromisoformat(text)).tzinfo is None:
        raise ValueError(text)
    return time
