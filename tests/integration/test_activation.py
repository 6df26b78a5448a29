"""Sockets that the gateway inherits, and what a service manager is told."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from scene import barrier, change_file, goodbye_of, reload, reserved_port  # noqa: E402

CANNOT_START = 3

# Puts the descriptors that it is given to 3 and up and becomes the program, as systemd does.
LAUNCHER = """
import fcntl, os, sys
names, descriptors, command = sys.argv[1], sys.argv[2].split(","), sys.argv[3:]
high = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in descriptors if fd]
for number, fd in enumerate(high):
    os.dup2(fd, 3 + number, inheritable=True)
    os.close(fd)
if high:
    os.environ.update(LISTEN_FDS=str(len(high)), LISTEN_FDNAMES=names)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(command[0], command)
"""


def configure(t, listeners, **sections):
    """Writes a configuration with these listeners, {name: address}; its path, and what it says."""
    ini = {"gateway": {"log_level": "debug"}, "sessions": {"linger_ms": 200},
           "simulator": {"address": "127.0.0.1:1", "backoff_min_ms": 60000,
                         "backoff_max_ms": 60000},
           "scenario:field": uavtest.scenario()}
    for name, address in listeners.items():
        ini[f"listen:{name}"] = {"address": address}
    for name, keys in sections.items():
        ini.setdefault(name, {}).update(keys)
    path = t.folder / f"gateway{len(t.programs)}.ini"
    uavtest.write_ini(path, ini)
    return path, ini


def start(t, held, listeners, exit_code=0, env=None, **sections):
    """A gateway that inherits what `held` holds: [(name, socket)]."""
    path, ini = configure(t, listeners, **sections)
    descriptors = [sock.fileno() for _, sock in held]
    gateway = t.program(
        sys.executable, "-I", "-S", "-c", LAUNCHER, ":".join(name for name, _ in held),
        ",".join(map(str, descriptors)), t.binary("uav-gateway"), "-c", path,
        pass_fds=descriptors, exit_codes=(exit_code,), env={**os.environ, **(env or {})})
    gateway.path, gateway.ini = path, ini
    return gateway


def held_socket(t, at=(uavtest.HOST, 0), family=socket.AF_INET):
    sock = socket.socket(family)
    t.drones.append(sock)
    sock.bind(at)
    sock.listen(16)
    return sock


def welcomed(t, address, drone_id):
    drone = uavtest.Drone(address)
    t.drones.append(drone)
    drone.register(drone_id, presence="PRESENCE_WISH_NONE")
    return drone


def refusal(t, held, listeners, **options):
    """Why it does not start."""
    gateway = start(t, held, listeners, exit_code=CANNOT_START, **options)
    assert gateway.wait() == CANNOT_START
    return gateway.wait_event("inherited_socket_refused")


# ------------------------------------------------------------------- sockets


def test_a_restart_keeps_the_socket(t):
    """Who comes while there is no gateway waits for the next one, and is refused by none."""
    held = held_socket(t)
    at = held.getsockname()
    first = start(t, [("drones", held)], {"drones": f"{uavtest.HOST}:0"})
    assert first.address(listener="drones") == at
    drone = welcomed(t, at, "uav1")
    assert first.stop() == 0
    assert goodbye_of(drone) == "SHUTTING_DOWN"
    waiting = []
    for number in range(10):
        drone = uavtest.Drone(at)
        t.drones.append(drone)
        drone.send(ref=1, registration={"protocol": 1, "drone_id": f"between{number}"})
        waiting.append(drone)
    second = start(t, [("drones", held)], {"drones": f"{uavtest.HOST}:0"})
    for drone in waiting:
        assert drone.wait_for("welcome")
    barrier(welcomed(t, at, "uav2"))
    assert second.stop() == 0


def test_who_comes_while_it_drains_waits(t):
    """It listens no more, but the socket is there."""
    held = held_socket(t)
    at = held.getsockname()
    first = start(t, [("drones", held)], {"drones": f"{uavtest.HOST}:0"},
                  sessions={"linger_ms": 3000})
    welcomed(t, at, "uav1")
    first.process.terminate()
    first.wait_event("stopping")
    late = uavtest.Drone(at)
    t.drones.append(late)
    late.send(ref=1, registration={"protocol": 1, "drone_id": "late"})
    assert first.wait() == 0
    start(t, [("drones", held)], {"drones": f"{uavtest.HOST}:0"})
    assert late.wait_for("welcome")


def test_a_socket_by_its_address(t):
    """It has the name that systemd gives when the unit gives none."""
    held = held_socket(t)
    host, port = held.getsockname()
    gateway = start(t, [("uav-gateway.socket", held)],
                    {"other": f"{uavtest.HOST}:0", "drones": f"{host}:{port}"})
    assert gateway.address(listener="drones") == (host, port)
    assert gateway.address(listener="other") != (host, port)
    for listener in ("drones", "other"):
        barrier(welcomed(t, gateway.address(listener=listener), listener))


def test_names_go_before_addresses(t):
    one, two = held_socket(t), held_socket(t)
    gateway = start(t, [("one", two), ("two", one)],
                    {"one": "%s:%d" % one.getsockname(), "two": "%s:%d" % two.getsockname()})
    assert gateway.address(listener="one") == two.getsockname()
    assert gateway.address(listener="two") == one.getsockname()


def test_what_nobody_wants_is_closed(t):
    held, surplus, stray = held_socket(t), held_socket(t), held_socket(t)
    gateway = start(t, [("drones", held), ("drones", surplus), ("", stray)],
                    {"drones": f"{uavtest.HOST}:0"})
    barrier(welcomed(t, held.getsockname(), "uav1"))
    for sock, name in ((surplus, "drones"), (stray, "")):
        told = gateway.wait_event("inherited_socket_closed", address="%s:%d" % sock.getsockname())
        assert told["name"] == name and "no listener has" in told["why"], told
    inodes = {os.readlink(f"/proc/{gateway.pid}/fd/{fd}")
              for fd in os.listdir(f"/proc/{gateway.pid}/fd")}
    assert f"socket:[{os.fstat(held.fileno()).st_ino}]" in inodes
    for sock in (surplus, stray):
        assert f"socket:[{os.fstat(sock.fileno()).st_ino}]" not in inodes


def test_the_file_of_a_unix_socket_stays(t):
    path = t.folder / "drones.sock"
    held = held_socket(t, str(path), socket.AF_UNIX)
    for number in range(2):
        gateway = start(t, [("", held)], {"drones": f"unix:{path}"})
        told = gateway.wait_event("listening", listener="drones")
        assert told["address"] == f"unix:{path}", told
        barrier(welcomed(t, path, f"uav{number}"))
        assert gateway.stop() == 0
        assert path.exists(), "it is not the gateway's"


def test_what_is_no_listening_stream_socket(t):
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind((uavtest.HOST, 0))
    bound = socket.socket()
    bound.bind((uavtest.HOST, 0))
    listening = held_socket(t)
    connected = uavtest.connect(listening.getsockname())
    t.drones += [datagrams, bound, connected]
    for sock in (datagrams, bound, connected):
        told = refusal(t, [("drones", sock)], {"drones": f"{uavtest.HOST}:0"})
        assert "no listening stream socket" in told["why"] and "Accept=no" in told["why"], told
    gateway = start(t, [("other", datagrams)], {"drones": f"{uavtest.HOST}:0"})
    told = gateway.wait_event("inherited_socket_closed", name="other")
    assert "no listening stream socket" in told["why"], told
    barrier(welcomed(t, gateway.address(), "uav1"))


def test_a_socket_that_others_reach(t):
    """The configuration says 127.0.0.1, the socket that it is given is everybody's."""
    held = held_socket(t, ("0.0.0.0", 0))
    told = refusal(t, [("drones", held)], {"drones": f"{uavtest.HOST}:0"})
    assert "insecure = yes" in told["why"], told
    gateway = start(t, [("drones", held)], {"drones": f"{uavtest.HOST}:0"},
                    **{"listen:drones": {"insecure": "yes"}})
    barrier(welcomed(t, (uavtest.HOST, held.getsockname()[1]), "uav1"))
    gateway.wait_event("listening", address="0.0.0.0:%d" % held.getsockname()[1])


