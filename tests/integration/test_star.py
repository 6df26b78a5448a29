"""Stars: what goes through the hub, and what does not."""

import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import LINK, FakeSimulator, deliver, hold, link, reception, result  # noqa: E402
from scene import (  # noqa: E402
    STAR, Presence, barrier, bodies, error_of, fate_of, hops_told, link_bytes, members, outcome_of,
    outcomes_of, payloads, post, ready, settle,
)
from uavtest import channel, relay  # noqa: E402

LIVE = ("DELIVERED", "NONE", "LIVE")


def star(t, *ids, answer=deliver, scenario=None, **sections):
    """(simulator, gateway, drones by these ids, who are told no presence)"""
    simulator = FakeSimulator(t, answer=answer)
    gateway = ready(t, simulator, scenarios={"field": {**STAR, **(scenario or {})}}, **sections)
    return simulator, gateway, members(t, gateway, *ids, presence="PRESENCE_WISH_NONE")


def numbers(**changes):
    """A link's bytes, as drones are to read them."""
    return link_bytes(channel.Link(**{**LINK, **changes}))


def hears_nothing(*drones):
    for drone in drones:
        barrier(drone)
        assert bodies(drone) == [], drone.events


# ------------------------------------------------------------------ two hops


def test_two_hops_and_their_numbers(t):
    """Each is a trip through the channel of its own; both ends read the numbers of both."""
    simulator, gateway, (hub, one, two) = star(t, "hub", "uav1", "uav2")
    first, second = {"delay_us": 40, "path_loss_db": 70.5}, {"delay_us": 25, "path_loss_db": 91.0}
    simulator.answer = simulator.by_names(
        {("uav1", "hub"): link(**first), ("hub", "uav2"): link(**second)})
    reply = one.tell("uav2", b"hello", content_type="text/plain")
    delivery = two.wait_for("delivery").delivery
    assert outcome_of(reply) == "DELIVERED"
    assert (delivery.sender, delivery.to, delivery.sequence) == ("uav1", "", 1)
    assert (delivery.payload, delivery.content_type) == (b"hello", "text/plain")
    for hops in (delivery.hops, reply.send_report.outcomes[0].hops):
        assert hops_told(hops) == [("uav1", "hub", *LIVE), ("hub", "uav2", *LIVE)]
        assert [link_bytes(hop.link) for hop in hops] == [numbers(**first), numbers(**second)]
        assert [hop.late_by_us for hop in hops] == [0, 0]
    to_hub, onward = simulator.transmitted()
    assert simulator.pair(to_hub) == ("uav1", {"hub"})
    assert simulator.pair(onward) == ("hub", {"uav2"})
    assert to_hub.origin == onward.origin == to_hub.transmitter, "it stays the message of uav1"
    assert (onward.sequence, onward.payload) == (to_hub.sequence, to_hub.payload) == (1, b"hello")
    assert to_hub.sent_at_us == delivery.sent_at_us
    assert onward.sent_at_us == to_hub.sent_at_us + 40, "it leaves when it has come to the hub"
    assert onward.id != to_hub.id and onward.scenario == to_hub.scenario
    hears_nothing(hub, one, two)
    accounts = settle(gateway)
    assert (accounts["transmits"], accounts["relayed"], accounts["delivered"]) == (2, 1, 1)


def test_hub_and_spoke_are_one_hop(t):
    simulator, gateway, (hub, one, two) = star(t, "hub", "uav1", "uav2")
    for sender, target in ((one, hub), (hub, one)):
        reply = sender.tell(target.drone_id, b"x")
        assert hops_told(reply.send_report.outcomes[0].hops) == [
            (sender.drone_id, target.drone_id, *LIVE)]
        assert len(target.wait_for("delivery").delivery.hops) == 1
    assert settle(gateway)["relayed"] == 0


