"""What the machine runs out of: descriptors, memory, room for the log; and a wall clock that jumps.
The gateway goes on with what it has, and is whole again when there is more."""

import contextlib
import os
import random
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import faults  # noqa: E402
import hostile  # noqa: E402
import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver, hold, link  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, barrier, bodies, descriptors, goodbye_of, members, outcome_of, payloads, post, ready,
    settle,
)
from uavtest import relay  # noqa: E402

NOBODY = "PRESENCE_WISH_NONE"
ORDERLY = 0
QUICK = {"backoff_min_ms": 10, "backoff_max_ms": 50}


# ------------------------------------------------------------------- descriptors


@contextlib.contextmanager
def descriptors_out(program, most):
    """It may have descriptors below that number only; it keeps those that it has."""
    soft, hard = resource.prlimit(program.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(program.pid, resource.RLIMIT_NOFILE, (most, hard))
    try:
        yield
    finally:
        resource.prlimit(program.pid, resource.RLIMIT_NOFILE, (soft, hard))


def lowest_free(program):
    used = {int(name) for name in os.listdir(f"/proc/{program.pid}/fd")}
    return next(number for number in range(len(used) + 1) if number not in used)


def check_idle(program):
    """It does not spin."""
    before, start = faults.cpu_seconds(program), time.monotonic()
    time.sleep(0.5)
    used, passed = faults.cpu_seconds(program) - before, time.monotonic() - start
    assert used < passed / 3, f"{used:.2f} s of processor in {passed:.2f} s"


def test_descriptors_run_out(t):
    """Newcomers are sent away, who is there is served. With more descriptors they are taken."""
    gateway = ready(t, scenarios={"field": IDEAL})
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    with descriptors_out(gateway, lowest_free(gateway)):
        for _ in range(20):
            newcomer = t.drone(gateway)
            newcomer.wait_closed()
            assert outcome_of(one.tell("uav2", b"x")) == "DELIVERED"
        gateway.wait_event("accept_failed", listener="drones")
        check_idle(gateway)
    assert sum("event=accept_failed" in line for line in gateway.lines) == 1, "told once"
    (three,) = members(t, gateway, "uav3", presence=NOBODY)
    assert outcome_of(one.tell("uav3", b"x")) == "DELIVERED"
    assert three.wait_for("delivery").delivery.payload == b"x"
    barrier(two)
    assert len(payloads(two)) == 20


def test_no_descriptor_at_all(t):
    """None to send newcomers away with, and none for the simulator that has gone: they wait, and
    are taken up when there is one."""
    simulator = FakeSimulator(t)
    gateway = ready(t, simulator, simulator=QUICK)
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    with descriptors_out(gateway, 3):
        waiting = [t.drone(gateway) for _ in range(5)]
        for number, drone in enumerate(waiting):
            drone.send(ref=9, registration={"protocol": 1, "drone_id": f"late{number}"})
        assert outcome_of(one.tell("uav2", b"x")) == "DELIVERED"
        simulator.reset_connection()
        gateway.wait_event("simulator_unreachable")
        assert outcome_of(one.tell("uav2", b"y")) == "SIMULATOR_DOWN"
        check_idle(gateway)

    def welcomed(drone):
        with contextlib.suppress(uavtest.Closed):
            return drone.reply_to(9).HasField("welcome")

    # the first to come may be sent away with the spare descriptor
    assert [welcomed(drone) for drone in waiting].count(True) >= 4
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"z")) == "DELIVERED")
    barrier(two)
    assert set(payloads(two)) == {b"x", b"z"}
    members(t, gateway, "uav3")
    settle(gateway)


# ------------------------------------------------------------------------ memory


