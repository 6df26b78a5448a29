"""The link to the simulator: away, back, slow, wrong and hostile."""

import math
import os
import random
import signal
import struct
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import LINK, FakeSimulator, deliver, hold, reception, result  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, Presence, barrier, bodies, error_of, link_bytes, members, outcome_of, outcomes_of,
    payloads, ready, reserved_port, settle,
)
from uavtest import channel, relay  # noqa: E402

GONE = {"SIMULATOR_DOWN", "SIMULATOR_TIMEOUT"}


def available(drone):
    (entry,) = drone.request(list_scenarios={}).scenarios.entries
    return entry.available


def ask(drone, ref, target="uav2", payload=b"x"):
    to = {"everyone": {}} if target is None else {"drone": target}
    drone.send(ref=ref, send={**to, "payload": payload, "report": "REPORT_WISH_ALL"})


def in_flight(t, answer=hold, count=1, **sections):
    """(simulator, gateway, uav1, uav2): uav1 has sent that many messages to uav2."""
    simulator = FakeSimulator(t, answer=answer)
    gateway = ready(t, simulator, **sections)
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    for number in range(count):
        ask(one, 900 + number, payload=b"%d" % number)
    return simulator, gateway, one, two


# ------------------------------------------------------------ comes and goes


def test_a_burst_for_the_simulator(t):
    """More than may wait for it, in one turn: no reason to drop a simulator that reads."""
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator, limits={"max_frame_bytes": 4096},
                    simulator={"max_queued_bytes": 4096, "max_frame_bytes": 65536})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    two.send_bytes(uavtest.delimit(relay.ToGateway(update_state={
        "position": {"local": {"east_m": 1.0}}, "velocity": {"east_mps": 1.0},
        "attitude": {"yaw_deg": 1.0}, "radio": {"tx_power_dbm": 1.0}})) * 1000)
    barrier(two)
    assert outcome_of(one.tell("uav2", b"x")) == "DELIVERED"
    assert len(simulator.connections) == 1, gateway.log()


def test_the_gateway_starts_first(t):
    with reserved_port() as port:
        gateway = t.gateway((uavtest.HOST, port))
        one, two = members(t, gateway, "uav1", "uav2")
        (entry,) = one.request(list_scenarios={}).scenarios.entries
        assert not entry.available and entry.message
        start = time.monotonic()
        assert outcome_of(one.tell("uav2", b"x")) == "SIMULATOR_DOWN"
        assert time.monotonic() - start < 9, "told at once, not at the deadline of 10 s"
        t.simulator(listen=f"{uavtest.HOST}:{port}")
        told = one.wait_for("scenario_chosen")
        assert told.ref == 0 and told.scenario_chosen.scenario.available
        assert outcome_of(one.tell("uav2", b"y")) == "DELIVERED"
        assert two.wait_for("delivery").delivery.sequence == 1


def test_killed_and_started_again(t):
    """The sender is told, and the next message passes; nobody has to reconnect."""
    with reserved_port() as port:
        where = f"{uavtest.HOST}:{port}"
        stub = t.simulator(listen=where)
        gateway = ready(t, stub, simulator={"timeout_ms": 1000})
        one, two = members(t, gateway, "uav1", "uav2")
        one.place(100.0)
        assert outcome_of(one.tell("uav2", b"before")) == "DELIVERED"
        stub.kill()
        assert outcome_of(one.tell("uav2", b"between")) in GONE
        assert not one.wait_for("scenario_chosen").scenario_chosen.scenario.available
        (entry,) = one.request(list_drones={"scenario": "field"}).drones.entries[:1]
        assert entry.scenario == "field", "members stay"
        t.simulator(listen=where)
        assert one.wait_for("scenario_chosen").scenario_chosen.scenario.available
        reply = one.tell("uav2", b"after")
        assert outcome_of(reply) == "DELIVERED"
        link = reply.send_report.outcomes[0].hops[0].link
        assert link.distance_m == 100.0, "positions were told again"
        assert payloads_when(two, 2) == [b"before", b"after"]
        assert not any("event=drone_left" in line for line in gateway.lines)


