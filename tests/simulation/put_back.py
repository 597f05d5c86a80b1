"""Puts known faults back, one at a time, and measures how soon the simulation finds each.

Each file of `faults` is a patch that brings back a fault of an earlier version. It is applied to a
copy; `scripts/simulate --faults` runs them all. A first line `features: a,b` says with which
features of the simulation a fault that needs a rare moment is looked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import re
import shutil
from signal import SIGKILL
import subprocess
import sys
from tempfile import TemporaryDirectory
from threading import Timer
from time import monotonic

FAULTS = Path(__file__).with_name("faults")
_ROOT = Path(__file__).parents[2]
_LIMIT = 120.0
_NO_HOURS = "100000"


def patches(chosen: str = "") -> list[Path]:
    """Return the patches whose names contain the text, by name."""
    return sorted(path for path in FAULTS.glob("*.patch") if chosen in path.stem)


@contextmanager
def copy_with(patch: Path) -> Iterator[Path]:
    """Yield a copy of the integration and the simulation with the fault in it."""
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("custom_components", "tests"):
            shutil.copytree(
                _ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "browser")
            )
        subprocess.run(  # noqa: S603 (our own)
            ["git", "apply", str(patch)],  # noqa: S607 (whichever there is)
            cwd=copy,
            check=True,
        )
        yield copy


def find_all(chosen: str, first: int, jobs: int) -> int:
    """Print how soon each fault is found; return the exit code: 0, or 1 if one was not."""
    missed = 0
    for patch in patches(chosen):
        with copy_with(patch) as copy:
            found, seconds = _find(copy, first, jobs, _features_of(patch))
        missed += found is None
        print(f"{patch.stem}: {found or 'not found'} after {seconds:.0f} s", flush=True)
    return 1 if missed else 0


def _features_of(patch: Path) -> list[str]:
    """Return the arguments that choose the features with which a fault is looked for."""
    match = re.match(r"features: (\S+)", patch.read_text(encoding="utf-8"))
    return [] if match is None else ["--features", match[1]]


def _find(copy: Path, first: int, jobs: int, features: list[str]) -> tuple[str | None, float]:
    """Return which invariant did not hold, if one did not, and the seconds that it took."""
    began = monotonic()
    command = [sys.executable, "-m", "tests.simulation", "--first", str(first)]
    command += ["--hours", _NO_HOURS, "--jobs", str(jobs), *features]
    with subprocess.Popen(  # noqa: S603 (our own)
        command,
        cwd=copy,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        # With its workers, of which one would run on to the end of its seed.
        start_new_session=True,
    ) as process:
        limit = Timer(_LIMIT, os.killpg, (process.pid, SIGKILL))
        limit.start()
        try:
            for line in process.stdout or ():
                if (match := re.match(r"seed \d+: (\w+) at", line)) is not None:
                    os.killpg(process.pid, SIGKILL)
                    return match[1], monotonic() - began
        finally:
            limit.cancel()
    return None, monotonic() - began
