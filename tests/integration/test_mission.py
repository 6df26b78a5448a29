"""What a well-behaved drone meets, from registration to goodbye."""

import math
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, Presence, ask_in, barrier, bodies, error_of, goodbye_of, link_bytes, members,
    outcome_of, outcomes_of, payloads, ready, settle,
)
from uavtest import relay  # noqa: E402

FAR_M = 5e6  # free space at 2.4 GHz: nothing of 32 bytes gets that far
LONG = b"long enough that one bit in it is wrong"


def entries(drone, **request):
    """{name: entry} of a list of scenarios, or {id: entry} of drones."""
    reply = drone.request(**request)
    inner = getattr(reply, reply.WhichOneof("body"))
    return {getattr(entry, "name", None) or entry.drone_id: entry for entry in inner.entries}


# ------------------------------------------------------------- registration


def test_welcome(t):
    gateway = ready(t, sessions={"idle_timeout_ms": 45000, "ping_interval_ms": 15000})
    before_us = time.time_ns() // 1000
    first = t.drone(gateway, "uav1", callsign="Ærø ✈ 1", software="test 1", kind="KIND_DRONE")
    welcome = first.welcome
    assert (welcome.drone_id, welcome.callsign) == ("uav1", "Ærø ✈ 1")
    assert (welcome.idle_timeout_ms, welcome.ping_interval_ms) == (45000, 15000)
    assert (welcome.max_frame_bytes, welcome.max_payload_bytes) == (65536, 64512)
    assert (welcome.online, welcome.protocol) == (1, 1)
    assert before_us - 1000 <= welcome.time_us <= time.time_ns() // 1000 + 1000
    second = t.drone(gateway, "uav2", kind="KIND_GROUND_STATION")
    assert second.welcome.callsign == "uav2" and second.welcome.online == 2
    assert second.welcome.session > welcome.session > 0
    gateway.wait_event("drone_registered", drone="uav1", software="test 1")


def test_protocol_versions(t):
    gateway = ready(t)
    later = t.drone(gateway)
    assert ask_in(later, drone_id="later", protocol=7).welcome.protocol == 1
    none = t.drone(gateway)
    assert error_of(none.request(registration={"drone_id": "none"})) == "UNSUPPORTED_PROTOCOL"
    assert goodbye_of(none) == "PROTOCOL_ERROR"


def test_everything_in_one_write(t):
    """Registration, choice, state and message need not wait for each other."""
    gateway = ready(t)
    (hearer,) = members(t, gateway, "uav2")
    drone = t.drone(gateway)
    drone.send_bytes(b"".join(uavtest.delimit(relay.ToGateway(ref=ref, **body)) for ref, body in [
        (1, {"registration": {"protocol": 1, "drone_id": "uav1"}}),
        (2, {"choose_scenario": {"name": "field"}}),
        (3, {"update_state": {"position": {"local": {"east_m": 40}}}}),
        (4, {"send": {"drone": "uav2", "payload": b"now", "report": "REPORT_WISH_ALL"}}),
        (5, {"list_drones": {}}),
    ]))
    replies = {event.ref: event for event in (drone.wait_for(lambda e: e.ref != 0) for _ in range(5))}
    assert replies[1].HasField("welcome") and replies[2].HasField("scenario_chosen")
    assert replies[3].HasField("done") and len(replies[5].drones.entries) == 2
    assert outcome_of(replies[4]) == "DELIVERED"
    assert replies[4].send_report.outcomes[0].hops[0].link.distance_m == 40
    assert hearer.wait_for("delivery").delivery.payload == b"now"


# ---------------------------------------------------------------- scenarios


def test_scenarios(t):
    gateway = ready(t, scenarios={
        "field": uavtest.scenario(description="grass – free space", max_drones=3),
        "lab": {key: value for key, value in IDEAL.items() if key != "max_drones"},
    })
    drone, _ = t.drone(gateway, "uav1"), members(t, gateway, "uav2", scenario="lab")
    found = entries(drone, list_scenarios={})
    assert set(found) == {"field", "lab"}
    field, lab = found["field"], found["lab"]
    assert (field.description, field.max_drones, field.drones) == ("grass – free space", 3, 0)
    assert (lab.description, lab.max_drones, lab.drones) == ("", 10000, 1)
    for entry in (field, lab):
        assert entry.topology == relay.TOPOLOGY_MESH and entry.hub == ""
        assert entry.available and entry.message == ""


