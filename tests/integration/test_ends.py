"""The way down: from SIGTERM to the end it takes drain_ms and linger_ms at most, whatever drones
and simulators do; a second SIGTERM ends at once."""

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import hostile  # noqa: E402
import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, hold  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, barrier, change_file, goodbye_of, members, outcome_of, ready, reload, settle,
)

HOUR_MS = 3600000


def blocked_reader(t, gateway, sender, drone_id):
    """A member for whom more waits than the system takes."""
    sock = uavtest.connect(t.folder / "here.sock")
    t.drones.append(sock)
    sock.sendall(hostile.registration(drone_id, scenario="field", presence="PRESENCE_WISH_NONE"))
    assert sock.recv(1)
    for _ in range(8):
        assert outcome_of(sender.tell(drone_id, bytes(50000))) == "DELIVERED"
    return sock


def here(t):
    return {"listen:here": {"address": f"unix:{t.folder / 'here.sock'}"}}


OUTPUT = {"output_hard_bytes": 10_000_000, "output_soft_bytes": 5_000_000, "output_soft_ms": HOUR_MS}


def test_blocked_readers_and_a_hung_simulator(t):
    """Neither is waited for longer than drain_ms and linger_ms."""
    gateway = ready(t, scenarios={"field": IDEAL}, limits={"drain_ms": 300, **OUTPUT},
                    sessions={"linger_ms": 300}, simulator={"timeout_ms": 600000}, **here(t))
    sender, target = members(t, gateway, "sender", "target", presence="PRESENCE_WISH_NONE")
    for number in range(5):
        blocked_reader(t, gateway, sender, f"blocked{number}")
    os.kill(gateway.simulator.pid, signal.SIGSTOP)
    try:
        for ref in range(1, 21):
            sender.send(ref=ref, send={"drone": "target", "payload": bytes(60000),
                                       "report": "REPORT_WISH_ALL"})
        barrier(sender)
        accounts = settle(gateway)
    finally:
        os.kill(gateway.simulator.pid, signal.SIGCONT)
    assert (accounts["delivered"], accounts["simulator_down"]) == (40, 20), accounts
    for ref in range(1, 21):
        assert outcome_of(sender.reply_to(ref)) == "SIMULATOR_DOWN"
    assert goodbye_of(sender) == goodbye_of(target) == "SHUTTING_DOWN"


def test_who_began_to_linger_when_that_was_longer(t):
    """A reload has made linger_ms shorter: the end does not wait for those from before."""
    gateway = ready(t, sessions={"linger_ms": 60000})
    (drone,) = members(t, gateway, "uav1")
    for number in range(3):
        assert t.drone(gateway, f"leaver{number}").request(leave={}).HasField("goodbye")
    change_file(gateway, sessions={"linger_ms": 200})
    reload(gateway)
    settle(gateway)  # within less than a minute
    assert goodbye_of(drone) == "SHUTTING_DOWN"


def test_who_goes_on_sending_holds_nothing_up(t):
    """What it sends after SIGTERM is not read, and so is not in flight."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, scenarios={"field": IDEAL}, limits={"drain_ms": HOUR_MS},
                    simulator={"timeout_ms": 2000})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.send(send={"drone": "uav2", "payload": b"first"})
    simulator.next_transmit()
    gateway.process.terminate()
    gateway.wait_event("stopping", in_flight=1)

    def flood():
        with contextlib.suppress(OSError):
            while True:
                two.send_bytes(hostile.frame(0, send={"drone": "uav1", "payload": b"late"}) * 100)

    writer = threading.Thread(target=flood, daemon=True)
    writer.start()
    assert gateway.wait() == 0  # within less than an hour
    assert settle(gateway)["accepted"] == 1


def test_a_second_signal_waits_for_nobody(t):
    """Not for what is in flight, nor, in a gateway that says goodbye already, for readers."""
    for drain_ms in (HOUR_MS, 0):
        gateway = ready(t, scenarios={"field": IDEAL}, limits={"drain_ms": drain_ms, **OUTPUT},
                        sessions={"linger_ms": 60000}, simulator={"timeout_ms": 600000}, **here(t))
        (sender,) = members(t, gateway, "sender", presence="PRESENCE_WISH_NONE")
        blocked_reader(t, gateway, sender, "blocked")
        os.kill(gateway.simulator.pid, signal.SIGSTOP)
        try:
            sender.send(send={"drone": "blocked", "payload": b"x"})
            barrier(sender)
            gateway.process.terminate()
            gateway.wait_event("stopping", in_flight=1)
            assert gateway.process.poll() is None
            assert settle(gateway)["simulator_down"] == 1
        finally:
            os.kill(gateway.simulator.pid, signal.SIGCONT)
        gateway.wait_event("stopping_now")
        assert goodbye_of(sender) == "SHUTTING_DOWN"
        gateway.simulator.stop()


def test_newcomers_in_the_queue_hold_nothing_up(t):
    gateway = ready(t, limits={"accept_rate": 1, "accept_burst": 1})
    drone = t.drone(gateway, "uav1")
    for _ in range(100):
        t.drones.append(hostile.connect(gateway))
    barrier(drone)
    settle(gateway)
    assert goodbye_of(drone) == "SHUTTING_DOWN"


def test_all_are_told_when_to_come_again(t):
    """Not all at once: the times are spread, over retry_spread_ms at most."""
    for spread_ms in (5000, 50):
        gateway = ready(t, gateway={"retry_spread_ms": spread_ms})
        drones = [t.drone(gateway, f"uav{number}") for number in range(20)]
        settle(gateway)
        times = set()
        for drone in drones:
            assert goodbye_of(drone) == "SHUTTING_DOWN"
            times |= {event.goodbye.retry_after_ms for event in drone.events
                      if event.HasField("goodbye")}
        assert len(times) == len(drones) and min(times) > 0, times
        assert max(times) - min(times) <= spread_ms, times


if __name__ == "__main__":
    uavtest.run()
