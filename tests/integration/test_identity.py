"""Who may be called what, and what happens when an id comes again."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver, hold, result  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, Presence, ask_in, barrier, bodies, drone_from, error_of, goodbye_of, members,
    outcome_of, ready, settle,
)

ELSEWHERE = "127.0.0.2"


def wait_asked(drone):
    """Until the gateway pings the drone; it is not answered."""
    drone.answer_pings = False
    return drone.wait_for("ping").ping


# ------------------------------------------------------------------- names


def test_ids(t):
    """What is refused can be mended on the same connection."""
    gateway = ready(t)
    drone = t.drone(gateway)
    for wrong in ("", "my drone", "a" * 33, "uav/1", "ü", "uav1\n", "a\x1b[31m"):
        assert error_of(ask_in(drone, drone_id=wrong)) == "BAD_ID", wrong
    right = "A.z_0-9" + "x" * 25
    assert ask_in(drone, drone_id=right).welcome.drone_id == right
    lower = t.drone(gateway, right.lower())
    assert lower.welcome.online == 2, "upper and lower case differ"


def test_callsigns(t):
    gateway = ready(t)
    drone = t.drone(gateway)
    for wrong in ("x" * 33, "𝛼" * 33, "two\nlines", "\x1b[31mred", "tab\t", "del\x7f",
                  "c1\x85", "\x9b31m", "\x01"):
        assert error_of(ask_in(drone, drone_id="uav1", callsign=wrong)) == "BAD_NAME", repr(wrong)
    longest = "𝛼" * 32
    assert ask_in(drone, drone_id="uav1", callsign=longest).welcome.callsign == longest
    for spoken in (" ", "Ærø", "鷹", "a=\"b\" \\"):
        drone = t.drone(gateway)
        name = f"uav{ord(spoken[0])}"
        assert ask_in(drone, drone_id=name, callsign=spoken).welcome.callsign == spoken


def test_other_fields_of_a_registration(t):
    gateway = ready(t)
    drone = t.drone(gateway)
    for wrong in ({"software": "x" * 65}, {"max_frame_bytes": 767}, {"max_frame_bytes": 1}):
        assert error_of(ask_in(drone, drone_id="uav1", **wrong)) == "BAD_REQUEST", wrong
    assert ask_in(drone, drone_id="uav1", software="x" * 64, max_frame_bytes=768).HasField("welcome")


def test_name_taken_and_try_again(t):
    gateway = ready(t)
    t.drone(gateway, "uav1", callsign="Falke")
    drone = t.drone(gateway)
    for callsign in ("Falke", "uav1"):  # somebody's callsign, somebody's id
        assert error_of(ask_in(drone, drone_id="uav2", callsign=callsign)) == "NAME_TAKEN"
    assert ask_in(drone, drone_id="uav2", callsign="falke").welcome.callsign == "falke"
    other = t.drone(gateway, "uav3", callsign="uav3")
    assert other.welcome.callsign == "uav3", "one's own id is free"


def test_a_name_is_free_again(t):
    gateway = ready(t)
    one = t.drone(gateway, "uav1", callsign="Falke")
    one.request(leave={})
    assert t.drone(gateway, "uav2", callsign="Falke").welcome.callsign == "Falke"


def test_already_registered(t):
    gateway = ready(t)
    drone = t.drone(gateway, "uav1")
    for name in ("uav1", "uav2"):
        assert error_of(ask_in(drone, drone_id=name)) == "ALREADY_REGISTERED"
    barrier(drone)


def test_an_id_beats_a_callsign(t):
    """Who squats on an absent drone's id falls back to its own."""
    gateway = ready(t)
    watcher = Presence(t.drone(gateway, "watcher"))
    squatter = t.drone(gateway, "uav9", callsign="uav1")
    watcher.wait("uav9", "ONLINE", "UNSPECIFIED", "", "uav1")
    one = t.drone(gateway, "uav1")
    assert one.welcome.callsign == "uav1"
    renamed = watcher.wait("uav9", "RENAMED", "UNSPECIFIED", "", "uav9")
    assert renamed < watcher.wait("uav1", "ONLINE")
    reply = watcher.drone.request(list_drones={})
    assert {e.drone_id: e.callsign for e in reply.drones.entries} == {
        "watcher": "watcher", "uav9": "uav9", "uav1": "uav1"}
    barrier(squatter)


