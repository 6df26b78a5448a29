"""`link_cache = on`: what the simulator said of a link is used again for as long as it said."""

import contextlib
import select
import signal
import socket
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from channel_client import ChannelClient  # noqa: E402
from fake_simulator import FakeSimulator, deliver, hold, link  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, STAR, change_file, hops_told, link_bytes, members, outcome_name, ready, reload, settle, told,
)
from test_bounds import Reader  # noqa: E402
from uavtest import channel, relay  # noqa: E402

LONG_US = 4_000_000_000
LIVE, CACHED = [("DELIVERED", "NONE", "LIVE")], [("DELIVERED", "NONE", "CACHED")]


def carry(one, other, change):
    """Carries frames from `one` to `other`, each as `change` leaves it."""
    data = bytearray()
    with contextlib.suppress(OSError):
        while chunk := one.recv(65536):
            data += chunk
            out = b""
            while (frame := uavtest.decode_frame(data))[1]:
                del data[:frame[1]]
                out += change(frame[0])
            other.sendall(out)
    for end in (one, other):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Recorder:
    """Between a gateway and its simulator: keeps what the simulator is told."""

    def __init__(self, t, simulator):
        self.simulator, self.told = simulator, []
        self.listener = socket.create_server((uavtest.HOST, 0))
        self.at = self.listener.getsockname()
        self.ends = [self.listener]
        threading.Thread(target=self._accept, daemon=True).start()
        t.drones.append(self)

    def _keep(self, frame):
        self.told.append(channel.ToSimulator.FromString(frame))
        return uavtest.encode_varint(len(frame)) + frame

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                gateway, _ = self.listener.accept()
                simulator = socket.create_connection(self.simulator.at)
                self.ends += [gateway, simulator]
                for end in (gateway, simulator):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for ends in ((gateway, simulator, self._keep),
                             (simulator, gateway, lambda frame: uavtest.encode_varint(len(frame)) + frame)):
                    threading.Thread(target=carry, args=ends, daemon=True).start()

    def close(self):
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Asker(ChannelClient):
    """Asks a simulator itself."""

    def __init__(self, t, simulator, told):
        """It has been told the same scenario and nodes."""
        super().__init__(simulator, "asker")
        t.drones.append(self)
        self.nodes = {each.set_node.name: each.set_node.node for each in told
                      if each.HasField("set_node")}
        for each in told:
            if each.WhichOneof("body") in ("set_scenario", "set_node"):
                self.socket.sendall(uavtest.delimit(each))

    def ask(self, sender, receiver, sequence, payload, sent_at_us):
        """What it would say of this message."""
        self.tell(transmit={
            "id": 1, "scenario": 1, "transmitter": self.nodes[sender], "origin": self.nodes[sender],
            "receivers": [self.nodes[receiver]], "sequence": sequence, "payload": payload,
            "sent_at_us": sent_at_us})
        (reception,) = self.read_result().receptions
        return reception


# ------------------------------------------------------- the truth is the simulator's

# where about a third of all messages are lost
EDGE = {**uavtest.scenario(), "channel.model": "free-space", "channel.tx_power_dbm": "-37"}
FADING = {"channel.fading": "rician", "channel.motion": "told"}


def flight(t, simulator, link_cache):
    """Messages to one, through the hub and to everyone; what became of each, and the accounts."""
    scenarios = {"field": {**EDGE, "link_cache": link_cache},
                 "fading": {**EDGE, **FADING, "link_cache": link_cache},
                 "star": {**EDGE, "topology": "star", "hub": "hub", "link_cache": link_cache}}
    gateway = ready(t, simulator, scenarios=scenarios)
    found = []
    for scenario in scenarios:
        drones = members(t, gateway, "hub", "uav1", "uav2", "uav3", scenario=scenario,
                         presence="PRESENCE_WISH_NONE")
        for drone, east_m in zip(drones, (0, 20, -70, -80)):
            drone.place(float(east_m))
        for turn in range(60):
            for sender in drones[:3]:
                to = {"everyone": {}} if turn % 3 == 0 else {"drone": "uav3"}
                reply = sender.request(send={**to, "payload": b"x" * (10 + turn % 2),
                                             "report": "REPORT_WISH_ALL"})
                found += [(scenario, sender.drone_id, turn, one.drone_id, outcome_name(one.outcome),
                           one.reason, [(*hop[:4], link_bytes(told.link)) for hop, told
                                        in zip(hops_told(one.hops), one.hops)])
                          for one in sorted(reply.send_report.outcomes, key=lambda one: one.drone_id)]
        for drone in drones:
            drone.close()
    return found, settle(gateway)


def test_outcomes_are_the_simulators(t):
    """On or off, the same messages have the same fates and numbers, bit for bit."""
    simulator = t.simulator(seed=7)
    asked, off = flight(t, simulator, "off")
    known, on = flight(t, simulator, "on")
    assert known == asked
    outcomes = [one[4] for one in asked]
    assert min(outcomes.count("LOST"), outcomes.count("DELIVERED")) > len(outcomes) / 8
    assert off["cached"] == 0 and on["cached"] > on["transmits"]
    assert on["cached"] + on["results"] == off["results"]


