"""uav-gateway as its operator meets it: arguments, configuration, log, and the way down."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import LINK, FakeSimulator, deliver, hold  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, Presence, ask_in, barrier, goodbye_of, members, outcome_of, outcomes_of, ready,
    reserved_port, settle,
)

ORDERLY, CONFIGURATION, USAGE, CANNOT_START = range(4)

LISTEN = "[listen:drones]\naddress = 127.0.0.1:0\n"


def run(t, *arguments):
    """(exit code, stdout, stderr) of a gateway that is not expected to stay."""
    done = subprocess.run(
        [t.binary("uav-gateway"), *map(str, arguments)], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=uavtest.DEADLINE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def start(t, text, name="gateway.ini"):
    """A gateway with this file, listening."""
    path = t.folder / name
    path.write_text(text)
    gateway = t.program(t.binary("uav-gateway"), "-c", path)
    gateway.at = gateway.address()
    return gateway


# ------------------------------------------------------------------ arguments


def test_arguments(t):
    for flag in ("--help", "-h"):
        code, out, err = run(t, flag)
        assert (code, err) == (ORDERLY, "") and out.startswith("usage: uav-gateway"), flag
    code, out, _ = run(t, "--version")
    assert code == ORDERLY and re.fullmatch(r"uav-gateway \d+\.\d+\.\d+\n", out)
    for wrong in ((), ("--wings",), ("-c",), ("gateway.ini",), ("-c", "x", "y"), ("-x",),
                  ("--check",), ("--print-config",), ("--check", "x"),
                  ("-c", CONFIG / "gateway.ini", "--check", "--print-config")):
        code, out, err = run(t, *wrong)
        assert (code, out) == (USAGE, "") and "--help" in err, (wrong, code, err)


def test_the_reference_is_a_configuration(t):
    code, out, _ = run(t, "--print-reference")
    assert code == ORDERLY and "idle_timeout_ms" in out
    path = t.folder / "reference.ini"
    # as it stands it lacks only an address to listen at; with that it starts
    path.write_text(re.sub(r"(?m)^#? ?address = 127\.0\.0\.1:7600$", "address = 127.0.0.1:0", out))
    gateway = t.program(t.binary("uav-gateway"), "-c", path)
    gateway.wait_event("listening")


# --------------------------------------------------------------- configuration


def test_mistakes(t):
    """Each is told with file and line, and what would be right."""
    path = t.folder / "wrong.ini"
    for text, line, words in (
        ("[gateway]\nnmae = x\n" + LISTEN, 2, ["nmae", "name"]),
        ("[gatway]\nname = x\n" + LISTEN, 1, ["gatway", "gateway"]),
        (LISTEN + "[sessions]\nidle_timeout_ms = soon\n", 4, ["idle_timeout_ms", "soon", "number"]),
        (LISTEN + "[sessions]\n\nidle_timeout_ms = 1\n", 5, ["idle_timeout_ms", "10"]),
        (LISTEN + "[limits]\nmax_drones = 99999999999999999999\n", 4, ["max_drones", "1000000"]),
        (LISTEN + "[sessions]\nping_interval_ms = 9000\nidle_timeout_ms = 9000\n", 5,
         ["idle_timeout_ms", "ping_interval_ms"]),
        (LISTEN + "address = 127.0.0.1:1\n", 3, ["address", "twice", "2"]),
        (LISTEN + LISTEN, 3, ["listen:drones", "twice"]),
        ("[listen:drones]\naddress = nowhere:1\n", 2, ["nowhere:1"]),
        ("[listen:drones]\naddress = 127.0.0.1:65536\n", 2, ["65536"]),
        ("[listen:drones]\naddress = 127.0.0.1\n", 2, ["127.0.0.1"]),
        ("[listen:drones]\nprotocol = mavlink\naddress = 127.0.0.1:0\n", 2, ["mavlink", "protobuf or text"]),
        (LISTEN + "[simulator]\non_simulator_down = wait\n", 4, ["wait", "fail, queue or bypass"]),
        (LISTEN + "[scenario:field]\ntopology = star\n", 4, ["scenario:field", "hub = "]),
        (LISTEN + "[scenario:field]\nhub = uav1\n", 4, ["hub", "mesh"]),
        (LISTEN + "[scenario:field]\nsimulator = far\n", 4, ["far", "no [simulator:far]"]),
        ("[gateway]\ndefault_scenario = feild\n" + LISTEN + "[scenario:field]\n", 2,
         ["feild", "did you mean [scenario:field]?"]),
        (LISTEN + "[scenario:field]\norigin = 91, 0, 0\n", 4, ["origin", "91"]),
        (LISTEN + "[scenario:no name]\n", 3, ["no name"]),
        (LISTEN + "[scenario]\n", 3, ["NAME"]),
        (LISTEN + "what is this\n", 3, ["what is this"]),
        ("name = x\n" + LISTEN, 1, ["name"]),
        (LISTEN + "[gateway]\nname = " + "x" * 2000 + "\n", 4, ["longer"]),
        (LISTEN + "[scenario:a]\ndescription = \x1b[31mred\n", 4, ["description"]),
        (LISTEN + "[gateway]\nlog_level = loud\n", 4, ["loud", "warning"]),
        (LISTEN + "[scenario:a]\nchannel.model = x\nchannel.model = y\n", 5, ["channel.model", "twice"]),
        ("[listen:drones]\naddress = 0.0.0.0:0\n", 2,
         ["0.0.0.0", "mode = secret or tls", "127.0.0.1", "insecure = yes"]),
        (LISTEN + "[auth]\nmode = secret\n", 4, ["secrets_file"]),
        (LISTEN + "[auth]\nmode = tls\n", 1, ["listen:drones", "tls_cert, tls_key and tls_ca"]),
        (LISTEN + "tls_cert = gateway.pem\n", 3, ["tls_cert", "no tls_key"]),
        (LISTEN + "[simulator]\ntls_cert = a\ntls_key = b\n", 4, ["tls_cert", "no tls_ca"]),
        (LISTEN + "[limits]\nmax_output_bytes = 262143\n", 4, ["max_output_bytes", "262144"]),
        (LISTEN + "[scenario:a]\nallow = uav/1\n", 4, ["allow", "/1"]),
    ):
        path.write_text(text)
        code, out, err = run(t, "-c", path)
        told = [one for one in err.splitlines() if one.startswith(f"{path}:{line}: ")]
        assert (code, out) == (CONFIGURATION, "") and told, (text[:80], code, err)
        assert all(word in told[0] for word in words), (words, told)
        assert "\x1b" not in err


def test_all_mistakes_at_once(t):
    path = t.folder / "wrong.ini"
    path.write_text("[gateway]\nnmae = x\n[sessions]\nidle_timeout_ms = soon\n[limts]\n" + LISTEN)
    code, _, err = run(t, "-c", path)
    assert code == CONFIGURATION
    assert [int(one[len(str(path)) + 1 :].split(":")[0]) for one in err.splitlines()] == [2, 4, 5]


def test_files_that_cannot_be_read(t):
    empty = t.folder / "empty.ini"
    empty.write_text("")
    for path in (t.folder / "none.ini", t.folder, empty):
        code, out, err = run(t, "-c", path)
        assert (code, out) == (CONFIGURATION, "") and str(path) in err, (path, err)


def test_a_configuration_from_a_pipe(t):
    """It is read once: a HUP is refused in a sentence, and the gateway goes on relaying. What
    never ends is no configuration."""
    folder = t.folder
    path = folder / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_text(LISTEN))
    writer.start()
    gateway = t.program(t.binary("uav-gateway"), "-c", path)
    gateway.at = gateway.address()
    writer.join(uavtest.DEADLINE)
    gateway.process.send_signal(signal.SIGHUP)
    assert "cannot be read again" in gateway.wait_event("reload_mistake")["why"]
    gateway.wait_event("reload_refused")
    t.drone(gateway, "uav1")
    with open("/dev/zero", "rb") as zeros:
        feed = subprocess.Popen(["cat"], stdin=zeros, stdout=subprocess.PIPE)
        done = subprocess.run([t.binary("uav-gateway"), "-c", "/dev/stdin"], stdin=feed.stdout,
                              stderr=subprocess.PIPE, timeout=uavtest.DEADLINE)
        feed.stdout.close()
        feed.wait(uavtest.DEADLINE)
    assert done.returncode == CONFIGURATION and b"larger than 16 MiB" in done.stderr, done


CONFIG = uavtest.ROOT / "config"


def loopback(text, stub):
    """The project's file for ports that are free, with its includes."""
    for old, new in (("127.0.0.1:7600", "127.0.0.1:0"), ("127.0.0.1:7700", "%s:%d" % stub.at),
                     ("include = scenarios/", f"include = {CONFIG}/scenarios/")):
        assert old in text, old
        text = text.replace(old, new)
    return text


