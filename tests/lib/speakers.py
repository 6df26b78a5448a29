"""One drone, whichever language it speaks: what a conformance test says and hears, in words of its
own, and what each front end makes of them.

    speaker = speakers.LANGUAGES["text"](t, gateway)
    speaker.enter(); speaker.rename("alice"); speaker.choose("field")
    speaker.to("bob", "hello")         # Report(1, {"bob": Fate("DELIVERED", "", ("15.70 dB 0.092 ms",))})
    speaker.wait(Message).text

`Protobuf` is a drone of uavtest; a message's numbers are written as the text protocol has them, so
that both can be compared. `Text` is written from proto/text.md alone, and strict: a line that the page
does not know fails the test, whoever waits for what."""

import collections
import dataclasses
import functools
import hashlib
import hmac
import inspect
import itertools
import re
import select
import time
import unicodedata

import uavtest
from uavtest import relay

def kind(name, fields):
    """A type of event; of two types none are equal, unlike tuples."""
    return dataclasses.make_dataclass(name, fields.split(), frozen=True)


# What is heard. Names are those for people; ids where there is none.
Here = kind("Here", "id")                                # welcome
Place = kind("Place", "scenario topology drones available")  # where it is; scenario "": nowhere
News = kind("News", "what name detail")                  # of others; see WHAT
Missed = kind("Missed", "count")
Message = kind("Message", "sender group text numbers")
Fate = kind("Fate", "outcome reason numbers")            # of a message, at one target
Report = kind("Report", "delivered fates")               # see report_of
Delivered = kind("Delivered", "count")                   # a line of a report
Told = kind("Told", "name fate")                         # another
Error = kind("Error", "code")
Done = kind("Done", "")
Pong = kind("Pong", "")
Ping = kind("Ping", "")
Challenge = kind("Challenge", "nonce")
Asked = kind("Asked", "")                                # who are you?
Goodbye = kind("Goodbye", "reason retry_ms")
Entry = kind("Entry", "id name scenario position")       # of who
Offer = kind("Offer", "name topology drones most available")  # of scenarios
End = kind("End", "")                                    # of a list
Help = kind("Help", "")                                  # a line of it
Mark = kind("Mark", "")                                  # telnet's timing mark, which it waits for

# what: (the name of PresenceWhat, what `detail` is)
WHAT = {"ONLINE": "", "OFFLINE": "why", "RENAMED": "its new name", "ENTERED": "the scenario",
        "LEFT": "the scenario", "HUB_UP": "the scenario", "HUB_DOWN": "the scenario"}


def proof_of(secret, nonce, drone_id):
    return hmac.new(secret.encode(), nonce + drone_id.encode(), hashlib.sha256).digest()


def text_of(payload):
    """As tests compare it: bytes that are no UTF-8 are escaped."""
    return payload.decode("utf-8", "backslashreplace")


