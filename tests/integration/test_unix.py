"""Listeners on unix sockets, and a simulator at one."""

import os
import socket
import stat
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator  # noqa: E402
from scene import goodbye_of, members, outcome_of, ready, settle  # noqa: E402

CANNOT_START = 3


def here(t):
    """A path for the gateway's socket, and the section of its listener."""
    path = t.folder / "drones.sock"
    return path, {"listen:here": {"address": f"unix:{path}"}}


def failed_start(t, path, simulator=("127.0.0.1", 1)):
    """Starts a gateway that cannot listen at `path`; why it says so."""
    file = t.folder / "failing.ini"
    uavtest.write_ini(file, {"listen:here": {"address": f"unix:{path}"},
                             "simulator": {"address": "%s:%d" % simulator}})
    gateway = t.program(t.binary("uav-gateway"), "-c", file, exit_codes=(CANNOT_START,))
    assert gateway.wait() == CANNOT_START
    told = gateway.wait_event("listen_failed", listener="here")
    assert told["path"] == str(path), told
    return told["why"]


def test_messages_between_a_path_and_a_port(t):
    path, listener = here(t)
    gateway = ready(t, **listener)
    assert gateway.wait_event("listening", listener="here")["address"] == f"unix:{path}"
    near, = members(t, gateway, "near", at=path)
    far, = members(t, gateway, "far")
    assert outcome_of(near.tell("far", b"x" * 30000)) == "DELIVERED"
    assert far.wait_for("delivery").delivery.payload == b"x" * 30000
    assert outcome_of(far.tell("near", b"back")) == "DELIVERED"
    assert near.wait_for("delivery").delivery.payload == b"back"
    settle(gateway)
    assert goodbye_of(near) == "SHUTTING_DOWN"


def test_the_file_comes_and_goes(t):
    path, listener = here(t)
    before = os.umask(0o027)
    try:
        gateway = ready(t, **listener)
    finally:
        os.umask(before)
    found = path.stat()
    assert stat.S_ISSOCK(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o750, found
    assert gateway.stop() == 0
    assert not path.exists(), "an orderly end removes it"


def test_the_socket_of_a_dead_gateway_is_removed(t):
    path, listener = here(t)
    ready(t, **listener).kill()
    assert path.exists()
    gateway = ready(t, **listener)
    assert t.drone(gateway, "uav1", at=path).request(ping={}).HasField("pong")


def test_a_living_listener_keeps_its_path(t):
    path, listener = here(t)
    gateway = ready(t, **listener)
    assert "another process listens" in failed_start(t, path)
    assert t.drone(gateway, "uav1", at=path).request(ping={}).HasField("pong")


def test_who_stops_leaves_the_path_to_its_successor(t):
    """Its file was removed, and another gateway listens at the path now."""
    path, listener = here(t)
    first = ready(t, **listener)
    path.unlink()
    second = ready(t, **listener)
    assert first.stop() == 0
    assert t.drone(second, "uav1", at=path).request(ping={}).HasField("pong")
    assert second.stop() == 0
    assert not path.exists()


def test_no_other_file_is_removed(t):
    path = t.folder / "notes.txt"
    path.write_text("mine")
    assert "not a socket" in failed_start(t, path)
    assert path.read_text() == "mine"


def test_a_folder_that_is_not_there(t):
    assert "folder" in failed_start(t, t.folder / "nowhere" / "drones.sock")


def test_all_at_a_path_are_one_host(t):
    """Another connection from the same host takes an id over at once; from elsewhere it would
    wait for the drone that has it."""
    path, listener = here(t)
    gateway = ready(t, sessions={"takeover_ms": 3600000}, **listener)
    first = t.drone(gateway, "uav1", at=path)
    second = t.drone(gateway, "uav1")  # by TCP from 127.0.0.1
    assert goodbye_of(first) == "TAKEN_OVER"
    t.drone(gateway, "uav1", at=path)
    assert goodbye_of(second) == "TAKEN_OVER"


def test_a_simulator_at_a_path(t):
    simulator = FakeSimulator(t, path=t.folder / "sim.sock")
    gateway = ready(t, simulator)
    one, two = members(t, gateway, "uav1", "uav2")
    assert outcome_of(one.tell("uav2", b"x")) == "DELIVERED"
    assert two.wait_for("delivery").delivery.payload == b"x"
    told = gateway.wait_event("simulator_connected")
    assert told["address"] == simulator.at and told["software"] == "fake", told


if __name__ == "__main__":
    uavtest.run()