class Crowd:
    """Drones that ask for everything that takes memory. They may lose their connections, but hear
    nothing that is torn; they never wait."""

    def __init__(self, gateway, seed):
        self.gateway = gateway
        self.random = random.Random(seed)
        self.sockets = {}
        self.heard = {}  # what has not been decoded yet

    def come(self, drone_id):
        self.leave(drone_id)
        sock = hostile.connect(self.gateway)
        sock.setblocking(False)
        self.sockets[drone_id], self.heard[drone_id] = sock, bytearray()
        self.write(drone_id, hostile.registration(drone_id, scenario="field"))

    def leave(self, drone_id):
        if drone_id in self.sockets:
            self.sockets.pop(drone_id).close()

    def write(self, drone_id, data):
        """And reads what is there."""
        sock = self.sockets[drone_id]
        with contextlib.suppress(OSError):
            sock.send(data)
        with contextlib.suppress(OSError):
            data = sock.recv(1 << 20)
            self.decode(self.heard[drone_id], data)
            if not data:
                self.leave(drone_id)

    @staticmethod
    def decode(heard, data):
        heard += data
        while (frame := uavtest.decode_frame(heard))[1]:
            del heard[: frame[1]]
            event = relay.FromGateway.FromString(frame[0])
            assert event.WhichOneof("body"), frame
            assert set(event.delivery.payload) <= set(b"x"), event

    def request(self, number):
        pick = self.random.randrange
        return self.random.choice([
            lambda: {"send": {"drone": f"crowd{pick(8)}", "payload": b"x" * pick(3000),
                              "report": "REPORT_WISH_ALL"}},
            lambda: {"send": {"everyone": {}, "payload": b"x" * pick(600),
                              "report": "REPORT_WISH_ALL"}},
            lambda: {"send": {"everyone": {}, "payload": b"x" * 20000}},
            lambda: {"send": {"group": f"g{pick(4)}", "payload": b"x" * 200,
                              "report": "REPORT_WISH_FAILURES"}},
            lambda: {"join_group": {"group": f"g{pick(4)}"}},
            lambda: {"leave_group": {"group": f"g{pick(4)}"}},
            lambda: {"rename": {"callsign": f"call {number} {'c' * pick(20)}"}},
            lambda: {"list_drones": {}},
            lambda: {"list_scenarios": {}},
            lambda: {"update_state": {"position": {"local": {"east_m": float(number)}}}},
            lambda: {"choose_scenario": {"name": ("", "field")[pick(2)]}},
            lambda: {"ping": {"nonce": number}},
        ])()

    def turn(self, count):
        for number in range(count):
            drone_id = f"crowd{self.random.randrange(8)}"
            if drone_id not in self.sockets or self.random.random() < 0.05:
                self.come(drone_id)
            else:
                self.write(drone_id, hostile.frame(number + 1, **self.request(number)))

    def close(self):
        for drone_id in list(self.sockets):
            self.leave(drone_id)


def serves(t, gateway, name):
    """Two newcomers come in, and a message passes."""
    one, two = members(t, gateway, f"{name}1", f"{name}2", presence=NOBODY)
    uavtest.wait_until(lambda: outcome_of(one.tell(two.drone_id, b"x" * 1000)) == "DELIVERED")
    assert two.wait_for("delivery").delivery.payload == b"x" * 1000
    for drone in (one, two):
        drone.close()


def memory_runs_out(t, *ways):
    gateway = faults.gateway(t, None, {"field": uavtest.scenario(delay="real")},
                             simulator={**QUICK, "timeout_ms": 1000},
                             limits={"max_takeovers_per_minute": 1_000_000})
    for number, way in enumerate(ways):
        crowd = Crowd(gateway, seed=number)
        t.drones.append(crowd)
        crowd.turn(60)
        refused = gateway.faults.get("heap_refused")
        with gateway.faults.memory_out(**way):
            crowd.turn(500)
            uavtest.wait_until(lambda: crowd.turn(20) or
                               gateway.faults.get("heap_refused") > refused)
        crowd.turn(60)
        assert gateway.process.poll() is None, f"{way}: ended with {gateway.process.poll()}"
        serves(t, gateway, f"after{number}")
        crowd.close()
    settle(gateway)


def test_memory_runs_out(t):
    """Every request for memory is refused for a while."""
    memory_runs_out(t, *[{}] * 4)


def test_memory_is_short(t):
    """Now and then one is refused, in the middle of whatever it is for."""
    memory_runs_out(t, *({"each": each} for each in (2, 3, 5, 7, 11, 13)))


def test_large_memory_is_short(t):
    """Only what is large is refused."""
    memory_runs_out(t, *({"at_least": size} for size in (150, 500, 2000, 8000, 16000, 60000)))


def test_memory_is_out_when_a_crowd_comes(t):
    """More than ever were there: libuv has its room for each from the start (it ends a process that
    has no memory for more)."""
    gateway = faults.gateway(t, None, {"field": IDEAL})
    with gateway.faults.memory_out(at_least=400):  # a connection takes less
        crowd = [hostile.connect(gateway) for _ in range(500)]
        t.drones += crowd
        uavtest.wait_until(lambda: gateway.faults.get("heap_refused") > 10)
    for sock in crowd:
        sock.close()
    serves(t, gateway, "after")


# --------------------------------------------------------------------------- log


def gateway_with_log(t, redirect):
    """A gateway whose log goes where the shell is told to have it; drones reach it by a path."""
    stub = t.simulator()
    path, sock = t.folder / "gateway.ini", t.folder / "drones.sock"
    uavtest.write_ini(path, {
        "gateway": {"log_level": "debug"}, "listen:drones": {"address": f"unix:{sock}"},
        "simulator": {"address": "%s:%d" % stub.at}, "sessions": {"linger_ms": 200},
        "scenario:field": IDEAL})
    gateway = t.program("sh", "-c", f'exec "$0" -c "$1" {redirect}', t.binary("uav-gateway"), path)
    gateway.at = sock
    uavtest.wait_until(sock.exists)
    return gateway


def relays(t, gateway, count):
    """So many messages between drones that come and go, which is logged."""
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    for number in range(count):
        uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"x")) == "DELIVERED")
        assert two.wait_for("delivery").delivery.payload == b"x"
        one.request(choose_scenario={"name": ""})
        one.request(choose_scenario={"name": "field"})
    return one, two


