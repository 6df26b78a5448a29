"""Scenes that integration tests start from, and what they ask of drones."""

import contextlib
import os
import signal
import socket
import time

import uavtest
from uavtest import relay

IDEAL = uavtest.scenario(channel_model="ideal", **{"channel.frequency_hz": None})

STAR = {**uavtest.scenario(), "topology": "star", "hub": "hub", "spoke_to_spoke": "relay"}


def ready(t, simulator=None, /, scenarios=None, **sections):
    """A gateway whose simulator (the tests' own when none is given) has accepted every scenario."""
    simulator = simulator or t.simulator()
    # a test's drones stay connected when they are told goodbye: not to be waited for
    sections["sessions"] = {"linger_ms": 200, **sections.get("sessions", {})}
    gateway = t.gateway(simulator.at, scenarios, **sections)
    gateway.simulator = simulator
    for name in scenarios or {"field": None}:
        gateway.wait_event("scenario_accepted", scenario=name)
    return gateway


def members(t, gateway, *ids, scenario="field", **fields):
    """Drones with these ids, registered and in the scenario."""
    return [t.drone(gateway, drone_id, scenario=scenario, **fields) for drone_id in ids]


def drone_from(t, gateway, host, drone_id=None):
    """A drone whose connection comes from that address."""
    drone = t.drone(gateway)
    drone.close()
    drone.drone_id = drone_id
    drone.socket = socket.create_connection(gateway.at, uavtest.DEADLINE, (host, 0))
    return drone


def ask_in(drone, **registration):
    """Registers; the reply is returned, whatever it is."""
    return drone.request(registration={"protocol": 1, **registration})


def barrier(drone):
    """When this returns, everything that the gateway said before has been read."""
    nonce = time.monotonic_ns()
    reply = drone.request(ping={"nonce": nonce})
    assert reply.pong.nonce == nonce, reply


def bodies(drone):
    """Names of the frames that wait in drone.events."""
    return [event.WhichOneof("body") for event in drone.events]


def error_of(reply):
    """The error's name without its prefix."""
    assert reply.HasField("error"), reply
    assert 0 < len(reply.error.message.encode()) <= 200, reply
    return relay.ErrorCode.Name(reply.error.code).removeprefix("ERROR_CODE_")


def goodbye_of(drone):
    """Reads to the end of the connection; the reason of the goodbye before it, or None."""
    drone.wait_closed()
    reasons = [event.goodbye.reason for event in drone.events if event.HasField("goodbye")]
    assert len(reasons) <= 1, drone.events
    return reason_name(reasons[0]) if reasons else None


def turned_away(drone, drone_id):
    """It asks for a banned id: what it is told, to the closed connection. The time in which
    it may come again."""
    reply = ask_in(drone, drone_id=drone_id)
    assert error_of(reply) == "BANNED", reply
    drone.wait_closed()
    (goodbye,) = [event.goodbye for event in drone.events]
    assert reason_name(goodbye.reason) == "BANNED" and goodbye.message
    return goodbye.retry_after_ms


def reason_name(number):
    return relay.GoodbyeReason.Name(number).removeprefix("GOODBYE_REASON_")


def outcome_name(number):
    return relay.Outcome.Name(number).removeprefix("OUTCOME_")


def outcomes_of(reply):
    """{drone_id: outcome's name} of a send_report."""
    assert reply.HasField("send_report"), reply
    found = {one.drone_id: outcome_name(one.outcome) for one in reply.send_report.outcomes}
    assert len(found) == len(reply.send_report.outcomes), reply
    return found


def outcome_of(reply):
    """The outcome's name of a send_report of one."""
    (outcome,) = outcomes_of(reply).values()
    return outcome


def payloads(drone):
    """Takes the deliveries out of drone.events; their payloads."""
    found = [event.delivery.payload for event in drone.events if event.HasField("delivery")]
    drone.events[:] = [event for event in drone.events if not event.HasField("delivery")]
    return found


def post(sender, ref, payload=b"x", report="REPORT_WISH_ALL", **to):
    """Sends and does not wait for the report: to drone="uav2", group="red" or everyone={}."""
    sender.send(ref=ref, send={**to, "payload": payload, "report": report})


def hops_told(hops):
    """What each hop is about: [(transmitter, receiver, outcome, reason, source)]."""
    return [(hop.transmitter, hop.receiver, outcome_name(hop.outcome),
             relay.Reason.Name(hop.reason).removeprefix("REASON_"),
             relay.Source.Name(hop.source).removeprefix("SOURCE_")) for hop in hops]


