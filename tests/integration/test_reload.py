"""The configuration is edited while drones fly (SIGHUP)."""

import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver, hold  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, barrier, bodies, change_file, error_of, goodbye_of, members, outcome_of, ready, reload,
    settle, told,
)


def scenarios(drone):
    """{name: entry} of those that it may choose."""
    reply = drone.request(list_scenarios={})
    return {entry.name: entry for entry in reply.scenarios.entries}


def line_of(path, text):
    """The number of the line that begins with `text`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    (number,) = (n for n, line in enumerate(lines, 1) if line.startswith(text))
    return number


def passes(one, two, text):
    """A message from one to the other is delivered."""
    assert outcome_of(one.tell(two.drone_id, text)) == "DELIVERED"
    assert two.wait_for("delivery").delivery.payload == text


def attend(*drones, until):
    """Reads what comes to each, which answers pings, until that is true."""
    def read():
        for drone in drones:
            while (event := drone.read(0)) is not None:
                drone.events.append(event)
        return until()

    uavtest.wait_until(read)


def left(gateway):
    """[(drone_id, reason)] of those that have left."""
    lines = [uavtest.parse_logfmt(line) for line in list(gateway.lines)]
    return [(line["drone"], line["reason"]) for line in told(lines, "drone_left")]


def nobody_left(gateway):
    return not any("event=drone_left" in line for line in gateway.lines)


# ---------------------------------------------------------------- scenarios


def test_an_operator_adds_breaks_and_mends(t):
    """Nobody notices but those whom it concerns."""
    gateway = ready(t)
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    passes(one, two, b"before")

    change_file(gateway, **{"scenario:lab": {**IDEAL, "max_drones": 7}})
    lines = reload(gateway)
    changes = told(lines, "config_changed")
    assert changes[0] == {"section": "scenario:lab", "change": "added"}
    assert {"section": "scenario:lab", "key": "max_drones", "new": "7"} in changes
    assert {"section": "scenario:lab", "key": "channel.model", "new": "ideal"} in changes
    assert told(lines, "reloaded") == [{"changes": str(len(changes)), "scenarios": "2"}]
    passes(one, two, b"added")
    assert scenarios(one)["lab"].max_drones == 7

    change_file(gateway, **{"scenario:lab": {"max_drones": "many"}, "presence": {"interval_ms": 1}})
    lines = reload(gateway, "reload_refused")
    (mistake,) = told(lines, "reload_mistake")
    assert mistake["file"] == str(gateway.path)
    assert mistake["line"] == str(line_of(gateway.path, "max_drones = many"))
    assert "max_drones" in mistake["why"]
    assert told(lines, "reload_refused")[0]["mistakes"] == "1"
    assert not told(lines, "config_changed") and not told(lines, "reloaded")
    passes(one, two, b"broken")
    assert scenarios(one)["lab"].max_drones == 7, "nothing at all has changed"

    change_file(gateway, **{"scenario:lab": {"max_drones": 8}, "presence": None})
    assert told(reload(gateway), "config_changed") == [
        {"section": "scenario:lab", "key": "max_drones", "old": "7", "new": "8"}]
    gateway.wait_event("scenario_accepted", scenario="lab")
    passes(one, two, b"mended")
    assert scenarios(one)["lab"].max_drones == 8
    assert one.request(choose_scenario={"name": "lab"}).HasField("scenario_chosen")
    assert not one.events and not two.events, "they were told nothing"
    assert nobody_left(gateway)


def test_members_of_a_scenario_that_goes_are_told(t):
    gateway = ready(t, scenarios={"field": uavtest.scenario(), "lab": IDEAL})
    (stays,) = members(t, gateway, "stays", presence="PRESENCE_WISH_NONE")
    (moved,) = members(t, gateway, "moved", scenario="lab", presence="PRESENCE_WISH_NONE")
    change_file(gateway, **{"scenario:lab": None})
    lines = reload(gateway)
    assert told(lines, "config_changed") == [{"section": "scenario:lab", "change": "removed"}]
    event = moved.wait_for("scenario_chosen")
    assert event.ref == 0 and not event.scenario_chosen.HasField("scenario")
    assert set(scenarios(moved)) == {"field"}
    assert error_of(moved.request(choose_scenario={"name": "lab"})) == "NO_SUCH_SCENARIO"
    barrier(stays)
    assert "scenario_chosen" not in bodies(stays)
    assert moved.request(choose_scenario={"name": "field"}).HasField("scenario_chosen")
    passes(stays, moved, b"together")
    assert nobody_left(gateway)


def test_a_changed_channel_is_told_to_the_simulator(t):
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator)
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    connection = simulator.wait_connection(1)
    change_file(gateway, **{"scenario:field": {"channel.model": "other"}})
    assert told(reload(gateway), "config_changed") == [
        {"section": "scenario:field", "key": "channel.model", "old": "free-space", "new": "other"}]

    def sent():
        return [request.set_scenario for request in connection.requests
                if request.HasField("set_scenario")
                and [p.value for p in request.set_scenario.parameters if p.key == "model"] == ["other"]]

    (scenario,) = simulator.wait(sent, "the changed scenario")
    assert scenario.name == "field"
    passes(one, two, b"through it")
    assert len(simulator.connections) == 1, "on the same connection"


def test_much_at_once_is_not_held_against_the_simulator(t):
    """It is told of more than its socket takes while the file is read."""
    simulator = FakeSimulator(t, answer=hold, path=t.folder / "sim.sock")
    gateway = ready(t, simulator, simulator={"max_queued_bytes": 65536})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.send(ref=1, send={"drone": "uav2", "payload": b"held", "report": "REPORT_WISH_ALL"})
    transmit = simulator.next_transmit()
    keys = {f"channel.key{number}": "x" * 900 for number in range(200)}
    change_file(gateway, **{f"scenario:lab{number}": keys for number in range(8)})
    gateway.process.send_signal(signal.SIGHUP)  # the log may lose some of so many lines
    connection = simulator.wait_connection(1)
    for number in range(8):
        simulator.wait_request(connection, "set_scenario", name=f"lab{number}")
    simulator.answer = deliver
    simulator.send(*deliver(transmit))
    assert outcome_of(one.reply_to(1)) == "DELIVERED"
    assert two.wait_for("delivery").delivery.payload == b"held"
    passes(one, two, b"after")
    assert len(simulator.connections) == 1, "the link has lasted"


def test_a_listener_places_elsewhere(t):
    gateway = ready(t, scenarios={"field": uavtest.scenario(), "lab": IDEAL},
                    **{"listen:drones": {"scenario": "field"}})
    assert t.drone(gateway, "uav1").wait_for("scenario_chosen").scenario_chosen.scenario.name == "field"
    early = t.drone(gateway)
    change_file(gateway, **{"listen:drones": {"scenario": "lab"}})
    assert told(reload(gateway), "config_changed") == [
        {"section": "listen:drones", "key": "scenario", "old": "field", "new": "lab"}]
    early.register("uav2")
    for drone in (early, t.drone(gateway, "uav3")):
        assert drone.wait_for("scenario_chosen").scenario_chosen.scenario.name == "lab"


# --------------------------------------------------------- limits, timeouts


def test_one_line_for_each_changed_key(t):
    gateway = ready(t, sessions={"idle_timeout_ms": 40000},
                    **{"simulator": {"max_in_flight": 500}})
    drone = t.drone(gateway, "uav1")
    assert drone.welcome.idle_timeout_ms == 40000
    change_file(gateway, sessions={"idle_timeout_ms": 50000}, limits={"drain_ms": 1234},
                simulator={"max_in_flight": 600, "backoff_max_ms": 300})
    lines = reload(gateway)
    found = {(line["section"], line["key"]): (line["old"], line["new"])
             for line in told(lines, "config_changed")}
    assert found == {
        ("sessions", "idle_timeout_ms"): ("40000", "50000"),
        ("limits", "drain_ms"): ("5000", "1234"),
        ("simulator", "max_in_flight"): ("500", "600"),
        ("simulator", "backoff_max_ms"): ("200", "300"),
    }
    assert told(lines, "reloaded") == [{"changes": "4", "scenarios": "1"}]
    assert t.drone(gateway, "uav2").welcome.idle_timeout_ms == 50000
    barrier(drone)


# Of silence, in ms: more than any test, and what a reload makes of it.
LONG = {"ping_interval_ms": 1800000, "idle_timeout_ms": 3600000}
SHORT = {"ping_interval_ms": 250, "idle_timeout_ms": 2000}


def be_silent_for_longer():
    """What had to come in this time by the new rules was not asked for by the old ones."""
    time.sleep(1.25 * SHORT["idle_timeout_ms"] / 1000)


def test_shorter_times_of_silence_drop_nobody(t):
    """Those who answer the pings, which they get from now on, stay."""
    gateway = ready(t, sessions=LONG)
    living = members(t, gateway, "uav1", "uav2", "uav3", presence="PRESENCE_WISH_NONE")
    (silent,) = members(t, gateway, "silent", presence="PRESENCE_WISH_NONE")
    silent.answer_pings = False
    be_silent_for_longer()
    change_file(gateway, sessions=SHORT)
    reload(gateway)
    attend(*living, until=lambda: left(gateway))
    assert left(gateway) == [("silent", "IDLE_TIMEOUT")], "the new times are in force"
    assert goodbye_of(silent) == "IDLE_TIMEOUT" and bodies(silent).count("ping") >= 2
    for drone in living:
        assert bodies(drone).count("ping") >= 2, drone.events
        barrier(drone)
    passes(*living[:2], b"still here")


def test_shorter_times_of_silence_break_no_link(t):
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator, simulator=LONG)
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    be_silent_for_longer()
    change_file(gateway, simulator=SHORT)
    reload(gateway)
    connection = simulator.wait_connection(1)
    simulator.wait(lambda: sum(r.HasField("ping") for r in connection.requests) >= 3, "pings")
    passes(one, two, b"still up")
    assert not any("event=simulator_down" in line for line in gateway.lines)
    simulator.pong = False
    assert "idle_timeout_ms" in gateway.wait_event("simulator_down")["why"], "they are in force"


def test_smaller_frames_are_for_newcomers(t):
    """Who was welcomed with a limit may use it for as long as it stays."""
    gateway = ready(t, limits={"max_frame_bytes": 65536})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    change_file(gateway, limits={"max_frame_bytes": 16384})
    reload(gateway)
    passes(one, two, b"x" * 60000)
    (late,) = members(t, gateway, "late")
    assert (one.welcome.max_frame_bytes, late.welcome.max_frame_bytes) == (65536, 16384)
    late.send_bytes(uavtest.encode_varint(60000) + b"x" * 1000)
    assert goodbye_of(late) == "PROTOCOL_ERROR"
    passes(two, one, b"x" * 60000)


def test_a_newcomers_frame_that_has_become_too_large(t):
    """Its beginning fills what there is room for; what follows is not waited for in vain."""
    gateway = ready(t, limits={"max_frame_bytes_unregistered": 65536},
                    sessions={"register_timeout_ms": 60000, "frame_timeout_ms": 60000})
    drone = t.drone(gateway)
    drone.send_bytes(uavtest.encode_varint(60000) + b"x" * (16384 - 3))
    members(t, gateway, "uav1")  # meanwhile those bytes have been read
    change_file(gateway, limits={"max_frame_bytes_unregistered": 1024})
    reload(gateway)
    drone.send_bytes(b"x" * 1000)
    assert goodbye_of(drone) == "PROTOCOL_ERROR"


def test_nothing_has_changed(t):
    gateway = ready(t)
    assert told(reload(gateway), "reloaded") == [{"changes": "0", "scenarios": "1"}]


def test_what_needs_a_restart_is_refused(t):
    """Together with what would not: all or nothing."""
    gateway = ready(t)
    drone = t.drone(gateway, "uav1")
    change_file(gateway, gateway={"name": "other"}, sessions={"idle_timeout_ms": 99000})
    lines = reload(gateway, "reload_refused")
    (mistake,) = told(lines, "reload_mistake")
    assert "name" in mistake["why"] and "restart" in mistake["why"]
    assert t.drone(gateway, "uav2").welcome.idle_timeout_ms == drone.welcome.idle_timeout_ms


def test_every_mistake_is_told(t):
    gateway = ready(t)
    drone = t.drone(gateway, "uav1")
    change_file(gateway, sessions={"idle_timeout": 1}, limits={"max_drones": 0}, radio={"on": 1})
    lines = reload(gateway, "reload_refused")
    found = {int(line["line"]) for line in told(lines, "reload_mistake")}
    assert {line_of(gateway.path, text) for text in ("idle_timeout =", "max_drones = 0", "[radio]")} <= found
    gateway.path.unlink()
    lines = reload(gateway, "reload_refused")
    assert told(lines, "reload_mistake")[0]["file"] == str(gateway.path)
    uavtest.write_ini(gateway.path, {})
    reload(gateway, "reload_refused")
    barrier(drone)


# -------------------------------------------------------------------- the log


def test_the_log_changes_its_level_and_format(t):
    gateway = ready(t)
    change_file(gateway, gateway={"log_level": "warning"})
    lines = reload(gateway)
    assert told(lines, "config_changed") == [
        {"section": "gateway", "key": "log_level", "old": "debug", "new": "warning"}]
    start = len(gateway.lines)
    t.drone(gateway, "uav1")
    change_file(gateway, gateway={"log_level": "info", "log_format": "json"})
    gateway.process.send_signal(signal.SIGHUP)
    uavtest.wait_until(lambda: any('"reloaded"' in line for line in gateway.lines[start:]))
    events = [json.loads(line) for line in gateway.lines[start:]]
    assert [event["event"] for event in events] == ["config_changed"] * 2 + ["reloaded"], events
    assert events[1]["key"] == "log_format" and events[1]["new"] == "json"
    change_file(gateway, gateway={"log_format": "logfmt"})
    reload(gateway)
    settle(gateway)


# ----------------------------------------------------------- when, how often


def test_a_storm_of_signals(t):
    """Messages pass meanwhile; in the end the last file is in force."""
    gateway = ready(t)
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    for number in range(200):
        change_file(gateway, sessions={"idle_timeout_ms": 50000 + number})
        for _ in range(5):
            gateway.process.send_signal(signal.SIGHUP)
        if number % 20 == 0:
            passes(one, two, b"%d" % number)
    uavtest.wait_until(
        lambda: any("old=" in line and "new=50199" in line for line in list(gateway.lines)))
    assert t.drone(gateway, "uav3").welcome.idle_timeout_ms == 50199
    passes(one, two, b"after")
    assert nobody_left(gateway)


def test_a_signal_before_there_is_anything_to_reload(t):
    """It waits until the gateway runs."""
    simulator = t.simulator()
    path = t.folder / "pipe.ini"
    os.mkfifo(path)
    gateway = t.program(t.binary("uav-gateway"), "-c", path)
    with open(path, "w", encoding="utf-8") as out:  # returns when the gateway reads
        gateway.process.send_signal(signal.SIGHUP)
        print("[listen:drones]\naddress = 127.0.0.1:0\n[simulator]\naddress = %s:%d" % simulator.at,
              file=out)
    gateway.at = gateway.address(listener="drones")
    gateway.wait_event("reload_refused", file=path)  # a pipe is not read again
    barrier(t.drone(gateway, "uav1"))


def test_signals_until_the_very_end(t):
    gateway = ready(t)
    members(t, gateway, "uav1")
    gateway.process.terminate()
    while gateway.process.poll() is None:
        gateway.process.send_signal(signal.SIGHUP)
    assert gateway.wait() == 0


def test_not_any_more_once_it_stops(t):
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator)
    one, _ = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.send(ref=1, send={"drone": "uav2", "report": "REPORT_WISH_ALL"})
    transmit = simulator.next_transmit()
    gateway.process.terminate()
    gateway.wait_event("stopping", in_flight=1)
    change_file(gateway, sessions={"idle_timeout_ms": 99000})
    lines = reload(gateway, "reload_ignored")
    assert not told(lines, "config_changed")
    simulator.send(*deliver(transmit))
    assert outcome_of(one.reply_to(1)) == "DELIVERED"
    assert goodbye_of(one) == "SHUTTING_DOWN"
    assert settle(gateway)["delivered"] == 1


if __name__ == "__main__":
    uavtest.run()
