"""Groups, and the names by which people know drones."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, Presence, barrier, bodies, error_of, hops_told, members, outcome_of, outcomes_of,
    payloads, ready, settle,
)

FAR_M = 5e6  # free space at 2.4 GHz: nothing gets that far
NAMES = ("uav1", "uav2", "uav3")
NOBODY = "PRESENCE_WISH_NONE"


def join(drone, group):
    reply = drone.request(join_group={"group": group})
    return "done" if reply.HasField("done") else error_of(reply)


def leave(drone, group):
    reply = drone.request(leave_group={"group": group})
    return "done" if reply.HasField("done") else error_of(reply)


def rename(drone, callsign):
    reply = drone.request(rename={"callsign": callsign})
    return "done" if reply.HasField("done") else error_of(reply)


def tell(drone, group, payload=b"x", report="REPORT_WISH_ALL"):
    return drone.request(send={"group": group, "payload": payload, "report": report})


def callsigns(drone, **request):
    entries = drone.request(list_drones=request).drones.entries
    return {entry.drone_id: entry.callsign for entry in entries}


# -------------------------------------------------------------------- groups


def test_a_group(t):
    """Who has joined hears it, through the channel; the sender need not be in it, and never
    hears itself."""
    gateway = ready(t)
    one, two, three, four = members(t, gateway, *NAMES, "uav4", presence=NOBODY)
    for drone in (two, three):
        assert join(drone, "red") == "done"
    reply = tell(one, "red", b"from outside")
    assert outcomes_of(reply) == {"uav2": "DELIVERED", "uav3": "DELIVERED"}
    assert hops_told(reply.send_report.outcomes[0].hops)[0][3:] == ("NONE", "LIVE")
    assert outcomes_of(tell(two, "red", b"from inside")) == {"uav3": "DELIVERED"}
    delivery = two.wait_for("delivery").delivery
    assert (delivery.to, delivery.sender, delivery.payload) == ("red", "uav1", b"from outside")
    assert payloads_when(three, 2) == [b"from outside", b"from inside"]
    assert leave(two, "red") == "done"
    assert outcomes_of(tell(one, "red")) == {"uav3": "DELIVERED"}
    three.place(FAR_M)
    join(two, "red")
    reply = tell(one, "red", b"x" * 40, "REPORT_WISH_FAILURES")
    assert outcomes_of(reply) == {"uav3": "LOST"}, "each has its own link"
    assert outcomes_of(one.tell(None, b"all")) == {
        "uav2": "DELIVERED", "uav3": "LOST", "uav4": "DELIVERED"}
    assert payloads_when(four, 1) == [b"all"], "it is in no group"
    for drone in (one, three, four):
        barrier(drone)
    assert bodies(one) == bodies(four) == []
    assert payloads(three) == [b"x"]
    settle(gateway)


def payloads_when(drone, count):
    return [drone.wait_for("delivery").delivery.payload for _ in range(count)]


def test_joining_and_leaving_again(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    one, two, _ = members(t, gateway, *NAMES, presence=NOBODY)
    for _ in range(3):
        assert join(two, "red") == "done"
    assert outcomes_of(tell(one, "red")) == {"uav2": "DELIVERED"}, "it is in it once"
    assert payloads_when(two, 1) == [b"x"]
    for _ in range(2):
        assert leave(two, "red") == leave(two, "never") == "done"
    assert outcomes_of(tell(one, "red")) == {}
    barrier(two)
    assert bodies(two) == []


def test_a_group_of_nobody(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    (one,) = members(t, gateway, "uav1", presence=NOBODY)
    for _ in range(2):
        assert outcomes_of(tell(one, "red")) == {}
        assert tell(one, "red", report="REPORT_WISH_FAILURES").HasField("done")
        join(one, "red")  # alone in it: nobody else
    assert settle(gateway)["accepted"] == 0


def test_as_many_groups_as_allowed(t):
    gateway = ready(t, scenarios={"field": IDEAL}, limits={"max_groups_per_drone": 3})
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    assert [join(one, name) for name in "abcd"] == ["done"] * 3 + ["TOO_MANY_GROUPS"]
    assert join(one, "a") == "done", "it is in it already"
    assert outcomes_of(tell(two, "d")) == {}
    assert leave(one, "b") == "done"
    assert join(one, "d") == "done"
    assert [outcomes_of(tell(two, name)) for name in "abcd"] == [
        {"uav1": "DELIVERED"}, {}, {"uav1": "DELIVERED"}, {"uav1": "DELIVERED"}]
    assert [join(two, name) for name in "abcd"] == ["done"] * 3 + ["TOO_MANY_GROUPS"]


def test_sixteen_groups_unless_told_otherwise(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    (one,) = members(t, gateway, "uav1")
    assert [join(one, f"g{number}") for number in range(17)] == ["done"] * 16 + ["TOO_MANY_GROUPS"]


def test_names_of_groups(t):
    """As ids: upper and lower case differ."""
    gateway = ready(t, scenarios={"field": IDEAL})
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    for name in ("a", "A", "Z" * 32, "._-", "0"):
        assert join(two, name) == "done", name
        assert outcomes_of(tell(one, name)) == {"uav2": "DELIVERED"}
        assert two.wait_for("delivery").delivery.to == name
    assert outcomes_of(tell(one, "z" * 32)) == {}
    for name in ("", "a" * 33, "two words", "ä", "a/b", "a\n", "赤"):
        assert join(two, name) == leave(two, name) == "BAD_NAME", repr(name)
        if name:
            assert error_of(tell(one, name)) == "BAD_NAME", repr(name)
    assert join(two, "a\x00") == error_of(tell(one, "a\x00")) == "BAD_REQUEST"


def test_groups_live_in_a_scenario(t):
    """They end with the stay, and two scenarios may have groups of one name."""
    gateway = ready(t, scenarios={"field": IDEAL, "lab": IDEAL})
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    red, blue = members(t, gateway, "red", "blue", scenario="lab", presence=NOBODY)
    idler = t.drone(gateway, "idler")
    assert join(idler, "g") == leave(idler, "g") == error_of(tell(idler, "g")) == "NO_SCENARIO"
    for drone in (two, blue):
        assert join(drone, "g") == "done"
    assert outcomes_of(tell(one, "g")) == {"uav2": "DELIVERED"}
    assert outcomes_of(tell(red, "g")) == {"blue": "DELIVERED"}
    two.request(choose_scenario={"name": "lab"})
    assert outcomes_of(tell(red, "g")) == {"blue": "DELIVERED"}, "it has joined another one"
    two.request(choose_scenario={"name": "field"})
    assert outcomes_of(tell(one, "g")) == {}, "it would have to join again"
    join(two, "g")
    two.request(choose_scenario={"name": "field"})
    assert outcomes_of(tell(one, "g")) == {"uav2": "DELIVERED"}, "choosing the present one"
    two.close()
    uavtest.wait_until(lambda: "uav2" not in callsigns(one))
    members(t, gateway, "uav2")
    assert outcomes_of(tell(one, "g")) == {}, "nothing is inherited"


# ------------------------------------------------------------------- callsigns


def test_callsigns_in_many_scripts(t):
    """Each of 32 code points; told to all, listed, and shown nowhere else."""
    gateway = ready(t)
    watcher = Presence(t.drone(gateway, "watcher"))
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    spoken = [
        "Ærøskøbing–Straßenmeisterei – №7"[:32],
        "Γλαύκωψ Ἀθήνη τῆς Ἀκροπόλεως ΑΒΓΔ"[:32],
        "صقر الصحراء الكبير فوق الرمال ١٢٣"[:32],
        "雄鷹展翅高飛於藍天之上俯瞰大地山川河流湖泊海洋島嶼森林草原和沙漠"[:32],
        "🚁" * 28 + "👩‍✈️",  # the last is four code points
        "𝛼" * 32,
        "'\"\\ = [x] #;",
    ]
    for callsign in spoken:
        assert len(callsign) <= 32
        assert rename(one, callsign) == "done", callsign
        watcher.wait("uav1", "RENAMED", "UNSPECIFIED", "field", callsign)
        assert callsigns(two, scenario="field")["uav1"] == callsign
        assert outcome_of(one.tell("uav2", b"x")) == "DELIVERED"
        delivery = two.wait_for("delivery").delivery
        assert delivery.sender == delivery.hops[0].transmitter == "uav1"
        reply = two.tell(callsign, b"x")
        assert outcome_of(reply) == "TARGET_OFFLINE", "it is for people alone"
        assert outcome_of(two.tell("uav1", b"x")) == "DELIVERED"
    assert all(len(name) == 32 for name in spoken[:6]), list(map(len, spoken))
    gateway.wait_event("drone_renamed", drone="uav1", callsign=spoken[-1])
    assert rename(one, "") == "done"
    watcher.wait("uav1", "RENAMED", "UNSPECIFIED", "field", "uav1")
    assert callsigns(two)["uav1"] == "uav1"


def test_what_a_callsign_may_not_be(t):
    """The old one stays, and nobody is told of anything."""
    gateway = ready(t)
    watcher = Presence(t.drone(gateway, "watcher"))
    one = t.drone(gateway, "uav1", callsign="Falke")
    for wrong in ("x" * 33, "𝛼" * 33, "é" * 33, "two\nlines", "\x1b[31mred", "tab\t", "del\x7f",
                  "c1\x85", "\x9b31m", "\x01"):
        assert rename(one, wrong) == "BAD_NAME", repr(wrong)
    assert rename(one, "nul\x00") == "BAD_REQUEST"
    assert callsigns(one) == {"watcher": "watcher", "uav1": "Falke"}
    t.drone(gateway, "last")
    watcher.wait("last", "ONLINE")
    assert not any(entry[1] == "RENAMED" for entry in watcher.told)


def test_callsigns_are_unique(t):
    gateway = ready(t)
    watcher = Presence(t.drone(gateway, "watcher"))
    one = t.drone(gateway, "uav1", callsign="Falke")
    two = t.drone(gateway, "uav2")
    for taken in ("Falke", "uav1", "watcher"):
        assert rename(two, taken) == "NAME_TAKEN", taken
    assert rename(two, "falke") == "done", "compared byte by byte"
    assert rename(two, "Falke ") == "done"
    assert rename(one, "\u00e9") == rename(two, "e\u0301") == "done", "two spellings of é"
    assert rename(two, "Falke") == "done", "nobody has it any more"
    assert rename(one, "Falke") == "NAME_TAKEN"
    assert rename(two, "uav2") == "done", "its own id"
    assert rename(one, "Falke") == "done"
    watcher.wait("uav1", "RENAMED", "UNSPECIFIED", "", "Falke")
    before = len(watcher.take())
    assert rename(one, "Falke") == rename(two, "uav2") == rename(two, "") == "done"
    t.drone(gateway, "last")
    watcher.wait("last", "ONLINE")
    assert not any(entry[1] == "RENAMED" for entry in watcher.told[before:]), "nothing changed"


def test_an_id_beats_a_callsign_taken_later(t):
    gateway = ready(t)
    watcher = Presence(t.drone(gateway, "watcher"))
    squatter = t.drone(gateway, "uav9")
    assert rename(squatter, "uav1") == "done", "nobody is there by that id"
    watcher.wait("uav9", "RENAMED", "UNSPECIFIED", "", "uav1")
    t.drone(gateway, "uav1")
    assert watcher.wait("uav9", "RENAMED", "UNSPECIFIED", "", "uav9") < watcher.wait("uav1", "ONLINE")
    assert callsigns(squatter)["uav9"] == "uav9"
    assert rename(squatter, "uav1") == "NAME_TAKEN"


def test_who_is_told_of_a_new_name(t):
    """By their wish: everyone, those of the scenario, nobody."""
    gateway = ready(t, scenarios={"field": IDEAL, "lab": IDEAL})
    everything = Presence(t.drone(gateway, "all"))
    (mine,) = members(t, gateway, "mine", presence="PRESENCE_WISH_SCENARIO")
    (elsewhere,) = members(t, gateway, "else", scenario="lab", presence="PRESENCE_WISH_SCENARIO")
    (nothing,) = members(t, gateway, "nothing", presence=NOBODY)
    (one,) = members(t, gateway, "uav1")
    everything.wait("uav1", "SCENARIO")
    rename(one, "Falke")
    everything.wait("uav1", "RENAMED", "UNSPECIFIED", "field", "Falke")
    Presence(mine).wait("uav1", "RENAMED", "UNSPECIFIED", "field", "Falke")
    for drone in (elsewhere, nothing):
        barrier(drone)
        assert not any(entry[1] == "RENAMED" for entry in Presence(drone).take())


def test_a_name_after_many(t):
    """Who renames itself all the time is told of in the end, not each time."""
    gateway = ready(t, presence={"interval_ms": 1000})
    watcher = Presence(t.drone(gateway, "watcher"))
    one = t.drone(gateway, "uav1")
    watcher.wait("uav1", "ONLINE")
    for number in range(200):
        one.send(rename={"callsign": f"name {number}"})
    barrier(one)
    watcher.wait("uav1", "RENAMED", "UNSPECIFIED", "", "name 199")
    told = [entry for entry in watcher.told if entry[1] == "RENAMED"]
    assert len(told) <= 20, told


if __name__ == "__main__":
    uavtest.run()