def test_choosing(t):
    gateway = ready(t, scenarios={"field": uavtest.scenario(max_drones=1), "lab": IDEAL})
    one, two = t.drone(gateway, "uav1"), t.drone(gateway, "uav2")

    def choose(drone, name):
        reply = drone.request(choose_scenario={"name": name})
        return reply.scenario_chosen if reply.HasField("scenario_chosen") else error_of(reply)

    chosen = choose(one, "field")
    assert (chosen.scenario.name, chosen.scenario.drones, chosen.scenario.available) == ("field", 1, True)
    assert choose(one, "field").scenario.drones == 1
    assert choose(two, "field") == "SCENARIO_FULL"
    assert choose(two, "fjeld") == "NO_SUCH_SCENARIO"
    assert choose(two, "no name") == "NO_SUCH_SCENARIO"
    assert choose(two, "lab").scenario.name == "lab"
    assert choose(two, "field") == "SCENARIO_FULL"
    assert choose(one, "lab").scenario.drones == 2
    assert choose(two, "field").scenario.name == "field"
    assert not choose(two, "").HasField("scenario")
    assert not choose(two, "").HasField("scenario")
    assert entries(one, list_scenarios={})["field"].drones == 0


def test_registration_with_a_scenario(t):
    gateway = ready(t)
    drone = t.drone(gateway)
    drone.send(ref=9, registration={"protocol": 1, "drone_id": "uav1", "scenario": "field"})
    assert drone.reply_to(9).HasField("welcome")
    assert drone.reply_to(9).scenario_chosen.scenario.name == "field"
    other = t.drone(gateway)
    other.send(ref=9, registration={"protocol": 1, "drone_id": "uav2", "scenario": "fjeld"})
    assert other.reply_to(9).HasField("welcome")
    assert error_of(other.reply_to(9)) == "NO_SUCH_SCENARIO"
    assert entries(other, list_drones={})["uav2"].scenario == ""


def test_placement(t):
    """Who names no scenario is put where the listener says, else into the default one. It is
    entered as one that was named: the answers are the same."""
    gateway = ready(
        t, gateway={"default_scenario": "lab"},
        scenarios={"field": uavtest.scenario(), "lab": {**IDEAL, "max_drones": 1},
                   "hall": {**IDEAL, "max_drones": 1}},
        **{"listen:hall": {"address": f"{uavtest.HOST}:0", "scenario": "hall"}})
    hall = gateway.address(listener="hall")

    def register(drone_id, at=None, **fields):
        drone = t.drone(gateway, at=at)
        drone.send(ref=9, registration={"protocol": 1, "drone_id": drone_id, **fields})
        assert drone.reply_to(9).HasField("welcome")
        reply = drone.reply_to(9)
        if reply.HasField("error"):
            return error_of(reply)
        assert reply.scenario_chosen.scenario.available
        return reply.scenario_chosen.scenario.name

    assert register("uav1") == "lab"
    assert register("uav2", hall) == "hall"
    assert register("uav3") == register("uav4", hall) == "SCENARIO_FULL"
    assert register("uav5", scenario="field") == register("uav6", hall, scenario="field") == "field"
    watcher = t.drone(gateway, "uav7", scenario="field")
    found = {name: entry.scenario for name, entry in entries(watcher, list_drones={}).items()}
    assert found == {"uav1": "lab", "uav2": "hall", "uav3": "", "uav4": "", "uav5": "field",
                     "uav6": "field", "uav7": "field"}
    assert watcher.request(choose_scenario={"name": ""}).HasField("scenario_chosen")
    assert entries(watcher, list_drones={})["uav7"].scenario == "", "it may leave all the same"


