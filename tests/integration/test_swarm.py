"""`uav-drone swarm`: many drones in one process, and a table whose accounts close."""

import collections
import csv
import json
import math
import os
import pty
import resource
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from scene import IDEAL, members, ready, reserved_port, settle  # noqa: E402

DONE, TROUBLE, UNCONNECTED, REFUSED, UNCLOSED = range(5)
LOSSY = uavtest.scenario(**{
    "channel.model": "log-distance", "channel.exponent": 3, "channel.shadowing_db": 6})
FAR = uavtest.scenario(**{"channel.tx_power_dbm": -8})
STAR = {**LOSSY, "topology": "star", "hub": "gs", "spoke_to_spoke": "relay"}
COLUMNS = ("time_us,round,sender,target,number,size_bytes,outcome,reason,hops,source,delay_us,"
           "snr_db,path_loss_db,distance_m")


def command(t, gateway, *arguments):
    return [t.binary("uav-drone"), "swarm", *map(str, arguments), "--gateway", "%s:%d" % gateway.at]


def swarm(t, gateway, *arguments, **options):
    """(exit code, stdout, stderr)"""
    done = subprocess.run(command(t, gateway, *arguments), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=2 * uavtest.DEADLINE, **options)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def fly(t, gateway, *arguments):
    """The table, as an object, of a swarm whose accounts close."""
    code, out, err = swarm(t, gateway, "--json", *arguments)
    assert code == DONE, (code, out, err)
    table = json.loads(out)
    assert table["accounts_close"], table
    assert table["targets"] == sum(table["outcomes"].values()), table
    assert table["outcomes"].get("LOST", 0) == sum(table["lost"].values()), table
    for key in ("sent", "targets", "received"):
        assert table[key] == sum(drone[key] for drone in table["drones"]), (key, table)
    assert table["received"] == handed_over(table), table
    return table


def handed_over(table):
    return sum(table["outcomes"].get(name, 0) for name in ("DELIVERED", "CORRUPTED"))


def read_log(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rank(values, percent):
    """The nearest rank."""
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]


def near(a, b, within):
    return abs(float(a) - b) <= within


# ------------------------------------------------------------------------- accounts


def test_by_the_clock(t):
    gateway = ready(t, scenarios={"field": LOSSY})
    log = t.folder / "log"
    table = fly(t, gateway, "--scenario", "field", "--count", 12, "--rate", 20, "--duration", 1,
                "--radius", 800, "--log", log)
    assert table["sent"] == table["targets"] == 12 * 20
    assert table["outcomes"]["LOST"] > 0 and table["outcomes"]["DELIVERED"] > 0
    assert [drone["drone_id"] for drone in table["drones"]] == [
        f"swarm-{n:03}" for n in range(1, 13)]
    assert {drone["sent"] for drone in table["drones"]} == {20}
    assert table["real_s"] >= 0.9 and table["late_by_us"]["samples"] == handed_over(table)
    lines = read_log(log)
    assert len(lines) == 240 and ",".join(lines[0]) == COLUMNS + ",late_by_us"
    assert {line["round"] for line in lines} == {"0"}
    assert max(int(line["time_us"]) for line in lines) < table["real_s"] * 1e6 + 1
    for line in lines:  # each in its turn, none before it is due
        turn = (int(line["sender"].removeprefix("swarm-")) - 1) / 12
        assert int(line["time_us"]) >= (int(line["number"]) - 1 + turn) / 20 * 1e6 - 1, line
    accounts = settle(gateway)
    assert accounts["accepted"] == 240, accounts
    assert accounts["delivered"] == table["outcomes"]["DELIVERED"], accounts
    assert accounts["lost"] == table["outcomes"]["LOST"], accounts


