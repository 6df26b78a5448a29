"""100,000 malformed inputs on raw sockets, from a seed, and 50,000 malformed lines of text, against the
gateway with the address and undefined-behaviour sanitizers in it. All the while two drones talk to each other.

The programs are those of the build being tested if it has sanitizers, else those that
`make asan-gateway` puts beside it. What the sanitizer keeps back of freed memory is bounded
(quarantine_size_mb), so that resident memory can be held to its start."""

import collections
import os
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from assault import Assault, Attack, LineAttack  # noqa: E402
from fake_simulator import FakeSimulator, hold  # noqa: E402
from scene import IDEAL, Memory, barrier, descriptors, members, outcome_of, ready, settle  # noqa: E402

INPUTS = int(os.environ.get("HOSTILE_INPUTS", "100000"))
WARM_UP = 8000
GROWTH_KIB = 20 * 1024
SEED = 7

# What must have been heard at least as often as this for each 100,000 inputs: a suite whose inputs
# go nowhere hears less.
HEARD = {
    "goodbye PROTOCOL_ERROR": 10000, "goodbye LEFT": 50, "pong": 30000, "welcome": 10000,
    "scenario_chosen": 5000, "done": 1000, "scenarios": 500, "drones": 500,
    "error BAD_REQUEST": 5000, "error UNKNOWN_REQUEST": 2000, "error BAD_NAME": 5000,
    "error BAD_ID": 5000, "error ALREADY_REGISTERED": 2000, "error NOT_REGISTERED": 500,
    "error NO_SCENARIO": 500, "error NO_SUCH_SCENARIO": 1000, "error UNSUPPORTED_PROTOCOL": 300,
    "outcome SIMULATOR_TIMEOUT": 1000, "outcome TARGET_OFFLINE": 50,
}

HEARD_LINES = {
    "goodbye PROTOCOL_ERROR": 5000, "goodbye LEFT": 3000, "pong": 30000, "here": 10000, "place": 5000,
    "error BAD_REQUEST": 8000, "error BAD_NAME": 4000, "error NO_SCENARIO": 5000, "error NO_SUCH_SCENARIO": 2000,
    "error ALREADY_REGISTERED": 2500, "outcome SIMULATOR_TIMEOUT": 500, "outcome TARGET_OFFLINE": 500,
}


def is_sanitized(program):
    return program.exists() and b"__asan_init" in program.read_bytes()


def sanitized_build():
    """The folder of the programs with sanitizers in them."""
    for folder in (uavtest.BUILD, uavtest.BUILD / "asan"):
        if is_sanitized(folder / "uav-gateway"):
            return folder
    raise AssertionError("no gateway with sanitizers: make asan-gateway")


class Pair:
    """Two drones of which one sends to the other without a break."""

    def __init__(self, t, gateway):
        self.one, self.two = members(t, gateway, "pair1", "pair2", presence="PRESENCE_WISH_NONE")
        self.sent = 0
        self.failure = None
        self._open = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            while self._open:
                self._tell()
        except Exception as why:  # told by stop()
            self.failure = why

    def _tell(self):
        payload = b"message %d" % self.sent
        assert outcome_of(self.one.tell("pair2", payload)) == "DELIVERED"
        heard = self.two.wait_for(lambda e: e.HasField("delivery") and e.delivery.sender == "pair1")
        assert (heard.delivery.payload, heard.delivery.sequence) == (payload, self.sent + 1), heard
        self.sent += 1
        self.one.events.clear()  # what others sent to everyone
        self.two.events.clear()
        time.sleep(0.002)

    def stop(self):
        self._open = False
        self._thread.join(uavtest.DEADLINE)
        if self.failure:
            raise self.failure
        return self.sent


