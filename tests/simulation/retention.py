"""What retention may delete and must not forget: an observer of deletions and of marks.

A day lasts ten minutes here, so that a run has many: the integration's own days are made as long.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import ceil
from random import Random
from typing import TYPE_CHECKING, Any

from .lines import LINES, Line
from .network import Exchange

if TYPE_CHECKING:
    from .service import Recording
    from .world import World

DAY = 600.0
"""Seconds of what is a day to the integration."""
DAYS = 6
LINE_DAYS = {LINES[0].id: 9, LINES[1].id: None}
"""How many days recordings of each line are kept, None as those of the project."""
A_DAY = 8
ACTS = ("keep", "unkeep", "delete", "delete_several")
"""What people do with recordings that are over."""

# Without faults, what is due is deleted on the next day; one more for a day that began before, and
# one for the time that the look and the deletions take.
_PATIENCE = 3


@dataclass(slots=True)
class Marks:
    """What is marked to be kept, for sure, and what may be: the outcome is not known."""

    sure: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    # How many calls are under way that take a mark off.
    taken_off: Counter[str] = field(default_factory=Counter)


class Retention:
    """Knows what is due and what is marked, and checks every deletion."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.marks = Marks()
        # What a person deletes, by the number of the step that is under way.
        self.by_hand: dict[int, list[str]] = {}
        self.is_lost = False
        # The lines as they were when a person confirmed last.
        self._confirmed_for: tuple[Line, ...] | None = None
        # What has been due since all is well.
        self._was_due: set[str] = set()
        # Since when, or until when, Home Assistant's clock shows no time that it showed before.
        self._runs_since = 0.0
        self._sent: deque[float] = deque(maxlen=2 * A_DAY)
        world.network.on_send.append(self._on_send)

    @property
    def is_confirmed(self) -> bool:
        """Return whether a person has confirmed what is deleted, with the lines as they are."""
        return self._confirmed_for == self._world.lines

    # What it hears of.

    def forget(self) -> None:
        """Note that the entry is removed, with all that was stored of it."""
        self.marks, self.by_hand = Marks(), {}
        self.is_lost, self._confirmed_for = False, None
        # What was sent today is stored there too.
        self._sent.clear()

    def damaged(self, *, is_gone: bool) -> None:
        """Note that the marks are lost: nothing may be deleted until a person has confirmed it.

        A file that is gone was there for sure only if a person has confirmed before.
        """
        self.marks, self.is_lost = Marks(), not is_gone or self._confirmed_for is not None

    def confirmed(self) -> None:
        """Note that a person confirms what is deleted."""
        self.is_lost, self._confirmed_for = False, self._world.lines

    def process_ended(self) -> None:
        """Note that Home Assistant, or the entry, ends: calls under way come to nothing."""
        self.by_hand.clear()
        self.marks.unsure |= self.marks.taken_off.keys()
        self.marks.taken_off.clear()

    def wall_clock_jumped(self, seconds: float) -> None:
        """Note that Home Assistant's clock was set ahead or back."""
        self._runs_since = max(self._runs_since, self._world.clock.now) - min(seconds, 0.0)
        # One that was behind and is put right begins another day.
        self._sent.clear()

    def marking(self, sid: str, *, keep: bool) -> None:
        """Note that a person begins to mark a recording, or to take the mark off."""
        if keep:
            self.marks.unsure.add(sid)
        else:
            self.marks.sure.discard(sid)
            self.marks.taken_off[sid] += 1

    def marked(self, sid: str, *, keep: bool, succeeded: bool) -> None:
        """Note what came of that."""
        marks = self.marks
        if not keep:
            if marks.taken_off[sid] > 0:
                marks.taken_off[sid] -= 1
            # One that is marked at the same time may come before or after it.
            marks.sure.discard(sid)
            marks.unsure.add(sid)
        elif succeeded and not marks.taken_off[sid] and sid in marks.unsure:
            marks.sure.add(sid)

    # What it checks.

    def _on_send(self, exchange: Exchange) -> None:
        if exchange.method != "DELETE" or exchange.sid is None:
            return
        sid = exchange.sid
        recording = self._world.service.recordings[sid]
        self.nothing_marked_is_deleted(sid)
        self.nothing_is_deleted_while_marks_are_lost(sid)
        self.nothing_active_is_deleted(recording)
        if not any(sid in sids for sids in self.by_hand.values()):
            self.nothing_that_is_not_due_is_deleted(recording)
            self.no_more_than_a_days_number_is_deleted()

    def nothing_marked_is_deleted(self, sid: str) -> None:
        """No deletion is sent of a recording whose mark was answered with success."""
        if sid in self.marks.sure:
            self._report("nothing_marked_is_deleted", sid)

    def nothing_is_deleted_while_marks_are_lost(self, sid: str) -> None:
        """While it is not known what is marked, no deletion is sent at all."""
        if self.is_lost:
            self._report("nothing_is_deleted_while_marks_are_lost", sid)

    def nothing_active_is_deleted(self, recording: Recording) -> None:
        """No deletion is sent of a recording that is not over."""
        if recording.is_active:
            self._report("nothing_active_is_deleted", recording.sid)

    def nothing_that_is_not_due_is_deleted(self, recording: Recording) -> None:
        """Retention sends a deletion only if it is due, by both clocks and by its lines."""
        days = [LINE_DAYS[line] or DAYS for line in recording.lines] or [DAYS]
        if not self.is_confirmed or self._age(recording) < max(days) * DAY - 1:
            age = self._age(recording) / DAY
            self._report(
                "nothing_that_is_not_due_is_deleted", f"{recording.sid} is {age:.2f} days old"
            )

    def no_more_than_a_days_number_is_deleted(self) -> None:
        """Within a day retention sends no more deletions than two days may have."""
        now = self._world.clock.now
        if len(self._sent) == 2 * A_DAY and now - self._sent[0] < DAY:
            self._report("no_more_than_a_days_number_is_deleted", f"since {self._sent[0]:.1f}")
        self._sent.append(now)

    def tick(self, calm_for: float) -> None:
        """Check all that time makes due."""
        self.nothing_due_is_forgotten(calm_for)

    def nothing_due_is_forgotten(self, calm_for: float) -> None:
        """What has been due for some days without faults, and is not marked, is deleted."""
        now = self._world.clock.now
        settled_for = min(calm_for, now - self._runs_since)
        if not self.is_confirmed or self.is_lost or settled_for < _PATIENCE * DAY:
            self._was_due.clear()
            return
        kept = self.marks.sure | self.marks.unsure
        longest = max(DAYS, *(days or 0 for days in LINE_DAYS.values()))
        due = [
            recording
            for recording in self._world.service.over()
            if recording.sid not in kept and self._age(recording) > longest * DAY
        ]
        # What has failed before is tried after everything else.
        self._was_due.update(recording.sid for recording in due)
        patience = (_PATIENCE + ceil(len(self._was_due) / A_DAY)) * DAY
        if settled_for < patience:
            return
        for recording in due:
            if self._age(recording) > longest * DAY + patience:
                age = self._age(recording) / DAY
                self._report("nothing_due_is_forgotten", f"{recording.sid} is {age:.2f} days old")

    def _age(self, recording: Recording) -> float:
        """Return for how many seconds it has been over, by the clock that shows less."""
        clock = self._world.clock
        return clock.now - recording.since + min(0.0, clock.wall_offset - clock.service_offset)

    def _report(self, invariant: str, text: str) -> None:
        self._world.observer.report(invariant, text)