class Speaker:
    """Requests wait for their reply, and return it, an Error included. What else comes meanwhile
    waits in `events`, in the order in which it came."""

    language = None

    def __init__(self, t, gateway, tls=None, listener=None, host=None, answer_pings=True):
        """`tls`: (an ssl.SSLContext, the gateway's name). `listener`: of that name. `host`: its own."""
        self.id = None
        self.events = []
        self.answer_pings = answer_pings
        self._connect(t, gateway.address(listener=listener or self.listener), tls, host)

    def __repr__(self):
        return f"{self.language} {self.id}"

    # -- listening

    def hear(self, deadline):
        """Puts what comes next into `events`. False when the deadline has passed."""
        raise NotImplementedError

    def wait(self, wanted, deadline=uavtest.DEADLINE, **fields):
        """Takes the first event of that type with these fields, or for which wanted(event) is true,
        from `events`."""
        if isinstance(wanted, type):
            fits = lambda event: isinstance(event, wanted) and all(  # noqa: E731
                getattr(event, field) == value for field, value in fields.items())
        else:
            fits = wanted
        end = time.monotonic() + deadline
        seen = 0
        while True:
            for at in range(seen, len(self.events)):
                if fits(self.events[at]):
                    return self.events.pop(at)
            seen = len(self.events)
            if not self.hear(max(0.0, end - time.monotonic())):
                what = f"{wanted.__name__} {fields}" if isinstance(wanted, type) else inspect.getsource(wanted)
                raise AssertionError(f"{self}: waited {deadline:g} s for {what}; has {self.events}")

    def either(self, *kinds):
        """The first event of one of these types."""
        return self.wait(lambda event: isinstance(event, kinds))

    def news(self, what, name, detail=""):
        """Waits to be told so."""
        return self.wait(News, what=what, name=name, detail=detail)

    def take(self, kind):
        """Those that have come, in order."""
        found = [event for event in self.events if isinstance(event, kind)]
        self.events[:] = [event for event in self.events if not isinstance(event, kind)]
        return found

    def hears_nothing(self):
        """No message has been handed to it but those that were taken."""
        self.ping()
        assert self.take(Message) == [], self.events

    def ended(self, deadline=uavtest.DEADLINE, cut=False):
        """Reads to the end of the connection: the goodbye before it, or None. `cut`: what was last
        written to it need not be there whole."""
        end = time.monotonic() + deadline
        try:
            while self.hear(max(0.0, end - time.monotonic())):
                pass
        except uavtest.Closed:
            assert cut or not self.rest(), f"{self}: half a word at the end: {self.rest()!r}"
            goodbyes = self.take(Goodbye)
            assert len(goodbyes) <= 1, goodbyes
            return goodbyes[0] if goodbyes else None
        raise AssertionError(f"{self}: not closed within {deadline:g} s")

    def rest(self):
        """What was read and is not whole."""
        raise NotImplementedError

    # -- what is the same in both

    def join_as(self, name, scenario="field"):
        """Comes in, has that name, and is in the scenario."""
        self.enter()
        assert self.rename(name) == Done(), name
        if scenario:
            chosen = self.choose(scenario)
            assert isinstance(chosen, Place) and chosen.scenario == scenario, chosen
        return self

    def to(self, name, text):
        self.post(text, to=name)
        return self.report()

    def group(self, name, text, of=1):
        self.post(text, group=name)
        return self.report(of)

    def everyone(self, text, of=1):
        self.post(text)
        return self.report(of)

    def told_of(self, name):
        """The entry of that name in `who`."""
        (entry,) = [entry for entry in self.who() if entry.name == name]
        return entry


# ------------------------------------------------------------------ protobuf


def short(enum, number, prefix):
    return enum.Name(number).removeprefix(prefix)


def numbers(hops):
    """As a text drone reads them."""
    def one(hop):
        if hop.source == relay.SOURCE_BYPASSED:
            return "BYPASSED"
        if not hop.HasField("link"):
            return "-"
        mark = "CORRUPTED " if hop.outcome == relay.OUTCOME_CORRUPTED else ""
        milliseconds = f"{hop.link.delay_us // 1000}.{hop.link.delay_us % 1000:03d}"
        return f"{mark}{hop.link.snr_db:.2f} dB {milliseconds} ms"

    def late(hop):
        return f" late {hop.late_by_us / 1000:.3f} ms" if hop.late_by_us else ""

    return tuple(one(hop) + late(hop) for hop in hops) or ("-",)


def report_of(targets, many):
    """The Report of [(name, Fate)]: how many have it, and the fate of each; of a message to several
    only of those who do not have it whole."""
    delivered = sum(fate.outcome == "DELIVERED" for _, fate in targets)
    return Report(delivered, {name: fate for name, fate in targets
                              if not many or fate.outcome != "DELIVERED"})


