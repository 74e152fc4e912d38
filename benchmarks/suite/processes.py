"""Starting, pinning and ending processes. Each is bounded in time and ended by its own id."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time

CORES = sorted(os.sched_getaffinity(0))
# What serves and what loads do not share a core where there are two.
SERVER_CORE = {CORES[0]}
LOAD_CORE = {CORES[-1]}


class Failed(Exception):
    """A run gave no figure; its text says why."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port, seconds):
    """Waits until somebody listens on the port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.02)
    return False


class Process:
    """A program in the background, for `with`. Its standard error is kept."""

    def __init__(self, command, cores=None, environment=None, folder=None):
        self.errors = tempfile.TemporaryFile()
        self.command = command
        pin = (lambda: os.sched_setaffinity(0, cores)) if cores else None
        self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=self.errors, preexec_fn=pin, cwd=folder,
                                      env={**os.environ, **(environment or {})})
        self.pid = self.popen.pid

    def stop(self, seconds=20):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
        self.wait(seconds)

    def wait(self, seconds):
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def said(self):
        """What it wrote to standard error."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def counters(self):
        """The last line of JSON that it wrote, or {}."""
        for line in reversed(self.said().splitlines()):
            if line.startswith("{"):
                return json.loads(line)
        return {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def run(command, seconds, cores=None, environment=None):
    """Runs a program to its end, bounded in time, and returns (exit status, output, errors)."""
    pin = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             preexec_fn=pin, env={**os.environ, **(environment or {})})
    try:
        output, errors = popen.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.communicate()
        raise Failed(f"{os.path.basename(command[0])} took longer than {seconds} s") from None
    return popen.returncode, output.decode(errors="replace"), errors.decode(errors="replace")
