"""Drones behind a bad network: they vanish without a word, end in one direction, stop reading, are
cut off under traffic, and come back all at once."""

import contextlib
import resource
import selectors
import socket
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver, hold  # noqa: E402
from fault_proxy import FaultProxy  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, Presence, barrier, descriptors, drone_from, members, outcome_name, outcome_of, payloads,
    post, ready, settle,
)
from uavtest import relay  # noqa: E402

NOBODY = "PRESENCE_WISH_NONE"
ELSEWHERE = "127.0.0.2"
CALM = {"idle_timeout_ms": 600_000, "ping_interval_ms": 0}  # nobody is missed


# ------------------------------------------------------------------------ gone


def test_vanished_without_a_word(t):
    """No end, no reset: told IDLE_TIMEOUT and OFFLINE; nothing is left of them, and their ids are
    free for others. Who answers pings stays."""
    gateway = ready(t, scenarios={"field": IDEAL},
                    sessions={"idle_timeout_ms": 2000, "ping_interval_ms": 200})
    proxy = FaultProxy(t, gateway.at)
    (watcher,) = members(t, gateway, "watcher")
    told = Presence(watcher)
    before = descriptors(gateway)
    ids = ["gone1", "gone2", "gone3"]
    gone = members(t, gateway, *ids, at=proxy.at, presence=NOBODY)
    gone[0].send_bytes(b"\x50half a frame")
    assert outcome_of(watcher.tell("gone2", b"x")) == "DELIVERED"
    proxy.vanish()
    for drone_id in ids:
        told.wait(drone_id, "OFFLINE", "IDLE_TIMEOUT", "field")
    for drone in gone:
        with contextlib.suppress(AssertionError):
            drone.wait_for("goodbye", 0)
            raise RuntimeError("it cannot have heard that")
    assert outcome_of(watcher.tell("gone2", b"x")) == "TARGET_OFFLINE"
    told.take()  # pings were answered meanwhile
    uavtest.wait_until(lambda: barrier(watcher) or descriptors(gateway) == before)
    for drone_id in ids:
        again = drone_from(t, gateway, ELSEWHERE)
        assert again.register(drone_id, scenario="field", presence=NOBODY).drone_id == drone_id
        assert outcome_of(watcher.tell(drone_id, b"again")) == "DELIVERED"
        assert again.wait_for("delivery").delivery.payload == b"again"


def test_unacknowledged_for_too_long(t):
    """Half-open: what is sent is taken by nobody, and no ping is there to notice. The system
    gives up after tcp_user_timeout_ms."""
    gateway = ready(t, scenarios={"field": IDEAL}, sessions=CALM, limits={
        "tcp_user_timeout_ms": 500, "output_soft_ms": 600_000, "output_soft_bytes": 100_000_000,
        "output_hard_bytes": 200_000_000})
    proxy = FaultProxy(t, gateway.at)
    (sender,) = members(t, gateway, "sender")
    told = Presence(sender)
    members(t, gateway, "gone", at=proxy.at, presence=NOBODY)
    proxy.set(back={"hold": True})
    for _ in range(300):  # more than the system's buffers take
        assert outcome_of(sender.tell("gone", bytes(60000))) in ("DELIVERED", "TARGET_OFFLINE")
    told.wait("gone", "OFFLINE", "CONNECTION_LOST", "field")