def payloads_when(drone, count):
    return [drone.wait_for("delivery").delivery.payload for _ in range(count)]


def test_stopped_simulator(t):
    """It takes requests but answers none: the deadline tells, and what it answers later is
    dropped."""
    stub = t.simulator()
    gateway = ready(t, stub, simulator={"timeout_ms": 200})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    os.kill(stub.pid, signal.SIGSTOP)
    try:
        reply = one.tell("uav2", b"between")
        hop = reply.send_report.outcomes[0].hops[0]
        assert outcome_of(reply) == "SIMULATOR_TIMEOUT"
        assert hop.source == relay.SOURCE_UNSPECIFIED and not hop.HasField("link")
        assert outcomes_of(one.tell(None, b"between")) == {"uav2": "SIMULATOR_TIMEOUT"}
    finally:
        os.kill(stub.pid, signal.SIGCONT)
    # a shorter deadline than this machine may need: try until one is in time
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"after")) == "DELIVERED")
    assert b"between" not in payloads_when(two, 1)
    accounts = settle(gateway)
    assert accounts["results_unknown"] >= 2 and accounts["results_repeated"] == 0


def test_a_link_that_hears_nothing_is_made_anew(t):
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator, simulator={"ping_interval_ms": 50, "idle_timeout_ms": 400})
    first = simulator.wait_connection(1)
    simulator.wait_request(first, "ping")
    barrier(members(t, gateway, "uav1")[0])
    assert not first.closed, "pongs keep it"
    simulator.pong = False
    simulator.wait_closed(first)
    simulator.pong = True
    simulator.wait_request(simulator.wait_connection(2), "hello")


def test_a_simulator_that_does_not_greet(t):
    simulator = FakeSimulator(t, greet=False)
    gateway = t.gateway(simulator.at, simulator={"connect_timeout_ms": 100})
    simulator.wait_closed(simulator.wait_connection(1))
    simulator.greet = True
    gateway.wait_event("simulator_connected")
    barrier(members(t, gateway, "uav1")[0])


def test_connection_lost_in_between(t):
    """What is in flight is decided at once, each target once."""
    simulator, gateway, one, two = in_flight(t, count=3)
    ask(one, 950, None)
    for _ in range(4):
        simulator.next_transmit()
    simulator.reset_connection()
    for ref in (900, 901, 902, 950):
        reply = one.reply_to(ref)
        assert outcome_of(reply) == "SIMULATOR_DOWN"
        assert not reply.send_report.outcomes[0].hops[0].HasField("link")
    simulator.answer = deliver
    simulator.wait_connection(2)
    uavtest.wait_until(lambda: available(one))
    assert outcome_of(one.tell("uav2", b"again")) == "DELIVERED"
    barrier(two)
    assert payloads(two) == [b"again"], "messages are not repeated"
    assert settle(gateway)["simulator_down"] == 4


