"""What the Python tests share: where things are, programs under test, a drone,
and a runner that prints TAP.

A test program defines functions test_*(t) and ends in `uavtest.run()`. `t` starts
programs and drones and stops them when the test ends; after a failure it
prints their whole logs. Everything listens on 127.0.0.1, on ports that the system
chooses."""

import contextlib
import inspect
import itertools
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("B", "build")
GENERATED = BUILD / "gen"
sys.path.insert(0, str(GENERATED))

import channel_pb2 as channel  # noqa: E402, F401 (for the tests)
import drone_pb2 as relay  # noqa: E402

# Which simulator the tests run on: build/sim-stub, or what `make check SIM=ns3` has in its place.
SIMULATOR = {"stub": "sim-stub", "ns3": "ns3-sim"}[os.environ.get("SIM") or "stub"]

HOST = "127.0.0.1"
DEADLINE = 20.0  # seconds in which anything must have happened
TEST_DEADLINE = 60.0


class Skip(Exception):
    """Raised by a test that cannot run here; the text says why."""


# ---------------------------------------------------------------- programs


def parse_logfmt(line):
    """The fields of one log line; {} when it is not logfmt (a sanitizer's, say)."""
    try:
        words = shlex.split(line)
    except ValueError:
        return {}
    return dict(word.split("=", 1) for word in words if "=" in word)


