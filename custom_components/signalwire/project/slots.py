"""Which recording sits in which slot."""

from collections.abc import Callable, Collection, Iterable, Mapping


class Slots:
    """The slots of a project: places with stable names for recordings that come and go.

    A recording takes the lowest free slot and keeps it until it ends. A freed slot then rests
    until one whole refresh has passed, so that a tap meant for the recording that has just
    ended cannot hit the next one. `max_slots` is the highest number, `known` are the slots that
    have a device, `occupants` the SIDs that sat in them before a restart.
    """

    def __init__(
        self, max_slots: int, known: Iterable[int] = (), occupants: Mapping[int, str] | None = None
    ) -> None:
        self.max_slots = max_slots
        # The first slot exists from the start, so that a dashboard can be made before any call.
        self._occupants: dict[int, str | None] = dict.fromkeys(
            sorted({1, *(number for number in known if 1 <= number <= max_slots)})
        )
        self._numbers: dict[str, int] = {}
        # For each freed slot, whether the refresh under way began after it was freed.
        self._resting: dict[int, bool] = {}
        for number, sid in sorted((occupants or {}).items()):
            if 1 <= number <= max_slots and sid not in self._numbers:
                self._occupy(number, sid)

    @property
    def occupants(self) -> dict[int, str | None]:
        """Return the SID of the recording in each slot, or None, lowest slot first."""
        return dict(sorted(self._occupants.items()))

    def number_of(self, sid: str) -> int | None:
        """Return the slot of a recording, or None if it has none."""
        return self._numbers.get(sid)

    def begin_refresh(self) -> None:
        """Note that the slots that rest now rest for all of the refresh that begins."""
        self._resting = dict.fromkeys(self._resting, True)

    def end_refresh(self) -> None:
        """Let the slots that rested for the whole refresh be given out again."""
        self._resting = {number: whole for number, whole in self._resting.items() if not whole}

    def update(
        self, active: Collection[str], key: Callable[[str], tuple[object, ...]] | None = None
    ) -> bool:
        """Free the slots of recordings that have ended, and seat those that have none.

        Returns whether any slot was freed or taken.

        `active` are the SIDs of all active recordings; the first are seated first, in the order
        of `key` if given. Those that find no slot get one in a later update.
        """
        ended = self._numbers.keys() - set(active)
        for sid in ended:
            freed = self._numbers.pop(sid)
            self._occupants[freed] = None
            self._resting[freed] = False
        # Thousands may wait for a slot: they are put in order only when there is one.
        if len(active) == len(self._numbers) or self._lowest_free() is None:
            return bool(ended)
        waiting = [sid for sid in active if sid not in self._numbers]
        if key is not None:
            waiting.sort(key=key)
        for sid in waiting:
            if (number := self._lowest_free()) is None:
                break
            self._occupy(number, sid)
        return True

    def forget(self, number: int) -> bool:
        """Take an empty slot away; return whether it could be, and is not the first."""
        if number == 1 or self._occupants.get(number) is not None:
            return False
        self._occupants.pop(number, None)
        self._resting.pop(number, None)
        return True

    def _lowest_free(self) -> int | None:
        return next(
            (
                number
                for number in range(1, self.max_slots + 1)
                if self._occupants.get(number) is None and number not in self._resting
            ),
            None,
        )

    def _occupy(self, number: int, sid: str) -> None:
        self._occupants[number] = sid
        self._numbers[sid] = number
