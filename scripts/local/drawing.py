"""Lines in a picture, both axes by powers; SVG by hand, so that it can be read in a change."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 380, 70, 46, 190, 50
COLOURS = ("#1f6f8b", "#d1495b", "#66a182", "#edae49", "#6a4c93")
Line = Sequence[tuple[float, float]]


def picture(title: str, across: str, up: str, lines: Mapping[str, Line]) -> str:
    """One line for each name. Values are above zero."""
    xs = [x for line in lines.values() for x, _ in line]
    ys = [y for line in lines.values() for _, y in line]
    axis_x = _Axis(min(xs), max(xs), LEFT, WIDTH - RIGHT)
    axis_y = _Axis(min(ys) / 1.5, max(ys) * 1.5, HEIGHT - BOTTOM, TOP)
    middle_x, middle_y = (LEFT + WIDTH - RIGHT) // 2, (TOP + HEIGHT - BOTTOM) // 2
    head = '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="13"'
    turned = f'text-anchor="middle" transform="rotate(-90 16 {middle_y})"'
    parts = [
        f'{head} viewBox="0 0 {WIDTH} {HEIGHT}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="26" font-size="16" font-weight="bold">{escape(title)}</text>',
        f'<text x="{middle_x}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>',
        f'<text x="16" y="{middle_y}" {turned}>{escape(up)}</text>',
    ]
    parts += [_tick_x(axis_x, x) for x in sorted(set(xs))]
    parts += [_tick_y(axis_y, y) for y in _powers(min(ys) / 1.5, max(ys) * 1.5)]
    for number, (name, line) in enumerate(lines.items()):
        parts += _line(name, line, axis_x, axis_y, COLOURS[number % len(COLOURS)], number)
    return "\n".join([*parts, "</svg>", ""])


class _Axis:
    def __init__(self, least: float, most: float, first: float, last: float) -> None:
        self._least, self._most = math.log(least), math.log(most)
        self._first, self._last = first, last

    def place(self, value: float) -> float:
        part = (math.log(value) - self._least) / (self._most - self._least or 1)
        return round(self._first + part * (self._last - self._first), 1)


def _powers(least: float, most: float) -> list[float]:
    """1, 2, 5 and so on, at most about eight of them."""
    found = [
        step * 10.0**power
        for power in range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
        for step in (1, 2, 5)
    ]
    inside = [value for value in found if least <= value <= most]
    return inside if len(inside) <= 8 else [value for value in inside if f"{value:e}".startswith("1")]


def _tick_x(axis: _Axis, value: float) -> str:
    x = axis.place(value)
    return (
        f'<line x1="{x}" y1="{TOP}" x2="{x}" y2="{HEIGHT - BOTTOM}" stroke="#e5e5e5"/>'
        f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{value:,.0f}</text>'
    )


def _tick_y(axis: _Axis, value: float) -> str:
    y = axis.place(value)
    return (
        f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="#e5e5e5"/>'
        f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{value:,g}</text>'
    )


def _line(name: str, line: Line, across: _Axis, up: _Axis, colour: str, number: int) -> list[str]:
    places = [(across.place(x), up.place(y)) for x, y in line]
    path = " ".join(f"{x},{y}" for x, y in places)
    legend = TOP + 14 + 22 * number
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>',
        *(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>' for x, y in places),
        f'<rect x="{WIDTH - RIGHT + 18}" y="{legend - 10}" width="12" height="12" fill="{colour}"/>',
        f'<text x="{WIDTH - RIGHT + 36}" y="{legend}">{escape(name)}</text>',
    ]
