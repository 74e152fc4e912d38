"""How the time is divided among the experiments, and their repetitions within it."""

import concurrent.futures
import dataclasses
import time

from . import servers
from .processes import Failed

# Seconds that each would like, in a full run.
WISHES = {"instructions": 45, "sends": 45, "cpu": 130, "saturation": 55, "bursts": 85, "latency": 95, "idle": 55,
          "stalled": 30, "herd": 28, "publish": 18, "accept": 30, "scale": 65}
MOST_ROUNDS = 7


@dataclasses.dataclass
class Plan:
    bin: str
    quick: bool
    repeat: int
    ends: float
    servers: list
    total: int

    def share(self, name, names):
        """The plan of one experiment: its part of the time that is left."""
        left = names[names.index(name):]
        part = WISHES[name] / sum(WISHES[other] for other in left)
        now = time.monotonic()
        return dataclasses.replace(self, ends=now + max(0, self.ends - now) * part)

    def rounds(self):
        """Numbers of repetitions: one at least, seven at most, no more than the time allows."""
        most = self.repeat or (1 if self.quick else MOST_ROUNDS)
        longest = 0
        for number in range(most):
            began = time.monotonic()
            if number and not self.repeat and began + longest > self.ends:
                return
            yield number
            longest = max(longest, time.monotonic() - began)

    def time_left(self):
        return self.repeat is not None or time.monotonic() < self.ends

    @property
    def fanfare(self):
        return [server for server in self.servers if server.is_fanfare]

    @property
    def plain(self):
        return [server for server in self.fanfare if server.is_plain]

    @property
    def peers(self):
        return [server for server in self.servers if not server.is_fanfare]

    def floors(self, *modes, publishes="inline"):
        """The floors of those protocols that are measured."""
        protocols = {server.protocol for server in self.servers}
        return [servers.floor(protocol, mode, publishes) for mode in modes for protocol in ("sse", "ws")
                if protocol in protocols]


def interleaved(candidates, number):
    """Another one begins in each round, so that no one always comes after the same."""
    if not candidates:
        return []
    start = number % len(candidates)
    return candidates[start:] + candidates[:start]


def together(jobs, workers=3):
    """Runs what does not measure time at once. `jobs` are (name, function); yields (name, result or Failed)."""
    def attempt(function):
        try:
            return function()
        except Failed as failure:
            return failure

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        futures = [(name, pool.submit(attempt, function)) for name, function in jobs]
        for name, future in futures:
            yield name, future.result()
