"""10,000 drones at once: all lose the gateway in the same moment, and all come back in the same
moment, through the accept rate that there is by default. Nobody is left out, and whoever is told
of others is told of all."""

import json
import re
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lib"), str(TESTS / "bench")]

import uavtest  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, Presence, descriptors, members, outcome_of, ready, reserved_port, settle,
)

import process  # noqa: E402

DRONES = 10_000
SPARE = 300  # open files of a process besides one for each drone
DEADLINE_S = 100.0
FIRST, LAST = "d00000", f"d{DRONES - 1:05}"
READY = r"^\{\"ready\".*\}$"
EVERYONE = {f"d{number:05}" for number in range(DRONES)}


def storm_gateway(t, simulator=None, room=10, **sections):
    """By default but for the room that so many need, and `room` more."""
    allowed = process.allow_open_files()
    if allowed < DRONES + room + SPARE:
        raise uavtest.Skip(f"{DRONES + room + SPARE} open files are needed, the system allows "
                           f"{allowed} (ulimit -Hn)")
    scenario = {**IDEAL, "max_drones": DRONES + room}
    return ready(t, simulator, scenarios={"field": scenario},
                 **{"limits": {"max_drones": DRONES + room}, "presence": {"backlog": 100_000},
                    "gateway": {"log_level": "info"}, **sections})


class Herd:
    """All of them, in one process (tests/bench/load) that connects all at once. Who is turned away
    because too many are at the door (limits.max_unregistered) comes again. It ends by resets, even
    when it is killed."""

    def __init__(self, t, gateway, mode, *flags):
        self.process = process.Process(t.folder, f"herd{time.monotonic_ns()}", [
            t.binary("tests/bench/load"), "--dialect", "uav", "--to", "%s:%d" % gateway.at,
            "--mode", mode, "--drones", DRONES, "--scenario", "field", "--under-way", DRONES,
            "--reset", "--insist", *flags], held_open=True)
        t.drones.append(self)  # so that it is closed

    def close(self):
        self.process.end()

    def found(self, drone, pattern=r"^\{.*\}$"):
        """What it printed when all were there; `drone` reads meanwhile, as fast as it can."""
        end = time.monotonic() + DEADLINE_S
        while not (line := re.search(pattern, self.process.printed(), re.MULTILINE)):
            self.process.check()
            assert time.monotonic() < end, self.process.printed()
            if drone and (event := drone.read(0.02)):
                drone.events.append(event)
        result = json.loads(line.group())
        assert result["registered"] == DRONES, result
        return result


def check_presence(presence, there):
    """Everyone comes before it goes, and goes before it comes again; in the end the herd is
    there, or nobody of it."""
    online = set()
    for drone_id, what, *_ in presence.take():
        if what == "ONLINE" and drone_id in EVERYONE:
            assert drone_id not in online, f"{drone_id} came twice"
            online.add(drone_id)
        elif what == "OFFLINE" and drone_id in EVERYONE:
            assert drone_id in online, f"{drone_id} went, and had not come"
            online.remove(drone_id)
    assert online == there, f"{len(online ^ there)} are missing, or there: {min(online ^ there)}"
    assert presence.missed == 0, presence.missed


def sent_away(t, **listen):
    """The gateway ends in order among 10,000 drones; its simulator."""
    gateway = storm_gateway(t, **listen)
    herd = Herd(t, gateway, "idle")
    herd.found(None, READY)
    settle(gateway)
    assert herd.process.process.wait(DEADLINE_S) != 0
    assert "goodbye" in herd.process.printed(), herd.process.last_words()
    return gateway.simulator


def all_are_there(t, gateway, watcher):
    """All come at once to a gateway that has just begun."""
    presence = Presence(watcher)
    herd = Herd(t, gateway, "idle")
    herd.found(watcher, READY)
    listed = watcher.request(list_drones={}, deadline=DEADLINE_S).drones.entries
    assert len(listed) == DRONES + 1, len(listed)
    assert {entry.drone_id for entry in listed} == {*EVERYONE, "watcher"}
    members(t, gateway, "marker", presence="PRESENCE_WISH_NONE")
    presence.wait("marker", "SCENARIO", deadline=DEADLINE_S)
    check_presence(presence, EVERYONE)
    for target in (FIRST, LAST):
        assert outcome_of(watcher.tell(target, bytes(16))) == "DELIVERED"
    return herd, presence


def all_come_again(t, gateway, presence, before):
    """At once, while the gateway is still busy with the ends of their old connections. Each is
    told of all who come after it, and the watcher of everything."""
    result = Herd(t, gateway, "register", "--presence").found(presence.drone)
    assert result["told"] == result["told_expected"] == DRONES * (DRONES - 1) // 2, result
    uavtest.wait_until(lambda: descriptors(gateway) <= before, DEADLINE_S)
    members(t, gateway, "last", presence="PRESENCE_WISH_NONE")
    presence.wait("last", "SCENARIO", deadline=DEADLINE_S)
    check_presence(presence, set())
    came = [entry[0] for entry in presence.told if entry[1] == "ONLINE" and entry[0] in EVERYONE]
    assert len(came) == 2 * DRONES and set(came) == EVERYONE, len(came)


def test_ten_thousand_come_back(t):
    """After a restart, and after all their connections have been reset."""
    with reserved_port() as port:
        listen = {"listen:drones": {"address": f"{uavtest.HOST}:{port}"}}
        simulator = sent_away(t, **listen)
        # room for those whose end it has not noticed yet
        gateway = storm_gateway(t, simulator, room=5000, **listen)
        before = descriptors(gateway)
        (watcher,) = members(t, gateway, "watcher")
        herd, presence = all_are_there(t, gateway, watcher)
        herd.process.process.kill()
        all_come_again(t, gateway, presence, before + 2)  # the watcher, the marker
        for drone in t.drones:
            drone.close()
        uavtest.wait_until(lambda: descriptors(gateway) <= before, DEADLINE_S)
        settle(gateway)


test_ten_thousand_come_back.deadline = 300.0


if __name__ == "__main__":
    uavtest.run()
