"""How cost grows: instructions, which are exact, where the library itself is asked; CPU where the kernel matters."""

from .counting import instructions
from .plan import together
from .processes import Failed
from .timing import cpu_per_delivery, observe


def curves(plan, book):
    server = next(iter(plan.plain), None)
    if not server:
        return
    jobs = []

    def job(curve, x, **options):
        jobs.append(((curve, x), lambda: instructions(server, plan.bin, 1, 10 if plan.quick else 20, **options)))

    for subscribers in (10, 100, 1000) if plan.quick else (10, 30, 100, 300, 1000, 3000):
        job("subscribers", subscribers, subscribers=subscribers, rate=10 if subscribers < 1000 else 3)
    for size in (200, 5000) if plan.quick else (100, 500, 2000, 10000):
        job("payload", size, size=size)
    for history in (16, 4096) if plan.quick else (16, 256, 4096, 16384):
        job("history", history, extra=("--history", str(history)))
    # Every topic gets each event, so the number of deliveries of an event is the same.
    for topics in (1, 100) if plan.quick else (1, 10, 100, 1000):
        job("topics", topics, subscribers=1000, rate=4, extra=("--topics", str(topics)),
            path="/sse?topic={t}", options=("--topics", topics))
    for topics in (1, 1000) if plan.quick else (1, 100, 10000):
        job("topics idle", topics, extra=("--topics", str(topics), "--active", "1"))
    for topics in (1, 16) if plan.quick else (1, 4, 16, 64):
        names = ",".join(str(number) for number in range(topics))
        # The envelope's own numbers are the topic's, so they cannot be checked as one sequence.
        job("topics each", topics, extra=("--topics", str(topics)), rate=10, deliveries_each=topics,
            path=f"/sse/{names}", options=("--seq-key", "none"))
    for (curve, x), outcome in together(jobs):
        if isinstance(outcome, Failed):
            book.note(f"{curve} {x:g}: {outcome}")
        else:
            book.point(curve, server, x, outcome)
    by_time(plan, book, server)


def by_time(plan, book, server):
    options = ("--settle", 0.2, "--warmup", 0.3)
    for _ in plan.rounds():
        for size in (200, 5000) if plan.quick else (100, 500, 2000, 10000):
            measured = observe(plan, book, server, [], 0, 100, 1, 100, size=size, options=options)
            if measured:
                book.point("payload cpu", server, size, cpu_per_delivery(measured))
        for shards in (1, 2) if plan.quick else (1, 2, 4):
            measured = observe(plan, book, server, [], 0, 1000, 1, 20, options=options, extra=("--shards", str(shards)))
            if measured:
                book.point("shards", server, shards, cpu_per_delivery(measured))