def test_half_closed_under_way(t):
    """Who ends its side is gone; what it sent before arrives all the same."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator)
    proxy = FaultProxy(t, gateway.at)
    (watcher,) = members(t, gateway, "watcher")
    told = Presence(watcher)
    (half,) = members(t, gateway, "half", at=proxy.at, presence=NOBODY)
    post(half, 900, b"last words", drone="watcher")
    transmit = simulator.next_transmit()
    proxy.half_close("forward")
    told.wait("half", "OFFLINE", "CONNECTION_LOST", "field")
    half.wait_closed()
    simulator.send(*deliver(transmit))
    assert watcher.wait_for("delivery").delivery.payload == b"last words"
    assert settle(gateway)["delivered"] == 1


def test_one_of_many_stops_reading(t):
    """It is TOO_SLOW. The others hear every message, in order."""
    count = 250
    gateway = ready(t, scenarios={"field": IDEAL}, sessions=CALM)
    proxy = FaultProxy(t, gateway.at)
    names = [f"uav{number}" for number in range(6)]
    sender, *others = members(t, gateway, "sender", *names, presence=NOBODY)
    (watcher,) = members(t, gateway, "watcher")
    told = Presence(watcher)
    members(t, gateway, "stuck", at=proxy.at, presence=NOBODY)
    proxy.set(back={"hold": True})
    heard = {drone: [] for drone in (*others, watcher)}

    def listen(drone):
        while len(heard[drone]) < count:
            heard[drone].append(drone.wait_for("delivery").delivery.sequence)

    readers = [threading.Thread(target=listen, args=(drone,), daemon=True) for drone in heard]
    for reader in readers:
        reader.start()
    fates = {}
    for _ in range(count):
        report = sender.tell(None, bytes(40000)).send_report
        for outcome in report.outcomes:
            fates.setdefault(outcome.drone_id, []).append(outcome_name(outcome.outcome))
    for reader in readers:
        reader.join(uavtest.DEADLINE)
    for drone, sequences in heard.items():
        assert sequences == list(range(1, count + 1)), (drone.drone_id, len(sequences))
        assert fates[drone.drone_id] == ["DELIVERED"] * count
    handed_over = fates["stuck"].count("DELIVERED")
    assert handed_over < count and fates["stuck"][:handed_over] == ["DELIVERED"] * handed_over
    told.wait("stuck", "OFFLINE", "TOO_SLOW", "field")
    gateway.wait_event("drone_left", drone="stuck", reason="TOO_SLOW")
    left = [line for line in gateway.lines if "event=drone_left" in line]
    assert len(left) == 1, left


# ------------------------------------------------------------------- under traffic


def test_cut_off_under_traffic(t):
    """Half of them are reset again and again while all send to each other. The others stay, each
    of their messages has one fate, and what they send each other arrives."""
    gateway = ready(t, scenarios={"field": IDEAL}, limits={"max_takeovers_per_minute": 1000})
    proxy = FaultProxy(t, gateway.at)
    steady = members(t, gateway, "steady0", "steady1", "steady2", presence=NOBODY)
    flapping = [f"flap{number}" for number in range(4)]
    targets = [drone.drone_id for drone in steady] + flapping
    fates, ref = {}, 0
    for _ in range(15):
        guests = members(t, gateway, *flapping, at=proxy.at, presence=NOBODY)
        for number in range(8):
            for drone in (*steady, *guests):
                ref += 1
                target = next(name for name in targets[ref % len(targets):] + targets
                              if name != drone.drone_id)
                with contextlib.suppress(ConnectionError):
                    post(drone, ref, b"%d" % ref, drone=target)
                if drone in steady:
                    fates[ref] = [drone, target, None]
            if number == 5:
                proxy.reset()
        for guest in guests:
            guest.close()
    for drone in steady:
        for number in [n for n, (sender, *_) in fates.items() if sender is drone]:
            fates[number][2] = outcome_of(drone.reply_to(number))
    for drone in steady:
        barrier(drone)
        assert not any(event.HasField("send_report") for event in drone.events), "twice"
        own = [number for number in map(int, payloads(drone)) if number in fates]
        assert sorted(own) == sorted(
            n for n, (_, target, _) in fates.items() if target == drone.drone_id)
    for sender, target, fate in fates.values():
        assert fate == "DELIVERED" or target in flapping and fate in (
            "TARGET_OFFLINE", "TARGET_LEFT", "NO_ROUTE"), (target, fate)
    assert {fate for *_, fate in fates.values()} > {"DELIVERED"}, "some were cut off"
    assert not any("event=drone_left" in line and "steady" in line for line in gateway.lines)
    settle(gateway)


# ------------------------------------------------------------------------ the herd


class Herd:
    """So many drones in this process, which do nothing but register."""

    def __init__(self, address, ids):
        self.address = address
        self.ids = ids
        self.sockets = []

    def come(self):
        """All at once; returns when each has been welcomed in its scenario."""
        old, self.sockets = self.sockets, []
        selector = selectors.DefaultSelector()
        for drone_id in self.ids:
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(self.address)
            self.sockets.append(sock)
            selector.register(sock, selectors.EVENT_WRITE, (drone_id, bytearray()))
        for sock in old:
            sock.close()
        missing = len(self.ids)
        end = time.monotonic() + uavtest.DEADLINE * 2
        while missing:
            assert time.monotonic() < end, f"{missing} of {len(self.ids)} are not registered"
            for key, events in selector.select(1.0):
                missing -= self._handle(selector, key, events)
        selector.close()

    def _handle(self, selector, key, events):
        """True when it has come in."""
        drone_id, data = key.data
        if events & selectors.EVENT_WRITE:
            key.fileobj.send(uavtest.delimit(relay.ToGateway(ref=1, registration={
                "protocol": 1, "drone_id": drone_id, "scenario": "field", "presence": NOBODY})))
            selector.modify(key.fileobj, selectors.EVENT_READ, key.data)
            return False
        received = key.fileobj.recv(65536)
        assert received, f"{drone_id}: closed"
        data += received
        while (frame := uavtest.decode_frame(data))[1]:
            del data[: frame[1]]
            body = relay.FromGateway.FromString(frame[0])
            if body.HasField("scenario_chosen"):
                selector.unregister(key.fileobj)
                return True
            assert body.HasField("welcome"), f"{drone_id}: {body}"
        return False

    def close(self):
        for sock in self.sockets:
            sock.close()


def herd_size(wanted):
    """As many as this process may have descriptors for: its end, and the proxy's two, of the
    old and of the new connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, (hard - 500) // 6)
    needed = 6 * wanted + 500
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return wanted


