"""TLS at listeners and on the links to simulators: who gets in, who does not and is told why,
and that nothing above the transport sees a difference."""

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import certificates  # noqa: E402
import counted  # noqa: E402
import hostile  # noqa: E402
import uavtest  # noqa: E402
from certificates import DAY, Authority  # noqa: E402
from fake_simulator import FakeSimulator  # noqa: E402
from preloaded import skip_sanitized  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, ask_in, barrier, descriptors, error_of, goodbye_of, outcome_of, ready,
)
from uavtest import relay  # noqa: E402

NO_WISH = "PRESENCE_WISH_NONE"
NAME = "gateway.test"
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


class Scene:
    """A gateway whose drones show certificates of `ca`, and the means to be one."""

    def __init__(self, t, mode="tls", ca=True, simulator=None, scenarios=None, **sections):
        self.t = t
        self.folder = t.folder
        self.ca = Authority(self.folder)
        self.identity = self.ca.issue(NAME, dns=[NAME])
        listen = {"tls_cert": self.identity.cert, "tls_key": self.identity.key}
        if ca:
            listen["tls_ca"] = self.ca.cert
        sections = {"auth": {"mode": mode}, **sections,
                    "listen:drones": {**listen, **sections.get("listen:drones", {})}}
        self.gateway = ready(t, simulator, scenarios or {"field": IDEAL}, **sections)

    def connect(self, identity=None, version=None, at=None, ca=None):
        """A drone that has shaken hands; nothing is known yet of what the gateway thinks."""
        drone = self.t.drone(self.gateway, at=at)
        context = certificates.client(ca or self.ca, identity, version)
        drone.socket = context.wrap_socket(drone.socket, server_hostname=NAME)
        return drone

    def drone(self, drone_id, version=None, at=None, **fields):
        """One with a certificate of its own, registered."""
        drone = self.connect(self.ca.issue(drone_id), version, at)
        drone.register(drone_id, **{"presence": NO_WISH, **fields})
        return drone

    def refused(self, identity=None, **where):
        """What the log says of a drone that comes with this certificate, and what it sees."""
        start = len(self.gateway.lines)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            drone = self.connect(identity, **where)
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                drone.send(ref=1, registration={"protocol": 1, "drone_id": "uav1"})
                assert drone.socket.recv(1) == b""
        return self.gateway.wait_event("tls_failed", start=start, listener="drones",
                                       host="127.0.0.1")["why"]


def closed_after(sock):
    """Seconds until the other side has closed; what it said is read away."""
    start = time.monotonic()
    with contextlib.suppress(ConnectionError):
        while sock.recv(65536):
            pass
    return time.monotonic() - start


def flown(t, scene, *drones):
    """A message each way between two drones of the scenario."""
    one, two = drones
    assert outcome_of(one.tell(two.drone_id, b"over")) == "DELIVERED"
    assert two.wait_for("delivery").delivery.payload == b"over"
    assert outcome_of(two.tell(one.drone_id, b"out")) == "DELIVERED"
    assert one.wait_for("delivery").delivery.payload == b"out"


# -------------------------------------------------------------- who gets in


def test_both_versions(t):
    scene = Scene(t)
    one = scene.drone("uav1", TLS12, scenario="field")
    two = scene.drone("uav2", TLS13, scenario="field")
    assert one.socket.version() == "TLSv1.2" and two.socket.version() == "TLSv1.3"
    assert one.socket.compression() is None
    flown(t, scene, one, two)
    for drone in (one, two):
        assert not drone.socket.session.has_ticket, "it could go on without its certificate"


def test_older_versions_are_refused(t):
    scene = Scene(t)
    context = certificates.client(scene.ca, scene.ca.issue("uav1"))
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with contextlib.suppress(ssl.SSLError, ConnectionError):
        context.wrap_socket(uavtest.connect(scene.gateway.at), server_hostname=NAME)
        raise AssertionError("TLS 1.1 was spoken")
    assert "unsupported protocol" in scene.gateway.wait_event("tls_failed")["why"]


