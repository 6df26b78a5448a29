"""A simulator behind a bad network: it is gone without a word, answers late, in crumbs or only
half, and its connection breaks all the time. What it says wrong stands in test_simulator.py."""

import itertools
import sys
import types
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator  # noqa: E402
from fault_proxy import FaultProxy  # noqa: E402
from scene import (  # noqa: E402
    barrier, goodbye_of, members, outcome_name, outcome_of, payloads, post, ready, settle,
)

NOBODY = "PRESENCE_WISH_NONE"
QUICK = {"backoff_min_ms": 10, "backoff_max_ms": 50}


def behind(t, simulator, /, **sections):
    """(proxy, gateway): the gateway reaches the simulator through the proxy."""
    proxy = FaultProxy(t, simulator.at)
    return proxy, ready(t, types.SimpleNamespace(at=proxy.at), **sections)


def available(drone):
    (entry,) = drone.request(list_scenarios={}).scenarios.entries
    return entry.available


def nobody_left(gateway):
    """No drone has been parted with."""
    assert not any("event=drone_left" in line for line in gateway.lines), gateway.log()


# ---------------------------------------------------------------------- gone


def test_in_a_black_hole(t):
    """Both directions, or one: senders are told SIMULATOR_TIMEOUT, the link is dropped after
    idle_timeout_ms and made anew; then it has all scenarios and nodes, and no old message."""
    simulator = FakeSimulator(t)
    proxy, gateway = behind(t, simulator, simulator={
        "timeout_ms": 300, "ping_interval_ms": 150, "idle_timeout_ms": 900,
        "connect_timeout_ms": 300, **QUICK})
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    one.place(12.0)
    old = 0
    for forward, back in ((True, True), (True, False), (False, True)):
        uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"good")) == "DELIVERED")
        start, connections = len(gateway.lines), len(simulator.connections)
        proxy.blackhole(forward, back)
        told = outcome_of(one.tell("uav2", b"old"))
        old += told == "SIMULATOR_TIMEOUT"
        down = gateway.wait_event("simulator_down", start=start)
        assert "idle_timeout_ms" in down["why"], down
        assert told in ("SIMULATOR_TIMEOUT", "SIMULATOR_DOWN")
        assert outcome_of(one.tell("uav2", b"old")) == "SIMULATOR_DOWN"
        gateway.wait_event("simulator_unreachable", start=start)
        if forward and back:
            assert len(simulator.connections) == connections, "it has not heard of it"
        proxy.clear()
        # a shorter deadline than this machine may need: until one is in time
        uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"new")) == "DELIVERED")
        kinds = [request.WhichOneof("body") for request in simulator.connections[-1].requests
                 if not request.HasField("ping")]
        assert kinds[0] == "hello" and kinds.index("transmit") == 4
        assert sorted(kinds[1:4]) == ["set_node", "set_node", "set_scenario"], kinds
        node = simulator.wait_request(simulator.connections[-1], "set_node", name="uav1")
        assert node.position.east_m == 12.0
    assert old, "the first of them was told so"
    barrier(two)
    assert b"old" not in payloads(two)
    for connection in simulator.connections[1:]:
        first = [r.transmit.payload for r in connection.requests if r.HasField("transmit")][:1]
        assert first in ([], [b"new"]), "none is sent again"
    nobody_left(gateway)
    assert settle(gateway)["simulator_timeout"] >= old


def test_late_answers(t):
    """Each comes, but too late: counted, and handed to nobody."""
    simulator = FakeSimulator(t)
    proxy, gateway = behind(t, simulator, simulator={"timeout_ms": 150})
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    proxy.set(back={"delay_s": 0.4, "jitter_s": 0.2})
    for number in range(10):
        post(one, 900 + number, b"late", drone="uav2")
    assert {outcome_of(one.reply_to(900 + number)) for number in range(10)} == {"SIMULATOR_TIMEOUT"}
    uavtest.wait_until(lambda: proxy.held() == 0)
    proxy.clear()
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"in time")) == "DELIVERED")
    barrier(two)
    assert set(payloads(two)) == {b"in time"}
    accounts = settle(gateway)
    assert accounts["results_unknown"] >= 10 and accounts["results_repeated"] == 0
    assert accounts["simulator_timeout"] >= 10


# -------------------------------------------------------------------- flapping


class Traffic:
    """Drones that send to each other and account for every message."""

    def __init__(self, drones):
        self.drones = drones
        self.refs = itertools.count(1000)
        self.fates = []  # outcome of each
        self.waiting = {drone: set() for drone in drones}  # refs without a report

    def send(self, count):
        for number in range(count):
            for at, drone in enumerate(self.drones):
                ref = next(self.refs)
                other = self.drones[(at + 1 + number % (len(self.drones) - 1)) % len(self.drones)]
                post(drone, ref, b"%d" % ref, drone=other.drone_id)
                self.waiting[drone].add(ref)

    def reports(self, left=0):
        """Reads until no drone waits for more than `left` of them."""
        for drone, refs in self.waiting.items():
            while len(refs) > left:
                report = drone.wait_for("send_report")
                refs.remove(report.ref)  # KeyError: reported twice, or never asked for
                (outcome,) = report.send_report.outcomes
                self.fates.append((report.ref, outcome_name(outcome.outcome)))

    def check(self):
        """Who was told DELIVERED was right, each once."""
        self.reports()
        for drone in self.drones:
            barrier(drone)
            assert not any(event.HasField("send_report") for event in drone.events)
        heard = sorted(int(payload) for drone in self.drones for payload in payloads(drone))
        assert heard == sorted(ref for ref, fate in self.fates if fate == "DELIVERED")
        return [fate for _, fate in self.fates]