def test_through_sim_stub(t):
    """Two that stand 6 km apart, with the hub half way: each hop has 3 km."""
    gateway = ready(t, scenarios={"field": STAR})
    hub, one, two = members(t, gateway, "hub", "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.place(-3000.0)
    two.place(3000.0)
    hops = one.tell("uav2", b"x" * 30).send_report.outcomes[0].hops
    heard = two.wait_for("delivery").delivery.hops
    assert [hop.link.distance_m for hop in hops] == [3000.0, 3000.0]
    assert [link_bytes(hop.link) for hop in hops] == [link_bytes(hop.link) for hop in heard]
    assert all(hop.link.propagation_ns == 10007 for hop in hops), hops
    two.place(0.0, 5e6)  # nothing gets that far
    reply = one.tell("uav2", b"x" * 30)
    assert outcome_of(reply) == "LOST"
    assert [outcome for _, _, outcome, *_ in hops_told(reply.send_report.outcomes[0].hops)] == [
        "DELIVERED", "LOST"]
    hears_nothing(hub, two)


def test_mesh_stays_one_hop(t):
    """Whatever the others are called."""
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator)
    hub, one, two = members(t, gateway, "hub", "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    reply = one.tell(None, b"x")
    for name in ("hub", "uav2"):
        assert hops_told(fate_of(reply, name).hops) == [("uav1", name, *LIVE)]
    (transmit,) = simulator.transmitted()
    assert simulator.pair(transmit) == ("uav1", {"hub", "uav2"})


# ------------------------------------------------------- altered, lost, not known


def test_altered_on_the_way(t):
    """The second hop carries what the first has left; any corrupted hop makes it CORRUPTED."""
    simulator, gateway, (hub, one, two) = star(t, "hub", "uav1", "uav2")
    bad = {"outcome": "OUTCOME_CORRUPTED"}
    for first, second, carried, heard in (
        ({**bad, "payload": b"hallo"}, {}, b"hallo", b"hallo"),
        ({**bad, "payload": b"hel"}, {}, b"hel", b"hel"),
        ({**bad, "payload": b"hallo"}, {**bad, "payload": b"ha"}, b"hallo", b"ha"),
        ({}, {**bad, "payload": b"jello"}, b"hello", b"jello"),
        (bad, {}, b"hello", b"hello"),
    ):
        simulator.answer = simulator.by_names({("uav1", "hub"): first, ("hub", "uav2"): second})
        for target in ("uav2", None):
            reply = one.tell(target, b"hello")
            fate = fate_of(reply, "uav2")
            assert fate.outcome == relay.OUTCOME_CORRUPTED, (first, second, reply)
            assert [hop.outcome == relay.OUTCOME_CORRUPTED for hop in fate.hops] == [
                bool(first), bool(second)]
            assert simulator.transmitted()[-1].payload == carried
            delivery = two.wait_for("delivery").delivery
            assert delivery.payload == heard and len(delivery.hops) == 2
    # it may not grow on the second hop to more than the first has left
    simulator.answer = simulator.by_names({
        ("uav1", "hub"): {**bad, "payload": b"hel"}, ("hub", "uav2"): {**bad, "payload": b"hell"}})
    reply = one.tell("uav2", b"hello")
    assert outcome_of(reply) == "SIMULATOR_ERROR"
    hears_nothing(two)


def test_lost_on_either_hop(t):
    simulator, gateway, (hub, one, two) = star(t, "hub", "uav1", "uav2")

    def lost(reason):
        return {"outcome": "OUTCOME_LOST", "reason": f"REASON_{reason}"}

    simulator.answer = simulator.by_names({("uav1", "hub"): lost("BLOCKED")})
    fate = fate_of(one.tell("uav2", b"x"), "uav2")
    assert (fate.outcome, fate.reason) == (relay.OUTCOME_LOST, relay.REASON_BLOCKED)
    assert hops_told(fate.hops) == [("uav1", "hub", "LOST", "BLOCKED", "LIVE")]
    assert link_bytes(fate.hops[0].link) == numbers()
    assert len(simulator.transmitted()) == 1, "what is lost does not go on"

    simulator.answer = simulator.by_names({("hub", "uav2"): lost("INTERFERENCE")})
    fate = fate_of(one.tell("uav2", b"x"), "uav2")
    assert (fate.outcome, fate.reason) == (relay.OUTCOME_LOST, relay.REASON_INTERFERENCE)
    assert hops_told(fate.hops) == [
        ("uav1", "hub", *LIVE), ("hub", "uav2", "LOST", "INTERFERENCE", "LIVE")]
    hears_nothing(hub, two)
    assert settle(gateway)["lost"] == 2


def test_what_the_simulator_leaves_open(t):
    """No answer, or none that can be used, on either hop."""
    simulator, gateway, (_, one, two) = star(t, "hub", "uav1", "uav2", answer=hold,
                                             simulator={"timeout_ms": 1500})

    def tell(*answers):
        post(one, 900, drone="uav2")
        for answer in answers:
            simulator.send(*answer(simulator.next_transmit()))
        fate = fate_of(one.reply_to(900), "uav2")
        return relay.Outcome.Name(fate.outcome), [hop.HasField("link") for hop in fate.hops]

    unusable = lambda transmit: deliver(transmit, outcome=99)  # noqa: E731
    assert tell() == ("OUTCOME_SIMULATOR_TIMEOUT", [False])
    simulator.next_transmit()
    assert tell(deliver) == ("OUTCOME_SIMULATOR_TIMEOUT", [True, False])
    simulator.next_transmit()
    assert tell(unusable)[0] == "OUTCOME_SIMULATOR_ERROR"
    outcome, links = tell(deliver, unusable)
    assert outcome == "OUTCOME_SIMULATOR_ERROR" and len(links) == 2 and links[0]
    post(one, 900, drone="uav2")
    simulator.send(*deliver(simulator.next_transmit()))
    simulator.next_transmit()
    simulator.reset_connection()
    fate = fate_of(one.reply_to(900), "uav2")
    assert hops_told(fate.hops) == [
        ("uav1", "hub", *LIVE), ("hub", "uav2", "SIMULATOR_DOWN", "NONE", "UNSPECIFIED")]
    barrier(two)
    assert payloads(two) == []


def test_an_old_answer_is_not_that_of_the_second_hop(t):
    """The first hop's answer, repeated while the second is out."""
    simulator, gateway, (hub, one, two) = star(t, "hub", "uav1", "uav2", answer=hold)
    post(one, 900, drone="uav2")
    to_hub = simulator.next_transmit()
    simulator.send(*deliver(to_hub))
    onward = simulator.next_transmit()
    simulator.send(*deliver(to_hub), result(to_hub, reception(onward.receivers[0])))
    hears_nothing(one, two)
    simulator.send(*deliver(onward))
    assert outcome_of(one.reply_to(900)) == "DELIVERED"
    assert two.wait_for("delivery").delivery.sequence == 1
    accounts = settle(gateway)
    assert accounts["results_repeated"] + accounts["results_unknown"] >= 2


# -------------------------------------------------------------------- to many


def test_everyone_through_the_hub(t):
    """Two transmits, however many there are; the hub has its copy from the first."""
    simulator, gateway, (hub, one, two, three) = star(t, "hub", "uav1", "uav2", "uav3")
    simulator.answer = simulator.by_names({
        ("uav1", "hub"): link(delay_us=11),
        ("hub", "uav2"): link(delay_us=22),
        ("hub", "uav3"): {"outcome": "OUTCOME_LOST", "reason": "REASON_OUT_OF_RANGE"}})
    reply = one.tell(None, b"to all")
    assert outcomes_of(reply) == {"hub": "DELIVERED", "uav2": "DELIVERED", "uav3": "LOST"}
    assert hops_told(fate_of(reply, "hub").hops) == [("uav1", "hub", *LIVE)]
    assert hops_told(fate_of(reply, "uav3").hops) == [
        ("uav1", "hub", *LIVE), ("hub", "uav3", "LOST", "OUT_OF_RANGE", "LIVE")]
    assert fate_of(reply, "uav3").reason == relay.REASON_OUT_OF_RANGE
    assert [hop.link.delay_us for hop in fate_of(reply, "uav2").hops] == [11, 22]
    assert list(map(simulator.pair, simulator.transmitted())) == [
        ("uav1", {"hub"}), ("hub", {"uav2", "uav3"})]
    assert len(hub.wait_for("delivery").delivery.hops) == 1
    assert [hop.link.delay_us for hop in two.wait_for("delivery").delivery.hops] == [11, 22]
    assert outcomes_of(one.tell(None, b"again", "REPORT_WISH_FAILURES")) == {"uav3": "LOST"}
    for drone in (hub, two):
        assert drone.wait_for("delivery").delivery.sequence == 2
    hears_nothing(hub, one, two, three)
    assert outcomes_of(hub.tell(None, b"from the hub")) == {
        "uav1": "DELIVERED", "uav2": "DELIVERED", "uav3": "LOST"}
    assert simulator.pair(simulator.transmitted()[-1]) == ("hub", {"uav1", "uav2", "uav3"})
    accounts = settle(gateway)
    assert (accounts["accepted"], accounts["transmits"], accounts["relayed"]) == (9, 5, 2)


def test_everyone_when_the_hub_does_not_hear(t):
    simulator, gateway, (hub, one, two, three) = star(t, "hub", "uav1", "uav2", "uav3")
    simulator.answer = simulator.by_names({
        ("uav1", "hub"): {"outcome": "OUTCOME_LOST", "reason": "REASON_PACKET_ERROR"}})
    reply = one.tell(None, b"to all")
    assert set(outcomes_of(reply)) == {"hub", "uav2", "uav3"}
    for outcome in reply.send_report.outcomes:
        assert (outcome.outcome, outcome.reason) == (relay.OUTCOME_LOST, relay.REASON_PACKET_ERROR)
        assert hops_told(outcome.hops) == [("uav1", "hub", "LOST", "PACKET_ERROR", "LIVE")]
    hears_nothing(hub, two, three)


def test_a_group_through_the_hub(t):
    """The hub is handed what it relays only if it is in the group itself."""
    simulator, gateway, (hub, one, two, three) = star(t, "hub", "uav1", "uav2", "uav3")
    for drone in (two, three):
        assert drone.request(join_group={"group": "red"}).HasField("done")

    def tell_red():
        return one.request(send={"group": "red", "payload": b"x", "report": "REPORT_WISH_ALL"})

    reply = tell_red()
    assert outcomes_of(reply) == {"uav2": "DELIVERED", "uav3": "DELIVERED"}
    assert hops_told(fate_of(reply, "uav3").hops) == [("uav1", "hub", *LIVE), ("hub", "uav3", *LIVE)]
    for drone in (two, three):
        delivery = drone.wait_for("delivery").delivery
        assert (delivery.to, delivery.sender, len(delivery.hops)) == ("red", "uav1", 2)
    hears_nothing(hub)
    assert list(map(simulator.pair, simulator.transmitted())) == [
        ("uav1", {"hub"}), ("hub", {"uav2", "uav3"})]
    hub.request(join_group={"group": "red"})
    assert outcomes_of(tell_red()) == {name: "DELIVERED" for name in ("hub", "uav2", "uav3")}
    delivery = hub.wait_for("delivery").delivery
    assert (delivery.to, len(delivery.hops)) == ("red", 1)
    for drone in (two, three):
        drone.request(leave_group={"group": "red"})
    assert outcomes_of(tell_red()) == {"hub": "DELIVERED"}
    assert len(simulator.transmitted()) == 5, "nobody is behind the hub"


def test_what_is_too_large_for_two_hops(t):
    """The numbers of the second hop need room as well."""
    simulator, gateway, (hub, one) = star(t, "hub", "uav1")
    members(t, gateway, "uav2", max_frame_bytes=768)
    assert outcome_of(hub.tell("uav2", bytes(500))) == "DELIVERED"
    reply = one.tell("uav2", bytes(500))
    assert outcome_of(reply) == "TOO_LARGE" and not reply.send_report.outcomes[0].hops
    assert outcome_of(one.tell("uav2", bytes(400))) == "DELIVERED"
    assert outcomes_of(one.tell(None, bytes(500))) == {"hub": "DELIVERED", "uav2": "TOO_LARGE"}


# ------------------------------------------------------------------------- deny


def test_deny(t):
    """Spokes reach the hub, and the hub reaches them; each other they do not."""
    simulator, gateway, (hub, one, two) = star(
        t, "hub", "uav1", "uav2", scenario={"spoke_to_spoke": "deny"})
    for drone in (hub, one, two):
        drone.request(join_group={"group": "red"})
    reply = one.tell("uav2", b"x")
    assert outcome_of(reply) == "NOT_ALLOWED" and not reply.send_report.outcomes[0].hops
    for to in ({"everyone": {}}, {"group": "red"}):
        reply = one.request(send={**to, "payload": b"x", "report": "REPORT_WISH_ALL"})
        assert outcomes_of(reply) == {"hub": "DELIVERED", "uav2": "NOT_ALLOWED"}
        reply = hub.request(send={**to, "payload": b"y", "report": "REPORT_WISH_ALL"})
        assert outcomes_of(reply) == {"uav1": "DELIVERED", "uav2": "DELIVERED"}
    assert payloads_when(two, 2) == payloads_when(one, 2) == [b"y", b"y"]
    hub.request(choose_scenario={"name": ""})
    assert outcome_of(one.tell("uav2", b"x")) == "NOT_ALLOWED"
    assert settle(gateway)["relayed"] == 0


def payloads_when(drone, count):
    return [drone.wait_for("delivery").delivery.payload for _ in range(count)]


# -------------------------------------------------------------- the hub comes and goes


def test_no_route_without_the_hub(t):
    """It is the hub only while it is in the scenario; everyone is told when that begins and
    ends."""
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator, scenarios={"field": STAR, "lab": uavtest.scenario()})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_SCENARIO")
    stranger = Presence(members(t, gateway, "far", scenario="lab",
                                presence="PRESENCE_WISH_SCENARIO")[0])
    told = Presence(one)
    (entry,) = [e for e in one.request(list_scenarios={}).scenarios.entries if e.name == "field"]
    assert (entry.topology, entry.hub) == (relay.TOPOLOGY_STAR, "hub")

    def passes():
        reply = one.tell("uav2", b"x")
        assert bool(reply.send_report.outcomes[0].hops) == (outcome_of(reply) == "DELIVERED")
        many = one.tell(None, b"x")
        assert fate_of(many, "uav2").outcome == reply.send_report.outcomes[0].outcome
        return outcome_of(reply)

    assert passes() == "NO_ROUTE"
    hub = t.drone(gateway, "hub", callsign="Turm")
    assert passes() == "NO_ROUTE", "it is elsewhere"
    hub.request(choose_scenario={"name": "field"})
    up = told.wait("hub", "HUB_UP", "UNSPECIFIED", "field", "Turm")
    assert told.told[up - 1] == ("hub", "SCENARIO", "UNSPECIFIED", "field", "Turm")
    assert passes() == "DELIVERED"
    hub.request(choose_scenario={"name": "lab"})
    down = told.wait("hub", "HUB_DOWN", "UNSPECIFIED", "field", "Turm")
    assert told.told[down - 1] == ("hub", "SCENARIO", "UNSPECIFIED", "lab", "Turm")
    assert passes() == "NO_ROUTE"
    hub.request(choose_scenario={"name": "field"})
    uavtest.wait_until(lambda: [e[1] for e in told_when_read(told)].count("HUB_UP") == 2)
    assert passes() == "DELIVERED"
    hub.close()
    uavtest.wait_until(lambda: [e[1] for e in told_when_read(told)].count("HUB_DOWN") == 2)
    assert [entry[1] for entry in told.told[-2:]] == ["OFFLINE", "HUB_DOWN"]
    assert passes() == "NO_ROUTE"
    barrier(stranger.drone)
    assert not {entry[1] for entry in stranger.take()} & {"HUB_UP", "HUB_DOWN"}


