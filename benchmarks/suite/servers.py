"""The servers that are compared: how each is started, on which paths it serves, and whether it is there."""

import dataclasses
import os
import shutil
import signal
import tempfile

from . import processes
from .processes import Failed, Process

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NODE_MODULES = os.path.join(HERE, "peers", "node_modules")
NCHAN_MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so"


@dataclasses.dataclass(frozen=True)
class Server:
    name: str
    protocol: str                 # sse or ws
    program: str                  # what is started: a file in the build's bin, or a script for node
    path: str = "/"
    arguments: tuple = ()
    load: tuple = ()              # options of fanload for it
    counts: bool = True           # its instructions can be counted: compiled, and no thread for each subscriber
    most: int = 1_000_000         # subscribers that it can take
    package: str = ""             # what to install when it is not there

    @property
    def is_fanfare(self):
        return self.program == "fanfare_server"

    @property
    def is_plain(self):
        """fanfare as it is by default: what all experiments look at."""
        return self.is_fanfare and not self.arguments

    @property
    def is_floor(self):
        return self.program == "floor"

    def url(self, port):
        return ("ws" if self.protocol == "ws" else "http") + f"://127.0.0.1:{port}{self.path}"


def floor(protocol, mode, publishes="inline"):
    name = f"floor, {mode}" + (", second thread" if publishes == "thread" else "") + f" ({label(protocol)})"
    return Server(name, protocol, "floor", arguments=(mode, protocol, publishes))


def label(protocol):
    return {"sse": "SSE", "ws": "WebSocket"}[protocol]


FANFARE = [
    Server("fanfare, SSE", "sse", "fanfare_server", "/sse"),
    Server("fanfare, WebSocket", "ws", "fanfare_server", "/ws"),
    Server("fanfare portable, SSE", "sse", "fanfare_server", "/sse", ("--portable",)),
    Server("fanfare portable, WebSocket", "ws", "fanfare_server", "/ws", ("--portable",)),
    Server("fanfare, SSE compressed", "sse", "fanfare_server", "/sse", ("--compress",), ("--compressed",)),
    Server("fanfare, WebSocket compressed", "ws", "fanfare_server", "/ws", ("--compress",), ("--compressed",)),
]
PEERS = [
    Server("Boost.Beast, SSE", "sse", "peer_beast", package="libboost-dev"),
    Server("Boost.Beast, WebSocket", "ws", "peer_beast", package="libboost-dev"),
    Server("websocketpp", "ws", "peer_websocketpp", package="libwebsocketpp-dev"),
    Server("cpp-httplib, SSE", "sse", "peer_httplib", "/events", load=("--open-rate", "300"), counts=False, most=1000,
           package="libcpp-httplib-dev"),
    Server("nchan, SSE", "sse", "nginx", "/sub", package="libnginx-mod-nchan"),
    Server("nchan, WebSocket", "ws", "nginx", "/sub", package="libnginx-mod-nchan"),
    Server("Node ws", "ws", "ws_node.mjs", counts=False, package="npm ws"),
    Server("Node better-sse", "sse", "better_sse_node.mjs", counts=False, package="npm better-sse"),
]


def floors():
    return [floor(protocol, mode) for protocol in ("sse", "ws") for mode in ("send", "batch")]


def installed(server, bin_folder):
    if server.program == "nginx":
        return shutil.which("nginx", path=search_path()) is not None and os.path.exists(NCHAN_MODULE)
    if server.program.endswith(".mjs"):
        module = "ws" if server.program == "ws_node.mjs" else "better-sse"
        return shutil.which("node") is not None and os.path.isdir(os.path.join(NODE_MODULES, module))
    return os.path.exists(os.path.join(bin_folder, server.program))


def search_path():
    return os.environ.get("PATH", "") + ":/usr/sbin"


class Running:
    """A server that listens, for `with`. `rate` events a second in bursts, `size` bytes each; 0 is silence."""

    def __init__(self, server, bin_folder, rate=0, burst=1, size=200, extra=(), prefix=(), cores=processes.SERVER_CORE,
                 environment=None, patience=30):
        self.server, self.bin = server, bin_folder
        self.port = processes.free_port()
        self.feed = (rate, burst, size)
        self.folder = None
        self.publisher = None
        self.traced = prefix[:1] == ["strace"]
        self.process = Process([*prefix, *self.command(extra)], cores, environment, self.folder and self.folder.name)
        self.pid = self.process.pid
        if not processes.answers(self.port, patience):
            self.stop()
            raise Failed(f"{server.name} did not start: {self.process.said().strip()[-300:]}")
        if server.program == "nginx" and rate > 0:
            self.publish_by_post()

    def command(self, extra):
        feed = [str(self.port)] + [format(value, "g") for value in self.feed]
        if self.server.program == "nginx":
            return self.nginx()
        if self.server.program.endswith(".mjs"):
            return [shutil.which("node"), os.path.join(HERE, "peers", self.server.program), *feed]
        return [os.path.join(self.bin, self.server.program), *feed, *self.server.arguments, *extra]

    def nginx(self):
        """nchan wants its port in the file, and folders to write in."""
        self.folder = tempfile.TemporaryDirectory(prefix="fanfare-nchan-")
        with open(os.path.join(HERE, "peers", "nchan.conf.in"), encoding="ascii") as template:
            text = template.read().replace("@PORT@", str(self.port)).replace("@MODULE@", NCHAN_MODULE)
        config = os.path.join(self.folder.name, "nchan.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(text)
        return [shutil.which("nginx", path=search_path()), "-p", self.folder.name, "-c", config]

    def publish_by_post(self, seconds=600):
        rate, burst, size = self.feed
        self.publisher = Process([os.path.join(self.bin, "fanload"), "pub", "--url",
                                  f"http://127.0.0.1:{self.port}/pub", "--rate", str(rate), "--burst", str(burst),
                                  "--size", str(size), "--time", str(seconds)], processes.LOAD_CORE)

    def counters(self):
        return self.process.counters()

    def stop_traced(self):
        """Ends what a tracer started, which does not end with it, and waits for the tracer to say what it saw."""
        try:
            with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
                for child in file.read().split():
                    os.kill(int(child), signal.SIGTERM)
        except OSError:
            pass  # both are gone
        self.process.wait(20)

    def stop(self):
        if self.publisher:
            self.publisher.stop()
        if self.traced:
            self.stop_traced()
        self.process.stop()
        if self.folder:
            self.folder.cleanup()
            self.folder = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