def start(t):
    """A gateway with two simulators, one of which never answers: who sends there is held."""
    uavtest.BUILD = sanitized_build()
    options = os.environ.get("ASAN_OPTIONS", "")
    os.environ["ASAN_OPTIONS"] = f"{options}:quarantine_size_mb=4:thread_local_quarantine_size_kb=64"
    os.environ["UBSAN_OPTIONS"] = "print_stacktrace=1"
    silent = FakeSimulator(t, answer=hold)
    return ready(
        t, scenarios={"field": IDEAL, "tar": {**IDEAL, "simulator": "silent"}},
        gateway={"log_level": "info"}, limits={"max_in_flight_per_drone": 4},
        sessions={"ping_interval_ms": 0, "idle_timeout_ms": 600000,
                  "register_timeout_ms": 600000, "frame_timeout_ms": 600000},  # it ends nobody by time
        **{"listen:text": {"address": f"{uavtest.HOST}:0", "protocol": "text"},
           "simulator:silent": {"address": "%s:%d" % silent.at, "timeout_ms": 150}})


def settled(gateway, drone, others):
    """When the last of the crowd has gone."""
    uavtest.wait_until(lambda: len(drone.request(list_drones={}).drones.entries) == others)
    barrier(drone)


def table(became):
    """Lines of what became of the inputs of each kind."""
    kinds = collections.defaultdict(collections.Counter)
    for (_, kind, verdict), count in became.items():
        kinds[kind][verdict] += count
    for kind, verdicts in sorted(kinds.items()):
        told = ", ".join(f"{verdict} {count}" for verdict, count in verdicts.most_common())
        yield f"{kind}: {told}"


def check_heard(assault, heard, states):
    """Every state was reached, every kind was played in those that hear all, and much was said."""
    for what, least in heard.items():
        least = least * assault.played // 100000
        assert assault.heard[what] >= least, (what, assault.heard[what], least)
    wanted = assault.attack.states
    assert set(states) == set(wanted) and min(states.values()) >= assault.played // 50, states
    for state in ("registered", "member"):
        kinds = {kind for at, kind, _ in assault.became if at == state}
        assert len(kinds) == assault.maker.kinds(), kinds


def malformed(t, attack, listener, inputs, heard):
    gateway = start(t)
    (anchor,) = members(t, gateway, "anchor", scenario="tar", presence="PRESENCE_WISH_NONE")
    pair = Pair(t, gateway)
    at = gateway.address(listener=listener)
    Assault(gateway, SEED, attack=attack, at=at).play(WARM_UP)
    settled(gateway, anchor, 3)
    before, memory = descriptors(gateway), Memory(gateway)

    begin = time.monotonic()
    assault = Assault(gateway, SEED + 1, attack=attack, at=at)
    assault.play(inputs)
    settled(gateway, anchor, 3)
    seconds = time.monotonic() - begin
    uavtest.wait_until(lambda: descriptors(gateway) == before)
    grown = memory.grown_kib()
    relayed = pair.stop()

    for line in table(assault.became):
        print(f"# {line}")
    states = collections.Counter()
    for (state, _, _), count in assault.became.items():
        states[state] += count
    print(f"#! {assault.played} malformed inputs ({listener}) on {assault.connections} connections "
          f"in {seconds:.0f} s: " + ", ".join(f"{state} {count}" for state, count in states.items()))
    print("#! " + ", ".join(f"{what} {count}" for what, count in sorted(assault.heard.items())
                            if what.startswith(("error", "goodbye"))))
    print(f"#! memory grew by {grown} KiB; meanwhile {relayed} messages were relayed")
    check_heard(assault, heard, states)
    assert grown <= GROWTH_KIB, f"grown by {grown} KiB"
    assert relayed >= 100, relayed
    settle(gateway)
    assert "Sanitizer" not in gateway.log() and "runtime error" not in gateway.log(), gateway.log()


def test_malformed_inputs(t):
    malformed(t, Attack, "drones", INPUTS, HEARD)


def test_malformed_lines(t):
    malformed(t, LineAttack, "text", INPUTS // 2, HEARD_LINES)


test_malformed_inputs.deadline = test_malformed_lines.deadline = 300

if __name__ == "__main__":
    uavtest.run()