def fate_of(reply, drone_id):
    """The outcome of one target in a send_report."""
    (one,) = [one for one in reply.send_report.outcomes if one.drone_id == drone_id]
    return one


def link_bytes(link):
    """To compare the numbers of a hop bit for bit, of whichever file the message is."""
    return link.SerializeToString(deterministic=True)


def settle(gateway):
    """Ends the gateway in order; its accounts, as numbers, after checking that they close."""
    assert gateway.stop() == 0, gateway.log()
    fields = gateway.wait_event("accounts")
    accounts = {key: int(value) for key, value in fields.items() if value.isdigit()}
    names = [uavtest.relay.Outcome.Name(n).removeprefix("OUTCOME_").lower()
             for n in uavtest.relay.Outcome.values() if n]
    assert accounts["pending"] == 0, accounts
    assert accounts["accepted"] == sum(accounts.get(name, 0) for name in names), accounts
    return accounts


def change_file(gateway, /, **sections):
    """Writes the gateway's file anew: changed sections={key: value}. A key or section that
    is None goes."""
    for name, keys in sections.items():
        if keys is None:
            del gateway.ini[name]
            continue
        section = gateway.ini.setdefault(name, {})
        section.update(keys)
        gateway.ini[name] = {key: value for key, value in section.items() if value is not None}
    whole = gateway.path.with_suffix(".new")
    uavtest.write_ini(whole, gateway.ini)
    whole.replace(gateway.path)  # nobody reads half of it


def reload(gateway, event="reloaded"):
    """Has the file read again, and waits for how that ended. The fields of all lines that
    the gateway logged meanwhile."""
    start = len(gateway.lines)
    gateway.process.send_signal(signal.SIGHUP)
    gateway.wait_event(event, start=start)
    return [uavtest.parse_logfmt(line) for line in gateway.lines[start:]]


def told(lines, event):
    """Those of these lines that are this event, without what every line has."""
    return [{key: value for key, value in line.items() if key not in ("time", "level", "event")}
            for line in lines if line.get("event") == event]


class Presence:
    """What one drone is told of the others, in order, as (drone_id, what, reason, scenario,
    callsign)."""

    def __init__(self, drone):
        self.drone = drone
        self.told = []
        self.frames = []  # how many events each frame had
        self.missed = 0

    def take(self):
        for event in self.drone.events:
            if event.HasField("presence"):
                self.frames.append(len(event.presence.events))
                self.missed += event.presence.missed
                self.told += map(self._entry, event.presence.events)
        self.drone.events[:] = [e for e in self.drone.events if not e.HasField("presence")]
        return self.told

    @staticmethod
    def _entry(event):
        what = relay.PresenceWhat.Name(event.what).removeprefix("PRESENCE_WHAT_")
        return (event.drone_id, what, reason_name(event.reason), event.scenario, event.callsign)

    def wait(self, *wanted, deadline=uavtest.DEADLINE):
        """The place of the first entry that begins with these values."""
        end = time.monotonic() + deadline
        while True:
            for place, entry in enumerate(self.take()):
                if entry[: len(wanted)] == wanted:
                    return place
            event = self.drone.read(max(0.0, end - time.monotonic()))
            assert event is not None, f"{self.drone.drone_id}: not told {wanted}; {self.told}"
            self.drone.events.append(event)


@contextlib.contextmanager
def reserved_port():
    """A port that nobody else is given, but that a program may listen at (both sides set
    SO_REUSEADDR, and ours does not listen)."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((uavtest.HOST, 0))
        yield holder.getsockname()[1]


def descriptors(program):
    return len(os.listdir(f"/proc/{program.pid}/fd"))


class Memory:
    """Bounds how much a program's resident memory grows from here on."""

    def __init__(self, program):
        self.program = program
        self.before_kib = self._resident_kib()

    def _resident_kib(self):
        with open(f"/proc/{self.program.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

    def grown_kib(self):
        return self._resident_kib() - self.before_kib

    def check(self, most_kib):
        with open(f"/proc/{self.program.pid}/exe", "rb") as binary:
            if b"__asan_init" in binary.read():
                return  # what is freed stays in the sanitizer's quarantine
        grown = self.grown_kib()
        assert grown <= most_kib, f"grown by {grown} KiB"