def test_replay(t):
    """After a reconnect: hello, every scenario, every node, and only then traffic."""
    simulator = FakeSimulator(t)
    scenarios = {"field": uavtest.scenario(), "lab": {**IDEAL, "channel.tx_power_dbm": "3"}}
    gateway = ready(t, simulator, scenarios=scenarios)
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    (three,) = members(t, gateway, "uav3", scenario="lab", presence="PRESENCE_WISH_NONE")
    one.place(1.0, 2.0, 3.0, velocity={"north_mps": 4.0}, radio={"tx_power_dbm": 5.0}, at_us=77)
    two.request(choose_scenario={"name": ""})
    two.request(choose_scenario={"name": "field"})
    simulator.reset_connection()
    again = simulator.wait_connection(2)
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"too early?")) == "DELIVERED")
    requests = [r for r in again.requests if not r.HasField("ping")]
    kinds = [request.WhichOneof("body") for request in requests]
    assert kinds[0] == "hello" and kinds.count("hello") == 1
    first = kinds.index("transmit")
    assert sorted(kinds[1:first]) == ["set_node"] * 3 + ["set_scenario"] * 2, kinds
    assert requests[0].hello.gateway == "test" and requests[0].hello.protocol == 1
    told = {r.set_scenario.name: r.set_scenario for r in requests if r.HasField("set_scenario")}
    assert {p.key: p.value for p in told["lab"].parameters} == {"model": "ideal", "tx_power_dbm": "3"}
    assert {p.key: p.value for p in told["field"].parameters} == {
        "model": "free-space", "frequency_hz": "2400000000"}
    nodes = {r.set_node.name: r.set_node for r in requests if r.HasField("set_node")}
    assert set(nodes) == {"uav1", "uav2", "uav3"}
    assert nodes["uav3"].scenario == told["lab"].scenario
    node = nodes["uav1"]
    assert node.scenario == told["field"].scenario and node.at_us == 77
    assert (node.position.east_m, node.position.north_m, node.position.up_m) == (1.0, 2.0, 3.0)
    assert node.velocity.north_mps == 4.0 and node.radio.tx_power_dbm == 5.0
    assert not node.HasField("attitude") and not nodes["uav2"].HasField("position")
    transmit = requests[first].transmit
    assert transmit.transmitter == transmit.origin == node.node
    assert list(transmit.receivers) == [nodes["uav2"].node]
    seen = {}  # every scenario is set before its nodes
    for request in requests:
        if request.HasField("set_scenario"):
            seen[request.set_scenario.scenario] = True
        elif request.HasField("set_node"):
            assert seen[request.set_node.scenario]
    barrier(three)


def test_nodes_come_and_go(t):
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator)
    link = simulator.wait_connection(1)
    one, two = members(t, gateway, "uav1", "uav2")
    first = simulator.wait_request(link, "set_node", name="uav1")
    second = simulator.wait_request(link, "set_node", name="uav2")
    assert first.node != second.node and 0 < first.node < 10 > second.node > 0
    two.request(choose_scenario={"name": ""})
    simulator.wait_request(link, "remove_node", node=second.node, scenario=second.scenario)
    one.close()
    simulator.wait_request(link, "remove_node", node=first.node, scenario=first.scenario)


# ------------------------------------------------------------- refusals


def test_refused_scenario(t):
    """The operator reads why in the log, drones in the list."""
    why = 'unknown model "psychic"; known: free-space\nlevel=info event=forged'
    simulator = FakeSimulator(t, refuse={"odd": why})
    gateway = t.gateway(simulator.at, {"field": uavtest.scenario(), "odd": uavtest.scenario()})
    assert "psychic" in gateway.wait_event("scenario_refused", scenario="odd")["why"]
    gateway.wait_event("scenario_accepted", scenario="field")
    drone = t.drone(gateway, "uav1")
    found = {e.name: e for e in drone.request(list_scenarios={}).scenarios.entries}
    assert found["field"].available and not found["odd"].available
    assert "psychic" in found["odd"].message
    assert error_of(drone.request(choose_scenario={"name": "odd"})) == "SCENARIO_UNAVAILABLE"
    late = t.drone(gateway)
    late.send(ref=4, registration={"protocol": 1, "drone_id": "uav2", "scenario": "odd"})
    assert late.reply_to(4).HasField("welcome")
    assert error_of(late.reply_to(4)) == "SCENARIO_UNAVAILABLE"
    assert not any(uavtest.parse_logfmt(line).get("event") == "forged" for line in gateway.lines)


def test_a_simulator_that_changes_its_mind(t):
    simulator, gateway, one, two = in_flight(t, answer=deliver)
    one.reply_to(900)

    def say(ok, message=""):
        status = {"scenario": 1, "ok": ok, "message": message}
        simulator.send(channel.FromSimulator(scenario_status=status))
        told = one.wait_for("scenario_chosen")
        return told.ref, told.scenario_chosen.scenario.available, told.scenario_chosen.scenario.message

    assert say(False, "out of trees") == (0, False, "out of trees")
    assert error_of(one.tell("uav2", b"x")) == "SCENARIO_UNAVAILABLE"
    assert say(True) == (0, True, "")
    assert outcome_of(one.tell("uav2", b"x")) == "DELIVERED"
    for status in ({"scenario": 0, "ok": True}, {"scenario": 2, "ok": False},
                   {"scenario": 2**32 - 1, "ok": True, "message": "x" * 5000}):
        simulator.send(channel.FromSimulator(scenario_status=status))
    assert outcome_of(one.tell("uav2", b"x")) == "DELIVERED"


