#!/usr/bin/env python3
"""The client for firmware as a real drone: nanopb-drone, built with sanitizers, with the real gateway
and sim-stub, with drones of another make, and with gateways that break the rules."""

import contextlib
import errno
import fcntl
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import make_vectors  # noqa: E402
import scene  # noqa: E402
import uavtest  # noqa: E402
from uavtest import relay  # noqa: E402

# what it prints goes where the runner looks for events
TO_LOG = 'input=$1; shift; exec "$@" <>"$input" >&2'
FROM_PIPE = 'input=$1; shift; cat "$input" | "$@" >&2'


def program_path():
    for folder in (uavtest.BUILD, uavtest.BUILD / "asan"):
        path = folder / "nanopb-drone"
        if path.exists() and b"__asan_init" in path.read_bytes():
            return path
    raise uavtest.Skip("no nanopb-drone with sanitizers: make asan-gateway")


class Firmware:
    """nanopb-drone. Its events are found as those of a log; commands are handed in line by line."""

    def __init__(self, t, address, drone_id, *options, scenario="field", exit_codes=(0,)):
        self.input = t.folder / f"commands{len(t.programs)}"
        os.mkfifo(self.input)
        self.drone_id = drone_id
        self.program = t.program(
            "sh", "-c", TO_LOG, "sh", self.input, program_path(), "-s", scenario, *options,
            *address, drone_id, exit_codes=exit_codes)
        self.lines = self.program.lines

    def wait(self, event, start=0, **fields):
        return self.program.wait_event(event, start=start, **fields)

    def in_scenario(self, start=0):
        self.wait("scenario", start=start)
        return self

    def tell(self, line):
        with open(self.input, "w", encoding="utf-8") as commands:
            commands.write(line + "\n")

    def has_read(self):
        """Whether it has taken all that it was told off its input."""
        with open(self.input, "rb") as commands:  # it is open for writing elsewhere, so this does not wait
            return fcntl.ioctl(commands, termios.FIONREAD, bytes(4)) == bytes(4)

    def count(self, event, **fields):
        wanted = {"event": event, **fields}
        return sum(wanted.items() <= uavtest.parse_logfmt(line).items() for line in list(self.lines))

    def ended(self):
        """Its exit code."""
        return self.program.wait()


def firmware(t, gateway, drone_id="fw1", *options, **more):
    return Firmware(t, gateway.at, drone_id, *options, **more)


@contextlib.contextmanager
def gateway_that_comes_back(t, **sections):
    """What starts a gateway, always at the same port."""
    simulator = t.simulator()
    with scene.reserved_port() as port:
        sections["listen:drones"] = {"address": f"{uavtest.HOST}:{port}"}
        yield lambda: scene.ready(t, simulator, **sections)


# ------------------------------------------------------------ in the field


def test_messages_both_ways(t):
    """Either side reads the numbers that the other does."""
    gateway = scene.ready(t)
    drone = firmware(t, gateway, "fw1", "-p", "500,0,50").in_scenario()
    other = t.drone(gateway, "py1", scenario="field")
    other.place(0, 0, 50)
    drone.wait("presence", what="SCENARIO", drone="py1", scenario="field")
    reply = other.tell("fw1", b"hello \x00\xff")
    hop = reply.send_report.outcomes[0].hops[0]
    told = drone.wait("delivery", **{"from": "py1"})
    assert told["payload"] == r"hello \x00\xff"
    assert told["snr_db"] == f"{hop.link.snr_db:.2f}"
    assert told["delay_us"] == str(hop.link.delay_us)
    assert float(told["distance_m"]) == 500.0
    drone.tell("to py1 back again")
    delivery = other.wait_for("delivery").delivery
    assert (delivery.sender, delivery.payload) == ("fw1", b"back again")
    outcome = drone.wait("outcome", drone="py1", outcome="DELIVERED")
    assert outcome["snr_db"] == f"{delivery.hops[0].link.snr_db:.2f}"
    drone.tell("all listen")
    assert other.wait_for("delivery").delivery.payload == b"listen"
    drone.tell("to nobody lost words")
    drone.wait("outcome", drone="nobody", outcome="TARGET_OFFLINE")
    drone.tell("leave")
    drone.wait("offline", goodbye="LEFT", stopped="yes")
    assert drone.ended() == 0


