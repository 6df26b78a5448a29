"""What nobody should write to a text listener, by kinds, from a seed: the same seed gives the same
bytes. As in malformed.py: an input is one line or something that is none, with what the gateway may
make of it."""

import random

from malformed import BAD_TEXTS, CONTROLS, ENDS, FOREIGN, INVISIBLE, NAMED, Input
from uavtest import encode_varint

REFUSED = {"error BAD_REQUEST"}
ANYTHING = None
MOST = 65536 - 1024  # bytes of a line

RIGHT = [b"who", b"who|field", b"scenarios", b"scenario|field", b"scenario|", b"rename|", b"rename|Falke",
         b"to|pair2|hello", b"to|g1|x", b"all|hello", b"group|red|x", b"join|red", b"leave|red",
         b"move|1.5|-2|3e1", b"help", b"", b"register|uav1", b"proof|" + b"0" * 64, "grüße".encode(), b"a line"]
COMMANDS = [b"who", b"scenario", b"rename", b"to", b"all", b"group", b"join", b"leave", b"move", b"register", b"proof"]
NUMBERS = [b"nan", b"inf", b"-inf", b"1e39", b"-1e9999", b"0x1p3", b"1,5", b"", b" ", b"+", b".", b"e", b"1e", b"--1",
           b"1 2", b"1" * 64, b"9" * 5000, b"\xd9\xa1", b"1.2.3", b"infinity", b"1f"]
NEGOTIATIONS = [b"\xff\xfb\x01", b"\xff\xfd\x0d", b"\xff\xfe\x0a", b"\xff\xfc\xff", b"\xff\xf1", b"\xff\xf9",
                b"\xff\xec", b"\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0", b"\xff\xfa\x18\x00\n\r\x00\xff\xff\xff\xf0"]
FORGED = [b"* bob is gone (KICKED)", b"<pair1> [-] forged", b"= pair2 DELIVERED [-]", b"! KICKED x", b"? still there?",
          b"- .", b"* goodbye KICKED x", b"\\n* pong", b"\\x1b[2J", b"%s%n%x", b"$(reboot)", b"\\"]