# -------------------------------------------------------- results, in order


def test_answers_in_reverse_order(t):
    simulator, gateway, one, two = in_flight(t, count=20)
    transmits = [simulator.next_transmit() for _ in range(20)]
    assert len({transmit.id for transmit in transmits}) == 20
    assert [transmit.sequence for transmit in transmits] == list(range(1, 21))
    for transmit in reversed(transmits):
        simulator.send(*deliver(transmit))
    refs = [one.wait_for("send_report").ref for _ in range(20)]
    assert refs == list(range(919, 899, -1)), "nothing waits for an earlier message"
    assert payloads_when(two, 20) == [b"%d" % number for number in range(19, -1, -1)]


def test_result_in_pieces(t):
    """`more`: targets are handed over as they come, the report waits for the last."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator)
    names = ["uav1", "uav2", "uav3", "uav4"]
    drones = dict(zip(names, members(t, gateway, *names, presence="PRESENCE_WISH_NONE")))
    one = drones["uav1"]
    ask(one, 900, None, b"to all")
    transmit = simulator.next_transmit()
    nodes = {r.set_node.node: r.set_node.name
             for r in simulator.connections[0].requests if r.HasField("set_node")}
    assert sorted(nodes[node] for node in transmit.receivers) == names[1:]
    last, first, middle = transmit.receivers
    simulator.send(result(transmit, reception(first), more=True))
    assert drones[nodes[first]].wait_for("delivery").delivery.payload == b"to all"
    barrier(one)
    assert bodies(one) == []
    simulator.send(result(transmit, more=True), result(
        transmit, reception(middle, "OUTCOME_LOST", reason="REASON_BLOCKED"), more=True))
    barrier(one)
    assert bodies(one) == []
    simulator.send(result(transmit, reception(last)))
    reply = one.reply_to(900)
    assert outcomes_of(reply) == {
        nodes[first]: "DELIVERED", nodes[middle]: "LOST", nodes[last]: "DELIVERED"}
    (blocked,) = [o for o in reply.send_report.outcomes if o.drone_id == nodes[middle]]
    assert blocked.reason == blocked.hops[0].reason == relay.REASON_BLOCKED
    assert link_bytes(blocked.hops[0].link) == link_bytes(channel.Link(**LINK))


def test_the_window_of_a_drone(t):
    """No more than its window is at the simulator; a place that is free is used at once."""
    simulator, gateway, one, two = in_flight(t, count=10, limits={"max_in_flight_per_drone": 4})
    waiting = [simulator.next_transmit() for _ in range(4)]
    for sequence in range(5, 11):
        barrier(two)
        assert not simulator.transmits, "the window is full"
        simulator.send(*deliver(waiting.pop()))
        waiting.append(simulator.next_transmit())
        assert waiting[-1].sequence == sequence
    barrier(two)
    assert outcome_of(two.tell("nobody", b"x")) == "TARGET_OFFLINE", "the others have their own"


def test_the_window_of_the_simulator(t):
    """It is shared in turn: who floods does not keep the others out."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, simulator={"max_in_flight": 2})
    one, two, three = members(t, gateway, "uav1", "uav2", "uav3", presence="PRESENCE_WISH_NONE")
    for number in range(20):
        ask(one, 900 + number, "uav3", b"flood")
    waiting = [simulator.next_transmit(), simulator.next_transmit()]
    ask(two, 1, "uav3", b"single")
    barrier(three)
    assert not simulator.transmits
    turns = 0
    while waiting[-1].payload != b"single":
        simulator.send(*deliver(waiting.pop(0)))
        waiting.append(simulator.next_transmit())
        turns += 1
    assert turns <= 4, turns
    simulator.send(*deliver(waiting.pop()))
    assert outcome_of(two.reply_to(1)) == "DELIVERED"


