"""The same id again: who gets it, who keeps it, and when it is enough."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver, hold  # noqa: E402
from scene import (  # noqa: E402
    STAR, Presence, ask_in, barrier, bodies, drone_from, error_of, fate_of, goodbye_of, hops_told,
    members, outcome_of, payloads, post, ready, turned_away,
)
from uavtest import relay  # noqa: E402

NOBODY = "PRESENCE_WISH_NONE"
ELSEWHERE = "127.0.0.2"
BAN_MS = 200_000


def flapping(t, most=2, **sections):
    """A gateway at which an id may change hands that often in a minute."""
    limits = {"max_takeovers_per_minute": most, "takeover_ban_ms": BAN_MS, **sections.pop("limits", {})}
    return ready(t, limits=limits, **sections)


def banned(t, gateway, drone_id="uav1", most=2):
    """Has an id taken over so often that it is banned. Its holder."""
    holder = None
    for _ in range(most + 2):  # the first takes it from nobody
        holder = t.drone(gateway, drone_id, scenario="field", presence=NOBODY)
    return holder


# ------------------------------------------------------------------ taken over


def test_told_and_not_inherited(t):
    gateway = ready(t)
    (watcher,) = members(t, gateway, "watcher")
    told = Presence(watcher)
    (old,) = members(t, gateway, "uav1", presence=NOBODY)
    old.request(join_group={"group": "red"})
    old.place(500.0)
    told.wait("uav1", "SCENARIO", "UNSPECIFIED", "field")
    new = t.drone(gateway, "uav1", scenario="field", presence=NOBODY)
    assert goodbye_of(old) == "TAKEN_OVER"
    offline = told.wait("uav1", "OFFLINE", "TAKEN_OVER", "field")
    uavtest.wait_until(lambda: barrier(watcher) or [e[:2] for e in told.take()[offline + 1:]] == [
        ("uav1", "ONLINE"), ("uav1", "SCENARIO")])
    reply = watcher.request(send={"group": "red", "payload": b"x", "report": "REPORT_WISH_ALL"})
    assert not reply.send_report.outcomes, "groups are not inherited"
    link = watcher.tell("uav1", b"x").send_report.outcomes[0].hops[0].link
    assert link.distance_m == 1.0, "nor is the position"
    assert new.wait_for("delivery").delivery.payload == b"x"


def test_a_hub_that_is_taken_over(t):
    """The newcomer is the hub when it enters; what was on the way through the old one ends."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, scenarios={"field": STAR})
    hub, one, two = members(t, gateway, "hub", "uav1", "uav2", presence=NOBODY)
    post(one, 900, drone="uav2")
    transmit = simulator.next_transmit()
    new = t.drone(gateway, "hub", presence=NOBODY)
    assert goodbye_of(hub) == "TAKEN_OVER"
    assert outcome_of(one.tell("uav2", b"x")) == "NO_ROUTE"
    new.request(choose_scenario={"name": "field"})
    simulator.send(*deliver(transmit))
    fate = fate_of(one.reply_to(900), "uav2")
    assert fate.outcome == relay.OUTCOME_NO_ROUTE
    assert hops_told(fate.hops) == [("uav1", "hub", "DELIVERED", "NONE", "LIVE")]
    simulator.answer = deliver
    assert outcome_of(one.tell("uav2", b"y")) == "DELIVERED"
    assert two.wait_for("delivery").delivery.payload == b"y"
    barrier(new)
    assert payloads(new) == []


# -------------------------------------------------------------- it is enough


def test_an_id_that_flaps_is_banned(t):
    """Two drones with one id take it from each other, until nobody gets it for a while. Who
    has it then keeps it."""
    gateway = flapping(t)
    watcher = Presence(t.drone(gateway, "watcher"))
    before = time.monotonic()
    holder = banned(t, gateway)
    retry_ms = turned_away(t.drone(gateway), "uav1")
    passed_ms = (time.monotonic() - before) * 1000
    assert BAN_MS - passed_ms - 1 <= retry_ms <= BAN_MS, (retry_ms, passed_ms)
    for _ in range(3):
        later_ms = turned_away(t.drone(gateway), "uav1")
        assert 0 < later_ms <= retry_ms, "a ban does not grow by asking"
    turned_away(drone_from(t, gateway, ELSEWHERE), "uav1")
    barrier(holder)
    assert bodies(holder) == [], "it is not asked for anything"
    (one,) = members(t, gateway, "uav2", presence=NOBODY)
    assert outcome_of(one.tell("uav1", b"x")) == "DELIVERED"
    assert holder.wait_for("delivery").delivery.payload == b"x"
    watcher.wait("uav2", "SCENARIO")
    taken = [entry for entry in watcher.told if entry[1:3] == ("OFFLINE", "TAKEN_OVER")]
    assert len(taken) == 3 and {entry[0] for entry in taken} == {"uav1"}