def test_the_file_in_the_project_is_valid(t):
    """Started with other ports, and with sim-stub it serves as it says."""
    stub = t.simulator()
    gateway = start(t, loopback((CONFIG / "gateway.ini").read_text(encoding="utf-8"), stub))
    drone = t.drone(gateway, "uav1")
    names = [name for file in (CONFIG / "gateway.ini", *CONFIG.glob("scenarios/*.ini"))
             for name in re.findall(r"(?m)^\[scenario:(.*)\]$", file.read_text(encoding="utf-8"))]
    assert {"field", "bench", "star-relay", "swarm-50"} < set(names)
    for name in names:
        gateway.wait_event("scenario_accepted", scenario=name)
    found = {e.name: e for e in drone.request(list_scenarios={}).scenarios.entries}
    assert set(found) == set(names) and all(entry.available for entry in found.values())


# ------------------------------------------------------- looked at, not started


def test_check(t):
    code, out, err = run(t, "--check", "-c", CONFIG / "gateway.ini")
    scenarios = 2 + len(list(CONFIG.glob("scenarios/*.ini")))
    assert (code, err) == (ORDERLY, ""), err
    assert out == (f"{CONFIG}/gateway.ini: all is well: 1 listener, 1 simulator, "
                   f"{scenarios} scenarios\n")
    path = t.folder / "wrong.ini"
    path.write_text("[gateway]\nnmae = x\n[sessions]\nidle_timeout_ms = soon\n" + LISTEN)
    code, out, err = run(t, "-c", path, "--check")
    assert (code, out) == (CONFIGURATION, "")
    assert [one.split(" ")[0] for one in err.splitlines()] == [f"{path}:2:", f"{path}:4:"]
    # an address that is taken is nothing to a check
    with socket.create_server((uavtest.HOST, 0)) as taken:
        path.write_text("[listen:a]\naddress = 127.0.0.1:%d\n" % taken.getsockname()[1])
        code, out, _ = run(t, "-c", path, "--check")
    assert code == ORDERLY and out.endswith("1 listener, 1 simulator, 0 scenarios\n"), out