def test_lists_are_cut_to_the_readers_frame(t):
    """Each frame fits what the drone can take; `more` joins them."""
    texts = {f"s{n:03}": {**IDEAL, "description": "d" * 150 + str(n)} for n in range(40)}
    gateway = ready(t, scenarios=texts)
    small = t.drone(gateway, "small", max_frame_bytes=768, presence="PRESENCE_WISH_NONE")
    for number in range(40):
        t.drone(gateway, f"uav{number:02}", callsign=f"a drone of this number: {number}")
    for body, key in (({"list_scenarios": {}}, "scenarios"), ({"list_drones": {}}, "drones")):
        small.send(ref=77, **body)
        names, frames, more = [], 0, True
        while more:
            frame = small.wait_for(lambda event: event.ref == 77)
            assert frame.ByteSize() <= 768
            part = getattr(frame, key)
            names += [getattr(e, "name", None) or e.drone_id for e in part.entries]
            frames, more = frames + 1, part.more
        assert frames > 2 and len(names) == len(set(names)) == 40 + (key == "drones")
    assert set(entries(small, list_scenarios={})) == set(texts)


# ---------------------------------------------------------- drones and state


def test_listing_drones(t):
    gateway = ready(t, scenarios={"field": uavtest.scenario(), "lab": IDEAL})
    (one,) = members(t, gateway, "uav1", callsign="Falke", kind="KIND_GROUND_STATION")
    (two,) = members(t, gateway, "uav2", scenario="lab")
    t.drone(gateway, "uav3")
    one.place(1.5, -2.25, 100.0)
    geodetic = {"latitude_e7": 473977001, "longitude_e7": 85456002, "altitude_mm": -12345}
    reply = two.request(update_state={"position": {"geodetic": geodetic}})
    assert reply.HasField("done")
    found = entries(one, list_drones={})
    assert set(found) == {"uav1", "uav2", "uav3"}
    assert (found["uav1"].callsign, found["uav1"].kind) == ("Falke", relay.KIND_GROUND_STATION)
    assert [found[name].scenario for name in sorted(found)] == ["field", "lab", ""]
    assert found["uav1"].position.local == relay.Local(east_m=1.5, north_m=-2.25, up_m=100.0)
    assert found["uav2"].position.geodetic == relay.Geodetic(**geodetic)
    assert not found["uav3"].HasField("position")
    assert found["uav3"].callsign == "uav3"
    assert set(entries(one, list_drones={"scenario": "lab"})) == {"uav2"}
    assert error_of(one.request(list_drones={"scenario": "fjeld"})) == "NO_SUCH_SCENARIO"

    def idle():
        return entries(one, list_drones={})["uav3"]

    aged = uavtest.wait_until(lambda: (found := idle()).idle_ms >= 30 and found)
    assert aged.online_ms >= aged.idle_ms
    assert entries(one, list_drones={})["uav1"].idle_ms <= aged.idle_ms


def test_states(t):
    """Absent parts stay as they are; what is wrong changes nothing."""
    bare = {key: value for key, value in IDEAL.items() if key != "origin"}
    gateway = ready(t, scenarios={"field": uavtest.scenario(), "bare": bare})
    one, two = members(t, gateway, "uav1", "uav2")

    def update(drone, **state):
        reply = drone.request(update_state=state)
        return "done" if reply.HasField("done") else error_of(reply)

    assert update(one) == "done"
    assert update(one, position={"local": {"east_m": 30.0}}) == "done"
    assert update(one, velocity={"north_mps": 4.0}, attitude={"yaw_deg": 90.0}) == "done"
    assert update(one, radio={"tx_power_dbm": 7.5, "noise_figure_db": 3.0}, at_us=1) == "done"
    assert update(two, position={"local": {"north_m": 40.0}}) == "done"
    link = one.tell("uav2", LONG).send_report.outcomes[0].hops[0].link
    assert (link.distance_m, link.tx_power_dbm) == (50.0, 7.5)
    for wrong in (
        {"geodetic": {"latitude_e7": 900000001}},
        {"geodetic": {"latitude_e7": -900000001}},
        {"geodetic": {"longitude_e7": 1800000001}},
        {"geodetic": {"longitude_e7": -1800000001}},
        {"local": {"east_m": math.nan}},
        {"local": {"up_m": -math.inf}},
    ):
        assert update(one, position=wrong) == "BAD_REQUEST", wrong
    for part in ({"velocity": {"up_mps": math.inf}}, {"attitude": {"roll_deg": math.nan}},
                 {"radio": {"tx_power_dbm": -math.inf}}):
        assert update(one, **part) == "BAD_REQUEST", part
    assert entries(one, list_drones={})["uav1"].position.local.east_m == 30.0
    (three,) = members(t, gateway, "uav3", scenario="bare")
    assert update(three, position={"geodetic": {"latitude_e7": 1}}) == "NO_ORIGIN"
    assert update(three, position={"local": {"up_m": 1.0}}) == "done"
    assert update(t.drone(gateway, "uav4"), position={"geodetic": {"latitude_e7": 1}}) == "done"


