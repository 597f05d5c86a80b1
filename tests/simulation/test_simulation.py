"""Simulated runs: they hold what they promise, and are the same every time."""

import os
from pathlib import Path
import re
import subprocess
import sys
import time

import pytest

from tests.simulation.put_back import copy_with, patches
from tests.simulation.regressions import read_regressions

ROOT = Path(__file__).parents[2]
_SLICE = ["--hours", "10", "--each", "2"]


def simulate(*arguments: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    """Run the simulation in a process of its own, because it takes the clock over."""
    return subprocess.run(  # noqa: S603 (our own)
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def digest(output: str) -> str:
    """Return the digest of the trace that a run printed."""
    match = re.search(r": ([0-9a-f]{64})$", output, re.MULTILINE)
    assert match is not None, output
    return match[1]


def test_the_same_seed_gives_the_same_trace_whatever_ran_before_it() -> None:
    alone = simulate("--seed", "3", "--hours", "1", "--digest")
    # In another process, with hashes of its own, which the simulation has to put right.
    arguments = ["--first", "1", "--each", "1", "--hours", "3", "--digest"]
    third = simulate(*arguments, hash_seed="random")

    digests = re.findall(r"^seed 3: ([0-9a-f]{64})$", third.stdout, re.MULTILINE)
    assert digests == [digest(alone.stdout)]


@pytest.mark.timeout(600)
def test_what_once_failed_holds() -> None:
    # All in one process, because it takes longer to start than to replay most of them.
    outcome = simulate("--regressions")

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert outcome.stdout.endswith(f" {len(read_regressions())} runs\n")


def test_new_seeds_hold(figures: list[str]) -> None:
    first = time.time_ns() % 10**9
    outcome = simulate("--first", str(first), *_SLICE)

    figures.append(f"simulation: {outcome.stdout.splitlines()[-1]}, seeds from {first}")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize("patch", patches(), ids=lambda patch: str(patch.stem))
def test_every_known_fault_can_still_be_put_back(patch: Path) -> None:
    with copy_with(patch) as copy:
        assert (copy / "custom_components").is_dir()
