"""Several simulators, and several connections to one."""

import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, barrier, bodies, members, outcome_of, outcomes_of, ready, reserved_port, settle,
)

GONE = {"SIMULATOR_DOWN", "SIMULATOR_TIMEOUT"}


def at(simulator):
    return "%s:%d" % simulator.at


def available(drone):
    """{scenario: whether it is available} of the list."""
    reply = drone.request(list_scenarios={})
    return {entry.name: entry.available for entry in reply.scenarios.entries}


def told_available(drone, name):
    """Waits until it is told that its scenario has come or gone; which of the two."""
    chosen = drone.wait_for("scenario_chosen").scenario_chosen
    assert chosen.scenario.name == name, chosen
    return chosen.scenario.available


def passes(one, two):
    assert outcome_of(one.tell(two.drone_id, b"x")) == "DELIVERED"
    assert two.wait_for("delivery").delivery.payload == b"x"


def test_only_the_scenarios_of_a_dead_simulator_suffer(t):
    first = t.simulator()
    with reserved_port() as port:
        where = f"{uavtest.HOST}:{port}"
        second = t.simulator(listen=where)
        gateway = ready(
            t, first, scenarios={"field": uavtest.scenario(), "lab": {**IDEAL, "simulator": "other"}},
            simulator={"connections": 2},
            **{"simulator:other": {"address": where, "connections": 3, "backoff_min_ms": 10,
                                   "backoff_max_ms": 200}})
        for name, connections in (("", 2), ("other", 3)):
            for connection in range(1, connections + 1):
                gateway.wait_event("simulator_connected", simulator=name, connection=connection)
        one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
        red, blue = members(t, gateway, "red", "blue", scenario="lab", presence="PRESENCE_WISH_NONE")
        passes(one, two)
        passes(red, blue)

        second.kill()
        assert not told_available(red, "lab")
        assert available(one) == {"field": True, "lab": False}
        assert outcome_of(red.tell("blue", b"lost")) in GONE
        passes(one, two)
        barrier(one)
        assert "scenario_chosen" not in bodies(one), "it is none of their business"

        t.simulator(listen=where)
        assert told_available(red, "lab")
        passes(red, blue)
        passes(one, two)
        assert not any("event=drone_left" in line for line in gateway.lines)


def test_the_connections_of_one_simulator_share_the_scenarios(t):
    """Each scenario lives on one of them, so that one that breaks takes only its own along."""
    simulator = FakeSimulator(t)
    names = [f"field{number}" for number in range(4)]
    gateway = ready(t, simulator, scenarios={name: IDEAL for name in names},
                    simulator={"connections": 4})
    pairs = {name: members(t, gateway, f"{name}a", f"{name}b", scenario=name,
                           presence="PRESENCE_WISH_NONE") for name in names}
    for one, two in pairs.values():
        passes(one, two)
    connections = [simulator.wait_connection(number) for number in range(1, 5)]
    homes = [{request.set_scenario.name for request in connection.requests
              if request.HasField("set_scenario")} for connection in connections]
    assert sorted(name for home in homes for name in home) == names, homes
    assert max(map(len, homes)) == 1, homes
    (hit,) = homes[0]
    connections[0].socket.shutdown(socket.SHUT_RDWR)
    gateway.wait_event("simulator_down")
    one, two = pairs.pop(hit)
    assert not told_available(one, hit) and told_available(one, hit)
    passes(one, two)
    for one, two in pairs.values():
        passes(one, two)
        barrier(one)
        assert "scenario_chosen" not in bodies(one)
    assert len(simulator.connections) == 5, "one was made anew"


def test_a_slow_connection_does_not_hold_the_others_up(t):
    """One simulator answers nothing and its window is one message: drones elsewhere go on."""
    stuck = FakeSimulator(t, answer=lambda _transmit: [])
    gateway = ready(
        t, None, scenarios={"field": uavtest.scenario(), "lab": {**IDEAL, "simulator": "stuck"}},
        **{"simulator:stuck": {"address": at(stuck), "max_in_flight": 1, "timeout_ms": 600000}})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    red, _ = members(t, gateway, "red", "blue", scenario="lab", presence="PRESENCE_WISH_NONE")
    for ref in (901, 902, 903):
        red.send(ref=ref, send={"drone": "blue", "report": "REPORT_WISH_ALL"})
    stuck.next_transmit()
    for _ in range(50):
        passes(one, two)
    assert outcomes_of(one.tell(None, b"all")) == {"uav2": "DELIVERED"}
    assert not stuck.transmits, "its window is full"
    gateway.process.terminate()
    gateway.process.terminate()
    accounts = settle(gateway)
    assert accounts["delivered"] == 51


if __name__ == "__main__":
    uavtest.run()
