"""What varies from run to run: processor time per delivery and latency, interleaved with the floor."""

from .load import load
from .plan import interleaved
from .processes import Failed
from .servers import Running

# Few enough that the wake-ups of the readers do not make a queue.
RATES = {100: 100, 1000: 20, 10000: 3}


def observe(plan, book, server, figures, number, subscribers, seconds, rate, burst=1, size=200, options=(), extra=()):
    """One run. `figures` are (figure, function of what was measured). Returns what was measured, or None."""
    if subscribers > server.most:
        return None
    try:
        with Running(server, plan.bin, rate, burst, size, extra) as running:
            measured = load(running, subscribers, seconds, *options)
    except Failed as failure:
        book.note(str(failure))
        return None
    if measured["wrong"]:
        book.note(f"{server.name}, {subscribers} subscribers, {rate:g} events/s in bursts of {burst}: "
                  f"{measured['wrong']}")
    for figure, value in figures:
        book.add(figure, server, value(measured), number)
    return measured


def cpu_per_delivery(measured):
    return measured["srv"]["cpu_us_per_delivery"]


def crowds_of(plan, number, middle):
    """Sizes of the crowd for a round: the one that has a goal always, the others now and then."""
    if plan.quick:
        return (100, 1000)
    return (100, 1000, 10000) if number % 3 == 0 else (middle,)


def cpu(plan, book):
    variants = [server for server in plan.fanfare if not server.is_plain]
    for number in plan.rounds():
        for subscribers in crowds_of(plan, number, 1000):
            # Once, and not with the largest crowd: there is no time for more.
            others = variants + plan.peers if number == 0 and subscribers < 10000 and not plan.quick else []
            for server in interleaved(plan.floors("send") + plan.plain + others, number):
                observe(plan, book, server, [(f"cpu {subscribers}", cpu_per_delivery)], number, subscribers, 1.2,
                        RATES[subscribers], options=("--settle", 0.2, "--warmup", 0.2))


def bursts(plan, book):
    """The burst of 100 is a figure, with rounds; the smaller ones are a curve."""
    options = ("--settle", 0.2, "--warmup", 0.4)
    for number in plan.rounds():
        others = plan.peers if number == 0 and not plan.quick else []
        for server in interleaved(plan.floors("batch") + plan.plain + others, number):
            measured = observe(plan, book, server, [("cpu burst 100", cpu_per_delivery)], number, 1000, 1.5, 500, 100,
                               options=options)
            if measured:
                book.point("bursts", server, 100, cpu_per_delivery(measured))
        if number == 0:
            for burst in (1, 10) if plan.quick else (1, 5, 20):
                for server in plan.floors("batch") + plan.plain + others:
                    measured = observe(plan, book, server, [], 0, 1000, 1.2, 5 * burst, burst, options=options)
                    if measured:
                        book.point("bursts", server, burst, cpu_per_delivery(measured))


def saturation(plan, book):
    figures = [("saturation cpu", cpu_per_delivery), ("saturation rate", lambda measured: measured["per_s"]),
               ("saturation p50", lambda measured: measured["lat_us"]["p50"] / 1000)]
    for number in plan.rounds():
        # Not the others: most of them queue without bound here, and take minutes to come to an end.
        for server in interleaved(plan.floors("batch", publishes="thread") + plan.plain, number):
            measured = observe(plan, book, server, figures, number, 1000, 3, 1000,
                               options=("--settle", 0.3, "--warmup", 0.5, "--by-second"))
            seconds = measured["by_second"][:3] if measured else []
            if len(seconds) == 3 and seconds[0]["p50"]:
                book.add("saturation lag", server, seconds[2]["p50"] / seconds[0]["p50"], number)


def latency(plan, book):
    for number in plan.rounds():
        for subscribers in crowds_of(plan, number, 100):
            if subscribers == 1000:
                continue
            figures = [(f"latency {subscribers} {share}", lambda measured, share=share: measured["lat_us"][share])
                       for share in ("p50", "p99")]
            others = plan.peers if number == 0 and subscribers == 100 and not plan.quick else []
            for server in interleaved(plan.floors("batch", publishes="thread") + plan.plain + others, number):
                observe(plan, book, server, figures, number, subscribers, 1.5, RATES[subscribers],
                        options=("--settle", 0.2, "--warmup", 0.2))
