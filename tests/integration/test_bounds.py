"""What bounds all together: how fast newcomers come in, and what waits for those who do not
read. What no bound may hit: a drone that reads, however much there is at once for it."""

import contextlib
import itertools
import os
import select
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import hostile  # noqa: E402
import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver, hold  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, Memory, Presence, barrier, change_file, descriptors, members, outcome_of, ready, reload,
    settle,
)
from uavtest import relay  # noqa: E402


# ------------------------------------------------------ much at once for one who reads


class Reader:
    """A member that reads all the time, and looks at it afterwards."""

    def __init__(self, t, gateway, drone_id, at=None):
        self.drone = t.drone(gateway, drone_id, at, scenario="field",
                             presence="PRESENCE_WISH_NONE")
        self.data = bytearray()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        with contextlib.suppress(OSError):
            while chunk := self.drone.socket.recv(1 << 20):
                self.data += chunk

    def events(self):
        """All of them, once as many bytes are there as the gateway has written, or it has ended
        the connection."""
        data, at, found = bytes(self.data), 0, []
        while True:
            body, used = uavtest.decode_frame(data[at:at + 100_000])
            if not used:
                return found
            at += used
            found.append(relay.FromGateway.FromString(body))


def burst(t, senders, each, payload_bytes, at=None, **limits):
    """Everyone sends to one; the simulator keeps it all, and then answers all in one write.
    Whether all of it arrived; if not, the reader was told that it is too slow."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, simulator={"max_in_flight": 20000, "window": "fixed", "timeout_ms": 60000,
                                             "max_queued_bytes": 100_000_000},
                    scenarios={"field": uavtest.scenario(max_drones=1000)}, limits=limits,
                    sessions={"linger_ms": 1000},
                    **{"listen:here": {"address": f"unix:{t.folder / 'here.sock'}"}})
    reader = Reader(t, gateway, "target", at=at and t.folder / at)
    crowd = members(t, gateway, *(f"s{number}" for number in range(senders)),
                    presence="PRESENCE_WISH_NONE")
    frame = hostile.frame(0, send={"drone": "target", "payload": bytes(payload_bytes)})
    for sender in crowd:
        sender.send_bytes(frame * each)
    number = senders * each
    simulator.wait(lambda: len(simulator.transmits) == number, f"{number} transmits")
    simulator.send(*(deliver(transmit)[0] for transmit in simulator.transmits))
    barrier(crowd[0])
    assert settle(gateway)["accepted"] == number
    reader.thread.join(uavtest.DEADLINE)
    events = reader.events()
    found = [(event.delivery.sender, event.delivery.sequence) for event in events
             if event.HasField("delivery")]
    assert len(found) == len(set(found)) <= number
    told = relay.GoodbyeReason.Name(events[-1].goodbye.reason)
    assert told == ("GOODBYE_REASON_SHUTTING_DOWN" if len(found) == number
                    else "GOODBYE_REASON_TOO_SLOW"), (told, len(found), number)
    return len(found) == number


def arrives_whole(t, **what):
    """A machine that is so busy that it does not let the reader run for some 50 ms makes it look
    like one that does not read: then it is done again."""
    assert any(burst(t, **what) for _ in range(5)), "TOO_SLOW each time"


def test_many_small_ones_at_once(t):
    arrives_whole(t, senders=100, each=64, payload_bytes=2000)


def test_some_large_ones_at_once(t):
    arrives_whole(t, senders=30, each=2, payload_bytes=8000, at="here.sock",
                  output_hard_bytes=131072, output_soft_bytes=65536)


def test_many_large_ones_at_once(t):
    arrives_whole(t, senders=30, each=20, payload_bytes=30000)


# ------------------------------------------------------------------- newcomers


def cpu_seconds(program):
    with open(f"/proc/{program.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def crowd_of(t, addresses, number):
    """Connects so many, round and round; [(connection, address)]."""
    found = []
    for at, address in zip(range(number), itertools.cycle(addresses)):
        connection = uavtest.connect(address)
        connection.sendall(hostile.registration(f"n{at}", presence="PRESENCE_WISH_NONE"))
        found.append((connection, address))
        t.drones.append(connection)
    return found


def welcome_all(crowd, deadline=uavtest.DEADLINE):
    """Waits until all are answered: [(seconds, address)], in the order in which they were."""
    begin = time.monotonic()
    waiting, found = dict(crowd), []
    while waiting:
        left = begin + deadline - time.monotonic()
        assert left > 0, f"{len(waiting)} still wait"
        for connection in select.select(list(waiting), [], [], left)[0]:
            assert connection.recv(65536), "closed"
            found.append((time.monotonic() - begin, waiting.pop(connection)))
    return found


def test_newcomers_come_in_at_a_rate(t):
    """Five at once, then 20 a second; all of them, in the end."""
    gateway = ready(t, limits={"accept_rate": 20, "accept_burst": 5})
    before = time.monotonic()
    crowd = crowd_of(t, [gateway.at], 25)
    welcome_all(crowd)
    assert time.monotonic() - before >= 0.9, "the last 20 take a second"


def test_who_is_here_is_served_while_newcomers_wait(t):
    gateway = ready(t, limits={"accept_rate": 1, "accept_burst": 1})
    drone = t.drone(gateway, "uav1")
    crowd_of(t, [gateway.at], 200)
    for _ in range(200):
        barrier(drone)
    before = cpu_seconds(gateway)
    time.sleep(0.5)  # in which it has nothing to do, but would spin if it were told of them
    assert cpu_seconds(gateway) - before < 0.25


def test_listeners_take_turns(t):
    """A crowd at one does not shut the other."""
    gateway = ready(t, limits={"accept_rate": 20, "accept_burst": 1},
                    **{"listen:other": {"address": f"{uavtest.HOST}:0"}})
    other = gateway.address(listener="other")
    t.drone(gateway, "uav1")
    crowd = crowd_of(t, [gateway.at], 60)
    few = crowd_of(t, [other], 5)
    order = [address for _, address in welcome_all(crowd + few)]
    assert max(at for at, address in enumerate(order) if address == other) < 40, order


def test_another_rate(t):
    """Who waits has it at once; what was taken at the old one does not count at the new."""
    gateway = ready(t, limits={"accept_rate": 1, "accept_burst": 1000})
    welcome_all(crowd_of(t, [gateway.at], 100))
    change_file(gateway, limits={"accept_burst": 1})
    reload(gateway)
    crowd = crowd_of(t, [gateway.at], 60)
    change_file(gateway, limits={"accept_rate": 1000})
    reload(gateway)
    welcome_all(crowd)
    change_file(gateway, limits={"accept_rate": 1})
    reload(gateway)
    crowd = crowd_of(t, [gateway.at], 60)
    change_file(gateway, limits={"accept_rate": 0})
    reload(gateway)
    welcome_all(crowd)


# ------------------------------------------------------ many who do not read


BOUND = 4_000_000


def crowded(t, each, together, **sessions):
    """A gateway with these bounds, and a unix socket: of that the system takes less."""
    return ready(t, scenarios={"field": IDEAL}, limits={
        "output_hard_bytes": each, "output_soft_bytes": each // 2, "output_soft_ms": 600000,
        "max_output_bytes": together}, sessions=sessions,
        **{"listen:here": {"address": f"unix:{t.folder / 'here.sock'}"}})


def stuck(t, drone_id):
    """A member that reads its welcome, and no more."""
    sock = uavtest.connect(t.folder / "here.sock")
    t.drones.append(sock)
    sock.sendall(hostile.registration(drone_id, scenario="field", presence="PRESENCE_WISH_NONE"))
    assert sock.recv(1)


def test_what_waits_for_all_is_bounded(t):
    """Each of them may have a megabyte; all together not. Those for whom most waits are ended,
    and who reads goes on."""
    gateway = crowded(t, 1_000_000, BOUND, linger_ms=20000)
    sender, good, least = members(t, gateway, "sender", "good", "least")
    watcher = Presence(sender)
    memory = Memory(gateway)
    crowd = [f"stuck{number}" for number in range(40)]
    for name in crowd:
        stuck(t, name)
    handed = 0
    for number in range(1000):
        name = crowd[number % len(crowd)]
        handed += outcome_of(sender.tell(name, bytes(50000))) == "DELIVERED"
        if number % 100 == 0:
            assert outcome_of(sender.tell("good", b"x")) == "DELIVERED"
            assert good.wait_for("delivery").delivery.payload == b"x"
    gateway.wait_event("output_crowded")
    ended = [entry[0] for entry in watcher.take() if entry[1:3] == ("OFFLINE", "TOO_SLOW")]
    assert ended and set(ended) <= set(crowd), ended
    assert sum("event=output_crowded" in line for line in gateway.lines) <= len(ended)
    memory.check(3 * BOUND // 1024)
    barrier(least)
    assert handed * 50000 > 2 * BOUND


def test_the_largest_goes_first(t):
    gateway = crowded(t, 50_000_000, 50_000_000)
    (sender,) = members(t, gateway, "sender")
    watcher = Presence(sender)
    for name, number in (("small", 150), ("large", 400)):
        stuck(t, name)
        for _ in range(number):
            assert outcome_of(sender.tell(name, bytes(50000))) == "DELIVERED"
    change_file(gateway, limits={"max_output_bytes": 20_000_000, "output_hard_bytes": 20_000_000,
                                 "output_soft_bytes": 10_000_000})
    reload(gateway)
    assert outcome_of(sender.tell("small", b"x")) == "DELIVERED"
    watcher.wait("large", "OFFLINE", "TOO_SLOW")
    barrier(sender)
    assert not any(entry[0] == "small" and entry[1] == "OFFLINE" for entry in watcher.take())


def test_who_lingers_goes_before_who_does_not(t):
    """Their goodbye waits behind megabytes that they do not read. Who is merely slow stays, even
    when most waits for it of all who have not been told goodbye."""
    gateway = crowded(t, 6_000_000, 17_000_000, linger_ms=60000)
    (sender,) = members(t, gateway, "sender")
    watcher = Presence(sender)
    stuck(t, "slow")
    for _ in range(65):
        assert outcome_of(sender.tell("slow", bytes(50000))) == "DELIVERED"
    before = descriptors(gateway)
    for name in ("first", "second", "third", "fourth"):
        stuck(t, name)
        outcome = "DELIVERED"
        while outcome == "DELIVERED":
            outcome = outcome_of(sender.tell(name, bytes(60000)))
        watcher.wait(name, "OFFLINE", "TOO_SLOW")
    gateway.wait_event("output_crowded")
    uavtest.wait_until(lambda: descriptors(gateway) <= before + 2)
    assert outcome_of(sender.tell("slow", b"x")) == "DELIVERED"


if __name__ == "__main__":
    uavtest.run()