def told_when_read(told):
    barrier(told.drone)
    return told.take()


def test_the_hub_goes_between_the_hops(t):
    """Also when it is back before the answer is: it may have been gone meanwhile."""
    simulator, gateway, (hub, one, two) = star(t, "hub", "uav1", "uav2", answer=hold)
    for back in (False, True):
        for to in ({"drone": "uav2"}, {"everyone": {}}):
            post(one, 900, **to)
            transmit = simulator.next_transmit()
            hub.request(choose_scenario={"name": ""})
            if back:
                hub.request(choose_scenario={"name": "field"})
            simulator.send(*deliver(transmit))
            reply = one.reply_to(900)
            fate = fate_of(reply, "uav2")
            assert fate.outcome == relay.OUTCOME_NO_ROUTE, reply
            assert hops_told(fate.hops) == [("uav1", "hub", *LIVE)]
            if "everyone" in to:
                assert fate_of(reply, "hub").outcome == relay.OUTCOME_TARGET_LEFT
            hub.request(choose_scenario={"name": "field"})
    assert not simulator.transmits, "nothing goes on"
    hears_nothing(hub, two)


def test_the_target_goes_between_the_hops(t):
    simulator, gateway, (hub, one, two) = star(t, "hub", "uav1", "uav2", answer=hold)
    post(one, 900, drone="uav2")
    transmit = simulator.next_transmit()
    two.request(choose_scenario={"name": ""})
    two.request(choose_scenario={"name": "field"})
    simulator.send(*deliver(transmit))
    fate = fate_of(one.reply_to(900), "uav2")
    assert fate.outcome == relay.OUTCOME_TARGET_LEFT
    assert hops_told(fate.hops) == [("uav1", "hub", *LIVE)]
    hears_nothing(hub, two)
    assert not simulator.transmits