def test_the_table_is_that_of_the_log(t):
    gateway = ready(t, scenarios={"field": LOSSY})
    log = t.folder / "log"
    table = fly(t, gateway, "--scenario", "field", "--count", 7, "--rate", 4, "--duration", 10,
                "--lockstep", "--radius", 700, "--size", 200, "--log", log)
    lines = read_log(log)
    assert ",".join(lines[0]) == COLUMNS
    counts = collections.Counter(line["outcome"] for line in lines)
    assert counts == table["outcomes"], (counts, table)
    lost = collections.Counter(line["reason"] for line in lines if line["outcome"] == "LOST")
    assert lost == table["lost"] and sum(lost.values()) > 10
    for drone in table["drones"]:
        own = [line for line in lines if line["sender"] == drone["drone_id"]]
        assert [int(line["number"]) for line in own] == list(range(1, 41))
        assert all(line["target"] != line["sender"] for line in own)
        assert drone["received"] == sum(
            line["target"] == drone["drone_id"] and line["outcome"] != "LOST" for line in lines)
    for line in lines:
        assert int(line["time_us"]) == (int(line["round"]) - 1) * 250000
        assert (line["size_bytes"], line["hops"], line["source"]) == ("200", "1", "LIVE")
    delays = [int(line["delay_us"]) for line in lines if line["outcome"] != "LOST"]
    assert table["delay_us"]["samples"] == len(delays)
    for name, percent in (("p50", 50), ("p95", 95), ("p99", 99), ("max", 100)):
        assert table["delay_us"][name] == rank(delays, percent), (name, table)
    levels = [float(line["snr_db"]) for line in lines]
    for name, percent in (("min", 0), ("p5", 5), ("p50", 50), ("p95", 95)):
        assert near(table["snr_db"][name], rank(levels, percent), 1e-6), (name, table)


def test_to_everyone(t):
    gateway = ready(t, scenarios={"field": LOSSY})
    (ear,) = members(t, gateway, "ear", presence="PRESENCE_WISH_NONE")
    log = t.folder / "log"
    code, out, _ = swarm(t, gateway, "--scenario", "field", "--count", 30, "--rate", 2,
                         "--duration", 2, "--to", "everyone", "--lockstep", "--json", "--log", log)
    table = json.loads(out)
    assert code == DONE and table["sent"] == 30 * 4 and table["targets"] == 30 * 4 * 30
    heard = sum(line["target"] == "ear" and line["outcome"] != "LOST" for line in read_log(log))
    assert table["received"] == handed_over(table) - heard
    for _ in range(heard):
        ear.wait_for("delivery")


def test_text_table_and_id_targets(t):
    gateway = ready(t, scenarios={"lab": IDEAL})
    code, out, err = swarm(t, gateway, "--scenario", "lab", "--count", 3, "--to", "swarm-002",
                           "--prefix", "swarm", "--lockstep", "--duration", 5)
    assert (code, err) == (DONE, ""), (code, err)
    assert "3 drones in lab (MESH)" in out and "in 5 rounds, in lockstep" in out
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if "%" in line}
    assert rows["swarm-001"] == ["5", "5", "5", "0", "0", "0", "100.000%", "0"]
    assert rows["swarm-002"] == ["0", "0", "0", "0", "0", "0", "0.000%", "10"]
    assert rows["total"] == ["10", "10", "10", "0", "0", "0", "100.000%", "10"]
    table = fly(t, gateway, "--scenario", "lab", "--count", 2, "--to", "ghost", "--lockstep")
    assert table["outcomes"] == {"TARGET_OFFLINE": 20}


# ------------------------------------------------------------------------- lockstep


def repeats(t, gateway, *arguments):
    """Flies twice with one seed and once with another; returns the log of the first."""
    told = []
    for number, seed in enumerate((5, 5, 6)):
        log = t.folder / f"log{number}"
        code, out, err = swarm(t, gateway, *arguments, "--lockstep", "--seed", seed, "--log", log)
        assert (code, err) == (DONE, ""), (code, err)
        told.append((out, log.read_bytes()))
    assert told[0] == told[1]
    assert told[0][1] != told[2][1]
    lines = read_log(t.folder / "log0")
    assert {"DELIVERED", "LOST"} <= {line["outcome"] for line in lines}
    return lines


def test_one_seed_is_one_table(t):
    gateway = ready(t, scenarios={"lossy": LOSSY, "far": FAR})
    repeats(t, gateway, "--scenario", "lossy", "--count", 25, "--rate", 5, "--duration", 4,
            "--pattern", "random", "--radius", 900, "--speed", 30)
    repeats(t, gateway, "--scenario", "far", "--count", 8, "--pattern", "random", "--radius",
            900, "--to", "everyone", "--rate", 5)


