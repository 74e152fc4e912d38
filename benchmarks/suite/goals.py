"""What the figures are to reach, and whether they did."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Goal:
    text: str
    figure: str
    most: float
    ratio: bool = False      # of the figure to that of the floor, else the figure itself
    servers: tuple = ("fanfare, SSE", "fanfare, WebSocket")
    digits: int = 2


GOALS = [
    Goal("instructions per delivery, single", "instructions 1", 125, digits=0),
    Goal("instructions per delivery, burst of 20", "instructions 20", 40, digits=0),
    Goal("sends per delivery, single", "sends 1", 1.01, digits=3),
    Goal("sends per delivery, burst of 20", "sends 20", 0.055, digits=3),
    Goal("CPU per delivery, N=1,000, to floor", "cpu 1000", 1.05, ratio=True),
    Goal("CPU per delivery, burst of 100, to floor", "cpu burst 100", 1.25, ratio=True),
    Goal("saturation: CPU per delivery, to floor", "saturation cpu", 1.05, ratio=True),
    Goal("saturation: growth of the lag", "saturation lag", 1.1),
    Goal("latency N=100 p50, to floor", "latency 100 p50", 1.15, ratio=True),
    Goal("latency N=100 p99, to floor", "latency 100 p99", 1.3, ratio=True),
    Goal("latency N=10,000 p50, to floor", "latency 10000 p50", 1.15, ratio=True),
    Goal("latency N=10,000 p99, to floor", "latency 10000 p99", 1.3, ratio=True),
    Goal("idle bytes per connection, SSE", "idle after", 208, servers=("fanfare, SSE",), digits=0),
    Goal("idle bytes per connection, WebSocket", "idle after", 240, servers=("fanfare, WebSocket",), digits=0),
    Goal("idle bytes per connection, portable", "idle after", 512, digits=0,
         servers=("fanfare portable, SSE", "fanfare portable, WebSocket")),
    Goal("bytes more per stalled connection, without its pinned image", "stalled bytes", 64, digits=0),
    Goal("p99 of the others while some stall, to none", "stalled p99", 1.1),
    Goal("herd: live p99 during it, to before", "herd live ratio", 3, digits=1),
    Goal("publish, nobody watches, ns", "publish 0", 1000, digits=0),
    Goal("publish, 1,000 subscribers, ns", "publish 1000", 1000, digits=0),
    Goal("publish, 10,000 subscribers, ns", "publish 10000", 1000, digits=0),
    Goal("accepting during saturation, p99, ms", "accept p99", 50, digits=0),
]


def table(book):
    """Rows of Markdown: each goal, what was measured for it, and whether that is enough."""
    rows = ["| goal | at most | measured | |", "|---|---|---|---|"]
    for goal in GOALS:
        measured = [(name, book.ratio(goal.figure, name) if goal.ratio else book.median(goal.figure, name))
                    for name in goal.servers if name in book.observations.get(goal.figure, {})]
        measured = [(name, value) for name, value in measured if value is not None]
        if not measured:
            continue
        text = ", ".join(f"{name.split(', ')[1]} {value:,.{goal.digits}f}" for name, value in measured)
        met = all(value <= goal.most for _, value in measured)
        rows.append(f"| {goal.text} | {goal.most:g} | {text} | {'met' if met else 'not met'} |")
    return rows if len(rows) > 2 else []
