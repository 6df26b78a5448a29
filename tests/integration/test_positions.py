"""Where drones are, and what else the simulator is told of them."""

import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator  # noqa: E402
from scene import IDEAL, barrier, error_of, members, ready  # noqa: E402
from uavtest import channel  # noqa: E402

ORIGIN = (47.3977, 8.5456, 488.0)  # of uavtest.scenario()
NOBODY = "PRESENCE_WISH_NONE"

# WGS 84: NIMA TR8350.2, third edition, tables 3.1 and 3.3
SEMI_MAJOR_M, FLATTENING = 6378137.0, 1 / 298.257223563
MERIDIAN_DEGREE_M = 111131.8  # at 45 degrees: a (1 - e2) / (1 - e2 / 2)^1.5 * pi / 180


def earth_centred(latitude, longitude, altitude):
    """x, y, z in metres (TR8350.2, equation 4-14)."""
    lat, lon = math.radians(latitude), math.radians(longitude)
    squared = FLATTENING * (2 - FLATTENING)
    radius = SEMI_MAJOR_M / math.sqrt(1 - squared * math.sin(lat) ** 2)
    return ((radius + altitude) * math.cos(lat) * math.cos(lon),
            (radius + altitude) * math.cos(lat) * math.sin(lon),
            (radius * (1 - squared) + altitude) * math.sin(lat))


def east_north_up(origin, place):
    """Metres from the origin, in the plane that touches the ellipsoid there."""
    lat, lon = math.radians(origin[0]), math.radians(origin[1])
    x, y, z = (b - a for a, b in zip(earth_centred(*origin), earth_centred(*place)))
    toward = x * math.cos(lon) + y * math.sin(lon)
    return (y * math.cos(lon) - x * math.sin(lon),
            z * math.cos(lat) - toward * math.sin(lat),
            toward * math.cos(lat) + z * math.sin(lat))


def geodetic(latitude, longitude, altitude=0.0):
    return {"geodetic": {"latitude_e7": round(latitude * 1e7), "longitude_e7": round(longitude * 1e7),
                         "altitude_mm": round(altitude * 1000)}}


def update(drone, **state):
    reply = drone.request(update_state=state)
    return "done" if reply.HasField("done") else error_of(reply)


def distance(one, two):
    """As the channel has it."""
    return one.tell(two.drone_id, b"x").send_report.outcomes[0].hops[0].link.distance_m


def last_node(simulator, drone):
    """What the simulator was last told of a drone, which is not alone."""
    def sent():
        return [r.set_node for r in simulator.connections[0].requests
                if r.HasField("set_node") and r.set_node.name == drone.drone_id]

    # a transmit behind it: everything before that has come
    drone.tell(None, b"")
    return simulator.wait(sent, f"a node of {drone.drone_id}")[-1]


# -------------------------------------------------------------------- height


def test_height_arrives_as_height(t):
    """Two drones one above the other: 100 m apart by altitude alone."""
    gateway = ready(t)
    low, high = members(t, gateway, "low", "high", presence=NOBODY)
    for bottom in (488.0, 0.0, -30.0, 2500.5):
        assert update(low, position=geodetic(47.4, 8.55, bottom)) == "done"
        assert update(high, position=geodetic(47.4, 8.55, bottom + 100.0)) == "done"
        assert abs(distance(low, high) - 100.0) < 0.001, bottom
        assert distance(low, high) == distance(high, low)
    low.place(10.0, 20.0, 30.0)
    high.place(10.0, 20.0, 130.0)
    assert distance(low, high) == 100.0


def test_altitude_has_the_origins_datum(t):
    """Local and geodetic positions meet in one frame: the origin's altitude is height 0."""
    gateway = ready(t)
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    one.place(0.0, 0.0, 0.0)
    assert update(two, position=geodetic(*ORIGIN[:2], ORIGIN[2] + 100.0)) == "done"
    assert abs(distance(one, two) - 100.0) < 0.001
    assert update(two, position=geodetic(*ORIGIN)) == "done"
    assert distance(one, two) == 1.0, "distances have a floor of 1 m"