def test_geodetic_positions_become_local(t):
    """A second of latitude is 30.9 m at 47 degrees; the simulator gets metres."""
    gateway = ready(t)
    one, two = members(t, gateway, "uav1", "uav2")
    for drone, north_e7, up_mm in ((one, 0, 488000), (two, 10000, 488000)):
        place = {"latitude_e7": 473977000 + north_e7, "longitude_e7": 85456000, "altitude_mm": up_mm}
        assert drone.request(update_state={"position": {"geodetic": place}}).HasField("done")
    link = one.tell("uav2", LONG).send_report.outcomes[0].hops[0].link
    # a meridian's arc at 47.4 degrees on WGS 84: 111180 m a degree
    assert abs(link.distance_m - 111.18) < 0.1, link


# ---------------------------------------------------------------- messages


def test_delivery_and_report(t):
    """Both ends read the same numbers, bit for bit."""
    gateway = ready(t)
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.place(0.0, 0.0, 50.0)
    two.place(300.0, -400.0, 50.0)
    for payload, content_type in ((b"hello", "text/plain"), (b"", ""), (bytes(range(256)) * 252, "x" * 64)):
        before_us = time.time_ns() // 1000
        reply = one.tell("uav2", payload, content_type=content_type)
        delivery = two.wait_for("delivery").delivery
        assert delivery.payload == payload and delivery.content_type == content_type
        assert (delivery.sender, delivery.to) == ("uav1", "")
        assert before_us - 1000 <= delivery.sent_at_us <= time.time_ns() // 1000 + 1000
        outcome = reply.send_report.outcomes[0]
        assert not reply.send_report.more and outcome.drone_id == "uav2"
        for hops in (delivery.hops, outcome.hops):
            (hop,) = hops
            assert (hop.transmitter, hop.receiver) == ("uav1", "uav2")
            assert (hop.outcome, hop.reason) == (relay.OUTCOME_DELIVERED, relay.REASON_NONE)
            assert (hop.source, hop.late_by_us) == (relay.SOURCE_LIVE, 0)
            assert hop.link.distance_m == 500.0 and hop.link.snr_db > 10
            assert link_bytes(hop.link) == link_bytes(delivery.hops[0].link)
    barrier(one)
    assert bodies(one) == [] and bodies(two) == []


