"""Thousands of drones in one process, on raw sockets and epoll: most fly and speak, some do what
drones of students do. What each does is drawn from one seed."""

import collections
import contextlib
import errno
import heapq
import itertools
import select
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from credentials import Tls  # noqa: E402
from hostile import Garbage, abort, frame, registration  # noqa: E402
from uavtest import relay  # noqa: E402

GATEWAY_FIELDS = {field.number: field.name for field in relay.FromGateway.DESCRIPTOR.fields}
DELIVERY, REPORT, PING, ERROR, CHALLENGE, WELCOME = (
    relay.FromGateway.DESCRIPTOR.fields_by_name[name].number
    for name in ("delivery", "send_report", "ping", "error", "challenge", "welcome"))
SAMPLED = 8  # one delivery and one report of so many is decoded and looked at
HOSTS = 8  # addresses of this machine that drones come from
THIEF_HOSTS = range(HOSTS + 1, HOSTS + 3)
STOLEN = 5  # ids that thieves try to go by
TLS_SHARE = 0.2
READ_BYTES = 1 << 16
BORN_A_TICK = 60
IDS = 8  # times as many as drones: now and then two come with the same
PATIENCE_S = 20.0  # with a gateway that should close a connection
CALM_S = 0.8  # between two requests of one drone, on average
STAY_S = 12.0  # of one drone, on average
GROUPS = ("red", "green", "blue")
IN_PROGRESS = (0, errno.EINPROGRESS)
PRESENCE = ("PRESENCE_WISH_NONE", "PRESENCE_WISH_SCENARIO", "PRESENCE_WISH_ALL")


class Wrong(AssertionError):
    """The gateway did what it must not."""


class Drone:
    """One connection. `role` says how it behaves."""

    __slots__ = ("sock", "id", "role", "host", "scenario", "out", "data", "events", "since",
                 "registered", "over_at", "turn", "tls", "then")

    def __init__(self, sock, drone_id, role, scenario, now):
        self.sock, self.id, self.role, self.scenario = sock, drone_id, role, scenario
        self.out = b""
        self.data = bytearray()
        self.events = 0
        self.since = now
        self.registered = False
        self.over_at = None
        self.turn = 0
        self.tls = None
        self.then = b""  # what it says as soon as it is let in


class Door:
    """Where and how drones come in: (host, port), the same for those who speak TLS, their
    ssl.SSLContext and the name in the gateway's certificate, and Credentials."""

    def __init__(self, plain, tls=None, context=None, name=None, credentials=None):
        self.plain, self.tls, self.context, self.name = plain, tls, context, name
        self.credentials = credentials