def test_flapping_under_traffic(t):
    """Its connection is reset again and again, at times refused for a while: every message is
    reported once, the accounts close, and no drone is parted with."""
    proxy, gateway = behind(t, t.simulator(), simulator=QUICK)
    traffic = Traffic(members(t, gateway, "uav1", "uav2", "uav3", "uav4", presence=NOBODY))
    for turn in range(20):
        proxy.set(back={"delay_s": 0.004, "jitter_s": 0.004})
        traffic.send(15)
        traffic.reports(left=10)  # some have come, some are on their way
        if turn % 4 == 0:
            proxy.refuse()
        proxy.reset()
        if turn % 4 == 0:
            traffic.send(2)
            traffic.reports()
            proxy.accept()
        proxy.clear()
        uavtest.wait_until(lambda: available(traffic.drones[0]))
    fates = traffic.check()
    assert set(fates) == {"DELIVERED", "SIMULATOR_DOWN"}, set(fates)
    nobody_left(gateway)
    accounts = settle(gateway)
    assert accounts["accepted"] == len(fates)
    assert accounts["delivered"] == fates.count("DELIVERED")
    for drone in traffic.drones:
        assert goodbye_of(drone) == "SHUTTING_DOWN"


def test_flapping_with_a_queue(t):
    """What came while it was away goes to the next connection; what an old one had does not."""
    proxy, gateway = behind(t, t.simulator(), simulator={**QUICK, "on_simulator_down": "queue"},
                            limits={"queue_ms": 3_600_000})
    traffic = Traffic(members(t, gateway, "uav1", "uav2", "uav3", presence=NOBODY))
    for _ in range(10):
        start = len(gateway.lines)
        proxy.refuse()
        proxy.reset()
        gateway.wait_event("simulator_down", start=start)
        traffic.send(10)
        for drone in traffic.drones:
            barrier(drone)
        proxy.accept()
        traffic.reports()
    fates = traffic.check()
    assert fates == ["DELIVERED"] * 300
    nobody_left(gateway)
    assert settle(gateway)["delivered"] == 300


# -------------------------------------------------------------- a bad network


ROUGH = uavtest.scenario(channel_model="log-distance", channel_exponent=3.0,
                         channel_shadowing_db=8.0)
PLACES = (0.0, 250.0, -350.0, 450.0)
SIZES = (0, 1, 40, 300, 2500)


def mission(t, spoil):
    """What became of the same messages, spoil(proxy) having been called for the proxies to the
    simulator and to the drones: (reports, deliveries, accounts)."""
    proxy, gateway = behind(t, t.simulator(seed=7), scenarios={"field": ROUGH})
    near = FaultProxy(t, gateway.at)
    spoil(proxy)
    spoil(near)
    drones = members(t, gateway, *(f"uav{n}" for n in range(len(PLACES))), presence=NOBODY,
                     at=near.at)
    for drone, place in zip(drones, PLACES):
        drone.place(place)
    for drone in drones:
        for ref, size in enumerate(SIZES * 2, 900):
            target = {"drone": f"uav{ref % 4}"} if ref % 3 else {"everyone": {}}
            post(drone, ref, bytes([ref % 256]) * size, **target)
    reports, deliveries = {}, {}
    for drone in drones:
        for ref in range(900, 900 + 2 * len(SIZES)):
            outcomes = drone.reply_to(ref).send_report.outcomes
            reports[drone.drone_id, ref] = sorted(
                outcome.SerializeToString(deterministic=True) for outcome in outcomes)
    for drone in drones:
        barrier(drone)
        deliveries[drone.drone_id] = sorted(
            (event.delivery.sender, event.delivery.sequence, event.delivery.payload,
             [hop.SerializeToString(deterministic=True) for hop in event.delivery.hops])
            for event in drone.events if event.HasField("delivery"))
    assert len(near.links) == len(drones) and len(proxy.links) == 1, "nobody had to come again"
    return reports, deliveries, settle(gateway)


def test_the_same_results_by_any_network(t):
    """In crumbs of one byte, through a trickle, with delay and jitter: what is decided and what
    is handed over is the same to the bit."""
    good = mission(t, lambda proxy: None)
    assert good[2]["delivered"] and good[2]["lost"], good[2]
    for faults in ({"slice_bytes": 1}, {"bytes_per_s": 60_000},
                   {"delay_s": 0.01, "jitter_s": 0.02, "slice_bytes": 700}):
        assert mission(t, lambda proxy: proxy.set(both=faults)) == good, faults


def test_half_closed(t):
    """An end in one direction is an end: the gateway decides what was on its way, and connects
    anew; so it does when the simulator hears nothing any more and closes."""
    for direction, told in (("back", "SIMULATOR_DOWN"), ("forward", "DELIVERED")):
        proxy, gateway = behind(t, t.simulator(), simulator=QUICK)
        one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
        assert outcome_of(one.tell("uav2", b"before")) == "DELIVERED"
        proxy.set(back={"hold": True})
        sent = proxy.forward.passed
        post(one, 900, b"on its way", drone="uav2")
        uavtest.wait_until(lambda: proxy.forward.passed > sent)
        start = len(gateway.lines)
        proxy.half_close(direction)
        if direction == "back":
            gateway.wait_event("simulator_down", start=start)
        proxy.clear()
        assert outcome_of(one.reply_to(900)) == told, "what was answered before the end counts"
        gateway.wait_event("simulator_down", start=start)
        uavtest.wait_until(lambda: available(one))
        assert outcome_of(one.tell("uav2", b"after")) == "DELIVERED"
        barrier(two)
        assert payloads(two) == [b"before"] + [b"on its way"] * (told == "DELIVERED") + [b"after"]
        nobody_left(gateway)
        settle(gateway)


if __name__ == "__main__":
    uavtest.run()