def test_two_hops(t):
    gateway = scene.ready(t, scenarios={"field": scene.STAR})
    hub, hearer, sender = (firmware(t, gateway, name).in_scenario() for name in ("hub", "fw2", "fw1"))
    sender.tell("to fw2 over")
    told = hearer.wait("delivery", **{"from": "fw1"})
    assert (told["hop"], told["to"]) == ("hub", "fw2")  # the second one
    assert hub.count("delivery") == 0
    sender.wait("outcome", drone="fw2", outcome="DELIVERED")


def test_it_stays_alive(t):
    """Pings are answered; nothing else is said for twice the idle timeout."""
    gateway = scene.ready(t, sessions={"ping_interval_ms": 250, "idle_timeout_ms": 2000})
    drone = firmware(t, gateway).in_scenario()
    other = t.drone(gateway, "py1", scenario="field")
    for _ in range(40):
        other.read(0.1)  # answers its own pings
    assert other.tell("fw1", b"still there?").send_report.outcomes[0].outcome == relay.OUTCOME_DELIVERED
    assert drone.count("offline") == 0


def test_scenarios_and_presence(t):
    gateway = scene.ready(t, scenarios={"field": uavtest.scenario(), "valley": uavtest.scenario()})
    drone = firmware(t, gateway).in_scenario()
    drone.tell("scenarios")
    drone.wait("scenario_entry", name="valley")
    drone.tell("scenario valley")
    drone.wait("scenario", name="valley", available="yes")
    drone.tell("scenario nowhere")
    drone.wait("error", code="NO_SUCH_SCENARIO")
    t.drone(gateway, "py1", scenario="valley").close()
    drone.wait("presence", what="OFFLINE", drone="py1")


def test_a_small_input(t):
    """The least there may be: lists come in more frames, and what would not fit is not sent."""
    gateway = scene.ready(t)
    drone = firmware(t, gateway, "fw1", "-i", "768").in_scenario()
    others = scene.members(t, gateway, *(f"drone-with-a-long-name-{n:02}" for n in range(40)),
                           presence="PRESENCE_WISH_NONE")
    start = len(drone.lines)
    drone.tell("who")
    drone.wait("drone", start=start, drone="drone-with-a-long-name-39")
    drone.wait("done", start=start)
    assert drone.count("drone") == 41
    small, large = (others[0].tell("fw1", b"x" * size).send_report.outcomes[0].outcome
                    for size in (400, 700))
    assert (small, large) == (relay.OUTCOME_DELIVERED, relay.OUTCOME_TOO_LARGE)
    assert drone.count("skipped") == 0 and drone.count("offline") == 0


# ------------------------------------------------------------- its commands


def fly_script(t, gateway, script):
    """The drone that has been handed the script in a pipe and has ended well."""
    path = t.folder / "script"
    path.write_text(script, encoding="utf-8")
    program = t.program("sh", "-c", FROM_PIPE, "sh", path, program_path(), "-s", "field",
                        *gateway.at, "fw1")
    assert program.wait() == 0, program.log()
    return program


def test_a_last_line_without_its_end(t):
    program = fly_script(t, scene.ready(t), "scenarios\nleave")
    assert "goodbye=LEFT" in program.log()


def test_a_line_that_does_not_fit(t):
    """It is passed over, however it is cut, and what stands behind it is obeyed."""
    gateway = scene.ready(t)
    for size in (1019, 1020, 1021, 2045, 100000):
        program = fly_script(t, gateway, f"all {'x' * size}\nleave\n")
        assert program.log().count("passed over") == (size > 1019), size
        assert program.log().count("event=done") == (size == 1019), program.log()


# ----------------------------------------------------------- who comes back


def test_the_gateway_crashes_and_comes_back(t):
    """Pauses grow, each a random part; the scenario that it had chosen is chosen again."""
    scenarios = {"field": uavtest.scenario(), "valley": uavtest.scenario()}
    with gateway_that_comes_back(t, scenarios=scenarios) as start:
        gateway = start()
        drone = firmware(t, gateway).in_scenario()
        drone.tell("scenario valley")
        drone.wait("scenario", name="valley")
        at = len(drone.lines)
        gateway.kill()
        lost = drone.wait("offline", start=at, why="lost")
        assert 1 <= int(lost["retry_in_ms"]) <= 100
        uavtest.wait_until(lambda: drone.count("offline", why="no_connection") >= 6)
        pauses = [int(uavtest.parse_logfmt(line)["retry_in_ms"]) for line in list(drone.lines[at:])
                  if "no_connection" in line]
        bounds = [100 * 1.6 ** n for n in range(1, 8)]
        assert all(1 <= pause <= bound for pause, bound in zip(pauses, bounds)), pauses
        at = len(drone.lines)
        start()
        drone.wait("online", start=at)
        drone.wait("scenario", start=at, name="valley")