def test_every_file_in_the_project(t):
    """Each ready scenario is right by itself, too."""
    files = sorted(CONFIG.rglob("*.ini"))
    assert len(files) >= 6
    for file in files:
        path = file
        if file.parent.name == "scenarios":
            path = t.folder / "one.ini"
            path.write_text(f"[gateway]\ninclude = {file}\n" + LISTEN)
        elif "\nsecrets_file = " in file.read_text():
            path = t.folder / file.name  # its secrets are not in the project
            path.write_text(file.read_text().replace("include = ", f"include = {file.parent}/"))
            assert run(t, "-c", path, "--add-drone", "uav1")[0] == ORDERLY
        code, out, err = run(t, "-c", path, "--check")
        assert (code, err) == (ORDERLY, ""), err
        assert re.search(r"(1 listener|2 listeners), 1 simulator, ", out), out


def test_print_config(t):
    """What is printed loads to what it was printed from."""
    code, printed, err = run(t, "-c", CONFIG / "gateway.ini", "--print-config")
    assert (code, err) == (ORDERLY, "")
    for line in ("[gateway]", "log_level = info", "[auth]", "mode = none", "# secrets_file =",
                 "insecure = no", "rate_exceeded = hold", "# allow =", "[simulator]", "connections = 1",
                 "[scenario:field]", "origin = 37.77, -122.42, 16", "timeout_ms = 1000",
                 "channel.bitrate_bps = 20000000", "hub = ground", "# origin ="):
        assert f"\n{line}\n" in printed, line
    assert "include" not in printed.replace("included files", "")
    path = t.folder / "printed.ini"
    path.write_text(printed)
    assert run(t, "-c", path, "--print-config") == (ORDERLY, printed, "")
    path.write_text("[gateway]\nnmae = x\n" + LISTEN)
    code, out, err = run(t, "-c", path, "--print-config")
    assert (code, out) == (CONFIGURATION, "") and f"{path}:2: " in err


