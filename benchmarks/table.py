"""The table of the results, in Markdown, for the terminal and for `docs/performance.md`."""

from collections.abc import Iterable

from .measuring import Figure, Row

_VERDICTS = {True: "yes", False: "**no**", None: ""}


def table(rows: Iterable[Row]) -> str:
    """Return one line for each figure, the row's name before its first."""
    lines = [("what", "figure", "median", "quartiles", "target", "met")]
    for row in rows:
        for number, figure in enumerate(row.figures):
            lines.append(
                (
                    "" if number else ", beside ".join(filter(None, (row.what, row.beside))),
                    figure.name,
                    _value(figure.value, figure.unit),
                    _quartiles(figure),
                    figure.target,
                    _VERDICTS[figure.met],
                )
            )
    head, *body = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([head, "| --- | --- | ---: | ---: | --- | --- |", *body])


def _quartiles(figure: Figure) -> str:
    if figure.samples == 1:
        return ""
    return f"{_number(figure.low)} … {_number(figure.high)}"


def _value(value: float, unit: str) -> str:
    separator = "" if unit in ("", "×") else " "
    return f"{_number(value)}{separator}{unit}"


def _number(value: float) -> str:
    """Return three digits that count, and no more."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