def test_the_disk_under_the_log_is_full(t):
    """From the first line on."""
    if not os.path.exists("/dev/full"):
        raise uavtest.Skip("this system has no /dev/full")
    gateway = gateway_with_log(t, "2>/dev/full")
    one, _ = relays(t, gateway, 50)
    assert gateway.stop() == ORDERLY
    assert goodbye_of(one) == "SHUTTING_DOWN"


def test_nobody_is_left_who_reads_the_log(t):
    pipe = t.folder / "log"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    gateway = gateway_with_log(t, f"2>{pipe}")
    os.close(reader)
    one, _ = relays(t, gateway, 50)
    assert gateway.stop() == ORDERLY
    assert goodbye_of(one) == "SHUTTING_DOWN"


def logged(path, event):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in map(uavtest.parse_logfmt, lines) if line.get("event") == event]


def test_the_disk_has_room_again(t):
    """What was lost meanwhile is counted, and told with the next lines."""
    trouble = faults.Faults(t)
    path = t.folder / "log"
    with trouble.preloaded():
        gateway = gateway_with_log(t, f"2>{path}")
    uavtest.wait_until(lambda: logged(path, "scenario_accepted"))
    with trouble.disk_full():
        relays(t, gateway, 50)
        uavtest.wait_until(lambda: trouble.get("disk_refused") > 0)
    (drone,) = members(t, gateway, "uav3", presence=NOBODY)
    uavtest.wait_until(lambda: logged(path, "log_lines_lost"))
    lost = sum(int(line["count"]) for line in logged(path, "log_lines_lost"))
    barrier(drone)
    assert gateway.stop() == ORDERLY
    assert logged(path, "stopped")
    moves = 2 * 50  # out of the scenario and into it; each of uav1 and uav2 came once
    assert lost >= 1 and lost <= moves + 20, lost


# --------------------------------------------------------------------- wall clock


DAY_S = 86400


def test_the_wall_clock_jumps(t):
    """Ahead, back, and to 1970: nobody is parted with, what waits for its time arrives at that,
    what has a deadline meets it; only what is shown as a date follows."""
    simulator = FakeSimulator(t)
    gateway = faults.gateway(
        t, simulator, {"field": uavtest.scenario(delay="real")},
        sessions={"idle_timeout_ms": 3000, "ping_interval_ms": 200},
        simulator={"timeout_ms": 300, "ping_interval_ms": 200, "idle_timeout_ms": 3000})
    wall = gateway.faults
    one, two = members(t, gateway, "uav1", "uav2", presence=NOBODY)
    for turn, shift in enumerate((DAY_S, -DAY_S, 1000 - time.time(), 0, 10 * 365 * DAY_S)):
        # on its way when the clock jumps
        delays_ms = {b"long": 600, b"middle": 450, b"short": 300}
        simulator.answer = lambda transmit: deliver(
            transmit, **link(delay_us=1000 * delays_ms.get(transmit.payload, 0)))
        sent, begin = time.monotonic(), wall.wall_clock_us()
        for payload in delays_ms:
            post(one, 900, payload, drone="uav2")
        simulator.wait(lambda: len(simulator.transmitted()) >= 3 + 5 * turn, "three transmits")
        wall.shift_wall_clock(shift)
        for payload in reversed(delays_ms):
            delivery = two.wait_for("delivery").delivery
            assert delivery.payload == payload
            assert time.monotonic() - sent >= delays_ms[payload] / 1000, (shift, payload)
            assert delivery.hops[0].late_by_us < 20_000_000
            assert begin <= delivery.sent_at_us <= begin + 20_000_000, "when it was accepted"
        assert [outcome_of(one.wait_for("send_report")) for _ in delays_ms] == ["DELIVERED"] * 3
        # sent after the jump
        before = wall.wall_clock_us()
        assert outcome_of(one.tell("uav2", b"now")) == "DELIVERED"
        delivery = two.wait_for("delivery").delivery
        assert before - 1000 <= delivery.sent_at_us <= wall.wall_clock_us() + 1000, shift
        assert delivery.hops[0].late_by_us < 20_000_000
        simulator.answer = hold
        sent = time.monotonic()
        assert outcome_of(one.tell("uav2", b"never")) == "SIMULATOR_TIMEOUT"
        assert time.monotonic() - sent >= 0.3
        (guest,) = members(t, gateway, f"guest{turn}", presence=NOBODY)
        assert before - 1000 <= guest.welcome.time_us <= wall.wall_clock_us() + 1000
        guest.request(leave={})
        for drone in (one, two):
            barrier(drone)
    assert wall.get("wall_asked") > 0
    told = [line for line in gateway.lines if "event=drone_left" in line and "guest" not in line]
    assert not told and len(simulator.connections) == 1, gateway.log()
    # who is silent is still noticed
    two.answer_pings = False
    two.wait_closed()
    assert bodies(two)[-1] == "goodbye"


if __name__ == "__main__":
    uavtest.run()