class Program:
    """A process whose stderr is its log, in logfmt, one event a line."""

    def __init__(self, command, env=None, stdout=subprocess.DEVNULL, pass_fds=()):
        self.command = [str(word) for word in command]
        self._lines, self._rest = [], b""
        self._grown = threading.Condition()
        self._ended = False
        self.killed = False
        self.process = subprocess.Popen(
            self.command, env=env, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
            pass_fds=pass_fds)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while not self._ended:
            self._read_once()

    def _read_once(self):
        """Waits until there is something."""
        self._has_said(None)
        with self._grown:
            self._take()
            self._grown.notify_all()

    def _has_said(self, timeout_ms):
        """Something that was not taken yet, or its end; waits for it so long (None: for ever)."""
        poll = select.poll()
        poll.register(self.process.stderr, select.POLLIN)
        return bool(poll.poll(timeout_ms))

    def _take(self):
        """What stands in the pipe, which holds 64 KiB; under the lock."""
        if self._ended or not self._has_said(0):
            return
        data = os.read(self.process.stderr.fileno(), 1 << 16)
        self._ended = not data
        *whole, self._rest = (self._rest + data).split(b"\n")
        if self._ended and self._rest:
            whole.append(self._rest)
        for line in whole:
            self._keep(line.decode("utf-8", "replace"))

    def _keep(self, line):
        self._lines.append(line)

    @property
    def lines(self):
        """All that it has said until now."""
        with self._grown:
            self._take()
            return self._lines

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return "\n".join(self.lines)

    def wait_event(self, event, deadline=DEADLINE, start=0, **fields):
        """The fields of the first line, from number `start` on, that is this event and
        has these fields."""
        wanted = {"event": event, **{key: str(value) for key, value in fields.items()}}
        end = time.monotonic() + deadline
        at = start
        with self._grown:
            while True:
                while at < len(self._lines):
                    found = parse_logfmt(self._lines[at])
                    at += 1
                    if wanted.items() <= found.items():
                        return found
                left = end - time.monotonic()
                if self._ended or left <= 0:
                    why = "ended" if self._ended else f"{deadline:g} s have passed"
                    raise AssertionError(f"{self.command[0]}: no {wanted} in its log; {why}")
                self._grown.wait(left)

    def address(self, **fields):
        """(host, port) that it says it listens at."""
        host, port = self.wait_event("listening", **fields)["address"].rsplit(":", 1)
        return host, int(port)

    def kill(self):
        """As a crash would end it; returns when it is gone."""
        self.killed = True
        self.process.kill()
        return self.wait()

    def wait(self, deadline=DEADLINE):
        """Its exit code once it has ended and its log is read."""
        code = self.process.wait(deadline)
        self._reader.join(deadline)
        return code

    def stop(self, deadline=DEADLINE):
        """SIGTERM, and SIGKILL for who does not listen. Returns the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.wait(deadline)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.wait(deadline)


def write_ini(path, sections):
    """A configuration file from {section: {key: value}}."""
    with open(path, "w", encoding="utf-8") as out:
        for section, keys in sections.items():
            print(f"[{section}]", file=out)
            for key, value in keys.items():
                print(f"{key} = {value}", file=out)
            print(file=out)


def scenario(**changes):
    """The keys of a free-space mesh with an origin; keyword `channel_x` is channel.x."""
    keys = {
        "topology": "mesh",
        "max_drones": 100,
        "origin": "47.3977, 8.5456, 488.0",
        "channel.model": "free-space",
        "channel.frequency_hz": 2400000000,
    }
    for key, value in changes.items():
        keys[key.replace("channel_", "channel.", 1)] = value
    return {key: value for key, value in keys.items() if value is not None}


# ------------------------------------------------------------------- drone


def encode_varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def decode_frame(data):
    """(body, bytes used) of the first frame, or (None, 0) when it is not all here."""
    size = shift = 0
    for at, byte in enumerate(data[:5]):
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            start = at + 1
            if len(data) < start + size:
                return None, 0
            return bytes(data[start : start + size]), start + size
    assert len(data) < 5, "length prefix over 5 bytes"
    return None, 0


def delimit(message):
    body = message.SerializeToString()
    return encode_varint(len(body)) + body


class Closed(AssertionError):
    """The gateway closed the connection."""


def connect(address):
    """A connection to (host, port), or to the path of a unix socket."""
    if isinstance(address, tuple):
        connection = socket.create_connection(address, DEADLINE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    else:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(DEADLINE)
        connection.connect(str(address))
    return connection


class Drone:
    """A synchronous drone. Replies come back from request(); everything else waits
    in `events`, in the order in which it came. Pings are answered while it reads."""

    def __init__(self, address, drone_id=None, answer_pings=True):
        self.drone_id = drone_id
        self.answer_pings = answer_pings
        self.events = []
        self.welcome = None
        self._refs = itertools.count(1)
        self._data = bytearray()
        self._closed = False
        self.socket = connect(address)

    def close(self):
        self.socket.close()

    # -- writing

    def send_bytes(self, data):
        self.socket.sendall(data)

    def send(self, ref=0, **body):
        """One ToGateway, e.g. send(choose_scenario={"name": "field"})."""
        self.send_bytes(delimit(relay.ToGateway(ref=ref, **body)))

    # -- reading

    def read(self, deadline=DEADLINE):
        """The next frame, whatever it is. None when the deadline has passed."""
        end = time.monotonic() + deadline
        while True:
            body, used = decode_frame(self._data)
            if used:
                del self._data[:used]
                message = relay.FromGateway.FromString(body)
                if self.answer_pings and message.WhichOneof("body") == "ping":
                    with contextlib.suppress(OSError):
                        self.send(pong={"nonce": message.ping.nonce})
                return message
            left = max(0.0, end - time.monotonic())
            # what TLS has taken off the socket is not seen by select
            held = getattr(self.socket, "pending", int)()
            if not held and not select.select([self.socket], [], [], left)[0]:
                return None
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                self._closed = True
                raise Closed(f"{self.drone_id}: connection closed; events: {self.events}")
            self._data += data

    def wait_for(self, predicate, deadline=DEADLINE):
        """Takes the first event for which predicate(event) is true from `events`, reading
        on until it comes. A string stands for the name of a body."""
        wanted = predicate
        if isinstance(wanted, str):
            predicate = lambda event: event.WhichOneof("body") == wanted  # noqa: E731
        for at, event in enumerate(self.events):
            if predicate(event):
                return self.events.pop(at)
        end = time.monotonic() + deadline
        while (event := self.read(max(0.0, end - time.monotonic()))) is not None:
            if predicate(event):
                return event
            self.events.append(event)
        what = wanted if isinstance(wanted, str) else inspect.getsource(wanted).strip()
        raise AssertionError(f"{self.drone_id}: waited {deadline:g} s for {what}; has {self.events}")

    def wait_closed(self, deadline=DEADLINE):
        """Reads until the gateway has closed the connection; what came is in `events`."""
        end = time.monotonic() + deadline
        try:
            while (event := self.read(max(0.0, end - time.monotonic()))) is not None:
                self.events.append(event)
        except Closed:
            return
        raise AssertionError(f"{self.drone_id}: not closed within {deadline:g} s")

    # -- dialogues

    def request(self, deadline=DEADLINE, **body):
        """Sends one request and returns its reply; frames joined by `more` come back as
        one."""
        ref = next(self._refs)
        self.send(ref=ref, **body)
        return self.reply_to(ref, deadline)

    def reply_to(self, ref, deadline=DEADLINE):
        whole = None
        while True:
            part = self.wait_for(lambda event: event.ref == ref, deadline)
            name = part.WhichOneof("body")
            more = getattr(getattr(part, name), "more", False)
            if whole is None:
                whole = part
            else:
                whole.MergeFrom(part)
            if not more:
                if hasattr(getattr(whole, name), "more"):
                    getattr(whole, name).more = False
                return whole

    def register(self, drone_id=None, **fields):
        """Registers, and returns the welcome. With a scenario, the drone has joined it."""
        self.drone_id = drone_id or self.drone_id
        ref = next(self._refs)
        self.send(
            ref=ref, registration={"protocol": 1, "drone_id": self.drone_id, **fields}
        )
        reply = self.reply_to(ref)
        assert reply.HasField("welcome"), reply
        self.welcome = reply.welcome
        if fields.get("scenario"):
            chosen = self.reply_to(ref)
            assert chosen.HasField("scenario_chosen"), chosen
        return self.welcome

    def place(self, east_m, north_m=0.0, up_m=0.0, **parts):
        """update_state with a local position; `parts` as in the message."""
        local = {"east_m": east_m, "north_m": north_m, "up_m": up_m}
        reply = self.request(update_state={"position": {"local": local}, **parts})
        assert reply.HasField("done"), reply

    def tell(self, target, payload, report="REPORT_WISH_ALL", **fields):
        """Sends to the drone `target`, or to everyone when it is None; returns the reply."""
        to = {"everyone": {}} if target is None else {"drone": target}
        return self.request(send={**to, "payload": payload, "report": report, **fields})


# ------------------------------------------------------------------ runner


class Context:
    """What one test has started."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="uavtest."))
        self.programs = []
        self.drones = []

    def program(self, *command, exit_codes=(0,), **options):
        """Starts a program; when the test ends it is stopped, and must then end with one
        of `exit_codes` (None: any)."""
        program = Program(command, **options)
        self.programs.append((program, exit_codes))
        return program

    def binary(self, name):
        path = BUILD / name
        if not path.exists():
            raise Skip(f"{path} is not built")
        return path

    def simulator(self, *flags, listen=f"{HOST}:0", seed=1, program=SIMULATOR):
        """The simulator that the tests run on, or `program`: "sim-stub" for what no other
        has. It listens; its address is in `.at`."""
        stub = self.program(self.binary(program), "--listen", listen, "--seed", seed, *flags)
        stub.at = stub.address()
        return stub

    def gateway(self, simulator, /, scenarios=None, **sections):
        """uav-gateway, listening. `simulator`: (host, port), or as the file has it. Keyword
        sections are added to the file: sessions={"idle_timeout_ms": 500}. Its address is
        in `.at`, the file in `.path`, what it says in `.ini`."""
        ini = {
            "gateway": {"name": "test", "log_level": "debug"},
            "listen:drones": {"address": f"{HOST}:0"},
            "simulator": {
                "address": simulator if isinstance(simulator, str) else "%s:%d" % simulator,
                "timeout_ms": 10000,
                "backoff_min_ms": 10,
                "backoff_max_ms": 200,
            },
        }
        for name, keys in (scenarios or {"field": scenario()}).items():
            ini[f"scenario:{name}"] = keys
        for name, keys in sections.items():
            ini.setdefault(name, {}).update(keys)
        path = self.folder / f"gateway{len(self.programs)}.ini"
        write_ini(path, ini)
        gateway = self.program(self.binary("uav-gateway"), "-c", path)
        gateway.at = gateway.address(listener="drones")
        gateway.path, gateway.ini = path, ini
        return gateway

    def drone(self, gateway, drone_id=None, at=None, **fields):
        """A connected drone; registered when it has an id. `at`: another address of it."""
        drone = Drone(at or gateway.at)
        self.drones.append(drone)
        if drone_id is not None:
            drone.register(drone_id, **fields)
        return drone

    def close(self):
        """Stops everything, newest first. Returns what is to be complained about."""
        complaints = []
        for drone in self.drones:
            drone.close()
        for program, exit_codes in reversed(self.programs):
            code = program.stop()
            if not program.killed and exit_codes is not None and code not in exit_codes:
                complaints.append(f"{program.command[0]} ended with {code}")
        for path in self.folder.iterdir():
            path.unlink()
        self.folder.rmdir()
        return complaints

    def logs(self):
        return "\n".join(
            f"--- {' '.join(program.command)}\n{program.log()}" for program, _ in self.programs
        )


