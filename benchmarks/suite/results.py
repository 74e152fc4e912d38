"""What was measured: observations by figure, server and round; and curves."""

import dataclasses
import json
import os
import statistics

from . import report, svg


@dataclasses.dataclass(frozen=True)
class Figure:
    title: str
    unit: str = ""
    digits: int = 0
    floor: str = ""      # the floor's mode that the ratio is to
    group: str = ""


FIGURES = {
    "instructions 1": Figure("instructions per delivery, single", floor="send", group="counts"),
    "instructions 20": Figure("in a burst of 20", digits=1, floor="batch", group="counts"),
    "sends 1": Figure("sends per delivery, single", digits=3, floor="send", group="counts"),
    "sends 20": Figure("in a burst of 20", digits=3, floor="batch", group="counts"),
    "cpu 100": Figure("N=100", "us", 2, "send", "cpu"),
    "cpu 1000": Figure("N=1,000", "us", 2, "send", "cpu"),
    "cpu 10000": Figure("N=10,000", "us", 2, "send", "cpu"),
    "cpu burst 100": Figure("N=1,000, burst of 100", "us", 3, "batch", "cpu"),
    "saturation cpu": Figure("CPU per delivery", "us", 3, "batch, second thread", "saturation"),
    "saturation rate": Figure("deliveries per second", digits=0, floor="batch, second thread", group="saturation"),
    "saturation p50": Figure("latency p50", "ms", 1, "batch, second thread", "saturation"),
    "saturation lag": Figure("lag, last second against first", digits=2, group="saturation"),
    "latency 100 p50": Figure("N=100, p50", "us", 0, "batch, second thread", "latency"),
    "latency 100 p99": Figure("N=100, p99", "us", 0, "batch, second thread", "latency"),
    "latency 10000 p50": Figure("N=10,000, p50", "us", 0, "batch, second thread", "latency"),
    "latency 10000 p99": Figure("N=10,000, p99", "us", 0, "batch, second thread", "latency"),
    "idle": Figure("idle, nothing published", "bytes", 0, "batch", "memory"),
    "idle after": Figure("after traffic, history included", "bytes", 0, "batch", "memory"),
    "stalled bytes": Figure("more per stalled connection", "bytes", 0, group="stalled"),
    "stalled p99": Figure("p99 of the others against none stalled", digits=2, group="stalled"),
    "stalled number": Figure("connections that stalled", digits=0, group="stalled"),
    "herd level p50": Figure("back and level again, p50", "ms", 0, group="herd"),
    "herd level p99": Figure("p99", "ms", 0, group="herd"),
    "herd live before": Figure("live p99 before", "ms", 1, group="herd"),
    "herd live during": Figure("live p99 in the worst second", "ms", 1, group="herd"),
    "herd live ratio": Figure("ratio", digits=1, group="herd"),
    "herd snapshots": Figure("snapshots serialised", digits=0, group="herd"),
    "publish 0": Figure("bursts of 100, nobody watches", "ns", 0, group="publish"),
    "publish 100": Figure("100 subscribers", "ns", 0, group="publish"),
    "publish 1000": Figure("1,000 subscribers", "ns", 0, group="publish"),
    "publish 10000": Figure("10,000 subscribers", "ns", 0, group="publish"),
    "publish single": Figure("single, waking a loop that sleeps", "ns", 0, group="publish"),
    "publish wake": Figure("of that the wake alone", "ns", 0, group="publish"),
    "accept p50": Figure("handshake p50", "ms", 1, group="accept"),
    "accept p99": Figure("p99", "ms", 1, group="accept"),
    "accept opened": Figure("opened of 200", digits=0, group="accept"),
}
GROUPS = {
    "counts": ("What hardly varies", "100 subscribers, events of 200 bytes. User-mode instructions of the whole "
               "server process, publishing included, by callgrind; writing system calls, wakes included, by strace."),
    "cpu": ("CPU per delivery", "Of the whole server process, system time included, pinned to one core."),
    "saturation": ("Saturation", "1,000 events a second for 1,000 subscribers on one core: more than one send each, so that "
                   "events must share them. The floor publishes from a second thread, as fanfare does: one that does "
                   "both in turn leaves half of the kernel's work to a thread of the kernel, where it is not counted."),
    "latency": ("Latency", "From the time at which the event was due to the subscriber's read, all subscribers "
                "read by one process. The floor publishes from a second thread, as fanfare does."),
    "memory": ("Memory per connection", "Growth of the resident set at 10,000 connections (fewer where a server "
               "cannot take as many)."),
    "stalled": ("Stalled readers", "A tenth of 4,000 subscribers never reads; events of 4,000 bytes, of which a short history keeps 32."),
    "herd": ("Reconnect herd", "1,000 stay while 10,000 return at once, each 1,000 events behind."),
    "publish": ("Publisher's CPU time per publish", "Of the publishing thread alone, encoding the event included. "
                "Singles find cold caches and wake a loop that sleeps; what that costs the floor is beside it."),
    "accept": ("Accepting during saturation", "200 connections a second open while 1,000 get more than they can."),
}