def test_a_timeout_frees_the_window(t):
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, simulator={"max_in_flight": 1, "timeout_ms": 200})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    ask(one, 1, "uav2")
    ask(two, 1, "uav1")
    names = {simulator.next_transmit().transmitter for _ in range(2)}
    assert len(names) == 2
    assert {outcome_of(drone.reply_to(1)) for drone in (one, two)} == {"SIMULATOR_TIMEOUT"}


def test_the_last_piece_that_never_comes(t):
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, simulator={"timeout_ms": 300})
    one, two, three = members(t, gateway, "uav1", "uav2", "uav3", presence="PRESENCE_WISH_NONE")
    ask(one, 900, None)
    transmit = simulator.next_transmit()
    simulator.send(result(transmit, reception(transmit.receivers[0]), more=True))
    assert sorted(outcomes_of(one.reply_to(900)).values()) == ["DELIVERED", "SIMULATOR_TIMEOUT"]


def test_altered_payload(t):
    """An altered payload is corrupted, whatever the simulator calls it; it may be cut, but not
    grow."""
    for outcome, payload, told in (
        ("OUTCOME_CORRUPTED", b"hallo", "CORRUPTED"),
        ("OUTCOME_DELIVERED", b"hallo", "CORRUPTED"),
        ("OUTCOME_CORRUPTED", b"hel", "CORRUPTED"),
        ("OUTCOME_CORRUPTED", None, "CORRUPTED"),
        ("OUTCOME_CORRUPTED", b"hello!", "SIMULATOR_ERROR"),
    ):
        altered = {} if payload is None else {"payload": payload}
        simulator = FakeSimulator(t, answer=lambda transmit: deliver(
            transmit, outcome=outcome, link={**LINK, "bit_errors": 3}, **altered))
        gateway = ready(t, simulator)
        one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
        for target in ("uav2", None):
            assert outcomes_of(one.tell(target, b"hello")) == {"uav2": told}, (outcome, payload)
            if told != "CORRUPTED":
                barrier(two)
                assert bodies(two) == []
                continue
            delivery = two.wait_for("delivery").delivery
            assert delivery.payload == (b"hello" if payload is None else payload)
            assert delivery.hops[0].outcome == relay.OUTCOME_CORRUPTED
            assert delivery.hops[0].link.bit_errors == 3


def test_numbers_pass_unread(t):
    """Fields of a later version inside a link reach both ends, bit for bit."""
    bits = channel.Link(**LINK).SerializeToString() + b"\xba\x06\x05later"
    def answer(transmit):
        inner = reception(transmit.receivers[0])
        inner.ClearField("link")
        body = inner.SerializeToString() + b"\x22" + bytes([len(bits)]) + bits
        raw = struct.pack("<BQ", 0x09, transmit.id) + b"\x12" + bytes([len(body)]) + body
        return [channel.FromSimulator.FromString(b"\x0a" + bytes([len(raw)]) + raw)]

    simulator, gateway, one, two = in_flight(t, answer=answer)
    hop = one.reply_to(900).send_report.outcomes[0].hops[0]
    heard = two.wait_for("delivery").delivery.hops[0]
    assert hop.link.SerializeToString() == heard.link.SerializeToString() == bits


def test_a_result_without_numbers(t):
    simulator, gateway, one, two = in_flight(
        t, answer=lambda transmit: deliver(transmit, link=None))
    hop = one.reply_to(900).send_report.outcomes[0].hops[0]
    assert hop.outcome == relay.OUTCOME_DELIVERED and not hop.HasField("link")
    assert not two.wait_for("delivery").delivery.hops[0].HasField("link")


# --------------------------------------------------------- wrong and hostile