class Protobuf(Speaker):
    language = "protobuf"
    listener = "drones"
    FIRST = "drone-1"

    def _connect(self, t, address, tls, host):
        self.drone = t.drone(None, at=address)
        self.drone.answer_pings = self.answer_pings
        if host:
            self.drone.close()
            self.drone.socket = uavtest.socket.create_connection(address, uavtest.DEADLINE, (host, 0))
        if tls:
            self.drone.socket = tls[0].wrap_socket(self.drone.socket, server_hostname=tls[1])
        self.socket = self.drone.socket
        self._refs = itertools.count(1)
        self._names = {}
        self._many = collections.deque()  # of each message whose report is still to come
        self._test = t

    def rest(self):
        return bytes(self.drone._data)

    # -- listening

    def hear(self, deadline):
        frame = self.drone.events.pop(0) if self.drone.events else self.drone.read(deadline)
        if frame is None:
            return False
        self.events += self._events_of(frame)
        return True

    def _events_of(self, frame):
        body = frame.WhichOneof("body")
        return getattr(self, f"_hear_{body}")(getattr(frame, body), frame.ref)

    def _hear_welcome(self, welcome, _):
        return [Here(welcome.drone_id)]

    def _hear_challenge(self, challenge, _):
        return [Challenge(challenge.nonce)]

    def _hear_scenario_chosen(self, chosen, _):
        if not chosen.HasField("scenario"):
            return [Place("", "", 0, True)]
        one = chosen.scenario
        return [Place(one.name, short(relay.Topology, one.topology, "TOPOLOGY_"), one.drones, one.available)]

    def _hear_presence(self, presence, _):
        missed = [Missed(presence.missed)] if presence.missed else []
        return [self._news_of(event) for event in presence.events] + missed

    def _news_of(self, event):
        what = short(relay.PresenceWhat, event.what, "PRESENCE_WHAT_")
        name = self._names[event.drone_id] = event.callsign or event.drone_id
        if what == "SCENARIO":
            return News("ENTERED" if event.scenario else "LEFT", name, event.scenario)
        if what == "RENAMED":
            return News(what, event.drone_id, name)
        if what == "OFFLINE":
            return News(what, name, short(relay.GoodbyeReason, event.reason, "GOODBYE_REASON_"))
        return News(what, name, event.scenario if what.startswith("HUB") else "")

    def _hear_delivery(self, delivery, _):
        return [Message(delivery.sender, delivery.to, text_of(delivery.payload), numbers(delivery.hops))]

    def _hear_send_report(self, report, _):
        assert not report.more
        return [Report(0, [(one.drone_id, Fate(
            short(relay.Outcome, one.outcome, "OUTCOME_"),
            short(relay.Reason, one.reason, "REASON_").replace("NONE", ""),
            numbers(one.hops))) for one in report.outcomes])]

    def _hear_done(self, _, __):
        return [Done()]

    def _hear_error(self, error, _):
        return [Error(short(relay.ErrorCode, error.code, "ERROR_CODE_"))]

    def _hear_goodbye(self, goodbye, _):
        return [Goodbye(short(relay.GoodbyeReason, goodbye.reason, "GOODBYE_REASON_"), goodbye.retry_after_ms)]

    def _hear_ping(self, _, __):
        return [Ping()]

    def _hear_pong(self, _, __):
        return [Pong()]

    def _hear_drones(self, drones, _):
        def position(entry):
            local = entry.position.local
            return (local.east_m, local.north_m, local.up_m) if entry.HasField("position") else None

        return [Entry(one.drone_id, one.callsign or one.drone_id, one.scenario, position(one))
                for one in drones.entries] + ([] if drones.more else [End()])

    def _hear_scenarios(self, scenarios, _):
        return [Offer(one.name, short(relay.Topology, one.topology, "TOPOLOGY_"), one.drones, one.max_drones,
                      one.available) for one in scenarios.entries] + ([] if scenarios.more else [End()])

    # -- names: the address is the id, and a client resolves them

    def _refresh(self):
        for entry in self.who():
            self._names[entry.id] = entry.name

    def _id_of(self, name):
        self._refresh()
        return next((drone_id for drone_id, known in self._names.items() if name in (drone_id, known)), name)

    def wait(self, wanted, deadline=uavtest.DEADLINE, **fields):
        event = super().wait(wanted, deadline, **fields)
        if isinstance(event, Message):
            self._refresh()
            return dataclasses.replace(event, sender=self._names.get(event.sender, event.sender))
        return event

    # -- speaking

    def _ask(self, *kinds, **body):
        self.drone.send(ref=next(self._refs), **body)
        return self.either(Error, *kinds)

    def enter(self, drone_id=None, secret=None):
        """Registers; with a secret, proves it. What came of it."""
        wanted = drone_id or f"drone-{sum(isinstance(one, uavtest.Drone) for one in self._test.drones)}"
        self.id = wanted
        reply = self._ask(Here, Challenge, registration={"protocol": 1, "drone_id": wanted})
        if isinstance(reply, Challenge) and secret:
            reply = self._ask(Here, authenticate={"proof": proof_of(secret, reply.nonce, wanted)})
        return reply

    def who(self, scenario=""):
        self.drone.send(ref=next(self._refs), list_drones={"scenario": scenario})
        return self._list(Entry)

    def scenarios(self):
        self.drone.send(ref=next(self._refs), list_scenarios={})
        return {offer.name: offer for offer in self._list(Offer)}

    def _list(self, kind):
        end = self.either(End, Error)
        return self.take(kind) if end == End() else end

    def choose(self, name):
        return self._ask(Place, choose_scenario={"name": name})

    def rename(self, name):
        return self._ask(Done, rename={"callsign": name})

    def join(self, group):
        return self._ask(Done, join_group={"group": group})

    def leave(self, group):
        return self._ask(Done, leave_group={"group": group})

    def move(self, east, north=0.0, up=0.0):
        return self._ask(Done, update_state={"position": {"local": {
            "east_m": east, "north_m": north, "up_m": up}}})

    def ping(self):
        return self._ask(Pong, ping={"nonce": 1})

    def quit(self):
        return self._ask(Goodbye, leave={})

    def post(self, text, to=None, group=None):
        """Sends, to everyone when nobody is named; its report() is for later."""
        target = {"drone": self._id_of(to)} if to is not None else (
            {"group": group} if group is not None else {"everyone": {}})
        self._many.append(to is None)
        self.drone.send(ref=next(self._refs), send={**target, "payload": text.encode(), "report": "REPORT_WISH_ALL"})

    def report(self, of=1):
        """The next report, of a message that had `of` targets."""
        report = self.either(Report, Error)
        many = self._many.popleft()
        if isinstance(report, Error):
            return report
        assert len(report.fates) == of, report
        self._refresh()
        return report_of([(self._names.get(drone_id, drone_id), fate) for drone_id, fate in report.fates], many)