# -------------------------------------------------------- the same id again


def test_take_over_from_the_same_address(t):
    gateway = ready(t)
    watcher = Presence(t.drone(gateway, "watcher"))
    (old,) = members(t, gateway, "uav1", callsign="Falke")
    old.place(10.0)
    new = t.drone(gateway, "uav1", callsign="Falke")
    assert goodbye_of(old) == "TAKEN_OVER"
    assert new.welcome.session != old.welcome.session
    offline = watcher.wait("uav1", "OFFLINE", "TAKEN_OVER", "field", "Falke")
    told = [entry for entry in watcher.told[offline:] if entry[0] == "uav1"]
    while len(told) < 2:
        watcher.drone.events.append(watcher.drone.read())
        told = [entry for entry in watcher.take()[offline:] if entry[0] == "uav1"]
    assert told[1][1] == "ONLINE"
    (entry,) = [e for e in new.request(list_drones={}).drones.entries if e.drone_id == "uav1"]
    assert entry.scenario == "" and not entry.HasField("position"), "nothing is inherited"
    assert error_of(new.tell("watcher", b"x")) == "NO_SCENARIO"


def test_many_take_overs(t):
    """Each newcomer gets the id; at the end one is left."""
    gateway = ready(t, limits={"max_takeovers_per_minute": 100})
    watcher = Presence(t.drone(gateway, "watcher"))
    last = None
    for _ in range(30):
        last = t.drone(gateway, "uav1", scenario="field")
    barrier(last)
    watcher.wait("uav1", "SCENARIO")
    online = {e.drone_id for e in last.request(list_drones={}).drones.entries}
    assert online == {"watcher", "uav1"}
    for drone in t.drones[1:-1]:
        assert goodbye_of(drone) == "TAKEN_OVER"


def test_a_live_holder_keeps_its_id(t):
    gateway = ready(t, sessions={"takeover_ms": 20000})
    (old,) = members(t, gateway, "uav1")
    new = drone_from(t, gateway, ELSEWHERE)
    new.send(ref=5, registration={"protocol": 1, "drone_id": "uav1"})
    ping = wait_asked(old)
    old.send(pong={"nonce": ping.nonce})
    assert error_of(new.reply_to(5)) == "NAME_TAKEN"
    assert ask_in(new, drone_id="uav2").welcome.drone_id == "uav2", "it may try another"
    barrier(old)


def test_a_silent_holder_is_taken_over(t):
    gateway = ready(t, sessions={"takeover_ms": 150})
    watcher = Presence(t.drone(gateway, "watcher"))
    (old,) = members(t, gateway, "uav1")
    old.answer_pings = False
    new = drone_from(t, gateway, ELSEWHERE)
    new.send(ref=5, registration={"protocol": 1, "drone_id": "uav1", "scenario": "field"})
    new.send(ref=6, ping={"nonce": 1})  # waits with it
    assert new.reply_to(5).welcome.drone_id == "uav1"
    assert new.reply_to(5).scenario_chosen.scenario.drones == 1
    assert new.reply_to(6).pong.nonce == 1
    assert goodbye_of(old) == "TAKEN_OVER" and "ping" in bodies(old)
    watcher.wait("uav1", "OFFLINE", "TAKEN_OVER")


def test_two_wait_for_one_id(t):
    gateway = ready(t, sessions={"takeover_ms": 20000})
    old = t.drone(gateway, "uav1")
    first, second = (drone_from(t, gateway, host) for host in (ELSEWHERE, "127.0.0.3"))
    first.send(ref=5, registration={"protocol": 1, "drone_id": "uav1"})
    wait_asked(old)
    assert error_of(ask_in(second, drone_id="uav1")) == "NAME_TAKEN"
    old.close()
    assert first.reply_to(5).welcome.drone_id == "uav1", "it waited longest"