def test_report_wishes_for_one(t):
    gateway = ready(t)
    one, near, far = members(t, gateway, "uav1", "near", "far", presence="PRESENCE_WISH_NONE")
    far.place(FAR_M)
    for target, wish, expected in (
        ("near", "REPORT_WISH_NONE", None),
        ("near", "REPORT_WISH_FAILURES", "done"),
        ("near", "REPORT_WISH_ALL", "DELIVERED"),
        ("far", "REPORT_WISH_NONE", None),
        ("far", "REPORT_WISH_FAILURES", "LOST"),
        ("far", "REPORT_WISH_ALL", "LOST"),
        ("ghost", "REPORT_WISH_NONE", None),
        ("ghost", "REPORT_WISH_FAILURES", "TARGET_OFFLINE"),
        ("ghost", "REPORT_WISH_ALL", "TARGET_OFFLINE"),
    ):
        if expected is None:
            one.send(ref=1000, send={"drone": target, "payload": LONG, "report": wish})
            one.send(ref=0, send={"drone": target, "payload": LONG, "report": "REPORT_WISH_ALL"})
            continue
        reply = one.tell(target, LONG, wish)
        assert ("done" if reply.HasField("done") else outcome_of(reply)) == expected, (target, wish)
        if expected == "LOST":
            outcome = reply.send_report.outcomes[0]
            assert outcome.reason == outcome.hops[0].reason == relay.REASON_PACKET_ERROR
            assert outcome.hops[0].link.packet_error_rate > 0.9
        if expected == "TARGET_OFFLINE":
            assert not reply.send_report.outcomes[0].hops
    for drone in (one, far):
        barrier(drone)
        assert bodies(drone) == [], drone.events
    uavtest.wait_until(lambda: barrier(near) or len(bodies(near)) == 4)
    accounts = settle(gateway)
    assert (accounts["delivered"], accounts["lost"], accounts["target_offline"]) == (4, 4, 4)


def test_report_wishes_for_everyone(t):
    gateway = ready(t)
    one, near, nearer, far = members(
        t, gateway, "uav1", "near", "nearer", "far", presence="PRESENCE_WISH_NONE")
    far.place(FAR_M)
    everything = {"near": "DELIVERED", "nearer": "DELIVERED", "far": "LOST"}
    reply = one.tell(None, LONG)
    assert outcomes_of(reply) == everything
    links = {o.drone_id: link_bytes(o.hops[0].link) for o in reply.send_report.outcomes}
    for drone in (near, nearer):
        delivery = drone.wait_for("delivery").delivery
        assert (delivery.sender, delivery.to, delivery.sequence) == ("uav1", "", 1)
        assert link_bytes(delivery.hops[0].link) == links[drone.drone_id]
        assert delivery.hops[0].receiver == drone.drone_id
    assert outcomes_of(one.tell(None, LONG, "REPORT_WISH_FAILURES")) == {"far": "LOST"}
    one.send(ref=1000, send={"everyone": {}, "payload": LONG})
    far.place(0.0)
    assert one.tell(None, LONG, "REPORT_WISH_FAILURES").HasField("done")
    for drone in (one, near, nearer, far):
        barrier(drone)
    assert payloads(near) == payloads(nearer) == [LONG] * 3
    assert payloads(far) == [LONG] and bodies(one) == []
    accounts = settle(gateway)
    assert (accounts["sends"], accounts["accepted"], accounts["lost"]) == (4, 12, 3)


def test_everyone_with_nobody_there(t):
    gateway = ready(t)
    (one,) = members(t, gateway, "uav1")
    assert outcomes_of(one.tell(None, b"anybody?")) == {}
    assert one.tell(None, b"anybody?", "REPORT_WISH_FAILURES").HasField("done")


def test_what_the_channel_never_decides(t):
    gateway = ready(t, scenarios={"field": IDEAL, "lab": IDEAL})
    (one,) = members(t, gateway, "uav1")
    members(t, gateway, "elsewhere", scenario="lab")
    members(t, gateway, "small", max_frame_bytes=768)
    idler = t.drone(gateway, "idler")
    for target, payload, outcome in (
        ("ghost", b"", "TARGET_OFFLINE"),
        ("no id\n", b"", "TARGET_OFFLINE"),
        ("elsewhere", b"", "NO_ROUTE"),
        ("idler", b"", "NO_ROUTE"),
        ("uav1", b"", "NOT_ALLOWED"),
        ("small", bytes(1000), "TOO_LARGE"),
        ("small", bytes(100), "DELIVERED"),
    ):
        reply = one.tell(target, payload)
        assert outcome_of(reply) == outcome, (target, reply)
        told = reply.send_report.outcomes[0]
        assert len(told.hops) == (outcome == "DELIVERED")
        assert told.drone_id == ("" if target == "no id\n" else target)
    limit = one.welcome.max_payload_bytes
    assert outcomes_of(one.tell(None, bytes(limit))) == {"small": "TOO_LARGE"}
    for body, code in (
        ({"drone": "small", "payload": bytes(limit + 1)}, "PAYLOAD_TOO_LARGE"),
        ({"payload": b"to nobody"}, "BAD_REQUEST"),
        ({"everyone": {}, "content_type": "x" * 65}, "BAD_REQUEST"),
        ({"group": "no name"}, "BAD_NAME"),
    ):
        assert error_of(one.request(send=body)) == code, code
    assert error_of(idler.tell("uav1", b"")) == "NO_SCENARIO"
    assert outcome_of(one.tell("small", b"still here")) == "DELIVERED"
    settle(gateway)


