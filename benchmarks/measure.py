#!/usr/bin/env python3
"""Measures fanfare beside the kernel's floor and beside other servers. `sh benchmarks/run.sh` builds what this
needs; by itself it is for those who have built already:

    python3 benchmarks/measure.py --bin build/benchmarks/bin --only instructions,sends --servers fanfare
"""

import argparse
import os
import re
import signal
import sys
import time

sys.dont_write_bytecode = True  # before the first import of ours: nothing is left in the source tree

from suite import experiments, machine, results, servers
from suite.plan import Plan


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/benchmarks/bin", help="folder of the built programs (%(default)s)")
    parser.add_argument("--out", help="folder for the results; none: only what is printed here")
    parser.add_argument("--only", help="comma-separated experiments: " + ", ".join(experiments.ALL))
    parser.add_argument("--servers", default="", help="regular expression for the names of servers, besides the floor")
    parser.add_argument("--repeat", type=int, help="interleaved repetitions instead of the planned ones")
    parser.add_argument("--seconds", type=float, default=480, help="time that may be spent (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="about a minute: " + ", ".join(experiments.QUICK) + ", once, with smaller crowds")
    return parser.parse_args()


def main():
    # So that being told to stop ends what was started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("measure.py: stopped"))
    asked = arguments()
    names = asked.only.split(",") if asked.only else list(experiments.QUICK if asked.quick else experiments.ALL)
    unknown = [name for name in names if name not in experiments.ALL]
    if unknown:
        sys.exit("measure.py: no such experiment: " + ", ".join(unknown))
    chosen = [server for server in servers.FANFARE + servers.PEERS if re.search(asked.servers, server.name)]
    missing = [server for server in chosen if not servers.installed(server, asked.bin)]
    for server in missing:
        print(f"skipped: {server.name}, since {server.package or server.program} is not installed", flush=True)
    plan = Plan(bin=os.path.abspath(asked.bin), quick=asked.quick, repeat=asked.repeat,
                ends=time.monotonic() + (min(asked.seconds, 60) if asked.quick else asked.seconds),
                servers=[server for server in chosen if server not in missing], total=len(names))
    book = results.Book(machine.describe(), [server.name for server in missing])
    for name in names:
        began = time.monotonic()
        experiments.ALL[name](plan.share(name, names), book)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
        if asked.out:
            book.write(asked.out)  # each time, so that one that is stopped leaves what it has seen
    if asked.out:
        print("results: " + os.path.join(asked.out, "results.md"))


if __name__ == "__main__":
    main()