def test_cached_is_what_it_would_say(t):
    """Of drones that move, whose links fade: numbers are those that the simulator has for that very
    moment, and the message is lost or not as it would say."""
    simulator = t.simulator(seed=11)
    recorder = Recorder(t, simulator)
    gateway = ready(t, recorder, scenarios={"field": {
        **EDGE, "channel.tx_power_dbm": "-35", "channel.fading": "rician", "channel.motion": "reckoned",
        "link_cache": "on"}})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.place(0.0)
    two.place(20.0, velocity={"east_mps": 1.0, "north_mps": 0.3})
    found, cached, numbers, end = [], 0, set(), time.monotonic() + uavtest.DEADLINE
    while cached <= 20 or len(numbers) <= 2:  # several coherence times of some 50 ms
        assert time.monotonic() < end, (cached, len(numbers))
        payload = b"payload"
        (fate,) = one.tell("uav2", payload).send_report.outcomes
        if outcome_name(fate.outcome) == "DELIVERED":
            delivery = two.wait_for("delivery").delivery
            found.append((delivery.sequence, payload, delivery.sent_at_us, delivery.hops[0]))
            cached += delivery.hops[0].source == relay.Source.SOURCE_CACHED
            numbers.add(link_bytes(delivery.hops[0].link))
    asker = Asker(t, simulator, recorder.told)
    for sequence, payload, sent_at_us, hop in found:
        said = asker.ask("uav1", "uav2", sequence, payload, sent_at_us)
        assert outcome_name(said.outcome) == "DELIVERED", (sequence, said)
        assert link_bytes(said.link) == link_bytes(hop.link), (sequence, said.link, hop.link)


# -------------------------------------------------------------- as long as it holds


def sources(reply):
    """[(outcome, reason, source)] of the hops to the one target."""
    (one,) = reply.send_report.outcomes
    return [hop[2:] for hop in hops_told(one.hops)]


def promise(valid_for_us):
    """An answer: everyone hears it, and what follows within that time."""
    return lambda transmit: deliver(transmit, valid_for_us=valid_for_us,
                                    **link(packet_error_rate=0.0))


def pair(t, valid_for_us=LONG_US, link_cache="on", **scenario):
    simulator = FakeSimulator(t, promise(valid_for_us))
    field = {**IDEAL, **scenario, **({"link_cache": link_cache} if link_cache else {})}
    gateway = ready(t, simulator, scenarios={"field": field})
    return simulator, gateway, members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")


def test_off_by_default(t):
    simulator, gateway, (one, _) = pair(t, link_cache=None)
    assert [sources(one.tell("uav2", b"x")) for _ in range(3)] == [LIVE] * 3
    assert settle(gateway)["cached"] == 0 and len(simulator.transmitted()) == 3


def test_holds_for_its_time(t):
    """Not longer, by the time at which messages leave."""
    valid_us = 300_000
    simulator, gateway, (one, two) = pair(t, valid_us)
    end, replies, sent_at = time.monotonic() + uavtest.DEADLINE, [], []
    while replies.count(LIVE) < 4 or CACHED not in replies:
        assert time.monotonic() < end, replies
        replies.append(sources(one.tell("uav2", b"x")))
        sent_at.append(two.wait_for("delivery").delivery.sent_at_us)
    known_at = None
    for told_as, at_us in zip(replies, sent_at):
        if told_as == LIVE:
            assert known_at is None or at_us - known_at >= valid_us
            known_at = at_us
        else:
            assert told_as == CACHED and at_us - known_at < valid_us
    asked = [transmit.sent_at_us for transmit in simulator.transmitted()]
    assert asked == [at for told_as, at in zip(replies, sent_at) if told_as == LIVE]
    assert settle(gateway)["cached"] == len(replies) - len(asked)


def test_a_drone_that_moves_is_asked_about(t):
    _, _, (one, two) = pair(t)
    one.tell("uav2", b"x")
    assert sources(one.tell("uav2", b"x")) == CACHED
    for drone in (one, two):
        drone.place(10.0)
        assert sources(one.tell("uav2", b"x")) == LIVE
        assert sources(one.tell("uav2", b"x")) == CACHED


def test_switched_while_drones_fly(t):
    _, gateway, (one, _) = pair(t)
    one.tell("uav2", b"x")
    assert sources(one.tell("uav2", b"x")) == CACHED
    change_file(gateway, **{"scenario:field": {"link_cache": "off"}})
    lines = reload(gateway)
    assert [line["key"] for line in told(lines, "config_changed")] == ["link_cache"]
    assert not told(lines, "scenario_accepted")
    assert sources(one.tell("uav2", b"x")) == LIVE
    change_file(gateway, **{"scenario:field": {"link_cache": "on"}})
    reload(gateway)
    assert [sources(one.tell("uav2", b"x")) for _ in range(2)] == [LIVE, CACHED]