def test_sequence(t):
    """From 1 at each entering; what never reaches the channel does not count."""
    gateway = ready(t, scenarios={"field": IDEAL, "lab": IDEAL})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")

    def number(target="uav2"):
        assert set(outcomes_of(one.tell(target, b"x")).values()) == {"DELIVERED"}
        return two.wait_for("delivery").delivery.sequence

    assert [number(), number(), number(None)] == [1, 2, 3]
    assert outcome_of(one.tell("ghost", b"x")) == "TARGET_OFFLINE"
    assert number() == 4
    for name in ("lab", "field"):
        assert one.request(choose_scenario={"name": name}).HasField("scenario_chosen")
    assert number() == 1
    assert one.request(choose_scenario={"name": "field"}).HasField("scenario_chosen")
    assert number() == 2, "choosing the present one changes nothing"


def test_no_reply_but_errors(t):
    """What ref 0 asks for."""
    gateway = ready(t)
    (drone,) = members(t, gateway, "uav1", presence="PRESENCE_WISH_NONE")
    for body in (
        {"list_scenarios": {}}, {"list_drones": {}}, {"choose_scenario": {"name": ""}},
        {"choose_scenario": {"name": "field"}}, {"update_state": {}},
        {"send": {"drone": "ghost", "report": "REPORT_WISH_ALL"}},
        {"send": {"everyone": {}, "report": "REPORT_WISH_ALL"}},
        {"send": {"everyone": {}, "report": "REPORT_WISH_FAILURES"}}, {"pong": {"nonce": 1}},
        {"rename": {"callsign": "Falke"}}, {"rename": {}}, {"join_group": {"group": "red"}},
        {"send": {"group": "red", "report": "REPORT_WISH_ALL"}}, {"leave_group": {"group": "red"}},
    ):
        drone.send(ref=0, **body)
    barrier(drone)
    assert drone.events == []
    for body, code in (
        ({"choose_scenario": {"name": "fjeld"}}, "NO_SUCH_SCENARIO"),
        ({"list_drones": {"scenario": "fjeld"}}, "NO_SUCH_SCENARIO"),
        ({"send": {}}, "BAD_REQUEST"),
        ({"rename": {"callsign": "two\nlines"}}, "BAD_NAME"),
        ({"join_group": {"group": ""}}, "BAD_NAME"),
        ({"authenticate": {}}, "ALREADY_REGISTERED"),
        ({"update_state": {"position": {"geodetic": {"latitude_e7": 999999999}}}}, "BAD_REQUEST"),
    ):
        drone.send(ref=0, **body)
        reply = drone.wait_for("error")
        assert reply.ref == 0 and error_of(reply) == code
    drone.send(ref=0, ping={"nonce": 2**64 - 1})
    assert drone.wait_for("pong").pong.nonce == 2**64 - 1


# ---------------------------------------------------------------- presence


