"""What must not break the gateway, by raw sockets. After each test it still serves, and
owns no more descriptors than before."""

import contextlib
import functools
import os
import select
import signal
import socket
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import hostile  # noqa: E402
import speakers  # noqa: E402
import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver, hold  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, Memory, Presence, ask_in, barrier, bodies, descriptors, error_of, goodbye_of,
    members, outcome_of, outcomes_of, ready,
)
from uavtest import relay  # noqa: E402


def survives(scenarios=None, **sections):
    """The test gets a gateway with a simulator. Afterwards two drones fly a small mission, and
    all descriptors have come back."""

    def decorate(test):
        @functools.wraps(test)
        def run(t):
            gateway = ready(t, scenarios=scenarios or {"field": IDEAL}, **sections)
            before = descriptors(gateway)
            test(t, gateway)
            one, two = members(t, gateway, "after1", "after2", presence="PRESENCE_WISH_NONE")
            assert outcome_of(one.tell("after2", b"still here")) == "DELIVERED"
            assert two.wait_for("delivery").delivery.payload == b"still here"
            for drone in t.drones:
                drone.close()
            uavtest.wait_until(lambda: descriptors(gateway) <= before)

        return run

    return decorate


def ended(t, gateway, data, registered):
    """What a drone that writes `data` is told before it is closed: bodies, and the reason of
    the goodbye."""
    drone = t.drone(gateway)
    if registered:
        drone.register(f"hostile{len(t.drones)}", presence="PRESENCE_WISH_NONE")
    drone.send_bytes(data)
    reason = goodbye_of(drone)
    return bodies(drone), reason


# ------------------------------------------------------------------ framing


MIB = 1024 * 1024
PATIENT = {"register_timeout_ms": 600000, "frame_timeout_ms": 600000}


@survives(sessions=PATIENT)
def test_framing(t, gateway):
    """The connection ends at the length, before a byte of the body is there."""
    for name, data, registered in (
        ("over the cap before registration", uavtest.encode_varint(4097), False),
        ("over the cap", uavtest.encode_varint(65537), True),
        ("far over the cap", uavtest.encode_varint(2**32 - 1), True),
        ("over 32 bits", b"\xff\xff\xff\xff\x1f", True),
        ("endless varint", b"\xff" * 5, False),
        ("endless varint", b"\x80" * 5, True),
        ("zero length", b"\x00", False),
        ("zero length", b"\x00", True),
        ("length zero in five bytes", b"\x80\x80\x80\x80\x00", True),
        ("not protobuf", b"\x02\x0a\x7f", True),
        ("a group", b"\x01\x0b", True),
        ("field 0", b"\x02\x02\x00", True),
        ("ref of the wrong type", b"\x06\x0d\x01\x02\x03\x04\x00", True),
        ("two bodies", hostile.raw(1, hostile.field(4, b"") + hostile.field(5, b"")), True),
    ):
        assert ended(t, gateway, data, registered) == (["goodbye"], "PROTOCOL_ERROR"), name


