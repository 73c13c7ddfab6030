"""Draws a figure: each value is a dot, each tool a row, on one logarithmic axis."""

import math
import random
from html import escape
from statistics import median

from figures import percentile, short

WIDTH, LEFT, RIGHT, ROW, TOP, BOTTOM = 860, 130, 130, 44, 46, 40
GUTTER = 26             # where values stand for which a logarithm has no place
MOST_DOTS = 400         # of a row; of more, every n-th in order is drawn
STYLE = ("text{font:13px sans-serif;fill:#24292f}.t{font-weight:bold;font-size:14px}.s{font-size:11px;fill:#57606a}"
         ".g{stroke:#d8dee4}.d{stroke:#57606a;stroke-width:3;stroke-linecap:round;opacity:.45;fill:none}"
         ".o{stroke:#0969da}.m{stroke:#cf222e;stroke-width:2.5}"
         ".p{stroke:#cf222e;stroke-width:1.5;stroke-dasharray:3 2}")


def number(value):
    """A coordinate in as few letters as show it."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


class Axis:
    """Logarithmic, from one power of ten to another; what is not above zero stands in the gutter."""

    def __init__(self, values):
        above = [value for value in values if value > 0] or [1]
        self.low = math.floor(math.log10(min(above)))
        self.high = max(math.ceil(math.log10(max(above))), self.low + 1)
        self.gutter = GUTTER if any(value <= 0 for value in values) else 0

    def x(self, value):
        if value <= 0:
            return LEFT + self.gutter / 2
        begin, end = LEFT + self.gutter, WIDTH - RIGHT
        return begin + (math.log10(value) - self.low) / (self.high - self.low) * (end - begin)

    def ticks(self):
        return [10.0 ** power for power in range(self.low, self.high + 1)]


def tick_text(value):
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def draw_axis(axis, figure, height):
    lines, bottom = [], height - BOTTOM
    for tick in axis.ticks():
        x = number(axis.x(tick))
        lines.append(f'<path class="g" d="M{x} {TOP - 8}V{bottom}"/>'
                     f'<text class="s" x="{x}" y="{bottom + 14}" text-anchor="middle">{tick_text(tick)}</text>')
    if axis.gutter:
        lines.append(f'<text class="s" x="{number(axis.x(0))}" y="{bottom + 14}" text-anchor="middle">≤ 0</text>')
    lines.append(f'<text class="s" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{bottom + 30}" text-anchor="middle">'
                 f'{escape(figure.unit or "number")}, logarithmic; red: median, dashed: p99</text>')
    return lines


def draw_row(axis, name, values, y, scatter):
    ordered = sorted(values)
    shown = ordered[::-(-len(ordered) // MOST_DOTS)]
    dots = "".join(f"M{number(axis.x(value))} {number(y + scatter.uniform(-11, 11))}h0" for value in shown)
    middle, tail = median(values), percentile(values, 99)
    own = " o" if name.startswith("waitfor") else ""
    return [f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(name)}</text>',
            f'<path class="d{own}" d="{dots}"/>',
            f'<path class="m" d="M{number(axis.x(middle))} {y - 15}v30"/>',
            f'<path class="p" d="M{number(axis.x(tail))} {y - 15}v30"/>',
            f'<text class="s" x="{WIDTH - RIGHT + 8}" y="{y + 4}">{short(middle)}, p99 {short(tail)}</text>']


def draw(figure):
    """The text of an SVG file; the same figure gives the same bytes."""
    rows = {name: values for name, values in figure.rows.items() if values}
    height = TOP + ROW * len(rows) + BOTTOM
    axis = Axis([value for values in rows.values() for value in values])
    scatter = random.Random(figure.key)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
             f'height="{height}" role="img">', f"<title>{escape(figure.title)}</title>", f"<style>{STYLE}</style>",
             f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
             f'<text class="t" x="10" y="22">{escape(figure.title)}</text>', *draw_axis(axis, figure, height)]
    for index, (name, values) in enumerate(rows.items()):
        lines += draw_row(axis, name, values, TOP + ROW * index + ROW // 2, scatter)
    return "\n".join([*lines, "</svg>"]) + "\n"
