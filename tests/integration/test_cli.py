"""uav-drone as people and scripts use it: output, exit codes, and nothing that a terminal
would obey."""

import base64
import json
import re
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver  # noqa: E402
from scene import IDEAL, STAR, change_file, members, ready, reload, reserved_port  # noqa: E402

DONE, TROUBLE, UNCONNECTED, REFUSED, UNDELIVERED, TIMED_OUT = range(6)
FAR_M = 5e6


def as_float(number):
    """The nearest 32-bit float, which is what the protocol carries."""
    return struct.unpack("f", struct.pack("f", number))[0]


def same_link(told, link):
    """Whether JSON says what the message says, digit for digit."""
    assert set(told) == {field.name for field in link.DESCRIPTOR.fields}, told
    for field in link.DESCRIPTOR.fields:
        ours, theirs = told[field.name], getattr(link, field.name)
        if field.enum_type:
            name = field.enum_type.values_by_number[theirs].name
            assert ours == name.removeprefix("LINE_OF_SIGHT_"), (field.name, ours)
        elif field.cpp_type == field.CPPTYPE_FLOAT:
            assert as_float(ours) == theirs, (field.name, ours, theirs)
        else:
            assert ours == theirs, (field.name, ours, theirs)


def run(t, gateway, *arguments, stdin=b""):
    """(exit code, stdout, stderr) of uav-drone."""
    address = getattr(gateway, "at", gateway)
    done = subprocess.run(
        [t.binary("uav-drone"), *map(str, arguments), "--gateway", "%s:%d" % address],
        input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=uavtest.DEADLINE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


class Listener:
    """`uav-drone listen`, read while it runs."""

    def __init__(self, t, gateway, *arguments, exit_codes=(0,)):
        self.path = t.folder / f"listen{len(t.programs)}"
        with open(self.path, "wb") as out:
            self.program = t.program(
                t.binary("uav-drone"), "listen", *map(str, arguments), "--gateway",
                "%s:%d" % gateway.at, stdout=out, exit_codes=exit_codes)

    def lines(self):
        text = self.path.read_text(encoding="utf-8")
        return text[: text.rfind("\n") + 1].splitlines()

    def wait_line(self, pattern):
        def find():
            return next((line for line in self.lines() if re.search(pattern, line)), None)

        return uavtest.wait_until(find)

    def wait_object(self, **fields):
        def find():
            for line in self.lines():
                told = json.loads(line)
                if fields.items() <= told.items():
                    return told
            return None

        return uavtest.wait_until(find)


# ----------------------------------------------------------------------- who


def test_who(t):
    gateway = ready(t, scenarios={"field": uavtest.scenario(), "lab": IDEAL})
    (one,) = members(t, gateway, "uav1", callsign="Ærø", kind="KIND_GROUND_STATION")
    (two,) = members(t, gateway, "uav2", scenario="lab")
    t.drone(gateway, "uav3")
    one.place(1.5, 0.1, -3.0)
    two.request(update_state={"position": {"geodetic": {
        "latitude_e7": -353632621, "longitude_e7": 1491652374, "altitude_mm": 584000}}})
    code, out, err = run(t, gateway, "who", "--json", "--id", "asker")
    assert (code, err) == (DONE, "")
    found = {one["drone_id"]: one for one in objects(out)}
    assert set(found) == {"uav1", "uav2", "uav3"}, "its own entry is left out"
    assert (found["uav1"]["callsign"], found["uav1"]["kind"]) == ("Ærø", "GROUND_STATION")
    assert (found["uav1"]["scenario"], found["uav3"]["scenario"]) == ("field", "")
    local = found["uav1"]["position"]["local"]
    assert (local["east_m"], as_float(local["north_m"]), local["up_m"]) == (1.5, as_float(0.1), -3.0)
    assert found["uav2"]["position"]["geodetic"] == {
        "latitude_e7": -353632621, "longitude_e7": 1491652374, "altitude_mm": 584000}
    assert "position" not in found["uav3"]
    assert all(one["online_ms"] >= 0 and one["idle_ms"] >= 0 for one in found.values())
    code, out, _ = run(t, gateway, "who", "--scenario", "lab", "--json")
    assert code == DONE and [one["drone_id"] for one in objects(out)] == ["uav2"]
    code, out, _ = run(t, gateway, "who")
    assert code == DONE and len(out.splitlines()) == 4
    assert re.search(r"^uav1 +Ærø +GROUND_STATION +field ", out, re.MULTILINE)
    assert "-35.3632621,149.1652374,584.000" in out
    gateway.wait_event("drone_left", drone="asker", reason="LEFT")


def test_who_of_many(t):
    gateway = ready(t)
    for number in range(100):
        t.drone(gateway, f"uav{number:03}")
    code, out, _ = run(t, gateway, "who", "--json")
    assert code == DONE
    assert [one["drone_id"] for one in objects(out)] == [f"uav{n:03}" for n in range(100)]


# ----------------------------------------------------------------- scenarios

BAD = uavtest.scenario(**{"channel.model": "crystal-ball"})


def test_scenarios(t):
    star = {**STAR, "description": "Through a hub", "max_drones": 7}
    gateway = ready(t, scenarios={"field": uavtest.scenario(), "star": star})
    members(t, gateway, "uav1", "uav2", scenario="star")
    code, out, err = run(t, gateway, "scenarios", "--json")
    assert (code, err) == (DONE, ""), (code, err)
    found = {one.pop("name"): one for one in objects(out)}
    assert found["star"] == {
        "description": "Through a hub", "topology": "STAR", "hub": "hub", "drones": 2,
        "max_drones": 7, "available": True, "message": ""}
    assert found["field"]["topology"] == "MESH" and found["field"]["drones"] == 0
    code, out, err = run(t, gateway, "scenarios")
    assert (code, err) == (DONE, "") and len(out.splitlines()) == 3, out
    assert re.search(r"^star +STAR +hub +2/7 +yes +Through a hub$", out, re.MULTILINE), out


def test_scenarios_of_many(t):
    gateway = ready(t, scenarios={f"field-{n:03}": {**IDEAL, "description": "x" * 150}
                                  for n in range(100)})
    code, out, _ = run(t, gateway, "scenarios", "--json")
    assert code == DONE
    assert [one["name"] for one in objects(out)] == [f"field-{n:03}" for n in range(100)]
    code, out, _ = run(t, gateway, "scenarios")
    assert code == DONE and out.count("DRONES/MAX") == 1 and len(out.splitlines()) == 101


def test_a_refused_scenario_says_why(t):
    simulator = t.simulator()
    gateway = t.gateway(simulator.at, {"bad": BAD, "field": IDEAL},
                        gateway={"default_scenario": "bad"})
    gateway.wait_event("scenario_refused", scenario="bad")
    gateway.wait_event("scenario_accepted", scenario="field")
    for command in (("send", "--to", "x", "--payload", "x"), ("listen",), ("swarm",)):
        code, out, err = run(t, gateway, *command, "--scenario", "bad")
        assert (code, out) == (REFUSED, ""), (command, code, out)
        assert "SCENARIO_UNAVAILABLE" in err and "uav-drone scenarios" in err, err
    # who is put into it by the operator is not kept from asking
    code, out, err = run(t, gateway, "scenarios")
    assert (code, err) == (DONE, ""), (code, err)
    assert re.search(r"^bad +MESH +- +0/\d+ +no .*\n    not available: .*crystal-ball", out,
                     re.MULTILINE), out
    code, out, err = run(t, gateway, "who")
    assert (code, err) == (DONE, "") and out.startswith("ID "), (code, err)
    told = {one["name"]: one for one in objects(run(t, gateway, "scenarios", "--json")[1])}
    assert told["field"]["available"] and not told["bad"]["available"]
    assert "crystal-ball" in told["bad"]["message"]


def test_scenarios_does_not_count_itself(t):
    gateway = ready(t, scenarios={"lab": IDEAL, "field": IDEAL},
                    gateway={"default_scenario": "lab"})
    members(t, gateway, "uav1", scenario="lab")
    told = {one["name"]: one for one in objects(run(t, gateway, "scenarios", "--json")[1])}
    assert (told["lab"]["drones"], told["field"]["drones"]) == (1, 0), told


# ---------------------------------------------------------------------- send


def test_send(t):
    gateway = ready(t)
    (hearer,) = members(t, gateway, "uav2", presence="PRESENCE_WISH_NONE")
    hearer.place(300.0, 400.0)
    code, out, err = run(t, gateway, "send", "--json", "--scenario", "field", "--to", "uav2", "--id",
                         "uav1", "--payload", "grüße", "--content-type", "text/plain",
                         "--local", "0,0,0")
    assert (code, err) == (DONE, ""), (code, err)
    (told,) = objects(out)
    delivery = hearer.wait_for("delivery").delivery
    assert (delivery.sender, delivery.payload) == ("uav1", "grüße".encode())
    assert delivery.content_type == "text/plain"
    assert told["message"] == 1 and told["drone_id"] == "uav2"
    assert (told["outcome"], told["reason"]) == ("DELIVERED", "NONE")
    (hop,) = told["hops"]
    assert (hop["transmitter"], hop["receiver"], hop["source"]) == ("uav1", "uav2", "LIVE")
    same_link(hop["link"], delivery.hops[0].link)
    assert hop["link"]["distance_m"] == 500.0
    code, out, _ = run(t, gateway, "send", "--scenario", "field", "--to", "uav2", "--payload", "x")
    assert code == DONE and re.search(r"uav2: DELIVERED", out) and "distance 500.0 m" in out


def test_awkward_numbers_in_json(t):
    """Floats read back the same, whatever they are."""
    numbers = {
        "delay_us": 2**32 - 1, "propagation_ns": 1, "airtime_us": 0, "tx_power_dbm": 0.1,
        "rx_power_dbm": -1.17549435e-38, "path_loss_db": 3.40282347e38, "snr_db": 1 / 3,
        "sinr_db": -0.0, "packet_error_rate": 1e-45, "doppler_hz": 16777217.0,
        "distance_m": 1e-7, "line_of_sight": "LINE_OF_SIGHT_NLOS", "bit_errors": 7,
    }
    simulator = FakeSimulator(t, answer=lambda transmit: deliver(transmit, link=numbers))
    gateway = ready(t, simulator)
    listener = Listener(t, gateway, "--json", "--scenario", "field", "--id", "ear", "--count", 1)
    listener.wait_object(event="joined")
    (hearer,) = members(t, gateway, "uav2", presence="PRESENCE_WISH_NONE")
    code, out, _ = run(t, gateway, "send", "--json", "--scenario", "field", "--everyone",
                       "--payload", "x")
    assert code == DONE
    link = hearer.wait_for("delivery").delivery.hops[0].link
    told = objects(out)
    assert {one["drone_id"] for one in told} == {"uav2", "ear"}
    for one in (*told, listener.wait_object(event="delivery")):
        same_link(one["hops"][0]["link"], link)
    assert listener.program.wait() == DONE


def test_send_what_is_given_otherwise(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    (hearer,) = members(t, gateway, "uav2", presence="PRESENCE_WISH_NONE")
    payload = bytes(range(256)) * 10
    file = t.folder / "payload"
    file.write_bytes(payload)
    base = ("send", "--scenario", "field", "--to", "uav2")
    assert run(t, gateway, *base, "--file", file)[0] == DONE
    assert run(t, gateway, *base, "--file", "-", stdin=payload)[0] == DONE
    assert run(t, gateway, *base, stdin=payload)[0] == DONE
    assert [hearer.wait_for("delivery").delivery.payload for _ in range(3)] == [payload] * 3
    code, out, _ = run(t, gateway, *base, "--payload", "again", "--count", 200, "--json")
    assert code == DONE
    assert [one["message"] for one in objects(out)] == list(range(1, 201))
    got = [hearer.wait_for("delivery").delivery for _ in range(200)]
    assert [delivery.sequence for delivery in got] == list(range(1, 201))


def test_reports(t):
    gateway = ready(t)
    members(t, gateway, "near", presence="PRESENCE_WISH_NONE")
    members(t, gateway, "far", presence="PRESENCE_WISH_NONE")[0].place(FAR_M)
    base = ("send", "--json", "--scenario", "field", "--payload", "x" * 40)
    for target, report, code, told in (
        (("--to", "near"), "all", DONE, {"near": "DELIVERED"}),
        (("--to", "near"), "failures", DONE, {}),
        (("--to", "near"), "none", DONE, {}),
        (("--to", "far"), "all", UNDELIVERED, {"far": "LOST"}),
        (("--to", "far"), "failures", UNDELIVERED, {"far": "LOST"}),
        (("--to", "far"), "none", DONE, {}),
        (("--everyone",), "all", UNDELIVERED, {"near": "DELIVERED", "far": "LOST"}),
        (("--everyone",), "failures", UNDELIVERED, {"far": "LOST"}),
        (("--to", "ghost"), "all", UNDELIVERED, {"ghost": "TARGET_OFFLINE"}),
    ):
        found, out, _ = run(t, gateway, *base, *target, f"--report={report}")
        outcomes = {one["drone_id"]: one["outcome"] for one in objects(out)}
        assert (found, outcomes) == (code, told), (target, report)


# ------------------------------------------------------------------- listen


def test_listen(t):
    gateway = ready(t)
    as_text = Listener(t, gateway, "--scenario", "field", "--id", "text", "--local", "0,0,10")
    as_json = Listener(t, gateway, "--scenario", "field", "--id", "json", "--json")
    as_text.wait_line(r"^listening as text in field")
    assert as_json.wait_object(event="joined", scenario="field")["available"] is True
    (one,) = members(t, gateway, "uav1", callsign="Falke")
    one.place(120.0)
    as_text.wait_line(r'^\* uav1 "Falke" entered field$')
    as_json.wait_object(event="presence", drone_id="uav1", what="ONLINE", callsign="Falke")
    one.tell(None, b"hello", content_type="text/plain")
    assert re.search(r"uav1 #1 \[text/plain\]: hello", as_text.wait_line("uav1 #1"))
    as_text.wait_line(r"uav1 -> text: DELIVERED.*path loss")
    told = as_json.wait_object(event="delivery", sender="uav1")
    assert (told["payload"], told["sequence"], told["to"]) == ("hello", 1, "")
    assert base64.b64decode(told["payload_base64"]) == b"hello"
    one.close()
    as_json.wait_object(event="presence", drone_id="uav1", what="OFFLINE", reason="CONNECTION_LOST")
    as_text.wait_line(r'^\* uav1 "Falke" OFFLINE \(CONNECTION_LOST\)')
    for listener, number in ((as_text, signal.SIGINT), (as_json, signal.SIGTERM)):
        listener.program.process.send_signal(number)
        assert listener.program.wait() == DONE
    gateway.wait_event("drone_left", drone="text", reason="LEFT")


def test_listen_is_not_told_of_itself(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    as_text = Listener(t, gateway, "--scenario", "field", "--id", "text")
    as_text.wait_line("^listening as text")
    as_json = Listener(t, gateway, "--scenario", "field", "--id", "json", "--json")
    as_json.wait_object(event="joined")
    as_text.wait_line(r"^\* json entered field$")
    (one,) = members(t, gateway, "uav1")
    assert one.request(choose_scenario={"name": ""}).HasField("scenario_chosen")
    as_text.wait_line(r"^\* uav1 left its scenario$")
    as_json.wait_object(event="presence", drone_id="uav1", what="SCENARIO", scenario="")
    assert not [line for line in as_text.lines() if line.startswith("* text")]
    told = [told["drone_id"] for told in map(json.loads, as_json.lines())
            if told["event"] == "presence"]
    assert set(told) == {"uav1"}, told


def test_listen_tells_what_becomes_of_the_scenario(t):
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator, scenarios={"field": uavtest.scenario(), "spare": IDEAL})
    as_text = Listener(t, gateway, "--scenario", "field", "--id", "text")
    as_json = Listener(t, gateway, "--scenario", "field", "--id", "json", "--json")
    as_text.wait_line("^listening as text")
    as_json.wait_object(event="joined")
    simulator.reset_connection()
    as_text.wait_line(r"^\* scenario field is not available: the channel simulator is away$")
    as_text.wait_line(r"^\* scenario field is available now$")
    assert "away" in as_json.wait_object(event="scenario", what="UNAVAILABLE")["message"]
    as_json.wait_object(event="scenario", what="AVAILABLE", scenario="field", available=True)
    change_file(gateway, **{"scenario:field": {"max_drones": 9, "timeout_ms": 77}})
    reload(gateway)
    as_text.wait_line(r"^\* scenario field was changed; max_drones 100 -> 9$")
    as_json.wait_object(event="scenario", what="CHANGED", max_drones=9)
    change_file(gateway, **{"scenario:field": {"timeout_ms": 78}})
    reload(gateway)
    as_text.wait_line(r"^\* scenario field was changed$")
    change_file(gateway, **{"scenario:field": None})
    reload(gateway)
    as_text.wait_line(r"^\* scenario field was removed: text is in none now$")
    as_json.wait_object(event="scenario", what="REMOVED", scenario="field", drone_id="json")
    assert len([line for line in as_text.lines() if line.startswith("listening")]) == 1
    assert len([1 for line in as_json.lines() if json.loads(line)["event"] == "joined"]) == 1


def test_listen_ends_by_itself(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    counted = Listener(t, gateway, "--scenario", "field", "--count", 2)
    timed = Listener(t, gateway, "--scenario", "field", "--for", "0.2")
    counted.wait_line("^listening")
    assert timed.program.wait() == DONE
    (one,) = members(t, gateway, "uav1")
    for _ in range(2):
        one.tell(None, b"x")
    assert counted.program.wait() == DONE
    assert len([line for line in counted.lines() if " uav1 #" in line]) == 2


def test_listen_when_the_gateway_ends(t):
    gateway = ready(t)
    listener = Listener(t, gateway, "--scenario", "field", "--json", exit_codes=(REFUSED,))
    listener.wait_object(event="joined")
    gateway.stop()
    assert listener.program.wait() == REFUSED
    assert listener.wait_object(event="goodbye")["reason"] == "SHUTTING_DOWN"


def test_groups(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    red = Listener(t, gateway, "--scenario", "field", "--id", "red", "--group", "red", "--group",
                   "all", "--json", "--count", 2)
    blue = Listener(t, gateway, "--scenario", "field", "--id", "blue", "--group", "all", "--count",
                    1)
    base = ("send", "--json", "--scenario", "field", "--payload", "x", "--group")

    def reached(group):
        return {one["drone_id"] for one in objects(run(t, gateway, *base, group)[1])}

    # until they have joined, nobody is reached
    assert uavtest.wait_until(lambda: reached("red")) == {"red"}
    assert red.wait_object(event="delivery")["to"] == "red"
    uavtest.wait_until(lambda: "blue" in reached("all"))
    assert red.program.wait() == DONE and blue.program.wait() == DONE
    assert re.search(r" to all #1: x$", blue.wait_line(" to all "))
    code, _, err = run(t, gateway, *base, "nobody-here")
    assert code == UNDELIVERED and "nobody else is in nobody-here" in err, (code, err)
    code, _, err = run(t, gateway, "listen", "--scenario", "field", "--group", "no group")
    assert code == REFUSED and "group" in err, (code, err)


def test_a_relayed_message_shows_both_hops(t):
    star = uavtest.scenario(topology="star", hub="gs", spoke_to_spoke="relay")
    gateway = ready(t, scenarios={"star": star})
    ear = Listener(t, gateway, "--scenario", "star", "--id", "ear", "--local", "0,300,0",
                   "--callsign", "Ohr")
    ear.wait_line("^listening as ear in star .STAR")
    (hub,) = members(t, gateway, "gs", scenario="star")
    hub.place(0.0)
    ear.wait_line(r"^\* gs HUB_UP in star")
    base = ("send", "--scenario", "star", "--to", "ear", "--id", "mouth", "--payload", "x",
            "--local", "400,0,0")
    code, out, err = run(t, gateway, *base)
    assert code == DONE, (out, err)
    assert re.search(r"mouth -> gs: DELIVERED, .*distance 400.0 m, LIVE", out), out
    assert re.search(r"gs -> ear: DELIVERED, .*distance 300.0 m, LIVE", out), out
    ear.wait_line(r"gs -> ear: DELIVERED, .*distance 300.0 m, LIVE")
    told = objects(run(t, gateway, *base, "--json")[1])[0]
    assert [hop["link"]["distance_m"] for hop in told["hops"]] == [400.0, 300.0]
    assert [hop["source"] for hop in told["hops"]] == ["LIVE", "LIVE"]
    hub.request(rename={"callsign": "Turm"})
    ear.wait_line(r'^\* gs "Turm" RENAMED')
    hub.close()
    ear.wait_line(r'^\* gs "Turm" HUB_DOWN')


def test_unix_sockets(t):
    path = t.folder / "gateway"
    gateway = ready(t, scenarios={"field": IDEAL}, **{"listen:local": {"address": f"unix:{path}"}})
    gateway.wait_event("listening", listener="local")
    members(t, gateway, "uav1")
    for arguments in (("who",), ("send", "--scenario", "field", "--to", "uav1", "--payload", "x"),
                      ("swarm", "--scenario", "field", "--count", 3, "--lockstep")):
        done = subprocess.run(
            [t.binary("uav-drone"), *map(str, arguments), "--gateway", f"unix:{path}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=uavtest.DEADLINE)
        assert done.returncode == DONE, (arguments, done)
    done = subprocess.run(
        [t.binary("uav-drone"), "who", "--gateway", f"unix:{path}-", "--timeout", "0.2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=uavtest.DEADLINE)
    assert done.returncode == UNCONNECTED and f"unix:{path}-".encode() in done.stderr, done


# --------------------------------------------------------------- exit codes


def test_wrong_usage(t):
    nowhere = (uavtest.HOST, 1)
    for arguments in (
        ("fly",), ("send",), ("send", "--scenario", "field"), ("who", "--to", "x"),
        ("send", "--scenario", "field", "--to", "x", "--everyone", "--payload", "x"),
        ("listen",), ("who", "--kind", "plane"), ("who", "--timeout", "soon"),
        ("send", "--scenario", "field", "--to", "x", "--report=some", "--payload", "x"),
        ("who", "--id", "x" * 33), ("who", "--no-such-option"), ("who", "surplus"),
        ("listen", "--scenario", "field", "--local", "1,2"),
        ("listen", "--scenario", "field", "--position", "91,0,0"),
        ("listen", "--scenario", "field", "--count", "0"),
        ("send", "--scenario", "field", "--to", "x", "--file", "/no/such/file"),
    ):
        code, out, err = run(t, nowhere, *arguments)
        assert (code, out) == (TROUBLE, "") and err.startswith("uav-drone"), (arguments, code, err)
        assert "connect" not in err, (arguments, err)
    none = subprocess.run([t.binary("uav-drone")], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert none.returncode == TROUBLE and none.stderr


def test_help(t):
    for arguments in (("--help",), ("who", "--help"), ("scenarios", "--help"), ("send", "--help"),
                      ("listen", "--help"), ("swarm", "--help"), ("top", "--help")):
        done = subprocess.run([t.binary("uav-drone"), *arguments], stdout=subprocess.PIPE, check=True)
        assert done.stdout.startswith(b"Usage: uav-drone"), arguments
    done = subprocess.run([t.binary("uav-drone"), "--version"], stdout=subprocess.PIPE, check=True)
    assert re.fullmatch(rb"uav-drone \d+\.\d+\.\d+\n", done.stdout)


def test_no_gateway(t):
    with reserved_port() as port:
        for command in (("who",), ("scenarios",), ("listen", "--scenario", "field"),
                        ("send", "--scenario", "field", "--to", "x", "--payload", "x")):
            code, out, err = run(t, (uavtest.HOST, port), *command, "--timeout", "0.2")
            assert (code, out) == (UNCONNECTED, "") and str(port) in err, (command, err)
            assert "refused" in err, err


def test_a_gateway_that_comes_later(t):
    """Everything may be started at once: a refused connection is tried again."""
    simulator = t.simulator()
    with reserved_port() as port:
        process = subprocess.Popen(
            [t.binary("uav-drone"), "who", "--id", "early", "--gateway", f"{uavtest.HOST}:{port}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with process:
            assert b"trying again" in process.stderr.readline()  # refused once
            ready(t, simulator, **{"listen:drones": {"address": f"{uavtest.HOST}:{port}"}})
            out, err = process.communicate(timeout=uavtest.DEADLINE)
    assert process.returncode == DONE and out.startswith(b"ID "), (out, err)


def test_refused(t):
    gateway = ready(t)
    t.drone(gateway, "uav1", callsign="Falke")
    base = ("send", "--payload", "x", "--to", "uav1", "--scenario")
    for arguments, word in (
        ((*base, "fjeld"), "uav-drone scenarios"),
        ((*base, "field", "--id", "no id"), "BAD_ID"),
        ((*base, "field", "--callsign", "Falke"), "NAME_TAKEN"),
        (("who", "--scenario", "fjeld"), "NO_SUCH_SCENARIO"),
        (("listen", "--scenario", "fjeld"), "NO_SUCH_SCENARIO"),
    ):
        code, out, err = run(t, gateway, *arguments)
        assert (code, out) == (REFUSED, "") and word in err, (arguments, code, err)


def test_undelivered(t):
    gateway = ready(t)
    code, _, err = run(t, gateway, "send", "--scenario", "field", "--everyone", "--payload", "x")
    assert code == UNDELIVERED and "nobody" in err
    code, out, _ = run(t, gateway, "send", "--scenario", "field", "--to", "x", "--payload", "x")
    assert code == UNDELIVERED and "TARGET_OFFLINE" in out


def test_no_answer_and_wrong_answers(t):
    """Something listens there, but it is no gateway."""
    with socket.create_server((uavtest.HOST, 0)) as listener:
        code, _, err = run(t, listener.getsockname(), "who", "--timeout", "0.2")
        assert code == TIMED_OUT and "0.2" in err, err
    for answer in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 20, b"\x00", b""):
        with socket.create_server((uavtest.HOST, 0)) as listener:
            process = subprocess.Popen(
                [t.binary("uav-drone"), "who", "--timeout", "0.5", "--gateway",
                 "%s:%d" % listener.getsockname()], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            connection, _ = listener.accept()
            with connection:
                connection.recv(1)
                connection.sendall(answer)
                if not answer:
                    connection.close()
                out, _ = process.communicate(timeout=uavtest.DEADLINE)
        assert process.returncode in (UNCONNECTED, TIMED_OUT) and out == b"", answer


def test_a_text_listener(t):
    gateway = ready(t, **{"listen:text": {"address": "127.0.0.1:0", "protocol": "text"}})
    code, out, err = run(t, gateway.address(listener="text"), "who")
    assert code == UNCONNECTED and out == "" and "that listener speaks text" in err, err


# -------------------------------------------------------------------- escaping

EVIL = "a\x1b[31m\n\x07\x9b\u202eb\\"


def harmless(text):
    return all(char == "\n" or " " <= char < "\x7f" or char > "\x9f" for char in text)


def test_nothing_reaches_the_terminal(t):
    gateway = ready(t)
    as_text = Listener(t, gateway, "--scenario", "field")
    as_json = Listener(t, gateway, "--scenario", "field", "--json")
    as_text.wait_line("^listening")
    as_json.wait_object(event="joined")
    (one,) = members(t, gateway, "uav1", callsign="\\x1b[31m \"quoted\" \u202e")
    payloads = (EVIL.encode(), b"\xff\xfe\x1b", b"two\nlines\tand\\a tab", b"")
    for payload in payloads:
        one.tell(None, payload, content_type=EVIL)
    as_text.wait_line("uav1 #4")
    as_json.wait_object(event="delivery", sequence=4)
    deliveries = [told for told in map(json.loads, as_json.lines()) if told["event"] == "delivery"]
    for told, payload in zip(deliveries, payloads):
        assert base64.b64decode(told["payload_base64"]) == payload
        assert told["content_type"] == EVIL
    assert [told.get("payload") for told in deliveries] == [
        None, None, "two\nlines\tand\\a tab", ""]
    assert all(line.isascii() and line.isprintable() for line in as_json.lines())
    text = "\n".join(as_text.lines())
    assert harmless(text) and "\u202e" not in text, ascii(text)
    assert r"a\x1b[31m\n\x07\u009b\u202eb\\" in text and r"two\nlines\tand\\a tab" in text
    assert len([line for line in as_text.lines() if "uav1 #" in line]) == 4
    code, out, err = run(t, gateway, "who")
    assert code == DONE and harmless(out) and "\u202e" not in out
    code, out, err = run(t, gateway, "send", "--scenario", EVIL, "--to", EVIL, "--payload", EVIL)
    assert harmless(out + err), ascii(err)


if __name__ == "__main__":
    uavtest.run()