# ---------------------------------------------------------------------- text

ESCAPED = r"\\(?:[nrt\\]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})"
NAME = rf"((?:[^\\|<>\s]|\\[|<>\s]|{ESCAPED})+)"
TEXT = rf"((?:[^\\]|{ESCAPED})*|\(\d+ bytes(?: of {NAME[1:-1]})?\))"
HOP = r"(?:(?:CORRUPTED )?-?\d+\.\d\d dB \d+\.\d{3} ms|CORRUPTED -|BYPASSED|-)(?: late \d+\.\d{3} ms)?"
NUMBERS = rf"\[({HOP}(?:, {HOP})*)\]"
METRES = r"-?\d+(?:\.\d+)?"
POSITION = rf"(-|{METRES} {METRES} {METRES}|\d+\.\d+[NS] \d+\.\d+[EW] {METRES}m)"
CODE = "|".join(name.removeprefix("ERROR_CODE_") for name in relay.ErrorCode.keys()[1:])
WHY = "|".join(name.removeprefix("GOODBYE_REASON_") for name in relay.GoodbyeReason.keys()[1:])
OUTCOME = "|".join(name.removeprefix("OUTCOME_") for name in relay.Outcome.keys()[1:])
REASON = "|".join(name.removeprefix("REASON_") for name in relay.Reason.keys()[1:])


def bytes_of(shown):
    """What is shown so: a name or a text without its escapes."""
    def meant(escape):
        kind, rest = escape[0][1], escape[0][2:]
        if kind == "x":
            return bytes([int(rest, 16)])
        if kind in "uU":
            return chr(int(rest, 16)).encode()
        return {"n": b"\n", "r": b"\r", "t": b"\t"}.get(kind, kind.encode())

    pieces = re.split(rf"({ESCAPED}|\\[|<>\s])", shown)
    return b"".join(meant(re.match("(?s).*", piece)) if at % 2 else piece.encode()
                    for at, piece in enumerate(pieces))