def test_the_ban_is_for_that_id(t):
    """Who was turned away may have another; other ids change hands as before."""
    gateway = flapping(t)
    banned(t, gateway)
    turned_away(t.drone(gateway), "uav1")
    for drone_id in ("uav2", "UAV1", "uav11"):
        assert t.drone(gateway, drone_id).welcome.drone_id == drone_id
    old = t.drones[-1]
    assert t.drone(gateway, "uav11").welcome.drone_id == "uav11"
    assert goodbye_of(old) == "TAKEN_OVER"


def test_the_ban_outlives_the_holder(t):
    """When it goes, the id is free, but not yet to be had."""
    gateway = flapping(t)
    holder = banned(t, gateway)
    watcher = t.drone(gateway, "watcher", presence=NOBODY)
    holder.request(leave={})
    uavtest.wait_until(lambda: len(watcher.request(list_drones={}).drones.entries) == 1)
    turned_away(t.drone(gateway), "uav1")


def test_the_ban_ends(t):
    """After retry_after_ms it may come, and takes over as if nothing had been."""
    gateway = flapping(t, limits={"takeover_ban_ms": 3000})
    holder = banned(t, gateway)
    retry_ms = turned_away(t.drone(gateway), "uav1")
    told = time.monotonic()
    assert 0 < retry_ms <= 3000
    while (left := told + retry_ms / 1000 - time.monotonic()) > 0:
        time.sleep(left)
    new = t.drone(gateway, "uav1")
    assert goodbye_of(holder) == "TAKEN_OVER"
    for _ in range(2):  # a new count: this is its second and its third
        new = t.drone(gateway, "uav1")
    turned_away(t.drone(gateway), "uav1")
    barrier(new)


def test_who_leaves_in_order_does_not_flap(t):
    """Coming and going is no change of hands."""
    gateway = flapping(t, most=1)
    for number in range(8):
        drone = t.drone(gateway, "uav1", presence=NOBODY)
        assert drone.request(leave={}).goodbye.reason == relay.GOODBYE_REASON_LEFT
        drone.wait_closed()


def test_asking_in_vain_does_not_count(t):
    """A holder that answers keeps its id, however often somebody elsewhere wants it."""
    gateway = flapping(t, most=1, sessions={"takeover_ms": 20000})
    holder = t.drone(gateway, "uav1", presence=NOBODY)
    for _ in range(5):
        new = drone_from(t, gateway, ELSEWHERE)
        new.send(ref=5, registration={"protocol": 1, "drone_id": "uav1"})
        holder.wait_for("ping")  # answered as it is read
        assert error_of(new.reply_to(5)) == "NAME_TAKEN"
        new.close()
    barrier(holder)
    assert t.drone(gateway, "uav1").welcome.drone_id == "uav1", "its own host may"


def test_silent_holders_count_too(t):
    """Taken over from elsewhere, after their silence."""
    gateway = flapping(t, most=1, sessions={"takeover_ms": 50})
    hosts = [ELSEWHERE, "127.0.0.3", ELSEWHERE, "127.0.0.3"]
    drones = []
    for host in hosts[:3]:
        drone = drone_from(t, gateway, host)
        drone.answer_pings = False
        drones.append(drone)
        assert ask_in(drone, drone_id="uav1").welcome.drone_id == "uav1"
    turned_away(drone_from(t, gateway, hosts[3]), "uav1")
    assert goodbye_of(drones[0]) == goodbye_of(drones[1]) == "TAKEN_OVER"
    barrier(drones[2])


if __name__ == "__main__":
    uavtest.run()
