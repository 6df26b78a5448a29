"""Plays inputs of malformed.py, or of malformed_text.py, on raw sockets against a gateway, many connections at a time,
and says what became of each.

A connection gets to its state, writes some inputs that it may outlive, and one that ends it. In
front of the next input stands a ping: its pong tells that the one before was read to its end,
and what was said between two of them was said of the input between. Before registration, where
no ping is answered, the reply itself tells it. Lines of text are read by speakers.py: one that
proto/text.md does not know ends it all."""

import collections
import random
import select
import socket

import hostile
import scene
import speakers
import uavtest
from malformed import Malformed
from malformed_text import MalformedText
from uavtest import relay

STATES = {"new": 20, "registered": 35, "member": 40, "held": 5}
WAYS = {"at once": 90, "byte by byte": 2, "in pieces": 8}
NONCES = 1 << 40  # of our pings; others are an input's own


class Attack:
    """One connection."""

    states = STATES
    maker = Malformed

    def __init__(self, number, maker, chance):
        self.number = number
        self.state = pick(chance, self.states)
        self.way = pick(chance, WAYS)
        self.piece = 1 if self.way == "byte by byte" else chance.randrange(2, 200)
        self.inputs = []
        self.end = "wait"  # for the gateway to end it
        self._choose(maker, chance)
        self.verdicts = []  # of the first inputs
        self.errors = []    # since the last verdict
        self.goodbye = None
        self.data = bytearray()

    def _choose(self, maker, chance):
        before = self.state == "new"
        for at in range(chance.randrange(8)):
            self.inputs.append(maker.bad_registration(at + 1) if before
                               else chance.choice(maker.lasting)())
        how = chance.random()
        if how < 0.2:
            self.inputs.append(chance.choice(maker.unfinished)())
            self.end = chance.choice(["half-close", "reset", "close"])
        elif how < 0.23:
            self.inputs.append(maker.foreign())
            self.end = "half-close"
        elif before and how < 0.6:
            self.inputs.append(maker.out_of_turn())
        elif before and how < 0.7:
            self.inputs.append(maker.too_long(4096))
        else:
            self.inputs.append(chance.choice(maker.fatal)())

    def stream(self):
        """All that it writes."""
        out = bytearray()
        if self.state != "new":
            scenario = {"member": "field", "held": "tar"}.get(self.state, "")
            out += hostile.registration(f"h{self.number}", scenario=scenario,
                                        presence="PRESENCE_WISH_NONE")
        if self.state == "held":
            out += hostile.frame(9, send={"drone": "anchor", "report": "REPORT_WISH_ALL"}) * 5
        for at, one in enumerate(self.inputs):
            if self.state != "new":
                out += hostile.frame(0, ping={"nonce": NONCES + at})
            out += one.data
        return out

    def read(self):
        """What has come, frame by frame."""
        while (frame := uavtest.decode_frame(self.data))[1]:
            del self.data[: frame[1]]
            yield relay.FromGateway.FromString(frame[0])

    def take(self, event, heard):
        """One frame from the gateway; counted in `heard`."""
        body = event.WhichOneof("body")
        if body == "error":
            heard[f"error {scene.error_of(event)}"] += 1
            self.errors.append(f"error {scene.error_of(event)}")
            if self.state == "new" and event.ref == len(self.verdicts) + 1 < len(self.inputs):
                self._decide()
            return
        if body == "goodbye":
            body = self.goodbye = f"goodbye {scene.reason_name(event.goodbye.reason)}"
        elif body == "pong" and 0 <= event.pong.nonce - NONCES < len(self.inputs):
            if event.pong.nonce > NONCES:
                self._decide()
            self.errors.clear()
        elif body == "send_report":
            for one in event.send_report.outcomes:
                heard[f"outcome {scene.outcome_name(one.outcome)}"] += 1
        heard[body] += 1

    def _decide(self):
        self.verdicts.append(self.errors[-1] if self.errors else "taken")
        self.errors.clear()

    def at_last(self):
        return len(self.verdicts) == len(self.inputs) - 1

    def finish(self):
        """The connection is over: what became of the input that was being read then."""
        if self.goodbye:
            self.verdicts.append(self.goodbye)
        elif self.end != "wait":
            self.verdicts.append("unfinished")


