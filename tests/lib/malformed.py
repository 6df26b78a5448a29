"""What a drone must not send, by kinds, from a seed: the same seed gives the same bytes.

An input is a frame, or something that is none, with what the gateway may make of it: "taken"
(nothing is said of it), "error CODE", "goodbye REASON", or "unfinished" (it waits for more)."""

import collections
import contextlib
import random
import ssl
import struct

import uavtest
from hostile import field, frame, raw
from uavtest import encode_varint, relay

# `allowed`: a set of verdicts, or None for any
Input = collections.namedtuple("Input", "kind data allowed")

ENDS = {"goodbye PROTOCOL_ERROR"}
REFUSED = {"error BAD_REQUEST"}
NAMED = {"error BAD_NAME", "error NAME_TAKEN", "error NO_SUCH_SCENARIO", "error NO_SCENARIO", "taken"}
ANYTHING = None

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
ENVELOPE = relay.ToGateway.DESCRIPTOR
BODIES = {f.name: f for f in ENVELOPE.fields if f.message_type}

BAD_TEXTS = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"a\xe2\x82", b"\x80",
             b"\xf8\x88\x80\x80\x80", b"a\x00b", b"\x00", b"drone\x00", b"uav1\xfe"]
CONTROLS = ["\n", "\r", "\x1b[2J", "\x07", "\x7f", "\x85", "\x9b", "\t", "x\ny=z"]
INVISIBLE = ["\u2028", "\u202e", "\u200b"]  # a callsign may have them
NOT_FINITE = [b"\x00\x00\xc0\x7f", b"\x00\x00\x80\x7f", b"\x00\x00\x80\xff", b"\x01\x00\x80\x7f",
              b"\xff\xff\xff\xff"]


def golden():
    """The bodies of all golden frames to the gateway."""
    for path in sorted((uavtest.ROOT / "proto" / "vectors").glob("to_gateway_*.hex")):
        yield uavtest.decode_frame(bytes.fromhex(path.read_text()))[0]


def tag(number, wire_type):
    return encode_varint(number << 3 | wire_type)


def framed(body):
    return encode_varint(len(body)) + body


def client_hello():
    """What a TLS client says first."""
    out = ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    connection = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="gateway")
    with contextlib.suppress(ssl.SSLWantReadError):
        connection.do_handshake()
    return out.read()


FOREIGN = [
    client_hello(),
    b"GET / HTTP/1.1\r\nHost: gateway:7600\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n"
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(40),
    b"SSH-2.0-OpenSSH_9.2p1\r\n",
    b"\x10\x1a\x00\x04MQTT\x04\x02\x00\x3c\x00\x0edrone-one-1234",
    b"*1\r\n$4\r\nPING\r\n" * 9,
    b"\xfe\x09\x00\x01\x01\x00" + bytes(40),  # MAVLink 1
    b"EHLO example.org\r\n" + b"MAIL FROM:<a@example.org>\r\n" * 4,
]