def test_ids_are_those_of_the_certificate(t):
    scene = Scene(t)
    many = scene.ca.issue("by-cn", dns=["by-san", "by-san.2", "*.wild"])
    for drone_id in ("by-cn", "by-san", "by-san.2"):
        drone = scene.connect(many)
        drone.register(drone_id, presence=NO_WISH)
        assert drone.welcome.drone_id == drone_id
    nameless = scene.connect(scene.ca.issue(None, dns=["only-san"]))
    nameless.register("only-san", presence=NO_WISH)
    for drone_id in ("uav1", "By-cn", "by-cn2", "by-c", "a.wild", "wild", "test.ca"):
        drone = scene.connect(many)
        assert error_of(ask_in(drone, drone_id=drone_id)) == "AUTH_FAILED", drone_id
        assert goodbye_of(drone) == "AUTH_FAILED"
        assert drone.socket.unwrap() is not None, "it is told of the end in order"


def test_certificates_that_are_not_taken(t):
    scene = Scene(t)
    other = Authority(scene.folder, "other")
    uav = {"cn": "uav1"}
    for version in (TLS12, TLS13):
        assert "shows no certificate" in scene.refused(version=version)
        for identity, why in (
            (other.issue(**uav), "unable to get local issuer certificate"),
            (scene.ca.issue(**uav, ends=-DAY / 2), "certificate has expired"),
            (scene.ca.issue(**uav, begins=DAY / 2), "certificate is not yet valid"),
            (scene.ca.issue(**uav, usage="serverAuth"), "certificate purpose"),
        ):
            told = scene.refused(identity, version=version)
            assert "certificate is not accepted" in told and why in told, told
    under = Authority(scene.folder, "under", under=scene.ca)
    scene.connect(under.issue("far")).register("far")
    assert not [line for line in scene.gateway.lines if "drone_joined" in line and "uav1" in line]


def test_a_drone_that_does_not_take_ours(t):
    """Its reason is told."""
    scene = Scene(t)
    other = Authority(scene.folder, "other")
    assert "unknown CA" in scene.refused(scene.ca.issue("uav1"), ca=other)


def test_without_a_ca_anybody_is_served(t):
    scene = Scene(t, mode="none", ca=False)
    one, two = scene.connect(), scene.connect(scene.ca.issue("someone"))
    one.register("any1", scenario="field")
    two.register("any2", scenario="field")
    flown(t, scene, one, two)


def test_over_a_unix_socket(t):
    path = t.folder / "drones"
    scene = Scene(t, **{"listen:local": {"address": f"unix:{path}"}}, mode="none", ca=False)
    scene.gateway.wait_event("listening", listener="local")
    plain = t.drone(scene.gateway, "plain", at=path, scenario="field")
    secure = scene.connect()
    secure.register("secure", scenario="field")
    flown(t, scene, plain, secure)


# ------------------------------------------------------------- broken handshakes