def test_what_cannot_be_used(t):
    """The sender is told SIMULATOR_ERROR, nothing is handed over, and the link stays."""
    def link(**fields):
        return {"link": {**LINK, **fields}}

    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator)
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    cases = [
        link(snr_db=math.nan), link(path_loss_db=math.inf), link(distance_m=-math.inf),
        link(doppler_hz=math.nan), link(packet_error_rate=1.5), link(packet_error_rate=-0.5),
        link(line_of_sight=7), {"outcome": 0}, {"outcome": 4}, {"outcome": 99},
        {"outcome": "OUTCOME_LOST", "reason": 99}, {"receiver": 0}, {"receiver": 2**32 - 1},
        {"link": {**LINK}, "outcome": 12},
    ]
    for number, case in enumerate(cases):
        for target in ("uav2", None):
            ask(one, 900, target)
            transmit = simulator.next_transmit()
            simulator.send(*deliver(transmit, **case))
            assert outcomes_of(one.reply_to(900)) == {"uav2": "SIMULATOR_ERROR"}, (number, case)
    for target in ("uav2", None):  # an answer without the receiver
        ask(one, 900, target)
        simulator.send(result(simulator.next_transmit()))
        assert outcomes_of(one.reply_to(900)) == {"uav2": "SIMULATOR_ERROR"}
    # a foreign receiver beside the right one: the right one counts
    ask(one, 900)
    transmit = simulator.next_transmit()
    simulator.send(result(transmit, reception(transmit.transmitter),
                          reception(transmit.receivers[0])))
    assert outcome_of(one.reply_to(900)) == "DELIVERED"
    assert two.wait_for("delivery").delivery.sequence == 2 * len(cases) + 3
    barrier(two)
    assert bodies(two) == [] and len(simulator.connections) == 1
    accounts = settle(gateway)
    assert accounts["simulator_error"] == 2 * len(cases) + 2
    assert accounts["results_unknown"] >= 1


def test_late_repeated_and_unknown_results(t):
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, simulator={"timeout_ms": 250})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    ask(one, 900, payload=b"late")
    late = simulator.next_transmit()
    assert outcome_of(one.reply_to(900)) == "SIMULATOR_TIMEOUT"
    simulator.send(*deliver(late))
    simulator.answer = lambda transmit: deliver(transmit) * 3  # twice too often
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"again")) == "DELIVERED")
    forged = channel.Transmit(id=2**63 + 12345, receivers=[1, 2])
    simulator.send(*deliver(forged), *deliver(channel.Transmit(id=0, receivers=[2])))
    simulator.answer = deliver
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"more")) == "DELIVERED")
    barrier(two)
    got = payloads(two)
    assert got.count(b"again") == 1 and b"late" not in got
    assert len(simulator.connections) == 1, "a few of them are forgiven"
    accounts = settle(gateway)
    assert accounts["results_repeated"] >= 2 and accounts["results_unknown"] >= 4
    assert accounts["delivered"] == len(got)


def test_abuse_resets_the_link(t):
    simulator, gateway, one, two = in_flight(t, answer=deliver, limits={"max_stray_results": 10})
    one.reply_to(900)
    strays = [result(channel.Transmit(id=2**60 + n), reception(1)) for n in range(50)]
    simulator.send(*strays)
    simulator.wait_closed(simulator.connections[0])
    gateway.wait_event("simulator_down")
    simulator.wait_connection(2)
    uavtest.wait_until(lambda: available(one))
    assert outcome_of(one.tell("uav2", b"x")) == "DELIVERED"


def test_garbage_resets_the_link(t):
    """Each kind ends the connection, frees what is in flight, and the next one works."""
    long_models = channel.FromSimulator(hello_ack={"protocol": 1, "models": [""] * 1_000_000})
    kinds = {
        "not protobuf": b"\x04\xff\xff\xff\xff",
        "zero length": b"\x00",
        "endless varint": b"\xff" * 10,
        "over the cap": uavtest.encode_varint(4 * 1024 * 1024 + 1),
        "over 32 bits": b"\xff\xff\xff\xff\x7f",
        "a second hello_ack": uavtest.delimit(channel.FromSimulator(hello_ack={"protocol": 1})),
        "a decoder bomb": uavtest.delimit(long_models),
        "truncated inside": b"\x05\x0a\x7f\x01\x02\x03",
        "a result cut short": b"\x06\x0a\x04\x12\x7f\x08\x01",
        "random": random.Random(5).randbytes(5000),
    }
    simulator, gateway, one, two = in_flight(t, count=0)
    for number, (kind, data) in enumerate(kinds.items(), 1):
        ask(one, 900)
        simulator.next_transmit()
        try:
            simulator.send_bytes(data)
        except OSError:
            pass  # closed while it was written
        assert outcome_of(one.reply_to(900)) == "SIMULATOR_DOWN", kind
        simulator.wait_closed(simulator.connections[number - 1])
        simulator.wait_connection(number + 1)
        uavtest.wait_until(lambda: available(one))
    simulator.answer = deliver
    assert outcome_of(one.tell("uav2", b"x")) == "DELIVERED"
    assert settle(gateway)["simulator_down"] == len(kinds)


