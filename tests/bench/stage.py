"""Where one case is measured: a relay, a simulator and a load, fresh for each case, gone
after it. Each `System` knows how one kind of relay is started with its simulator."""

import contextlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

import peers
from process import Broken, Process

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("B", "build")
PROGRAMS = BUILD / "tests" / "bench"
FLOODER = Path(__file__).resolve().parent / "flooder.py"
HOST = "127.0.0.1"

SCENARIO = "bench"
HUB = "hub00000"  # as the load has its ids
PREFIX = "d"
CROWD_FIRST = 20000  # number of the first idle drone, above all that speak

# From where the load says what it found: beyond the time that it measures for.
LOAD_DEADLINE_S = 90.0
MOST_OVER = 10  # times what is measured: warm-up, and system calls counted until they are enough


class Stage:
    """The processes of one case of one system; ends them when it is left."""

    def __init__(self, pins, case, seconds):
        self.case = case
        self.seconds = seconds
        self.pins = pins.one_core() if case.one_core else pins.spread()
        self.relay = None
        self.simulator = None
        self.spinner = None
        self.address = None
        self.dialect = None
        self.extra = []  # arguments for load and simulator, of the system's own
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bench.")))
        return self

    def __exit__(self, *_):
        self._stack.close()

    def enter(self, context):
        """What it gives; it is left with the stage."""
        return self._stack.enter_context(context)

    def start(self, name, command, processor, held_open=False):
        process = Process(self.folder, name, command, processor, held_open)
        self._stack.callback(process.end)
        return process

    def start_relay(self, command):
        self.relay = self.start("relay", command, self.pins[0])
        if self.case.hindered:
            self.spinner = self.start("spinner", [sys.executable, "-c", "while True: pass"], self.pins[0])
        return self.relay

    def start_simulator(self, *options):
        self.simulator = self.start(
            "simulator",
            [PROGRAMS / "simulator", "--dialect", self.dialect, "--payload", self.case.payload,
             *self.extra, *options],
            self.pins[1])
        return self.simulator

    # -- the load

    def start_load(self, name, mode, options, held_open=False):
        command = [PROGRAMS / "load", "--dialect", self.dialect, "--to", self.address,
                   "--mode", mode, *self.extra]
        for key, value in options.items():
            if value is True:
                command.append(f"--{key}")
            elif value is not None and value is not False:
                command += [f"--{key}", value]
        for watched, process in (("relay", self.relay), ("simulator", self.simulator),
                                 ("spinner", self.spinner)):
            if process:
                command += ["--watch", f"{watched}={process.pid}"]
        return self.start(name, command, self.pins[2], held_open)

    def start_flooder(self):
        """A drone that asks for case.flood as fast as it can."""
        flooder = self.start("flooder", [sys.executable, FLOODER, self.case.flood, self.address,
                                         scenarios_of(self.case)[0]], self.pins[2])
        flooder.wait_printed(r"^flooding$")
        return flooder

    def result_of(self, load):
        """What it found, once it has."""
        try:
            load.wait_success(self.seconds * MOST_OVER + LOAD_DEADLINE_S)
        except Broken as broken:
            for process in (self.relay, self.simulator):  # theirs is the better explanation
                if process.process.poll() is not None:
                    raise Broken(f"{broken}; {process.name} has ended: "
                                 f"{process.last_words()}") from broken
            raise
        return last_json(load)

    def check(self):
        """Relay and simulator must still be there."""
        self.relay.check()
        self.simulator.check()