def test_one_seed_is_one_table_through_a_hub(t):
    gateway = ready(t, scenarios={"star": STAR})
    lines = repeats(t, gateway, "--scenario", "star", "--count", 10, "--hub", "gs", "--radius",
                    500, "--pattern", "random", "--to", "everyone", "--duration", 5)
    assert {line["hops"] for line in lines} == {"1", "2"}


# ------------------------------------------------------------------------- where they are


def test_patterns_are_what_the_channel_sees(t):
    gateway = ready(t)
    log = t.folder / "log"
    base = ("--scenario", "field", "--to", "next", "--lockstep", "--rate", 2, "--duration", 10,
            "--log", log, "--radius", 200, "--height", 70)
    for pattern, count, distance in (
        ("circle", 4, 200 * math.sqrt(2)), ("circle", 6, 200), ("line", 2, 400), ("grid", 2, 400)):
        fly(t, gateway, *base, "--pattern", pattern, "--count", count)
        lines = read_log(log)
        assert len(lines) == 20 * count
        assert all(near(line["distance_m"], distance, 0.01) for line in lines), (pattern, lines)
    fly(t, gateway, *base, "--pattern", "hover", "--count", 1, "--hub", "gs", "--to", "hub")
    lines = read_log(log)  # Vogel's first: R sqrt(1 / 2) from the middle
    assert all(near(line["distance_m"], math.hypot(200 * math.sqrt(0.5), 70), 0.01)
               for line in lines), lines
    fly(t, gateway, *base, "--pattern", "hover", "--count", 1, "--hub", "gs", "--to", "hub",
        "--local", "141.42136,0,0")
    assert all(near(line["distance_m"], 70, 0.01) for line in read_log(log))


def write_track(t, text):
    path = t.folder / "track.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_track(t):
    """Two drones one ten-thousandth of a degree apart, one climbing 10 m; the third, alone,
    is there only for the last second."""
    gateway = ready(t, scenarios={"field": uavtest.scenario(origin="0, 0, 0")})
    log = t.folder / "log"
    track = write_track(
        t,
        "seconds,name,lat,lon,up,note\n"
        '0,"a b",0,0,0,"x, y"\n'
        "0,two,0,0.0001,0,\n"
        "2,two,0,0.0001,10,\n"
        "2,a b,0,0,0,\n"
        "1,three,0,0,5,\n"
        "2,three,0,0,5,\n")
    columns = ("--columns", "time=seconds,drone=name,altitude=up")
    table = fly(t, gateway, "--scenario", "field", "--track", track, *columns, "--rate", 4,
                "--to", "uav-two", "--prefix", "uav", "--lockstep", "--log", log)
    assert [(drone["drone_id"], drone["sent"]) for drone in table["drones"]] == [
        ("uav-a_b", 8), ("uav-two", 0), ("uav-three", 4)]
    for line in read_log(log):
        if line["sender"] == "uav-a_b":
            climb = 10 * int(line["time_us"]) / 2e6
            assert near(line["distance_m"], math.hypot(11.13195, climb), 0.01), line
    table = fly(t, gateway, "--scenario", "field", "--track", track, *columns, "--rate", 10,
                "--speed-up", 8, "--to", "next")
    assert table["sent"] == 20 + 20 + 10 and table["real_s"] < 1.9, table
    assert table["pattern"] == "track" and 1.9 <= table["flown_s"]


def test_an_origin_that_is_elsewhere(t):
    """The hub stands at the origin, an ocean away from the flights, unless it is put there."""
    gateway = ready(t, scenarios={"star": {**STAR, "origin": "0, 0, 0"}})
    track = write_track(t, "time,drone,lat,lon,alt\n" + "".join(
        f"{second},{name},37.77{place},-122.4,20\n"
        for place, name in enumerate("ab") for second in (0, 5)))
    base = ("--scenario", "star", "--track", track, "--hub", "gs", "--lockstep", "--to", "next")
    code, out, err = swarm(t, gateway, *base)
    assert code == DONE and "LOST" in out, (code, out, err)
    assert "is the origin of star where the flights are?" in err, err
    assert "--position LAT,LON,ALT" in err and int(err.split(" km")[0].split()[-1]) > 6000, err
    code, out, err = swarm(t, gateway, *base, "--position", "37.7705,-122.4,2", "--json")
    table = json.loads(out)
    assert (code, err) == (DONE, ""), (code, err)
    assert table["outcomes"]["DELIVERED"] > table["targets"] / 2, table
    code, out, err = swarm(t, gateway, "--scenario", "star", "--count", 2, "--lockstep")
    assert code == DONE and "NO_ROUTE" in out and "--hub gs" in err, (code, err)


