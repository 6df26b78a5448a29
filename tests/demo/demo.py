"""`make demo`: a mission on real programs over real TCP, from registration to a
simulator that goes away and comes back. Prints what happens as it happens, and ends
with the accounts of drones, gateway and simulator side by side. Ends non-zero
if anything that it shows did not happen. Takes some ten seconds."""

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

# Where they fly: metres east, north, up of the origin.
TRACKS = {
    "gcs": (0.0, 0.0, 2.0),
    "uav1": (120.0, 80.0, 60.0),
    "uav2": (-260.0, 150.0, 90.0),
    "uav3": (200.0, 200.0, 100.0),
}

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


class Books:
    """What the drones themselves saw."""

    def __init__(self):
        self.targets = 0
        self.outcomes = {}
        self.handed_over = 0

    def report(self, report):
        for target in report.outcomes:
            self.targets += 1
            key = outcome_name(target.outcome).lower()
            self.outcomes[key] = self.outcomes.get(key, 0) + 1


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
            sessions={"idle_timeout_ms": 3000, "ping_interval_ms": 1000},
            **{"simulator": {"timeout_ms": 1000}},
        )

    # -- what drones do

    def place(self, drone_id, east, north, up):
        reply = self.drones[drone_id].request(
            update_state={"position": {"geodetic": geodetic(east, north, up)}}
        )
        assert reply.HasField("done"), reply

    def send(self, sender, target, payload):
        """One message, to all when `target` is None; returns (report, deliveries)."""
        reply = self.drones[sender].tell(target, payload)
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


def show_hops(sender, report):
    say("from  to    outcome         distance   path loss       SNR       PER     delay")
    for target in report.outcomes:
        row = f"{sender:5} {target.drone_id:5} {outcome_name(target.outcome):14}"
        for hop in target.hops:
            link = hop.link
            row += (f" {link.distance_m:8.1f} m {link.path_loss_db:8.2f} dB {link.snr_db:6.2f} dB"
                    f" {link.packet_error_rate:9.2e} {link.delay_us:6} us")
        say(row)


# ------------------------------------------------------------------- the mission


def act_start(m):
    heading("1. The gateway starts first; the simulator comes later")
    m.start_gateway()
    say("gateway listens at %s:%d" % m.gateway.at)
    gcs = m.context.drone(m.gateway)
    m.drones["gcs"], m.seen["gcs"] = gcs, []
    gcs.register("gcs", kind="KIND_GROUND_STATION", callsign="Tower", software="demo")
    entry = gcs.request(list_scenarios={}).scenarios.entries[0]
    expect(not entry.available, f'scenario "{entry.name}" is listed as not available: '
                                f"{entry.message}")
    m.start_simulator()
    say("simulator listens at %s:%d" % m.sim_at)
    m.until(lambda: gcs.request(list_scenarios={}).scenarios.entries[0].available,
            f'scenario "{entry.name}" is available: the simulator has accepted it')


def act_register(m):
    heading("2. Drones register and choose a scenario; everyone is told")
    for drone_id in ("uav1", "uav2", "uav3"):
        drone = m.context.drone(m.gateway)
        m.drones[drone_id], m.seen[drone_id] = drone, []
        welcome = drone.register(drone_id, software="demo")
        say(f"{drone_id} registered as session {welcome.session}, {welcome.online} online")
    for drone_id, drone in m.drones.items():
        chosen = drone.request(choose_scenario={"name": "field"}).scenario_chosen
        assert chosen.scenario.name == "field", chosen
        m.place(drone_id, *TRACKS[drone_id])
    m.until(lambda: {(i, "ONLINE") for i in ("uav1", "uav2", "uav3")}
            <= {(one[0], one[1]) for one in m.seen["gcs"]},
            "the ground station was told that uav1, uav2 and uav3 are online")
    m.until(lambda: ("uav3", "SCENARIO", "UNSPECIFIED", "field") in m.seen["uav1"],
            "uav1 was told that uav3 entered the scenario")
    say("who is there, as uav1 sees it:")
    for entry in m.drones["uav1"].request(list_drones={"scenario": "field"}).drones.entries:
        at = entry.position.geodetic
        say(f"    {entry.drone_id:5} {entry.callsign:6} {at.latitude_e7 / 1e7:12.7f} "
            f"{at.longitude_e7 / 1e7:12.7f} {at.altitude_mm / 1000:7.1f} m")


def act_one_to_one(m):
    heading("3. One to one through the channel")
    report, got = m.send("gcs", "uav1", b"take off")
    show_hops("gcs", report)
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
    report, got = m.send("gcs", None, b"weather: wind 4 m/s")
    show_hops("gcs", report)
    expect(set(got) == {"uav1", "uav2", "uav3"}, "all three drones got it")