def test_the_gateway_shuts_down(t):
    """It comes back when the gateway said, and not before."""
    with gateway_that_comes_back(t, gateway={"retry_spread_ms": 3000}) as start:
        gateway = start()
        drones = [firmware(t, gateway, name).in_scenario() for name in ("fw1", "fw2", "fw3", "fw4")]
        starts = [len(drone.lines) for drone in drones]
        assert gateway.stop() == 0
        told = [drone.wait("offline", start=at, goodbye="SHUTTING_DOWN")
                for drone, at in zip(drones, starts)]
        pauses = [int(fields["retry_in_ms"]) for fields in told]
        assert all(1 <= pause <= 3000 for pause in pauses) and len(set(pauses)) > 1, pauses
        assert max(pauses) > 100, f"{pauses}: pauses of its own, not the gateway's"
        start()
        for drone, at in zip(drones, starts):
            drone.wait("online", start=at)
            drone.in_scenario(start=at)


def test_a_gateway_that_falls_silent(t):
    gateway = scene.ready(t, sessions={"ping_interval_ms": 1000, "idle_timeout_ms": 3000})
    drone = firmware(t, gateway).in_scenario()
    at = len(drone.lines)
    gateway.process.send_signal(signal.SIGSTOP)
    try:
        drone.wait("offline", start=at, why="silent")
    finally:
        gateway.process.send_signal(signal.SIGCONT)
    drone.in_scenario(start=at)


def test_a_reboot(t):
    """The same id again, from the same address: the gateway lets it in at once."""
    gateway = scene.ready(t)
    old = firmware(t, gateway, exit_codes=None).in_scenario()
    old.program.process.send_signal(signal.SIGSTOP)  # dead, and nobody knows
    try:
        new = firmware(t, gateway).in_scenario()
        assert new.count("offline") == 0
    finally:
        old.program.process.send_signal(signal.SIGCONT)


def test_taken_over(t):
    """Two drones of one id do not take over from each other for ever."""
    gateway = scene.ready(t)
    old = firmware(t, gateway, exit_codes=(1,)).in_scenario()
    new = firmware(t, gateway).in_scenario()
    old.wait("offline", goodbye="TAKEN_OVER", stopped="yes")
    assert old.ended() == 1, "a person is to be told"
    new.tell("who")
    new.wait("drone", drone="fw1")
    assert new.count("offline") == 0


def test_the_id_is_taken_elsewhere(t):
    """Somebody at another address is alive under it: it tries again until that one is gone."""
    gateway = scene.ready(t)
    holder = scene.drone_from(t, gateway, "127.0.0.2", "fw1")
    holder.register("fw1")
    drone = firmware(t, gateway)

    def refused():
        holder.read(0.05)  # answers the gateway's question
        return drone.count("offline", why="refused", error="NAME_TAKEN")

    uavtest.wait_until(refused)
    holder.close()
    drone.in_scenario()


def test_a_callsign_that_is_taken(t):
    gateway = scene.ready(t)
    t.drone(gateway, "py1", callsign="Falke")
    drone = firmware(t, gateway, "fw1", "-c", "Falke").in_scenario()
    assert drone.wait("online")["callsign"] == "fw1"
    assert drone.count("offline") == 0


# ------------------------------------------------------------------ secrets


def secret_gateway(t, secrets):
    path = t.folder / "secrets"
    path.write_text(secrets, encoding="utf-8")
    path.chmod(0o600)
    gateway = scene.ready(t, auth={"mode": "secret", "secrets_file": path.name, "delay_ms": 0})
    return gateway, path


def secret_file(t, secret):
    path = t.folder / f"key{len(t.programs)}"
    path.write_text(secret + "\n", encoding="utf-8")
    return path