def test_who_asks_may_go_away(t):
    gateway = ready(t, sessions={"takeover_ms": 20000})
    old = t.drone(gateway, "uav1")
    for _ in range(3):
        new = drone_from(t, gateway, ELSEWHERE)
        new.send(ref=5, registration={"protocol": 1, "drone_id": "uav1"})
        wait_asked(old)
        new.close()
        gateway.wait_event("newcomer_left", reason="CONNECTION_LOST")
    barrier(old)
    assert t.drone(gateway, "uav2").welcome.online == 2


# ------------------------------------------------- what is not handed over


def test_a_result_never_reaches_the_next_holder_of_an_id(t):
    """The target leaves while its message is in the channel, and somebody comes with its id,
    into the same scenario and the same place of the gateway's tables."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator)
    (one,) = members(t, gateway, "uav1", presence="PRESENCE_WISH_NONE")
    for way in ("leave", "taken over", "closed"):
        (old,) = members(t, gateway, "uav2", presence="PRESENCE_WISH_NONE")
        one.send(ref=900, send={"drone": "uav2", "payload": b"for the old one",
                                "report": "REPORT_WISH_ALL"})
        transmit = simulator.next_transmit()
        if way == "leave":
            old.request(leave={})
        elif way == "closed":
            old.close()
            uavtest.wait_until(lambda: len(one.request(list_drones={}).drones.entries) == 1)
        (new,) = members(t, gateway, "uav2", presence="PRESENCE_WISH_NONE")
        simulator.send(*deliver(transmit))
        assert outcome_of(one.reply_to(900)) == "TARGET_LEFT", way
        barrier(new)
        assert bodies(new) == [], way
        new.request(leave={})
    assert settle(gateway)["target_left"] == 3


def test_a_result_never_follows_into_another_membership(t):
    """Out of the scenario and in again is a new membership."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, scenarios={"field": IDEAL, "lab": IDEAL})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.send(ref=900, send={"everyone": {}, "payload": b"x", "report": "REPORT_WISH_ALL"})
    transmit = simulator.next_transmit()
    for name in ("lab", "field"):
        two.request(choose_scenario={"name": name})
    simulator.send(*deliver(transmit))
    assert outcome_of(one.reply_to(900)) == "TARGET_LEFT"
    barrier(two)
    assert bodies(two) == []


def test_a_report_never_reaches_the_next_holder_of_an_id(t):
    """The sender leaves, and somebody comes with its id: its refs are its own."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator)
    (two,) = members(t, gateway, "uav2", presence="PRESENCE_WISH_NONE")
    for everyone in (False, True):
        (old,) = members(t, gateway, "uav1", presence="PRESENCE_WISH_NONE")
        to = {"everyone": {}} if everyone else {"drone": "uav2"}
        old.send(ref=900, send={**to, "payload": b"x", "report": "REPORT_WISH_ALL"})
        transmit = simulator.next_transmit()
        (new,) = members(t, gateway, "uav1", presence="PRESENCE_WISH_NONE")
        simulator.send(*deliver(transmit))
        assert two.wait_for("delivery").delivery.sender == "uav1", "what it sent is still relayed"
        barrier(new)
        assert bodies(new) == []
        new.send(ref=1, send={**to, "payload": b"y", "report": "REPORT_WISH_ALL"})
        again = simulator.next_transmit()
        assert again.id != transmit.id and again.sequence == 1
        simulator.send(result(transmit), *deliver(again))
        reply = new.reply_to(1)
        assert outcome_of(reply) == "DELIVERED" and reply.ref == 1
        assert two.wait_for("delivery").delivery.payload == b"y"
        new.request(leave={})
    accounts = settle(gateway)
    assert accounts["delivered"] == 4


if __name__ == "__main__":
    uavtest.run()
