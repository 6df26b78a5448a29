"""Connections that do not do what a drone should."""

import random
import socket
import struct

import uavtest
from uavtest import relay

IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h: a port is not taken before it is known whereto


def connect(gateway, receive_buffer=None):
    """A raw connection. With a small `receive_buffer` what is not read soon stays with
    the gateway."""
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(uavtest.DEADLINE)
    sock.connect(gateway.at)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def connect_from(gateway, host, at=None):
    """The same from that address of this machine; to `at`, another address of the gateway's."""
    sock = socket.socket()
    sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    sock.settimeout(uavtest.DEADLINE)
    sock.bind((host, 0))
    sock.connect(at or gateway.at)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def abort(sock):
    """Closes by RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def frame(ref=0, **body):
    return uavtest.delimit(relay.ToGateway(ref=ref, **body))


def registration(drone_id, **fields):
    return frame(1, registration={"protocol": 1, "drone_id": drone_id, **fields})


def field(number, data):
    """A length-delimited field."""
    return uavtest.encode_varint(number << 3 | 2) + uavtest.encode_varint(len(data)) + data


def raw(ref, body):
    """A frame with the ref, and a body that no generated class would write."""
    message = relay.ToGateway(ref=ref).SerializeToString() + body
    return uavtest.encode_varint(len(message)) + message


class Garbage:
    """Bytes that look like a drone's, more or less; the same for the same seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.kinds = [self.noise, self.framed_noise, self.cut, self.flipped, self.repeated]

    def next(self, number):
        """What the connection of that number writes."""
        return self.random.choice(self.kinds)(f"g{number}")

    def valid(self, drone_id):
        return registration(drone_id, scenario="field") + b"".join(self.random.choices([
            frame(2, list_drones={}), frame(3, list_scenarios={}), frame(0, ping={"nonce": 1}),
            frame(4, update_state={"position": {"local": {"east_m": 1.0}}}),
            frame(5, send={"everyone": {}, "payload": b"x" * 40, "report": "REPORT_WISH_ALL"}),
            frame(6, send={"drone": "g1", "payload": b"y", "content_type": "t"}),
            frame(7, choose_scenario={"name": "field"}), frame(8, leave={}),
            frame(9, join_group={"group": "red"}), frame(0, leave_group={"group": "red"}),
            frame(10, send={"group": "red", "payload": b"z", "report": "REPORT_WISH_ALL"}),
            frame(11, rename={"callsign": drone_id[::-1]}), frame(12, rename={}),
        ], k=self.random.randrange(6)))

    def noise(self, _):
        return self.random.randbytes(self.random.randrange(1, 200))

    def framed_noise(self, drone_id):
        data = self.random.randbytes(self.random.randrange(1, 120))
        begin = registration(drone_id) if self.random.random() < 0.5 else b""
        return begin + uavtest.encode_varint(len(data)) + data

    def cut(self, drone_id):
        whole = self.valid(drone_id)
        return whole[: self.random.randrange(1, len(whole) + 1)]

    def flipped(self, drone_id):
        data = bytearray(self.valid(drone_id))
        for _ in range(self.random.randrange(1, 4)):
            data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        return bytes(data)

    def repeated(self, drone_id):
        whole = self.valid(drone_id)
        at = self.random.randrange(len(whole))
        return whole[:at] + whole[at : at + 20] * self.random.randrange(1, 5) + whole[at:]