def check_presence(told, online):
    """Everyone comes before it goes, and goes before it comes again; in the end exactly `online`
    are there."""
    there = set()
    for drone_id, what, *_ in told.told:
        if what == "ONLINE":
            assert drone_id not in there, f"{drone_id} came twice"
            there.add(drone_id)
        elif what == "OFFLINE":
            assert drone_id in there, f"{drone_id} went twice"
            there.remove(drone_id)
    assert there == online, there ^ online


def test_a_herd_comes_back(t):
    """All are reset at once, and all come back at once; then all vanish, and come back while the
    gateway still takes their old connections for alive. In the end everybody is there, and so
    everybody is told."""
    size = herd_size(2000)
    gateway = ready(t, scenarios={"field": {**IDEAL, "max_drones": size + 10}}, sessions={
        **CALM, "register_timeout_ms": 60_000}, presence={"backlog": 100_000})
    before = descriptors(gateway)
    proxy = FaultProxy(t, gateway.at)
    ids = [f"uav{number:04d}" for number in range(size)]
    herd = Herd(proxy.at, ids)
    t.drones.append(herd)
    told = [Presence(drone) for drone in members(t, gateway, "watcher1", "watcher2")]
    for fault in (None, proxy.reset, proxy.vanish):
        if fault:
            fault()
        herd.come()
    everyone = {*ids, "watcher1", "watcher2"}
    for presence in told:
        assert {entry.drone_id for entry in presence.drone.request(
            list_drones={}).drones.entries} == everyone
    (last,) = members(t, gateway, "last", presence=NOBODY)
    for presence in told:
        presence.wait("last", "SCENARIO")
        first = presence.drone.drone_id  # it was told of itself, or was there before
        presence.told = [e for e in presence.told if e[0] not in (first, "watcher1", "watcher2")]
        check_presence(presence, {*ids, "last"})
        assert presence.missed == 0
        events, frames = sum(presence.frames), len(presence.frames)
        assert events >= 3 * size and frames * 5 < events, f"{events} events in {frames} frames"
    taken = sum(entry[1:3] == ("OFFLINE", "TAKEN_OVER") for entry in told[0].told)
    assert taken >= size, "the vanished were taken over"
    assert outcome_of(last.tell("uav0000", b"x")) == "DELIVERED"
    herd.close()
    for drone in (told[0].drone, told[1].drone, last):
        drone.close()
    uavtest.wait_until(lambda: descriptors(gateway) <= before)
    settle(gateway)


if __name__ == "__main__":
    uavtest.run()