def test_garbage_instead_of_a_greeting(t):
    """Whatever answers at that address: the gateway serves on and tries again."""
    simulator = FakeSimulator(t, greet=False)
    gateway = t.gateway(simulator.at, simulator={"connect_timeout_ms": 500})
    one, two = members(t, gateway, "uav1", "uav2")
    for number, data in enumerate((
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        uavtest.delimit(channel.FromSimulator(pong={"nonce": 1})),
        uavtest.delimit(channel.FromSimulator(hello_ack={"protocol": 2})),
        uavtest.delimit(channel.FromSimulator(hello_ack={"protocol": 0})),
        uavtest.delimit(channel.FromSimulator(result={"id": 1})),
        b"",
    ), 1):
        connection = simulator.wait_connection(number)
        simulator.wait_request(connection, "hello")
        if data:
            simulator.send_bytes(data)
        else:
            simulator.reset_connection()
        simulator.wait_closed(connection)
        assert outcome_of(one.tell("uav2", b"x")) == "SIMULATOR_DOWN"
    simulator.greet = True
    number = len(simulator.connections)
    uavtest.wait_until(lambda: available(one) or len(simulator.connections) > number + 3)
    uavtest.wait_until(lambda: available(one))


def test_answers_byte_by_byte(t):
    simulator, gateway, one, two = in_flight(t)
    frame = uavtest.delimit(deliver(simulator.next_transmit())[0])
    for at in range(len(frame)):
        simulator.send_bytes(frame[at : at + 1])
    assert outcome_of(one.reply_to(900)) == "DELIVERED"


def test_a_simulator_that_does_not_read(t):
    """Its socket fills up: senders wait or are told, others are served meanwhile."""
    stub = t.simulator()
    gateway = ready(t, stub, simulator={"timeout_ms": 500, "max_queued_bytes": 65536})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    two.place(5e6)  # out of range: what gets through is not handed over, so it need not read
    other = t.drone(gateway, "other", presence="PRESENCE_WISH_NONE")
    os.kill(stub.pid, signal.SIGSTOP)
    writer = threading.Thread(daemon=True, target=lambda: [
        ask(one, ref, payload=bytes(60000)) for ref in range(1, 201)])
    try:
        writer.start()
        told = outcome_of(one.reply_to(1))
        assert told == "SIMULATOR_TIMEOUT", told
        for _ in range(100):
            barrier(other)
    finally:
        os.kill(stub.pid, signal.SIGCONT)
    writer.join(uavtest.DEADLINE)
    found = {outcome_of(one.reply_to(ref)) for ref in range(2, 201)}
    assert found <= {"SIMULATOR_TIMEOUT", "LOST"}, found
    two.place(0.0)
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"x")) == "DELIVERED")
    settle(gateway)


def test_presence_goes_on_without_a_simulator(t):
    with reserved_port() as port:
        gateway = t.gateway((uavtest.HOST, port), sessions={"linger_ms": 200})
        watcher = Presence(t.drone(gateway, "watcher"))
        members(t, gateway, "uav1")[0].request(leave={})
        watcher.wait("uav1", "OFFLINE", "LEFT", "field")
        assert settle(gateway)["accepted"] == 0


if __name__ == "__main__":
    uavtest.run()