def test_what_cannot_be_printed(t):
    """A full disk is not an orderly end."""
    for flags in (("--check",), ("--print-config",), ("--print-reference",)):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [t.binary("uav-gateway"), "-c", CONFIG / "gateway.ini", *flags], stdout=full,
                stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=uavtest.DEADLINE)
        assert done.returncode == CANNOT_START and b"cannot print" in done.stderr, flags


def test_include(t):
    """From the folder of the file, whatever folder the gateway is started in; mistakes name
    the file in which they stand."""
    (t.folder / "a.ini").write_text("[scenario:a]\n")
    (t.folder / "b.ini").write_text("[scenario:b]\ntopology = star\nhub = gs\n")
    path = t.folder / "main"
    path.write_text("[gateway]\ninclude = *.ini\ndefault_scenario = b\n" + LISTEN)
    code, out, err = run(t, "-c", path, "--check")
    assert (code, err) == (ORDERLY, "") and "2 scenarios" in out
    code, out, _ = run(t, "-c", path, "--print-config")
    assert re.findall(r"(?m)^\[scenario:(.*)\]$", out) == ["a", "b"]
    (t.folder / "b.ini").write_text("[scenario:b]\ntopology = start\n[scenario:a]\n")
    code, out, err = run(t, "-c", path, "--check")
    assert (code, out) == (CONFIGURATION, "")
    b = t.folder / "b.ini"
    assert err.splitlines() == [
        f'{b}:2: topology = "start" is not known; did you mean star? must be mesh or star',
        f"{b}:3: section [scenario:a] is given twice; first on line 1 of {t.folder}/a.ini"]
    path.write_text("[gateway]\ninclude = c.ini\n" + LISTEN)
    code, _, err = run(t, "-c", path, "--check")
    assert code == CONFIGURATION and err.startswith(f'{path}:2: include = "c.ini": '), err


def test_a_listener_for_everyone_is_meant(t):
    """Without authentication only this machine is let in, unless it is said to be meant; a
    gateway that runs does not take less for an answer."""
    for address in ("0.0.0.0:0", "[::]:0"):
        path = t.folder / "open.ini"
        path.write_text(f"[listen:drones]\naddress = {address}\n")
        for flags in (("-c", path), ("-c", path, "--check")):
            code, out, err = run(t, *flags)
            assert (code, out) == (CONFIGURATION, "") and err.startswith(f"{path}:2: "), err
            assert "by every drone's id" in err and "insecure = yes" in err, err
    text = "[listen:drones]\naddress = 0.0.0.0:0\n"
    gateway = start(t, text + "insecure = yes\n")
    drone = uavtest.Drone((uavtest.HOST, gateway.at[1]))
    t.drones.append(drone)
    drone.register("uav1")
    (t.folder / "gateway.ini").write_text(text)
    gateway.process.send_signal(signal.SIGHUP)
    told = gateway.wait_event("reload_mistake")
    assert (told["line"], "insecure = yes" in told["why"]) == ("2", True), told
    gateway.wait_event("reload_refused")
    drone.request(leave={})