def plain(name):
    return bytes_of(name).decode()


UNSHOWN = ("Cc", "Cf", "Zl", "Zp")  # categories: controls, format characters, ends of lines and paragraphs


def hops_of(text):
    return tuple(text.split(", "))


def position_of(text):
    if text == "-":
        return None
    return text if text.endswith("m") else tuple(map(float, text.split()))


TIMING_MARK = b"\xff\xfc\x06"  # what is no line; it stands in front of one

# (the whole line, the event that it is): proto/text.md, row for row
LINES = [(re.compile(pattern), event) for pattern, event in (
    (rf"\* welcome {NAME} \(online: \d+, .+\)", lambda name: Here(plain(name))),
    (rf"\* you are in {NAME} \((MESH|STAR), drones: (\d+)\)(, not available: .+)?",
     lambda name, topology, drones, away: Place(plain(name), topology, int(drones), away is None)),
    (r"\* you are in no scenario", lambda: Place("", "", 0, True)),
    (rf"\* {NAME} is here", lambda name: News("ONLINE", plain(name), "")),
    (rf"\* {NAME} is {NAME} (?:now|again)", lambda name, new: News("RENAMED", plain(name), plain(new))),
    (rf"\* {NAME} entered {NAME}", lambda name, scenario: News("ENTERED", plain(name), plain(scenario))),
    (rf"\* {NAME} is in no scenario", lambda name: News("LEFT", plain(name), "")),
    (rf"\* {NAME} is gone \(({WHY})\)", lambda name, why: News("OFFLINE", plain(name), why)),
    (rf"\* {NAME}, the hub of {NAME}, is (up|down)",
     lambda name, scenario, how: News(f"HUB_{how.upper()}", plain(name), plain(scenario))),
    (r"\* missed (\d+) of those who came and went: who lists them", lambda count: Missed(int(count))),
    (r"\* pong", Pong),
    (r"\* done", Done),
    (rf"\* goodbye ({WHY})\b(?:.*come again in (\d+) ms)?.*", lambda why, ms: Goodbye(why, int(ms or 0))),
    (rf"<{NAME}(?:\|{NAME})?> {NUMBERS} {TEXT}",
     lambda name, group, how, text: Message(plain(name), plain(group or ""), text_of(bytes_of(text)), hops_of(how))),
    (r"= (\d+) DELIVERED", lambda count: Delivered(int(count))),
    (r"= nobody else is there", lambda: Delivered(0)),
    (rf"= {NAME} ({OUTCOME})(?: \(({REASON})\))?(?: {NUMBERS})?",
     lambda name, outcome, reason, how: Told(plain(name), Fate(outcome, reason or "", hops_of(how or "-")))),
    (rf"! ({CODE}) .+", Error),
    (r"\? still there\? .+", Ping),
    (r"\? who are you\? register\|ID", Asked),
    (r"\? challenge ([0-9a-f]{64})", lambda nonce: Challenge(bytes.fromhex(nonce))),
    (rf"- {NAME} (MESH|STAR) (\d+)/(\d+) (?:(available)|unavailable \(.+\))(?: .+)?",
     lambda name, topology, drones, most, available: Offer(
         plain(name), topology, int(drones), int(most), available is not None)),
    (rf"- {NAME} {NAME} {NAME} \d+(?:\.\d+)? \d+(?:\.\d+)? {POSITION}",
     lambda drone_id, name, scenario, position: Entry(
         plain(drone_id), plain(name), "" if scenario == "-" else plain(scenario), position_of(position))),
    (r"- \.", End),
    (r"\* (?:[a-z]+(?:\|[A-Z|]*)?, )*(?:[a-z]+|an empty line)(?:\|[A-Z|]*)? {2,}.+", Help),
)]


@functools.lru_cache(maxsize=4096)
def read_line(line):
    """The event that a line of the gateway is. (Who is told of others is told as others are.)"""
    assert not [one for one in line if unicodedata.category(one) in UNSHOWN], f"not fit to be shown: {line!r}"
    for pattern, event in LINES:
        if found := pattern.fullmatch(line):
            return event(*found.groups())
    raise AssertionError(f"proto/text.md does not know this line: {line!r}")