class LineAttack(Attack):
    """One that speaks text. It is registered by being there."""

    states = {"registered": 40, "member": 50, "held": 10}
    maker = MalformedText
    pongs = 0

    def stream(self):
        out = bytearray(b"scenario|field\n" if self.state == "member" else b"")
        if self.state == "held":
            out += b"scenario|tar\n" + b"to|anchor|x\n" * 5
        for one in self.inputs:
            out += b"ping\n" + one.data
        self.piece = max(self.piece, len(out) // 4000)  # a long line byte by byte takes seconds
        return out

    def read(self):
        while b"\n" in self.data:
            line, _, rest = self.data.partition(b"\n")
            self.data = rest
            yield speakers.read_line(line.decode())

    def take(self, event, heard):
        """One line from the gateway; counted in `heard`."""
        what = type(event).__name__.lower()
        if isinstance(event, speakers.Error):
            what = f"error {event.code}"
            self.errors.append(what)
        elif isinstance(event, speakers.Goodbye):
            what = self.goodbye = f"goodbye {event.reason}"
        elif isinstance(event, speakers.Told):
            heard[f"outcome {event.fate.outcome}"] += 1
        elif event == speakers.Pong():
            if self.pongs and len(self.verdicts) < len(self.inputs):
                self._decide()
            self.pongs += 1
            self.errors.clear()
        heard[what] += 1


def pick(chance, weights):
    return chance.choices(list(weights), list(weights.values()))[0]


class Assault:
    def __init__(self, gateway, seed, at_once=48, attack=Attack, at=None):
        """`attack`: what each connection is. `at`: the address of the gateway that it goes to."""
        self.gateway = gateway
        self.attack = attack
        self.at = at
        self.at_once = at_once
        self.chance = random.Random(seed)
        self.maker = attack.maker(seed)
        self.numbers = iter(range(seed * 10**6, (seed + 1) * 10**6))
        self.heard = collections.Counter()    # every frame that the gateway wrote, by what it is
        self.became = collections.Counter()   # (state, kind, verdict) of every input
        self.played = 0
        self.connections = 0
        self._poll = select.epoll()
        self._open = {}

    def play(self, count):
        """Until so many inputs have been decided upon."""
        until = self.played + count
        while self.played < until or self._open:
            while self.played < until and len(self._open) < self.at_once:
                self._start(self.attack(next(self.numbers), self.maker, self.chance))
            ready = self._poll.poll(uavtest.DEADLINE)
            assert ready, ("never ended", [(attack.state, attack.inputs, attack.verdicts)
                                           for attack, *_ in self._open.values()])
            for number, events in ready:
                self._turn(number, events)

    def _start(self, attack):
        sock = hostile.connect_from(self.gateway, f"127.0.0.{self.chance.randrange(2, 250)}", self.at)
        sock.setblocking(False)
        self.connections += 1
        self._open[sock.fileno()] = (attack, sock, attack.stream())
        self._poll.register(sock.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def _turn(self, number, events):
        attack, sock, out = self._open[number]
        try:
            if events & select.EPOLLIN:
                self._read(attack, sock)
                self._leave(attack, sock, out)
            if number not in self._open:
                return
            if out and events & select.EPOLLOUT:
                self._write(attack, sock, out)
            elif events & (select.EPOLLERR | select.EPOLLHUP) and not events & select.EPOLLIN:
                raise ConnectionResetError
        except ConnectionError:
            self._finish(attack, sock)

    def _write(self, attack, sock, out):
        size = len(out) if attack.way == "at once" else attack.piece
        del out[: sock.send(out[:size])]
        if out:
            return
        self._poll.modify(sock.fileno(), select.EPOLLIN)
        if attack.end == "half-close":
            sock.shutdown(socket.SHUT_WR)
        self._leave(attack, sock, out)

    def _leave(self, attack, sock, out):
        """Goes in the middle of the last input, once all others have been decided upon."""
        if not out and attack.end in ("reset", "close") and attack.at_last():
            self._finish(attack, sock)

    def _read(self, attack, sock):
        data = sock.recv(65536)
        if not data:
            raise ConnectionResetError
        attack.data += data
        for event in attack.read():
            attack.take(event, self.heard)

    def _finish(self, attack, sock):
        del self._open[sock.fileno()]
        if attack.end == "reset":
            hostile.abort(sock)
        else:
            sock.close()
        attack.finish()
        assert attack.end != "wait" or attack.goodbye, ("no goodbye", attack.state, attack.inputs)
        for one, verdict in zip(attack.inputs, attack.verdicts):
            self.became[attack.state, one.kind, verdict] += 1
            assert one.allowed is None or verdict in one.allowed, (verdict, attack.state, one)
        self.played += len(attack.verdicts)
