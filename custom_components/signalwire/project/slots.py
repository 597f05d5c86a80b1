"""Which recording sits in which slot."""

from collections.abc import Callable, Collection, Iterable, Mapping


class Slots:
    """The slots of a project: places with stable names for recordings that come and go.

    A recording takes the lowest free slot and keeps it until it ends. A freed slot then rests
    until one whole refresh has passed, so that a tap meant for the recording that has just
    ended cannot hit the next one.
    """

    def __init__(
        self, most: int, known: Iterable[int] = (), occupants: Mapping[int, str] | None = None
    ) -> None:
        """Take the highest slot number, the slots there are, and who sits in them."""
        self._most = most
        # The first slot exists from the start, so that a dashboard can be made before any call.
        self._occupants: dict[int, str | None] = dict.fromkeys(
            sorted({1, *(number for number in known if 1 <= number <= most)})
        )
        self._numbers: dict[str, int] = {}
        # For each freed slot, whether the refresh under way began after it was freed.
        self._resting: dict[int, bool] = {}
        for number, sid in sorted((occupants or {}).items()):
            if 1 <= number <= most and sid not in self._numbers:
                self._occupy(number, sid)

    @property
    def occupants(self) -> dict[int, str | None]:
        """Return the SID of the recording in each slot, or None, lowest slot first."""
        return dict(sorted(self._occupants.items()))

    def number_of(self, sid: str) -> int | None:
        """Return the slot of a recording, or None if it has none."""
        return self._numbers.get(sid)

    def begin_refresh(self) -> None:
        """Note that every slot that rests now will have rested for the coming refresh."""
        self._resting = dict.fromkeys(self._resting, True)

    def end_refresh(self) -> None:
        """Let the slots that rested for the whole refresh be given out again."""
        self._resting = {number: whole for number, whole in self._resting.items() if not whole}

    def update(
        self, active: Collection[str], key: Callable[[str], tuple[object, ...]] | None = None
    ) -> None:
        """Free the slots of recordings that have ended, and seat those that have none.

        `active` are the SIDs of all active recordings; the first are seated first, in the order
        of `key` if given. Those that find no slot get one in a later update.
        """
        for sid in self._numbers.keys() - set(active):
            freed = self._numbers.pop(sid)
            self._occupants[freed] = None
            self._resting[freed] = False
        # Thousands may wait for a slot: they are put in order only when there is one.
        if len(active) == len(self._numbers) or self._lowest_free() is None:
            return
        waiting = [sid for sid in active if sid not in self._numbers]
        if key is not None:
            waiting.sort(key=key)
        for sid in waiting:
            if (number := self._lowest_free()) is None:
                break
            self._occupy(number, sid)

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
                for number in range(1, self._most + 1)
                if self._occupants.get(number) is None and number not in self._resting
            ),
            None,
        )

    def _occupy(self, number: int, sid: str) -> None:
        self._occupants[number] = sid
        self._numbers[sid] = number