def act_fly_out(m):
    heading("5. uav3 flies out of range, calling the ground station on the way")
    say("from  to    outcome         distance   path loss       SNR       PER     delay")
    outcomes = []
    for distance in (300, 600, 1200, 1800, 2400, 4800, 9600):
        along = distance / math.sqrt(2)
        m.place("uav3", along, along, 100.0)
        report, _ = m.send("uav3", "gcs", b"position report %d" % distance)
        outcomes.append(report.outcomes[0].outcome)
        link = report.outcomes[0].hops[0].link
        say(f"uav3  gcs   {outcome_name(outcomes[-1]):14} {link.distance_m:8.1f} m "
            f"{link.path_loss_db:8.2f} dB {link.snr_db:6.2f} dB {link.packet_error_rate:9.2e} "
            f"{link.delay_us:6} us")
        m.pump()
    expect(outcomes[0] == relay.OUTCOME_DELIVERED, "near by it was heard")
    expect(outcomes[-1] == relay.OUTCOME_LOST, "far out it is not heard, and knows it: LOST")


def act_silence(m):
    heading("6. uav2 falls silent")
    m.silent.add("uav2")
    say("uav2 answers no more pings")
    m.until(lambda: ("uav2", "OFFLINE", "IDLE_TIMEOUT", "field") in m.seen["gcs"],
            "the others were told: uav2 OFFLINE, reason IDLE_TIMEOUT")
    uav2 = m.drones["uav2"]
    uav2.wait_closed()
    reasons = [event.goodbye.reason for event in uav2.events if event.HasField("goodbye")]
    expect(reasons == [relay.GOODBYE_REASON_IDLE_TIMEOUT],
           "uav2 was told goodbye(IDLE_TIMEOUT) and its connection closed")


def act_simulator_away(m):
    heading("7. The simulator goes away and comes back")
    m.stop_simulator()
    m.until(lambda: any(e.HasField("scenario_chosen") and not e.scenario_chosen.scenario.available
                        for e in m.drones["gcs"].events),
            "the members were told that the scenario is not available")
    start = time.monotonic()
    report, _ = m.send("gcs", "uav1", b"are you there?")
    outcome = report.outcomes[0].outcome
    expect(outcome in (relay.OUTCOME_SIMULATOR_DOWN, relay.OUTCOME_SIMULATOR_TIMEOUT),
           f"a message now: {outcome_name(outcome)}, told after "
           f"{(time.monotonic() - start) * 1000:.1f} ms (deadline 1000 ms)")
    m.start_simulator()
    m.until(lambda: m.drones["gcs"].request(list_scenarios={}).scenarios.entries[0].available,
            "the simulator is back; scenario and positions were told to it again")
    report, _ = m.send("gcs", "uav1", b"and now?")
    show_hops("gcs", report)
    expect(report.outcomes[0].outcome == relay.OUTCOME_DELIVERED,
           "the next message passes; nobody had to reconnect")


def act_end(m):
    heading("8. The end: everyone is told, and the accounts agree")
    expect(m.gateway.stop() == 0, "the gateway has ended in order")
    for drone_id in ("gcs", "uav1", "uav3"):
        drone = m.drones[drone_id]
        drone.wait_closed()
        reasons = [event.goodbye.reason for event in drone.events if event.HasField("goodbye")]
        expect(reasons == [relay.GOODBYE_REASON_SHUTTING_DOWN],
               f"{drone_id} was told goodbye(SHUTTING_DOWN)")
    m.stop_simulator()
    gateway = m.gateway.wait_event("accounts")
    drones, simulator = m.books.outcomes, {}
    for accounts in m.sim_accounts:
        for key in ("receptions", "delivered", "corrupted", "lost"):
            simulator[key] = simulator.get(key, 0) + int(accounts.get(key, 0))
    say("")
    say("targets             drones   gateway  simulator")
    rows = ["delivered", "corrupted", "lost", "target_offline", "simulator_down",
            "simulator_timeout"]
    agree = True
    for row in rows:
        cells = [drones.get(row, 0), int(gateway.get(row, 0))]
        if row in ("delivered", "corrupted", "lost"):
            cells.append(simulator[row])
        agree = agree and len(set(cells)) == 1
        say(f"{row:18}" + "".join(f"{cell:9}" for cell in cells))
    total = int(gateway["accepted"])
    say(f"{'in all':18}{m.books.targets:9}{total:9}")
    expect(agree, "the counts of drones, gateway and simulator agree")
    expect(total == m.books.targets == sum(int(gateway.get(row, 0)) for row in rows),
           "accepted = delivered + lost + dropped, by reason")
    expect(m.books.handed_over == drones.get("delivered", 0) + drones.get("corrupted", 0),
           "what was reported as handed over is what the drones received")


ACTS = (act_start, act_register, act_one_to_one, act_everyone, act_fly_out, act_silence,
        act_simulator_away, act_end)


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
