"""Runs seeds and says what came of them; `--help` tells how."""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
import itertools
import os
import sys
import time

from .plan import FEATURES, OWN_FEATURES
from .put_back import find_all
from .regressions import read_regressions
from .runs import Request, as_ranges, parse_numbers, plan_of, run
from .world import Outcome

# Runs, of some hours each, after which a long simulation says how far it is.
_TELL_EVERY = 50


def main() -> int:
    """Return the exit code: 0, or 1 if an invariant did not hold."""
    options = _parse(sys.argv[1:])
    if options.faults is not None:
        return find_all(options.faults, options.first or 1, options.jobs)
    if options.regressions:
        replays = (_request(_parse(line.arguments)) for line in read_regressions())
        return _run_many(replays, None, options.jobs, all_of_them=True)
    if options.seed is not None:
        request = _request(options)
        if options.shrink:
            return _shrink(request)
        return _run_many(iter([request]), None, 1, digest=options.digest, all_of_them=options.all)
    first = options.first if options.first is not None else time.time_ns() % 10**9
    each = replace(_request(options), hours=options.each)
    requests = (replace(each, seed=seed) for seed in itertools.count(first))
    print(f"seeds from {first}", flush=True)
    return _run_many(
        requests,
        options.hours or 10.0,
        options.jobs,
        digest=options.digest,
        all_of_them=options.all,
    )


def _request(options: argparse.Namespace) -> Request:
    """Return the run of one seed that the options ask for."""
    return Request(
        seed=options.seed or 0,
        hours=options.hours,
        keep=parse_numbers(options.keep),
        ignored=_words(options.ignore),
        features=None if options.features is None else _words(options.features),
        trace=options.trace or options.digest,
        show=options.trace,
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/simulate",
        description="Runs the integration in virtual time against simulated services, networks, "
        "disks and people, and checks what must always be so.",
    )
    parser.add_argument("--hours", type=float, help="virtual hours in all, or of the one seed")
    parser.add_argument("--each", type=float, help="virtual hours of each of many seeds")
    parser.add_argument("--seed", type=int, help="replay this seed alone")
    parser.add_argument("--first", type=int, help="the first of many seeds; random if not given")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    parser.add_argument("--trace", action="store_true", help="print everything that happens")
    parser.add_argument("--digest", action="store_true", help="print the digest of the trace")
    parser.add_argument("--shrink", action="store_true", help="leave out what a failure can spare")
    parser.add_argument("--keep", default="", help="only these steps of the plan, as 1,2,5-9")
    parser.add_argument("--ignore", default="", help="invariants not to be checked, as a,b")
    parser.add_argument(
        "--features",
        help=f"only these, as a,b, of {', '.join((*FEATURES, *OWN_FEATURES))}; some if not given",
    )
    parser.add_argument(
        "--faults",
        nargs="?",
        const="",
        help="put known faults back, or those whose names contain this, and find each",
    )
    parser.add_argument(
        "--regressions", action="store_true", help="replay all of regressions.txt, and nothing else"
    )
    parser.add_argument("--all", action="store_true", help="go on after a violation")
    return parser.parse_args(arguments)


def _run_many(
    requests: Iterator[Request],
    hours: float | None,
    jobs: int,
    *,
    digest: bool = False,
    all_of_them: bool = False,
) -> int:
    """Run until so many virtual hours have passed; return the exit code."""
    began, totals, violated = time.monotonic(), Counter[str](), Counter[str]()
    done = 0.0

    def take(outcome: Outcome) -> bool:
        nonlocal done
        done += outcome.hours
        totals.update(
            {
                name: getattr(outcome, name)
                for name in ("steps", "acts", "requests", "faults", "deaths", "recordings")
            }
        )
        totals["runs"] += 1
        if digest:
            print(f"seed {outcome.seed}: {outcome.digest}")
        if (violation := outcome.violation) is None:
            return True
        violated[violation.invariant] += 1
        print(
            f"seed {outcome.seed}: {violation.invariant} at {violation.time:.1f} s: "
            f"{violation.text}",
            flush=True,
        )
        return all_of_them

    def tell() -> None:
        took = time.monotonic() - began
        print(
            f"{done:.1f} hours in {took:.1f} s ({done / took:.1f} hours/s): "
            + ", ".join(f"{number} {name}" for name, number in totals.items()),
            flush=True,
        )

    if jobs <= 1:
        for request in requests:
            if not take(run(request)) or (hours is not None and done >= hours):
                break
    else:
        with ProcessPoolExecutor(jobs, max_tasks_per_child=40) as pool:
            first = itertools.islice(requests, 2 * jobs)
            pending = [pool.submit(run, request) for request in first]
            goes_on = True
            while pending:
                goes_on = take(pending.pop(0).result()) and goes_on
                if totals["runs"] % _TELL_EVERY == 0:
                    tell()
                if goes_on and (hours is None or done < hours):
                    pending += [
                        pool.submit(run, request) for request in itertools.islice(requests, 1)
                    ]
    tell()
    for name, number in violated.most_common():
        print(f"  {number} of {name}")
    return 1 if violated else 0


def _shrink(request: Request) -> int:
    """Leave out whatever the failure does not need, and print how to replay the rest."""
    plan = plan_of(request)
    outcome = run(request)
    if (violation := outcome.violation) is None:
        print("Nothing to shrink: every invariant holds")
        return 0
    hours = violation.time / 3600 + 0.01
    kept = [
        step.number
        for step in plan.steps
        if step.time <= violation.time and (request.keep is None or step.number in request.keep)
    ]

    def fails(numbers: list[int]) -> bool:
        tried = run(
            Request(
                seed=request.seed,
                hours=hours,
                keep=frozenset(numbers),
                ignored=request.ignored,
                features=request.features,
            )
        )
        return tried.violation is not None and (tried.violation.invariant == violation.invariant)

    size = max(1, len(kept) // 2)
    while size >= 1:
        position = 0
        while position < len(kept):
            fewer = kept[:position] + kept[position + size :]
            if fails(fewer):
                kept = fewer
            else:
                position += size
        print(f"{len(kept)} steps left", flush=True)
        size = size // 2 if size > 1 else 0
    short = as_ranges(kept)
    print(f"{violation.invariant}: {violation.text}")
    features = "" if request.features is None else ",".join(sorted(request.features))
    line = {"hours": f"{hours:.3f}", "keep": short}
    if request.features is not None:
        line["features"] = features
    arguments = " ".join(f"--{name}={value}" for name, value in line.items())
    values = " ".join(f"{name}={value}" for name, value in line.items())
    print(f"scripts/simulate --seed {request.seed} {arguments} --trace")
    print(f"{request.seed} {values}  # {violation.invariant}")
    return 1


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Sets of texts would be in another order in every process.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])  # noqa: S606
    sys.exit(main())
