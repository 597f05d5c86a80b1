"""Runs the tests against mutants of the parts that decide, and prints those that live.

Each mutant is tried in a fork of a process that has loaded Home Assistant already, on a module
that is changed as it is imported: no file is touched.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
import multiprocessing
import os
from pathlib import Path
import random
import sys
from time import monotonic
from types import CodeType, ModuleType
from typing import override

import pytest

from .mutants import Mutant, mutants_of

ROOT = Path("custom_components/signalwire")
_API = ("tests/api",)
_PROMISE = ("tests/test_promise.py", "tests/test_privacy.py", "tests/test_call_recording.py")
_LINES = ("tests/test_lines.py", "tests/test_lines_in_trouble.py")
_KEEPING = (
    "tests/keeping/test_retention.py",
    "tests/keeping/test_doubtful.py",
    "tests/keeping/test_delete_several.py",
)
_WHOLE = (
    "tests/test_coordinator.py",
    "tests/project/test_reconciler.py",
    *_PROMISE,
    "tests/test_switch.py",
    "tests/test_event.py",
    "tests/test_platforms.py",
    "tests/project/test_storage.py",
    "tests/test_init.py",
    "tests/test_config_flow.py",
    "tests/webhook/test_endpoint.py",
    "tests/test_diagnostics.py",
)
# The quickest first: the first test that fails ends the try.
TESTS: dict[str, Sequence[str]] = {
    "project/activity.py": (
        "tests/test_event.py",
        "tests/project/test_reconciler.py",
        *_PROMISE,
    ),
    "api/callback.py": ("tests/webhook/test_endpoint.py",),
    "api/client.py": _API,
    "api/enums.py": ("tests/api/test_enums.py", *_API),
    "api/errors.py": _API,
    "api/models.py": _API,
    "api/pages.py": ("tests/api/test_pages.py", "tests/api/test_client.py"),
    "api/parsing.py": _API,
    "api/signature.py": _API,
    "api/space.py": _API,
    "api/transport.py": _API,
    "project/commands.py": (
        "tests/project/test_commands.py",
        "tests/test_switch.py",
        "tests/test_services.py",
        "tests/webhook/test_callback_reader.py",
        "tests/test_event.py",
        "tests/test_platforms.py",
        *_PROMISE,
    ),
    "coordinator.py": _WHOLE,
    "project/daily_totals.py": ("tests/project/test_daily_totals.py",),
    "project/discovery.py": (
        "tests/project/test_discovery.py",
        "tests/test_coordinator.py",
        "tests/test_privacy.py",
    ),
    "webhook/callback_reader.py": (
        "tests/webhook/test_callback_reader.py",
        "tests/webhook/test_endpoint.py",
    ),
    "project/entry_file.py": (
        "tests/test_promise.py",
        "tests/test_init.py",
        "tests/test_repairs.py",
    ),
    "project/addresses.py": ("tests/project/test_addresses.py", "tests/test_line_flow.py"),
    "project/copies.py": ("tests/keeping/test_copies.py", "tests/keeping/test_doubtful.py"),
    "project/deletion.py": _KEEPING,
    "project/hold.py": ("tests/project/test_state.py", *_PROMISE),
    "project/hold_controller.py": _PROMISE,
    "project/holds.py": ("tests/project/test_state.py", "tests/test_holds.py", *_LINES),
    "project/lines.py": _LINES,
    "project/observation.py": ("tests/project/test_state.py",),
    "project/reconciler.py": (
        "tests/project/test_reconciler.py",
        "tests/test_switch.py",
        *_PROMISE,
    ),
    "project/parties.py": (*_LINES, "tests/test_platforms.py", "tests/media"),
    "project/polling.py": ("tests/project/test_polling.py",),
    "project/project.py": ("tests/test_coordinator.py", "tests/test_init.py", *_PROMISE),
    "project/refresher.py": ("tests/project/test_refresher.py", *_PROMISE),
    "project/retention.py": _KEEPING,
    "project/retention_rule.py": (
        "tests/project/test_retention_rule.py",
        *_KEEPING,
        "tests/test_config_flow.py",
    ),
    "project/retention_store.py": _KEEPING,
    "project/slots.py": ("tests/project/test_slots.py", "tests/test_init.py"),
    "project/state.py": ("tests/project/test_state.py", "tests/test_coordinator.py", *_PROMISE),
    "project/storage.py": (
        "tests/project/test_storage.py",
        "tests/test_init.py",
        "tests/test_repairs.py",
    ),
    "project/updates.py": ("tests/test_switch.py", "tests/test_services.py"),
    "project/watchdog.py": ("tests/project/test_reconciler.py", *_PROMISE),
}
_MAX_TRY = 180.0
_MAX_TEST = 20
# Loaded once, and not by each fork.
_PRELOADED = (
    "pytest_homeassistant_custom_component.plugins",
    "homeassistant.components.config",
    "homeassistant.components.conversation",
    "homeassistant.components.switch",
    "homeassistant.components.webhook",
    "hypothesis",
    "simulator",
    "syrupy",
)


class _Finder(MetaPathFinder, Loader):
    """Lets a module be imported with the mistake of its mutant."""

    def __init__(self, mutant: Mutant) -> None:
        self._path = mutant.path
        self._name = ".".join(mutant.path.with_suffix("").parts)
        self._code: CodeType = compile(mutant.tree, str(mutant.path), "exec")

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        return spec_from_file_location(fullname, self._path.absolute(), loader=self)

    @override
    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)  # noqa: S102 (our own module)


def _try(tests: Sequence[str], mutant: Mutant | None) -> None:
    """Run the tests in this process, which ends with pytest's exit code.

    Only without a mutant does it show what they say.
    """
    if mutant is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        sys.meta_path.insert(0, _Finder(mutant))
    options = ["-x", "-q", "-p", "no:cacheprovider", "--no-cov", f"--timeout={_MAX_TEST}"]
    # What is loaded once cannot be rewritten, which no test needs.
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning", "--show-capture=no"]
    os._exit(pytest.main([*options, *tests]))


def _is_noticed(tests: Sequence[str], mutant: Mutant | None) -> bool:
    """Return whether a test fails, or does not end."""
    process = multiprocessing.get_context("fork").Process(target=_try, args=(tests, mutant))
    process.start()
    process.join(_MAX_TRY if mutant else None)
    if process.exitcode is None:
        process.kill()
        process.join()
    return process.exitcode != 0


def main() -> int:
    """Try the mutants that were asked for; return how many lived, at most 1."""
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(TESTS), help="such as hold.py")
    parser.add_argument("--sample", type=int, help="try so many of all, picked at random")
    parser.add_argument("--seed", type=int, default=1, help="picks another sample")
    parser.add_argument("--line", type=int, help="try those of one line alone")
    parser.add_argument(
        "--unchecked", action="store_true", help="do not run the tests without any mutant first"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.modules) - set(TESTS):
        parser.error(f"no tests are named for {', '.join(sorted(unknown))}")
    for name in _PRELOADED:
        import_module(name)
    mutants = [
        (name, mutant)
        for name in arguments.modules
        for mutant in mutants_of(ROOT / name)
        if arguments.line in (None, mutant.line)
    ]
    count = len(mutants)
    if arguments.sample is not None:
        picked = random.Random(arguments.seed).sample(range(count), min(arguments.sample, count))
        mutants = [mutants[index] for index in sorted(picked)]
    if not arguments.unchecked and _is_noticed(
        list(dict.fromkeys(test for name, _ in mutants for test in TESTS[name])), None
    ):
        print("The tests fail without any mutant.")
        return 2
    began = monotonic()
    killed: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    try:
        for name, mutant in mutants:
            noticed = _is_noticed(TESTS[name], mutant)
            tried[name] += 1
            killed[name] += noticed
            outcome = "killed" if noticed else "survived"
            print(f"{outcome:8}  {mutant.path}:{mutant.line}  {mutant.mistake}", flush=True)
    except KeyboardInterrupt:
        print("Stopped; what was tried so far:")
    for name in tried:
        print(f"{name}: {killed[name]} of {tried[name]} killed")
    minutes = (monotonic() - began) / 60
    print(f"{killed.total()} of {tried.total()} killed, of {count} there are, in {minutes:.1f} min")
    return int(killed.total() < tried.total())


if __name__ == "__main__":
    sys.exit(main())
