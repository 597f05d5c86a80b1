"""The world of a run: carries out the plan, and lets Home Assistant live, die and live again."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
import logging
from random import Random
from typing import Any, override

from homeassistant.config_entries import ConfigEntryState

from . import adapter
from .clock import Clock
from .clock import installed as clock_installed
from .disk import Disk
from .lines import LINES, Line, draw_ends, swapped
from .loop import Agenda, Task
from .network import Conditions, Network
from .observer import Observer, Violation
from .people import People
from .plan import HUMAN, LATE_HOLD, PARTIAL, RETENTION, Plan, Step
from .process import CONFIG_DIR, Process
from .retention import A_DAY, ACTS, DAYS, Retention
from .service import Parent, Recording, Service
from .trace import Trace

_TICK = 2.0
_IDLE_TICK = 10.0
_MAX_LAG = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a run; `hours` are virtual."""

    seed: int
    hours: float
    violation: Violation | None
    digest: str
    steps: int
    acts: int
    requests: int
    faults: int
    deaths: int
    recordings: int
    checks: int


class _LogWatch(logging.Handler):
    def __init__(self, tell: Callable[[logging.LogRecord], None]) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self._tell(record)


class World:
    """One run of a plan."""

    def __init__(
        self, plan: Plan, *, trace: bool = False, show: bool = False, ignored: frozenset[str]
    ) -> None:
        self.plan = plan
        self.clock = Clock(plan.service_offset)
        self.agenda = Agenda(self.clock)
        self.trace = Trace(self.clock, wanted=trace, show=show)
        self.service = Service(self.clock, plan.page_cap)
        self.network = Network(
            self.clock, self.agenda, self.service, self.trace, Random(f"network {plan.seed}")
        )
        self.disk = Disk(
            self.clock,
            self.agenda,
            self.trace,
            Random(f"disk {plan.seed}"),
            adapter.STORAGE_PREFIX,
        )
        self.options: dict[str, Any] = dict(plan.options)
        self.lines: tuple[Line, ...] = LINES if "lines" in plan.profile else ()
        self.service.assign(self.lines)
        self.network.hides_parents = bool(self.lines)
        self.max_lag = _MAX_LAG
        self.entry_exists = True
        self.entry_wanted = True
        self.acts = 0
        self.deaths = 0
        self.process: Process | None = None
        self.observer = Observer(self, ignored)
        self.people = People(self)
        self.retention = Retention(self) if RETENTION in plan.profile else None
        self._troubles = 0
        # How many of these keep only some addresses from being read.
        self._partial = 0
        self._conditions: list[Conditions] = []
        self._end: str | None = None
        self._is_changing = False

    # What the observer asks.

    @property
    def is_calm(self) -> bool:
        """Return whether nothing is in the integration's way."""
        return self._troubles == 0

    @property
    def is_list_calm(self) -> bool:
        """Return whether nothing keeps the list of recordings from being read."""
        return self._troubles == self._partial

    @property
    def slots(self) -> int:
        """Return how many slots there are at most."""
        return int(self.options.get(adapter.OPTION_SLOTS, adapter.DEFAULT_SLOTS))

    @property
    def poll_interval(self) -> float:
        """Return the seconds between two looks while something is active."""
        return float(
            self.options.get(adapter.OPTION_ACTIVE_INTERVAL, adapter.DEFAULT_ACTIVE_INTERVAL)
        )

    @property
    def held_interval(self) -> float:
        """Return the seconds between two looks while anything is held."""
        return float(self.options.get(adapter.OPTION_HELD_INTERVAL, 1))

    @property
    def idle_interval(self) -> float:
        """Return the seconds between two looks while nothing is active."""
        return max(20.0, self.poll_interval)

    def has_lied_lately(self, began: float) -> bool:
        """Return whether the service itself said of something that it does not exist."""
        return self.network.last_lie > began - adapter.SWEEP

    def stop(self) -> None:
        """End the run."""
        self._end = "stopped"
        if self.process is not None:
            self.process.loop.stop()

    # The run.

    def run(self) -> Outcome:
        """Carry out the plan, and return what came of it."""
        adapter.load_all()
        adapter.seed_randomness(f"integration {self.plan.seed}")
        Task.numbers = 0
        watch = _LogWatch(self.observer.on_log)
        root = logging.getLogger()
        with ExitStack() as stack:
            stack.enter_context(clock_installed(self.clock, adapter.PACKAGE))
            stack.enter_context(self.disk.installed())
            stack.enter_context(adapter.installed(lambda: self.process and self.process.session))
            root.addHandler(watch)
            stack.callback(root.removeHandler, watch)
            level = root.level
            root.setLevel(logging.ERROR)
            stack.callback(root.setLevel, level)
            for step in self.plan.steps:
                self.agenda.at(step.time, partial(self._do, step))
            self.agenda.at(self.plan.duration, self.stop)
            self._tick()
            down = 0.0
            while self._end is None:
                self._wait(down)
                if self._end is None:
                    down = self._live()
        return self._outcome()

    def _outcome(self) -> Outcome:
        return Outcome(
            seed=self.plan.seed,
            hours=self.clock.now / 3600,
            violation=self.observer.violation,
            digest=self.trace.digest,
            steps=len(self.plan.steps),
            acts=self.acts,
            requests=self.network.requests,
            faults=self.network.faults,
            deaths=self.deaths,
            recordings=len(self.service.recordings),
            checks=self.observer.checks,
        )

    def _wait(self, seconds: float) -> None:
        """Let time pass while there is no Home Assistant."""
        until = self.clock.now + seconds
        while self.agenda.next_time <= until and self._end is None:
            self.clock.now = max(self.clock.now, self.agenda.next_time)
            self.agenda.run_due()
        self.clock.now = max(self.clock.now, until)

    def _live(self) -> float:
        """Let a process live until it dies; return for how long it stays dead."""
        self._down = 0.0
        self._is_changing = False
        process = self.process = Process(self, self.deaths)
        self.observer.is_muted = False
        self.trace.add("process", "starts")
        process.spawn(self._boot(process))
        process.loop.run_forever()
        self.trace.add("process", "ends")
        if self._end is not None and self.observer.violation is None and process.is_loaded:
            self._check_unload(process)
        process.die()
        self.deaths += 1
        self.process = None
        self.observer.process_ended()
        self.disk.forget_jobs()
        self.observer.is_muted = False
        return self._down

    async def _boot(self, process: Process) -> None:
        await process.boot()
        self._after_set_up(process)

    def _after_set_up(self, process: Process) -> None:
        if process.is_loaded:
            self.observer.loaded_since = self.clock.now
            self.observer.was_loaded = True
        self.observer.disturb()
        self.trace.add("process", "is set up" if process.is_loaded else "is not set up")

    def _check_unload(self, process: Process) -> None:
        """Unload at the end, in the loop that was stopped."""

        async def unload() -> None:
            await self._unload(process)
            self.agenda.after(60, process.loop.stop)

        process.spawn(unload())
        process.loop.run_forever()

    def _tick(self) -> None:
        process = self.process
        if process is not None and process.is_up:
            if not self._is_changing and process.is_loaded and self.observer.loaded_since is None:
                # It was not ready before, and tried again.
                self._after_set_up(process)
            self.observer.tick()
            self._help(process)
        busy = bool(self.service.active) or self.observer.hold.expected is not False
        self.agenda.after(_TICK if busy else _IDLE_TICK, self._tick)

    def _help(self, process: Process) -> None:
        """Try again, as a person would, where the login of a new entry was refused."""
        entry = process.entry
        if (
            entry is not None
            and entry.state is ConfigEntryState.SETUP_ERROR
            and not self.observer.was_loaded
            and not self._is_changing
            and self.is_calm
        ):
            self._reload_entry(process)

    # The steps.

    def _do(self, step: Step) -> None:
        if step.kind in (*HUMAN, LATE_HOLD, *ACTS):
            process = self.process
            if process is not None and process.knows_actions:
                self.people.act(process, step)
            return
        self.trace.add("world", str(step))
        getattr(self, f"_do_{step.kind}")(step)

    def _trouble(self, step: Step, end: Callable[[], None]) -> None:
        """Count something that is in the way, until it ends."""
        self._troubles += 1

        def over() -> None:
            end()
            self._troubles -= 1
            self.trace.add("world", f"[{step.number}] ends")
            self.observer.calm_since = self.clock.now
            if step.kind != PARTIAL:
                self.observer.list_calm_since = self.clock.now
            self.observer.disturb()

        self.agenda.after(_number(step, "length"), over)

    def _do_call(self, step: Step) -> None:
        kind = "Conferences" if step.values.get("conference") else "Calls"
        ends = draw_ends(step.seed, conference=kind == "Conferences") if self.lines else None
        recording = self.service.start(kind, ends=ends)
        self._end_later(recording.parent, step)

    def _do_old_call(self, step: Step) -> None:
        recording = self.service.start("Calls", age=_number(step, "age"))
        self._end_later(recording.parent, step)

    def _do_past_call(self, step: Step) -> None:
        ends = draw_ends(step.seed, conference=False) if self.lines else None
        self.service.add_past(_number(step, "age"), _number(step, "length"), ends)

    def _do_confirm(self, step: Step) -> None:
        """Let a person confirm what is deleted, where that is needed."""
        process, retention = self.process, self.retention
        assert retention is not None
        if process is None or not process.is_loaded or (entry := process.entry) is None:
            return
        if retention.is_confirmed and not retention.is_lost:
            return
        self._reload(adapter.confirmed_retention(entry, DAYS, A_DAY), retention.confirmed)

    def _end_later(self, parent: Parent, step: Step) -> None:
        self.agenda.after(_number(step, "length"), lambda: self.service.end(parent))

    def _do_outside(self, step: Step) -> None:
        if (recording := self._any_active(step)) is not None:
            status = "in-progress" if recording.status == "paused" else "paused"
            if step.rng().random() < 0.1:
                status = "completed"
            self.service.change(recording, status, "outside")

    def _any_active(self, step: Step) -> Recording | None:
        active = sorted(self.service.active)
        return self.service.active[step.rng().choice(active)] if active else None

    def _do_rough(self, step: Step) -> None:
        faults, strength = step.values["faults"], _number(step, "strength")
        assert isinstance(faults, tuple)
        each = strength / len(faults)
        conditions = Conditions("rough", dict.fromkeys(faults, each), latency=(0.02, 1.5))
        self._conditions.append(conditions)
        self.network.conditions = conditions

        def end() -> None:
            self._conditions.remove(conditions)
            self.network.conditions = self._conditions[-1] if self._conditions else Conditions()

        self._trouble(step, end)

    def _do_partial(self, step: Step) -> None:
        part, broken = str(step.values["part"]), self.network.broken
        if part in broken:
            return
        broken[part] = str(step.values["fault"])
        self._partial += 1

        def end() -> None:
            del broken[part]
            self._partial -= 1

        self._trouble(step, end)

    def _do_login(self, step: Step) -> None:
        self.network.refuses_login = True
        self._trouble(step, lambda: setattr(self.network, "refuses_login", False))

    def _do_lag(self, step: Step) -> None:
        self.service.lag = _number(step, "seconds")
        self._trouble(step, lambda: setattr(self.service, "lag", 0.0))

    def _do_unreadable(self, step: Step) -> None:
        if (recording := self._any_active(step)) is not None:
            sid, parent = recording.sid, recording.parent
            if self.lines and Random(f"parent {step.seed}").random() < 0.5:
                sid, parent.was_unreadable = parent.sid, True
            self.service.unreadable.add(sid)
            self._trouble(step, lambda: self.service.unreadable.discard(sid))

    def _do_slow_disk(self, step: Step) -> None:
        before = self.disk.delay
        self.disk.delay = (0.0, _number(step, "seconds"))
        self._trouble(step, lambda: setattr(self.disk, "delay", min(before, (0.0, 0.004))))

    def _do_full_disk(self, step: Step) -> None:
        self.disk.is_full = True
        self._trouble(step, lambda: setattr(self.disk, "is_full", False))

    def _do_clock(self, step: Step) -> None:
        self.clock.wall_offset += _number(step, "seconds")
        if _number(step, "seconds") < 0:
            self.observer.hold.wall_clock_jumped()
        if self.retention is not None:
            self.retention.wall_clock_jumped(_number(step, "seconds"))
        self.observer.disturb()

    def _do_kill(self, step: Step) -> None:
        if self.process is None:
            return
        self._down = _number(step, "down")
        self.process.loop.stop_after(int(_number(step, "rounds")))
        if (damage := step.values.get("damage")) is not None:
            name = adapter.DAY_FILE if step.values.get("day") else adapter.PROJECT_FILE
            if self.retention is not None and Random(f"marks {step.seed}").random() < 0.5:
                name = adapter.RETENTION_FILE
            self.agenda.after(1.0, partial(self._damage, str(damage), name))

    def _damage(self, damage: str, name: str) -> None:
        path = f"{CONFIG_DIR}/.storage/{name}"
        if self.process is not None or (data := self.disk.files.get(path)) is None:
            return
        self.trace.add("disk", f"{name} is {damage}")
        match damage:
            case "deleted":
                del self.disk.files[path]
            case "cut_off":
                self.disk.files[path] = data[: len(data) // 2]
            case "empty_list":
                self.disk.files[path] = b"[]"
            case "null":
                self.disk.files[path] = b"null"
            case _:
                self.disk.files[path] = data.replace(b'"version": 1', b'"version": 99', 1)
        if name == adapter.RETENTION_FILE and self.retention is not None:
            self.retention.damaged(is_gone=damage == "deleted")
        if name != adapter.PROJECT_FILE:
            return
        # It fails closed.
        self.observer.is_damaged = True
        self.observer.hold.forget(state=True)
        self.observer.damaged_at = self.clock.now
        self.observer.owners.forget()

    def _do_restart(self, step: Step) -> None:
        process = self.process
        if process is None or not process.is_up:
            return

        async def restart() -> None:
            self.observer.process_ended()
            await process.stop()
            self._down = _number(step, "down")
            process.loop.stop()

        self._change(process, restart())

    def _do_reload(self, step: Step) -> None:
        self._reload()

    def _do_options(self, step: Step) -> None:
        self._reload({adapter.OPTION_ACTIVE_INTERVAL: int(_number(step, "interval"))})

    def _reload(
        self, options: dict[str, Any] | None = None, saved: Callable[[], None] | None = None
    ) -> None:
        if (process := self.process) is not None and process.is_loaded:
            self._reload_entry(process, options, saved)

    def _reload_entry(
        self,
        process: Process,
        options: dict[str, Any] | None = None,
        saved: Callable[[], None] | None = None,
    ) -> None:
        assert process.hass is not None
        entries = process.hass.config_entries

        async def reload() -> None:
            if (entry := process.entry) is None:
                return
            self.observer.process_ended()
            self.options |= options or {}
            if saved is not None:
                saved()
            entries.async_update_entry(entry, options=dict(self.options))
            await entries.async_reload(adapter.ENTRY_ID)
            self._after_set_up(process)

        self._change(process, reload())

    def _do_unload(self, step: Step) -> None:
        process = self.process
        if process is None or not process.is_loaded or process.hass is None:
            return
        entries = process.hass.config_entries

        async def unload() -> None:
            await self._unload(process)
            await asyncio.sleep(_number(step, "down"))
            self.observer.is_muted = False
            self.observer.up_since = self.clock.now
            self.entry_wanted = True
            await entries.async_setup(adapter.ENTRY_ID)
            self._after_set_up(process)

        self._change(process, unload())

    def _do_swap(self, step: Step) -> None:
        """Give each line what belonged to another, while the entry is not set up."""
        process = self.process
        if process is None or not process.is_loaded or process.hass is None or not self.lines:
            return
        entries = process.hass.config_entries

        async def swap() -> None:
            await self._unload(process)
            self.lines = swapped(self.lines)
            self.service.assign(self.lines)
            self.observer.lines_changed()
            process.write_lines()
            self.observer.is_muted = False
            self.observer.up_since = self.clock.now
            self.entry_wanted = True
            await entries.async_setup(adapter.ENTRY_ID)
            self._after_set_up(process)

        self._change(process, swap())

    async def _unload(self, process: Process) -> None:
        assert process.hass is not None
        self.observer.process_ended()
        self.entry_wanted = False
        unloaded = await process.hass.config_entries.async_unload(adapter.ENTRY_ID)
        self.observer.process_ended()
        self.trace.add("process", f"unloads the entry: {unloaded}")
        self.observer.is_muted = True
        await asyncio.sleep(0.01)
        self.observer.unloaded(process.leftovers)

    def _do_remove(self, step: Step) -> None:
        process = self.process
        if process is None or not process.is_loaded or process.hass is None:
            return
        entries = process.hass.config_entries

        async def remove() -> None:
            self.observer.process_ended()
            self.entry_exists = self.entry_wanted = self.observer.was_loaded = False
            await entries.async_remove(adapter.ENTRY_ID)
            self.observer.process_ended()
            self.observer.is_muted = True
            await asyncio.sleep(0.01)
            self.observer.unloaded(process.leftovers)
            await process.forget_devices()
            await asyncio.sleep(_number(step, "down"))
            if left := self.disk.ours():
                self.observer.report("nothing_after_unload", f"is left: {', '.join(left)}")
            self.observer.is_muted = False
            self.observer.hold.forget(state=False)
            self.observer.owners.forget()
            if self.retention is not None:
                self.retention.forget()
                self.options = dict(self.plan.options)
            self.observer.up_since = self.clock.now
            self.entry_exists = self.entry_wanted = True
            await process.add_entry()
            self._after_set_up(process)

        self._change(process, remove())

    def _change(self, process: Process, work: Any) -> None:
        """Do what changes the entry's life, but one such thing at a time."""
        if self._is_changing:
            work.close()
            return
        self._is_changing = True

        async def change() -> None:
            try:
                await work
            finally:
                self._is_changing = False

        process.spawn(change())


def _number(step: Step, name: str) -> float:
    value = step.values[name]
    assert isinstance(value, int | float)
    return float(value)
