"""When messages are handed over: `delay = real` and `none`.

Nothing here asserts that something is fast. What is told is an order, and that nothing
comes before its time on the monotonic clock, which gateway and test share."""

import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver, hold, link  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, STAR, barrier, bodies, change_file, fate_of, hops_told, members, outcome_of, outcomes_of,
    payloads, post, ready, reload, settle,
)
from uavtest import relay  # noqa: E402

NEVER_US = 600_000_000  # longer than any test
REAL = uavtest.scenario(delay="real")


def now_us():
    return time.monotonic_ns() // 1000


def real(t, *ids, answer=deliver, scenario=REAL, **sections):
    """(simulator, gateway, drones by these ids, who are told no presence)"""
    simulator = FakeSimulator(t, answer=answer)
    gateway = ready(t, simulator, scenarios={"field": scenario}, **sections)
    return simulator, gateway, members(t, gateway, *ids, presence="PRESENCE_WISH_NONE")


def after(delay_us):
    """Everyone hears it that late."""
    return lambda transmit: deliver(transmit, **link(delay_us=delay_us))


def spend(us):
    """So much time goes by, whatever else happens."""
    end = now_us() + us
    while (left := end - now_us()) > 0:
        time.sleep(left / 1e6)


# ------------------------------------------------------------------ not before


def test_not_before_its_time(t):
    """Neither the delivery nor the report; what was late is told in both."""
    simulator, gateway, (one, two) = real(t, "uav1", "uav2")
    for delay_us in (0, 1, 20_000, 60_000, 150_000):
        simulator.answer = after(delay_us)
        barrier(one)
        before = now_us()
        post(one, 900, drone="uav2")
        delivery = two.wait_for("delivery").delivery
        took = now_us() - before
        reply = one.reply_to(900)
        assert took >= delay_us, (took, delay_us)
        assert now_us() - before >= delay_us
        (hop,) = delivery.hops
        assert hop.link.delay_us == delay_us and hop.source == relay.SOURCE_LIVE
        assert hop.late_by_us <= took - delay_us, (hop, took)
        assert reply.send_report.outcomes[0].hops[0].late_by_us == hop.late_by_us
        assert outcome_of(reply) == "DELIVERED"


def test_not_before_the_time_on_air(t):
    """With sim-stub: 100 bytes at 8 kbit/s."""
    gateway = ready(t, scenarios={"field": uavtest.scenario(
        delay="real", channel_bitrate_bps=8000, channel_bandwidth_hz=10000)})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    two.place(30000.0)
    barrier(one)
    before = now_us()
    post(one, 900, bytes(100), drone="uav2")
    delivery = two.wait_for("delivery").delivery
    took = now_us() - before
    told = delivery.hops[0].link
    assert told.airtime_us >= 100_000 and told.propagation_ns == 100069, told
    assert told.airtime_us <= told.delay_us <= took


def test_both_hops_count(t):
    simulator, gateway, (one, two, _) = real(
        t, "uav1", "uav2", "hub", scenario={**STAR, "delay": "real"})
    simulator.answer = simulator.by_names(
        {("uav1", "hub"): link(delay_us=70_000), ("hub", "uav2"): link(delay_us=50_000)})
    for to in ({"drone": "uav2"}, {"everyone": {}}):
        barrier(one)
        before = now_us()
        post(one, 900, **to)
        delivery = two.wait_for("delivery").delivery
        took = now_us() - before
        assert took >= 120_000, took
        assert delivery.hops[0].late_by_us == 0, "it stands on the last hop"
        assert delivery.hops[1].late_by_us <= took - 120_000
        assert [hop.link.delay_us for hop in delivery.hops] == [70_000, 50_000]
        fate = fate_of(one.reply_to(900), "uav2")
        assert [hop.late_by_us for hop in fate.hops] == [hop.late_by_us for hop in delivery.hops]
    first, second, *_ = simulator.transmitted()
    assert second.sent_at_us == first.sent_at_us + 70_000


def test_the_second_hop_does_not_wait_for_the_first(t):
    """The simulator is asked for it at once: only the hand-over has its time."""
    simulator, gateway, (one, two, hub) = real(
        t, "uav1", "uav2", "hub", answer=hold, scenario={**STAR, "delay": "real"},
        limits={"drain_ms": 50})
    post(one, 900, everyone={})
    simulator.send(*after(NEVER_US)(simulator.next_transmit()))
    simulator.send(*after(0)(simulator.next_transmit()))
    for drone in (two, hub, one):
        barrier(drone)
        assert bodies(drone) == []
    assert settle(gateway)["target_left"] == 2


