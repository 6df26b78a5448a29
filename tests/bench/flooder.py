"""One drone that asks for something as fast as its socket takes it, and reads all that comes,
until SIGTERM; then it prints how often as JSON. It gives way to what is measured (nice)."""

import json
import os
import selectors
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from hostile import frame  # noqa: E402

CHUNK_BYTES = 64 << 10
READ_BYTES = 1 << 20
NICE = 10
ID, SINK = "flood00000", "flood00001"

# What one request is, and whether anybody else hears of it.
KINDS = {
    "messages": frame(send={"drone": SINK, "payload": bytes(16)}),
    "pings": frame(1, ping={"nonce": 1}),
    "renames": frame(1, rename={"callsign": "one"}) + frame(1, rename={"callsign": "two"}),
    "lists": frame(1, list_drones={}),
}
REQUESTS = {"renames": 2}  # in that; 1 in the others


class Flooder:
    def __init__(self, kind, address, scenario):
        self.kind = kind
        self.chunk = KINDS[kind] * (CHUNK_BYTES // len(KINDS[kind]) + 1)
        self.sent = 0  # bytes
        self.going = True
        self.selector = selectors.DefaultSelector()
        self.socket = self.register(address, scenario, ID)
        self.selector.modify(self.socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
        if kind == "messages":
            self.register(address, scenario, SINK)

    def register(self, address, scenario, drone_id):
        host, port = address.rsplit(":", 1)
        drone = uavtest.Drone((host, int(port)))
        drone.register(drone_id, scenario=scenario, presence="PRESENCE_WISH_NONE")
        drone.socket.setblocking(False)
        self.selector.register(drone.socket, selectors.EVENT_READ)
        return drone.socket

    def end(self, *_):
        self.going = False

    def run(self):
        """The seconds that it went on."""
        started = time.monotonic()
        while self.going:
            for key, events in self.selector.select(0.1):
                if events & selectors.EVENT_READ and not key.fileobj.recv(READ_BYTES):
                    raise SystemExit(f"the gateway closed the connection of {self.kind}")
                if events & selectors.EVENT_WRITE:
                    at = self.sent % len(self.chunk)
                    self.sent += self.socket.send(memoryview(self.chunk)[at:])
        return time.monotonic() - started


def main(kind, address, scenario):
    os.nice(NICE)
    flooder = Flooder(kind, address, scenario)
    signal.signal(signal.SIGTERM, flooder.end)
    print("flooding", flush=True)
    seconds = flooder.run()
    requests = flooder.sent * REQUESTS.get(kind, 1) / len(KINDS[kind])
    print(json.dumps({"flooded_per_second": requests / seconds}), flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
