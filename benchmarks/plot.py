"""The ratios as a picture: how far each is from its target."""

from collections.abc import Iterable
from html import escape
from math import log10

from .measuring import Figure, Row

_WIDTH, _LEFT, _LINE, _TOP = 1000, 560, 30, 56
# From a hundredth to a hundred times.
_DECADES = (-2, 2)
_COLORS = {True: "#2e7d32", False: "#c62828", None: "#546e7a"}
_STYLE = "font-family='system-ui, sans-serif' font-size='13' fill='#333'"


def plot(rows: Iterable[Row]) -> str:
    """Return an SVG picture of every ratio, with its quartiles, on a logarithmic scale."""
    figures = [(row, figure) for row in rows for figure in row.figures if figure.unit == "×"]
    height = _TOP + _LINE * len(figures) + 20
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {height}' {_STYLE}>",
        f"<rect width='{_WIDTH}' height='{height}' fill='white'/>",
        "<text x='12' y='22' font-size='15'>Ratios, each measured in one run; green: the target "
        "is met, red: it is not, gray: there is none</text>",
    ]
    for exponent in range(_DECADES[0], _DECADES[1] + 1):
        x = _x(10.0**exponent)
        parts += [
            f"<line x1='{x:.0f}' x2='{x:.0f}' y1='{_TOP - 8}' y2='{height - 16}' stroke='#ddd'/>",
            f"<text x='{x:.0f}' y='{_TOP - 12}' text-anchor='middle'>{10.0**exponent:g}×</text>",
        ]
    for number, (row, figure) in enumerate(figures):
        parts += _bar(row, figure, _TOP + _LINE * number)
    return "\n".join([*parts, "</svg>", ""])


def _bar(row: Row, figure: Figure, y: int) -> list[str]:
    color = _COLORS[figure.met]
    middle, value, one = y + _LINE // 2, _x(figure.value), _x(1)
    left, width = min(one, value), max(abs(value - one), 1)
    label = escape(f"{row.name}: {figure.name}")
    target = f" ({escape(figure.target)})" if figure.target else ""
    return [
        f"<text x='{_LEFT - 10}' y='{middle + 5}' text-anchor='end'>{label}{target}</text>",
        f"<rect x='{left:.1f}' y='{y + 6}' width='{width:.1f}' height='{_LINE - 12}' "
        f"fill='{color}' opacity='0.8'/>",
        f"<line x1='{_x(figure.low):.1f}' x2='{_x(figure.high):.1f}' y1='{middle}' y2='{middle}' "
        "stroke='black' stroke-width='2'/>",
        f"<text x='{max(value, one, _x(figure.high)) + 8:.1f}' y='{middle + 5}'>"
        f"{figure.value:.2f}</text>",
    ]


def _x(value: float) -> float:
    """Return where a ratio stands."""
    low, high = _DECADES
    place = min(max(log10(max(value, 1e-9)), low), high)
    return _LEFT + (place - low) / (high - low) * (_WIDTH - _LEFT - 60)
