"""What must be true of the hold, as far as the answers to people's calls settle it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import inf

from . import adapter
from .clock import Clock
from .lines import Scope

_MARGIN = 2.0
_ADOPT_AFTER = 10.0


@dataclass(eq=False, slots=True)
class HoldCall:
    """A call that holds or releases, with the wall times at which its hold may end."""

    holds: bool
    ends: tuple[float, float]
    expected: ExpectedHold
    overlapped: bool = False


class ExpectedHold:
    """Follows the calls that hold and release one name; unknown is a possible answer.

    A call that failed, was cancelled or overlapped with a contrary one leaves open what is
    wanted; after a while what the switch shows is taken for it. `ends` are the wall times before
    which the hold cannot have ended, and after which it must have.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._state: bool | None = False
        self._ends = (inf, inf)
        self._pending: list[HoldCall] = []
        self._passed_at: float | None = None
        self._is_durable = True
        self._unknown_since = 0.0
        self.since = 0.0
        """Since when the expected state has been the same, in monotonic seconds."""

    @property
    def now(self) -> float:
        """Return the monotonic time in seconds."""
        return self._clock.now

    @property
    def expected(self) -> bool | None:
        """Return whether recordings are held; None where it is not settled."""
        state = self._state
        if state is None or (
            self._pending and any(call.holds is not state for call in self._pending)
        ):
            return None
        if not state or self._ends[0] == inf:
            return state
        return True if self._clock.wall() < self._ends[0] - _MARGIN else None

    def begin(self, *, holds: bool, duration: float | None) -> HoldCall:
        """Note that a call begins, with a duration in seconds or none."""
        end = inf if duration is None else self._clock.wall() + duration
        call = HoldCall(holds, (end, end), self)
        for other in self._pending:
            if other.holds is not holds:
                other.overlapped = call.overlapped = True
        self._pending.append(call)
        return call

    def drop(self, call: HoldCall) -> None:
        """Note that a call had nothing to act on, and changed nothing."""
        if call in self._pending:
            self._pending.remove(call)

    def end(self, call: HoldCall, *, duration: float | None, succeeded: bool) -> None:
        """Note how a call ended."""
        if call not in self._pending:
            return
        self._pending.remove(call)
        if duration is not None:
            call.ends = (call.ends[0], self._clock.wall() + duration + _MARGIN)
        is_news = call.holds is not self._state or self._clock.wall() > self._ends[0] - _MARGIN
        if call.overlapped or (not succeeded and is_news):
            self._become_unknown(call.ends if call.holds else (self._clock.wall(), inf))
            return
        if not call.holds:
            if succeeded:
                self._set(False, (inf, inf))
            return
        if self._state is True and self._passed_at is None:
            longer = max(self._ends[0], call.ends[0]), max(self._ends[1], call.ends[1])
            if not succeeded:
                longer = min(self._ends[0], call.ends[0]), longer[1]
            if self._clock.wall() > self._ends[0] - _MARGIN:
                # It may have ended meanwhile, and this is a new one.
                longer = call.ends[0], longer[1]
                self.since = self._clock.now
            self._ends = longer
        elif self._state is False:
            self._set(True, call.ends)
        else:
            self._set(True, (call.ends[0], inf))

    def _set(self, state: bool, ends: tuple[float, float]) -> None:
        if state is not self._state or self._passed_at is not None:
            self.since = self._clock.now
        self._state, self._ends, self._passed_at, self._is_durable = state, ends, None, True

    def _become_unknown(self, ends: tuple[float, float]) -> None:
        if self._state is not False:
            ends = min(self._ends[0], ends[0]), max(self._ends[1], ends[1])
        self._state, self._ends, self._passed_at = None, ends, None
        self._is_durable = False
        self._unknown_since = self._clock.now

    def end_of_process(self) -> None:
        """Note that Home Assistant or the entry ends: what is not answered may be lost."""
        while self._pending:
            call = self._pending.pop()
            if call.holds is not self._state or self._passed_at is not None:
                self._become_unknown(call.ends if call.holds else (self._clock.wall(), inf))
            elif call.holds:
                self._ends = min(self._ends[0], call.ends[0]), max(self._ends[1], call.ends[1])
        if not self._is_durable:
            self._become_unknown((self._clock.wall(), inf))

    def forget(self, *, state: bool | None) -> None:
        """Note that what was stored is gone; `state` is what must come of it, if known."""
        self._pending.clear()
        if state is None:
            self._become_unknown((self._clock.wall(), inf))
        else:
            self._set(state, (inf, inf))
            self.since = self._clock.now

    def wall_clock_jumped(self) -> None:
        """Note that the wall clock is another: a time that had passed may come again."""
        if self._state is True and self._ends[0] != inf:
            self._become_unknown((self._clock.wall(), inf))

    def tick(self, shown: bool | None, *, loaded_for: float) -> None:
        """Follow the time, and adopt what is shown where nothing else is known."""
        if self._state is False:
            return
        now = self._clock.now
        if self._state:
            if self._passed_at is None and self._clock.wall() > self._ends[1]:
                self._passed_at = now
            if self._passed_at is not None and min(loaded_for, now - self._passed_at) > (
                adapter.RELEASE_LATE
            ):
                self._set(False, (inf, inf))
        elif (
            shown is not None
            and not self._pending
            and min(loaded_for, now - self._unknown_since) > _ADOPT_AFTER
        ):
            self._is_durable = loaded_for < now - self._unknown_since
            self._state, self.since = shown, now


