"""A mission with the real programs over real TCP, from registration to a simulator that
goes away and comes back: in a mesh, and in a star whose ground station relays. Prints
what happens as it happens, and ends with the accounts of drones, gateway and simulator
side by side. Ends non-zero if anything that it shows did not happen. Takes less than ten
seconds."""

import math
import random
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402

relay = uavtest.relay

# An airfield outside Canberra, Australia: the field's origin, and a runway's heading.
ORIGIN = (-35.3632621, 149.1652374, 584.0)
EARTH_M = 6371000.0

FIELD = {
    "description": "airfield, free space, 2.4 GHz, QPSK at 5 Mbit/s",
    "topology": "mesh",
    "max_drones": 20,
    "origin": "%.7f, %.7f, %.1f" % ORIGIN,
    "channel.model": "free-space",
    "channel.frequency_hz": 2400000000,
    "channel.bandwidth_hz": 5000000,
    "channel.bitrate_bps": 5000000,
    "channel.tx_power_dbm": 10,
    "channel.noise_figure_db": 6,
    "channel.modulation": "qpsk",
}

# A star around the drone "ground", which passes messages on: a ready scenario.
STAR_FILE = uavtest.ROOT / "config" / "scenarios" / "star-relay.ini"
STAR = "star-relay"

# Where they fly: metres east, north, up of the field's origin.
TRACKS = {
    "ground": (0.0, 0.0, 2.0),
    "uav1": (120.0, 80.0, 60.0),
    "uav2": (-260.0, 150.0, 90.0),
    "uav3": (200.0, 200.0, 100.0),
}

# And in the star, around the ground station: uav1 and uav2 on opposite sides of it.
STAR_TRACKS = {
    "ground": (0.0, 0.0, 10.0),
    "uav1": (-1000.0, 0.0, 80.0),
    "uav2": (1000.0, 0.0, 90.0),
    "uav3": (0.0, 9000.0, 100.0),
}

HOP_OUTCOMES = ("delivered", "corrupted", "lost")

colour = sys.stdout.isatty()


def heading(text):
    print(f"\n\033[1m{text}\033[0m" if colour else f"\n{text}", flush=True)


def say(text):
    print(f"  {text}", flush=True)


def expect(condition, text):
    """Says what happened, or ends the demo."""
    if not condition:
        raise AssertionError(f"did not happen: {text}")
    say(f"ok  {text}")