def test_a_secret(t):
    gateway, _ = secret_gateway(t, "fw1 correct-horse-battery-staple\nfw2 another-secret-altogether\n")
    key = secret_file(t, "correct-horse-battery-staple")
    firmware(t, gateway, "fw1", "-k", key).in_scenario()
    wrong = firmware(t, gateway, "fw2", "-k", key, exit_codes=(1,))
    wrong.wait("offline", why="refused", error="AUTH_FAILED", stopped="yes")
    assert wrong.ended() == 1 and wrong.count("connecting") == 1
    none = firmware(t, gateway, "fw1", exit_codes=(1,))
    none.wait("offline", why="no_proof", stopped="yes")
    assert none.ended() == 1


def test_a_kick(t):
    """The operator withdraws the secret: kicked, it comes back, is refused, and stays away."""
    gateway, secrets = secret_gateway(t, "fw1 correct-horse-battery-staple\nfw2 another-secret-altogether\n")
    drone = firmware(t, gateway, "fw1", "-k", secret_file(t, "correct-horse-battery-staple"),
                     exit_codes=(1,)).in_scenario()
    secrets.write_text("fw2 another-secret-altogether\n", encoding="utf-8")
    scene.reload(gateway)
    kicked = drone.wait("offline", goodbye="KICKED")
    assert 1 <= int(kicked["retry_in_ms"]) <= 5000
    drone.wait("offline", error="AUTH_FAILED", stopped="yes")
    assert drone.ended() == 1


# ------------------------------------------------------------------ on lwIP

CLIENT = HERE.parents[1] / "gateway/client/nanopb"
LWIP = Path("/usr/include/lwip")


def lwip_drone(t):
    """The example of the client's page, as it stands there, and the client with sanitizers, on lwIP."""
    if not (LWIP / "lwip/tcpip.h").exists():
        raise uavtest.Skip("no lwIP: deploy/install-deps.sh --firmware")
    page = (CLIENT / "README.md").read_text(encoding="utf-8")
    (example,) = [block for block in re.findall(r"(?ms)^```c\n(.*?)^```$", page) if "lwip/tcp.h" in block]
    (t.folder / "example.c").write_text(example, encoding="utf-8")
    generated = uavtest.BUILD / "gen/nanopb"
    program = t.folder / "lwip_drone"
    subprocess.run(
        [os.environ.get("CC", "cc"), "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Wshadow", "-Werror",
         "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I", CLIENT, "-I", generated,
         "-isystem", LWIP, "-o", program, HERE / "lwip_drone.c",
         t.folder / "example.c", *CLIENT.glob("*.c"), generated / "drone.pb.c", "-lprotobuf-nanopb", "-llwip",
         "-pthread"], check=True)
    return program


def test_the_example_on_lwip(t):
    """It flies, is heard and hears, and comes back when the gateway has crashed and when it has left."""
    drone = lwip_drone(t)
    path = t.folder / "socket"
    simulator = t.simulator()

    def start():
        return scene.ready(t, simulator, **{"listen:here": {"address": f"unix:{path}"}})

    gateway = start()
    hearer = t.drone(gateway, "py1", scenario="field")
    flying = t.program(drone, path, "fw1", exit_codes=None)
    delivery = hearer.wait_for("delivery").delivery
    assert (delivery.sender, delivery.payload) == ("fw1", b"hello")
    for end in ("kill", "stop"):
        getattr(gateway, end)()
        gateway = start()
        gateway.wait_event("scenario_chosen", drone="fw1", scenario="field")
        other = t.drone(gateway, "py1", scenario="field")
        for payload in (b"short", b"x" * 800):  # the longer one comes in several pieces
            report = other.tell("fw1", payload).send_report
            assert report.outcomes[0].outcome == relay.OUTCOME_DELIVERED, report
        other.close()
    assert flying.process.poll() is None, flying.log()


# ------------------------------------------------------------------ its page


def nanopb_sources():
    """As they are there: no test fetches them."""
    if not shutil.which("arm-none-eabi-gcc"):
        raise uavtest.Skip("no arm-none-eabi-gcc: deploy/install-deps.sh --firmware")
    found = sorted(path.parent for folder in {uavtest.BUILD, uavtest.ROOT / "build"}
                   for path in folder.glob("firmware/nanopb-*/pb_decode.c"))
    if not found:
        raise uavtest.Skip("no sources of nanopb: make firmware-size fetches them")
    return found[-1]


