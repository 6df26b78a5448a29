"""What becomes of messages while the simulator is away (`on_simulator_down`), and when it
takes no more."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver, hold, link  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, STAR, barrier, bodies, fate_of, hops_told, members, outcome_of, outcomes_of, payloads,
    post, ready, reserved_port, settle,
)
from uavtest import relay  # noqa: E402

NOBODY = "PRESENCE_WISH_NONE"
AWAY = {"backoff_min_ms": 10, "backoff_max_ms": 50}
HOUR_MS = 3_600_000


def away(t, policy, *ids, scenario=None, simulator=None, **limits):
    """(simulator, gateway, drones): the simulator has accepted the scenario, and gone. It comes
    back with return_of()."""
    fake = FakeSimulator(t)
    gateway = ready(t, fake, scenarios={"field": scenario or uavtest.scenario()},
                    simulator={"on_simulator_down": policy, **AWAY, **(simulator or {})},
                    limits={"queue_ms": HOUR_MS, "drain_ms": 50, **limits})
    drones = members(t, gateway, *ids, presence=NOBODY)
    leave(fake, gateway)
    for drone in drones:
        assert not drone.wait_for("scenario_chosen").scenario_chosen.scenario.available
    return fake, gateway, drones


def leave(fake, gateway):
    """It breaks its connection, and takes no others."""
    fake.away = True
    start = len(gateway.lines)
    fake.reset_connection()
    gateway.wait_event("simulator_down", start=start)


def return_of(fake):
    """It is there again for who connects."""
    fake.away = False


def accepted_again(drone):
    assert drone.wait_for("scenario_chosen").scenario_chosen.scenario.available


# -------------------------------------------------------------------- three ways


def test_fail(t):
    """At once, without a hop."""
    fake, gateway, (one, two) = away(t, "fail", "uav1", "uav2")
    for target in ("uav2", None):
        reply = one.tell(target, b"x")
        assert outcomes_of(reply) == {"uav2": "SIMULATOR_DOWN"}
        assert not fate_of(reply, "uav2").hops
    return_of(fake)
    accepted_again(one)
    reply = one.tell("uav2", b"after")
    assert hops_told(reply.send_report.outcomes[0].hops) == [
        ("uav1", "uav2", "DELIVERED", "NONE", "LIVE")]
    delivery = two.wait_for("delivery").delivery
    assert (delivery.payload, delivery.sequence) == (b"after", 1), "the others never counted"


def test_bypass(t):
    """Handed over at once, marked, without numbers; as soon as it is back, through it."""
    fake, gateway, (one, two, three) = away(t, "bypass", "uav1", "uav2", "uav3")
    three.request(join_group={"group": "red"})
    bypassed = ("DELIVERED", "NONE", "BYPASSED")
    reply = one.tell("uav2", b"one")
    assert hops_told(reply.send_report.outcomes[0].hops) == [("uav1", "uav2", *bypassed)]
    delivery = two.wait_for("delivery").delivery
    assert (delivery.payload, delivery.sequence) == (b"one", 1)
    assert hops_told(delivery.hops) == [("uav1", "uav2", *bypassed)]
    assert not delivery.hops[0].HasField("link") and delivery.hops[0].late_by_us == 0
    assert outcomes_of(one.tell(None, b"all")) == {"uav2": "DELIVERED", "uav3": "DELIVERED"}
    assert outcomes_of(one.request(send={
        "group": "red", "payload": b"red", "report": "REPORT_WISH_ALL"})) == {"uav3": "DELIVERED"}
    assert one.tell("uav3", b"quiet", "REPORT_WISH_FAILURES").HasField("done")
    heard = [three.wait_for("delivery").delivery for _ in range(3)]
    assert [(d.payload, d.to, d.sequence) for d in heard] == [
        (b"all", "", 2), (b"red", "red", 3), (b"quiet", "", 4)]
    assert outcome_of(one.tell("ghost", b"x")) == "TARGET_OFFLINE"
    return_of(fake)
    accepted_again(one)
    two.wait_for("delivery")
    reply = one.tell("uav2", b"live")
    assert hops_told(reply.send_report.outcomes[0].hops)[0][4] == "LIVE"
    assert two.wait_for("delivery").delivery.sequence == 5
    accounts = settle(gateway)
    assert (accounts["bypassed"], accounts["delivered"], accounts["transmits"]) == (5, 6, 1)


def test_bypass_in_a_star(t):
    """Both hops are bypassed; the rules of the star stay."""
    fake, gateway, (hub, one, two) = away(t, "bypass", "hub", "uav1", "uav2", scenario=STAR)
    bypassed = ("DELIVERED", "NONE", "BYPASSED")
    two_hops = [("uav1", "hub", *bypassed), ("hub", "uav2", *bypassed)]
    reply = one.tell("uav2", b"x")
    assert hops_told(reply.send_report.outcomes[0].hops) == two_hops
    assert hops_told(two.wait_for("delivery").delivery.hops) == two_hops
    reply = one.tell(None, b"y")
    assert hops_told(fate_of(reply, "uav2").hops) == two_hops
    assert hops_told(fate_of(reply, "hub").hops) == [("uav1", "hub", *bypassed)]
    barrier(hub)
    assert payloads(hub) == [b"y"]
    hub.request(choose_scenario={"name": ""})
    assert outcome_of(one.tell("uav2", b"x")) == "NO_ROUTE"


def test_queue(t):
    """They leave when it is back, in the order in which they came, as if sent late."""
    fake, gateway, (one, two, three) = away(t, "queue", "uav1", "uav2", "uav3")
    post(one, 900, b"first", drone="uav2")
    barrier(one)
    accepted_by = time.time_ns() // 1000
    post(three, 901, b"second", everyone={})
    barrier(three)
    post(one, 902, b"third", drone="uav2")
    for drone in (one, two, three):
        barrier(drone)
        assert bodies(drone) == []
    return_of(fake)
    heard = [two.wait_for("delivery").delivery for _ in range(3)]
    assert [(d.payload, d.sequence) for d in heard] == [
        (b"first", 1), (b"second", 1), (b"third", 2)]
    assert heard[0].sent_at_us <= accepted_by, "when it was accepted, not when it left"
    for drone, ref in ((one, 900), (three, 901), (one, 902)):
        reply = drone.reply_to(ref)
        assert set(outcomes_of(reply).values()) == {"DELIVERED"}
        assert hops_told(reply.send_report.outcomes[0].hops)[0][4] == "LIVE"
    sent = [transmit.payload for transmit in fake.transmitted()]
    assert sent == [b"first", b"second", b"third"]
    kinds = [request.WhichOneof("body") for request in fake.connections[-1].requests]
    assert kinds.index("transmit") > max(at for at, kind in enumerate(kinds) if kind == "set_node")
    assert settle(gateway)["delivered"] == 4


def test_queue_goes_on_as_its_window_allows(t):
    fake, gateway, (one, two, three) = away(
        t, "queue", "uav1", "uav2", "uav3", simulator={"max_in_flight": 2})
    for number in range(6):
        post(one if number % 2 else three, 900 + number, b"%d" % number, drone="uav2")
        barrier(one if number % 2 else three)
    fake.answer = hold
    return_of(fake)
    waiting = [fake.next_transmit(), fake.next_transmit()]
    for number in range(2, 6):
        barrier(two)
        assert not fake.transmits, "the window is full"
        fake.send(*deliver(waiting.pop(0)))
        waiting.append(fake.next_transmit())
        assert waiting[-1].payload == b"%d" % number
    fake.send(*deliver(waiting[0]), *deliver(waiting[1]))
    heard = [two.wait_for("delivery").delivery.payload for _ in range(6)]
    assert heard == [b"%d" % number for number in range(6)]


def test_queue_of_a_star(t):
    """The way is chosen when a message leaves, not when it came."""
    fake, gateway, (hub, one, two, three) = away(
        t, "queue", "hub", "uav1", "uav2", "uav3", scenario=STAR)
    post(one, 900, b"relayed", drone="uav2")
    post(one, 901, b"its target goes", drone="uav3")
    post(one, 902, b"all", everyone={})
    barrier(one)
    three.request(choose_scenario={"name": ""})
    return_of(fake)
    assert [hop[:2] for hop in hops_told(fate_of(one.reply_to(900), "uav2").hops)] == [
        ("uav1", "hub"), ("hub", "uav2")]
    fate = fate_of(one.reply_to(901), "uav3")
    assert fate.outcome == relay.OUTCOME_TARGET_LEFT and not fate.hops
    assert outcomes_of(one.reply_to(902)) == {
        "hub": "DELIVERED", "uav2": "DELIVERED", "uav3": "TARGET_LEFT"}
    leave(fake, gateway)
    post(one, 903, b"the hub goes", drone="uav2")
    barrier(one)
    hub.request(choose_scenario={"name": ""})
    return_of(fake)
    fate = fate_of(one.reply_to(903), "uav2")
    assert fate.outcome == relay.OUTCOME_NO_ROUTE and not fate.hops


def test_queue_has_a_bound_in_number(t):
    fake, gateway, (one, two) = away(t, "queue", "uav1", "uav2", max_queued=3)
    for number in range(3):
        post(one, 900 + number, drone="uav2")
    for target in ("uav2", None):
        reply = one.tell(target, b"x")
        assert outcomes_of(reply) == {"uav2": "OVERLOADED"}
    return_of(fake)
    for number in range(3):
        assert outcome_of(one.reply_to(900 + number)) == "DELIVERED"
    assert outcome_of(one.tell("uav2", b"x")) == "DELIVERED"
    accounts = settle(gateway)
    assert (accounts["overloaded"], accounts["delivered"]) == (2, 4)


def test_queue_has_a_bound_in_time(t):
    """Not before it, and nothing leaves afterwards."""
    fake, gateway, (one, two) = away(t, "queue", "uav1", "uav2", queue_ms=250)
    barrier(one)
    before = time.monotonic()
    post(one, 900, drone="uav2")
    post(one, 901, everyone={})
    for ref in (900, 901):
        reply = one.reply_to(ref)
        assert time.monotonic() - before >= 0.25
        assert outcomes_of(reply) == {"uav2": "SIMULATOR_DOWN"}
        assert not fate_of(reply, "uav2").hops
    return_of(fake)
    accepted_again(one)
    barrier(two)
    assert not fake.transmitted() and payloads(two) == []


def test_queued_messages_fill_the_senders_window(t):
    """It is not read on: its ping is answered behind the first fate."""
    fake, gateway, (one, two, three) = away(
        t, "queue", "uav1", "uav2", "uav3", max_in_flight_per_drone=2)
    for number in range(3):
        post(one, 900 + number, drone="uav2")
    one.send(ref=950, ping={"nonce": 1})
    assert outcome_of(three.tell("ghost", b"x")) == "TARGET_OFFLINE", "the others are served"
    assert one.read(0.2) is None
    return_of(fake)
    accepted_again(one)
    refs = [one.read().ref for _ in range(4)]
    assert sorted(refs) == [900, 901, 902, 950] and refs.index(950) > 0, refs


def test_what_the_simulator_had_is_lost_with_it(t):
    """Whatever the policy: it was given once, and is not given again."""
    for policy in ("fail", "queue", "bypass"):
        fake = FakeSimulator(t, answer=hold)
        gateway = ready(t, fake, simulator={"on_simulator_down": policy, **AWAY})
        one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
        post(one, 900, drone="uav2")
        post(one, 901, everyone={})
        fake.next_transmit()
        fake.next_transmit()
        fake.reset_connection()
        for ref in (900, 901):
            fate = fate_of(one.reply_to(ref), "uav2")
            assert hops_told(fate.hops) == [
                ("uav1", "uav2", "SIMULATOR_DOWN", "NONE", "UNSPECIFIED")], policy
        barrier(two)
        assert payloads(two) == []


def test_who_waited_for_a_place_goes_on(t):
    """The window was full when the link broke: what had not been taken is treated as the policy
    says."""
    for policy, outcome, source in (("fail", "SIMULATOR_DOWN", None),
                                    ("bypass", "DELIVERED", "BYPASSED"),
                                    ("queue", "DELIVERED", "LIVE")):
        fake = FakeSimulator(t, answer=hold)
        gateway = ready(t, fake, limits={"queue_ms": HOUR_MS}, simulator={
            "on_simulator_down": policy, "max_in_flight": 1, **AWAY})
        one, two, three = members(t, gateway, "uav1", "uav2", "uav3", presence=NOBODY)
        post(one, 900, drone="uav2")
        fake.next_transmit()
        for drone in (one, three):
            post(drone, 901, drone="uav2")
        barrier(two)
        assert not fake.transmits
        leave(fake, gateway)
        assert outcome_of(one.reply_to(900)) == "SIMULATOR_DOWN"
        fake.answer = deliver
        if policy == "queue":
            return_of(fake)
        for drone in (one, three):
            reply = drone.reply_to(901)
            assert outcome_of(reply) == outcome, policy
            hops = hops_told(fate_of(reply, "uav2").hops)
            assert [hop[4] for hop in hops] == ([source] if source else []), policy


def test_refused_when_it_is_back(t):
    """Queued messages are not kept for a scenario that the simulator does not want."""
    fake, gateway, (one, two) = away(t, "queue", "uav1", "uav2")
    post(one, 900, drone="uav2")
    barrier(one)
    fake.refuse = {"field": "out of trees"}
    return_of(fake)
    reply = one.reply_to(900)
    assert outcome_of(reply) == "SIMULATOR_DOWN" and not fate_of(reply, "uav2").hops
    assert one.tell("uav2", b"x").HasField("error")


# ------------------------------------------------------- by scenario and simulator


def test_each_scenario_has_its_own(t):
    """What it says goes before what its simulator says; killed and started again for real."""
    with reserved_port() as port:
        where = f"{uavtest.HOST}:{port}"
        stub = t.simulator(listen=where)
        gateway = ready(t, stub, simulator={"on_simulator_down": "bypass", **AWAY},
                        limits={"queue_ms": HOUR_MS}, scenarios={
            "inherits": IDEAL, "fails": {**IDEAL, "on_simulator_down": "fail"},
            "queues": {**IDEAL, "on_simulator_down": "queue"}})
        pairs = {name: members(t, gateway, f"{name}1", f"{name}2", scenario=name, presence=NOBODY)
                 for name in ("inherits", "fails", "queues")}
        stub.kill()
        for one, _ in pairs.values():
            assert not one.wait_for("scenario_chosen").scenario_chosen.scenario.available
        for one, two in pairs.values():
            post(one, 900, drone=two.drone_id)
        hop = hops_told(fate_of(pairs["inherits"][0].reply_to(900), "inherits2").hops)
        assert hop == [("inherits1", "inherits2", "DELIVERED", "NONE", "BYPASSED")]
        assert outcome_of(pairs["fails"][0].reply_to(900)) == "SIMULATOR_DOWN"
        one, two = pairs["queues"]
        barrier(one)
        assert bodies(one) == []
        t.simulator(listen=where)
        hop = hops_told(fate_of(one.reply_to(900), "queues2").hops)
        assert hop == [("queues1", "queues2", "DELIVERED", "NONE", "LIVE")]
        assert two.wait_for("delivery").delivery.sequence == 1


def test_each_simulator_has_its_own(t):
    """One dies; what goes through the other is not touched."""
    first, second, third = (FakeSimulator(t) for _ in range(3))
    gateway = ready(t, first, simulator={"on_simulator_down": "fail", **AWAY}, scenarios={
        "field": IDEAL, "lab": {**IDEAL, "simulator": "second"},
        "hall": {**IDEAL, "simulator": "third"},
    }, **{"simulator:second": {"address": "%s:%d" % second.at, "on_simulator_down": "bypass", **AWAY},
          "simulator:third": {"address": "%s:%d" % third.at, "on_simulator_down": "queue", **AWAY}})
    pairs = {name: members(t, gateway, f"{name}1", f"{name}2", scenario=name, presence=NOBODY)
             for name in ("field", "lab", "hall")}

    def tell(name):
        one, two = pairs[name]
        fate = fate_of(one.tell(two.drone_id, b"x"), two.drone_id)
        return [hop[2:] for hop in hops_told(fate.hops)] or relay.Outcome.Name(fate.outcome)

    live, bypassed = [("DELIVERED", "NONE", "LIVE")], [("DELIVERED", "NONE", "BYPASSED")]
    assert [tell(name) for name in pairs] == [live] * 3
    leave(second, gateway)
    assert [tell(name) for name in pairs] == [live, bypassed, live]
    leave(first, gateway)
    assert [tell(name) for name in pairs] == ["OUTCOME_SIMULATOR_DOWN", bypassed, live]
    leave(third, gateway)
    one, two = pairs["hall"]
    post(one, 900, drone="hall2")
    assert tell("lab") == bypassed
    barrier(one)
    assert "send_report" not in bodies(one)
    return_of(third)
    assert outcome_of(one.reply_to(900)) == "DELIVERED"
    for simulator in (first, second):
        return_of(simulator)
    uavtest.wait_until(lambda: [tell(name) for name in pairs] == [live] * 3)


# ------------------------------------------------------------------ back-pressure


def test_a_drone_past_its_window_is_not_read(t):
    """A window's worth is at the simulator, and nothing behind it is read until a place is
    free; the others do not notice."""
    fake = FakeSimulator(t, answer=hold)
    gateway = ready(t, fake, limits={"max_in_flight_per_drone": 4})
    one, two, three = members(t, gateway, "uav1", "uav2", "uav3", presence=NOBODY)
    for number in range(20):
        post(one, 900 + number, b"%d" % number, drone="uav2")
    one.send(ref=950, ping={"nonce": 1})
    waiting = [fake.next_transmit() for _ in range(4)]
    for _ in range(20):
        barrier(two)
        barrier(three)
    assert not fake.transmits
    post(three, 900, b"mine", drone="uav2")
    mine = fake.next_transmit()
    assert mine.payload == b"mine"
    fake.send(*deliver(mine))
    assert outcome_of(three.reply_to(900)) == "DELIVERED"
    assert one.read(0.1) is None, "not even its ping"
    for number in range(4, 20):
        fake.send(*deliver(waiting.pop(0)))
        waiting.append(fake.next_transmit())
        assert waiting[-1].payload == b"%d" % number
        barrier(two)
        assert not fake.transmits
    for transmit in waiting:
        fake.send(*deliver(transmit))
    refs = [one.read().ref for _ in range(21)]
    assert [ref for ref in refs if ref != 950] == list(range(900, 920))
    assert refs.index(950) >= 16, "behind all that was sent before it"
    assert settle(gateway)["transmits"] == 21


def test_past_the_bound_of_all(t):
    """OVERLOADED at once, and never tried again."""
    fake = FakeSimulator(t, answer=hold)
    gateway = ready(t, fake, limits={"max_in_flight": 6, "max_in_flight_per_drone": 4})
    one, two, three = members(t, gateway, "uav1", "uav2", "uav3", presence=NOBODY)
    for number in range(4):
        post(one, 900 + number, drone="uav2")
    waiting = [fake.next_transmit() for _ in range(4)]
    for number in range(4):
        post(three, 900 + number, drone="uav2")
    waiting += [fake.next_transmit() for _ in range(2)]
    for number in (2, 3):
        reply = three.reply_to(900 + number)
        assert outcome_of(reply) == "OVERLOADED" and not fate_of(reply, "uav2").hops
    assert outcomes_of(two.tell(None, b"x")) == {"uav1": "OVERLOADED", "uav3": "OVERLOADED"}
    barrier(one)
    assert bodies(one) == bodies(three) == [], "the others still wait"
    fake.answer = deliver
    for transmit in waiting:
        fake.send(*deliver(transmit))
    assert {outcome_of(one.reply_to(900 + number)) for number in range(4)} == {"DELIVERED"}
    assert {outcome_of(three.reply_to(900 + number)) for number in range(2)} == {"DELIVERED"}
    assert outcome_of(three.tell("uav2", b"again")) == "DELIVERED"
    accounts = settle(gateway)
    assert (accounts["transmits"], accounts["overloaded"]) == (7, 4)


def test_a_burst_after_a_stop(t):
    """A simulator that stood still is not buried when it goes on: everyone's window bounds
    what waits for it, and every message has one fate."""
    fake = FakeSimulator(t, answer=hold)
    gateway = ready(t, fake, simulator={"max_in_flight": 8}, limits={"max_in_flight_per_drone": 3})
    drones = members(t, gateway, *(f"uav{n}" for n in range(6)), presence=NOBODY)
    for drone in drones:
        for number in range(30):
            post(drone, 900 + number, drone=drones[0].drone_id if drone is not drones[0] else "uav1")
    held = [fake.next_transmit() for _ in range(8)]
    for drone in members(t, gateway, "late", presence=NOBODY):
        barrier(drone)
    assert not fake.transmits
    fake.answer = lambda transmit: deliver(transmit, **link(delay_us=1))
    for transmit in held:
        fake.send(*deliver(transmit))
    for drone in drones:
        for number in range(30):
            assert outcome_of(drone.reply_to(900 + number)) == "DELIVERED"
    accounts = settle(gateway)
    assert accounts["transmits"] == accounts["delivered"] == 180


if __name__ == "__main__":
    uavtest.run()