def test_presence(t):
    gateway = ready(t)
    watcher = t.drone(gateway, "watcher")
    told = Presence(watcher)
    one = t.drone(gateway, "uav1", callsign="Falke")
    told.wait("uav1", "ONLINE", "UNSPECIFIED", "", "Falke")
    one.request(choose_scenario={"name": "field"})
    told.wait("uav1", "SCENARIO", "UNSPECIFIED", "field", "Falke")
    one.request(choose_scenario={"name": ""})
    told.wait("uav1", "SCENARIO", "UNSPECIFIED", "", "Falke")
    one.request(leave={})
    told.wait("uav1", "OFFLINE", "LEFT", "", "Falke")
    (two,) = members(t, gateway, "uav2")
    two.close()
    told.wait("uav2", "OFFLINE", "CONNECTION_LOST", "field", "uav2")
    (three,) = members(t, gateway, "uav3")
    three.send_bytes(b"\x00")
    told.wait("uav3", "OFFLINE", "PROTOCOL_ERROR", "field")
    assert [entry[:2] for entry in told.told if entry[0] == "uav2"] == [
        ("uav2", "ONLINE"), ("uav2", "SCENARIO"), ("uav2", "OFFLINE")]
    assert told.missed == 0


def test_presence_wishes(t):
    gateway = ready(t, scenarios={"field": IDEAL, "lab": IDEAL})
    everything = Presence(t.drone(gateway, "all"))
    mine = Presence(members(t, gateway, "mine", presence="PRESENCE_WISH_SCENARIO")[0])
    nothing = Presence(members(t, gateway, "nothing", presence="PRESENCE_WISH_NONE")[0])
    members(t, gateway, "uav1", scenario="lab")[0].request(leave={})
    (two,) = members(t, gateway, "uav2")
    everything.wait("uav2", "SCENARIO")  # or the next change would take its place
    two.request(choose_scenario={"name": "lab"})
    two.request(leave={})
    members(t, gateway, "uav3")[0].request(leave={})
    everything.wait("uav3", "OFFLINE")
    for drone in (mine.drone, nothing.drone):
        barrier(drone)
    assert [e[:4] for e in mine.take() if e[0].startswith("uav")] == [
        ("uav2", "SCENARIO", "UNSPECIFIED", "field"),
        ("uav2", "SCENARIO", "UNSPECIFIED", "lab"),
        ("uav3", "SCENARIO", "UNSPECIFIED", "field"),
        ("uav3", "OFFLINE", "LEFT", "field"),
    ]
    assert nothing.take() == []
    assert [entry[:2] for entry in everything.told if entry[0] == "uav2"] == [
        ("uav2", "ONLINE"), ("uav2", "SCENARIO"), ("uav2", "SCENARIO"), ("uav2", "OFFLINE")]


def test_presence_is_gathered(t):
    """Forty who come within one interval are told in one frame or few."""
    gateway = ready(t, presence={"interval_ms": 1000})
    watcher = Presence(t.drone(gateway, "watcher"))
    for number in range(40):
        t.drone(gateway, f"uav{number}")
    watcher.wait("uav39", "ONLINE")
    online = [entry[0] for entry in watcher.told if entry[1] == "ONLINE" and entry[0] != "watcher"]
    assert online == [f"uav{number}" for number in range(40)]
    assert len(watcher.frames) <= 10, watcher.frames


# ------------------------------------------------------- the rest of a dialogue


