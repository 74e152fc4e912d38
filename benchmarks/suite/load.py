"""Running the load generator against a server."""

import json
import os

from . import processes
from .processes import Failed


def command(running, subscribers, seconds, *options):
    return [os.path.join(running.bin, "fanload"), "--url", running.server.url(running.port), "--n", str(subscribers),
            "--server-pid", str(running.pid), "--time", str(seconds), "--quiet", "--open-timeout", "20", *running.server.load,
            *(str(option) for option in options)]


def load(running, subscribers, seconds, *options, patience=60, cores=processes.LOAD_CORE):
    """What fanload measured, as a dictionary. A gap, a duplicate or a lost connection is a failure of the
    server and no figure, unless it is the floor, which keeps no queue."""
    status, output, errors = processes.run(command(running, subscribers, seconds, *options), seconds + patience, cores)
    if status in (2, 3) or not output.strip():
        raise Failed(f"{running.server.name}: {errors.strip()[-300:] or 'no answer'}")
    measured = json.loads(output)
    wrong = {name: measured[name] for name in ("gaps", "dups", "ooo", "proto_err", "closed_by_server") if measured[name]}
    measured["wrong"] = wrong
    return measured