class Malformed:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.golden = list(golden())
        self.right = collections.defaultdict(list)  # bodies, by number
        for message in map(relay.ToGateway.FromString, self.golden):
            name = message.WhichOneof("body")
            self.right[BODIES[name].number].append(getattr(message, name).SerializeToString())
        self.texts = self._fields(lambda f: f.type == f.TYPE_STRING)
        self.enums = self._fields(lambda f: f.type == f.TYPE_ENUM)
        self.floats = self._fields(lambda f: f.type == f.TYPE_FLOAT)
        self.known = self._fields(lambda f: True)
        self.unfinished = [self.cut_short, self.flipped_anywhere]
        self.lasting = [self.unknown_field, self.nothing_but_unknown, self.unknown_body,
                        self.bad_text, self.not_finite, self.unknown_enum,
                        self.control_characters, self.odd_number, self.long_text,
                        self.wrong_state, self.flipped, self.cut_and_framed, self.spliced,
                        self.repeated]
        self.fatal = [self.too_long, self.over_32_bits, self.endless_varint, self.zero_length,
                      self.field_zero, self.group, self.cut_inside, self.wrong_type,
                      self.two_bodies, self.part_twice, self.long_number, self.bomb]

    def kinds(self):
        """How many a registered drone may send."""
        return len(self.lasting + self.fatal + self.unfinished) + 1  # and another protocol

    def _fields(self, wanted):
        """(path of field numbers from the envelope, field) of all such fields."""
        found = []

        def walk(message, path):
            for one in message.fields:
                if wanted(one):
                    found.append((path + [one.number], one))
                if one.message_type:
                    walk(one.message_type, path + [one.number])

        walk(ENVELOPE, [])
        return found

    def _within(self, path, content):
        """`content` as the sub-message at that path, and a ref. Right under a body it stands behind
        what is right."""
        if len(path) == 1:
            content = self.random.choice(self.right[path[0]]) + content
        for number in reversed(path):
            content = field(number, content)
        return framed(b"\x08" + encode_varint(self.random.randrange(1, 2**32)) + content)

    def _value(self, wire_type):
        if wire_type == VARINT:
            return encode_varint(self.random.getrandbits(self.random.randrange(1, 64)))
        if wire_type == BYTES:
            data = self.random.randbytes(self.random.randrange(12))
            return encode_varint(len(data)) + data
        return self.random.randbytes(8 if wire_type == FIXED64 else 4)

    # -- what ends the connection

    def too_long(self, cap=65536):
        size = self.random.choice([cap + 1, cap + 2, 2**20, 2**31 - 1, 2**31, 2**32 - 1,
                                   self.random.randrange(cap + 1, 2**32)])
        return Input("length over the cap", encode_varint(size) + self._some(), ENDS)

    def over_32_bits(self):
        last = self.random.choice([0x10, 0x1F, 0x7F, 0x40])
        return Input("length over 32 bits", b"\xff\xff\xff\xff" + bytes([last]) + self._some(), ENDS)

    def endless_varint(self):
        size = self.random.randrange(5, 40)
        return Input("endless varint", bytes(self.random.randrange(128, 256) for _ in range(size)), ENDS)

    def zero_length(self):
        return Input("zero length", self.random.choice(
            [b"\x00", b"\x80\x00", b"\x80\x80\x00", b"\x80\x80\x80\x80\x00"]) + self._some(), ENDS)

    def _some(self):
        return self.random.randbytes(self.random.randrange(20))

    def field_zero(self):
        wire_type = self.random.choice([VARINT, FIXED64, BYTES, FIXED32])
        body = self.random.choice(self.golden) + bytes([wire_type]) + bytes(9)
        return Input("field 0", framed(body), ENDS)

    def group(self):
        body = tag(self.random.randrange(1, 3000), self.random.choice([3, 4, 6, 7]))
        before = self.random.choice([b"", b"\x08\x01"])
        return Input("wire type that is none", framed(before + body), ENDS)

    def cut_inside(self):
        """A frame whose body says that it goes on behind the frame."""
        long = [one for one in self.golden if len(one) > 8]
        message = relay.ToGateway.FromString(self.random.choice(long))
        message.ref = 0
        content = message.SerializeToString()
        return Input("body cut short", framed(content[: self.random.randrange(1, len(content))]), ENDS)

    def wrong_type(self):
        path, one = self.random.choice(self.known)
        right = {one.TYPE_FLOAT: FIXED32}.get(one.type, BYTES if one.message_type or one.type in (
            one.TYPE_STRING, one.TYPE_BYTES) else VARINT)
        wrong = self.random.choice([t for t in (VARINT, FIXED64, BYTES, FIXED32) if t != right])
        content = tag(path[-1], wrong) + self._value(wrong)
        return Input("wrong wire type", self._within(path[:-1], content), ENDS)

    def two_bodies(self):
        one, two = self.random.sample(sorted(f.number for f in BODIES.values()), 2)
        return Input("two bodies", raw(5, field(one, b"") + field(two, b"")), ENDS)

    def part_twice(self):
        path, _ = self.random.choice([(path, one) for path, one in self.known
                                      if one.message_type and not one.containing_oneof])
        twice = field(path[-1], b"") * self.random.randrange(2, 5)
        return Input("part twice", self._within(path[:-1], twice), ENDS)

    def long_number(self):
        number = self.random.choice([b"\x80" * 10 + b"\x00", b"\xff" * 9 + b"\x02", b"\xff" * 11])
        return Input("number of 11 bytes", raw(5, field(BODIES["ping"].number, b"\x08" + number)), ENDS)

    def bomb(self):
        """Nothing but empty parts."""
        count = self.random.randrange(500, 4000)
        content = self.random.choice([
            field(3, b"\x0a\x00" * count), field(3, field(1, b"\x12\x00" * count)),
            field(3, b"\x12\x00" * count), field(2, b"\x1a\x00" * count), field(3, b"") * count,
        ])
        return Input("bomb of empty parts", raw(5, content), ENDS)

    def foreign(self):
        data = self.random.choice(FOREIGN)
        return Input("another protocol", data, ENDS | {"unfinished"})

    # -- what does not

    def unknown_field(self):
        name = self.random.choice(["ping", "pong", "list_scenarios", "list_drones", "update_state"])
        content = b""
        for _ in range(self.random.randrange(1, 6)):
            wire_type = self.random.choice([VARINT, FIXED64, BYTES, FIXED32])
            content += tag(self._new_number(), wire_type) + self._value(wire_type)
        inside, behind = self.random.choice([(content, b""), (b"", content)])
        return Input("unknown field", raw(5, field(BODIES[name].number, inside) + behind), {"taken"})

    def nothing_but_unknown(self):
        """A frame full of what is skipped."""
        count = self.random.randrange(100, 1500)
        content = count * self.random.choice([b"\x78\x00", b"\xfa\x01\x00", b"\x85\x01abcd"])
        body = self.random.choice([field(BODIES["list_scenarios"].number, content),
                                   b"\x08\x01" * count + field(BODIES["pong"].number, b"")])
        return Input("nothing but unknown fields", raw(5, body), {"taken"})

    def _new_number(self):
        """Of a field that no version has yet."""
        return self.random.choice([16, 100, 2047, 2048, 2**29 - 1, self.random.randrange(16, 2**29)])

    def unknown_body(self):
        body = self.random.choice([b"", field(self._new_number(), self._some())])
        return Input("unknown body", raw(5, body), {"error UNKNOWN_REQUEST"})

    def bad_text(self):
        path, _ = self.random.choice(self.texts)
        text = self.random.choice(BAD_TEXTS)
        around = "".join(self.random.choices("abcuav-123", k=self.random.randrange(20))).encode()
        text = self.random.choice([text, around + text, text + b"|" + around])
        return Input("text that is none", self._within(path[:-1], field(path[-1], text)), REFUSED)

    def not_finite(self):
        path, _ = self.random.choice(self.floats)
        bits = self.random.choice(NOT_FINITE)
        return Input("not finite", self._within(path[:-1], tag(path[-1], FIXED32) + bits), REFUSED)

    def unknown_enum(self):
        path, _ = self.random.choice(self.enums)
        value = self.random.choice([3, 4, 127, 128, 2**31 - 1, 2**31, 2**32 - 1, 2**64 - 1])
        content = tag(path[-1], VARINT) + encode_varint(value)
        return Input("unknown enum value", self._within(path[:-1], content), REFUSED)

    def control_characters(self):
        behind = self.random.choice(["", "y", "level=error"])
        name = "x" + self.random.choice(CONTROLS + INVISIBLE) + behind
        body = self.random.choice([
            {"rename": {"callsign": name}}, {"join_group": {"group": name}},
            {"leave_group": {"group": name}}, {"send": {"group": name}},
            {"choose_scenario": {"name": name}}, {"list_drones": {"scenario": name}},
            {"send": {"drone": name, "content_type": name}}])
        return Input("control characters", frame(5, **body), NAMED)

    def odd_number(self):
        """Numbers at the ends of what they can be, or beyond."""
        ends = self.random.choice([2**31 - 1, -(2**31)])
        far = self.random.choice([3.4e38, -3.4e38, 1e-45, 1e30])
        body = self.random.choice([
            {"update_state": {"position": {"geodetic": {"latitude_e7": ends, "longitude_e7": -1}}}},
            {"update_state": {"position": {"geodetic": {"altitude_mm": ends}}}},
            {"update_state": {"position": {"local": {"east_m": far, "up_m": -far}}, "at_us": 2**64 - 1}},
            {"update_state": {"velocity": {"north_mps": far}, "radio": {"tx_power_dbm": far}}},
            {"update_state": {"attitude": {"yaw_deg": far}}},
            {"ping": {"nonce": 2**64 - 1, "time_us": 2**64 - 1}}, {"pong": {"nonce": 2**63}}])
        data = frame(5, **body)
        if self.random.random() < 0.3:  # a ref of ten bytes, as a negative number has
            data = framed(b"\x08" + encode_varint(2**64 - 1) + field(BODIES["pong"].number, b""))
        return Input("odd number", data, REFUSED | {"taken", "error NO_ORIGIN", "error NO_SCENARIO"})

    def long_text(self):
        size = self.random.choice([33, 65, 129, 300, 4000])
        text = self.random.choice("aZ9\u00e4") * size
        body = self.random.choice([
            {"rename": {"callsign": text}}, {"join_group": {"group": text}},
            {"choose_scenario": {"name": text}}, {"send": {"group": text}},
            {"send": {"drone": text}}, {"send": {"everyone": {}, "content_type": text}},
            {"list_drones": {"scenario": text}}, {"authenticate": {"proof": text.encode()}}])
        return Input("long text", frame(5, **body),
                     NAMED | REFUSED | {"error UNSUPPORTED", "error ALREADY_REGISTERED"})

    def wrong_state(self):
        """What only somebody who is not registered may ask."""
        body = {"registration": {"protocol": self.random.choice([0, 1, 2**32 - 1]),
                                 "drone_id": self.random.choice(["", "uav1", "x" * 33])}}
        return Input("registered again", frame(5, **body), {"error ALREADY_REGISTERED"})

    # -- what was right once

    def _changed(self, kind, change):
        """A golden frame after change(bytes): all of it, or what stands in its body."""
        whole = self.random.choice(self.golden)
        message = relay.ToGateway.FromString(whole)
        name = message.WhichOneof("body")
        content = getattr(message, name).SerializeToString()
        if content and self.random.random() < 0.7:
            return Input(kind, raw(message.ref, field(BODIES[name].number, change(content))), ANYTHING)
        return Input(kind, framed(change(whole) or b"\x08"), ANYTHING)

    def flipped(self):
        def change(data):
            data = bytearray(data)
            for _ in range(self.random.choice([1, 1, 1, 2, 3, 8])):
                data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
            return bytes(data)

        return self._changed("bits flipped", change)

    def cut_and_framed(self):
        return self._changed("cut", lambda data: data[: self.random.randrange(len(data))])

    def spliced(self):
        other = self.random.choice(self.golden)
        return self._changed("spliced", lambda data: data[: self.random.randrange(len(data) + 1)]
                             + other[self.random.randrange(len(other)) :])

    def repeated(self):
        def change(data):
            at = self.random.randrange(len(data))
            piece = data[at : at + self.random.randrange(1, 20)]
            return data[:at] + piece * self.random.randrange(2, 9) + data[at:]

        return self._changed("piece repeated", change)

    def cut_short(self):
        whole = framed(self.random.choice(self.golden))
        return Input("frame cut short", whole[: self.random.randrange(1, len(whole))], {"unfinished"})

    def flipped_anywhere(self):
        """Its length, too."""
        data = bytearray(b"".join(framed(self.random.choice(self.golden)) for _ in range(3)))
        for _ in range(self.random.randrange(1, 4)):
            data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        return Input("bits flipped anywhere", bytes(data), ANYTHING)

    # -- before registration

    def bad_registration(self, ref):
        """One that may be tried again."""
        text = self.random.choice(
            CONTROLS + INVISIBLE + ["", "x" * 33, "\u00e4", "a b", "a/b", "a" * 400])
        if self.random.random() < 0.5:
            fields, answer = {"drone_id": text}, "error BAD_ID"
        else:
            callsign = self.random.choice(CONTROLS + ["x" * 33])
            fields, answer = {"drone_id": "uav1", "callsign": callsign}, "error BAD_NAME"
        data = frame(ref, registration={"protocol": 1, **fields})
        return Input("bad registration", data, {answer})

    def out_of_turn(self):
        """Anything but a registration, or one that cannot be."""
        kind = self.random.randrange(4)
        if kind == 0:
            body = self.random.choice([one for one in self.golden if not is_registration(one)])
            return Input("not a registration", framed(body), ENDS)
        if kind == 1:
            path, _ = self.random.choice(self.texts)
            return Input("text that is none", self._within(path[:-1], field(path[-1], b"\xff")), ENDS)
        if kind == 2:
            return Input("protocol 0", frame(
                5, registration={"drone_id": "uav1"}), ENDS)
        return Input("unknown body", raw(5, field(self._new_number(), b"")), ENDS)


def is_registration(body):
    return relay.ToGateway.FromString(body).WhichOneof("body") == "registration"
