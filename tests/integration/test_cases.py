"""Cases that have brought other gateways down, each with the real programs, where no other file
here has them: who comes in, what it may cost, and what the log says of it."""

import contextlib
import ctypes
import errno
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import certificates  # noqa: E402
import hostile  # noqa: E402
import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver, hold, reception, result  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, barrier, bodies, change_file, error_of, goodbye_of, members, outcome_of, ready,
    reason_name, settle,
)
from uavtest import channel, relay  # noqa: E402

NOBODY = "PRESENCE_WISH_NONE"
HOUR_MS = 3_600_000


@contextlib.contextmanager
def stopped(program):
    """Meanwhile it does nothing; then it finds at once all that has come."""
    os.kill(program.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(program.pid, signal.SIGCONT)


class Peak:
    """How much more memory a program has had at one time since this was made."""

    def __init__(self, program):
        self.program = program
        Path(f"/proc/{program.pid}/clear_refs").write_text("5", encoding="ascii")
        self.before_kib = self._kib("VmRSS:")

    def _kib(self, name):
        with open(f"/proc/{self.program.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(name))

    def check(self, most_kib):
        with open(f"/proc/{self.program.pid}/exe", "rb") as binary:
            if b"__asan_init" in binary.read():
                return  # a sanitizer's heap is larger
        grown = self._kib("VmHWM:") - self.before_kib
        assert grown <= most_kib, f"{grown} KiB more at one time"


# ------------------------------------------------------- before registration


def test_a_newcomers_answers_are_bounded(t):
    """Tries that are no good cost the gateway no more than a newcomer's frame: who goes on without
    reading is ended. A few may be under way at once."""
    gateway = ready(t)
    refused = {"registration": {"protocol": 1, "drone_id": "no id"}}
    few = t.drone(gateway)
    with stopped(gateway):
        few.send_bytes(b"".join(hostile.frame(ref, **refused) for ref in range(1, 11)))
    assert [error_of(few.reply_to(ref)) for ref in range(1, 11)] == ["BAD_ID"] * 10
    few.register("few")
    flood = t.drone(gateway)
    with stopped(gateway):
        flood.send_bytes(b"".join(hostile.frame(ref, **refused) for ref in range(1, 401)))
    assert goodbye_of(flood) == "TOO_SLOW"
    answers = [len(uavtest.delimit(event)) for event in flood.events if event.HasField("error")]
    assert 0 < sum(answers) - answers[-1] <= 4096, (len(answers), sum(answers))
    barrier(few)


# --------------------------------------------------------------- decoder bombs


def empty_part(number):
    """A sub-message of no bytes."""
    return hostile.field(number, b"")


def test_bombs_of_empty_parts(t):
    """A frame may be 64 KiB of parts of no bytes: the connection ends, and memory never knew."""
    gateway = ready(t, limits={"max_frame_bytes": 65536})
    room = 65000
    update, send = (relay.ToGateway.DESCRIPTOR.fields_by_name[name].number
                    for name in ("update_state", "send"))
    everyone = relay.Send.EVERYONE_FIELD_NUMBER
    bombs = {"bodies": empty_part(update) * (room // 2),
             "targets": hostile.field(send, empty_part(everyone) * (room // 2))}
    for part in relay.UpdateState.DESCRIPTOR.fields:
        if part.message_type:
            bombs[part.name] = hostile.field(update, empty_part(part.number) * (room // 2))
    place = relay.UpdateState.POSITION_FIELD_NUMBER
    for frame in relay.Position.DESCRIPTOR.fields:
        bombs[frame.name] = hostile.field(
            update, hostile.field(place, empty_part(frame.number) * (room // 2)))
    assert len(bombs) >= 8, bombs.keys()
    (other,) = members(t, gateway, "other", presence=NOBODY)
    barrier(other)
    peak = Peak(gateway)
    for name, body in bombs.items():
        drone = t.drone(gateway)
        drone.register(f"bomber{len(t.drones)}", presence=NOBODY)
        drone.send_bytes(hostile.raw(5, body))
        assert goodbye_of(drone) == "PROTOCOL_ERROR", name
        assert bodies(drone) == ["goodbye"], name
    barrier(other)
    peak.check(1500)


def test_bombs_of_the_simulator(t):
    """Its frames may be 4 MiB: what they decode to is bounded all the same, and the link ends."""
    simulator = FakeSimulator(t, greet=False)
    gateway = t.gateway(simulator.at, sessions={"linger_ms": 200})
    simulator.wait_request(simulator.wait_connection(1), "hello")
    empty = empty_part(channel.HelloAck.MODELS_FIELD_NUMBER) * (2 * 1024 * 1024 - 100)
    frame = hostile.field(channel.FromSimulator.HELLO_ACK_FIELD_NUMBER, b"\x08\x01" + empty)
    peak = Peak(gateway)
    with contextlib.suppress(OSError):
        simulator.send_bytes(uavtest.encode_varint(len(frame)) + frame)
    simulator.wait_closed(simulator.connections[0])
    assert "too complex" in gateway.wait_event("simulator_unreachable")["why"]
    peak.check(12 * 1024)  # the frame, and the arena
    simulator.greet = True
    gateway.wait_event("scenario_accepted")
    # answers about nobody, a million in one frame, are read as they stand
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    simulator.answer = lambda transmit: []
    one.send(ref=900, send={"drone": "uav2", "payload": b"x", "report": "REPORT_WISH_ALL"})
    inner = result(simulator.next_transmit()).result.SerializeToString()
    receptions = empty_part(channel.Result.RECEPTIONS_FIELD_NUMBER) * 1_000_000
    frame = hostile.field(channel.FromSimulator.RESULT_FIELD_NUMBER, inner + receptions)
    peak = Peak(gateway)
    number = len(simulator.connections)
    simulator.send_bytes(uavtest.encode_varint(len(frame)) + frame)
    simulator.wait_closed(simulator.connections[number - 1])
    assert outcome_of(one.reply_to(900)) in ("SIMULATOR_DOWN", "SIMULATOR_ERROR")
    peak.check(8 * 1024)
    simulator.answer = deliver
    simulator.wait_connection(number + 1)
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"x")) == "DELIVERED")
    barrier(two)


# ---------------------------------------------------------------- every socket


PIDFD_GETFD = 438  # the same number on every machine (linux/unistd.h)


def borrowed(program, number):
    """A descriptor of it, for this process as well."""
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(program.pid)
    try:
        fd = libc.syscall(PIDFD_GETFD, pidfd, number, 0)
    finally:
        os.close(pidfd)
    if fd < 0 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS):
        raise uavtest.Skip("this system does not let a parent look at descriptors")
    assert fd >= 0, os.strerror(ctypes.get_errno())
    return fd


def tcp_options(program):
    """[(local port, remote port, whether it listens, user timeout, no delay)] of its TCP sockets."""
    found = []
    for name in os.listdir(f"/proc/{program.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            if not os.readlink(f"/proc/{program.pid}/fd/{name}").startswith("socket:"):
                continue
        with socket.socket(fileno=borrowed(program, int(name))) as sock:
            if sock.family != socket.AF_INET or sock.type != socket.SOCK_STREAM:
                continue
            listens = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            found.append((
                sock.getsockname()[1], None if listens else sock.getpeername()[1], bool(listens),
                sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
                bool(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))))
    return found


def test_every_connection_gives_up(t):
    """TCP_USER_TIMEOUT, and no delay, at drones and simulators, with TLS and without."""
    ca = certificates.Authority(t.folder)
    ours = ca.issue("gateway.test", dns=["gateway.test"])
    secret = FakeSimulator(t, tls=certificates.server(ours))
    gateway = ready(
        t, FakeSimulator(t), limits={"tcp_user_timeout_ms": 12345},
        scenarios={"field": IDEAL, "lab": {**IDEAL, "simulator": "tls"}},
        **{"listen:tls": {"address": "127.0.0.1:0", "tls_cert": ours.cert, "tls_key": ours.key},
           "simulator:tls": {"address": "%s:%d" % secret.at, "tls_ca": ca.cert,
                             "tls_name": "gateway.test"}})
    members(t, gateway, "plain", presence=NOBODY)
    drone = t.drone(gateway, at=gateway.address(listener="tls"))
    drone.socket = certificates.client(ca).wrap_socket(drone.socket, server_hostname="gateway.test")
    drone.register("tls", scenario="lab", presence=NOBODY)
    sockets = tcp_options(gateway)
    remote = {port for _, port, listens, *_ in sockets if not listens}
    simulators = {simulator.at[1] for simulator in (gateway.simulator, secret)}
    assert len(sockets) == 6 and simulators < remote and len(remote) == 4, sockets
    for found in sockets:
        assert found[3:] == (12345, True), found


def test_nobody_kills_it_by_leaving(t):
    """SIGPIPE is ignored, whatever it is that writes to somebody who has gone."""
    gateway = ready(t)
    with open(f"/proc/{gateway.pid}/status", encoding="ascii") as status:
        ignored = next(line.split()[1] for line in status if line.startswith("SigIgn:"))
    assert int(ignored, 16) & 1 << signal.SIGPIPE - 1
    gateway.process.send_signal(signal.SIGPIPE)
    barrier(members(t, gateway, "uav1")[0])


# ------------------------------------------------------------------ descriptors


def test_descriptors_are_counted_at_the_start(t):
    """There are fewer than drones that may come: said at once, and with fewer drones. Whoever is
    one too many is told so, and has its turn when somebody leaves."""
    stub = t.simulator()
    path = t.folder / "few.ini"
    uavtest.write_ini(path, {
        "listen:drones": {"address": f"{uavtest.HOST}:0"}, "scenario:field": IDEAL,
        "simulator": {"address": "%s:%d" % stub.at}, "sessions": {"linger_ms": 200}})
    gateway = t.program("sh", "-c", 'ulimit -n 160; exec "$0" -c "$1"', t.binary("uav-gateway"), path)
    told = gateway.wait_event("descriptor_limit_low")
    assert (told["descriptors"], told["max_drones"], told["used_instead"]) == ("160", "10000", "31")
    gateway.at = gateway.address(listener="drones")
    gateway.wait_event("scenario_accepted")
    drones = members(t, gateway, *(f"uav{n}" for n in range(31)), presence=NOBODY)
    for _ in range(3):
        assert goodbye_of(t.drone(gateway)) == "SERVER_FULL"
    assert outcome_of(drones[0].tell("uav30", b"x")) == "DELIVERED"
    drones[1].request(leave={})
    drones[1].close()

    def comes():
        late = t.drone(gateway)
        late.send(ref=1, registration={"protocol": 1, "drone_id": "late", "presence": NOBODY})
        return late.read().HasField("welcome")

    uavtest.wait_until(comes)
    assert not any("event=accept_failed" in line for line in gateway.lines)


# ------------------------------------------------------------------ many at once


def frames_of(data):
    """What a connection was told, all of it."""
    events = []
    while (frame := uavtest.decode_frame(data))[1]:
        del data[: frame[1]]
        events.append(relay.FromGateway.FromString(frame[0]))
    assert not data
    return events


def read_to_the_end(socks, meanwhile):
    """All that each is told before it is closed."""
    heard = {sock: bytearray() for sock in socks}
    poll, by_number = select.poll(), {sock.fileno(): sock for sock in socks}
    for number in by_number:
        poll.register(number, select.POLLIN)
    end = time.monotonic() + uavtest.DEADLINE * 2
    while by_number:
        assert time.monotonic() < end, f"{len(by_number)} are still connected"
        meanwhile()
        for number, _ in poll.poll(100):
            data = by_number[number].recv(65536)
            heard[by_number[number]] += data
            if not data:
                poll.unregister(number)
                del by_number[number]
    return [frames_of(data) for data in heard.values()]


def test_many_requests_in_one_read(t):
    """Three thousand fit what is read at once of one drone; who came behind it is answered before
    most of them."""
    gateway = ready(t)
    flood, other = (t.drone(gateway, name, presence=NOBODY) for name in ("flood", "other"))
    for _ in range(3):
        with stopped(gateway):
            flood.send_bytes(hostile.frame(7, ping={}) * 3000)
            other.send(ref=7, ping={})
        answers = [flood.read() for _ in range(3000)]
        assert {answer.ref for answer in answers} == {7}
        assert other.read().pong.time_us <= answers[1000].pong.time_us


def test_many_fall_silent_at_once(t):
    """They came in one moment, so that all their times are up in another: each is asked, then sent
    away, and who answers does not notice."""
    crowd = 700
    gateway = ready(t, scenarios={"field": {**IDEAL, "max_drones": crowd + 10}},
                    limits={"accept_rate": 0},
                    sessions={"ping_interval_ms": 1000, "idle_timeout_ms": 4000})
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    socks = [hostile.connect(gateway) for _ in range(crowd)]
    t.drones += socks
    with stopped(gateway):
        for number, sock in enumerate(socks):
            sock.sendall(hostile.registration(f"silent{number}", presence=NOBODY))

    def attend():
        for drone in (one, two):
            barrier(drone)

    for events in read_to_the_end(socks, attend):
        names = [event.WhichOneof("body") for event in events]
        assert names[0] == "welcome" and names[-1] == "goodbye", names
        assert 1 <= names.count("ping") <= 4, names
        assert reason_name(events[-1].goodbye.reason) == "IDLE_TIMEOUT"
    attend()
    assert outcome_of(one.tell("uav2", b"x")) == "DELIVERED"
    left = [line for line in gateway.lines if "event=drone_left" in line]
    assert len(left) == crowd, len(left)


# --------------------------------------------------------------------- simulator


def test_a_simulator_that_has_gone_is_not_hammered(t):
    """The pause before the next attempt is drawn from the whole of it."""
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator, simulator={"backoff_min_ms": HOUR_MS, "backoff_max_ms": HOUR_MS})
    one, _ = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    simulator.reset_connection()
    gateway.wait_event("simulator_down")
    for _ in range(100):
        assert outcome_of(one.tell("uav2", b"x")) == "SIMULATOR_DOWN"
    assert len(simulator.connections) == 1
    assert settle(gateway)["simulator_down"] == 100


def test_pauses_grow_as_they_are_told_to(t):
    """By nothing here: forty attempts need no more than a moment. By 60 % a time, as without the
    key, the fortieth would be days away."""
    with socket.create_server((uavtest.HOST, 0)) as listener:
        listener.settimeout(uavtest.DEADLINE)
        t.gateway(listener.getsockname(), simulator={
            "backoff_min_ms": 1, "backoff_max_ms": HOUR_MS, "backoff_growth_percent": 100})
        for _ in range(40):
            listener.accept()[0].close()


def test_a_late_answer_decides_nothing(t):
    """Its message was given up, and the next one stands in the same place of the gateway's table."""
    simulator = FakeSimulator(t, answer=hold)
    gateway = ready(t, simulator, simulator={"timeout_ms": 700})
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    send = {"drone": "uav2", "report": "REPORT_WISH_ALL"}
    one.send(ref=900, send={**send, "payload": b"given up"})
    late = simulator.next_transmit()
    assert outcome_of(one.reply_to(900)) == "SIMULATOR_TIMEOUT"
    outcome = None
    while outcome != "DELIVERED":  # in time, on a busy machine too
        one.send(ref=901, send={**send, "payload": b"next"})
        transmit = simulator.next_transmit()
        simulator.send(*deliver(late, outcome="OUTCOME_LOST", reason="REASON_BLOCKED"),
                       *deliver(transmit))
        outcome = outcome_of(one.reply_to(901))
        assert outcome in ("DELIVERED", "SIMULATOR_TIMEOUT"), outcome
        late = transmit
    assert two.wait_for("delivery").delivery.payload == b"next"
    assert settle(gateway)["results_unknown"] >= 1


# ------------------------------------------------------------------------- TLS


def test_a_handshake_byte_by_byte_has_an_end(t):
    """Somebody goes on with it all the time: its deadline is that of the registration, and does
    not move."""
    ca = certificates.Authority(t.folder)
    ours = ca.issue("gateway.test", dns=["gateway.test"])
    gateway = ready(t, sessions={"register_timeout_ms": 500, "linger_ms": 50}, **{
        "listen:drones": {"tls_cert": ours.cert, "tls_key": ours.key}})
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = certificates.client(ca).wrap_bio(incoming, outgoing, server_hostname="gateway.test")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = outgoing.read()
    sent, begin = 0, time.monotonic()
    with hostile.connect(gateway) as sock, contextlib.suppress(ConnectionError):
        for byte in hello:
            sock.sendall(bytes([byte]))
            sent += 1
            if select.select([sock], [], [], 0.05)[0]:
                assert not sock.recv(100), "it says nothing yet"
                break
    assert sent < len(hello), "it was waited for to the end"
    assert time.monotonic() - begin > 0.4
    assert gateway.wait_event("tls_failed")["why"] == "the TLS handshake was not finished"


# ------------------------------------------------------------------------- log


FORGED = ('x\n{"event":"forged"}\r\nlevel=error event=forged \x1b[31mred\x07\x01\x7f\x85\x9b2J'
          '" \\ = \u202edrow\u2066\u2028event=forged')


def short(text, most):
    """Of its beginning what fits."""
    while len(text.encode()) > most:
        text = text[:-1]
    return text


class Log:
    """What a gateway has logged, in either format."""

    def __init__(self, gateway, form):
        self.gateway, self.form = gateway, form
        self.start = 0

    @staticmethod
    def _once(pairs):
        assert len({key for key, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    def _fields(self, line):
        if self.form == "json":
            return json.loads(line, object_pairs_hook=self._once)
        return uavtest.parse_logfmt(line)

    def lines(self):
        return [self._fields(line) for line in self.gateway.lines[self.start:]]

    def wait(self, event, **fields):
        """One such line."""
        return uavtest.wait_until(lambda: next(
            (line for line in self.lines() if {"event": event, **fields}.items() <= line.items()),
            None))


def check_shown(line):
    """Nothing in it drives a terminal or turns the line round."""
    assert all(" " <= char and not "\x7f" <= char <= "\x9f" for char in line), ascii(line)
    assert not set(line) & set("\u202e\u2066\u2028"), ascii(line)


def check_harmless(log):
    for line in log.gateway.lines:
        check_shown(line)
    for line in log.lines():
        assert {"time", "level", "event"} <= set(line), line
        assert line["event"] != "forged" and line["level"] in ("debug", "info", "warning", "error")


def test_mistakes_are_told_in_one_line_each(t):
    """Whatever stands in the files, and whatever the files are called that a pattern has found."""
    ini, part = t.folder / "a.ini", t.folder / "\x1b[2J\nforged \u202e\x9b.part"
    ini.write_text("[gateway]\ninclude = *.part\n[listen:drones]\naddress = 127.0.0.1:0\n"
                   "[scenario:field]\n", encoding="utf-8")
    part.write_bytes(b"[f\x1b[31m\xc2\x9b\xe2\x80\xae]\n[limits]\nmax_drones = \x1b[2J\xff\x07\n")
    done = subprocess.run([t.binary("uav-gateway"), "--check", "-c", ini], capture_output=True,
                          timeout=uavtest.DEADLINE, check=False)
    assert done.returncode == 1 and done.stdout == b"", done
    *lines, last = done.stderr.decode("utf-8").split("\n")
    assert last == "" and len(lines) >= 2, lines
    for line in lines:
        assert line.startswith(f"{t.folder}/\\x1b[2J\\nforged "), line
        check_shown(line)


def test_every_line_of_the_log_is_one_event(t):
    """Whoever may write into it: drones, simulators, and a file that is no configuration."""
    for form in ("logfmt", "json"):
        simulator = FakeSimulator(t, greet=False, refuse={"field": FORGED})
        gateway = t.gateway(simulator.at, sessions={"linger_ms": 200})
        log = Log(gateway, form)
        change_file(gateway, gateway={"log_format": form})
        log.start = len(gateway.lines)
        gateway.process.send_signal(signal.SIGHUP)
        # what was written before is in the other format
        uavtest.wait_until(lambda: any("reloaded" in line for line in gateway.lines[log.start:]))
        if form == "json":
            log.start += next(number for number, line in enumerate(gateway.lines[log.start:])
                              if line.startswith("{"))
        simulator.wait_request(simulator.wait_connection(1), "hello")
        ack = {"protocol": 1, "simulator": FORGED, "version": FORGED, "models": [FORGED]}
        simulator.send(channel.FromSimulator(hello_ack=ack))
        connected = log.wait("simulator_connected")
        assert "forged" in connected["software"] and "forged" in connected["version"]
        assert "forged" in log.wait("scenario_refused", scenario="field")["why"]
        if form == "json":
            assert connected["software"] == FORGED, "nothing is lost of it"
        drone = t.drone(gateway)
        drone.register("uav1", software=short(FORGED, 64), callsign='a=b " \\ event=forged')
        assert "forged" in log.wait("drone_registered", drone="uav1")["software"]
        drone.request(rename={"callsign": '"} event=forged {"'})
        log.wait("drone_renamed", drone="uav1", callsign='"} event=forged {"')
        for field in ("drone_id", "callsign"):
            other = t.drone(gateway)
            other.send(ref=1, registration={"protocol": 1, "drone_id": "uav2",
                                            field: short(FORGED, 32)})
            assert error_of(other.reply_to(1)) in ("BAD_ID", "BAD_NAME")
        change_file(gateway, **{f"forged\x1b[31m\u202e {form}": {"k\x07ey": "va\x9blue"}})
        gateway.process.send_signal(signal.SIGHUP)
        assert log.wait("reload_mistake")["why"]
        log.wait("reload_refused")
        simulator.send(*(result(channel.Transmit(id=2**60 + n), reception(1)) for n in range(200)))
        log.wait("simulator_down")
        check_harmless(log)


if __name__ == "__main__":
    uavtest.run()