class Text(Speaker):
    language = "text"
    listener = "text"
    FIRST = "guest-1"

    def _connect(self, t, address, tls, host):
        self.socket = uavtest.connect(address) if not host else uavtest.socket.create_connection(
            address, uavtest.DEADLINE, (host, 0))
        if tls:
            self.socket = tls[0].wrap_socket(self.socket, server_hostname=tls[1])
        self._first = None
        self.lines = []  # all that was read, as it stood
        self._many = collections.deque()  # of each message whose report is still to come
        self._data = bytearray()
        t.drones.append(self)

    def close(self):
        self.socket.close()

    def rest(self):
        return bytes(self._data)

    # -- listening

    def hear(self, deadline):
        end = time.monotonic() + deadline
        while b"\n" not in self._data and not self._data.startswith(TIMING_MARK):
            left = max(0.0, end - time.monotonic())
            if not getattr(self.socket, "pending", int)() and not select.select([self.socket], [], [], left)[0]:
                return False
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                raise uavtest.Closed(f"{self}: connection closed; {self.lines[-20:]}")
            self._data += data
        if self._data.startswith(TIMING_MARK):
            del self._data[:len(TIMING_MARK)]
            self.events.append(Mark())
            return True
        line, _, rest = bytes(self._data).partition(b"\n")
        self._data[:] = rest
        self._take(line.removesuffix(b"\r").decode("utf-8"))
        return True

    def _take(self, line):
        self.lines.append(line)
        event = read_line(line)
        if event == Ping() and self.answer_pings:
            self.write("")
        self.events.append(event)

    # -- speaking

    def write(self, *lines):
        self.write_bytes("".join(f"{line}\n" for line in lines).encode())

    def write_bytes(self, data):
        self.socket.sendall(data)

    def _ask(self, line, *kinds):
        self.write(line)
        return self.either(Error, *kinds)

    def enter(self, drone_id=None, secret=None):
        reply = self._first or self.either(Here, Asked, Goodbye)
        if reply == Asked():
            self._first = reply  # it is said once
            reply = self._ask(f"register|{drone_id}", Here, Challenge)
            if isinstance(reply, Challenge) and secret:
                reply = self._ask(f"proof|{proof_of(secret, reply.nonce, drone_id).hex()}", Here)
        if isinstance(reply, Here):
            self.id = reply.id
        return reply

    def who(self, scenario=""):
        return self._list(f"who|{scenario}" if scenario else "who", Entry)

    def scenarios(self):
        return {offer.name: offer for offer in self._list("scenarios", Offer)}

    def _list(self, line, kind):
        end = self._ask(line, End)
        return self.take(kind) if end == End() else end

    def choose(self, name):
        self.take(Place)
        return self._ask(f"scenario|{name}", Place)

    def rename(self, name):
        return self._ask(f"rename|{name}", Done)

    def join(self, group):
        return self._ask(f"join|{group}", Done)

    def leave(self, group):
        return self._ask(f"leave|{group}", Done)

    def move(self, east, north=0.0, up=0.0):
        return self._ask(f"move|{east}|{north}|{up}", Done)

    def ping(self):
        return self._ask("ping", Pong)

    def quit(self):
        return self._ask("quit", Goodbye)

    def post(self, text, to=None, group=None):
        self.say(f"to|{to}|{text}" if to is not None else
                 f"group|{group}|{text}" if group is not None else f"all|{text}", many=to is None)

    def say(self, line, many=True):
        """A line that is a message, to many or to one; its report() is for later."""
        self._many.append(many)
        self.write(line)

    def report(self, of=1):
        many, fates = self._many.popleft(), {}
        while many or not fates:
            event = self.either(Delivered, Told, Error)
            if isinstance(event, Error):
                return event
            if isinstance(event, Delivered):
                assert many and event.count + len(fates) == of, (event, fates)
                return Report(event.count, fates)
            fates[event.name] = event.fate
        return Report(sum(fate.outcome == "DELIVERED" for fate in fates.values()), fates)


LANGUAGES = {"protobuf": Protobuf, "text": Text}