def test_tracks_that_cannot_be_flown(t):
    gateway = ready(t, scenarios={"field": uavtest.scenario(), "lab": IDEAL,
                                  "nowhere": uavtest.scenario(origin=None)})
    head = "time,drone,lat,lon,alt\n"
    for text, where in (
        (head + "0,a,1,2,3\n1,a,1,2\n", "track.csv:3: "), (head + "0,a,91,2,3\n", "track.csv:2: "),
        ("time,drone,lat,lon\n", "--columns altitude=NAME"), ("", "track.csv"),
        (head + '0,"a/b",1,2,3\n0,a b,1,2,3\n', "swarm-a_b"),
    ):
        code, out, err = swarm(t, gateway, "--scenario", "field", "--track", write_track(t, text))
        assert (code, out) == (TROUBLE, "") and where in err, (text, code, err)
    track = write_track(t, head + "0,a,1,2,3\n")
    code, out, err = swarm(t, gateway, "--scenario", "nowhere", "--track", track, "--to", "x")
    assert (code, out) == (REFUSED, "") and "NO_ORIGIN" in err and "origin" in err, (code, err)


def test_real_tracks(t):
    """Four flights, from a log that is not part of this project: UAV_TRACKS says where."""
    path = Path(os.environ.get(
        "UAV_TRACKS", uavtest.ROOT.parent / "shared" / "data" / "dji_4uav_tracks_2018.csv"))
    if not path.exists():
        raise uavtest.Skip("no flight logs: set UAV_TRACKS to dji_4uav_tracks_2018.csv")
    origin = "37.7718, -122.4074, 0"
    gateway = ready(t, scenarios={"field": uavtest.scenario(origin=origin),
                                  "star": {**STAR, "origin": origin}})
    log = t.folder / "log"
    for scenario, hub, to in (("field", (), 3), ("star", ("--hub", "gs"), 4)):
        table = fly(t, gateway, "--scenario", scenario, "--track", path, "--prefix", "uav", *hub,
                    "--to", "everyone", "--rate", 10, "--lockstep", "--log", log)
        drones = {drone["drone_id"]: drone["sent"] for drone in table["drones"]}
        assert drones.pop("gs", 2307) == 2307
        # 231, 157, 159 and 139 s of flight
        assert drones == {"uav-1": 2307, "uav-2": 1570, "uav-3": 1592, "uav-4": 1385}, drones
        assert table["targets"] == to * table["sent"]
        furthest = max(float(line["distance_m"]) for line in read_log(log))
        assert 300 < furthest < 450, furthest  # the first went 338 m away


# ------------------------------------------------------------------------- stars


def test_star(t):
    gateway = ready(t, scenarios={"star": STAR, "deny": {**STAR, "spoke_to_spoke": "deny"}})
    base = ("--count", 5, "--hub", "gs", "--radius", 200, "--lockstep")
    table = fly(t, gateway, "--scenario", "star", *base, "--to", "next")
    assert table["topology"] == "STAR"
    assert [drone["drone_id"] for drone in table["drones"]][:2] == ["gs", "swarm-001"]
    # gs to 001 and 005 to gs are one hop; the others two, unless the first loses it
    assert table["sent"] == 60 and table["targets_by_hops"][0] == 0
    assert table["targets_by_hops"][2] > 0 and table["targets_by_hops"][1] >= 20
    one = fly(t, gateway, "--scenario", "star", *base, "--to", "hub")
    assert one["sent"] == 50 and one["targets_by_hops"] == [0, 50, 0]
    assert one["drones"][0]["sent"] == 0
    assert table["delay_us"]["max"] > 1.9 * one["delay_us"]["max"]  # both hops
    table = fly(t, gateway, "--scenario", "deny", *base, "--to", "next")
    assert table["outcomes"]["NOT_ALLOWED"] == 40
    code, _, err = swarm(t, gateway, "--scenario", "star", "--hub", "tower")
    assert code == TROUBLE and "gs" in err, err
    (hub,) = members(t, gateway, "gs", scenario="star")
    table = json.loads(swarm(t, gateway, "--scenario", "star", "--count", 2, "--to", "hub",
                             "--lockstep", "--json")[1])
    assert table["targets_by_hops"] == [0, 20, 0]
    assert hub.wait_for("delivery").delivery.sender.startswith("swarm-")