def test_paths_count_from_their_file(t):
    """Whatever folder the gateway is started in; printed they are absolute."""
    (t.folder / "auth.ini").write_text("[auth]\nsecrets_file = ids\n")
    path = t.folder / "gateway.ini"
    path.write_text("[gateway]\ninclude = auth.ini\n" + LISTEN)
    for started_in, name in ((t.folder, "gateway.ini"), ("/", os.path.relpath(path, "/")),
                             ("/", path)):
        done = subprocess.run(
            [t.binary("uav-gateway"), "-c", name, "--print-config"], cwd=started_in,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=uavtest.DEADLINE)
        (told,) = re.findall(r"(?m)^secrets_file = (/.*)$", done.stdout.decode())
        assert os.path.realpath(told) == os.path.realpath(t.folder / "ids"), told


def test_address_in_use(t):
    with socket.create_server((uavtest.HOST, 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        path = t.folder / "taken.ini"
        path.write_text(f"{LISTEN}[listen:second]\naddress = {address}\n")
        code, _, err = run(t, "-c", path)
    assert code == CANNOT_START, err
    (failed,) = [f for f in map(uavtest.parse_logfmt, err.splitlines())
                 if f.get("event") == "listen_failed"]
    assert failed["listener"] == "second" and "in use" in failed["why"]


def test_several_listeners(t):
    """They lead to one gateway; IPv6 where there is one."""
    text = LISTEN + "[listen:others]\naddress = 127.0.0.2:0\n"
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        text += "[listen:six]\naddress = [::1]:0\n"
    except OSError:
        pass
    gateway = start(t, text)
    drones = []
    for number, name in enumerate(re.findall(r"listen:(\w+)", text)):
        host, port = gateway.address(listener=name)
        drone = uavtest.Drone((host.strip("[]"), port))
        t.drones.append(drone)
        drone.register(f"uav{number}")
        drones.append(drone)
    assert drones[0].welcome.online == 1 and drones[-1].welcome.online == len(drones)


# ----------------------------------------------------------------- the log


class Deaf(uavtest.Program):
    """A program of whose log nobody reads more than the beginning."""

    def __init__(self, *arguments, **options):
        self.hearing = threading.Event()
        super().__init__(*arguments, **options)

    def _is_deaf(self):
        begun = any("scenario_accepted" in line for line in self._lines)
        return begun and not self.hearing.is_set()

    def _take(self):
        if not self._is_deaf():
            super()._take()

    def _read(self):
        fcntl.fcntl(self.process.stderr, fcntl.F_SETPIPE_SZ, 4096)
        while not self._ended:
            if self._is_deaf():
                self.hearing.wait()
            self._read_once()

    def stop(self, deadline=uavtest.DEADLINE):
        self.process.terminate()
        self.process.wait(deadline)
        self.hearing.set()
        return super().stop(deadline)


def test_a_log_that_nobody_reads(t):
    """Relaying goes on, and so does the way down; what was lost is counted when it is read."""
    stub = t.simulator()
    path = t.folder / "gateway.ini"
    uavtest.write_ini(path, {
        "gateway": {"log_level": "debug"}, "listen:drones": {"address": "127.0.0.1:0"},
        "simulator": {"address": "%s:%d" % stub.at}, "sessions": {"linger_ms": 200},
        "scenario:field": IDEAL})
    gateway = Deaf([t.binary("uav-gateway"), "-c", path])
    t.programs.append((gateway, (ORDERLY,)))
    gateway.at = gateway.address()
    gateway.wait_event("scenario_accepted")
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    for number in range(1500):  # some 500 bytes of log each
        drone = t.drone(gateway)
        t.drones.pop()
        drone.register(f"noise{number}", software="n" * 64, callsign=f"{'c' * 26}{number}",
                       presence="PRESENCE_WISH_NONE")
        drone.close()
        if number % 100 == 0:
            assert outcome_of(one.tell("uav2", b"x" * 30)) == "DELIVERED"
            assert two.wait_for("delivery").delivery.payload == b"x" * 30
    gateway.process.terminate()
    assert gateway.process.wait(uavtest.DEADLINE) == ORDERLY
    assert goodbye_of(one) == "SHUTTING_DOWN"


def test_a_slow_reader_of_the_log_is_told_what_it_missed(t):
    stub = t.simulator()
    path = t.folder / "gateway.ini"
    uavtest.write_ini(path, {
        "gateway": {"log_level": "debug"}, "listen:drones": {"address": "127.0.0.1:0"},
        "simulator": {"address": "%s:%d" % stub.at}, "scenario:field": IDEAL})
    gateway = Deaf([t.binary("uav-gateway"), "-c", path])
    t.programs.append((gateway, (ORDERLY,)))
    gateway.at = gateway.address()
    gateway.wait_event("scenario_accepted")
    (drone,) = members(t, gateway, "uav1", presence="PRESENCE_WISH_NONE")
    for name in range(20000):
        drone.send(ref=0, choose_scenario={"name": ("", "field")[name % 2]})
    barrier(drone)
    gateway.hearing.set()
    assert int(gateway.wait_event("log_lines_lost")["count"]) > 0


def test_log_level(t):
    quiet = start(t, "[gateway]\nlog_level = info\n" + LISTEN)
    newcomer = t.drone(quiet)
    ask_in(newcomer, drone_id="no id")
    newcomer.close()
    t.drone(quiet, "uav1").request(leave={})
    quiet.wait_event("drone_left", drone="uav1")
    assert "level=debug" not in quiet.log()
    for line in quiet.lines:
        assert re.match(r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=\w+ event=\w+", line), line


def test_no_line_a_message(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.tell("uav2", b"first")
    gateway.wait_event("scenario_chosen", drone="uav2")  # the log comes by a thread of its own
    before = len(gateway.lines)
    for _ in range(200):
        one.tell("uav2", b"x")
        one.place(1.0)
    barrier(two)
    two.request(leave={})
    gateway.wait_event("drone_left", drone="uav2")
    assert len(gateway.lines) == before + 1, gateway.lines[before:]


# --------------------------------------------------------------- the way down


def test_orderly_end(t):
    """Everyone is told goodbye, the accounts close."""
    for number in (signal.SIGTERM, signal.SIGINT):
        gateway = ready(t)
        one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
        newcomer = t.drone(gateway)
        two.place(5e6)
        for target in ("uav2", "ghost", None):
            one.tell(target, b"x" * 40)
        gateway.process.send_signal(number)
        gateway.wait()
        accounts = settle(gateway)
        assert (accounts["sends"], accounts["accepted"], accounts["lost"]) == (3, 3, 2)
        for drone in (one, two, newcomer):
            assert goodbye_of(drone) == "SHUTTING_DOWN"
        gateway.wait_event("stopped")


def test_drain(t):
    """What is in flight is finished before the goodbyes; newcomers are not taken."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, limits={"drain_ms": 20000})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.send(ref=1, send={"drone": "uav2", "payload": b"x", "report": "REPORT_WISH_ALL"})
    transmit = simulator.next_transmit()
    gateway.process.terminate()
    gateway.wait_event("stopping", in_flight=1)
    try:
        late = uavtest.Drone(gateway.at)
        t.drones.append(late)
        assert goodbye_of(late) in ("SHUTTING_DOWN", None)
    except OSError:
        pass  # nobody listens any more
    simulator.send(*deliver(transmit))
    assert outcome_of(one.reply_to(1)) == "DELIVERED"
    assert two.wait_for("delivery").delivery.payload == b"x"
    gateway.wait()
    assert settle(gateway)["delivered"] == 1
    assert goodbye_of(one) == goodbye_of(two) == "SHUTTING_DOWN"


def test_what_waits_for_its_time_arrives_before_the_end(t):
    """The simulator has answered: the message is in the air for two seconds."""
    simulator = FakeSimulator(t, answer=lambda transmit: deliver(
        transmit, link={**LINK, "delay_us": 2000000}))
    gateway = ready(t, simulator, scenarios={"field": uavtest.scenario(delay="real")})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.send(ref=1, send={"drone": "uav2", "payload": b"x", "report": "REPORT_WISH_ALL"})
    simulator.wait_request(simulator.wait_connection(1), "transmit")
    gateway.process.terminate()
    gateway.wait_event("stopping", in_flight=1)
    assert two.wait_for("delivery").delivery.payload == b"x"
    assert outcome_of(one.reply_to(1)) == "DELIVERED"
    accounts = settle(gateway)
    assert (accounts["delivered"], accounts["waiting"]) == (1, 0)
    assert goodbye_of(two) == "SHUTTING_DOWN"


def stop_with_one_queued(t, **limits):
    """The gateway is told to stop while a message waits for a simulator that never comes back:
    (gateway, sender)."""
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator, simulator={"on_simulator_down": "queue", "backoff_min_ms": 60000,
                                             "backoff_max_ms": 60000}, limits=limits)
    one, _ = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    simulator.close()
    gateway.wait_event("simulator_down")
    one.send(ref=1, send={"drone": "uav2", "report": "REPORT_WISH_ALL"})
    barrier(one)
    gateway.process.terminate()
    gateway.wait_event("stopping", in_flight=1)
    return gateway, one


def decided_as_down(gateway, sender):
    accounts = settle(gateway)
    assert (accounts["simulator_down"], accounts["queued"]) == (1, 0)
    assert outcome_of(sender.reply_to(1)) == "SIMULATOR_DOWN"


def test_what_waits_for_a_simulator_is_decided_at_the_end(t):
    """None comes: after drain_ms it is SIMULATOR_DOWN."""
    gateway, one = stop_with_one_queued(t, drain_ms=200, queue_ms=600000)
    decided_as_down(gateway, one)


def test_the_end_waits_no_longer_than_the_queue(t):
    gateway, one = stop_with_one_queued(t, drain_ms=3000000, queue_ms=2000)
    gateway.wait()
    decided_as_down(gateway, one)


def test_drain_has_an_end(t):
    """A simulator that never answers: after drain_ms the rest is SIMULATOR_DOWN."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, limits={"drain_ms": 200})
    one, *_ = members(t, gateway, "uav1", "uav2", "uav3", presence="PRESENCE_WISH_NONE")
    one.send(ref=1, send={"drone": "uav2", "report": "REPORT_WISH_ALL"})
    one.send(ref=2, send={"everyone": {}, "report": "REPORT_WISH_ALL"})
    simulator.next_transmit()
    simulator.next_transmit()
    accounts = settle(gateway)
    assert accounts["simulator_down"] == 3
    assert outcome_of(one.reply_to(1)) == "SIMULATOR_DOWN"
    assert set(outcomes_of(one.reply_to(2)).values()) == {"SIMULATOR_DOWN"}
    assert goodbye_of(one) == "SHUTTING_DOWN"


def test_a_second_signal_ends_at_once(t):
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, limits={"drain_ms": 3000000},
                    sessions={"linger_ms": 60000}, simulator={"timeout_ms": 600000})
    one, _ = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.send(ref=1, send={"drone": "uav2", "report": "REPORT_WISH_ALL"})
    simulator.next_transmit()
    gateway.process.terminate()
    gateway.wait_event("stopping")
    assert settle(gateway)["simulator_down"] == 1


def test_stopped_as_soon_as_it_listens(t):
    """Who waits for the line that tells the address may signal at once."""
    for _ in range(10):
        assert start(t, LISTEN).stop() == ORDERLY


def test_start_again_at_the_same_port(t):
    """At once, although connections of the first were closed by it."""
    with reserved_port() as port:
        text = f"[listen:drones]\naddress = 127.0.0.1:{port}\n"
        first = start(t, text)
        drone = t.drone(first, "uav1")
        first.stop()
        assert goodbye_of(drone) == "SHUTTING_DOWN"
        second = start(t, text, "second.ini")
        again = Presence(t.drone(second, "uav1"))
        barrier(again.drone)
        assert again.drone.welcome.session != drone.welcome.session


if __name__ == "__main__":
    uavtest.run()
