"""One run: what it is asked for, and how it is carried out."""

from dataclasses import dataclass
from functools import cache
import gc
import itertools

from .plan import Plan, make_plan
from .world import Outcome, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one run is asked for; `hours` None is what the seed says, `keep` None is every step."""

    seed: int
    hours: float | None = None
    keep: frozenset[int] | None = None
    trace: bool = False
    show: bool = False
    ignored: frozenset[str] = frozenset()
    features: frozenset[str] | None = None


def plan_of(request: Request) -> Plan:
    """Return the plan of a run; with `keep`, the seed's own plan cut down to that."""
    if request.keep is None:
        return make_plan(request.seed, request.hours, request.features)
    plan = make_plan(request.seed, None, request.features)
    return plan.only(request.keep, (request.hours or plan.duration / 3600) * 3600)


def run(request: Request) -> Outcome:
    """Carry out a run, and return what came of it."""
    _warm_up()
    plan = plan_of(request)
    return World(plan, trace=request.trace, show=request.show, ignored=request.ignored).run()


@cache
def _warm_up() -> None:
    """Let Home Assistant import what it imports once, so that every run finds the same."""
    World(make_plan(0, 0.05), trace=False, show=False, ignored=frozenset()).run()
    gc.collect()
    # All that stays for good is not looked at again with each run.
    gc.freeze()


def as_ranges(numbers: list[int]) -> str:
    """Return sorted numbers as `1,2,5-9`."""
    texts = []
    for _, group in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        texts.append(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}")
    return ",".join(texts)


def parse_numbers(text: str) -> frozenset[int] | None:
    """Return the numbers of `1,2,5-9`; None for nothing."""
    if not text:
        return None
    numbers: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return frozenset(numbers)
