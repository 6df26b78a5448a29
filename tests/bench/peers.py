"""The brokers that a lab would use instead: NATS, Redis, Mosquitto, from their packages, each
as fast as its own settings make it without dropping anything: nothing is written to disk,
nothing logged, nobody is cut off for reading slowly.

    /usr/bin/python3 tests/bench/peers.py nats --cpu 0

starts one until it is interrupted, and says where it listens."""

import argparse
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from process import Broken, Process, allow_open_files, ending

HOST = "127.0.0.1"
# Below the ports that the system gives to who asks for any.
PORTS = range(20000, 32768)
STARTS = 10  # with another port, when somebody took it first
DEADLINE_S = 20.0
INSTALL = "deploy/install-deps.sh --bench-peers"
# nats-server and mosquitto are where only root's PATH leads.
PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"))


class Nats:
    """One goroutine a connection, on as many threads as the processors that it is pinned
    to when it starts: Go counts those (runtime.NumCPU). Its limits for a client that does not
    keep up, 64 MB waiting and 10 s for a write, are put out of reach."""

    name = dialect = title = "nats"
    program, version_option = "nats-server", "--version"
    config = """\
listen: "{host}:{port}"
max_connections: 100000
max_pending: 1GB
write_deadline: "600s"
ping_interval: "600s"
logtime: false
"""

    @staticmethod
    def command(program, config):
        return [program, "-c", config]


class Redis:
    """As its clients use it: each PUBLISH is answered. io-threads 1 is the default; more would
    not help on one processor."""

    name = dialect = title = "redis"
    program, version_option = "redis-server", "--version"
    config = """\
bind {host}
port {port}
protected-mode no
daemonize no
dir "{folder}"
logfile ""
loglevel warning
save ""
appendonly no
io-threads 1
maxclients {clients}
tcp-backlog 4096
client-output-buffer-limit normal 0 0 0
client-output-buffer-limit pubsub 0 0 0
"""

    @staticmethod
    def command(program, config):
        return [program, config]


class RedisNoReplies(Redis):
    """At its fastest: the same server, whose clients have told it not to answer."""

    name = dialect = "redis-no-replies"
    title = "redis, no replies"
    # before, a client that has turned replies off was not sent messages either
    # (https://github.com/redis/redis/pull/11875)
    oldest = (7, 0, 10)


class Mosquitto:
    """Without Nagle's delay, without $SYS topics; 0: no bound for what waits."""

    name = title = "mosquitto"
    dialect = "mqtt"
    program, version_option = "mosquitto", "-h"
    config = """\
listener {port} {host}
allow_anonymous true
user {user}
persistence false
log_dest stderr
log_type error
sys_interval 0
set_tcp_nodelay true
max_connections -1
max_queued_messages 0
max_queued_bytes 0
max_inflight_messages 0
max_inflight_bytes 0
"""

    @staticmethod
    def command(program, config):
        return [program, "-c", config]


KINDS = {kind.name: kind for kind in (Nats, Redis, RedisNoReplies, Mosquitto)}
NAMES = tuple(KINDS)


# ---------------------------------------------------------------- installed


def version(name):
    """Of the installed program: "7.0.15". Broken: it is not there or too old for this."""
    kind = KINDS[name]
    program = _program(kind)
    said = subprocess.run([program, kind.version_option], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    found = re.search(r"(\d+)\.(\d+)\.(\d+)\S*", said.stdout + said.stderr)
    if not found:
        raise Broken(f"{program} {kind.version_option} names no version")
    oldest = getattr(kind, "oldest", (0, 0, 0))
    if tuple(int(number) for number in found.groups()) < oldest:
        raise Broken(f"{kind.program} is {found.group()}; at least "
                     f"{'.'.join(map(str, oldest))} is needed")
    return found.group()


def trouble(name):
    """Why it cannot be measured here, in a sentence; None: it can."""
    try:
        version(name)
    except Broken as broken:
        return str(broken)
    return None


def _program(kind):
    program = shutil.which(kind.program, path=PATH)
    if not program:
        raise Broken(f"{kind.program} is not installed; {INSTALL} installs it")
    return program


# ------------------------------------------------------------------ running


class Peer:
    """A broker that listens. Nothing of it is left after stop(), or at the end of `with`."""

    def __init__(self, name, cpu=None):
        self.kind = KINDS[name]
        self.name, self.dialect = self.kind.name, self.kind.dialect
        self.version = version(name)
        self._folder = tempfile.TemporaryDirectory(prefix=f"bench.{name}.")
        try:
            self.port, self.process = self._start(cpu)
        except BaseException:
            self._folder.cleanup()
            raise

    @property
    def pid(self):
        return self.process.pid

    @property
    def address(self):
        return f"{HOST}:{self.port}"

    def stop(self):
        """It has ended when this returns. May be called again."""
        self.process.end()
        self._folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _start(self, cpu):
        for _ in range(STARTS):
            port = _free_port()
            process = self._start_at(port, cpu)
            try:
                if _listens(process, port):
                    return port, process
            except BaseException:
                process.end()
                raise
        raise Broken(f"{self.kind.program} does not start ({ending(process.process.returncode)}): "
                     f"{process.last_words()}")

    def _start_at(self, port, cpu):
        folder = Path(self._folder.name)
        config = folder / "config"
        config.write_text(
            self.kind.config.format(host=HOST, port=port, folder=folder,
                                    clients=allow_open_files() - 100, user=_own_name()),
            "utf-8")
        command = self.kind.command(_program(self.kind), config)
        return Process(folder, self.name, command, cpu)


def start(name, cpu=None):
    """Starts `name` (of NAMES), pinned to that processor (None: to none). Broken: why not."""
    return Peer(name, cpu)


def _own_name():
    """Mosquitto, started by root, becomes another user unless it is told who."""
    return "root" if os.geteuid() == 0 else "mosquitto"


def _free_port():
    for _ in range(1000):
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise Broken(f"no free port from {PORTS.start} to {PORTS.stop - 1}")


def _listens(process, port):
    """True when it accepts connections; False when it has ended instead."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if process.process.poll() is not None:
            return False
        try:
            socket.create_connection((HOST, port), timeout=1.0).close()
            return process.process.poll() is None
        except OSError:
            time.sleep(0.01)
    raise Broken(f"{process.name} does not listen after {DEADLINE_S:g} s: {process.last_words()}")


def main():
    parser = argparse.ArgumentParser(description="Starts a broker until it is interrupted.")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--cpu", type=int, help="runs on that processor alone")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _on_end)
    try:
        with start(options.name, options.cpu) as peer:
            print(f"{peer.name} {peer.version}, process {peer.pid}, on {peer.address}", flush=True)
            while True:
                signal.pause()
    except Broken as broken:
        print(f"peers.py: {broken}", file=sys.stderr)
        return 1


def _on_end(*_):
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