def client_hello(scene):
    """What a client says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = certificates.client(scene.ca, scene.ca.issue("uav1"))
    tls = context.wrap_bio(incoming, outgoing, server_hostname=NAME)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def test_handshakes_that_stall(t):
    """They end with the deadline of the registration, whatever has been said so far."""
    scene = Scene(t, sessions={"register_timeout_ms": 500, "linger_ms": 50})
    hello = client_hello(scene)
    before = descriptors(scene.gateway)
    for said in (b"", hello[:1], hello[:5], hello[:-1], hello):
        start = len(scene.gateway.lines)
        with hostile.connect(scene.gateway) as sock:
            sock.sendall(said)
            assert 0.4 < closed_after(sock) < uavtest.DEADLINE
        why = scene.gateway.wait_event("tls_failed", start=start)["why"]
        assert why == "the TLS handshake was not finished", why
    # one whose handshake is done and says no more
    drone = scene.connect(scene.ca.issue("uav1"))
    assert goodbye_of(drone) == "PROTOCOL_ERROR"
    uavtest.wait_until(lambda: descriptors(scene.gateway) == before)
    barrier(scene.drone("after"))


def test_a_handshake_that_stalls_is_not_lingered_for(t):
    """No goodbye of ours could be read."""
    scene = Scene(t, sessions={"register_timeout_ms": 500, "linger_ms": 60000})
    for said in (b"", client_hello(scene)):
        with hostile.connect(scene.gateway) as sock:
            sock.sendall(said)
            assert 0.4 < closed_after(sock) < uavtest.DEADLINE


def test_garbage_and_plain_text(t):
    scene = Scene(t, sessions={"register_timeout_ms": 600000})
    hello = client_hello(scene)
    for said, why in (
        (hostile.registration("uav1"), "does not speak TLS"),
        (b"GET / HTTP/1.1\r\n\r\n", "does not speak TLS"),
        (hello[:5] + b"\xff" * (len(hello) - 5), "TLS: "),
        (b"\x16\x03\x01\x40\x01" + bytes(0x4001), "TLS: "),
        (b"\x16\x03\x01\x40\x00\x01\x01\xff\xb8", "the ClientHello is too large"),
        (hello + b"\x15\x03\x03\x00\x02\x02\x28", "refuses: handshake failure"),
    ):
        start = len(scene.gateway.lines)
        with hostile.connect(scene.gateway) as sock:
            sock.sendall(said)
            assert closed_after(sock) < uavtest.DEADLINE
        told = scene.gateway.wait_event("tls_failed", start=start)["why"]
        assert why in told, (said, told)
    start = len(scene.gateway.lines)
    hostile.connect(scene.gateway).close()
    assert "ended before the TLS handshake did" in scene.gateway.wait_event(
        "tls_failed", start=start)["why"]
    barrier(scene.drone("after"))


def test_many_that_fail_do_not_fill_the_log(t):
    scene = Scene(t)
    start = len(scene.gateway.lines)
    for _ in range(100):
        hostile.connect(scene.gateway).close()
    count = 0
    while count < 100:
        told = [uavtest.parse_logfmt(line) for line in scene.gateway.lines[start:]]
        ones = [line for line in told if line.get("event") == "tls_failed"]
        more = [line for line in told if line.get("event") == "tls_failed_more"]
        count = len(ones) + sum(int(line["count"]) for line in more)
        time.sleep(0.01)
    assert more and len(ones) <= 10 * (len(more) + 1), (len(ones), more)
    scene.gateway.stop()
    assert scene.gateway.wait_event("accounts")["tls_failures"] == "100"


def test_tls_to_a_plain_listener(t):
    scene = Scene(t, mode="none", ca=False, **{"listen:plain": {"address": "127.0.0.1:0"}})
    at = scene.gateway.address(listener="plain")
    try:
        scene.connect(at=at)
        raise AssertionError("somebody spoke TLS")
    except (ssl.SSLError, ConnectionError):
        pass
    one = t.drone(scene.gateway, "uav1", at=at, scenario="field")
    two = scene.connect()
    two.register("uav2", scenario="field")
    flown(t, scene, one, two)


class ByteByByte:
    """A drone's TLS, whose every byte is a segment of its own."""

    def __init__(self, scene, context):
        self._socket = hostile.connect(scene.gateway)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=NAME)

    def _send(self):
        for byte in self._out.read():
            self._socket.sendall(bytes([byte]))

    def call(self, name, *arguments):
        while True:
            try:
                result = getattr(self._tls, name)(*arguments)
                self._send()
                return result
            except ssl.SSLWantReadError:
                self._send()
                data = self._socket.recv(1)
                assert data, "closed"
                self._in.write(data)

    def close(self):
        self._socket.close()


def test_a_handshake_byte_by_byte(t):
    scene = Scene(t)
    for version in (TLS12, TLS13):
        slow = ByteByByte(scene, certificates.client(scene.ca, scene.ca.issue("slow"), version))
        t.drones.append(slow)
        slow.call("do_handshake")
        slow.call("write", hostile.registration("slow", presence=NO_WISH))
        data = bytearray()
        while not uavtest.decode_frame(data)[1]:
            data += slow.call("read", 1)
        reply = relay.FromGateway.FromString(uavtest.decode_frame(data)[0])
        assert reply.welcome.drone_id == "slow", reply


