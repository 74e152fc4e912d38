#!/usr/bin/env python3
"""Checks what checks the others: that fanload reads odd splits, chunks, WebSocket fragments and pings, and counts
gaps, duplicates and reordered events as they are.

    selftest.py path/to/fanload
"""

import json
import random
import socket
import struct
import subprocess
import sys
import threading
import time

# One duplicate (40), one that comes late (41 after 42), two lost (43, 44).
NUMBERS = [*range(1, 41), 40, 42, 41, 45, *range(46, 60)]
EXPECTED = {"deliveries": len(NUMBERS), "gaps": 2, "dups": 1, "ooo": 1, "noseq": 0, "proto_err": 0}
WEBSOCKET_HEAD = (b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


def payload(number):
    event = {"seq": number, "ts": time.monotonic_ns(), "pad": "y" * random.randint(0, 300)}
    return json.dumps(event, separators=(",", ":")).encode()


def frame(opcode, data, last=True):
    length = (bytes([len(data)]) if len(data) < 126 else bytes([126]) + struct.pack(">H", len(data)))
    return bytes([(0x80 if last else 0) | opcode]) + length + data


def websocket_events():
    out = b""
    for number in NUMBERS:
        data = payload(number)
        if number % 7 == 0:
            out += frame(9, b"ping")
        if number % 5 == 0 and len(data) > 70:  # number and stamp are in the first part
            out += frame(1, data[:60], False) + frame(9, b"") + frame(0, data[60:])
        else:
            out += frame(1, data)
    return out


def stream_events(chunked):
    out = b""
    for number in NUMBERS:
        end = random.choice([b"\n", b"\r\n"])
        event = b": hi" + end + b"id: %d" % number + end + b"data: " + payload(number) + end + end
        while chunked and event:
            size = random.randint(1, len(event))
            out += b"%x\r\n" % size + event[:size] + b"\r\n"
            event = event[size:]
        out += event
    return out


def serve(listener, mode):
    connection, _ = listener.accept()
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(4096)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if mode == "websocket":
        connection.sendall(WEBSOCKET_HEAD)
    else:
        chunked = b"Transfer-Encoding: chunked\r\n" if mode == "chunked" else b""
        connection.sendall(STREAM_HEAD + chunked + b"\r\n")
    time.sleep(0.8)  # fanload has settled and warmed up by then
    out = websocket_events() if mode == "websocket" else stream_events(mode == "chunked")
    while out:
        size = random.choice([1, 2, 3, 7, 50, 400])
        connection.sendall(out[:size])
        out = out[size:]
        time.sleep(0.0004)
    time.sleep(3)
    connection.close()


def check(fanload, mode):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener, mode), daemon=True).start()
        scheme = "ws" if mode == "websocket" else "http"
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/x"
        run = subprocess.run([fanload, "--url", url, "--n", "1", "--settle", "0.1", "--warmup", "0.1", "--time", "3",
                              "--messages", str(len(NUMBERS)), "--quiet"],
                             capture_output=True, text=True, timeout=30, check=False)
    measured = json.loads(run.stdout)
    counted = {name: measured[name] for name in EXPECTED}
    right = counted == EXPECTED and measured["lat_us"]["n"] == len(NUMBERS) and run.returncode == 1
    print(mode, "ok" if right else f"WRONG: {counted}, expected {EXPECTED}, status {run.returncode}")
    return right


if __name__ == "__main__":
    results = [check(sys.argv[1], mode) for mode in ("plain", "chunked", "websocket")]
    sys.exit(not all(results))
