"""A channel simulator that does as a test tells it: slow, wrong, or hostile.

It answers hello, scenarios and pings by itself. What becomes of a transmit is said by
`answer`: a function from the transmit to the frames that answer it. `hold` keeps
transmits for the test, which takes them with next_transmit() and answers when it
likes."""

import collections
import contextlib
import socket
import struct
import threading
import time

import uavtest
from uavtest import channel

LINK = {
    "delay_us": 1000,
    "propagation_ns": 333,
    "airtime_us": 900,
    "tx_power_dbm": 20.0,
    "rx_power_dbm": -60.5,
    "path_loss_db": 80.5,
    "snr_db": 33.25,
    "sinr_db": 33.25,
    "packet_error_rate": 0.001,
    "doppler_hz": -12.5,
    "distance_m": 100.0,
    "line_of_sight": "LINE_OF_SIGHT_LOS",
}


def reception(receiver, /, outcome="OUTCOME_DELIVERED", **fields):
    return channel.Reception(
        **{"receiver": receiver, "outcome": outcome, "link": LINK, **fields}
    )


def result(transmit, *receptions, **fields):
    """One frame of the answer to `transmit`."""
    return channel.FromSimulator(
        result=channel.Result(**{"id": transmit.id, "receptions": receptions, **fields})
    )


def deliver(transmit, **fields):
    """Everyone hears it; `fields` change each reception."""
    return [result(transmit, *(reception(node, **fields) for node in transmit.receivers))]


def link(**changes):
    """LINK, but for these numbers; as a field of reception()."""
    return {"link": {**LINK, **changes}}


def hold(_transmit):
    return []


class Connection:
    """One gateway's stay."""

    def __init__(self, sock):
        self.socket = sock
        self.requests = []  # every ToSimulator, as it came
        self.closed = False


class FakeSimulator:
    def __init__(self, t, answer=deliver, refuse=None, greet=True, path=None, tls=None):
        """`path`: of the unix socket at which it listens. `tls`: an ssl.SSLContext; then only
        its answers may be written, by the thread that reads."""
        self.answer = answer
        self.refuse = refuse or {}  # scenario's name -> why
        self.greet = greet  # False: hello stays unanswered
        self.pong = True
        self.tls = tls
        self.away = False  # True: who connects is closed at once
        self.connections = []
        self.transmits = collections.deque()  # not yet taken by next_transmit
        self._changed = threading.Condition()
        if path is None:
            self._listener = socket.create_server((uavtest.HOST, 0))
            self.at = self._listener.getsockname()
        else:
            self._listener = socket.create_server(str(path), family=socket.AF_UNIX)
            self.at = f"unix:{path}"
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()
        t.drones.append(self)  # closed with the drones

    # -- the thread of each connection

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                if self.away:
                    sock.close()
                    continue
                if sock.family != socket.AF_UNIX:
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = Connection(sock)
                with self._changed:
                    self.connections.append(connection)
                    self._changed.notify_all()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        data = bytearray()
        with contextlib.suppress(OSError):
            if self.tls:
                connection.socket = self.tls.wrap_socket(connection.socket, server_side=True)
            while chunk := connection.socket.recv(65536):
                data += chunk
                answers = []
                while (frame := uavtest.decode_frame(data))[1]:
                    del data[: frame[1]]
                    request = channel.ToSimulator.FromString(frame[0])
                    answers += self._answer_to(request)
                    with self._changed:
                        connection.requests.append(request)
                        self._changed.notify_all()
                connection.socket.sendall(b"".join(map(uavtest.delimit, answers)))
        with self._changed:
            connection.closed = True
            self._changed.notify_all()

    def _answer_to(self, request):
        kind = request.WhichOneof("body")
        if kind == "hello" and self.greet:
            ack = {"protocol": 1, "simulator": "fake", "version": "1", "models": ["fake"]}
            return [channel.FromSimulator(hello_ack=ack)]
        if kind == "set_scenario":
            why = self.refuse.get(request.set_scenario.name)
            status = {"scenario": request.set_scenario.scenario, "ok": why is None}
            return [channel.FromSimulator(scenario_status={**status, "message": why or ""})]
        if kind == "ping" and self.pong:
            return [channel.FromSimulator(pong={"nonce": request.ping.nonce})]
        if kind == "transmit":
            answers = self.answer(request.transmit)
            if not answers:
                with self._changed:
                    self.transmits.append(request.transmit)
            return answers
        return []

    # -- the test's side

    def wait(self, predicate, what, deadline=uavtest.DEADLINE):
        """What predicate() gives once that is true."""
        end = time.monotonic() + deadline
        with self._changed:
            while not (value := predicate()):
                left = end - time.monotonic()
                assert left > 0, f"fake simulator: waited {deadline:g} s for {what}"
                self._changed.wait(left)
            return value

    def next_transmit(self):
        """The oldest transmit that was not answered by itself."""
        return self.wait(lambda: self.transmits and self.transmits.popleft(), "a transmit")

    def wait_connection(self, number):
        """The connection of that number, from 1."""
        return self.wait(
            lambda: len(self.connections) >= number and self.connections[number - 1],
            f"connection {number}",
        )

    def wait_request(self, connection, body, **fields):
        """The first request with that body and these fields."""
        def find():
            for request in connection.requests:
                if request.WhichOneof("body") == body:
                    inner = getattr(request, body)
                    if all(getattr(inner, key) == value for key, value in fields.items()):
                        return inner
            return None

        return self.wait(find, f"{body} {fields}")

    def name_of(self, node):
        """Whose number that was last."""
        return next(request.set_node.name for connection in reversed(self.connections)
                    for request in reversed(connection.requests)
                    if request.HasField("set_node") and request.set_node.node == node)

    def pair(self, transmit):
        """(transmitter, {receivers}) by their names."""
        return self.name_of(transmit.transmitter), set(map(self.name_of, transmit.receivers))

    def by_names(self, fates):
        """An `answer` that changes receptions by {(transmitter, receiver): fields}."""
        def answer(transmit):
            sender = self.name_of(transmit.transmitter)
            return [result(transmit, *(
                reception(node, **fates.get((sender, self.name_of(node)), {}))
                for node in transmit.receivers))]

        return answer

    def transmitted(self, connection=-1):
        """Every transmit of that connection, in order."""
        return [request.transmit for request in self.connections[connection].requests
                if request.HasField("transmit")]

    def wait_closed(self, connection):
        self.wait(lambda: connection.closed, "the gateway to close the link")

    def send(self, *messages):
        """To the gateway that came last."""
        self.send_bytes(b"".join(map(uavtest.delimit, messages)))

    def send_bytes(self, data):
        self.connections[-1].socket.sendall(data)

    def reset_connection(self):
        """As if the process had crashed."""
        sock = self.connections[-1].socket
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()

    def close(self):
        for sock in [self._listener, *(c.socket for c in self.connections)]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