def draw_past(seed: int) -> Iterator[tuple[float, float]]:
    """Yield age and length, in seconds, of recordings that are over before a run begins."""
    rng = Random(f"past {seed}")
    for _ in range(rng.randint(5, 25)):
        length = rng.choice([rng.uniform(5, 300), rng.uniform(300, 3000)])
        yield length + rng.uniform(0, 2 * DAYS * DAY), length


def draw_acts(seed: int, duration: float) -> Iterator[tuple[float, str, dict[str, Any]]]:
    """Yield when people do what with recordings that are over, and when they confirm."""
    rng = Random(f"retention {seed} acts")
    time = rng.uniform(5, 300)
    while time < duration - 300:
        yield time, "confirm", {}
        time += rng.uniform(600, 5400)
    time = rng.uniform(5, 300)
    while time < duration - 300:
        # Sometimes one right after the other.
        time += rng.uniform(0, 1) if rng.random() < 0.3 else rng.expovariate(1 / 400)
        values = {"cancel_after": rng.uniform(0.001, 1)} if rng.random() < 0.2 else {}
        yield time, rng.choices(ACTS, (5, 2, 2, 1))[0], values


def chosen(recordings: Iterable[Recording], rng: Random) -> Recording | None:
    """Return one of the recordings, rather one of the oldest: those are the next to be deleted."""
    by_age = sorted(recordings, key=lambda recording: (recording.since, recording.sid))
    if not by_age:
        return None
    return rng.choice(by_age[:4] if rng.random() < 0.6 else by_age)