def test_without_numbers_there_is_no_delay(t):
    simulator, gateway, (one, two) = real(
        t, "uav1", "uav2", answer=lambda transmit: deliver(transmit, link=None))
    assert outcome_of(one.tell("uav2", b"x")) == "DELIVERED"
    assert not two.wait_for("delivery").delivery.hops[0].HasField("link")


def test_delay_none_is_at_once(t):
    """Whatever the simulator says; the number is told all the same."""
    for scenario in (uavtest.scenario(delay="none"), uavtest.scenario()):
        simulator, gateway, (one, two) = real(
            t, "uav1", "uav2", answer=after(NEVER_US), scenario=scenario)
        for target in ("uav2", None):
            reply = one.tell(target, b"x")
            assert outcomes_of(reply) == {"uav2": "DELIVERED"}
            (hop,) = two.wait_for("delivery").delivery.hops
            assert (hop.link.delay_us, hop.late_by_us) == (NEVER_US, 0)


# ------------------------------------------------------------------------ order


def test_the_shorter_way_overtakes(t):
    """By due time, not by that of sending or of the simulator's answer."""
    simulator, gateway, (one, two) = real(t, "uav1", "uav2", answer=hold)
    delays_ms = {b"long": 2500, b"middle": 1500, b"short": 800}
    for number, payload in enumerate(delays_ms):
        post(one, 900 + number, payload, drone="uav2")
    answers = [simulator.next_transmit() for _ in delays_ms]
    simulator.send(*(answer for transmit in answers
                     for answer in after(delays_ms[transmit.payload] * 1000)(transmit)))
    heard = [two.wait_for("delivery").delivery.payload for _ in delays_ms]
    assert heard == [b"short", b"middle", b"long"]
    assert [one.wait_for("send_report").ref for _ in delays_ms] == [902, 901, 900]


def test_at_the_same_time_in_the_order_of_sending(t):
    """Although the simulator answers in reverse."""
    simulator, gateway, (one, two) = real(t, "uav1", "uav2", answer=hold)
    count = 20
    one.send_bytes(b"".join(
        uavtest.delimit(relay.ToGateway(send={"drone": "uav2", "payload": b"%d" % number}))
        for number in range(count)))
    transmits = [simulator.next_transmit() for _ in range(count)]
    simulator.send(*(answer for transmit in reversed(transmits)
                     for answer in after(1_500_000)(transmit)))
    heard = [two.wait_for("delivery").delivery.payload for _ in range(count)]
    assert heard == [b"%d" % number for number in range(count)]


def test_each_target_has_its_own_time(t):
    """The report waits for the last of them."""
    simulator, gateway, (one, two, three) = real(t, "uav1", "uav2", "uav3")
    simulator.answer = simulator.by_names(
        {("uav1", "uav2"): link(delay_us=10_000), ("uav1", "uav3"): link(delay_us=400_000)})
    barrier(one)
    before = now_us()
    post(one, 900, everyone={})
    two.wait_for("delivery")
    assert now_us() - before >= 10_000
    reply = one.reply_to(900)
    assert now_us() - before >= 400_000, "not before all is known"
    assert outcomes_of(reply) == {"uav2": "DELIVERED", "uav3": "DELIVERED"}
    three.wait_for("delivery")


# -------------------------------------------------------------------- what is late


def test_a_simulator_that_is_late(t):
    """What it took longer than the delay is told, and nothing is added to it."""
    simulator, gateway, (one, two) = real(t, "uav1", "uav2", answer=hold)
    for delay_us, spent_us in ((1000, 120_000), (100_000, 250_000)):
        before = now_us()
        post(one, 900, drone="uav2")
        transmit = simulator.next_transmit()
        accepted = now_us()  # or before
        spend(spent_us)
        answered = now_us()
        simulator.send(*after(delay_us)(transmit))
        (hop,) = two.wait_for("delivery").delivery.hops
        assert hop.late_by_us >= answered - accepted - delay_us, (hop, answered - accepted)
        assert hop.late_by_us <= now_us() - before - delay_us
        assert one.reply_to(900).send_report.outcomes[0].hops[0].late_by_us == hop.late_by_us


# ------------------------------------------------------------------ while it waits