def padded(body, size):
    """With unknown fields up to that size."""
    missing = size - len(body)
    odd = b"\x80\x01\x00" if missing % 2 else b""
    return body + odd + b"\x78\x00" * ((missing - len(odd)) // 2)


@survives()
def test_the_largest_frames(t, gateway):
    """Up to the cap everything is taken."""
    drone = t.drone(gateway)
    for ref, cap, request in ((1, 4096, {"registration": {"protocol": 1, "drone_id": "big"}}),
                              (2, 65536, {"ping": {"nonce": 7}}),
                              (3, 65535, {"ping": {"nonce": 7}})):
        body = padded(relay.ToGateway(ref=ref, **request).SerializeToString(), cap)
        assert len(body) == cap
        drone.send_bytes(uavtest.encode_varint(cap) + body)
        assert drone.wait_for(lambda event: event.ref == ref).WhichOneof("body") in ("welcome", "pong")


@survives()
def test_frames_byte_by_byte(t, gateway):
    """The same result as in one piece."""
    (hearer,) = members(t, gateway, "hearer", presence="PRESENCE_WISH_NONE")
    drone = t.drone(gateway)
    data = hostile.registration("slow", scenario="field") + hostile.frame(
        2, send={"drone": "hearer", "payload": bytes(range(200)), "report": "REPORT_WISH_ALL"})
    for at in range(len(data)):
        drone.send_bytes(data[at : at + 1])
    assert drone.wait_for("welcome").welcome.drone_id == "slow"
    assert drone.wait_for("scenario_chosen").scenario_chosen.scenario.name == "field"
    assert outcome_of(drone.reply_to(2)) == "DELIVERED"
    assert hearer.wait_for("delivery").delivery.payload == bytes(range(200))


@survives()
def test_frames_cut_anywhere(t, gateway):
    """Two pieces, cut at every place, at once behind each other."""
    drone = t.drone(gateway, "cut", scenario="field")
    whole = hostile.frame(7, send={"drone": "nobody", "payload": b"x" * 130,
                                   "report": "REPORT_WISH_ALL"})
    for at in range(1, len(whole)):
        drone.send_bytes(whole + whole[:at])
        assert outcome_of(drone.reply_to(7)) == "TARGET_OFFLINE"
        drone.send_bytes(whole[at:])
        assert outcome_of(drone.reply_to(7)) == "TARGET_OFFLINE"


@survives()
def test_ten_thousand_frames_in_one_write(t, gateway):
    """Nobody starves: another drone is served while they are read."""
    count = 10000
    flood = t.drone(gateway, "flood", presence="PRESENCE_WISH_NONE")
    other = t.drone(gateway, "other", presence="PRESENCE_WISH_NONE")
    data = b"".join(hostile.frame(ref, ping={"nonce": ref}) for ref in range(1, count + 1))
    writer = threading.Thread(target=flood.send_bytes, args=(data,), daemon=True)
    writer.start()
    served = 0
    for ref in range(1, count + 1):
        if ref % 500 == 0:
            barrier(other)
            served += 1
        pong = flood.wait_for("pong")
        assert (pong.ref, pong.pong.nonce) == (ref, ref)
    writer.join(uavtest.DEADLINE)
    assert served == count / 500


@survives(limits={"max_in_flight_per_drone": 60000, "output_hard_bytes": 50_000_000})
def test_a_flood_does_not_go_first(t, gateway):
    """The flood and a single message wait for the gateway, which is stopped meanwhile. The single
    one is read after at most 16 KiB of the other."""
    flood, other, hearer = members(t, gateway, "flood", "other", "hearer",
                                   presence="PRESENCE_WISH_NONE")
    one = hostile.frame(0, send={"drone": "hearer", "payload": b"flood"})
    count = 120_000 // len(one)  # less than a socket's buffer takes
    os.kill(gateway.pid, signal.SIGSTOP)
    try:
        flood.send_bytes(one * count)
        other.send(send={"drone": "hearer", "payload": b"single"})
    finally:
        os.kill(gateway.pid, signal.SIGCONT)
    order = [hearer.wait_for("delivery").delivery.payload for _ in range(count + 1)]
    before = order.index(b"single")
    assert before * len(one) <= 2 * 16384, f"after {before} of {count}"


# ------------------------------------------------------- before registration


@survives()
def test_anything_before_registration(t, gateway):
    for body in ({"list_drones": {}}, {"list_scenarios": {}}, {"ping": {"nonce": 1}},
                 {"send": {"everyone": {}}}, {"leave": {}}, {"pong": {}}, {"update_state": {}},
                 {"choose_scenario": {"name": "field"}}, {"authenticate": {"proof": bytes(32)}},
                 {"rename": {}}, {"join_group": {}}):
        drone = t.drone(gateway)
        drone.send(ref=3, **body)
        drone.send(ref=4, registration={"protocol": 1, "drone_id": "late"})
        assert goodbye_of(drone) == "PROTOCOL_ERROR", body
        assert bodies(drone) == ["error", "goodbye"]
        assert drone.events[0].ref == 3 and error_of(drone.events[0]) == "NOT_REGISTERED"
    for data in (hostile.raw(3, b""), hostile.raw(3, hostile.field(100, b"later"))):
        drone = t.drone(gateway)
        drone.send_bytes(data)
        assert goodbye_of(drone) == "PROTOCOL_ERROR"


@survives(limits={"max_unregistered": 20})
def test_crowds_that_do_not_register(t, gateway):
    """The one that has been there longest makes way for the next, and is told so; who registers
    gets in, and who is there is served."""
    drone = t.drone(gateway, "uav1")
    first = t.drone(gateway)
    crowd = [hostile.connect(gateway) for _ in range(19)]
    for number in range(20):
        newcomer = t.drone(gateway, f"late{number}")
        barrier(newcomer)
        newcomer.close()
    barrier(drone)
    crowd += [hostile.connect(gateway) for _ in range(30)]
    barrier(t.drone(gateway, "uav2"))
    assert goodbye_of(first) == "SERVER_FULL" and bodies(first) == ["goodbye"]
    barrier(drone)
    for sock in crowd:
        sock.close()


@survives(limits={"max_drones": 3})
def test_more_drones_than_allowed(t, gateway):
    drones = [t.drone(gateway, f"uav{n}") for n in range(3)]
    surplus = t.drone(gateway)
    assert goodbye_of(surplus) == "SERVER_FULL"
    for drone in drones:
        drone.request(leave={})


@survives(limits={"max_drones": 5}, sessions={"linger_ms": 60000})
def test_connections_that_linger(t, gateway):
    """Each is ended at its first byte, and stays to take its goodbye: the oldest give way, so
    that they cannot take all descriptors."""
    before = descriptors(gateway)
    drone = t.drone(gateway, "uav1")
    crowd = []
    for _ in range(300):
        sock = hostile.connect(gateway)
        sock.sendall(b"\x00")
        crowd.append(sock)
        most = before + 5 + 64 + 2
        assert descriptors(gateway) <= most, f"{descriptors(gateway)} of {most}"
    barrier(drone)
    for sock in crowd:
        assert sock.recv(1), "its goodbye"
    gateway.wait_event("connections_crowded")
    told = [line for line in gateway.lines if "connections_crowded" in line]
    assert len(told) == 1, told
    for sock in crowd:
        sock.close()


@survives(sessions={"linger_ms": 0})
def test_a_goodbye_without_lingering(t, gateway):
    for _ in range(50):
        drone = t.drone(gateway)
        drone.send_bytes(b"\x00")
        assert goodbye_of(drone) == "PROTOCOL_ERROR"


# --------------------------------------------------- readers that do not read


SLOW = {"output_hard_bytes": 131072, "output_soft_bytes": 65536, "output_soft_ms": 300}


def stuck_reader(gateway, drone_id):
    """A member that reads its welcome, and no more."""
    sock = hostile.connect(gateway, receive_buffer=4096)
    sock.sendall(hostile.registration(drone_id, scenario="field", presence="PRESENCE_WISH_NONE"))
    assert sock.recv(1)
    return sock


HARD = {**SLOW, "output_soft_ms": 600000}


@survives(limits=HARD)
def test_a_reader_that_stops(t, gateway):
    """It alone suffers: TOO_SLOW, and the others hear everything."""
    sender, good = members(t, gateway, "sender", "good")
    watcher = Presence(sender)
    sock = stuck_reader(gateway, "stuck")
    watcher.wait("stuck", "SCENARIO", "UNSPECIFIED", "field")
    payload, sent, last = bytes(50000), 0, None
    while last not in ({"good": "DELIVERED"}, {"good": "DELIVERED", "stuck": "OVERLOADED"}):
        last = outcomes_of(sender.tell(None, payload))
        sent += 1
        assert last["good"] == "DELIVERED" and sent < 2000, last
        assert good.wait_for("delivery").delivery.sequence == sent
    watcher.wait("stuck", "OFFLINE", "TOO_SLOW", "field")
    gateway.wait_event("drone_left", drone="stuck", reason="TOO_SLOW")
    sock.close()


@survives(limits={**SLOW, "output_hard_bytes": 50_000_000})
def test_a_reader_that_stops_is_found_by_time_too(t, gateway):
    """Over the soft bound for too long, far below the hard one, and nothing more sent to it."""
    (sender,) = members(t, gateway, "sender")
    watcher = Presence(sender)
    sock = stuck_reader(gateway, "stuck")
    watcher.wait("stuck", "SCENARIO")
    for _ in range(200):
        sender.send(send={"drone": "stuck", "payload": bytes(50000)})
    watcher.wait("stuck", "OFFLINE", "TOO_SLOW", "field")
    sock.close()


@survives(limits=HARD, sessions={"linger_ms": 20000})
def test_a_slow_reader_gets_its_goodbye(t, gateway):
    """What was written before it is still there, and the goodbye is the last."""
    (sender,) = members(t, gateway, "sender", presence="PRESENCE_WISH_NONE")
    slow = t.drone(gateway)
    slow.close()
    slow.socket = hostile.connect(gateway, receive_buffer=4096)
    slow.register("slow", scenario="field", presence="PRESENCE_WISH_NONE")
    handed_over = 0
    for _ in range(2000):
        outcome = outcome_of(sender.tell("slow", bytes(50000)))
        if outcome != "DELIVERED":
            break
        handed_over += 1
    assert outcome in ("OVERLOADED", "TARGET_OFFLINE"), outcome
    assert goodbye_of(slow) == "TOO_SLOW"
    assert bodies(slow) == ["delivery"] * handed_over + ["goodbye"]


@survives(limits={**SLOW, "output_hard_bytes": 50_000_000, "output_soft_ms": 1500})
def test_a_reader_that_catches_up_stays(t, gateway):
    """It was as slow as another, and earlier, but then it read: only the other is ended."""
    (sender,) = members(t, gateway, "sender")
    watcher = Presence(sender)
    late = t.drone(gateway)
    late.close()
    late.socket = hostile.connect(gateway, receive_buffer=4096)
    late.register("late", scenario="field", presence="PRESENCE_WISH_NONE")
    sock = stuck_reader(gateway, "stuck")
    watcher.wait("stuck", "SCENARIO")
    for target in ("late", "stuck"):
        for _ in range(200):
            sender.send(send={"drone": target, "payload": bytes(50000)})
        for _ in range(200 * (target == "late")):
            late.wait_for("delivery")
    watcher.wait("stuck", "OFFLINE", "TOO_SLOW", "field")
    barrier(late)
    sock.close()


@survives(limits={**SLOW, "output_soft_ms": 5000})
def test_a_flood_of_requests_without_reading(t, gateway):
    """Its own replies stop it: the gateway holds it or ends it, memory stays."""
    memory = Memory(gateway)
    other = t.drone(gateway, "other", presence="PRESENCE_WISH_NONE")
    for number in range(3):
        sock = stuck_reader(gateway, f"flood{number}")
        sock.setblocking(False)
        data = hostile.frame(1, list_scenarios={}) + hostile.frame(2, ping={"nonce": 1}) * 50
        data = data * (65536 // len(data))
        written = 0
        with contextlib.suppress(ConnectionError):
            while written < 20_000_000 and select.select([], [sock], [], 0.3)[1]:
                sent = sock.send(data)
                data = data[sent:] + data[:sent]
                written += sent
        assert written < 20_000_000, "it is read no more"
        barrier(other)
        sock.close()
    memory.check(20000)


# ------------------------------------------------------------ sudden ends


@survives()
def test_closed_while_it_is_written_to(t, gateway):
    """SIGPIPE, EPIPE and ECONNRESET are the peer's problem alone."""
    (sender,) = members(t, gateway, "sender", presence="PRESENCE_WISH_NONE")
    for number in range(40):
        sock = hostile.connect(gateway)
        sock.sendall(hostile.registration(f"victim{number}", scenario="field"))
        assert sock.recv(1)
        sender.send_bytes(b"".join(
            hostile.frame(0, send={"everyone": {}, "payload": bytes(3000)}) for _ in range(20)))
        if number % 2:
            hostile.abort(sock)
        else:
            sock.close()
    barrier(sender)


def test_written_to_after_a_reset(t):
    """A drone that is not read at the moment is written to when it is long gone."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, limits={"max_in_flight_per_drone": 1})
    (sender,) = members(t, gateway, "sender", presence="PRESENCE_WISH_NONE")
    for number in range(5):
        victim = hostile.connect(gateway)
        victim.sendall(hostile.registration(f"victim{number}", scenario="field")
                       + hostile.frame(0, send={"drone": "sender", "payload": b"1"}) * 2)
        held = simulator.next_transmit()
        sender.send(ref=7, send={"drone": f"victim{number}", "payload": b"x",
                                 "report": "REPORT_WISH_ALL"})
        to_victim = simulator.next_transmit()
        victim.shutdown(socket.SHUT_WR)  # a reset after it is EPIPE at once
        hostile.abort(victim)
        simulator.send(*deliver(to_victim))
        assert outcome_of(sender.reply_to(7)) == "DELIVERED"
        simulator.send(*deliver(held))
    barrier(sender)


def test_a_simulator_reset_while_it_is_written_to(t):
    """What waits for it is lost with the link, and nothing else is."""
    blocked = threading.Event()

    def block(_transmit):
        blocked.wait(uavtest.DEADLINE)
        return []

    simulator = FakeSimulator(t, answer=block)
    gateway = ready(t, simulator, simulator={"max_queued_bytes": 64 * MIB}, limits={
        "max_frame_bytes": MIB, "decode_arena_bytes": 4 * MIB, "output_hard_bytes": 4 * MIB})
    (sender, _) = members(t, gateway, "sender", "hearer", presence="PRESENCE_WISH_NONE")
    for _ in range(20):  # more than the system's buffers take
        sender.send(send={"drone": "hearer", "payload": bytes(1_000_000)})
    barrier(sender)
    os.kill(gateway.pid, signal.SIGSTOP)  # it reads of the end and writes in one turn
    try:
        simulator.reset_connection()
    finally:
        os.kill(gateway.pid, signal.SIGCONT)
    gateway.wait_event("simulator_down")
    blocked.set()
    simulator.answer = deliver
    simulator.wait_connection(2)
    uavtest.wait_until(lambda: outcome_of(sender.tell("hearer", b"again")) == "DELIVERED")


@survives(sessions={"takeover_ms": 20000})
def test_reset_in_every_state(t, gateway):
    register = hostile.registration
    ping = hostile.frame(9, ping={"nonce": 1})
    send = hostile.frame(8, send={"everyone": {}, "payload": bytes(1000),
                                  "report": "REPORT_WISH_ALL"})
    states = {
        "connected": b"",
        "length begun": b"\xff",
        "frame begun": b"\x7f\x08",
        "registered": register("r1"),
        "member": register("r2", scenario="field"),
        "asking for an id": register("holder"),
        "frame begun later": register("r3", scenario="field") + ping + b"\x85",
        "sending": register("r4", scenario="field") + send * 50,
        "listing": register("r5") + hostile.frame(2, list_drones={}) * 50,
        "leaving": register("r6") + hostile.frame(3, leave={}),
        "refused": b"\x00",
        "not registered": ping,
    }
    members(t, gateway, "hearer", presence="PRESENCE_WISH_NONE")
    holder = t.drone(gateway)
    holder.close()
    holder.socket = socket.create_connection(gateway.at, uavtest.DEADLINE, ("127.0.0.2", 0))
    holder.answer_pings = False
    holder.register("holder", presence="PRESENCE_WISH_NONE")
    for state, data in states.items():
        for wait in (False, True):
            sock = hostile.connect(gateway)
            sock.sendall(data)
            if wait and data and state not in ("length begun", "frame begun", "asking for an id"):
                assert sock.recv(1), state
            if state == "asking for an id" and wait:
                holder.wait_for("ping")
            hostile.abort(sock)
        barrier(holder)
    uavtest.wait_until(lambda: {e.drone_id for e in holder.request(
        list_drones={}).drones.entries} == {"hearer", "holder"})


@survives()
def test_half_closed(t, gateway):
    """Who finishes its side is gone; nothing is left of it."""
    for data in (b"", b"\x05", hostile.registration("half", scenario="field")):
        sock = hostile.connect(gateway)
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while sock.recv(65536):
                pass
        sock.close()


@survives()
def test_who_does_not_close_after_goodbye(t, gateway):
    """The gateway waits linger_ms, then it is over."""
    drone = t.drone(gateway, "uav1")
    assert drone.request(leave={}).HasField("goodbye")
    before = descriptors(gateway)
    uavtest.wait_until(lambda: descriptors(gateway) < before)


def test_reset_with_messages_in_the_channel(t):
    """A sender and a target that vanish while the simulator thinks."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, simulator={"timeout_ms": 400})
    before = descriptors(gateway)
    (watcher,) = members(t, gateway, "watcher", presence="PRESENCE_WISH_NONE")
    for number in range(20):
        socks = [hostile.connect(gateway) for _ in range(2)]
        for sock, name in zip(socks, (f"a{number}", f"b{number}")):
            sock.sendall(hostile.registration(name, scenario="field"))
            assert sock.recv(1)
        socks[0].sendall(
            hostile.frame(1, send={"drone": f"b{number}", "report": "REPORT_WISH_ALL"})
            + hostile.frame(2, send={"everyone": {}, "report": "REPORT_WISH_ALL"}))
        simulator.next_transmit()
        simulator.next_transmit()
        for sock in socks[:: (1, -1)[number % 2]]:
            hostile.abort(sock)
    uavtest.wait_until(lambda: descriptors(gateway) <= before + 1)
    barrier(watcher)
    assert gateway.stop() == 0
    accounts = gateway.wait_event("accounts")
    assert accounts["pending"] == "0" and int(accounts["simulator_timeout"]) >= 40, accounts


# ---------------------------------------------------------- content


@survives()
def test_names_with_control_characters(t, gateway):
    """Refused where they are names; escaped where the log shows them."""
    forged = "x\nlevel=error event=forged drone=\x1b[31mevil\x9b\x85\x07\" =\\"
    drone = t.drone(gateway)
    assert error_of(ask_in(drone, drone_id=forged[:32])) == "BAD_ID"
    assert error_of(ask_in(drone, drone_id="uav1", callsign=forged[:32])) == "BAD_NAME"
    assert ask_in(drone, drone_id="uav1", scenario=forged[:32]).HasField("welcome")
    assert error_of(drone.wait_for("error")) == "NO_SUCH_SCENARIO"
    other = t.drone(gateway, "uav2", software=forged[:48], callsign="a=b \" \\ event=forged")
    other.request(choose_scenario={"name": forged[:32]})
    other.request(choose_scenario={"name": "field"})
    other.tell(forged[:32], forged.encode())
    assert error_of(other.request(rename={"callsign": forged[:32]})) == "BAD_NAME"
    assert error_of(other.request(join_group={"group": forged[:32]})) == "BAD_NAME"
    assert error_of(other.request(send={"group": forged[:32]})) == "BAD_NAME"
    other.request(rename={"callsign": "b=\" event=forged \\"})
    gateway.wait_event("drone_renamed", drone="uav2")
    found = gateway.wait_event("drone_registered", drone="uav2")
    assert "forged" in found["software"]
    for line in gateway.lines:
        assert uavtest.parse_logfmt(line).get("event") != "forged", line
        assert all(" " <= char and not "\x7f" <= char <= "\x9f" for char in line), ascii(line)


@survives()
def test_groups_and_names_without_end(t, gateway):
    """A drone that joins, leaves and renames itself all the time costs nothing that stays."""
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    memory = Memory(gateway)
    for start in range(0, 20000, 500):
        one.send_bytes(b"".join(
            hostile.frame(0, join_group={"group": f"g{number}"})
            + hostile.frame(0, send={"group": f"g{number}", "payload": b"x"})
            + hostile.frame(0, rename={"callsign": f"name {number}"})
            + hostile.frame(0, leave_group={"group": f"g{number}"})
            for number in range(start, start + 500)))
        barrier(one)
    one.send_bytes(b"".join(hostile.frame(0, join_group={"group": f"g{number}"})
                            for number in range(2000)))
    barrier(one)
    assert bodies(one) == ["error"] * (2000 - 16)
    assert {error_of(event) for event in one.events} == {"TOO_MANY_GROUPS"}
    barrier(two)
    assert bodies(two) == []
    memory.check(4096)


@survives()
def test_decoder_bombs(t, gateway):
    """Frames of nothing but empty sub-messages are closed or refused, and memory stays."""
    memory = Memory(gateway)
    room = 65000
    bombs = {
        "bodies": hostile.field(3, b"") * (room // 2),
        "positions": hostile.field(3, b"\x0a\x00" * (room // 2)),
        "position frames": hostile.field(3, hostile.field(1, b"\x12\x00" * (room // 2 - 2))),
        "velocities": hostile.field(3, b"\x12\x00" * (room // 2)),
        "everyone": hostile.field(2, b"\x1a\x00" * (room // 2)),
        "unknown fields": hostile.field(8, b"\xfa\x01\x00" * (room // 3)),
        "unknown bodies": b"\xfa\x01\x00" * (room // 3),
        "unknown varints": hostile.field(9, b"\x78\x00" * (room // 2)),
        "names": hostile.field(9, b"\x0a\x00" * (room // 2)),
        "refs": b"\x08\x01" * (room // 2),
    }
    for name, body in bombs.items():
        for _ in range(20):
            drone = t.drone(gateway)
            drone.register(f"bomber{len(t.drones)}", presence="PRESENCE_WISH_NONE")
            drone.send_bytes(hostile.raw(5, body))
            event = drone.wait_for(lambda e: not e.HasField("ping"))
            kind = event.WhichOneof("body")
            assert kind in ("error", "goodbye", "done", "scenarios", "scenario_chosen"), (name, event)
            drone.close()
    memory.check(8192)  # arenas and buffers


@survives()
def test_garbage(t, gateway):
    """2,000 connections that write more or less nonsense, the same ones each time."""
    garbage = hostile.Garbage(seed=20)
    memory = Memory(gateway)
    for number in range(2000):
        sock = hostile.connect(gateway)
        with contextlib.suppress(ConnectionError):
            sock.sendall(garbage.next(number))
        if number % 3 == 0:
            sock.setblocking(False)
            with contextlib.suppress(OSError):
                sock.recv(65536)
        hostile.abort(sock) if number % 2 else sock.close()
    drone = t.drone(gateway, "judge", presence="PRESENCE_WISH_NONE")
    uavtest.wait_until(lambda: len(drone.request(list_drones={}).drones.entries) == 1)
    memory.check(16384)


# ------------------------------------------------------------------ lines of text

LINES = {"listen:text": {"address": f"{uavtest.HOST}:0", "protocol": "text", "scenario": "field"}}


def attend_while(t, gateway, write):
    """Another drone is answered while write(text) is at work, which speaks to the text listener."""
    text = speakers.Text(t, gateway)
    assert text.enter().id
    other = speakers.Protobuf(t, gateway)
    other.enter()
    writer = threading.Thread(target=write, args=(text,), daemon=True)
    writer.start()
    for _ in range(50):
        other.ping()
    writer.join(uavtest.DEADLINE)
    assert not writer.is_alive()
    return text, other


@survives(**LINES)
def test_many_lines_in_one_write(t, gateway):
    """Nobody starves, and each is done."""
    text, other = attend_while(t, gateway, lambda text: text.write_bytes(b"\n" * 300000 + b"join|red\n" * 10000))
    text.ping()
    assert len(text.take(speakers.Done)) == 10000
    assert not text.take(speakers.Error)


@survives(**LINES)
def test_nothing_but_negotiation(t, gateway):
    """Telnet's commands are no lines, and take their turn like them."""
    noise = b"\xff\xfb\x01\xff\xf1\xff\xfa\x18\x00\xff\xff\xff\xf0" * 200000
    text, other = attend_while(t, gateway, lambda text: text.write_bytes(noise + b"\n"))
    text.ping()
    assert not text.take(speakers.Error)


@survives(**LINES)
def test_lists_asked_for_without_reading(t, gateway):
    """Its own replies stop it: the gateway holds it or ends it, memory stays."""
    text = speakers.Text(t, gateway)
    text.enter()
    memory = Memory(gateway)
    text.socket.setblocking(False)
    with contextlib.suppress(ConnectionError):
        for _ in range(2000):
            with contextlib.suppress(BlockingIOError):
                text.socket.send(b"help\nwho\nscenarios\n" * 1000)
    other = speakers.Protobuf(t, gateway)
    other.enter()
    other.ping()
    memory.check(8 * 1024)


if __name__ == "__main__":
    uavtest.run()