class Crowd:
    """All drones. `wanted` says how many there should be; work() does what is due."""

    # How one behaves, and how many do, in 100.
    ROLES = {"flies": 70, "silent": 4, "stuck": 3, "garbage": 7, "mute": 3, "half": 4, "twin": 3,
             "slow": 2, "thief": 2, "pushy": 2}

    def __init__(self, door, random, names, most):
        self.door, self.random, self.most = door, random, most
        self.scenarios = names
        self.poll = select.epoll()
        self.drones = {}  # by descriptor
        # ids that have registered, by scenario, the latest last; some have left
        self.flying = collections.defaultdict(list)
        self.due = []  # heap of (when, number, descriptor, drone)
        self.numbers = itertools.count()
        self.garbage = Garbage(random.randrange(1 << 30))
        self.wanted = 0
        self.counts = collections.Counter()
        self.heard = collections.Counter()  # frames by their kind
        self.outcomes = collections.Counter()  # of reports that were looked at
        self.next_births = 0.0

    # -- coming

    def births(self, now):
        """Some of those that are missing come."""
        if now < self.next_births:
            return
        self.next_births = now + 0.05
        for _ in range(min(BORN_A_TICK, self.wanted - len(self.drones))):
            self.come(now)

    def come(self, now):
        role = self.random.choices(list(self.ROLES), self.ROLES.values())[0]
        scenario = self.random.choice(self.scenarios)
        drone_id = f"d{self.random.randrange(IDS * self.most):05}"
        if role == "twin":
            drone_id = self.one_of(scenario, drone_id)
        elif role == "thief":
            drone_id = f"d{self.random.randrange(STOLEN):05}"
        sock = socket.socket()
        sock.setblocking(False)
        if role == "stuck":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        hosts = THIEF_HOSTS if role == "thief" else range(1, HOSTS + 1)
        sock.bind((f"127.0.0.{self.random.choice(hosts)}", 0))
        encrypted = self.random.random() < TLS_SHARE
        if sock.connect_ex(self.door.tls if encrypted else self.door.plain) not in IN_PROGRESS:
            sock.close()
            self.counts["not connected"] += 1
            return
        drone = Drone(sock, drone_id, role, scenario, now)
        if encrypted:
            drone.tls = Tls(self.door.context, self.door.name)
            self.counts["came by TLS"] += 1
        self.drones[sock.fileno()] = drone
        self.poll.register(sock, select.EPOLLIN | select.EPOLLOUT)
        drone.events = select.EPOLLIN | select.EPOLLOUT
        self.counts["came"] += 1
        self.begin(drone, now)

    def begin(self, drone, now):
        """What it says first, and when it says more."""
        if drone.role == "garbage":
            drone.then = self.garbage.next(self.counts["came"])
            if self.random.random() < 0.5:
                drone.tls = None if self.random.random() < 0.5 else drone.tls
                self.put(drone, drone.then)
            else:
                self.put(drone, registration(drone.id, scenario=drone.scenario))
        elif drone.role != "mute":
            chooses = self.random.random() < 0.3
            wish = self.random.choices(PRESENCE, (90, 9, 1))[0]
            self.put(drone, registration(drone.id, presence=wish,
                                         scenario="" if chooses else drone.scenario))
            if chooses:
                drone.then = frame(2, choose_scenario={"name": drone.scenario})
        if drone.role in ("flies", "twin"):
            drone.over_at = now + self.random.expovariate(1 / STAY_S)
        elif drone.role == "half":
            drone.over_at = now + self.random.uniform(0.0, 2.0)
        else:
            drone.over_at = now + PATIENCE_S
        self.plan(drone, now + self.random.uniform(0.0, CALM_S))

    def plan(self, drone, when):
        heapq.heappush(self.due, (min(when, drone.over_at), next(self.numbers),
                                  drone.sock.fileno(), drone))

    # -- what is due

    def work(self, seconds):
        """Does what is due and what comes, for so long."""
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            self.births(now)
            while self.due and self.due[0][0] <= now:
                _, _, descriptor, drone = heapq.heappop(self.due)
                if self.drones.get(descriptor) is drone:
                    self.turn(drone, now)
            left = min(end, self.due[0][0] if self.due else end) - time.monotonic()
            for descriptor, events in self.poll.poll(max(0.0, min(left, 0.05)), 4096):
                if drone := self.drones.get(descriptor):
                    self.happened(drone, events)

    def turn(self, drone, now):
        if now >= drone.over_at:
            self.leave(drone, now)
            return
        if drone.registered:
            self.act(drone, now)
        if self.drones.get(drone.sock.fileno()) is drone:
            self.plan(drone, now + self.random.expovariate(1 / CALM_S))

    def act(self, drone, now):
        if drone.role in ("flies", "twin"):
            if self.door.credentials.has_ended(drone.id, drone.since, now):
                raise Wrong(f"{drone.id} flies on without its credential")
            self.say(drone, self.requests(drone))
        elif drone.role == "pushy" and not drone.out:
            self.say(drone, b"".join(self.send_to_one(drone) for _ in range(60)))
        elif drone.role == "stuck" and len(drone.out) < 65536:
            self.say(drone, frame(1, list_drones={}) * 20
                     + frame(0, send={"everyone": {}, "payload": bytes(500)}) * 2)
        elif drone.role == "slow" and not drone.out:
            whole = frame(3, update_state={"position": {"local": {"east_m": 1.0}}})
            drone.turn += 1
            self.say(drone, whole[drone.turn % len(whole):][:1])

    def requests(self, drone):
        """What a drone that flies asks for next."""
        draw = self.random.random()
        if draw < 0.70:
            return b"".join(self.send_to_one(drone) for _ in range(self.random.randrange(1, 6)))
        if draw < 0.78:
            return frame(4, update_state={"position": {"local": {
                "east_m": self.random.uniform(-2e3, 2e3), "north_m": self.random.uniform(-2e3, 2e3),
                "up_m": 50.0}}})
        group = self.random.choice(GROUPS)
        if draw < 0.82:
            return frame(5, join_group={"group": group})
        if draw < 0.84:
            return frame(6, leave_group={"group": group})
        if draw < 0.87:
            return frame(7, send={"group": group, "payload": b"group", "report": "REPORT_WISH_ALL"})
        if draw < 0.90:
            return frame(8, rename={"callsign": f"c{self.random.randrange(self.most)}"})
        if draw < 0.94:
            drone.scenario = self.random.choice((*self.scenarios, "extra", ""))
            return frame(9, choose_scenario={"name": drone.scenario})
        if draw < 0.985:
            return frame(10, list_scenarios={}) + frame(11, ping={"nonce": 7})
        if draw < 0.997:
            return frame(12, list_drones={"scenario": self.random.choice(self.scenarios)})
        return frame(13, send={"everyone": {}, "payload": bytes(200),
                               "report": "REPORT_WISH_FAILURES"})

    def one_of(self, scenario, otherwise):
        """Somebody who was there not long ago."""
        ids = self.flying[scenario]
        return self.random.choice(ids[-self.most // len(self.scenarios):]) if ids else otherwise

    def send_to_one(self, drone):
        """Its payload names whom it is for."""
        where = drone.scenario if self.random.random() < 0.9 else self.scenarios[0]
        target = self.one_of(where, drone.id)
        size = 1500 if self.random.random() < 0.02 else self.random.randrange(100)
        report = self.random.choice(("REPORT_WISH_NONE", "REPORT_WISH_FAILURES",
                                     "REPORT_WISH_ALL"))
        self.counts["sent"] += 1
        return frame(self.random.randrange(20, 30), send={
            "drone": target, "payload": target.encode() + b":" + bytes(size), "report": report})

    # -- going

    def leave(self, drone, now):
        """One of the ways to go; who said goodbye waits for the gateway's."""
        if drone.role == "half" and not drone.turn:
            drone.turn, drone.over_at = 1, now + PATIENCE_S
            with contextlib.suppress(OSError):
                drone.sock.shutdown(socket.SHUT_WR)
            self.plan(drone, now + PATIENCE_S)
            return
        draw = self.random.random()
        if drone.role == "flies" and draw < 0.4 and not drone.turn:
            drone.turn, drone.over_at = 1, now + 1.0
            self.say(drone, frame(14, leave={}))
            self.plan(drone, now + 1.0)
            return
        self.gone(drone, reset=draw > 0.7)

    def gone(self, drone, reset=False):
        self.drones.pop(drone.sock.fileno(), None)
        self.counts["went"] += 1
        if reset:
            abort(drone.sock)
        else:
            drone.sock.close()

    def scatter(self, share):
        """So many leave at once, by resets."""
        for drone in self.random.sample(list(self.drones.values()),
                                        int(share * len(self.drones))):
            self.gone(drone, reset=True)

    def all_leave(self, seconds):
        """Within that time everyone goes, each in its way."""
        self.wanted = 0
        now = time.monotonic()
        for drone in list(self.drones.values()):
            drone.over_at = now + self.random.uniform(0.0, seconds)
            self.plan(drone, drone.over_at)
        self.work(seconds + 1.2)
        for drone in list(self.drones.values()):
            self.gone(drone, reset=self.random.random() < 0.5)
        self.due.clear()
        self.flying.clear()

    # -- sockets

    def put(self, drone, data):
        """It goes out as soon as the socket takes it."""
        drone.out += drone.tls.seal(data) if drone.tls else data

    def say(self, drone, data):
        self.put(drone, data)
        self.write(drone)

    def write(self, drone):
        if drone.out:
            try:
                drone.out = drone.out[drone.sock.send(drone.out):]
            except BlockingIOError:
                pass
            except OSError:
                self.gone(drone)
                return
        reads = drone.role != "stuck" or not drone.registered
        wanted = (select.EPOLLIN if reads else 0) | (select.EPOLLOUT if drone.out else 0)
        if wanted != drone.events:
            drone.events = wanted
            self.poll.modify(drone.sock, wanted)

    def happened(self, drone, events):
        if events & (select.EPOLLERR | select.EPOLLHUP) and not events & select.EPOLLIN:
            self.gone(drone)
            return
        if events & select.EPOLLOUT:
            self.write(drone)
        if events & select.EPOLLIN and drone.sock.fileno() in self.drones:
            self.read(drone)

    def read(self, drone):
        try:
            data = drone.sock.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data and drone.tls:
            data = drone.tls.open(data)
            if data == b"":
                self.say(drone, b"")  # its part of the handshake
                return
        if not data:
            self.counts["closed by the gateway"] += 1
            self.gone(drone)
            return
        drone.data += data
        at = 0
        while True:
            body, used = uavtest.decode_frame(memoryview(drone.data)[at:at + READ_BYTES * 2])
            if not used:
                break
            at += used
            self.take(drone, body)
            if drone.sock.fileno() not in self.drones:  # what it said found nobody
                return
        del drone.data[:at]

    # -- what comes

    def take(self, drone, body):
        at = 0
        if body[0] == 8:  # the ref
            at = 1
            while body[at] > 0x7F:
                at += 1
            at += 1
        kind = body[at] >> 3
        self.heard[GATEWAY_FIELDS.get(kind, kind)] += 1
        if kind == PING:
            if drone.role != "silent":
                ping = relay.FromGateway.FromString(body).ping
                self.say(drone, frame(0, pong={"nonce": ping.nonce}))
        elif kind in (DELIVERY, REPORT):
            if self.heard[GATEWAY_FIELDS[kind]] % SAMPLED == 0:
                self.look_at(drone, relay.FromGateway.FromString(body))
        elif kind == ERROR:
            self.look_at_error(drone, relay.FromGateway.FromString(body).error)
        elif kind == CHALLENGE:
            nonce = relay.FromGateway.FromString(body).challenge.nonce
            self.say(drone, frame(1, authenticate={"proof": self.door.credentials.proof(
                drone.id, nonce, wrong=drone.role == "thief")}))
        elif not drone.registered and kind == WELCOME:
            self.let_in(drone)

    def let_in(self, drone):
        if drone.role == "thief":
            raise Wrong(f"{drone.id} was let in without its secret")
        drone.registered = True
        drone.since = time.monotonic()
        self.counts["registered"] += 1
        ids = self.flying[drone.scenario]
        ids.append(drone.id)
        if len(ids) > 2 * self.most:
            del ids[:self.most]
        self.say(drone, drone.then)

    def look_at_error(self, drone, error):
        name = relay.ErrorCode.Name(error.code)
        self.heard[name] += 1
        if name == "ERROR_CODE_AUTH_FAILED" and drone.role not in ("thief", "garbage") and \
                self.door.credentials.is_good(drone.id, time.monotonic()):
            raise Wrong(f"{drone.role} drone {drone.id} has proved its id and was told {name}")
        if drone.role != "garbage" and name in ("ERROR_CODE_INTERNAL", "ERROR_CODE_BAD_REQUEST",
                                                "ERROR_CODE_UNKNOWN_REQUEST"):
            raise Wrong(f"{drone.role} drone {drone.id} was told {name}: {error.message}")

    def look_at(self, drone, message):
        if message.HasField("send_report"):
            for outcome in message.send_report.outcomes:
                self.outcomes[relay.Outcome.Name(outcome.outcome)] += 1
            return
        delivery = message.delivery
        whom, colon, _ = delivery.payload.partition(b":")
        if colon and whom.startswith(b"d") and whom != drone.id.encode():
            raise Wrong(f"{drone.id} was handed a message for {whom.decode()} "
                        f"from {delivery.sender}")
        self.counts["deliveries looked at"] += 1