def measure(client, folder):
    """What `make firmware-size` does."""
    return subprocess.run(
        [sys.executable, client / "size/measure.py", folder / "firmware", uavtest.BUILD / "gen/nanopb",
         nanopb_sources()], capture_output=True, text=True, check=False)


def test_its_size(t):
    """The page's table is what is measured, and one that is not is noticed."""
    if not (LWIP / "lwip/tcp.h").exists():
        raise uavtest.Skip("no lwIP: deploy/install-deps.sh --firmware")
    with tempfile.TemporaryDirectory() as folder:
        done = measure(CLIENT, Path(folder))
        assert done.returncode == 0, done.stdout + done.stderr
        if "not compared" in done.stdout:
            raise uavtest.Skip(done.stdout.splitlines()[-1])
        copy = Path(folder) / "client"
        shutil.copytree(CLIENT, copy)
        page = (copy / "README.md").read_text(encoding="utf-8")
        (copy / "README.md").write_text(page.replace("| messages | ", "| messages | 1", 1), encoding="utf-8")
        done = measure(copy, Path(folder))
        assert done.returncode == 1 and "says otherwise" in done.stderr, done.stdout + done.stderr


def test_what_is_to_be_copied(t):
    """The files that the page names compile, and nothing is missing."""
    page = (CLIENT / "README.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"(?ms)^To copy into a firmware.*?(?=^C11)", page)
    names = re.findall(r"`(\w[\w.]*\.[ch])`", told)
    folders = (CLIENT, uavtest.BUILD / "gen/nanopb", nanopb_sources())
    for name in names:
        (path,) = (folder / name for folder in folders if (folder / name).exists())
        shutil.copy(path, t.folder)
    sources = [name for name in names if name.endswith(".c")]
    assert len(sources) == 7, sources
    subprocess.run(["arm-none-eabi-gcc", "-std=c11", "-mcpu=cortex-m4", "-mthumb", "-fsyntax-only", "-Wall",
                    "-Wextra", "-Werror", "-I.", *sources], check=True, cwd=t.folder)


# -------------------------------------------------- gateways that break rules


class Fake:
    """A gateway that says what it is told to."""

    def __init__(self):
        self.listener = socket.create_server((uavtest.HOST, 0))
        self.listener.settimeout(uavtest.DEADLINE)
        self.at = self.listener.getsockname()

    def accept(self):
        """The next connection, its registration read."""
        connection, _ = self.listener.accept()
        connection.settimeout(uavtest.DEADLINE)
        data = b""
        while not uavtest.decode_frame(data)[1]:
            chunk = connection.recv(4096)
            assert chunk, "closed before it registered"
            data += chunk
        return connection, relay.ToGateway.FromString(uavtest.decode_frame(data)[0])

    def welcomed(self):
        connection, asked = self.accept()
        connection.sendall(uavtest.delimit(relay.FromGateway(
            ref=asked.ref, welcome={"idle_timeout_ms": 30000, "max_payload_bytes": 1000})))
        return connection


@contextlib.contextmanager
def fake_gateway():
    fake = Fake()
    with fake.listener:
        yield fake


def closed(connection):
    """Waits for the drone to close; what it wrote meanwhile does not count."""
    with contextlib.suppress(ConnectionError):
        while connection.recv(65536):
            pass
    connection.close()


def test_frames_that_are_none(t):
    """Each ends the connection, and none the drone: it comes back every time."""
    cases = [
        b"\x00",
        b"\xff\xff\xff\xff\xff\xff",
        b"\xff\xff\xff\x7f" + b"x" * 100,
        b"\x03\x12\x01\xff",
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 3,
        b"\x15\x03\x01\x00\x02\x02\x46" * 4,  # TLS
        uavtest.delimit(relay.FromGateway(error={"message": "x" * 600})),
    ]
    for case in cases:
        with fake_gateway() as fake:  # of its own: a drone that ends may have connected anew
            drone = Firmware(t, fake.at, "fw1")
            for connect in (lambda: fake.accept()[0], fake.welcomed):
                connection = connect()
                connection.sendall(case)
                closed(connection)
            connection = fake.welcomed()
            assert drone.count("offline", why="unreadable") == 2, case
            connection.close()
            assert drone.program.stop() == 0, case


def test_a_frame_that_does_not_fit(t):
    """A gateway that does not keep to max_frame_bytes: told, and the next frame is read."""
    large = relay.FromGateway(delivery={"sender": "x", "payload": bytes(70000)})
    small = relay.FromGateway(delivery={"sender": "x", "payload": b"next"})
    with fake_gateway() as fake:
        drone = Firmware(t, fake.at, "fw1", "-i", "768", exit_codes=None)
        connection = fake.welcomed()
        connection.sendall(uavtest.delimit(large) + uavtest.delimit(small))
        drone.wait("skipped", bytes=large.ByteSize())
        drone.wait("delivery", payload="next")
        assert drone.count("offline") == 0
        connection.close()


def test_a_gateway_that_reads_nothing(t):
    """The output is full of pongs: a command waits for room, and the drone can still be ended."""
    with fake_gateway() as fake:
        fake.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        drone = Firmware(t, fake.at, "fw1")
        connection = fake.welcomed()
        connection.sendall(uavtest.delimit(
            relay.FromGateway(scenario_chosen={"scenario": {"name": "field"}})))
        pings = uavtest.delimit(relay.FromGateway(ping={"nonce": 1 << 63})) * 600
        for number in range(1000):  # 8 kB of pongs each: more than the system takes
            connection.sendall(pings + uavtest.delimit(
                relay.FromGateway(delivery={"sender": "x", "payload": str(number).encode()})))
            drone.wait("delivery", start=number, payload=number)
        drone.tell("leave")
        uavtest.wait_until(drone.has_read)
        drone.program.process.terminate()
        assert drone.ended() == 0
        connection.close()


def make_noise(connection, frames, chance):
    noise = bytearray(b"".join(chance.choices(frames, k=20)))
    for _ in range(chance.choice((0, 1, 30))):
        noise[chance.randrange(len(noise))] = chance.randrange(256)
    try:
        while noise:
            size = chance.randint(1, 300)
            connection.sendall(noise[:size])
            del noise[:size]
        connection.shutdown(socket.SHUT_WR)
    except OSError as error:  # the drone has closed: at once, or when all of it had come
        if not isinstance(error, ConnectionError) and error.errno != errno.ENOTCONN:
            raise


def test_noise(t):
    """Golden frames, cut, joined, repeated and with bytes changed, to a drone with sanitizers: it
    comes back from whatever they lead to, and still knows what a delivery is."""
    chance = random.Random(7)
    golden = [uavtest.delimit(message) for _, message in make_vectors.VECTORS.values()
              if isinstance(message, relay.FromGateway) and not message.HasField("goodbye")]
    told = 0
    for _ in range(20):
        with fake_gateway() as fake:
            drone = Firmware(t, fake.at, "fw1", exit_codes=(0, 1))
            connection = fake.welcomed()
            make_noise(connection, golden, chance)
            closed(connection)
            if drone.wait("offline").get("stopped"):
                continue  # bytes were changed into a goodbye that has it stay away
            connection = fake.welcomed()
            connection.sendall(uavtest.delimit(
                relay.FromGateway(delivery={"sender": "x", "payload": b"end"})))
            drone.wait("delivery", payload="end")
            told += drone.count("delivery")
            connection.close()
            drone.program.stop()
    assert told > 40, "noise that tells nothing"
    assert not any("Sanitizer" in line or "runtime error" in line
                   for program, _ in t.programs for line in program.lines)


def test_a_pause_that_never_ends(t):
    """A day at most, whatever the gateway asks for."""
    with fake_gateway() as fake:
        drone = Firmware(t, fake.at, "fw1", exit_codes=None)
        connection = fake.welcomed()
        connection.sendall(uavtest.delimit(relay.FromGateway(
            goodbye={"reason": 99, "message": "\x1b[2J", "retry_after_ms": 0xFFFFFFFF})))
        told = drone.wait("offline", goodbye="UNKNOWN")
        assert told["retry_in_ms"] == "86400000"
        assert told["message"] == r"\x1b[2J"
        closed(connection)
        drone.program.process.terminate()
        assert drone.ended() == 0  # also during a pause


if __name__ == "__main__":
    uavtest.run()