SWITCH = "switch"
NAMES = (SWITCH, "terminal", "front desk")


class ExpectedHolds:
    """The holds of all scopes and names: a recording is held while any of its scopes is.

    A scope is a line by its ID, or None for the whole project.
    """

    def __init__(self, clock: Clock, lines: Iterable[str] = ()) -> None:
        self._clock = clock
        self._holds = {
            (scope, name): ExpectedHold(clock) for scope in (None, *lines) for name in NAMES
        }
        # When it was last changed which recordings are on a line.
        self._lines_changed = 0.0
        # Those that hold recordings on these lines, as far as it was asked for.
        self._on: dict[frozenset[str], list[ExpectedHold]] = {}

    @property
    def now(self) -> float:
        """Return the monotonic time in seconds."""
        return self._clock.now

    @property
    def expected(self) -> bool | None:
        """Return whether anything is held; None where it is not settled."""
        return _together(self._holds.values())

    @property
    def settled_since(self) -> float:
        """Return since when nothing of what is expected has changed, in monotonic seconds."""
        return max(self._lines_changed, *(hold.since for hold in self._holds.values()))

    def on(self, lines: frozenset[str]) -> bool | None:
        """Return whether recordings on these lines are held; None where it is not settled."""
        return _together(self._of(lines))

    def since(self, lines: frozenset[str]) -> float:
        """Return since when at least `on` these lines is the same, in monotonic seconds."""
        holds = self._of(lines)
        if held := [hold.since for hold in holds if hold.expected]:
            return max(min(held), self._lines_changed)
        return max(self._lines_changed, *(hold.since for hold in holds))

    def _of(self, lines: frozenset[str]) -> list[ExpectedHold]:
        if (holds := self._on.get(lines)) is None:
            holds = self._on[lines] = [
                hold for (scope, _), hold in self._holds.items() if scope is None or scope in lines
            ]
        return holds

    @property
    def is_switch_alone(self) -> bool:
        """Return whether nobody but the project's switch can hold."""
        return all(
            hold.expected is False for key, hold in self._holds.items() if key != (None, SWITCH)
        )

    def begin(
        self,
        *,
        holds: bool,
        duration: float | None = None,
        name: str | None = SWITCH,
        scope: Scope = None,
    ) -> list[HoldCall]:
        """Note that a call begins, for a name or for all of a scope; its duration is in seconds."""
        names = NAMES if name is None else (name,)
        return [self._holds[scope, each].begin(holds=holds, duration=duration) for each in names]

    def drop(self, calls: list[HoldCall]) -> None:
        """Note that a call had nothing to act on, and changed nothing."""
        for call in calls:
            call.expected.drop(call)

    def end(self, calls: list[HoldCall], *, succeeded: bool, duration: float | None = None) -> None:
        """Note how a call ended."""
        for call in calls:
            call.expected.end(call, duration=duration, succeeded=succeeded)

    def end_of_process(self) -> None:
        """Note that Home Assistant or the entry ends: what is not answered may be lost."""
        for hold in self._holds.values():
            hold.end_of_process()

    def forget(self, *, state: bool | None) -> None:
        """Note that what was stored is gone; `state` is what must come of it, if known."""
        for key, hold in self._holds.items():
            hold.forget(state=state if state is None else state and key == (None, SWITCH))

    def lines_changed(self) -> None:
        """Note that recordings may be on other lines now."""
        self._lines_changed = self._clock.now

    def wall_clock_jumped(self) -> None:
        """Note that the wall clock is another: a time that had passed may come again."""
        for hold in self._holds.values():
            hold.wall_clock_jumped()

    def tick(self, shown: Mapping[Scope, Collection[str]], *, loaded_for: float) -> None:
        """Follow the time; `shown` are the names that are shown to hold, of each shown scope."""
        for (scope, name), hold in self._holds.items():
            names = shown.get(scope)
            hold.tick(None if names is None else name in names, loaded_for=loaded_for)


def _together(holds: Iterable[ExpectedHold]) -> bool | None:
    together: bool | None = False
    for hold in holds:
        if expected := hold.expected:
            return True
        if expected is None:
            together = None
    return together
