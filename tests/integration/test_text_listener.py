"""What is special about a listener that speaks text: when its drones are greeted, with TLS and
without, lines in pieces, telnet, and how long they may be silent. What is said on it stands in
proto/text.md."""

import hashlib
import hmac
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import certificates  # noqa: E402
import uavtest  # noqa: E402
from scene import Presence, goodbye_of, members, ready  # noqa: E402


class Lines:
    """A connection that reads lines."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.settimeout(uavtest.DEADLINE)
        self.data = b""

    def close(self):
        self.socket.close()

    def send(self, *lines):
        self.socket.sendall(b"".join(line.encode() + b"\n" for line in lines))

    def read(self):
        """The next line; "" at the end."""
        while b"\n" not in self.data:
            more = self.socket.recv(65536)
            if not more:
                return ""
            self.data += more
        line, self.data = self.data.split(b"\n", 1)
        return line.decode()

    def expect(self, beginning):
        """The next line that begins so."""
        seen = []
        while (line := self.read()) and not line.startswith(beginning):
            seen.append(line)
        assert line, f"no {beginning}, but {seen}"
        return line

    def pong(self):
        """All that was said before has been read."""
        self.send("ping")
        return self.expect("* pong")


def text_gateway(t, listen=None, **sections):
    gateway = ready(t, **{"listen:text": {"address": "127.0.0.1:0", "protocol": "text",
                                          "scenario": "field", **(listen or {})}, **sections})
    gateway.text = gateway.address(listener="text")
    return gateway


def lines(t, gateway):
    connection = Lines(uavtest.connect(gateway.text))
    t.drones.append(connection)
    return connection


def test_who_connects_is_registered_and_told_of(t):
    gateway = text_gateway(t)
    alive = Presence(t.drone(gateway, "alive"))
    guest = lines(t, gateway)
    assert guest.read().startswith("* welcome guest-1 (online: 2, ")
    assert guest.read() == "* you are in field (MESH, drones: 1)"
    alive.wait("guest-1", "ONLINE")
    second = lines(t, gateway)
    assert second.read().startswith("* welcome guest-2 ")
    guest.expect("* guest-2 is here")
    guest.close()
    second.expect("* guest-1 is gone (CONNECTION_LOST)")


def test_lines_in_pieces(t):
    """Byte by byte, with all that telnet puts between, and many at once."""
    gateway = text_gateway(t, sessions={"frame_timeout_ms": 200})
    (drone,) = members(t, gateway, "uav1")
    guest = lines(t, gateway)
    guest.expect("* you are in field")
    for byte in b"\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x0a\xff\xf0to|uav1|he\xff\xf1llo\r\n":
        guest.socket.sendall(bytes([byte]))
        time.sleep(0.002)
    delivery = drone.wait_for("delivery").delivery
    assert (delivery.sender, delivery.payload) == ("guest-1", b"hello")
    guest.expect("= uav1 DELIVERED [")
    # an unfinished line is not late while silence is not
    guest.socket.sendall(b"to|uav1|sl")
    witness = t.drone(gateway)
    witness.send_bytes(b"\x05\x08")
    assert goodbye_of(witness) == "PROTOCOL_ERROR", "a frame took too long"
    guest.socket.sendall(b"ow\r\0" + b"\n" * 500 + b"\xff\xf1" * 3000 + b"all|last\n")
    assert drone.wait_for("delivery").delivery.payload == b"slow"
    assert drone.wait_for("delivery").delivery.payload == b"last"
    guest.pong()


def test_lines_that_are_too_long(t):
    gateway = text_gateway(t)
    (drone,) = members(t, gateway, "uav1")
    guest, endless = lines(t, gateway), lines(t, gateway)
    most = drone.welcome.max_payload_bytes
    guest.send("all|" + "x" * most)
    guest.send("all|" + "x" * (most + 1))
    assert len(drone.wait_for("delivery").delivery.payload) == most
    guest.expect("! PAYLOAD_TOO_LARGE ")
    guest.pong()
    endless.socket.sendall(b"x" * (drone.welcome.max_frame_bytes + 1))
    assert "a line longer than allowed" in endless.expect("* goodbye PROTOCOL_ERROR ")
    assert endless.read() == ""
    guest.pong()


def test_large_and_binary_payloads(t):
    gateway = text_gateway(t)
    (drone,) = members(t, gateway, "uav1")
    guest = lines(t, gateway)
    guest.expect("* you are in field")
    most = drone.welcome.max_payload_bytes
    for payload, shown in (
        (b"x" * most, "x" * most),
        (b"\n" * most, f"({most} bytes)"),
        (b"a\nb\r\n\x1b[2J\x00\xff", "a\\nb\\r\\n\\x1b[2J\\x00\\xff"),
        (b"", ""),
    ):
        drone.tell("guest-1", payload)
        assert guest.expect("<uav1> [").split("] ", 1)[1] == shown
    drone.tell("guest-1", b"\x01\x02", content_type="application/x")
    assert guest.expect("<uav1> [").endswith("] (2 bytes of application/x)")


PATIENT = {"idle_timeout_ms": 3600000, "ping_interval_ms": 0}


def test_each_listener_has_its_patience(t):
    """Those of the other listener go for their silence; who types may think."""
    gateway = text_gateway(t, PATIENT, sessions={"idle_timeout_ms": 300, "ping_interval_ms": 100})
    guest = lines(t, gateway)
    assert "every 3600 s" in guest.expect("* welcome")
    silent = t.drone(gateway)
    silent.answer_pings = False
    silent.register("silent")
    assert silent.welcome.idle_timeout_ms == 300
    assert goodbye_of(silent) == "IDLE_TIMEOUT"
    guest.expect("* silent is gone (IDLE_TIMEOUT)")
    guest.pong()


def test_silence_ends_a_guest_and_an_empty_line_does_not(t):
    gateway = text_gateway(t, {"idle_timeout_ms": 600, "ping_interval_ms": 200},
                           sessions={"idle_timeout_ms": 3600000, "ping_interval_ms": 0})
    alive, silent = lines(t, gateway), lines(t, gateway)
    silent.socket.sendall(b"unfinished")
    pings = 0
    while not (line := alive.read()).startswith("* guest-2 is gone"):
        pings += line.startswith("? still there? ")
        alive.socket.sendall(b"\r\n")
    assert line == "* guest-2 is gone (IDLE_TIMEOUT)" and pings
    silent.expect("? still there? ")
    silent.expect("* goodbye IDLE_TIMEOUT ")
    alive.pong()


def test_a_reload_changes_patience(t):
    gateway = text_gateway(t, PATIENT)
    guest = lines(t, gateway)
    guest.expect("* you are in field")
    gateway.ini["listen:text"].update({"idle_timeout_ms": 300, "ping_interval_ms": 100})
    uavtest.write_ini(gateway.path, gateway.ini)
    os.kill(gateway.pid, signal.SIGHUP)
    gateway.wait_event("config_changed", section="listen:text", key="idle_timeout_ms", new="300")
    guest.expect("? still there? ")
    guest.expect("* goodbye IDLE_TIMEOUT ")
    gateway.ini["listen:text"]["protocol"] = "protobuf"
    uavtest.write_ini(gateway.path, gateway.ini)
    os.kill(gateway.pid, signal.SIGHUP)
    gateway.wait_event("reload_refused")


def proof_of(secret, nonce, drone_id):
    return hmac.new(secret.encode(), bytes.fromhex(nonce) + drone_id.encode(),
                    hashlib.sha256).hexdigest()


def test_secrets_are_asked_for(t):
    secret = "not-a-secret-0123456789abcdef"
    path = t.folder / "drones.secrets"
    path.write_text(f"uav1 {secret}\n", encoding="utf-8")
    path.chmod(0o600)
    gateway = text_gateway(t, auth={"mode": "secret", "secrets_file": path, "delay_ms": 1})
    good, bad, rude = (lines(t, gateway) for _ in range(3))
    for one in (good, bad, rude):
        assert one.read() == "? who are you? register|ID"
    good.send("register|uav1")
    nonce = good.expect("? challenge ").split()[-1]
    good.send("proof|" + proof_of(secret, nonce, "uav1"))
    good.expect("* welcome uav1 ")
    good.expect("* you are in field")
    bad.send("register|uav1")
    nonce = bad.expect("? challenge ").split()[-1]
    bad.send("proof|" + proof_of("another-secret", nonce, "uav1"))
    bad.expect("! AUTH_FAILED ")
    bad.expect("* goodbye AUTH_FAILED ")
    rude.send("who")
    rude.expect("! NOT_REGISTERED ")
    rude.expect("* goodbye PROTOCOL_ERROR ")
    assert rude.read() == "" and bad.read() == ""
    good.pong()


def tls_keys(t):
    ca = certificates.Authority(t.folder)
    identity = ca.issue("gateway.test", dns=["gateway.test"])
    return ca, {"tls_cert": identity.cert, "tls_key": identity.key}


def shaken(guest, ca, identity=None):
    """The same connection, with TLS."""
    guest.socket = certificates.client(ca, identity).wrap_socket(
        guest.socket, server_hostname="gateway.test")
    return guest


def test_who_shakes_hands_is_greeted_then(t):
    ca, keys = tls_keys(t)
    gateway = text_gateway(t, keys)
    alive = Presence(t.drone(gateway, "alive"))
    mute, guest = lines(t, gateway), lines(t, gateway)
    shaken(guest, ca)
    assert guest.read().startswith("* welcome guest-1 (online: 2, ")
    alive.wait("guest-1", "ONLINE")
    guest.pong()
    shaken(mute, ca)
    assert mute.read().startswith("* welcome guest-2 (online: 3, ")
    guest.expect("* guest-2 is here")


def test_certificates_say_who_it_is(t):
    ca, keys = tls_keys(t)
    keys["tls_ca"] = ca.cert
    gateway = text_gateway(t, keys, auth={"mode": "tls", "delay_ms": 1},
                           **{"listen:drones": keys})
    good, bad = (shaken(lines(t, gateway), ca, ca.issue("uav1")) for _ in range(2))
    assert good.read() == bad.read() == "? who are you? register|ID"
    good.send("register|uav1")
    good.expect("* welcome uav1 (online: 1, ")
    good.expect("* you are in field")
    bad.send("register|uav2")
    bad.expect("! AUTH_FAILED ")
    bad.expect("* goodbye AUTH_FAILED ")
    good.pong()


def test_the_end(t):
    gateway = text_gateway(t)
    guest, other = lines(t, gateway), lines(t, gateway)
    guest.send("quit")
    assert guest.expect("* goodbye ") == "* goodbye LEFT as you wish"
    assert guest.read() == ""
    other.expect("* guest-1 is gone (LEFT)")
    os.kill(gateway.pid, signal.SIGTERM)
    assert "; come again in " in other.expect("* goodbye SHUTTING_DOWN ")
    assert other.read() == ""


if __name__ == "__main__":
    uavtest.run()