# ------------------------------------------------------------------------- ends


def start(t, gateway, *arguments, **options):
    return subprocess.Popen(command(t, gateway, *arguments), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=options.pop("stderr", subprocess.PIPE),
                            **options)


def wait_traffic(t, gateway):
    """Until the swarm sends to everyone, of whom one is ours."""
    (ear,) = members(t, gateway, "ear", scenario="lab")
    ear.wait_for("delivery")


def test_interrupted(t):
    gateway = ready(t, scenarios={"lab": IDEAL})
    for lockstep in ((), ("--lockstep",)):
        process = start(t, gateway, "--scenario", "lab", "--count", 5, "--rate", 50, "--duration",
                        10000, "--to", "everyone", "--json", *lockstep)
        with process:
            wait_traffic(t, gateway)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=uavtest.DEADLINE)
        assert process.returncode == DONE, (process.returncode, err)
        table = json.loads(out)
        assert table["interrupted"] and table["accounts_close"] and table["sent"] > 0
        t.drones.pop().close()
        gateway.wait_event("drone_left", drone="ear")


def gateway_ends(t, *arguments):
    gateway = ready(t, scenarios={"lab": IDEAL})
    process = start(t, gateway, "--scenario", "lab", "--count", 20, "--rate", 20, "--duration",
                    10000, "--to", "everyone", "--json", "--timeout", 5, *arguments)
    with process:
        wait_traffic(t, gateway)
        gateway.kill()
        out, err = process.communicate(timeout=uavtest.DEADLINE)
    table = json.loads(out)
    assert table["disconnected"] == 20, table
    assert process.returncode == (DONE if table["unanswered"] == 0 else UNCLOSED), err
    assert table["accounts_close"] == (table["unanswered"] == 0)
    lines = err.decode().splitlines()
    assert 0 < sum("connection lost" in line for line in lines) <= 5, lines
    assert not any("no answer" in line for line in lines), lines


def test_the_gateway_ends(t):
    gateway_ends(t)


def test_the_gateway_ends_in_lockstep(t):
    gateway_ends(t, "--lockstep")


def test_a_silent_gateway_is_not_waited_for_for_ever(t):
    gateway = ready(t, scenarios={"lab": IDEAL})
    process = start(t, gateway, "--scenario", "lab", "--count", 4, "--rate", 200, "--duration",
                    5, "--to", "everyone", "--json", "--timeout", 1)
    with process:
        wait_traffic(t, gateway)
        gateway.process.send_signal(signal.SIGSTOP)
        out, err = process.communicate(timeout=uavtest.DEADLINE)
        gateway.process.send_signal(signal.SIGCONT)
    table = json.loads(out)
    assert process.returncode == UNCLOSED, (process.returncode, err)
    assert table["unanswered"] > 0 and not table["accounts_close"], table
    assert b"no answer" in err, err


def test_interrupted_twice(t):
    """The second signal ends the waiting for a gateway that does not answer."""
    gateway = ready(t, scenarios={"lab": IDEAL})
    for lockstep in ((), ("--lockstep",)):
        process = start(t, gateway, "--scenario", "lab", "--count", 4, "--rate", 200, "--duration",
                        10000, "--to", "everyone", "--json", "--timeout", 1000, *lockstep)
        with process:
            wait_traffic(t, gateway)
            gateway.process.send_signal(signal.SIGSTOP)
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=uavtest.DEADLINE)
            gateway.process.send_signal(signal.SIGCONT)
        assert process.returncode in (DONE, UNCLOSED) and json.loads(out)["interrupted"], err
        t.drones.pop().close()
        gateway.wait_event("drone_left", drone="ear")