def test_waiting_has_a_bound(t):
    """Past it OVERLOADED, with what the channel said; a place that is free is used again."""
    simulator, gateway, (one, two) = real(
        t, "uav1", "uav2", answer=after(2_500_000), limits={"max_waiting": 3, "drain_ms": 50})
    for number in range(3):
        post(one, 900 + number, b"%d" % number, drone="uav2")
    reply = one.tell("uav2", b"too many")
    assert outcome_of(reply) == "OVERLOADED"
    assert hops_told(reply.send_report.outcomes[0].hops) == [
        ("uav1", "uav2", "DELIVERED", "NONE", "LIVE")]
    heard = [two.wait_for("delivery").delivery.payload for _ in range(3)]
    assert heard == [b"0", b"1", b"2"]
    assert {outcome_of(one.reply_to(900 + number)) for number in range(3)} == {"DELIVERED"}
    simulator.answer = after(NEVER_US)
    for number in range(3):
        post(one, 910 + number, drone="uav2")
    assert outcome_of(one.tell("uav2", b"too many")) == "OVERLOADED"
    accounts = settle(gateway)
    assert (accounts["delivered"], accounts["overloaded"], accounts["target_left"]) == (3, 2, 3)
    assert {outcome_of(one.reply_to(910 + number)) for number in range(3)} == {"TARGET_LEFT"}


def test_what_waits_takes_no_window(t):
    """The channel is done with it: the next may go."""
    simulator, gateway, (one, two) = real(
        t, "uav1", "uav2", answer=after(NEVER_US), simulator={"max_in_flight": 1},
        limits={"max_in_flight_per_drone": 1, "drain_ms": 50})
    for number in range(10):
        post(one, 900 + number, drone="uav2")
    simulator.wait(lambda: len(simulator.transmitted()) == 10, "ten transmits")
    simulator.answer = after(0)
    assert outcome_of(one.tell("uav2", b"now")) == "DELIVERED"
    assert two.wait_for("delivery").delivery.payload == b"now"
    assert settle(gateway)["target_left"] == 10


def test_gone_when_it_is_due(t):
    """Also when somebody has come with its id."""
    simulator, gateway, (one, two) = real(t, "uav1", "uav2", answer=hold)
    barrier(one)
    before = now_us()
    post(one, 900, b"for the old one", drone="uav2")
    simulator.send(*after(600_000)(simulator.next_transmit()))
    two.request(leave={})
    (new,) = members(t, gateway, "uav2", presence="PRESENCE_WISH_NONE")
    reply = one.reply_to(900)
    assert now_us() - before >= 600_000
    fate = fate_of(reply, "uav2")
    assert fate.outcome == relay.OUTCOME_TARGET_LEFT
    assert hops_told(fate.hops) == [("uav1", "uav2", "DELIVERED", "NONE", "LIVE")]
    barrier(new)
    assert bodies(new) == []


def test_the_sender_may_be_gone(t):
    simulator, gateway, (one, two) = real(t, "uav1", "uav2", answer=hold)
    post(one, 900, b"last words", drone="uav2")
    simulator.send(*after(400_000)(simulator.next_transmit()))
    one.request(leave={})
    delivery = two.wait_for("delivery").delivery
    assert (delivery.sender, delivery.payload) == ("uav1", b"last words")


def test_what_waits_does_not_need_the_simulator(t):
    """It is in the air already."""
    simulator, gateway, (one, two) = real(t, "uav1", "uav2", answer=hold)
    barrier(one)
    before = now_us()
    for ref in (900, 901, 902):
        post(one, ref, b"%d" % ref, drone="uav2")
    first, second, _ = (simulator.next_transmit() for _ in range(3))
    simulator.send(*after(700_000)(first), *after(0)(second))
    assert two.wait_for("delivery").delivery.payload == b"901", "both answers have been read"
    simulator.reset_connection()
    assert outcome_of(one.reply_to(902)) == "SIMULATOR_DOWN"
    assert two.wait_for("delivery").delivery.payload == b"900"
    assert now_us() - before >= 700_000
    assert outcome_of(one.reply_to(900)) == "DELIVERED"


def test_altered_while_it_waits(t):
    """Each target hears what became of it on its own way."""
    simulator, gateway, (one, two, three) = real(t, "uav1", "uav2", "uav3")
    simulator.answer = simulator.by_names({
        ("uav1", "uav2"): {"payload": b"hallo", **link(delay_us=50_000)},
        ("uav1", "uav3"): link(delay_us=60_000)})
    assert outcomes_of(one.tell(None, b"hello")) == {"uav2": "CORRUPTED", "uav3": "DELIVERED"}
    assert two.wait_for("delivery").delivery.payload == b"hallo"
    assert three.wait_for("delivery").delivery.payload == b"hello"