def test_the_sender_goes_between_the_hops(t):
    """What it sent goes on, and its node stays with the simulator until that is over."""
    simulator, gateway, (_, one, two) = star(t, "hub", "uav1", "uav2", answer=hold)
    connection = simulator.wait_connection(1)
    post(one, 900, b"last words", drone="uav2")
    to_hub = simulator.next_transmit()
    one.request(leave={})
    simulator.send(*deliver(to_hub))
    onward = simulator.next_transmit()
    assert onward.origin == to_hub.transmitter
    assert not any(request.HasField("remove_node") for request in connection.requests)
    simulator.send(*deliver(onward))
    delivery = two.wait_for("delivery").delivery
    assert (delivery.sender, delivery.payload) == ("uav1", b"last words")
    simulator.wait_request(connection, "remove_node", node=to_hub.transmitter)


# ------------------------------------------------------------------ full windows


def test_a_relayed_message_keeps_its_place(t):
    """With the window full of messages to the hub, their second hops go before anything
    else."""
    simulator, gateway, (_, one, two, three) = star(
        t, "hub", "uav1", "uav2", "uav3", answer=hold, simulator={"max_in_flight": 2})
    for number in range(3):
        post(one, 900 + number, b"%d" % number, drone="uav2")
    waiting = [simulator.next_transmit(), simulator.next_transmit()]
    barrier(three)
    assert not simulator.transmits, "the window is full"
    simulator.send(*deliver(waiting[0]))
    onward = simulator.next_transmit()
    assert simulator.pair(onward) == ("hub", {"uav2"}) and onward.payload == b"0"
    barrier(three)
    assert not simulator.transmits, "its place is still its own"
    simulator.send(*deliver(onward))
    third = simulator.next_transmit()
    assert simulator.pair(third) == ("uav1", {"hub"}) and third.payload == b"2"
    simulator.answer = deliver
    simulator.send(*deliver(waiting[1]), *deliver(third))
    assert {outcome_of(one.reply_to(ref)) for ref in (900, 901, 902)} == {"DELIVERED"}


