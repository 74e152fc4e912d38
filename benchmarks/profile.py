#!/usr/bin/env python3
"""Where the instructions of a delivery go: runs fanfare's benchmark server under callgrind and prints a table, by part
of the library and by function. After `sh benchmarks/run.sh --quick --only publish`, which builds:

    python3 benchmarks/profile.py --bin build/benchmarks/bin [--burst 20] [--protocol ws] [--subscribers 100]
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from suite import counting, servers
from suite.load import load
from suite.servers import Running

# What a function belongs to: the first pattern that its name matches. What was inlined counts as where it went.
PARTS = [
    ("each delivery: the loop, two virtual calls, the system call",
     r"Cohort::deliver|Connection::send$|syscall\.S"),
    ("memory", r"malloc|operator (new|delete)|cfree|_int_free"),
    ("locks", r"pthread_mutex"),
    ("payload as JSON", r"json|Json|encode_impl"),
    ("the event's image", r"Format::encode|append_trusted_sse|_frame|_chunk|EventRecord::(image|encoded)|write_(position|number)|Image"),
    ("commit", r"BrokerCore|TopicLog|Conflation|History|Burst|Payload|EventRecord"),
    ("waking the loop", r"asio|epoll|ServerShard|WakeTarget"),
    ("a turn of the loop", r"ShardCore|TimingWheel|Cohort|Replay|Span|Backlog|Pacing"),
    ("copying and searching bytes", r"mem(cpy|move|chr|set)|strlen|basic_string|to_chars"),
]


def profile(bin_folder, server, burst, bursts, subscribers, rate):
    """(file and function, instructions) of a window between two events, publishing included."""
    first = 2 * rate * burst
    with tempfile.TemporaryDirectory(prefix="fanfare-profile-") as folder:
        path = os.path.join(folder, "out")
        prefix = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=" + path]
        marks = {"BENCH_COUNT_FROM": str(first), "BENCH_COUNT_UNTIL": str(first + bursts * burst)}
        with Running(server, bin_folder, rate * burst, burst, 200, (), prefix, environment=marks) as running:
            load(running, subscribers, (2 * rate + bursts) / rate + 1.5, "--settle", 0.2, "--warmup", 0)
        if not counting.callgrind_total(path):
            sys.exit("profile.py: callgrind counted nothing")
        text = subprocess.run(["callgrind_annotate", "--threshold=100", path], capture_output=True, text=True,
                              check=True).stdout
    return [(name, int(number.replace(",", "")))
            for number, name in re.findall(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+(\S.*)$", text, re.M)
            if "PROGRAM TOTALS" not in name]


def part_of(name):
    return next((part for part, pattern in PARTS if re.search(pattern, name)), "the rest")


def short(name):
    """Without folders and template arguments."""
    name = re.sub(r" \[.*\]$", "", name)
    name = re.sub(r"^(\?\?\?:|\S*/(?=[^/:]+:))", "", name)
    name = name.replace("std::__cxx11::", "").replace("non-virtual thunk to ", "")
    while (less := re.sub(r"<[^<>]*>", "", name)) != name:
        name = less
    return name.split("(")[0][:90]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/benchmarks/bin", help="folder of the built programs (%(default)s)")
    parser.add_argument("--burst", type=int, default=1, help="events published together (%(default)s)")
    parser.add_argument("--protocol", choices=("sse", "ws"), default="sse")
    parser.add_argument("--subscribers", type=int, default=100, help="(%(default)s)")
    asked = parser.parse_args()
    bursts, rate = 30, 10
    server = next(each for each in servers.FANFARE if each.is_plain and each.protocol == asked.protocol)
    lines = profile(os.path.abspath(asked.bin), server, asked.burst, bursts, asked.subscribers, rate)
    events = bursts * asked.burst
    total = sum(number for _, number in lines)

    print(f"{server.name}, {asked.subscribers} subscribers, bursts of {asked.burst}: "
          f"{total / events / asked.subscribers:.1f} instructions per delivery, {total / events:,.0f} per event\n")
    print("| part | per delivery | per event |\n|---|---|---|")
    parts = {}
    for name, number in lines:
        part = part_of(short(name))
        parts[part] = parts.get(part, 0) + number
    for part, number in sorted(parts.items(), key=lambda entry: -entry[1]):
        print(f"| {part} | {number / events / asked.subscribers:.1f} | {number / events:,.0f} |")
    print("\n| function | per event |\n|---|---|")
    for name, number in sorted(lines, key=lambda entry: -entry[1])[:25]:
        print(f"| `{short(name)}` | {number / events:,.0f} |")


if __name__ == "__main__":
    main()