def test_many_wait_together(t):
    """Each at its time, none twice, none forgotten."""
    delays = [(number * 7919) % 300 * 1000 for number in range(300)]
    simulator, gateway, (one, two, three) = real(
        t, "uav1", "uav2", "uav3",
        answer=lambda transmit: after(delays[int(transmit.payload)])(transmit),
        limits={"max_in_flight_per_drone": 1000})
    barrier(one)
    before = now_us()
    one.send_bytes(b"".join(
        uavtest.delimit(relay.ToGateway(send={"everyone": {}, "payload": b"%d" % number}))
        for number in range(len(delays))))
    for drone in (two, three):
        heard = []
        for _ in delays:
            delivery = drone.wait_for("delivery").delivery
            number = int(delivery.payload)
            assert now_us() - before >= delays[number]
            heard.append(number)
        assert sorted(heard) == list(range(len(delays)))
    assert settle(gateway)["delivered"] == 2 * len(delays)


def test_thousands_are_due_together(t):
    """More than are handed over at once, with thousands of answers behind them, while the gateway
    stands still: what is due does not wait for all of these, and they are read afterwards."""
    count = 6000
    simulator, gateway, (one, two) = real(
        t, "uav1", "uav2", answer=hold, limits={"max_in_flight_per_drone": count},
        simulator={"timeout_ms": 60_000, "window": "fixed", "max_in_flight": 2 * count})
    for drone, to in ((one, "uav2"), (two, "uav1")):
        drone.send_bytes(b"".join(uavtest.delimit(relay.ToGateway(ref=number, send={
            "drone": to, "payload": b"%d" % number, "report": "REPORT_WISH_ALL"}))
            for number in range(1, 1 + count)))
    asked = {"uav1": [], "uav2": []}
    for _ in range(2 * count):
        transmit = simulator.next_transmit()
        asked[simulator.name_of(transmit.transmitter)].append(transmit)
    last = asked["uav2"].pop()
    due_us = time.time_ns() // 1000 + 3_000_000
    for transmit in asked["uav1"]:
        simulator.send(*after(due_us - transmit.sent_at_us)(transmit))
    simulator.send(*deliver(last, outcome="OUTCOME_LOST", reason="REASON_PACKET_ERROR"))
    two.reply_to(count)  # all before it have been read
    os.kill(gateway.pid, signal.SIGSTOP)
    simulator.send(*(answer for transmit in asked["uav2"] for answer in deliver(
        transmit, outcome="OUTCOME_LOST", reason="REASON_PACKET_ERROR")))
    spend(due_us - time.time_ns() // 1000)
    os.kill(gateway.pid, signal.SIGCONT)
    heard = [two.wait_for(lambda event: event.WhichOneof("body") != "ping") for _ in range(2 * count - 1)]
    deliveries = [at for at, event in enumerate(heard) if event.HasField("delivery")]
    reports = [at for at, event in enumerate(heard) if event.HasField("send_report")]
    assert {heard[at].delivery.payload for at in deliveries} == {
        b"%d" % number for number in range(1, 1 + count)}
    assert len(reports) == count - 1
    assert deliveries[-1] < reports[-1], "what is due waits for answers"


def test_the_delay_of_acceptance_holds(t):
    """A reload changes what is sent from then on, not what is in the air."""
    simulator, gateway, (one, two) = real(t, "uav1", "uav2", answer=hold)
    barrier(one)
    before = now_us()
    post(one, 900, b"real", drone="uav2")
    transmit = simulator.next_transmit()
    change_file(gateway, **{"scenario:field": {"delay": "none"}})
    reload(gateway)
    simulator.send(*after(500_000)(transmit))
    simulator.answer = after(NEVER_US)
    assert outcome_of(one.tell("uav2", b"none")) == "DELIVERED"
    heard = [two.wait_for("delivery").delivery.payload for _ in range(2)]
    assert set(heard) == {b"real", b"none"}
    assert outcome_of(one.reply_to(900)) == "DELIVERED"
    assert now_us() - before >= 500_000
    barrier(two)
    assert payloads(two) == []


def test_real_time_without_a_channel(t):
    """What is handed over past the simulator has no delay."""
    simulator, gateway, (one, two) = real(t, "uav1", "uav2", answer=after(NEVER_US),
                                          simulator={"on_simulator_down": "bypass"})
    simulator.close()
    gateway.wait_event("simulator_down")
    reply = one.tell("uav2", b"x")
    assert hops_told(reply.send_report.outcomes[0].hops) == [
        ("uav1", "uav2", "DELIVERED", "NONE", "BYPASSED")]
    assert two.wait_for("delivery").delivery.hops[0].late_by_us == 0


def test_ideal_channel_in_real_time(t):
    gateway = ready(t, scenarios={"field": {**IDEAL, "delay": "real"}})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    for number in range(50):
        assert outcome_of(one.tell("uav2", b"%d" % number)) == "DELIVERED"
    assert [two.wait_for("delivery").delivery.payload for _ in range(50)] == [
        b"%d" % number for number in range(50)]


if __name__ == "__main__":
    uavtest.run()