def test_no_altitude_is_altitude_nought(t):
    gateway = ready(t)
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    assert update(one, position=geodetic(*ORIGIN)) == "done"
    assert update(two, position={"geodetic": {
        "latitude_e7": round(ORIGIN[0] * 1e7), "longitude_e7": round(ORIGIN[1] * 1e7)}}) == "done"
    assert abs(distance(one, two) - ORIGIN[2]) < 0.001


# ---------------------------------------------------------------------- place


def test_geodetic_becomes_local(t):
    """By the scenario's origin, on the ellipsoid: all four hemispheres, a pole, and across
    the 180th meridian."""
    cases = (
        (ORIGIN, (47.4077, 8.5556, 500.0)),
        ((-35.3632621, 149.1652374, 584.0), (-35.37, 149.17, 620.0)),
        ((37.77, -122.42, 16.0), (37.7, -122.5, 0.0)),
        ((-22.9, -43.2, 0.0), (-22.8, -43.3, 150.0)),
        ((0.0, 179.9999, 0.0), (0.0001, -179.9999, 10.0)),
        ((0.0, 0.0, 0.0), (-0.01, -0.01, 5.0)),
        ((90.0, 0.0, 0.0), (89.99, 90.0, 0.0)),
    )
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator, scenarios={
        f"s{number}": {**IDEAL, "origin": "%.7f, %.7f, %.1f" % origin}
        for number, (origin, _) in enumerate(cases)})
    (drone,) = members(t, gateway, "uav1", scenario="s0", presence=NOBODY)
    for number, (origin, place) in enumerate(cases):
        (other,) = members(t, gateway, f"other{number}", scenario=f"s{number}", presence=NOBODY)
        drone.request(choose_scenario={"name": f"s{number}"})
        assert update(drone, position=geodetic(*place)) == "done"
        node = last_node(simulator, drone)
        wanted = east_north_up(origin, place)
        found = (node.position.east_m, node.position.north_m, node.position.up_m)
        for axis in range(3):
            assert abs(found[axis] - wanted[axis]) < 0.01, (origin, place, found, wanted)
        barrier(other)
    # a check of the check: a minute of latitude at 45 degrees
    _, north, _ = east_north_up((45.0, 0.0, 0.0), (45.0 + 1 / 60, 0.0, 0.0))
    assert abs(north * 60 - MERIDIAN_DEGREE_M) < 1.0, north


def test_each_scenario_ties_it_by_its_own_origin(t):
    """The position goes with the drone, and is another one in another frame; a local one is
    the same everywhere."""
    simulator = FakeSimulator(t)
    second = (ORIGIN[0] - 0.01, ORIGIN[1] + 0.02, ORIGIN[2] - 50.0)
    gateway = ready(t, simulator, scenarios={
        "field": uavtest.scenario(), "lab": uavtest.scenario(origin="%.7f, %.7f, %.1f" % second),
        "bare": {key: value for key, value in IDEAL.items() if key != "origin"}})
    one = t.drone(gateway, "uav1", presence=NOBODY)
    for name in ("field", "lab", "bare"):
        members(t, gateway, f"in.{name}", scenario=name, presence=NOBODY)
    place = (47.3985, 8.545, 500.0)
    assert update(one, position=geodetic(*place)) == "done", "before it is anywhere"

    def seen_in(name):
        one.request(choose_scenario={"name": name})
        node = last_node(simulator, one)
        return [node.position.east_m, node.position.north_m, node.position.up_m
                ] if node.HasField("position") else None

    for name, origin in (("field", ORIGIN), ("lab", second)):
        wanted = east_north_up(origin, place)
        assert all(abs(a - b) < 0.01 for a, b in zip(seen_in(name), wanted)), name
    assert seen_in("bare") is None, "nothing ties it there"
    entries = one.request(list_drones={"scenario": "bare"}).drones.entries
    (entry,) = [entry for entry in entries if entry.drone_id == "uav1"]
    assert entry.position.geodetic.altitude_mm == 500000, "as last given"
    one.place(1.5, -2.5, 3.5)
    assert [seen_in(name) for name in ("bare", "field", "lab")] == [[1.5, -2.5, 3.5]] * 3