def test_simulator_without_a_seed(t):
    """It is said once a connection, and only where it matters."""
    simulator, gateway, (one, _) = pair(t)
    change_file(gateway, **{"scenario:field": {"link_cache": "off"}})
    reload(gateway)
    change_file(gateway, **{"scenario:field": {"link_cache": "on"}})
    reload(gateway)
    start = len(gateway.lines)
    simulator.reset_connection()
    gateway.wait_event("draws_unknown", start=start)
    lines = [uavtest.parse_logfmt(line) for line in gateway.lines]
    assert [line["scenario"] for line in told(lines, "draws_unknown")] == ["field"] * 2
    with_seed = ready(t, t.simulator(), scenarios={"field": {**IDEAL, "link_cache": "on"}})
    assert settle(with_seed) and "draws_unknown" not in with_seed.log()
    assert sources(one.tell("uav2", b"x")) == LIVE


def test_simulator_goes(t):
    """What is known of links goes with it."""
    simulator, gateway, (one, _) = pair(t)
    one.tell("uav2", b"x")
    simulator.answer = hold
    assert sources(one.tell("uav2", b"x")) == CACHED
    simulator.away = True
    simulator.reset_connection()
    gateway.wait_event("simulator_down")
    reply = one.tell("uav2", b"x")
    assert outcome_name(reply.send_report.outcomes[0].outcome) == "SIMULATOR_DOWN"


# ------------------------------------------------------------------------- much at once


def burst(t, senders, each, payload_bytes):
    """Everyone sends to one, over links that are known. Whether all of it arrived."""
    simulator = FakeSimulator(t, promise(LONG_US))
    gateway = ready(t, simulator, sessions={"linger_ms": 1000}, scenarios={
        "field": uavtest.scenario(max_drones=1000, link_cache="on")})
    reader = Reader(t, gateway, "target")
    crowd = members(t, gateway, *(f"s{number}" for number in range(senders)),
                    presence="PRESENCE_WISH_NONE")
    payload = bytes(payload_bytes)
    for sender in crowd:
        sender.tell("target", payload)
    frame = uavtest.delimit(relay.ToGateway(send={"drone": "target", "payload": payload}))
    gateway.process.send_signal(signal.SIGSTOP)  # and then it finds it all at once
    for sender in crowd:
        sender.send_bytes(frame * each)
    gateway.process.send_signal(signal.SIGCONT)
    for sender in crowd:
        sender.request(ping={"nonce": 1})
    assert len(simulator.transmitted()) == senders and settle(gateway)["cached"]
    for sender in crowd:
        sender.close()
    reader.thread.join(uavtest.DEADLINE)
    events = reader.events()
    return sum(event.HasField("delivery") for event in events) == senders * (each + 1)


def test_a_burst_is_no_backlog(t):
    """Without an answer in between, too: a reader that reads is given time. One that this machine
    does not let run looks like one that does not, so it is done again."""
    assert any(burst(t, senders=300, each=60, payload_bytes=2000) for _ in range(5))


def test_a_flood_lets_others_be_answered(t):
    """Whatever is sent over links that are known, and is due all the time: the simulator is read."""
    gateway = ready(t, simulator={"timeout_ms": 500}, scenarios={
        "field": uavtest.scenario(max_drones=1000, link_cache="on", delay="real"), "other": {**IDEAL}})
    crowd = members(t, gateway, *(f"r{number}" for number in range(300)),
                    presence="PRESENCE_WISH_NONE")
    flooder, *_ = members(t, gateway, "flooder", presence="PRESENCE_WISH_NONE")
    one, _ = members(t, gateway, "uav1", "uav2", scenario="other", presence="PRESENCE_WISH_NONE")
    send = {"everyone": {}, "payload": b"x"}
    flooder.request(send={**send, "report": "REPORT_WISH_ALL"})
    stop, floods = threading.Event(), threading.Event()

    def flood():
        """As much as is taken."""
        frames = uavtest.delimit(relay.ToGateway(send=send)) * 2000
        while not stop.is_set():
            if select.select([], [flooder.socket], [], 0.1)[1]:
                with contextlib.suppress(BlockingIOError):
                    flooder.socket.send(frames)

    def hear():
        """All that the others are told."""
        poll, sockets = select.epoll(), {drone.socket.fileno(): drone.socket for drone in crowd}
        for number in sockets:
            poll.register(number, select.EPOLLIN)
        heard = 0
        while not stop.is_set():
            for number, _ in poll.poll(0.1):
                data = sockets[number].recv(1 << 20)
                heard += len(data)
                if not data:
                    poll.unregister(number)
            if heard > 10_000_000:
                floods.set()

    threads = [threading.Thread(target=work) for work in (flood, hear)]
    flooder.socket.setblocking(False)
    for thread in threads:
        thread.start()
    try:
        assert floods.wait(uavtest.DEADLINE)
        outcomes = [outcome_name(one.tell("uav2", b"x").send_report.outcomes[0].outcome)
                    for _ in range(10)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert outcomes == ["DELIVERED"] * 10, outcomes


if __name__ == "__main__":
    uavtest.run()
