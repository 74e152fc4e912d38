"""The results as Markdown: a table for each group of figures, beside each figure its ratio to the floor."""

import math

from . import goals, results


def markdown(book, plots):
    machine = book.machine
    lines = ["# Results", "",
             f"{machine['cpu']}, {machine['cores']} cores, {machine['memory']}, Linux {machine['kernel']}. "
             "Server and load each pinned to a core of their own, over loopback. "
             "In parentheses: the ratio to the floor of the same protocol, the median of the ratios within each "
             "round. `n` is the number of rounds.", ""]
    reached = goals.table(book)
    if reached:
        lines += ["## Goals", "", *reached, ""]
    for group, (title, text) in results.GROUPS.items():
        figures = [name for name, figure in results.FIGURES.items()
                   if figure.group == group and name in book.observations]
        if figures:
            lines += [f"## {title}", "", text, "", *table(book, figures), ""]
    if book.curves:
        lines += ["## Curves", "", *curve_table(book), ""]
        for title, file in plots:
            lines += [f"![{title}]({file})", ""]
    if book.skipped:
        lines += ["Not installed, so not measured: " + ", ".join(book.skipped) + ".", ""]
    if book.notes:
        lines += ["## Notes", "", *(f"- {note}" for note in book.notes), ""]
    return "\n".join(lines)


def table(book, figures):
    titles = [heading(results.FIGURES[name]) for name in figures]
    rows = ["| server | " + " | ".join(titles) + " | n |", "|---|" + "---|" * (len(figures) + 1)]
    for name in ordered(book):
        if not any(name in book.observations[figure] for figure in figures):
            continue
        counts = [book.rounds(figure, name) for figure in figures if book.rounds(figure, name)]
        count = str(counts[0]) if len(set(counts)) == 1 else f"{min(counts)}-{max(counts)}"
        rows.append(f"| {name} | " + " | ".join(cell(book, figure, name) for figure in figures) + f" | {count} |")
    return rows


def ordered(book):
    """Floors, fanfare, the others; each in the order of appearance."""
    rank = {name: (0 if server.is_floor else 1 if server.is_fanfare else 2) for name, server in book.servers.items()}
    return sorted(book.servers, key=lambda name: rank[name])


def heading(figure):
    return figure.title + (f", {figure.unit}" if figure.unit else "")


def cell(book, figure, name):
    value = book.median(figure, name)
    if value is None:
        return ""
    text = f"{value:,.{results.FIGURES[figure].digits}f}"
    ratio = book.ratio(figure, name)
    return text if ratio is None else f"{text} ({ratio:.2f})"


def curve_table(book):
    rows = ["| curve | server | from | to | slope |", "|---|---|---|---|---|"]
    for curve, series in book.curves.items():
        shape = results.CURVES[curve]
        for name in series:
            points = book.curve_points(curve, name)
            if len(points) < 2:
                continue
            (x0, y0), (x1, y1) = points[0], points[-1]
            rows.append(f"| {shape.title} | {name} | {y0:,.3g} at {x0:,g} | {y1:,.3g} at {x1:,g} | "
                        f"{slope(points, shape)} |")
    return rows


def slope(points, shape):
    """By least squares: what each unit more costs; and the exponent of a power law, which says how it grows."""
    linear = least_squares(points)
    text = f"{linear:+.3g} {shape.y} for each more of: {shape.x}"
    if all(x > 0 and y > 0 for x, y in points):
        exponent = least_squares([(math.log(x), math.log(y)) for x, y in points])
        text += f"; exponent {exponent:+.2f}"
    return text


def least_squares(points):
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0