def test_an_environment_that_cannot_be_read(t):
    gateway = start(t, [], {"drones": f"{uavtest.HOST}:0"}, exit_code=CANNOT_START,
                    env={"LISTEN_FDS": "some"})
    assert gateway.wait() == CANNOT_START
    assert "LISTEN_FDS" in gateway.wait_event("inherited_sockets_unknown")["hint"]


def test_systemd_socket_activate(t):
    """The real thing, if it is there: it starts the gateway when the first drone comes."""
    program = shutil.which("systemd-socket-activate")
    if not program:
        raise uavtest.Skip("systemd-socket-activate is not installed")
    path, _ = configure(t, {"drones": f"{uavtest.HOST}:0"})
    with reserved_port() as port:
        activator = t.program(program, "-l", f"{uavtest.HOST}:{port}", "--fdname=drones",
                              t.binary("uav-gateway"), "-c", path, exit_codes=None)

        def connected():
            with contextlib.suppress(ConnectionRefusedError):
                return uavtest.Drone((uavtest.HOST, port))

        drone = uavtest.wait_until(connected)
        t.drones.append(drone)
        drone.register("uav1")
        assert activator.address(listener="drones") == (uavtest.HOST, port)
        assert activator.stop() == 0
        assert goodbye_of(drone) == "SHUTTING_DOWN"


