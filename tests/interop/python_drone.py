#!/usr/bin/env python3
"""A drone in Python, made from drone.proto alone.

    protoc -Iproto --python_out=. proto/drone.proto
    PYTHONPATH=. python_drone.py HOST PORT ID SCENARIO [--at EAST NORTH UP]
                 [--to ID | --everyone] [--text TEXT] [--hear N]

It registers, joins the scenario, tells its position (metres from the origin), and
sends TEXT if there is somebody to send to. Every frame that it gets is printed as one
line of JSON. It leaves when its message is reported on and N messages were heard.
Exit code: 0 it left, 1 an error or a goodbye that it did not ask for, 2 usage."""

import argparse
import itertools
import selectors
import socket
import sys

import drone_pb2 as pb
from google.protobuf import json_format

LONGEST_PREFIX = 5  # bytes of a length


class ProtocolError(Exception):
    pass


# ------------------------------------------------------------------ framing


def delimit(message):
    """The message, preceded by its length as a base-128 varint."""
    body = message.SerializeToString()
    prefix, size = bytearray(), len(body)
    while size > 127:
        prefix.append(size & 127 | 128)  # seven bits a byte, lowest first; 128: more follow
        size >>= 7
    return bytes(prefix) + bytes([size]) + body


class Frames:
    """Cuts a stream of bytes into messages, however the network has torn it."""

    def __init__(self):
        self.data = bytearray()

    def feed(self, chunk):
        self.data += chunk

    def next(self):
        """The next message, or None when it is not all here."""
        size = 0
        for at, byte in enumerate(self.data[:LONGEST_PREFIX]):
            size |= (byte & 127) << 7 * at
            if byte < 128:
                start, end = at + 1, at + 1 + size
                if len(self.data) < end:
                    return None
                body = bytes(self.data[start:end])
                del self.data[:end]
                return pb.FromGateway.FromString(body)
        if len(self.data) >= LONGEST_PREFIX:
            raise ProtocolError("length prefix does not end")
        return None


# -------------------------------------------------------------------- drone


class Drone:
    """Writes requests and reads what comes; answers the gateway's pings."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.socket, selectors.EVENT_READ)
        self.frames = Frames()
        self.refs = itertools.count(1)

    def request(self, **body):
        """Sends a request; its reply will carry the number that this returns."""
        ref = next(self.refs)
        self.socket.sendall(delimit(pb.ToGateway(ref=ref, **body)))
        return ref

    def tell(self, **body):
        """Sends something that needs no reply."""
        self.socket.sendall(delimit(pb.ToGateway(**body)))

    def events(self, patience_s=None):
        """Everything that comes, until the connection ends or nothing has come for
        `patience_s`. A drone with other work to do puts the socket into its own
        selector instead."""
        while True:
            while (message := self.frames.next()) is not None:
                if message.HasField("ping"):
                    self.tell(pong={"nonce": message.ping.nonce})
                yield message
            if not self.selector.select(patience_s):
                return
            chunk = self.socket.recv(65536)
            if not chunk:
                return
            self.frames.feed(chunk)


def fly(drone, options):
    """True when all that was asked for has happened."""
    drone.request(registration={
        "protocol": 1, "drone_id": options.id, "scenario": options.scenario,
        "software": "python_drone"})
    if options.at:
        east, north, up = options.at
        drone.tell(update_state={
            "position": {"local": {"east_m": east, "north_m": north, "up_m": up}}})
    asked = None
    if options.to or options.everyone:
        to = {"drone": options.to} if options.to else {"everyone": {}}
        asked = drone.request(send={
            **to, "payload": options.text.encode(), "content_type": "text/plain",
            "report": pb.REPORT_WISH_ALL})
    missing = options.hear
    leaving = False
    for message in drone.events():
        print(json_format.MessageToJson(message, indent=None, preserving_proto_field_name=True),
              flush=True)
        kind = message.WhichOneof("body")  # None: from a later version, ignored
        if kind == "delivery":
            missing -= 1
        elif kind == "send_report" and message.ref == asked and not message.send_report.more:
            asked = None
        elif kind == "error":
            return False
        elif kind == "goodbye":
            return message.goodbye.reason == pb.GOODBYE_REASON_LEFT
        if asked is None and missing <= 0 and not leaving:
            drone.request(leave={})
            leaving = True
    return False


def main():
    parser = argparse.ArgumentParser(description="a drone")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("id")
    parser.add_argument("scenario")
    parser.add_argument("--at", type=float, nargs=3, metavar=("EAST", "NORTH", "UP"))
    parser.add_argument("--to", metavar="ID")
    parser.add_argument("--everyone", action="store_true")
    parser.add_argument("--text", default="hello")
    parser.add_argument("--hear", type=int, default=0, metavar="N")
    options = parser.parse_args()
    sys.exit(0 if fly(Drone(options.host, options.port), options) else 1)


if __name__ == "__main__":
    main()