def test_full_windows_drain(t):
    """Everyone floods through the hub, all windows are small, nothing locks up."""
    gateway = ready(t, scenarios={"field": STAR}, simulator={"max_in_flight": 3},
                    limits={"max_in_flight_per_drone": 2})
    (hub,) = members(t, gateway, "hub", presence="PRESENCE_WISH_NONE")
    spokes = members(t, gateway, *(f"uav{n}" for n in range(4)), presence="PRESENCE_WISH_NONE")
    count = 100
    for number, drone in enumerate(spokes):
        target = spokes[(number + 1) % len(spokes)].drone_id
        drone.send_bytes(b"".join(
            uavtest.delimit(relay.ToGateway(ref=ref, send={
                "drone": target, "payload": b"%d" % ref, "report": "REPORT_WISH_ALL"}))
            for ref in range(1000, 1000 + count)))
    for drone in spokes:
        for ref in range(1000, 1000 + count):
            assert outcome_of(drone.reply_to(ref)) == "DELIVERED"
    for drone in spokes:
        barrier(drone)
        assert payloads(drone) == [b"%d" % ref for ref in range(1000, 1000 + count)]
    hears_nothing(hub)
    accounts = settle(gateway)
    assert accounts["relayed"] == accounts["delivered"] == len(spokes) * count