def test_no_origin(t):
    """Told at once; what was known stays."""
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator, scenarios={
        "field": {key: value for key, value in IDEAL.items() if key != "origin"}})
    one, _ = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    one.place(1.0, 2.0, 3.0)
    refused = {"position": geodetic(*ORIGIN), "velocity": {"up_mps": 9.0}}
    assert update(one, **refused) == "NO_ORIGIN"
    one.send(ref=0, update_state=refused)
    reply = one.wait_for("error")
    assert reply.ref == 0 and error_of(reply) == "NO_ORIGIN"
    node = last_node(simulator, one)
    assert node.position == channel.Local(east_m=1.0, north_m=2.0, up_m=3.0)
    assert not node.HasField("velocity"), "nothing of it was taken"


# ------------------------------------------------------------------ the whole state


def test_all_of_the_state_is_handed_on(t):
    """Each part as it was last given, whatever came in between; never a part of it alone."""
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator)
    one, _ = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    first = last_node(simulator, one)
    for part in ("position", "velocity", "attitude", "radio"):
        assert not first.HasField(part), "unknown is absent"
    whole = channel.SetNode(scenario=first.scenario, node=first.node, name="uav1")
    parts = [
        {"position": {"local": {"east_m": 1.5, "north_m": -2.25, "up_m": 100.125}}, "at_us": 11},
        {"velocity": {"east_mps": 3.5, "north_mps": -4.5, "up_mps": 0.25}, "at_us": 12},
        {"attitude": {"roll_deg": 5.5, "pitch_deg": -6.5, "yaw_deg": 359.5}, "at_us": 13},
        {"radio": {"tx_power_dbm": 17.5, "antenna_gain_dbi": 2.25, "noise_figure_db": 4.5},
         "at_us": 14},
        {"velocity": {"north_mps": 1.0}, "radio": {}, "at_us": 15},
    ]
    for part in parts:
        assert update(one, **part) == "done"
        for key, value in part.items():
            if key == "position":
                whole.position.CopyFrom(channel.Local(**value["local"]))
            elif key == "at_us":
                whole.at_us = value
            else:
                inner = getattr(whole, key)
                inner.CopyFrom(type(inner)(**value))
                inner.SetInParent()
        node = last_node(simulator, one)
        assert node == whole, (node, whole)
        assert node.HasField("radio") == whole.HasField("radio")


def test_the_state_follows_into_a_scenario(t):
    """And back after another: nobody has to tell it again."""
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator, scenarios={"field": uavtest.scenario(), "lab": IDEAL})
    one = t.drone(gateway, "uav1", presence=NOBODY)
    for name in ("field", "lab"):
        members(t, gateway, f"in.{name}", scenario=name, presence=NOBODY)
    state = {"position": {"local": {"up_m": 70.0}}, "velocity": {"up_mps": 1.0},
             "attitude": {"yaw_deg": 90.0}, "radio": {"tx_power_dbm": 10.0}, "at_us": 5}
    assert update(one, **state) == "done"
    for name in ("field", "lab", "field"):
        one.request(choose_scenario={"name": name})
        node = last_node(simulator, one)
        assert (node.position.up_m, node.velocity.up_mps, node.attitude.yaw_deg,
                node.radio.tx_power_dbm, node.at_us) == (70.0, 1.0, 90.0, 10.0, 5), name


def test_power_and_speed_show_in_the_numbers(t):
    """What is handed on is what the channel computes with."""
    gateway = ready(t)
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    two.place(1000.0)

    def link():
        return one.tell("uav2", b"x").send_report.outcomes[0].hops[0].link

    update(one, radio={"tx_power_dbm": 10.0, "noise_figure_db": 6.0})
    weak = link()
    update(one, radio={"tx_power_dbm": 13.0, "noise_figure_db": 6.0})
    strong = link()
    assert (weak.tx_power_dbm, strong.tx_power_dbm) == (10.0, 13.0)
    assert abs(strong.snr_db - weak.snr_db - 3.0) < 1e-4
    assert weak.doppler_hz == 0.0
    update(two, velocity={"east_mps": 30.0})  # away from it: 2.4 GHz * 30 / c = 240.2 Hz lower
    assert abs(link().doppler_hz + 240.166) < 0.01, link()


if __name__ == "__main__":
    uavtest.run()