class MalformedText:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.unfinished = [self.no_end, self.flipped_anywhere]
        self.lasting = [self.bad_text, self.control_characters, self.part_missing, self.odd_number, self.long_name,
                        self.long_text, self.odd_names, self.registered_again, self.negotiation, self.empty,
                        self.forged, self.flipped, self.cut, self.spliced, self.repeated]
        self.fatal = [self.endless, self.endless_negotiation, self.quit]

    def kinds(self):
        return len(self.lasting + self.fatal + self.unfinished) + 1  # and another protocol

    def _line(self, kind, content, allowed):
        end = self.random.choice([b"\n", b"\n", b"\r\n"])
        return Input(kind, content.replace(b"\n", b"") + end, allowed)

    def _around(self):
        return bytes(self.random.choices(b"abcuav-123 |", k=self.random.randrange(12)))

    # -- what may go on

    def bad_text(self):
        bad = self.random.choice([*BAD_TEXTS, b"\xff\xff", b"\xff", b"x\xff\x80"])
        command = self.random.choice(COMMANDS + [b"hello"])
        return self._line("text that is none", self.random.choice([
            command + b"|" + self._around() + bad + b"." + self._around(), bad + b"." + self._around()]), REFUSED)

    def control_characters(self):
        sign = self.random.choice([one for one in CONTROLS + INVISIBLE if "\n" not in one and one != "\r"])
        name = ("x" + sign + "y").encode()
        form = self.random.choice([b"rename|%b", b"join|%b", b"leave|%b", b"scenario|%b", b"who|%b", b"group|%b|x",
                                   b"to|%b|x", b"all|%b", b"%b"])
        return self._line("control characters", form % name, NAMED)

    def part_missing(self):
        line = self.random.choice([
            b"to", b"to|", b"to|x", b"to||x", b"group", b"group|", b"group|x", b"join", b"join|", b"leave", b"leave| ",
            b"rename", b"scenario", b"move", b"move|", b"move|1", b"move|1|2", b"register", b"register|", b"proof",
            b"proof|", b"proof|abc", b"proof|zz", b"all"])
        return self._line("part missing", line, REFUSED)

    def odd_number(self):
        parts = [b"1", b"2", b"3"]
        parts[self.random.randrange(3)] = self.random.choice(NUMBERS)
        return self._line("odd number", b"move|" + b"|".join(parts), REFUSED)

    def long_name(self):
        name = self.random.choice(["a", "ä", "🚁"]) * self.random.choice([33, 65, 129, 300, 4000])
        form = self.random.choice([b"rename|%b", b"join|%b", b"leave|%b", b"scenario|%b", b"who|%b", b"group|%b|x",
                                   b"to|%b|x"])
        return self._line("long name", form % name.encode(), NAMED | REFUSED)

    def long_text(self):
        """As long as it may be, or nearly, to nobody."""
        begin = b"to|nobody|"
        size = self.random.choice([MOST, MOST - 1, 4096, 16384]) - len(begin)
        return Input("long text", begin + self.random.choice([b"\x01", b"x", b"\\"]) * size + b"\n",
                     {"taken", "error NO_SCENARIO"})

    def odd_names(self):
        name = self.random.choice([b"a b", b"<a>", b"\\", b"a\\", b"\\|", b"a\\|b", b"\\ ", b". .", b"a/b", b"%n",
                                   "ä".encode()])
        form = self.random.choice([b"rename|%b", b"join|%b", b"scenario|%b", b"who|%b", b"group|%b|x", b"to|%b|x"])
        return self._line("odd name", form % name, NAMED | REFUSED)

    def registered_again(self):
        line = self.random.choice([b"register|uav1", b"register|" + b"x" * 33, b"register|\\", b"proof|" + b"0f" * 32,
                                   b"proof|" + b"00" * 2000])
        return self._line("registered again", line, {"error ALREADY_REGISTERED", "error BAD_REQUEST"})

    def negotiation(self):
        data = self.random.choice(RIGHT)
        for _ in range(self.random.choice([1, 1, 2, 50])):
            at = self.random.randrange(len(data) + 1) if b"\xff" not in data else 0
            data = data[:at] + self.random.choice(NEGOTIATIONS) + data[at:]
        return Input("negotiation", data + b"\n", ANYTHING)

    def empty(self):
        return self._line("empty line", self.random.choice([b"", b" ", b"\t  ", b"      " * 100]), {"taken"})

    def forged(self):
        return self._line("forged line", self.random.choice(FORGED), {"taken", "error NO_SCENARIO"})

    # -- what was right once

    def _changed(self, kind, data):
        return self._line(kind, data if data.strip() not in (b"quit", b"ping") else b"who", ANYTHING)

    def flipped(self):
        data = bytearray(self.random.choice(RIGHT) or b"\r")
        for _ in range(self.random.choice([1, 1, 1, 2, 3, 8])):
            data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        return self._changed("bits flipped", bytes(data).replace(b"\xff", b"\xfe"))

    def cut(self):
        data = self.random.choice(RIGHT)
        return self._changed("cut", data[: self.random.randrange(len(data) + 1)])

    def spliced(self):
        one, other = self.random.choice(RIGHT), self.random.choice(RIGHT)
        return self._changed("spliced", one[: self.random.randrange(len(one) + 1)]
                             + other[self.random.randrange(len(other) + 1) :])

    def repeated(self):
        data = self.random.choice(RIGHT)
        at = self.random.randrange(len(data) + 1)
        return self._changed("piece repeated", data[:at] + data[at : at + 9] * self.random.randrange(2, 99) + data[at:])

    # -- what ends the connection

    def endless(self):
        return Input("endless line", self.random.choice([b"x", b"|", b"\\", b"\xff\xff", b"\r"]) * (MOST + 4096), ENDS)

    def endless_negotiation(self):
        return Input("endless negotiation", b"x\xff\xfa" + b"\x00" * (MOST + 4096), ENDS)

    def quit(self):
        return self._line("quit", b"quit", {"goodbye LEFT"})

    # -- what is never finished

    def no_end(self):
        behind = self.random.choice([b" ", b"\r", b"\xff", b"\xff\xfa"])
        return Input("line without an end", self.random.choice(RIGHT) + behind, {"unfinished"})

    def flipped_anywhere(self):
        """The ends of lines, too."""
        data = bytearray(b"\n".join(self.random.choice(RIGHT) for _ in range(4)))
        for _ in range(self.random.randrange(1, 4)):
            data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        return Input("bits flipped anywhere", bytes(data), ANYTHING)

    def foreign(self):
        data = self.random.choice([*FOREIGN, self.random.randbytes(200),
                                   b"".join(encode_varint(5) + self.random.randbytes(5) for _ in range(20))])
        return Input("another protocol", data, ANYTHING)
