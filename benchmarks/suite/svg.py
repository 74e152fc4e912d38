"""Plots as SVG by hand: lines over a logarithmic x axis, bars; readable on light and on dark pages."""

import math
import os

from . import results

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 210, 48, 52
# Of middle lightness, so that each is seen on white and on black.
COLOURS = ["#8a8f98", "#2f81f7", "#d9480f", "#2f9e44", "#ae3ec9", "#c69026", "#0c8599", "#e64980", "#6741d9", "#5c940d"]
STYLE = """<style>
text { font: 12px sans-serif; fill: #57606a } .title { font-size: 14px; font-weight: bold }
.grid { stroke: #8a8f98; stroke-opacity: .25 }
@media (prefers-color-scheme: dark) { text { fill: #b1bac4 } }
</style>"""


def write_all(book, folder):
    """Returns (title, file) of each plot."""
    plots = []
    for curve in book.curves:
        shape = results.CURVES[curve]
        series = [(name, book.curve_points(curve, name)) for name in book.curves[curve]]
        series = [(name, points) for name, points in series if len(points) > 1]
        if series:
            plots.append(write(folder, curve, shape.title, lines(shape, series)))
    for figure, file in (("cpu 1000", "cpu"), ("instructions 1", "instructions"), ("idle", "idle")):
        values = [(name, book.median(figure, name)) for name in book.observations.get(figure, {})]
        if values:
            title = f"{results.GROUPS[results.FIGURES[figure].group][0]}: {results.FIGURES[figure].title}"
            plots.append(write(folder, file, title, bars(title, results.FIGURES[figure], values)))
    return plots


def write(folder, name, title, body):
    file = name.replace(" ", "_") + ".svg"
    with open(os.path.join(folder, file), "w", encoding="ascii") as out:
        out.write(body)
    return title, file


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


def frame(height, title, parts):
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
                      f'aria-label="{escape(title)}">', STYLE,
                      f'<text class="title" x="16" y="24">{escape(title)}</text>', *parts, "</svg>", ""])


class Axis:
    """Maps values to pixels, linearly from 0 or logarithmically."""

    def __init__(self, values, begin, end, logarithmic):
        self.begin, self.end, self.logarithmic = begin, end, logarithmic
        if logarithmic:
            self.low, self.high = math.log10(min(values)), math.log10(max(values))
            if self.high == self.low:
                self.high += 1
        else:
            self.low, self.high = 0, max(values) * 1.08 or 1

    def at(self, value):
        share = ((math.log10(value) if self.logarithmic else value) - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    def ticks(self):
        if self.logarithmic:
            every = [base * 10**power for power in range(math.floor(self.low), math.ceil(self.high) + 1)
                     for base in (1, 2, 5)]
            inside = [tick for tick in every if self.low - 1e-9 <= math.log10(tick) <= self.high + 1e-9]
            return inside if len(inside) <= 8 else [tick for tick in inside if f"{tick:e}"[0] == "1"]
        step = 10 ** math.floor(math.log10(self.high / 4))
        step *= next(factor for factor in (1, 2, 5, 10) if self.high / (step * factor) <= 6)
        return [step * i for i in range(int(self.high / step) + 1)]


def lines(shape, series):
    xs = [x for _, points in series for x, _ in points]
    ys = [y for _, points in series for _, y in points if y > 0] or [1]
    across = Axis(xs, LEFT, WIDTH - RIGHT, min(xs) > 0)
    up = Axis(ys, HEIGHT - BOTTOM, TOP, shape.log_y)
    parts = []
    for tick in up.ticks():
        y = up.at(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
                     f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:,g}</text>')
    for tick in across.ticks():
        x = across.at(tick)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
                     f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{tick:,g}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(shape.x)}</text>')
    parts.append(f'<text x="{LEFT - 8}" y="{TOP - 10}" text-anchor="end">{escape(shape.y)}</text>')
    for index, (name, points) in enumerate(series):
        colour = COLOURS[index % len(COLOURS)]
        pixels = [(across.at(x), up.at(max(y, min(ys)))) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in pixels)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in pixels]
        y = TOP + 8 + 20 * index
        parts.append(f'<rect x="{WIDTH - RIGHT + 14}" y="{y - 8}" width="12" height="12" rx="2" fill="{colour}"/>'
                     f'<text x="{WIDTH - RIGHT + 32}" y="{y + 2}">{escape(name)}</text>')
    return frame(HEIGHT, shape.title, parts)


def bars(title, figure, values):
    row, left = 26, 230
    across = Axis([value for _, value in values if value > 0] or [1], left, WIDTH - 90, False)
    parts = []
    for index, (name, value) in enumerate(values):
        y = TOP + row * index
        colour = COLOURS[0 if name.startswith("floor") else 1 if name.startswith("fanfare") else 2]
        parts.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>'
                     f'<rect x="{left}" y="{y}" width="{max(1, across.at(value) - left):.1f}" height="18" rx="2" '
                     f'fill="{colour}"/><text x="{across.at(value) + 6:.1f}" y="{y + 14}">'
                     f'{value:,.{figure.digits}f}</text>')
    return frame(TOP + row * len(values) + 16, title, parts)