def wait_until(predicate, deadline=DEADLINE):
    """Polls until predicate() is true, and returns what it gave."""
    end = time.monotonic() + deadline
    while not (value := predicate()):
        assert time.monotonic() < end, f"waited {deadline:g} s for {inspect.getsource(predicate)}"
        time.sleep(0.01)
    return value


def _expire(_signal, _frame):
    raise AssertionError("the test's deadline has passed")


def _run_one(function):
    """(verdict, skip reason, diagnostics)"""
    context = Context()
    failure = skipped = ""
    signal.setitimer(signal.ITIMER_REAL, getattr(function, "deadline", TEST_DEADLINE))
    try:
        function(context) if inspect.signature(function).parameters else function()
    except Skip as skip:
        skipped = str(skip)
    except Exception:  # whatever it is, it is this test's failure
        failure = traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        complaints = context.close()
    if complaints and not skipped:
        failure += "\n".join(complaints)
    if failure:
        failure += "\n" + context.logs()
    return not failure, skipped, failure


def run():
    """Runs the caller's test_* functions in the order in which they stand there (or
    those named on the command line), prints TAP and exits."""
    module = sys.modules["__main__"]
    tests = {name: f for name, f in vars(module).items() if name.startswith("test_")}
    names = sys.argv[1:] or list(tests)
    signal.signal(signal.SIGALRM, _expire)
    print(f"1..{len(names)}", flush=True)
    failures = 0
    for number, name in enumerate(names, 1):
        good, skipped, diagnostics = _run_one(tests[name])
        failures += not good
        note = f" # skip {skipped}" if skipped else ""
        print(f"{'ok' if good else 'not ok'} {number} - {name}{note}", flush=True)
        for line in diagnostics.splitlines():
            print(f"# {line}", flush=True)
    sys.exit(1 if failures else 0)
