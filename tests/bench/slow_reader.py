"""`make bench`: what a drone that does not read costs the others. The round trip of two
drones that answer each other through gateway and sim-stub is measured alone, beside a
third that is sent 400 messages a second and reads them, and beside one that is sent as
much and reads nothing. The three take turns. Figures, not a test: nothing is asserted."""

import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import hostile  # noqa: E402
import scene  # noqa: E402
import uavtest  # noqa: E402

TURNS = 5
ROUND_TRIPS = 400
FLOOD_BYTES = 2048
FLOOD_PAUSE_S = 0.0025


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def round_trips(one, two):
    """Microseconds, each there and back."""
    times = []
    for _ in range(ROUND_TRIPS):
        start = time.perf_counter()
        one.send(send={"drone": "two", "payload": b"x" * 128})
        two.wait_for("delivery")
        two.send(send={"drone": "one", "payload": b"y" * 128})
        one.wait_for("delivery")
        times.append((time.perf_counter() - start) * 1e6)
    return times


class Flood:
    """Messages to `target` until the end; `reader` is read meanwhile, if there is one."""

    def __init__(self, drone, target, reader=None):
        self.going = True
        self.thread = threading.Thread(target=self.run, args=(drone, target, reader))
        self.thread.start()

    def run(self, drone, target, reader):
        while self.going:
            drone.send(send={"drone": target, "payload": bytes(FLOOD_BYTES)})
            while reader and reader.read(0):
                pass
            time.sleep(FLOOD_PAUSE_S)

    def end(self):
        self.going = False
        self.thread.join()


def measure(t):
    # bounds so wide that the one who does not read stays for the whole measurement
    gateway = scene.ready(t, scenarios={"field": scene.IDEAL}, limits={
        "output_hard_bytes": 500_000_000, "output_soft_bytes": 1_000_000,
        "output_soft_ms": 600_000})
    one, two, flooder, reader = scene.members(
        t, gateway, "one", "two", "flooder", "reader", presence="PRESENCE_WISH_NONE")
    stuck = hostile.connect(gateway, receive_buffer=4096)
    stuck.sendall(hostile.registration("stuck", scenario="field",
                                       presence="PRESENCE_WISH_NONE"))
    times = {"alone": [], "beside a reader": [], "beside one that does not read": []}
    for turn in range(TURNS):
        print(f"slow reader: turn {turn + 1} of {TURNS}", file=sys.stderr)
        times["alone"] += round_trips(one, two)
        for name, target, reads in (("beside a reader", "reader", reader),
                                    ("beside one that does not read", "stuck", None)):
            flood = Flood(flooder, target, reads)
            times[name] += round_trips(one, two)
            flood.end()
    stuck.close()
    return times


def main():
    context = uavtest.Context()
    try:
        times = measure(context)
    finally:
        complaints = context.close()
    print(f"{'round trip of two drones, us':31}{'p50':>8}{'p99':>8}{'p99 to reader':>15}")
    reference = percentile(times["beside a reader"], 0.99)
    for name, values in times.items():
        p99 = percentile(values, 0.99)
        print(f"{name:31}{percentile(values, 0.5):8.0f}{p99:8.0f}{p99 / reference:15.2f}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
