"""Measures everything and prints one table: `python -m benchmarks [--quick] [ROW…]`."""

import argparse
import asyncio
import json
from pathlib import Path
import subprocess
import sys
from tempfile import TemporaryDirectory
from time import perf_counter

from . import client, growth, refresh, storage, soak, start, toggle, wish
from .measuring import Figure, Row, Scale
from .space import ROOT

ROWS = {
    module.__name__.rpartition(".")[2]: module.measure
    for module in (client, toggle, refresh, growth, start, wish, storage, soak)
}


def _measure(name: str, quick: bool) -> Row:
    """Measure one row in a process of its own, so that none carries the weight of another."""
    with TemporaryDirectory() as folder:
        result = Path(folder) / "row.json"
        command = [sys.executable, "-m", "benchmarks", "--into", str(result), name]
        subprocess.run(command + ["--quick"] * quick, cwd=ROOT, check=True)  # noqa: S603 (ours)
        data = json.loads(result.read_text())
        figures = [Figure(**figure) for figure in data.pop("figures")]
        return Row(**data, figures=figures)


def main() -> None:
    """Print the table and write the results."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", choices=[[], *ROWS])
    parser.add_argument("--quick", action="store_true", help="in under a minute, more roughly")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.into:
        (name,) = options.rows
        row = asyncio.run(ROWS[name](Scale(quick=options.quick)))
        options.into.write_text(json.dumps(row.to_json()))
        return
    began = perf_counter()
    for name in options.rows or ROWS:
        row = _measure(name, options.quick)
        for f in row.figures:
            print(f)
    print(perf_counter() - began)


if __name__ == "__main__":
    main()