def last_json(load):
    try:
        return json.loads(load.out.read_text("utf-8").strip().splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise Broken(f"{load.name}: its result is no JSON: {error}") from error


# ------------------------------------------------------------------ systems


class Gateway:
    """uav-gateway as it is installed, with bounds that do not bound the run."""

    name, dialect = "gateway", "uav"

    def start(self, stage):
        rate = ["--rate", stage.case.answers] if stage.case.answers else []
        piece = ["--piece", stage.case.piece] if stage.case.piece else []
        valid = ["--valid-for-us", stage.case.valid_us] if stage.case.valid_us else []
        simulator = stage.start_simulator("--listen", f"{HOST}:0", *rate, *piece, *valid)
        path = stage.folder / "gateway.ini"
        ini = gateway_ini(stage.case, listening_at(simulator))
        write_ini(path, ini)
        relay = stage.start_relay([BUILD / "uav-gateway", "-c", path])
        stage.address = relay.wait_printed(r"event=listening .*address=(\S+)").group(1)
        for scenario in scenarios_of(stage.case):
            relay.wait_printed(rf"event=scenario_accepted scenario={scenario} ")
        # up to here it told where it listens; from here a line for each drone would be timed
        ini["gateway"]["log_level"] = "warning"
        write_ini(path, ini)
        os.kill(relay.pid, signal.SIGHUP)
        relay.wait_printed(r"event=reloaded ")

    def accounts(self, stage):
        """Ends it; what it counted of its whole life."""
        relay, path = stage.relay, stage.folder / "gateway.ini"
        ini = path.read_text("utf-8").replace("log_level = warning", "log_level = info")
        path.write_text(ini, "utf-8")
        os.kill(relay.pid, signal.SIGHUP)
        relay.wait_printed(r"(?s)event=reloaded .*event=reloaded ")
        os.kill(relay.pid, signal.SIGTERM)
        line = relay.wait_printed(r"event=accounts .*$").group()
        return {key: int(value) for key, value in (word.split("=") for word in line.split()[1:])}


class Limit:
    """limit_relay: what no relay of this shape can be faster than."""

    name, dialect = "limit", "limit"

    def start(self, stage):
        sizes = frame_sizes(stage.case.payload)
        stage.extra = ["--sizes", sizes]
        simulator = stage.start_simulator("--listen", f"{HOST}:0")
        relay = stage.start_relay([PROGRAMS / "limit_relay", "--listen", f"{HOST}:0",
                                   "--simulator", listening_at(simulator), "--sizes", sizes])
        stage.address = listening_at(relay)


class Broker:
    """NATS, Redis or Mosquitto; the simulator is a subscriber, and publishes to each receiver."""

    def __init__(self, name):
        self.kind = name
        self.name, self.dialect = peers.KINDS[name].title, peers.KINDS[name].dialect

    def start(self, stage):
        peer = stage.enter(peers.start(self.kind, stage.pins[0]))
        stage.relay, stage.address = peer.process, peer.address
        simulator = stage.start_simulator("--connect", peer.address, "--prefix", PREFIX,
                                          "--drones", stage.case.drones + stage.case.base)
        simulator.wait_printed(r"^connected to ")  # its subscription has gone out


def listening_at(process):
    return process.wait_printed(r"^listening on (\S+)$").group(1)


_sizes = {}


def frame_sizes(payload):
    """Of the gateway's frames with such a payload, for limit_relay."""
    if payload not in _sizes:
        with tempfile.TemporaryDirectory(prefix="bench.") as folder:
            load = Process(Path(folder), "load", [
                PROGRAMS / "load", "--dialect", "uav", "--print-sizes", "--payload", payload,
                "--prefix", PREFIX, "--scenario", SCENARIO])
            load.wait_success(LOAD_DEADLINE_S)
            _sizes[payload] = load.out.read_text("utf-8").strip()
    return _sizes[payload]


# ------------------------------------------------- the gateway's configuration


def scenarios_of(case):
    """One for each connection to the simulator."""
    return [SCENARIO if case.lanes == 1 else f"{SCENARIO}{lane + 1}" for lane in range(case.lanes)]


def gateway_ini(case, simulator):
    """As by default but for what a row is not to run into."""
    members = case.drones + case.base + case.crowd + 100
    scenario = {"topology": case.topology, "max_drones": members, "channel.model": "ideal"}
    if case.link_cache:
        scenario["link_cache"] = "on"
    if case.topology == "star":
        scenario["hub"] = HUB
    ini = {
        "gateway": {"name": "bench", "log_level": "info"},
        "listen:drones": {"address": f"{HOST}:0"},
        "simulator": {"address": simulator, "connections": case.lanes},
        "limits": {"max_drones": members, "drain_ms": 100},
        **{f"scenario:{name}": scenario for name in scenarios_of(case)},
    }
    if not (case.accepts_bounded or case.defaults):
        ini["limits"]["accept_rate"] = 0
    for section, keys in ({} if case.defaults else unbounded()).items():
        ini.setdefault(section, {}).update(keys)
    return ini


def unbounded():
    """Bounds that no load reaches, timeouts that none waits for."""
    return {
        "simulator": {
            "timeout_ms": 600_000,
            "max_in_flight": 1_000_000,
            "max_queued_bytes": 64 << 20,
            "ping_interval_ms": 600_000,
            "idle_timeout_ms": 3_600_000,
        },
        "sessions": {
            "idle_timeout_ms": 3_600_000,
            "ping_interval_ms": 600_000,
            "register_timeout_ms": 60_000,
            "linger_ms": 0,
        },
        "presence": {"interval_ms": 50},
        "limits": {
            "max_in_flight": 1_000_000,
            "max_in_flight_per_drone": 10_000,
            "output_hard_bytes": 256 << 20,
            "output_soft_bytes": 128 << 20,
            "output_soft_ms": 600_000,
        },
    }


def write_ini(path, sections):
    lines = []
    for section, keys in sections.items():
        lines += [f"[{section}]", *(f"{key} = {value}" for key, value in keys.items()), ""]
    path.write_text("\n".join(lines), "utf-8")