def test_ping(t):
    gateway = ready(t)
    drone = t.drone(gateway, "uav1")
    reply = drone.request(ping={"nonce": 12345678901234567890})
    assert reply.pong.nonce == 12345678901234567890
    assert abs(reply.pong.time_us - time.time_ns() // 1000) < 60_000_000


def test_leave(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    one, two = members(t, gateway, "uav1", "uav2")
    one.send(send={"drone": "uav2", "payload": b"last words"})
    reply = one.request(leave={})
    assert reply.goodbye.reason == relay.GOODBYE_REASON_LEFT
    one.wait_closed()
    assert two.wait_for("delivery").delivery.payload == b"last words"
    assert set(entries(two, list_drones={})) == {"uav2"}
    again = t.drone(gateway, "uav1")
    assert again.welcome.session > one.welcome.session


def test_authenticate_unasked(t):
    gateway = ready(t)
    (drone,) = members(t, gateway, "uav1")
    assert error_of(drone.request(authenticate={"proof": bytes(32)})) == "ALREADY_REGISTERED"
    barrier(drone)


def raw(ref, body):
    """A ToGateway frame around bytes that no generated class would write."""
    message = relay.ToGateway(ref=ref).SerializeToString() + body
    return uavtest.encode_varint(len(message)) + message


def field(number, data):
    """A length-delimited field."""
    return uavtest.encode_varint(number << 3 | 2) + uavtest.encode_varint(len(data)) + data


def test_unknown_request(t):
    gateway = ready(t)
    (drone,) = members(t, gateway, "uav1")
    for ref, body in ((501, field(100, b"later")), (502, b""), (503, field(15, b""))):
        drone.send_bytes(raw(ref, body))
        assert error_of(drone.reply_to(ref)) == "UNKNOWN_REQUEST", body
    barrier(drone)


def test_unknown_fields_are_ignored(t):
    gateway = ready(t)
    drone = t.drone(gateway)
    registration = relay.Registration(protocol=1, drone_id="uav1").SerializeToString()
    drone.send_bytes(raw(7, field(6, registration + field(99, b"later")) + field(999, b"x")))
    assert drone.reply_to(7).welcome.drone_id == "uav1"
    (two,) = members(t, gateway, "uav2")
    drone.request(choose_scenario={"name": "field"})
    send = relay.Send(drone="uav2", payload=b"x", report=relay.REPORT_WISH_ALL).SerializeToString()
    drone.send_bytes(raw(8, field(2, field(77, b"later") + send)))
    assert outcome_of(drone.reply_to(8)) == "DELIVERED"
    assert two.wait_for("delivery").delivery.payload == b"x"


def test_bad_requests(t):
    """Well framed, not allowed: told, and the connection stays."""
    gateway = ready(t)
    one, _ = members(t, gateway, "uav1", "uav2")
    everyone = field(3, b"")
    for ref, body in enumerate((
        field(2, everyone + b"\x30\x09"),  # report 9
        field(2, everyone + b"\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),  # report -1
        field(2, field(1, b"\xff\xfe")),  # drone: not UTF-8
        field(2, field(1, b"uav\x00 2")),  # ... with a NUL
        field(2, everyone + field(5, b"\xc3")),  # content_type: cut short
        field(9, field(1, b"\xed\xa0\x80")),  # scenario's name: a surrogate
        field(10, field(1, b"\xc0\xaf")),  # ... overlong
        field(3, field(1, field(2, b"\x0d\x00\x00\xc0\x7f"))),  # position: NaN
    ), 600):
        one.send_bytes(raw(ref, body))
        assert error_of(one.reply_to(ref)) == "BAD_REQUEST", body
    barrier(one)
    assert outcome_of(one.tell("uav2", b"fine")) == "DELIVERED"


def test_a_registration_with_an_unknown_enum_is_told_why(t):
    gateway = ready(t)
    for wrong in ({"kind": 9}, {"presence": 9}, {"callsign": None}):
        drone = t.drone(gateway)
        registration = {"protocol": 1, "drone_id": "uav1"}
        if wrong.get("callsign", 0) is None:
            body = relay.Registration(**registration).SerializeToString() + field(3, b"\xff")
        else:
            body = relay.Registration(**registration, **wrong).SerializeToString()
        drone.send_bytes(raw(5, field(6, body)))
        assert error_of(drone.reply_to(5)) == "BAD_REQUEST", wrong


def test_more_than_the_window(t):
    """A drone that writes on without reading answers is slowed down, and loses nothing."""
    gateway = ready(t, scenarios={"field": IDEAL}, limits={"max_in_flight_per_drone": 4})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    count = 1000
    one.send_bytes(b"".join(
        uavtest.delimit(relay.ToGateway(ref=ref, send={
            "drone": "uav2", "payload": b"%d" % ref, "report": "REPORT_WISH_ALL"}))
        for ref in range(1, count + 1)))
    for ref in range(1, count + 1):
        reply = one.wait_for("send_report")
        assert reply.ref == ref and outcome_of(reply) == "DELIVERED"
    for ref in range(1, count + 1):
        delivery = two.wait_for("delivery").delivery
        assert (delivery.sequence, delivery.payload) == (ref, b"%d" % ref)
    accounts = settle(gateway)
    assert accounts["transmits"] == accounts["delivered"] == count


if __name__ == "__main__":
    uavtest.run()