@dataclasses.dataclass(frozen=True)
class Curve:
    title: str
    x: str
    y: str
    log_y: bool = False


CURVES = {
    "bursts": Curve("CPU per delivery by size of the burst, N=1,000", "events in a burst", "us", True),
    "subscribers": Curve("Instructions per delivery by subscribers", "subscribers", "instructions"),
    "topics": Curve("Instructions per delivery, 1,000 subscribers spread over topics that all get the event", "topics", "instructions", True),
    "topics idle": Curve("Instructions per delivery by topics that are open and idle", "topics", "instructions"),
    "topics each": Curve("Instructions per delivery by topics of each subscriber", "topics", "instructions"),
    "payload": Curve("Instructions per delivery by payload, N=100", "bytes", "instructions"),
    "payload cpu": Curve("CPU per delivery by payload, N=100", "bytes", "us"),
    "history": Curve("Instructions per delivery by length of the history", "events kept", "instructions"),
    "shards": Curve("CPU per delivery by shards, N=1,000", "shards", "us"),
}


class Book:
    def __init__(self, machine, skipped):
        self.machine, self.skipped = machine, skipped
        self.observations = {}  # figure -> server -> round -> value
        self.servers = {}       # by name, in the order of appearance
        self.curves = {}        # curve -> server -> x -> [values]
        self.notes = []

    def add(self, figure, server, value, number=0):
        self.servers.setdefault(server.name, server)
        self.observations.setdefault(figure, {}).setdefault(server.name, {})[number] = value
        print(f"  {FIGURES[figure].group or figure}: {figure}: {server.name}: {value:.4g}", flush=True)

    def point(self, curve, server, x, value):
        self.servers.setdefault(server.name, server)
        self.curves.setdefault(curve, {}).setdefault(server.name, {}).setdefault(x, []).append(value)
        print(f"  {curve}: {server.name}: {x:g}: {value:.4g}", flush=True)

    def note(self, text):
        """Something that went wrong, or that a reader of the figures must know."""
        print(f"  note: {text}", flush=True)
        self.notes.append(text)

    def median(self, figure, name):
        rounds = self.observations.get(figure, {}).get(name)
        return statistics.median(rounds.values()) if rounds else None

    def rounds(self, figure, name):
        return len(self.observations.get(figure, {}).get(name, {}))

    def ratio(self, figure, name):
        """Median of the ratios to the floor within each round; rounds without the floor compare to its median."""
        floor = self.floor_of(figure, name)
        if floor is None or floor == name:
            return None
        base, usual = self.observations[figure][floor], self.median(figure, floor)
        pairs = [(value, base.get(number, usual)) for number, value in self.observations[figure][name].items()]
        ratios = [value / below for value, below in pairs if below]
        return statistics.median(ratios) if ratios else None

    def floor_of(self, figure, name):
        mode = FIGURES[figure].floor
        if not mode:
            return None
        same = [other for other in self.observations.get(figure, {})
                if self.servers[other].is_floor and other.startswith(f"floor, {mode} (")]
        protocol = [other for other in same if self.servers[other].protocol == self.servers[name].protocol]
        return (protocol or same or [None])[0]

    def curve_points(self, curve, name):
        return sorted((x, statistics.median(values)) for x, values in self.curves[curve][name].items())

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)
        plots = svg.write_all(self, folder)
        with open(os.path.join(folder, "results.md"), "w", encoding="ascii") as file:
            file.write(report.markdown(self, plots))
        with open(os.path.join(folder, "observations.json"), "w", encoding="ascii") as file:
            json.dump({"machine": self.machine, "skipped": self.skipped, "notes": self.notes,
                       "figures": self.observations, "curves": self.curves}, file, indent=1)
