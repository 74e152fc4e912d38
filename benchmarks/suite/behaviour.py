"""Connections that idle, stall, return all at once or arrive while the server is busy; and what publishing costs."""

import json
import threading
import time

from . import processes
from .load import command, load
from .plan import interleaved
from .processes import Failed
from .servers import Running, floor


def idle(plan, book):
    subscribers = 2000 if plan.quick else 10000
    for server in plan.floors("batch") + plan.servers:
        count = min(subscribers, server.most)
        attempt(book, lambda: book.add("idle", server, resident_idle(plan, server, count)))
        if plan.time_left() and (server.is_floor or server.is_fanfare):
            attempt(book, lambda: book.add("idle after", server, resident_after(plan, server, count)))


def resident_idle(plan, server, subscribers):
    with Running(server, plan.bin) as running:
        return load(running, subscribers, 0, "--idle", "--settle", 0.7)["srv"]["idle_rss_per_conn"]


def resident_after(plan, server, subscribers):
    """Everything the process grew by: connections, the history, and what delivering left behind."""
    with Running(server, plan.bin, 40, 10) as running:
        measured = load(running, subscribers, 3, "--settle", 0.2, "--warmup", 0)
    return (measured["srv"]["rss_end"] - measured["srv"]["rss0"]) / subscribers


def attempt(book, action):
    try:
        return action()
    except Failed as failure:
        book.note(str(failure))
        return None


def stalled(plan, book):
    """The same with and without stalled readers, one after the other, so that the difference is theirs. The
    history is short, so that it is as large in both."""
    subscribers, share = (500 if plan.quick else 4000), 0.1
    for server in plan.plain:
        for number in plan.rounds():
            without = attempt(book, lambda: with_stalled(plan, server, subscribers, 0))
            with_some = attempt(book, lambda: with_stalled(plan, server, subscribers, share))
            if not without or not with_some:
                break
            more = with_some[0]["srv"]["rss_end"] - without[0]["srv"]["rss_end"]
            book.add("stalled bytes", server, more / (subscribers * share), number)
            book.add("stalled p99", server, with_some[0]["lat_us"]["p99"] / without[0]["lat_us"]["p99"], number)
            book.add("stalled number", server, with_some[1].get("fell_short", 0), number)
            if number == 2:
                break


def with_stalled(plan, server, subscribers, share):
    with Running(server, plan.bin, 10, size=4000, extra=("--history", "32")) as running:
        measured = load(running, subscribers, 6, "--settle", 0.2, "--warmup", 0.3, "--slow-frac", share,
                        "--slow-rcvbuf", 4096)
    return measured, running.counters()


def herd(plan, book):
    for server in plan.plain:
        if server.protocol != "sse":
            continue
        if plan.quick:
            attempt(book, lambda: one_herd(plan, book, server, 200, 1000, 3, 8))
        else:
            attempt(book, lambda: one_herd(plan, book, server, 1000, 10000, 5, 18))


def one_herd(plan, book, server, live, returning, away, seconds):
    """200 events a second are published while the herd is away."""
    with Running(server, plan.bin, 200, 20, extra=("--state", "--history", "4096")) as running:
        # The herd's reader yields to that of the live ones, whose latency is the figure.
        herd_command = ["nice", "-n", "19", *command(running, returning, seconds, "--settle", 0.5, "--warmup", 0.5,
                        "--herd", away, "--resume", "header", "--pending", returning, "--by-second")]
        outcome = {}
        thread = threading.Thread(target=lambda: outcome.update(herd=run_json(herd_command)))
        thread.start()
        time.sleep(returning / 5000 + 1.2)  # until all have connected
        watching = load(running, live, seconds - 2, "--settle", 0.2, "--warmup", 0.3, "--by-second", "--ip-base", 20)
        thread.join()
    measured = outcome["herd"]
    if isinstance(measured, Failed):
        raise measured
    book.add("herd level p50", server, measured["churn"]["level_us_p50"] / 1000)
    book.add("herd level p99", server, measured["churn"]["level_us_p99"] / 1000)
    worst = [second["p99"] / 1000 for second in watching["by_second"] if second["n"]]
    print("  herd: live p99 by second, ms:", *(f"{second:.1f}" for second in worst), flush=True)
    before, during = sorted(worst[:away - 2])[(away - 2) // 2], max(worst[away - 2:])
    book.add("herd live before", server, before)
    book.add("herd live during", server, during)
    book.add("herd live ratio", server, during / before)
    book.add("herd snapshots", server, running.counters().get("snapshots", 0))
    if measured["churn"]["level_n"] != returning or measured["gaps"] or measured["dups"] or measured["ooo"]:
        book.note(f"herd: {measured['churn']['level_n']} of {returning} came level, gaps {measured['gaps']}, "
                  f"duplicates {measured['dups']}, reordered {measured['ooo']}")


def run_json(line):
    try:
        _, output, errors = processes.run(line, 90, processes.LOAD_CORE)
        return json.loads(output) if output.strip() else Failed(errors.strip()[-300:])
    except Failed as failure:
        return failure


def publish(plan, book):
    server = next(iter(plan.plain), None)
    if not server:
        return
    bare = floor(server.protocol, "batch", "thread")
    for number in plan.rounds():
        for subscribers in (0, 1000) if plan.quick else (0, 100, 1000, 10000):
            cost = attempt(book, lambda: publish_cost(plan, server, subscribers, 400, 100))
            if cost:
                book.add(f"publish {subscribers}", server, cost["cpu_ns_per_publish"], number)
        cost = attempt(book, lambda: publish_cost(plan, server, 100, 100, 1))
        if cost:
            book.add("publish single", server, cost["cpu_ns_per_publish"], number)
        cost = attempt(book, lambda: publish_cost(plan, bare, 100, 100, 1))
        if cost:
            book.add("publish single", bare, cost["cpu_ns_per_publish"], number)
            book.add("publish wake", bare, cost["cpu_ns_per_wake"], number)


def publish_cost(plan, server, subscribers, rate, burst):
    """Counted by the publishing thread itself."""
    extra = ("--unwatched",) if server.is_fanfare else ()
    with Running(server, plan.bin, rate, burst, extra=extra) as running:
        if subscribers:
            load(running, subscribers, 1.5, "--settle", 0.2, "--warmup", 0)
        else:
            time.sleep(2)
    return running.counters()


def accept(plan, book):
    for number in plan.rounds():
        for server in interleaved(plan.floors("batch") + plan.plain, number):
            attempt(book, lambda: accept_while_busy(plan, book, server, number))
        if number == 2:
            return


def accept_while_busy(plan, book, server, number):
    with Running(server, plan.bin, 1000) as running:
        busy = ["nice", "-n", "10", *command(running, 1000, 4, "--settle", 0.2, "--warmup", 0)]
        thread = threading.Thread(target=lambda: run_json(busy))
        thread.start()
        time.sleep(2)
        line = command(running, 200, 0, "--open-rate", 200, "--idle", "--settle", 0, "--ip-base", 20,
                       "--allow-partial")
        measured = run_json(line)
        thread.join()
    if isinstance(measured, Failed):
        raise measured
    book.add("accept p50", server, measured["hs_us_p50"] / 1000, number)
    book.add("accept p99", server, measured["hs_us_p99"] / 1000, number)
    book.add("accept opened", server, measured["established"], number)
