"""The experiments by name, each a function of its plan and the book that takes what it sees."""

from . import behaviour, scale, timing
from .counting import instructions, sends
from .plan import together
from .processes import Failed


def modes(plan, only_own):
    """(server, size of the burst), each floor with the one that it is the floor of."""
    own = plan.plain if plan.quick else plan.fanfare
    singles = plan.floors("send") + own + ([] if only_own else plan.peers)
    return [(server, 1) for server in singles] + [
        (server, 20) for server in plan.floors("batch") + own + ([] if only_own else plan.peers)]


def count_instructions(plan, book):
    def job(server, burst):
        # Others need more time for a burst under callgrind, and must be done with one before the next.
        slow = burst > 1 and not (server.is_floor or server.is_fanfare)
        rate, bursts = (2, 6) if slow else (10, 20 if plan.quick else 30)
        return lambda: instructions(server, plan.bin, burst, bursts, rate=rate)

    chosen = [(server, burst) for server, burst in modes(plan, plan.quick) if server.counts]
    for number in range(plan.repeat or 1):
        collect(together([(each, job(*each)) for each in chosen]), book, "instructions", number)


def count_sends(plan, book):
    def job(server, burst):
        return lambda: sends(server, plan.bin, burst, 20 if plan.quick else 40)

    chosen = modes(plan, plan.quick)
    for number in range(plan.repeat or 1):
        collect(together([(each, job(*each)) for each in chosen]), book, "sends", number)


def collect(outcomes, book, figure, number):
    for (server, burst), outcome in outcomes:
        if isinstance(outcome, Failed):
            book.note(f"{figure}: {outcome}")
        else:
            book.add(f"{figure} {burst}", server, outcome, number)


# What a change is most likely to move; once each, in a minute.
QUICK = ("instructions", "sends", "cpu", "idle")

ALL = {
    "instructions": count_instructions,
    "sends": count_sends,
    "cpu": timing.cpu,
    "saturation": timing.saturation,
    "bursts": timing.bursts,
    "latency": timing.latency,
    "idle": behaviour.idle,
    "stalled": behaviour.stalled,
    "herd": behaviour.herd,
    "publish": behaviour.publish,
    "accept": behaviour.accept,
    "scale": scale.curves,
}