def free_port():
    """Below the range that the system gives out by itself, so that the simulator gets it
    again when it comes back."""
    for _ in range(100):
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind((uavtest.HOST, port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port between 20000 and 32000")


def geodetic(east, north, up):
    """Coordinates of a point near the origin, as an autopilot would give them."""
    latitude = ORIGIN[0] + math.degrees(north / EARTH_M)
    longitude = ORIGIN[1] + math.degrees(east / (EARTH_M * math.cos(math.radians(ORIGIN[0]))))
    return {
        "latitude_e7": round(latitude * 1e7),
        "longitude_e7": round(longitude * 1e7),
        "altitude_mm": round((ORIGIN[2] + up) * 1000),
    }


def name(enum, value, prefix):
    return enum.Name(value).removeprefix(prefix + "_")


def outcome_name(value):
    return name(relay.Outcome, value, "OUTCOME")


def hops_of(report):
    """Every hop of it once: those to the hub of a star are shared by all who are behind it."""
    return {(hop.transmitter, hop.receiver): hop
            for target in report.outcomes for hop in target.hops}.values()


class Books:
    """What the drones themselves saw."""

    def __init__(self):
        self.targets = 0
        self.outcomes = {}
        self.handed_over = 0
        self.hops = {}  # what the channel decided

    def report(self, report):
        for target in report.outcomes:
            self.targets += 1
            key = outcome_name(target.outcome).lower()
            self.outcomes[key] = self.outcomes.get(key, 0) + 1
        for hop in hops_of(report):
            if hop.source == relay.SOURCE_LIVE:
                key = outcome_name(hop.outcome).lower()
                self.hops[key] = self.hops.get(key, 0) + 1


class Mission:
    def __init__(self, context):
        self.context = context
        self.books = Books()
        self.drones = {}
        self.seen = {}  # drone -> what presence told it: (id, what, reason)
        self.silent = set()
        self.sim_at = (uavtest.HOST, free_port())
        self.sim_accounts = []

    # -- reading what comes in; pings are answered on the way

    def pump(self):
        for drone_id, drone in self.drones.items():
            if drone_id in self.silent:
                continue
            while (event := drone.read(0)) is not None:
                drone.events.append(event)
            self.sort(drone)

    def sort(self, drone):
        """Presence goes to `seen`; everything else stays."""
        rest = []
        for event in drone.events:
            if event.HasField("presence"):
                for one in event.presence.events:
                    self.seen[drone.drone_id].append((
                        one.drone_id,
                        name(relay.PresenceWhat, one.what, "PRESENCE_WHAT"),
                        name(relay.GoodbyeReason, one.reason, "GOODBYE_REASON"),
                        one.scenario,
                    ))
            elif not event.HasField("ping"):
                rest.append(event)
        drone.events = rest

    def until(self, condition, text, deadline=uavtest.DEADLINE):
        end = time.monotonic() + deadline
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"did not happen: {text}")
            self.pump()
            time.sleep(0.01)
        say(f"ok  {text}")

    # -- the programs

    def start_simulator(self):
        self.stub = self.context.simulator(listen="%s:%d" % self.sim_at, seed=7)

    def stop_simulator(self):
        expect(self.stub.stop() == 0, "the simulator has ended in order")
        self.sim_accounts.append(self.stub.wait_event("accounts"))

    def start_gateway(self):
        self.gateway = self.context.gateway(
            self.sim_at,
            scenarios={"field": FIELD},
            gateway={"include": STAR_FILE},
            sessions={"idle_timeout_ms": 2500, "ping_interval_ms": 800},
            simulator={"timeout_ms": 1000},
        )

    # -- what drones do

    def place(self, drone_id, east, north, up):
        reply = self.drones[drone_id].request(
            update_state={"position": {"geodetic": geodetic(east, north, up)}}
        )
        assert reply.HasField("done"), reply

    def choose(self, drone_id, scenario):
        chosen = self.drones[drone_id].request(choose_scenario={"name": scenario})
        assert chosen.scenario_chosen.scenario.name == scenario, chosen

    def available(self):
        """{name: entry} of the scenarios that the simulator has accepted."""
        entries = self.drones["ground"].request(list_scenarios={}).scenarios.entries
        return {entry.name: entry for entry in entries if entry.available}

    def send(self, sender, target, payload, group=None):
        """One message, to a group or, when `target` is None as well, to all; returns (report,
        deliveries)."""
        to = {"group": group} if group else {"drone": target} if target else {"everyone": {}}
        reply = self.drones[sender].request(send={
            **to, "payload": payload, "report": relay.REPORT_WISH_ALL})
        assert reply.HasField("send_report"), reply
        self.books.report(reply.send_report)
        deliveries = {}
        for outcome in reply.send_report.outcomes:
            if outcome.outcome in (relay.OUTCOME_DELIVERED, relay.OUTCOME_CORRUPTED):
                got = self.drones[outcome.drone_id].wait_for("delivery").delivery
                self.books.handed_over += 1
                assert got.sender == sender and got.payload == payload, got
                deliveries[outcome.drone_id] = got
        return reply.send_report, deliveries


COLUMNS = "from   to     outcome       distance   path loss       SNR       PER    delay"


def row(hop):
    link = hop.link
    return (f"{hop.transmitter:6} {hop.receiver:6} {outcome_name(hop.outcome):9}"
            f" {link.distance_m:9.1f} m {link.path_loss_db:8.2f} dB {link.snr_db:6.2f} dB"
            f" {link.packet_error_rate:9.2e} {link.delay_us:5} us")


def show_hops(report):
    say(COLUMNS)
    for hop in hops_of(report):
        say(row(hop))


# ------------------------------------------------------------------- the mission


def act_start(m):
    heading("1. The gateway starts first; the simulator comes later")
    m.start_gateway()
    say("gateway listens at %s:%d" % m.gateway.at)
    ground = m.context.drone(m.gateway)
    m.drones["ground"], m.seen["ground"] = ground, []
    ground.register("ground", kind="KIND_GROUND_STATION", callsign="Tower", software="demo")
    entries = ground.request(list_scenarios={}).scenarios.entries
    for entry in entries:
        shape = f"star around {entry.hub}" if entry.hub else "mesh"
        say(f"    {entry.name:10} {shape}: {entry.description}")
    expect(not m.available(), f"none of them is available: {entries[0].message}")
    m.start_simulator()
    say(f"simulator {uavtest.SIMULATOR} listens at %s:%d" % m.sim_at)
    m.until(lambda: len(m.available()) == len(entries),
            "all are available: the simulator has accepted them")


def act_register(m):
    heading("2. Drones register and choose a scenario; everyone is told")
    for drone_id in ("uav1", "uav2", "uav3"):
        drone = m.context.drone(m.gateway)
        m.drones[drone_id], m.seen[drone_id] = drone, []
        welcome = drone.register(drone_id, software="demo")
        say(f"{drone_id} registered as session {welcome.session}, {welcome.online} online")
    for drone_id, drone in m.drones.items():
        m.choose(drone_id, "field")
        m.place(drone_id, *TRACKS[drone_id])
    m.until(lambda: {(i, "ONLINE") for i in ("uav1", "uav2", "uav3")}
            <= {(one[0], one[1]) for one in m.seen["ground"]},
            "the ground station was told that uav1, uav2 and uav3 are online")
    m.until(lambda: ("uav3", "SCENARIO", "UNSPECIFIED", "field") in m.seen["uav1"],
            "uav1 was told that uav3 entered the scenario")
    say("who is there, as uav1 sees it:")
    for entry in m.drones["uav1"].request(list_drones={"scenario": "field"}).drones.entries:
        at = entry.position.geodetic
        say(f"    {entry.drone_id:6} {entry.callsign:6} {at.latitude_e7 / 1e7:12.7f} "
            f"{at.longitude_e7 / 1e7:12.7f} {at.altitude_mm / 1000:7.1f} m")


def act_one_to_one(m):
    heading("3. One to one through the channel")
    report, got = m.send("ground", "uav1", b"take off")
    show_hops(report)
    expect(report.outcomes[0].outcome == relay.OUTCOME_DELIVERED, "uav1 got the message")
    sent, received = report.outcomes[0].hops[0].link, got["uav1"].hops[0].link
    expect(sent.SerializeToString() == received.SerializeToString(),
           f"both ends read the same numbers: SNR {received.snr_db!r} dB, "
           f"path loss {received.path_loss_db!r} dB")
    report, _ = m.send("uav1", "nobody", b"hello?")
    expect(report.outcomes[0].outcome == relay.OUTCOME_TARGET_OFFLINE,
           "a message to a drone that is not there: TARGET_OFFLINE")


def act_everyone(m):
    heading("4. One to everyone")
    report, got = m.send("ground", None, b"weather: wind 4 m/s")
    show_hops(report)
    expect(set(got) == {"uav1", "uav2", "uav3"}, "all three drones got it")


def act_fly_out(m):
    heading("5. uav3 flies out of range, calling the ground station on the way")
    say(COLUMNS)
    outcomes = []
    for distance in (300, 600, 1200, 1800, 2400, 4800, 9600):
        along = distance / math.sqrt(2)
        m.place("uav3", along, along, 100.0)
        report, _ = m.send("uav3", "ground", b"position report %d" % distance)
        outcomes.append(report.outcomes[0].outcome)
        say(row(report.outcomes[0].hops[0]))
        m.pump()
    expect(outcomes[0] == relay.OUTCOME_DELIVERED, "near by it was heard")
    expect(outcomes[-1] == relay.OUTCOME_LOST, "far out it is not heard, and knows it: LOST")


def act_star(m):
    heading("6. The same drones in a star: the ground station relays between them")
    for drone_id in ("uav1", "uav2", "uav3", "ground"):
        m.choose(drone_id, STAR)
        local = dict(zip(("east_m", "north_m", "up_m"), STAR_TRACKS[drone_id]))
        reply = m.drones[drone_id].request(update_state={"position": {"local": local}})
        assert reply.HasField("done"), reply
    m.until(lambda: ("ground", "HUB_UP", "UNSPECIFIED", STAR) in m.seen["uav1"],
            "the drones were told that the hub is there: HUB_UP")
    report, got = m.send("uav1", "uav2", b"do you see the runway?")
    show_hops(report)
    hops = got["uav2"].hops
    expect([(hop.transmitter, hop.receiver) for hop in hops] == [("uav1", "ground"),
                                                                 ("ground", "uav2")],
           "uav1 to uav2 took two hops, each with numbers of its own")
    say(f"    {sum(hop.link.delay_us for hop in hops)} us in the air in all, and handed over "
        f"{hops[-1].late_by_us} us later than that (delay = real)")
    m.pump()
    expect(not any(e.HasField("delivery") for e in m.drones["ground"].events),
           "the ground station was not handed what it only relayed")


def act_group(m):
    heading("7. A group: uav2 and uav3 survey, uav3 far away")
    for drone_id in ("uav2", "uav3"):
        reply = m.drones[drone_id].request(join_group={"group": "survey"})
        assert reply.HasField("done"), reply
    report, got = m.send("uav1", None, b"next field, please", group="survey")
    show_hops(report)
    expect({target.drone_id: outcome_name(target.outcome) for target in report.outcomes}
           == {"uav2": "DELIVERED", "uav3": "LOST"},
           "uav2 heard it, uav3 did not; uav1 was told of each: lost on the second hop")
    expect(got["uav2"].to == "survey", "uav2 can tell that it was for the group")


def act_hub_leaves(m):
    heading("8. The hub leaves")
    m.choose("ground", "field")
    m.until(lambda: ("ground", "HUB_DOWN", "UNSPECIFIED", STAR) in m.seen["uav1"],
            "the drones were told: HUB_DOWN")
    report, _ = m.send("uav1", "uav2", b"anyone?")
    expect(report.outcomes[0].outcome == relay.OUTCOME_NO_ROUTE,
           "without it there is no way from uav1 to uav2: NO_ROUTE")
    for drone_id in ("uav1", "uav2", "uav3"):
        m.choose(drone_id, "field")
    for drone_id, drone in m.drones.items():
        m.place(drone_id, *TRACKS[drone_id])
        drone.events = [e for e in drone.events if not e.HasField("scenario_chosen")]
    say("all follow it to the field")


def act_silence(m):
    heading("9. uav2 falls silent")
    m.silent.add("uav2")
    say("uav2 answers no more pings")
    m.until(lambda: ("uav2", "OFFLINE", "IDLE_TIMEOUT", "field") in m.seen["ground"],
            "the others were told: uav2 OFFLINE, reason IDLE_TIMEOUT")
    uav2 = m.drones["uav2"]
    uav2.wait_closed()
    reasons = [event.goodbye.reason for event in uav2.events if event.HasField("goodbye")]
    expect(reasons == [relay.GOODBYE_REASON_IDLE_TIMEOUT],
           "uav2 was told goodbye(IDLE_TIMEOUT) and its connection closed")


def act_simulator_away(m):
    heading("10. The simulator goes away and comes back")
    m.stop_simulator()
    m.until(lambda: any(e.HasField("scenario_chosen") and not e.scenario_chosen.scenario.available
                        for e in m.drones["ground"].events),
            "the members were told that the scenario is not available")
    start = time.monotonic()
    report, _ = m.send("ground", "uav1", b"are you there?")
    outcome = report.outcomes[0].outcome
    expect(outcome in (relay.OUTCOME_SIMULATOR_DOWN, relay.OUTCOME_SIMULATOR_TIMEOUT),
           f"a message now: {outcome_name(outcome)}, told after "
           f"{(time.monotonic() - start) * 1000:.1f} ms (deadline 1000 ms)")
    m.start_simulator()
    m.until(lambda: "field" in m.available(),
            "the simulator is back; scenario and positions were told to it again")
    report, _ = m.send("ground", "uav1", b"and now?")
    show_hops(report)
    expect(report.outcomes[0].outcome == relay.OUTCOME_DELIVERED,
           "the next message passes; nobody had to reconnect")


def act_end(m):
    heading("11. The end: everyone is told, and the accounts agree")
    expect(m.gateway.stop() == 0, "the gateway has ended in order")
    for drone_id in ("ground", "uav1", "uav3"):
        drone = m.drones[drone_id]
        drone.wait_closed()
        reasons = [event.goodbye.reason for event in drone.events if event.HasField("goodbye")]
        expect(reasons == [relay.GOODBYE_REASON_SHUTTING_DOWN],
               f"{drone_id} was told goodbye(SHUTTING_DOWN)")
    m.stop_simulator()
    gateway = m.gateway.wait_event("accounts")
    drones = m.books.outcomes
    rows = [outcome_name(value).lower() for value in relay.Outcome.values() if value]
    print()
    say("targets of messages    drones   gateway")
    for key in rows:
        if drones.get(key) or int(gateway.get(key, 0)):
            say(f"    {key:17}{drones.get(key, 0):8}{gateway.get(key, 0):>10}")
    say(f"    {'in all':17}{m.books.targets:8}{gateway['accepted']:>10}")
    simulator = {key: sum(int(accounts[key]) for accounts in m.sim_accounts)
                 for key in (*HOP_OUTCOMES, "receptions")}
    say("hops in the channel    drones   gateway  simulator")
    for key in HOP_OUTCOMES:
        say(f"    {key:17}{m.books.hops.get(key, 0):8}{'':10}{simulator[key]:11}")
    say(f"    {'in all':17}{sum(m.books.hops.values()):8}{gateway['results']:>10}"
        f"{simulator['receptions']:11}")
    expect(all(drones.get(key, 0) == int(gateway.get(key, 0)) for key in rows)
           and m.books.targets == int(gateway["accepted"]),
           "drones and gateway agree: accepted = delivered + lost + dropped, by reason")
    expect(all(m.books.hops.get(key, 0) == simulator[key] for key in HOP_OUTCOMES)
           and sum(m.books.hops.values()) == int(gateway["results"]) == simulator["receptions"],
           "drones, gateway and simulator agree on every hop")
    expect(m.books.handed_over == drones.get("delivered", 0) + drones.get("corrupted", 0),
           "what was reported as handed over is what the drones received")


ACTS = (act_start, act_register, act_one_to_one, act_everyone, act_fly_out, act_star, act_group,
        act_hub_leaves, act_silence, act_simulator_away, act_end)


def main():
    start = time.monotonic()
    context = uavtest.Context()
    failure = None
    try:
        mission = Mission(context)
        for act in ACTS:
            act(mission)
    except (AssertionError, OSError, uavtest.Skip) as error:
        failure = error
    logs = context.logs()
    complaints = context.close()
    if failure or complaints:
        print(f"\n{logs}\n\ndemo: {failure or '; '.join(complaints)}", file=sys.stderr)
        return 1
    print(f"\nAll of this happened in {time.monotonic() - start:.1f} s; no process is left.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
