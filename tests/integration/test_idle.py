"""Who counts as alive, and who is told when somebody does not.

Nothing here measures how fast anything happens: a drone that is alive is told of one
that is not, which came later and was silent for a shorter time."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver, hold, link  # noqa: E402
from scene import Presence, bodies, goodbye_of, members, outcome_of, ready  # noqa: E402
from uavtest import relay  # noqa: E402

IDLE = {"idle_timeout_ms": 2000, "ping_interval_ms": 150}


def test_the_silent_are_kicked_and_the_living_stay(t):
    gateway = ready(t, sessions=IDLE)
    alive = Presence(t.drone(gateway, "alive"))
    pings = 0
    (silent,) = members(t, gateway, "silent")
    silent.answer_pings = False
    while not any(entry[:3] == ("silent", "OFFLINE", "IDLE_TIMEOUT") for entry in alive.take()):
        event = alive.drone.read()
        assert event is not None, "nothing more is told"
        pings += event.HasField("ping")
        alive.drone.events.append(event)
    assert pings >= 2
    assert alive.told[-1][3] == "field"
    assert goodbye_of(silent) == "IDLE_TIMEOUT"
    assert bodies(silent).count("ping") >= 2 and bodies(silent)[-1] == "goodbye"
    assert len({e.ping.time_us for e in silent.events if e.HasField("ping")}) >= 2
    gateway.wait_event("drone_left", drone="silent", reason="IDLE_TIMEOUT")


def test_any_frame_is_a_sign_of_life(t):
    """A drone that never answers a ping, but pings or updates its state, stays."""
    gateway = ready(t, sessions={"idle_timeout_ms": 1500, "ping_interval_ms": 0})
    alive = Presence(t.drone(gateway, "alive"))
    silent = t.drone(gateway, "silent")
    alive.wait("silent", "ONLINE")
    number = 0
    while not any(entry[:3] == ("silent", "OFFLINE", "IDLE_TIMEOUT") for entry in alive.take()):
        number += 1
        alive.drone.send(ref=number, **([{"ping": {}}, {"update_state": {}}][number % 2]))
        assert alive.drone.reply_to(number) is not None
        event = alive.drone.read(0.1)
        if event is not None:
            alive.drone.events.append(event)
    assert "ping" not in bodies(alive.drone), "ping_interval_ms = 0: no pings"
    assert goodbye_of(silent) == "IDLE_TIMEOUT"
    assert "ping" not in bodies(silent)
    assert alive.drone.welcome.ping_interval_ms == 0


def test_who_does_not_register(t):
    gateway = ready(t, sessions={"register_timeout_ms": 200})
    silent, wrong = t.drone(gateway), t.drone(gateway)
    wrong.send(ref=1, registration={"protocol": 1, "drone_id": "no id"})
    for drone in (silent, wrong):
        assert goodbye_of(drone) == "PROTOCOL_ERROR"
    assert bodies(silent) == ["goodbye"] and bodies(wrong) == ["error", "goodbye"]
    # the deadline counts from the connection: registering in time is enough
    assert t.drone(gateway, "uav1").request(ping={}).HasField("pong")


def test_nothing_else_wakes_the_gateway(t):
    """What is due is done although nobody says a word, the simulator's link included."""
    gateway = ready(t, sessions={"register_timeout_ms": 100},
                    simulator={"ping_interval_ms": 3600000, "idle_timeout_ms": 7200000})
    assert goodbye_of(t.drone(gateway)) == "PROTOCOL_ERROR"
    assert goodbye_of(t.drone(gateway)) == "PROTOCOL_ERROR", "and once more"


def test_a_frame_that_is_never_finished(t):
    gateway = ready(t, sessions={"frame_timeout_ms": 200})
    stuck = t.drone(gateway, "stuck")
    stuck.send_bytes(b"\x05\x08")
    assert goodbye_of(stuck) == "PROTOCOL_ERROR"
    assert "long" in stuck.events[-1].goodbye.message


def test_a_frame_that_is_finished_too_slowly(t):
    """Each byte comes in time, the frame does not."""
    gateway = ready(t, sessions={"frame_timeout_ms": 300})
    slow = t.drone(gateway, "slow")
    slow.send_bytes(uavtest.encode_varint(60000))
    ended = []

    def dribble():
        if not ended:
            slow.send_bytes(b"\x08")
        event = slow.read(0)
        if event is not None:
            ended.append(event)
        return ended

    uavtest.wait_until(dribble)
    assert ended[0].HasField("goodbye"), ended
    slow.events = ended
    assert goodbye_of(slow) == "PROTOCOL_ERROR"


def test_unregistered_frames_have_a_deadline_too(t):
    gateway = ready(t, sessions={"register_timeout_ms": 300})
    slow = t.drone(gateway)
    slow.send_bytes(uavtest.encode_varint(1000) + b"\x08")
    assert goodbye_of(slow) == "PROTOCOL_ERROR"


def test_a_drone_that_the_gateway_silences_is_not_idle(t):
    """It is not read while its window is full: that is not its fault."""
    gateway = ready(
        t, FakeSimulator(t, answer=hold), limits={"max_in_flight_per_drone": 1},
        sessions={"idle_timeout_ms": 300, "ping_interval_ms": 0}, simulator={"timeout_ms": 1200})
    (two,) = members(t, gateway, "uav2")
    one = t.drone(gateway)
    registration = {"protocol": 1, "drone_id": "uav1", "scenario": "field"}
    send = {"drone": "uav2", "report": "REPORT_WISH_ALL"}
    one.send_bytes(b"".join(
        uavtest.delimit(relay.ToGateway(ref=ref, **body)) for ref, body in enumerate(
            [{"registration": registration}, {"send": send}, {"send": send}, {"send": send}], 1)))
    outcomes = [outcome_of(one.reply_to(ref)) for ref in (2, 3, 4)]
    assert outcomes[0] == "SIMULATOR_TIMEOUT", "four times as long as idle_timeout_ms"
    assert set(outcomes[1:]) <= {"SIMULATOR_TIMEOUT", "TARGET_OFFLINE"}, outcomes
    assert goodbye_of(two) == "IDLE_TIMEOUT"


def test_the_end_waits_for_what_is_on_its_way(t):
    """Longer than anybody may be silent: who answers pings is alive until the goodbye."""
    simulator = FakeSimulator(t, answer=lambda transmit: deliver(transmit, **link(delay_us=4000000)))
    gateway = ready(t, simulator, scenarios={"field": {**uavtest.scenario(), "delay": "real"}},
                    sessions={"idle_timeout_ms": 2000, "ping_interval_ms": 250},
                    limits={"drain_ms": 20000})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.send(ref=1, send={"drone": "uav2", "payload": b"late", "report": "REPORT_WISH_ALL"})
    simulator.wait_request(simulator.wait_connection(1), "transmit")
    gateway.process.terminate()
    gateway.wait_event("stopping", in_flight=1)
    with ThreadPoolExecutor() as readers:  # both at once: each has pings to answer
        assert list(readers.map(goodbye_of, (one, two))) == ["SHUTTING_DOWN"] * 2
    assert bodies(two).count("ping") >= 2
    assert [body for body in bodies(two) if body != "ping"] == ["delivery", "goodbye"]
    assert outcome_of(one.reply_to(1)) == "DELIVERED"
    assert gateway.wait() == 0
    gateway.wait_event("accounts", delivered=1, pending=0)


if __name__ == "__main__":
    uavtest.run()