def test_a_goodbye_waits_for_the_handshake(t):
    """Who comes when all is full is told so; the gateway knows it before anything was said."""
    scene = Scene(t, limits={"max_drones": 1})
    scene.drone("uav1")
    late = scene.connect(scene.ca.issue("uav2"))
    assert goodbye_of(late) == "SERVER_FULL"


def test_a_registration_that_comes_with_the_handshake(t):
    """Behind its last bytes, in one segment: the socket tells of it once."""
    scene = Scene(t)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = certificates.client(scene.ca, scene.ca.issue("eager"), TLS13).wrap_bio(
        incoming, outgoing, server_hostname=NAME)
    with hostile.connect(scene.gateway) as sock:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                sock.sendall(outgoing.read())
                incoming.write(sock.recv(65536))
        tls.write(hostile.registration("eager", presence=NO_WISH))
        tls.write(hostile.frame(2, ping={"nonce": 7}))
        sock.sendall(outgoing.read())
        data, told = bytearray(), []
        while told[-1:] != ["pong"]:
            try:
                data += tls.read()
            except ssl.SSLWantReadError:
                incoming.write(sock.recv(65536))
            while (frame := uavtest.decode_frame(data))[1]:
                del data[: frame[1]]
                told.append(relay.FromGateway.FromString(frame[0]).WhichOneof("body"))
        assert told == ["welcome", "pong"]


# ------------------------------------------------------------------- traffic


def test_a_megabyte_each_way(t):
    """In payloads of some records each, more than the receiver reads at once."""
    scene = Scene(t, limits={"output_hard_bytes": 8 << 20, "output_soft_bytes": 4 << 20})
    one = scene.drone("uav1", TLS12, scenario="field")
    two = scene.drone("uav2", TLS13, scenario="field")
    sizes = [1, 100, 16383, 16384, 16385, 30000]
    payloads = [os.urandom(sizes[n % len(sizes)]) for n in range(90)]
    assert sum(map(len, payloads)) > 1_000_000
    for sender, receiver in ((one, two), (two, one)):
        for ref, payload in enumerate(payloads, 1000):
            sender.send(ref=ref, send={"drone": receiver.drone_id, "payload": payload})
    for receiver in (one, two):
        for payload in payloads:
            assert receiver.wait_for("delivery").delivery.payload == payload


def test_many_small_frames_at_once(t):
    """As many in one record as there is room for, and in one segment: nobody waits for the
    next one to have the last one read."""
    scene = Scene(t)
    drone = scene.drone("uav1")
    for number in (1, 100, 3000):
        drone.send_bytes(b"".join(hostile.frame(n, ping={"nonce": n})
                                  for n in range(1, number + 1)))
        for n in range(1, number + 1):
            assert drone.reply_to(n).pong.nonce == n


def test_presence_of_many(t):
    """It is lent, more than the network takes at once, to one with TLS and one without."""
    drones = 500
    scene = Scene(t, mode="none", ca=False, limits={"max_drones": drones + 10},
                  presence={"interval_ms": 1000},
                  scenarios={"field": {**IDEAL, "max_drones": drones + 10}},
                  **{"listen:plain": {"address": "127.0.0.1:0"}})
    at = scene.gateway.address(listener="plain")
    sock = hostile.connect(scene.gateway, receive_buffer=2048)
    reader = t.drone(scene.gateway)
    reader.close()
    reader.socket = certificates.client(scene.ca).wrap_socket(sock, server_hostname=NAME)
    reader.register("reader", presence="PRESENCE_WISH_ALL")
    plain = t.drone(scene.gateway, "plain", at=at, presence="PRESENCE_WISH_ALL")
    ids = {f"uav{n:04d}-{'x' * 20}" for n in range(drones)}
    for drone_id in ids:
        t.drone(scene.gateway, drone_id, at=at, presence=NO_WISH)
    for drone in (reader, plain):
        seen = set()
        while not ids <= seen:
            presence = drone.wait_for("presence").presence
            assert not presence.missed
            seen |= {event.drone_id for event in presence.events}
        barrier(drone)