def test_what_keeps_it_on_the_ground(t):
    gateway = ready(t, scenarios={"field": {**uavtest.scenario(), "max_drones": 5}, "lab": IDEAL})
    for arguments, code, word in (
        (("--scenario", "nowhere"), REFUSED, "NO_SUCH_SCENARIO"),
        (("--scenario", "field", "--count", 6), REFUSED, "SCENARIO_FULL"),
        (("--scenario", "lab", "--count", 1), TROUBLE, "nobody"),
        (("--scenario", "lab", "--to", "hub"), TROUBLE, "hub"),
        (("--scenario", "lab", "--size", 65000), TROUBLE, "--size"),
        (("--scenario", "lab", "--log", "/no/such/folder/log"), TROUBLE, "/no/such"),
        (("--scenario", "lab", "--track", "/no/such/track"), TROUBLE, "/no/such"),
        (("--scenario", "lab", "--rate", 0), TROUBLE, "--rate"),
    ):
        found, out, err = swarm(t, gateway, *arguments)
        assert (found, out) == (code, "") and word in err, (arguments, found, err)
    with reserved_port() as port:
        gateway.at = (uavtest.HOST, port)
        code, out, err = swarm(t, gateway, "--scenario", "lab", "--timeout", 0.3)
        assert (code, out) == (UNCONNECTED, "") and str(port) in err, (code, err)


def test_a_gateway_that_comes_later(t):
    simulator = t.simulator()
    with reserved_port() as port:
        process = subprocess.Popen(
            [t.binary("uav-drone"), "swarm", "--scenario", "field", "--lockstep", "--gateway",
             f"{uavtest.HOST}:{port}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with process:
            assert b"trying again" in process.stderr.readline()
            ready(t, simulator, **{"listen:drones": {"address": f"{uavtest.HOST}:{port}"}})
            out, err = process.communicate(timeout=uavtest.DEADLINE)
    assert process.returncode == DONE and b"accounts  closed" in out, (out, err)


def limit_files(soft, hard):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_open_files(t):
    gateway = ready(t, scenarios={"lab": IDEAL})
    base = ("--scenario", "lab", "--count", 90, "--lockstep", "--duration", 1)
    code, out, err = swarm(t, gateway, *base, preexec_fn=limit_files(64, 200))
    assert code == DONE, err
    code, out, err = swarm(t, gateway, *base, preexec_fn=limit_files(64, 64))
    assert (code, out) == (TROUBLE, "") and "open files" in err and "64" in err, (code, err)


def test_a_thousand_drones(t):
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 1200:
        raise uavtest.Skip("this process may not have 1200 open files")
    gateway = ready(t, scenarios={"lab": {**IDEAL, "max_drones": 1000}},
                    limits={"max_drones": 1100})
    table = fly(t, gateway, "--scenario", "lab", "--count", 1000, "--rate", 2, "--duration", 2,
                "--pattern", "random")
    assert table["outcomes"] == {"DELIVERED": 4000}, table["outcomes"]
    table = fly(t, gateway, "--scenario", "lab", "--count", 1000, "--lockstep", "--duration", 3)
    assert table["outcomes"] == {"DELIVERED": 3000}, table["outcomes"]


def test_progress(t):
    """On a terminal, one line that is written over."""
    gateway = ready(t, scenarios={"lab": IDEAL})
    ours, theirs = pty.openpty()
    process = start(t, gateway, "--scenario", "lab", "--rate", 10, "--duration", 2, stderr=theirs)
    os.close(theirs)
    told = b""
    with process:
        try:
            while data := os.read(ours, 4096):
                told += data
        except OSError:
            pass  # a terminal that nobody holds any more
        process.communicate(timeout=uavtest.DEADLINE)
    os.close(ours)
    assert process.returncode == DONE
    assert told.count(b"\r") > 2 and b"of 2.0 s: sent " in told and b"messages/s" in told, told
    assert told.endswith(b"\n") and told.count(b"\n") == 1, told


if __name__ == "__main__":
    uavtest.run()