# ------------------------------------------------------------ the service manager


class Manager:
    """What systemd would hear."""

    def __init__(self, t):
        self.path = t.folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.settimeout(uavtest.DEADLINE)
        t.drones.append(self.socket)

    def next(self):
        """The next notification, as {key: value}."""
        return dict(line.split("=", 1) for line in self.socket.recv(65536).decode().split("\n"))


def test_what_the_service_manager_is_told(t):
    manager = Manager(t)
    gateway = start(t, [], {"drones": f"{uavtest.HOST}:0"}, limits={"drain_ms": 7000},
                    env={"NOTIFY_SOCKET": str(manager.path)})
    assert manager.next() == {"READY": "1", "STATUS": "listening, 0 drones online"}
    drone = welcomed(t, gateway.address(), "uav1")  # it takes drones by then
    for event, what in (("reloaded", "reloaded"), ("reload_refused", "the last reload was refused")):
        reload(gateway, event)
        told = manager.next()
        assert told["RELOADING"] == "1" and int(told["MONOTONIC_USEC"]) > 0, told
        told = manager.next()
        assert told["READY"] == "1" and told["STATUS"].startswith(what), told
        assert "1 drones online" in told["STATUS"], told
        change_file(gateway, sessions={"no_such_key": 1})
    gateway.process.send_signal(signal.SIGTERM)
    told = manager.next()
    assert told["STOPPING"] == "1" and int(told["EXTEND_TIMEOUT_USEC"]) >= 7200 * 1000, told
    assert gateway.wait() == 0
    assert goodbye_of(drone) == "SHUTTING_DOWN"


def test_a_manager_that_is_gone(t):
    """Nobody is there to be told: it runs all the same."""
    gateway = start(t, [], {"drones": f"{uavtest.HOST}:0"},
                    env={"NOTIFY_SOCKET": str(t.folder / "nobody")})
    barrier(welcomed(t, gateway.address(), "uav1"))
    assert gateway.stop() == 0


def test_a_manager_that_does_not_read(t):
    """What it does not take at once is not told: nobody waits for it."""
    manager = Manager(t)
    gateway = start(t, [], {"drones": f"{uavtest.HOST}:0"},
                    env={"NOTIFY_SOCKET": str(manager.path)})
    drone = welcomed(t, gateway.address(), "uav1")
    for _ in range(30):  # the system keeps some ten for it
        reload(gateway, "reloaded")
        barrier(drone)
    assert gateway.stop() == 0
    assert manager.next()["READY"] == "1"


def test_more_descriptors_than_there_are(t):
    """LISTEN_FDS says more than was handed over: the gateway takes none of its own for one."""
    gateway = start(t, [], {"drones": f"{uavtest.HOST}:0"}, exit_code=CANNOT_START,
                    env={"LISTEN_FDS": "6"})
    assert gateway.wait() == CANNOT_START
    assert "LISTEN_FDS" in gateway.wait_event("inherited_sockets_unknown")["hint"]


if __name__ == "__main__":
    uavtest.run()