def test_a_reader_that_stops_is_the_only_one_who_waits(t):
    scene = Scene(t, sessions={"linger_ms": 50}, limits={"output_hard_bytes": 131072,
                                                         "output_soft_bytes": 65536})
    one, two = (scene.drone(f"uav{n}", scenario="field") for n in (1, 2))
    stuck = scene.drone("stuck", scenario="field")
    stuck.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    start = len(scene.gateway.lines)
    for _ in range(2000):
        one.tell("stuck", bytes(8000))
        if any("TOO_SLOW" in line for line in scene.gateway.lines[start:]):
            break
    else:
        raise AssertionError("it never was too slow")
    flown(t, scene, one, two)


# Measured: a few hundred bytes of the heap; 138 KB when OpenSSL took what was announced.
STALLED_BYTES = 4000


def test_what_stalled_newcomers_cost(t):
    """Those who have announced the largest ClientHello that there is, and those who say nothing."""
    skip_sanitized(t)
    scene = Scene(t, mode="none", ca=False, limits={"max_drones": 1000})
    barrier(scene.drone("there"))
    descriptors_before, before = descriptors(scene.gateway), counted.resident_bytes(scene.gateway)
    with contextlib.ExitStack() as stack:
        for said in 200 * (b"", b"\x16\x03\x01\x40\x00\x01\x01\xff"):
            stack.enter_context(hostile.connect(scene.gateway)).sendall(said)
        uavtest.wait_until(lambda: descriptors(scene.gateway) == descriptors_before + 400)
        barrier(scene.drone("after"))
        each = (counted.resident_bytes(scene.gateway) - before) / 400
    print(f"# {each:.0f} resident bytes for each who stalls", flush=True)
    assert each <= STALLED_BYTES


# Measured: 14.6 and 24.5 KB for one more (OpenSSL 3.0.19); asked for: no number.
IDLE_BYTES, IDLE_BYTES_MUTUAL = 20000, 32000


def check_resident(t, mutual, most):
    """What one more idle drone costs, once there are some."""
    skip_sanitized(t)
    scene = Scene(t, mode="none", ca=mutual, limits={"max_drones": 1000})
    context = certificates.client(scene.ca, scene.ca.issue("uav") if mutual else None)

    def come(first, last):
        for n in range(first, last):
            sock = context.wrap_socket(uavtest.connect(scene.gateway.at), server_hostname=NAME)
            t.drones.append(sock)
            sock.sendall(hostile.registration(f"uav{n}", presence=NO_WISH))
            assert sock.recv(4096)
        return counted.resident_bytes(scene.gateway)

    before = come(0, 100)
    each = (come(100, 400) - before) / 300
    print(f"# {each:.0f} resident bytes for each idle drone", flush=True)
    assert each <= most


def test_what_an_idle_drone_costs(t):
    check_resident(t, False, IDLE_BYTES)


def test_what_an_idle_drone_with_a_certificate_costs(t):
    check_resident(t, True, IDLE_BYTES_MUTUAL)


# ----------------------------------------------------------------------- reload


def serial(drone):
    return ssl.PEM_cert_to_DER_cert(ssl.DER_cert_to_PEM_cert(drone.socket.getpeercert(True)))


def reload(gateway, event="reloaded"):
    start = len(gateway.lines)
    gateway.process.send_signal(signal.SIGHUP)
    return gateway.wait_event(event, start=start)


