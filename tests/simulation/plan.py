"""The plan of a run, made from its seed alone: what happens when, apart from what follows of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from . import retention
from .network import FAULTS

type Value = float | str | bool | tuple[str, ...]

HUMAN = (
    *("master_off", "master_on", "hold", "hold_for", "release", "slot_off", "slot_on"),
    *("slot_stop", "update", "stop_all", "area_off", "area_on"),
)
_HUMAN_WEIGHTS = (6, 6, 3, 4, 4, 6, 6, 1, 3, 0.4, 2, 2)
# What can fail alone: lists other than that of all recordings, and single recordings.
ADDRESSES = ("/Calls.json", "/Conferences.json", "CallSid=", "ConferenceSid=", "/Recordings/")
DAMAGES = ("deleted", "cut_off", "empty_list", "null", "newer")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens at a time (seconds); `seed` feeds the choices it makes by itself."""

    number: int
    time: float
    kind: str
    seed: int
    values: dict[str, Value] = field(default_factory=dict)

    def rng(self) -> Random:
        """Return the step's own source of chance, so that other steps do not depend on it."""
        return Random(self.seed)

    def __str__(self) -> str:
        """Return the step as a line of a trace."""
        values = " ".join(f"{name}={_short(value)}" for name, value in self.values.items())
        return f"[{self.number}] {self.kind} {values}".rstrip()


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps of one run of so many seconds, and the setting it begins with."""

    seed: int
    duration: float
    steps: tuple[Step, ...]
    service_offset: float
    page_cap: int
    options: dict[str, int]
    profile: tuple[str, ...]

    def only(self, numbers: Iterable[int], duration: float) -> Plan:
        """Return the plan with only these steps, and no longer than this."""
        kept = frozenset(numbers)
        steps = tuple(step for step in self.steps if step.number in kept)
        return Plan(
            self.seed,
            duration,
            steps,
            self.service_offset,
            self.page_cap,
            self.options,
            self.profile,
        )


# What a run may have; each has about half of them, so that what one hides another shows.
FEATURES = (
    *("rough", "outage", "login", "lag", "unreadable", "slow_disk", "full_disk", "kill"),
    *("reload", "unload", "remove", "options", "restart", "cancel", "outside", "clock", "many"),
    *("long_calls", "damage", "quick_hands", "stops", "interrupted"),
)
# Decided apart, so that the plans of older seeds stay as they were.
NAMES = "names"
LINES = "lines"
LATE = "late"
RELINED = "relined"
PARTIAL = "partial"
RETENTION = "retention"
OWN_FEATURES = (NAMES, LINES, LATE, RELINED, PARTIAL, RETENTION)
LATE_HOLD = "late_hold"
_RARE = {
    "damage": 0.1,
    "remove": 0.3,
    "many": 0.15,
    "full_disk": 0.3,
    "clock": 0.3,
    "stops": 0.1,
}


class Planner:
    """Makes a plan out of busy sessions with quiet stretches in between."""

    def __init__(
        self, seed: int, hours: float | None, features: frozenset[str] | None = None
    ) -> None:
        self._rng = Random(f"plan {seed}")
        self._seed = seed
        self._end = (self._rng.uniform(4, 12) if hours is None else hours) * 3600
        self._steps: list[Step] = []
        self._features = {name for name in FEATURES if self._rng.random() < _RARE.get(name, 0.5)}
        for feature in OWN_FEATURES:
            if Random(f"{feature} {seed}").random() < 0.5:
                self._features.add(feature)
        if features is not None:
            self._features = set(features)
        kinds = self._rng.sample(FAULTS, self._rng.randint(2, len(FAULTS)))
        self._faults = tuple(kind for kind in FAULTS if kind in kinds)

    def plan(self) -> Plan:
        """Return the plan."""
        rng = self._rng
        slots = rng.choice([16, 16, 16, 4, 2])
        options = {
            "active_interval": rng.choice([2, 5, 5, 5, 5, 30]),
            "held_interval": rng.choice([1, 1, 2, 5, 10]),
            "most_slots": slots,
        }
        if self._has("long_calls"):
            for _ in range(rng.randint(1, 2)):
                self._add(
                    0.0, "old_call", age=rng.uniform(600, 20 * 3600), length=rng.uniform(1800, 9000)
                )
        time = rng.uniform(5, 60)
        while time < self._end - 300:
            end = min(time + rng.uniform(180, 1200), self._end - 200)
            self._session(time, end)
            time = end + rng.choice([rng.uniform(60, 600), rng.uniform(900, 6000)])
        if self._has(LATE):
            self._late()
        if self._has(RELINED):
            self._relined()
        if self._has(PARTIAL):
            self._partial()
        if self._has(RETENTION):
            self._retention()
        self._steps.sort(key=lambda step: step.time)
        return Plan(
            self._seed,
            self._end,
            tuple(
                Step(number, step.time, step.kind, step.seed, step.values)
                for number, step in enumerate(self._steps)
            ),
            float(rng.choice([0, 0, rng.randint(-5, 5), rng.randint(-900, 900)])),
            rng.choice([1000, 1000, 1000, 7]),
            options,
            tuple(sorted(self._features)),
        )

    def _has(self, feature: str) -> bool:
        return feature in self._features

    def _add(self, time: float, kind: str, **values: Value) -> None:
        self._steps.append(Step(0, time, kind, self._rng.getrandbits(48), values))

    def _session(self, start: float, end: float) -> None:
        rng = self._rng
        self._calls(start, end)
        self._people(start, end)
        time = start + rng.uniform(0, 60)
        while time < end:
            # Trouble comes in clusters, and leaves time to settle in between.
            time += self._trouble(time) + rng.choice([rng.uniform(20, 90), rng.uniform(150, 500)])

    def _calls(self, start: float, end: float) -> None:
        rng = self._rng
        gap = rng.uniform(10, 150)
        if self._has("many") and rng.random() < 0.3:
            time = rng.uniform(start, end)
            for _ in range(rng.randint(30, 60)):
                self._add(time + rng.uniform(0, 20), "call", length=rng.uniform(60, 400))
        time = start
        while time < end:
            conference = rng.random() < 0.2
            length = rng.choice([rng.uniform(5, 60), rng.uniform(60, 900)])
            if self._has("long_calls") and rng.random() < 0.05:
                length = rng.uniform(3600, 3 * 3600)
            self._add(time, "call", length=length, conference=conference)
            time += rng.expovariate(1 / gap)

    def _people(self, start: float, end: float) -> None:
        rng = self._rng
        gap = rng.uniform(3, 25) if self._has("quick_hands") else rng.uniform(20, 200)
        weights = dict(zip(HUMAN, _HUMAN_WEIGHTS, strict=True))
        if self._has("stops"):
            weights["stop_all"] *= 50
        # What ends the entry or Home Assistant while something that was asked for is under way.
        ends = [name for name in _ENDS if self._has("interrupted") and self._has(name)]
        time = start
        while True:
            # Sometimes several things at once, more often with time in between.
            time += rng.uniform(0, 0.5) if rng.random() < 0.15 else rng.expovariate(1 / gap)
            if time >= end:
                break
            kind = rng.choices(HUMAN, tuple(weights.values()))[0]
            values: dict[str, Value] = {}
            if kind == "hold_for":
                values["seconds"] = float(rng.randint(2, 300))
            if self._has("cancel") and rng.random() < 0.3:
                after = rng.choice([(0.001, 0.05), (0.001, 0.3), (0.001, 8.0)])
                values["cancel_after"] = rng.uniform(*after)
            self._add(time, kind, **values)
            if ends and rng.random() < 0.2:
                later = rng.choice([0.0, -1e-6, rng.expovariate(20), rng.expovariate(1)])
                self._one_trouble(rng.choice(ends), time + later, 0.0)
            if self._has("outside") and rng.random() < 0.25:
                self._add(max(0.0, time + rng.uniform(-3, 10)), "outside")
        # At last it may be held through the quiet stretch, or not.
        if rng.random() < 0.85:
            self._add(end, "master_on")

    def _late(self) -> None:
        """Let some find the project shortly before the entry ends, and hold through it later."""
        rng = Random(f"{LATE} {self._seed}")
        for step in list(self._steps):
            if step.kind in _ENDS_ENTRY and rng.random() < 0.5:
                before = rng.uniform(0, 0.5)
                wait = before + rng.uniform(*rng.choice([(-0.5, 0.2), (0.0, 5.0)]))
                values: dict[str, Value] = {"wait": max(0.0, wait)}
                time = max(0.0, step.time - before)
                self._steps.append(Step(0, time, LATE_HOLD, rng.getrandbits(48), values))

    def _retention(self) -> None:
        """Let some recordings be over before, and let people mark and delete some."""
        rng = Random(f"{RETENTION} {self._seed} steps")
        for age, length in retention.draw_past(self._seed):
            values: dict[str, Value] = {"age": age, "length": length}
            self._steps.append(Step(0, 0.0, "past_call", rng.getrandbits(48), values))
        for time, kind, values in retention.draw_acts(self._seed, self._end):
            self._steps.append(Step(0, time, kind, rng.getrandbits(48), values))

    def _relined(self) -> None:
        """Let the lines be changed now and then, at about the time of something else."""
        rng = Random(f"{RELINED} {self._seed}")
        for step in list(self._steps):
            if rng.random() < _SWAPS:
                time = step.time + rng.choice([rng.uniform(0, 1), rng.uniform(0, 30)])
                self._steps.append(Step(0, time, "swap", rng.getrandbits(48)))

    def _partial(self) -> None:
        """Let one kind of address fail for a while, at about the time of something else."""
        rng = Random(f"{PARTIAL} {self._seed}")
        for step in list(self._steps):
            if rng.random() < _PARTIAL_FAULTS:
                values: dict[str, Value] = {
                    "length": rng.choice([rng.uniform(5, 60), rng.uniform(60, 600)]),
                    "part": rng.choice(ADDRESSES),
                    "fault": rng.choice(["status_500", "html_404", "garbled", "error_before"]),
                }
                time = step.time + rng.uniform(-5, 30)
                self._steps.append(Step(0, max(0.0, time), "partial", rng.getrandbits(48), values))

    def _trouble(self, time: float) -> float:
        """Add something that goes wrong, and return how long it takes."""
        rng = self._rng
        possible = [name for name in _TROUBLES if self._has(name)]
        if not possible:
            return 60.0
        kind = rng.choice(possible)
        length = rng.choice([rng.uniform(5, 40), rng.uniform(40, 240)])
        if rng.random() < 0.3:
            # Two at once.
            self._one_trouble(rng.choice(possible), time + rng.uniform(0, length), length)
        self._one_trouble(kind, time, length)
        return length

    def _one_trouble(  # noqa: PLR0912 (one for each kind)
        self, kind: str, time: float, length: float
    ) -> None:
        rng = self._rng
        match kind:
            case "rough":
                faults = rng.sample(self._faults, rng.randint(1, len(self._faults)))
                strength = rng.choice([0.1, 0.3, 0.6])
                self._add(time, "rough", length=length, faults=tuple(faults), strength=strength)
            case "outage":
                fault = rng.choice(["lost_before", "error_before", "status_503"])
                self._add(time, "rough", length=length, faults=(fault,), strength=1.0)
            case "login":
                self._add(time, "login", length=length)
            case "lag":
                self._add(time, "lag", length=length, seconds=rng.uniform(1, 10))
            case "unreadable":
                long = rng.random() < 0.3
                self._add(time, "unreadable", length=rng.uniform(900, 2400) if long else length)
            case "slow_disk":
                self._add(time, "slow_disk", length=length, seconds=rng.uniform(0.05, 4))
            case "full_disk":
                self._add(time, "full_disk", length=length)
            case "kill":
                self._add(time, "kill", rounds=rng.randint(0, 30), down=rng.uniform(1, 60))
            case "damage":
                self._add(
                    time,
                    "kill",
                    rounds=0,
                    down=5.0,
                    damage=rng.choice(DAMAGES),
                    day=rng.random() < 0.25,
                )
            case "restart":
                self._add(time, "restart", down=rng.uniform(1, 60))
            case "unload" | "remove":
                self._add(time, kind, down=rng.uniform(1, 120))
            case "options":
                interval = float(rng.choice([1, 2, 5, 10, 60, 300]))
                self._add(time, "options", interval=interval)
                self._add(time + length, "options", interval=5.0)
            case "clock":
                self._add(time, "clock", seconds=rng.choice([-3600.0, -30.0, 60.0, 900.0, 7200.0]))
            case _:
                self._add(time, kind)


# How many swaps of lines there are for each other step.
_SWAPS = 0.02
# How many addresses that fail there are for each other step.
_PARTIAL_FAULTS = 0.02
_ENDS = ("reload", "unload", "restart", "kill")
_ENDS_ENTRY = ("reload", "unload", "remove", "options")
_TROUBLES = (
    *("rough", "outage", "login", "lag", "unreadable", "slow_disk", "full_disk", "kill"),
    *("reload", "unload", "remove", "options", "restart", "clock", "damage"),
)


def make_plan(
    seed: int, hours: float | None = None, features: frozenset[str] | None = None
) -> Plan:
    """Return the plan of a seed: of 4 to 12 hours and some features, unless told otherwise."""
    return Planner(seed, hours, features).plan()


def _short(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return ",".join(value) if isinstance(value, tuple) else str(value)
