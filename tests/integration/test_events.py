"""deploy/EVENTS.md has every event that the sources log, with its levels and fields, and no other;
and a gateway that was asked for JSON writes nothing else, from its first line to its last."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import events  # noqa: E402
import uavtest  # noqa: E402

PAGE = (uavtest.ROOT / "deploy/EVENTS.md").read_text(encoding="utf-8")
CONFIGURATION, CANNOT_START = 1, 3


def told_of(program):
    """{name: Event} that the page has in the program's table."""
    (table,) = re.findall(rf"(?ms)^## {program}\n(.*?)(?=^## |\Z)", PAGE)
    told = {}
    for row in re.findall(r"(?m)^\| `.*$", table):
        name, levels, fields, when, action = (cell.strip() for cell in row.strip("|").split("|"))
        name = name.strip("`")
        assert name not in told and when and action, row
        told[name] = events.Event(set(levels.split(", ")), set(re.findall(r"`(\w+)`", fields)))
    return told


def check_events(program, *folders):
    told, logged = told_of(program), events.in_sources(*folders)
    assert set(told) == set(logged), f"only told {set(told) - set(logged)}, only logged {set(logged) - set(told)}"
    for name, event in logged.items():
        assert told[name] == event, f"{program} {name}: told {told[name]}, logged {event}"
    return logged


def test_the_page_has_all_events(t):
    del t
    assert len(check_events("uav-gateway", "gateway")) > 35
    assert len(check_events("sim-stub", "sim-stub", "gateway/base")) > 10


def test_what_the_page_looks_for_is_there(t):
    """Events that are named in passing."""
    del t
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", PAGE.partition("## uav-gateway")[0]))
    known = set(told_of("uav-gateway")) | set(told_of("sim-stub"))
    assert named and named - known <= {"log_format", "log_level"}, named - known


def test_every_line_that_is_logged_is_on_the_page(t):
    """A life of both, as it is read by a program."""
    simulator = t.simulator()
    gateway = t.gateway(simulator.address(), gateway={"log_level": "debug"})
    drone = t.drone(gateway)
    drone.register("uav1")
    drone.close()
    gateway.wait_event("drone_left")
    gateway.process.send_signal(signal.SIGHUP)
    gateway.wait_event("reloaded")
    assert gateway.stop() == 0 and simulator.stop() == 0
    for name, program in (("uav-gateway", gateway), ("sim-stub", simulator)):
        told = told_of(name)
        for line in program.lines:
            fields = uavtest.parse_logfmt(line)
            event = told[fields.pop("event")]
            assert fields.pop("time") and fields.pop("level") in event.levels, line
            assert set(fields) <= event.fields, line


# --------------------------------------------------------------------------- JSON


def start(t, text):
    """(exit code, the objects of its lines) of a gateway that does not stay."""
    (t.folder / "a.ini").write_text(text, encoding="utf-8")
    done = subprocess.run([t.binary("uav-gateway"), "-c", t.folder / "a.ini"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False, timeout=uavtest.DEADLINE)
    assert done.stdout == "", done
    return done.returncode, [json.loads(line) for line in done.stderr.splitlines()]


def test_mistakes_at_the_start(t):
    """Those before the line that asks for JSON, too; all of them; and what is in files forges none."""
    listen = "[listen:x]\naddress = 127.0.0.1:0\n"
    code, lines = start(t, "[limits]\nmax_drones = many\n[gateway]\nlog_format = json\n[\x1b\"}:x]\n" + listen)
    assert code == CONFIGURATION, lines
    assert [(line["event"], line["level"], line["line"]) for line in lines] == [
        ("config_mistake", "error", 2), ("config_mistake", "error", 5)], lines
    assert all(set(line) == {"time", "level", "event", "file", "line", "why"} for line in lines), lines
    assert lines[0]["file"] == str(t.folder / "a.ini") and "many" in lines[0]["why"]
    code, lines = start(t, f"[gateway]\nlog_format = json\n[auth]\nmode = secret\nsecrets_file = none.there\n{listen}")
    assert code == CONFIGURATION and lines and all(line["event"] == "config_mistake" for line in lines), lines
    many = "".join(f"k{number} = 1\n" for number in range(300))
    code, lines = start(t, f"[gateway]\nlog_format = json\n{many}{listen}")
    assert code == CONFIGURATION and len(lines) == 300, len(lines)
    # one that says nothing of it is for people
    done = subprocess.run([t.binary("uav-gateway"), "-c", t.folder / "none.ini"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False, timeout=uavtest.DEADLINE)
    assert done.returncode == CONFIGURATION and done.stderr.startswith(f"{t.folder}/none.ini: "), done


def test_a_start_that_fails(t):
    with socket.socket() as taken:
        taken.bind((uavtest.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, lines = start(t, f"[gateway]\nlog_format = json\n[listen:x]\naddress = {uavtest.HOST}:{port}\n")
    assert code == CANNOT_START and lines[-1]["event"] == "listen_failed", lines


def test_a_life(t):
    address = "%s:%d" % t.simulator().address()
    uavtest.write_ini(t.folder / "life.ini", {
        "gateway": {"log_format": "json", "log_level": "debug"}, "listen:x": {"address": f"{uavtest.HOST}:0"},
        "simulator": {"address": address}, "scenario:field": uavtest.scenario()})
    gateway = t.program(t.binary("uav-gateway"), "-c", t.folder / "life.ini")
    uavtest.wait_until(lambda: any('"scenario_accepted"' in line for line in gateway.lines))
    gateway.process.send_signal(signal.SIGHUP)
    uavtest.wait_until(lambda: any('"reloaded"' in line for line in gateway.lines))
    assert gateway.stop() == 0
    lines = [json.loads(line) for line in gateway.lines]
    assert [lines[0]["event"], lines[-1]["event"]] == ["started", "stopped"], lines
    told = told_of("uav-gateway")
    for line in lines:
        assert line["level"] in told[line["event"]].levels, line
        assert set(line) - {"time", "level", "event"} <= told[line["event"]].fields, line


if __name__ == "__main__":
    uavtest.run()