def test_renewed_certificates(t):
    """Newcomers are shown the new one; who is there stays. A broken file changes nothing."""
    scene = Scene(t)
    old = scene.drone("uav1", scenario="field")
    scene.identity.replace_by(scene.ca.issue(NAME, dns=[NAME]))
    reload(scene.gateway)
    new = scene.drone("uav2", scenario="field")
    assert serial(old) != serial(new)
    flown(t, scene, old, new)
    scene.identity.key.write_bytes(scene.ca.issue("another").key.read_bytes())
    reload(scene.gateway, "reload_refused")
    third = scene.drone("uav3", scenario="field")
    assert serial(third) == serial(new)
    flown(t, scene, old, third)


def test_mistakes_are_told_where_they_stand(t):
    """The file and line that name what is wrong, beside mistakes of any other kind; at --check and
    at a reload, as many as there are."""
    scene = Scene(t)
    drone = scene.drone("uav1")
    more, ini = t.folder / "tls.ini", scene.gateway.path
    key = scene.ca.issue("another").key
    more.write_text(f"[listen:far]\naddress = 127.0.0.1:0\ntls_cert = {scene.identity.cert}\n"
                    f"tls_key = {key}\ntls_ca = none.pem\n\n"
                    f"[simulator:far]\naddress = 127.0.0.1:1\ntls_ca = none.pem\n")
    lines = ini.read_text().splitlines()
    lines.insert(lines.index("[gateway]") + 1, f"include = {more}")
    ini.write_text("\n".join([*lines, "[wings]", ""]))
    expected = {
        (str(ini), str(len(lines) + 1)): "unknown section",
        (str(more), "4"): f"[listen:far]: key {key}: not the key",
        (str(more), "9"): f"[simulator:far]: CA {more.parent / 'none.pem'}: No such file",
    }
    checked = subprocess.run([t.binary("uav-gateway"), "-c", ini, "--check"], text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=uavtest.DEADLINE)
    for (file, line), words in expected.items():
        assert f"{file}:{line}: {words}" in checked.stderr, (file, line, checked.stderr)
    assert len(checked.stderr.splitlines()) == len(expected), checked.stderr
    start = len(scene.gateway.lines)
    reload(scene.gateway, "reload_refused")
    told = [uavtest.parse_logfmt(line) for line in scene.gateway.lines[start:]]
    mistakes = {(one["file"], one["line"]): one["why"] for one in told
                if one["event"] == "reload_mistake" and "restart" not in one["why"]}
    assert mistakes.keys() == expected.keys(), mistakes
    assert all(words in mistakes[place] for place, words in expected.items()), mistakes
    drone.request(leave={})


def test_another_ca(t):
    scene = Scene(t)
    scene.drone("uav1")
    old, scene.ca = scene.ca, Authority(scene.folder, "next")
    late = old.issue("uav3")
    old.cert.write_bytes(scene.ca.cert.read_bytes())
    scene.identity.replace_by(scene.ca.issue(NAME, dns=[NAME]))
    reload(scene.gateway)
    scene.drone("uav2")
    assert "not accepted" in scene.refused(late)


# ------------------------------------------------------------------- simulators


class Far:
    """A simulator with TLS, and the certificates of both sides."""

    def __init__(self, t, dns=("sim.test",), ip=(), ends=30 * DAY, mutual=True, version=None):
        self.folder = t.folder
        self.ca = Authority(self.folder, f"ca{len(t.drones)}")
        identity = self.ca.issue("simulator", dns=dns, ip=ip, ends=ends)
        ours = self.ca.issue("gateway")
        self.fake = FakeSimulator(
            t, tls=certificates.server(identity, self.ca if mutual else None, version))
        self.keys = {"tls_ca": self.ca.cert}
        if mutual:
            self.keys |= {"tls_cert": ours.cert, "tls_key": ours.key}


def relays(t, far, **keys):
    """A gateway that is connected to it, and carries a message."""
    gateway = ready(t, far.fake, {"field": IDEAL}, simulator={**far.keys, **keys, "address":
                                                             "%s:%d" % far.fake.at})
    one, two = (t.drone(gateway, f"uav{n}", scenario="field", presence=NO_WISH) for n in (1, 2))
    for size in (5, 30000):
        assert outcome_of(one.tell("uav2", bytes(size))) == "DELIVERED"
        assert two.wait_for("delivery").delivery.payload == bytes(size)
    return gateway


