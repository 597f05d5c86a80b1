"""The event loop of a run: time jumps to what is due next, and executor jobs run inside it."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
import heapq
import selectors
from typing import Any, override

from .clock import Clock

_MAX_ROUNDS = 200_000
_MAX_LAST_ROUNDS = 60


class Agenda:
    """What happens in the world at given times, whether a loop lives through it or not."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    def at(self, when: float, action: Callable[[], None]) -> None:
        """Do it at that monotonic time; in order of the calls where times are equal."""
        self._number += 1
        heapq.heappush(self._heap, (max(when, self._clock.now), self._number, action))

    def after(self, delay: float, action: Callable[[], None]) -> None:
        """Do it so many seconds from now."""
        self.at(self._clock.now + delay, action)

    @property
    def next_time(self) -> float:
        """Return when the next action is due; infinity if there is none."""
        return self._heap[0][0] if self._heap else float("inf")

    def run_due(self) -> None:
        """Do everything that is due by now."""
        while self._heap and self._heap[0][0] <= self._clock.now:
            heapq.heappop(self._heap)[2]()


class _VirtualSelector(selectors.SelectSelector):
    """Waits for nothing: moves the clock to what is due next, and does what the agenda says."""

    def __init__(self, clock: Clock, agenda: Agenda) -> None:
        super().__init__()
        self._clock = clock
        self._agenda = agenda
        self._rounds = 0
        self.is_dead = False

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.is_dead:
            return []
        clock, agenda = self._clock, self._agenda
        if timeout is not None and timeout <= 0:
            self._rounds += 1
            if self._rounds > _MAX_ROUNDS:
                raise RuntimeError("The loop is busy without end, and time stands still")
            if agenda.next_time <= clock.now:
                agenda.run_due()
            return []
        self._rounds = 0
        due = agenda.next_time
        until = due if timeout is None else min(clock.now + timeout, due)
        if until == float("inf"):
            raise RuntimeError("Nothing will ever happen again")
        clock.now = max(clock.now, until)
        if due <= clock.now:
            agenda.run_due()
        return []


class Task(asyncio.Task[Any]):
    """A task whose place in a set does not depend on its address."""

    numbers = 0

    def __init__(self, coro: Coroutine[Any, Any, Any], **kwargs: Any) -> None:
        Task.numbers += 1
        self._number = Task.numbers
        super().__init__(coro, **kwargs)

    @override
    def __hash__(self) -> int:
        return self._number

    @override
    def __eq__(self, other: object) -> bool:
        return self is other


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop under the virtual clock.

    `executor` runs a job of `run_in_executor` and delivers its outcome to the future, now or
    later; `failed` gets what reaches the loop's exception handler while the loop is alive.
    """

    def __init__(
        self,
        clock: Clock,
        agenda: Agenda,
        executor: Callable[[asyncio.Future[Any], Callable[[], object]], None],
        failed: Callable[[dict[str, Any]], None],
    ) -> None:
        self._clock = clock
        self._executor = executor
        self._failed = failed
        self._countdown: int | None = None
        self.is_dead = False
        self._virtual_selector = _VirtualSelector(clock, agenda)
        super().__init__(self._virtual_selector)
        self.set_exception_handler(lambda _, context: self._handle(context))
        self.set_task_factory(lambda loop, coro, **kwargs: Task(coro, loop=loop, **kwargs))

    @override
    def time(self) -> float:
        return self._clock.now

    @override
    def run_in_executor[*Ts, T](
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self.create_future()
        self._executor(future, lambda: func(*args))
        return future

    def _write_to_self(self) -> None:
        """Wake nobody up: there is one thread."""

    def stop_after(self, rounds: int) -> None:
        """Stop once the loop has gone around so many times more."""
        self._countdown = rounds

    def die(self) -> None:
        """End every task at this moment of virtual time, deaf to what they still say, and close.

        Whoever calls this sees to it that nothing they do has an effect.
        """
        self.is_dead = self._virtual_selector.is_dead = True
        for _ in range(_MAX_LAST_ROUNDS):
            if not (tasks := asyncio.all_tasks(self)):
                break
            for task in sorted(tasks, key=hash):
                task.cancel()
            self.stop_after(0)
            self.run_forever()
        self.close()

    def _run_once(self) -> None:
        super()._run_once()  # type: ignore[misc]  # the base class has it, its stub does not
        if self._countdown is not None:
            self._countdown -= 1
            if self._countdown < 0:
                self._countdown = None
                self.stop()

    def _handle(self, context: dict[str, Any]) -> None:
        if not self.is_dead:
            self._failed(context)
