"""Measures everything and prints one table: `scripts/bench [--quick] [ROW…]`."""

import argparse
import asyncio
from importlib.metadata import version
import json
from pathlib import Path
import platform
import subprocess
import sys
from tempfile import TemporaryDirectory
from time import perf_counter

from . import card, client, growth, hold, lines, refresh, soak, start, storage, toggle
from .measuring import Figure, Row, Scale
from .plot import plot
from .space import ROOT
from .table import table

ROWS = {
    module.__name__.rpartition(".")[2]: module.measure
    for module in (client, toggle, refresh, growth, start, hold, lines, storage, soak, card)
}
_RESULTS = ROOT / "benchmarks" / "results.json"
_PICTURE = ROOT / "docs" / "pictures" / "performance.svg"
_PAGE = ROOT / "docs" / "performance.md"
_BEGIN, _END = "<!-- results -->\n", "<!-- end of results -->\n"
_PACKAGES = ("homeassistant", "aiohttp", "orjson", "twilio")


def _measure(name: str, *, quick: bool) -> Row:
    """Measure one row in a process of its own, so that none carries the weight of another."""
    print(f"Measuring {name} …", file=sys.stderr, flush=True)  # noqa: T201 (for who waits)
    with TemporaryDirectory() as folder:
        result = Path(folder) / "row.json"
        # Warnings are for those who write code, not for the table.
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks", "--into", str(result), name]
        if quick:
            command.append("--quick")
        ended = subprocess.run(  # noqa: S603 (our own)
            command, cwd=ROOT, check=False, capture_output=True, text=True
        )
        if ended.returncode:
            raise SystemExit(f"{name} could not be measured:\n{ended.stderr}")
        data = json.loads(result.read_text())
        figures = [Figure(**figure) for figure in data.pop("figures")]
        return Row(**data, figures=figures)


def _machine() -> dict[str, str]:
    """Return what the figures depend on."""
    information = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2] for line in information.splitlines() if "model name" in line]
    return {
        "processor": f"{len(models)} × {models[0].strip()}" if models else platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
        "signalwire": "2.1.1 (with twilio 6.54.0)",
    }


def _write(rows: list[Row], machine: dict[str, str], seconds: float) -> None:
    """Write the results, the picture, and the table into the page."""
    results = {"machine": machine, "seconds": seconds, "rows": [row.to_json() for row in rows]}
    _RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    _PICTURE.write_text(plot(rows))
    if not _PAGE.exists():
        return
    page = _PAGE.read_text()
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    facts = ", ".join(f"{name} {value}" for name, value in machine.items())
    text = f"\nMeasured in {seconds / 60:.1f} minutes on: {facts}.\n\n{table(rows)}\n\n"
    _PAGE.write_text(f"{before}{_BEGIN}{text}{_END}{after}")


def main() -> None:
    """Print the table; a whole and thorough run also writes the results."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; else all")
    parser.add_argument("--quick", action="store_true", help="in about a minute, more roughly")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.rows) - ROWS.keys():
        parser.error(f"there is no {', '.join(unknown)}")
    if options.into:
        (name,) = options.rows
        row = asyncio.run(ROWS[name](Scale(quick=options.quick)))
        options.into.write_text(json.dumps(row.to_json()))
        return
    began = perf_counter()
    rows = [_measure(name, quick=options.quick) for name in options.rows or ROWS]
    seconds = perf_counter() - began
    print(table(rows))  # noqa: T201 (what it is for)
    print(f"\nMeasured in {seconds:.0f} s.")  # noqa: T201 (likewise)
    if not options.quick and not options.rows:
        _write(rows, _machine(), seconds)


if __name__ == "__main__":
    main()