def test_a_simulator(t):
    far = Far(t, ip=["127.0.0.1"], mutual=False, version=TLS12)
    relays(t, far)  # its address is its name


def test_a_simulator_with_a_name_that_asks_who_we_are(t):
    far = Far(t, version=TLS13)
    gateway = relays(t, far, tls_name="sim.test")
    far.fake.connections[0].socket.shutdown(socket.SHUT_RDWR)
    assert gateway.wait_event("simulator_down")["why"]
    far.fake.wait_connection(2)


def unreachable(t, far, **keys):
    """Why, as the log tells it: however often it is tried, each reason once until there is another.
    (A refusal may be overtaken by the reset behind it.)"""
    keys = {**far.keys, "tls_name": "sim.test", "backoff_min_ms": 10, "backoff_max_ms": 20,
            **keys}
    gateway = t.gateway(far.fake.at, {"field": IDEAL}, simulator={
        **{key: value for key, value in keys.items() if value is not None},
        "address": "%s:%d" % far.fake.at})
    gateway.wait_event("simulator_unreachable")
    far.fake.wait_connection(4)
    told = [uavtest.parse_logfmt(line)["why"] for line in gateway.lines
            if "simulator_unreachable" in line]
    assert all(one != other for one, other in zip(told, told[1:])), told
    reasons = set(told) - {"connection reset by peer"}
    assert len(reasons) == 1, told
    return reasons.pop()


def test_a_simulator_of_another_name(t):
    assert unreachable(t, Far(t), tls_name="moon.test") == \
        "the other side's certificate is not for moon.test"


def test_a_simulator_at_another_address(t):
    assert unreachable(t, Far(t, ip=["127.0.0.2"]), tls_name=None) == \
        "the other side's certificate is not for 127.0.0.1"


def test_a_simulator_of_another_ca(t):
    far = Far(t)
    far.keys["tls_ca"] = Authority(far.folder, "other").cert
    assert "certificate is not accepted" in unreachable(t, far)


def test_a_simulator_whose_certificate_has_expired(t):
    assert "expired" in unreachable(t, Far(t, ends=-DAY / 2))


def test_a_simulator_that_does_not_take_ours(t):
    """In TLS 1.3 it says so only after we have said hello."""
    for version in (TLS12, TLS13):
        why = unreachable(t, Far(t, version=version), tls_cert=None, tls_key=None)
        assert "the other side refuses" in why, why


def test_a_simulator_without_tls(t):
    """One that says nothing to the handshake, and one that answers in plain text."""
    far = Far(t)
    for answer, why in ((b"", "connect_timeout_ms"), (b"\x04hello", "does not speak TLS")):
        with socket.create_server((uavtest.HOST, 0)) as listener:
            gateway = t.gateway(listener.getsockname(), {"field": IDEAL}, simulator={
                **far.keys, "address": "%s:%d" % listener.getsockname(), "connect_timeout_ms": 300,
                "tls_name": "sim.test", "backoff_min_ms": 10})
            sock, _ = listener.accept()
            with sock:
                sock.sendall(answer)
                told = gateway.wait_event("simulator_unreachable")["why"]
                assert why in told, told
            gateway.stop()


def test_a_link_takes_the_new_ca_when_it_connects_anew(t):
    far = Far(t)
    right, wrong = far.ca.cert.read_bytes(), Authority(far.folder, "other").cert
    far.keys["tls_ca"] = wrong
    gateway = t.gateway(far.fake.at, {"field": IDEAL}, simulator={
        **far.keys, "tls_name": "sim.test", "backoff_min_ms": 10, "backoff_max_ms": 20})
    gateway.wait_event("simulator_unreachable")
    wrong.write_bytes(right)
    reload(gateway)
    gateway.wait_event("scenario_accepted", scenario="field")


if __name__ == "__main__":
    uavtest.run()