def test_a_simulator_that_does_not_read(t):
    """It stands still with its socket full, and goes on: every message has its fate, on
    whichever hop it was, and the star works again."""
    stub = t.simulator()
    gateway = ready(t, stub, scenarios={"field": STAR},
                    simulator={"timeout_ms": 700, "max_queued_bytes": 65536})
    _, one, two = members(t, gateway, "hub", "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    two.place(0.0, 5e6)  # out of range: what gets through is not handed over
    count = 60
    writer = threading.Thread(daemon=True, target=lambda: [
        post(one, 900 + number, bytes(60000), drone="uav2") for number in range(count)])
    os.kill(stub.pid, signal.SIGSTOP)
    try:
        writer.start()
        assert outcome_of(one.reply_to(900)) == "SIMULATOR_TIMEOUT"
    finally:
        os.kill(stub.pid, signal.SIGCONT)
    found = {outcome_of(one.reply_to(900 + number)) for number in range(1, count)}
    assert found <= {"SIMULATOR_TIMEOUT", "LOST"}, found
    writer.join(uavtest.DEADLINE)
    two.place(0.0)
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"x")) == "DELIVERED")
    assert two.wait_for("delivery").delivery.payload == b"x"
    settle(gateway)


def test_a_star_that_was_refused(t):
    """Its hub is named all the same."""
    simulator = FakeSimulator(t, refuse={"odd": "no such trees"})
    gateway = t.gateway(simulator.at, {"field": STAR, "odd": {**STAR, "hub": "other"}})
    gateway.wait_event("scenario_refused", scenario="odd")
    drone = t.drone(gateway, "other")
    entries = {e.name: e for e in drone.request(list_scenarios={}).scenarios.entries}
    assert entries["odd"].hub == "other" and not entries["odd"].available
    assert error_of(drone.request(choose_scenario={"name": "odd"})) == "SCENARIO_UNAVAILABLE"


if __name__ == "__main__":
    uavtest.run()
