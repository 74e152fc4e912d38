"""What hardly varies between runs: user-mode instructions and system calls for each delivery."""

import dataclasses
import glob
import os
import re
import shutil
import tempfile
import threading
import time

from . import processes
from .load import load
from .processes import Failed
from .servers import Running

SUBSCRIBERS = 100
SENDING = ("send", "sendto", "sendmsg", "sendmmsg", "write", "writev", "pwrite64")


def instructions(server, bin_folder, burst, bursts=100, subscribers=SUBSCRIBERS, size=200, extra=(), rate=10, options=(),
                 path="", deliveries_each=1):
    """Instructions of the server's process in user mode for each delivery, publishing included. Counted by
    callgrind between two events that the server itself marks, so it is exact but for wakes and timers."""
    if not shutil.which("valgrind"):
        raise Failed("valgrind is not installed")
    if path:
        server = dataclasses.replace(server, path=path)
    first = 2 * rate * burst
    last = first + bursts * burst
    with tempfile.TemporaryDirectory(prefix="fanfare-callgrind-") as folder:
        prefix = ["valgrind", "--tool=callgrind", "--instr-atstart=no",
                  "--callgrind-out-file=" + os.path.join(folder, "out")]
        if server.program == "nginx":
            nginx_window(server, bin_folder, prefix, rate, burst, bursts, subscribers, size)
            return sum(callgrind_total(path) for path in glob.glob(os.path.join(folder, "out*"))) / (
                bursts * burst * subscribers)
        marks = {"BENCH_COUNT_FROM": str(first), "BENCH_COUNT_UNTIL": str(last)}
        with Running(server, bin_folder, rate * burst, burst, size, extra, prefix, environment=marks) as running:
            load(running, subscribers, (2 * rate + bursts) / rate + 1.5, "--settle", 0.2, "--warmup", 0, *options)
        total = sum(callgrind_total(path) for path in glob.glob(os.path.join(folder, "out*")))
    if total == 0:
        raise Failed(f"{server.name}: callgrind counted nothing")
    return total / (bursts * burst * subscribers * deliveries_each)


def nginx_window(server, bin_folder, prefix, rate, burst, bursts, subscribers, size):
    """It marks nothing by itself, but what is published to it is known: counted from before to after that."""
    with Running(server, bin_folder, 0, prefix=prefix) as running:
        subscribed = threading.Thread(target=load, args=(running, subscribers, bursts / rate + 7))
        subscribed.start()
        time.sleep(3)
        control = ["callgrind_control", "-i"]
        processes.run([*control, "on", str(running.pid)], 20)
        processes.run([os.path.join(bin_folder, "fanload"), "pub", "--url", f"http://127.0.0.1:{running.port}/pub",
                       "--rate", str(rate * burst), "--burst", str(burst), "--size", str(size),
                       "--count", str(bursts * burst), "--time", "60"], 90)
        time.sleep(1)
        processes.run([*control, "off", str(running.pid)], 20)
        subscribed.join()


def callgrind_total(path):
    with open(path, encoding="latin-1") as file:
        for line in file:
            if line.startswith("totals:"):
                return int(line.split()[1])
    return 0


def sends(server, bin_folder, burst, bursts=60, subscribers=SUBSCRIBERS, size=200, rate=20):
    """System calls that write, for each delivery, wakes of the server's own threads included."""
    if not shutil.which("strace"):
        raise Failed("strace is not installed")
    with tempfile.NamedTemporaryFile(prefix="fanfare-strace-") as table:
        # With the filter in the kernel only these calls stop the server, not those that wake its threads.
        trace = ["strace", "--seccomp-bpf", "-c", "-f", "-q", "-e", "trace=" + ",".join(SENDING), "-o", table.name]
        with Running(server, bin_folder, rate * burst, burst, size, prefix=trace) as running:
            measured = load(running, subscribers, bursts / rate, "--settle", 0.3, "--warmup", 0.3)
            running.stop_traced()
        calls = strace_calls(table.name)
    answers = subscribers
    return (calls - answers) / measured["deliveries_in_all"]


def strace_calls(path):
    with open(path, encoding="ascii", errors="replace") as file:
        rows = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", file.read(), re.M)
    return sum(int(calls) for calls, name in rows if name in SENDING)
