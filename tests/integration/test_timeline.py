"""Faults on a timeline (config/faults): what is in the examples, with the real gateway and drones, who
must be told the truth, most of it line by line and oftener than it stands there; every line of them, as it
stands but faster, against sim-stub alone; and, to the last bit, what sim-stub answers."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from channel_client import ChannelClient  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, barrier, link_bytes, members, outcome_name, outcome_of, payloads, ready, settle,
)
from uavtest import channel, relay  # noqa: E402

EXAMPLES = uavtest.ROOT / "config/faults"
QUICK = {"backoff_min_ms": 10, "backoff_max_ms": 50}
REAL = {**IDEAL, "delay": "real"}
UNITS_MS = {"ms": 1, "s": 1000, "min": 60_000}


def scaled(word, pace):
    """A time as a timeline has it, that many times as fast."""
    number, unit = re.fullmatch(r"(\+?[\d.]+)(ms|s|min)", word).groups()
    return f"{'+' * number.startswith('+')}{float(number) * UNITS_MS[unit] / pace:.3f}ms"


def example(name, pace, again=None, only=""):
    """An example's lines with `only` in them, that many times as fast, and all of it again and again
    every `again` ms, so that a slow machine misses nothing for good."""
    lines = []
    for line in (EXAMPLES / name).read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words or words[0] == "#" or only not in line:
            continue
        for at, word in enumerate(words[:-1]):
            if word in ("at", "for", "every") and re.fullmatch(r"[\d.]+[a-z]+", words[at + 1]):
                words[at + 1] = scaled(words[at + 1], pace)
        if again and "every" not in words:
            words += ["every", f"{again}ms"]
        lines.append(" ".join(words) + "\n")
    assert lines, name
    return "".join(lines)


def simulator(t, text, **options):
    """sim-stub with that timeline."""
    path = t.folder / "a.faults"
    path.write_text(text, encoding="utf-8")
    return t.simulator("--faults", path, **options)


def flight(t, text, *ids, scenarios=None, **sections):
    """(gateway, drones): all is well up to the first message, with which the timeline begins."""
    gateway = ready(t, simulator(t, text), scenarios=scenarios, **sections)
    return gateway, members(t, gateway, *(ids or ("uav1", "uav2")), presence="PRESENCE_WISH_NONE")


def fate(drone, target, payload=b"x"):
    """(outcome, reason, link) of a message."""
    (outcome,) = drone.tell(target, payload).send_report.outcomes
    hop = outcome.hops[0]
    reason = relay.Reason.Name(hop.reason).removeprefix("REASON_")
    return outcome_name(outcome.outcome), reason, hop.link


def until(ask, *wanted):
    """Asks until all of these were told, each at least once; nothing else may be."""
    seen = set()

    def all_of_them():
        told = ask()
        assert told in wanted, (told, wanted)
        seen.add(told)
        return seen == set(wanted)

    uavtest.wait_until(all_of_them)


FINE, INJECTED = ("DELIVERED", "NONE"), ("LOST", "FAULT_INJECTED")

# -------------------------------------------------------------- with the gateway


def test_every_line_of_the_examples_is_met(t):
    """As it stands, a hundred times as fast, by who speaks all the time; all but what ends connections,
    which is about no packets."""
    paths = sorted(EXAMPLES.glob("*.faults"))
    assert len(paths) >= 6, paths
    for path in paths:
        lines = [line for line in example(path.name, 100).splitlines(True)
                 if not re.search("simulator (stall|close|die)", line)]
        if not lines:
            assert path.name == "dying-simulator.faults", path
            continue
        stub = simulator(t, "".join(lines))
        caller = Caller(stub, ("uav1", "uav2", "ground"))
        for number in range(400):
            for at, sender in enumerate(caller.names):
                caller.ask(3 * number + at, START + number * 2500, sender)
        caller.tell(ping={"nonce": 7654321})
        pong, heard = uavtest.delimit(channel.FromSimulator(pong={"nonce": 7654321})), b""
        while pong not in heard:
            data = caller.socket.recv(1 << 20)
            assert data, "closed"
            heard += data
        for line in range(1, len(lines) + 1):
            stub.wait_event("fault_began", line=line)
        caller.socket.close()
        assert stub.stop() == 0
        assert not any("fault_met_nothing" in line for line in stub.lines), (path, stub.log())


def test_a_lost_link(t):
    """Those two are told FAULT_INJECTED, with the numbers of a good link; everybody else hears them."""
    gateway, (one, two, three) = flight(t, example("lost-link.faults", 20, again=2500),
                                        "uav1", "uav2", "uav3")
    two.place(500.0)

    def both_ways():
        there, back = fate(one, "uav2"), fate(two, "uav1")
        for told in (there, back):
            assert told[2].snr_db > 20 and told[2].packet_error_rate < 0.01, told
        return there[:2], back[:2]

    until(both_ways, (FINE, FINE), (INJECTED, INJECTED), (INJECTED, FINE), (FINE, INJECTED))
    until(lambda: fate(three, "uav1")[:2], FINE)
    until(lambda: fate(three, "uav2")[:2], FINE, INJECTED)
    began = gateway.simulator.wait_event("fault_began", fault="link uav1 uav2 loss 100%")
    assert began["line"] == "1", began
    assert int(gateway.simulator.wait_event("fault_ended", line=1)["packets"]) > 0
    accounts = settle(gateway)
    assert accounts["lost"] and accounts["delivered"], accounts
    assert accounts.get("simulator_error", 0) == 0, accounts


def test_a_jammer_flies_by(t):
    """The SNR stays, the SINR falls: what is lost is lost by INTERFERENCE."""
    gateway, (one, two) = flight(t, example("jammer-flies-by.faults", 20, again=4000, only=" to "))
    one.place(0.0, 0.0, 50.0)
    two.place(500.0, 0.0, 50.0)
    levels = []

    def told():
        outcome, reason, link = fate(two, "uav1", bytes(100))
        levels.append((link.sinr_db, link.snr_db, reason))
        return outcome, reason

    until(told, FINE, ("LOST", "INTERFERENCE"))
    uavtest.wait_until(lambda: told() == FINE and levels[-1][0] == levels[-1][1])
    assert len({snr for _, snr, _ in levels}) == 1, "the way is the same"
    worst, best = min(levels), max(levels)
    assert worst[0] < 10 < best[0] and worst[2] == "INTERFERENCE", (worst, best)
    settle(gateway)


def test_latency_steps(t):
    """It adds up in the link's delay, and messages are handed over that much later, not sooner."""
    gateway, (one, two) = flight(t, example("latency-steps.faults", 10, again=8000),
                                 scenarios={"field": REAL})
    seen = set()

    def steps():
        there, back = fate(one, "uav2"), fate(two, "uav1")
        assert there[:2] == back[:2] == FINE
        hop = two.wait_for("delivery").delivery.hops[0]
        assert link_bytes(hop.link) == link_bytes(there[2])
        seen.update((there[2].delay_us, ("back", back[2].delay_us)))
        return {0, 50_000, 200_000, 800_000, ("back", 1_000_000)} <= seen

    uavtest.wait_until(steps)
    assert not {1_000_000} & seen, "one way"
    settle(gateway)


def test_freeze_and_flush(t):
    """What is sent meanwhile comes when that ends, all of it, in order."""
    gateway, (one, two) = flight(t, example("freeze-and-flush.faults", 2, again=4000, only="uav2"),
                                 scenarios={"field": REAL})
    numbers = itertools.count()
    sent = []

    def frozen():
        sent.append(b"%d" % next(numbers))
        outcome, reason, link = fate(one, "uav2", sent[-1])
        assert (outcome, reason) == FINE
        return link.delay_us

    uavtest.wait_until(lambda: frozen() == 0)
    uavtest.wait_until(lambda: frozen() > 100_000)
    for _ in range(20):
        frozen()
    uavtest.wait_until(lambda: frozen() == 0)
    heard = [two.wait_for("delivery").delivery.payload for _ in sent]
    assert heard == sent
    settle(gateway)


def test_nothing_is_flushed_before_the_end(t):
    """A freeze of 500 ms that begins with the first message: all are handed over together, a
    thousandth of the time between them apart, in order."""
    gateway, (one, two) = flight(t, "at 0s node uav2 freeze for 500ms\n", scenarios={"field": REAL})
    for number in range(30):
        one.send(ref=900 + number, send={"drone": "uav2", "payload": b"%d" % number,
                                         "report": "REPORT_WISH_ALL"})
    heard = [two.wait_for("delivery").delivery for _ in range(30)]
    assert [one.payload for one in heard] == [b"%d" % number for number in range(30)]
    begun = heard[0].sent_at_us
    for told in heard:
        meanwhile = told.sent_at_us - begun
        if meanwhile < 500_000:
            assert told.hops[0].link.delay_us == 500_000 - meanwhile + meanwhile // 1000, told
    assert heard[0].hops[0].link.delay_us == 500_000
    settle(gateway)


def rough(only):
    """What the example has of that, again and again: half of the time."""
    text = example("rough-simulator.faults", 10, only=only)
    (line,) = text.splitlines()
    return re.sub(r"at \S+ (.*) for \S+", r"at 300ms \1 for 300ms every 600ms", line) + "\n"


def test_a_simulator_that_stalls(t):
    """It hangs: the deadline tells; what it answers afterwards is dropped."""
    gateway, (one, _) = flight(t, rough("stall"), simulator={"timeout_ms": 100})
    until(lambda: outcome_of(one.tell("uav2", b"x")), "DELIVERED", "SIMULATOR_TIMEOUT")
    gateway.simulator.wait_event("fault_ended", fault="simulator stall")
    accounts = settle(gateway)
    assert accounts["simulator_timeout"] and accounts["results_unknown"], accounts


def test_a_simulator_that_stalls_for_long(t):
    """Nothing is heard of it for idle_timeout_ms: the link is made anew, and works when it goes on."""
    gateway, (one, _) = flight(t, "at 0s simulator stall for 1500ms\n", simulator={
        "timeout_ms": 100, "ping_interval_ms": 100, "idle_timeout_ms": 400,
        "connect_timeout_ms": 300, **QUICK})
    assert outcome_of(one.tell("uav2", b"x")) == "SIMULATOR_TIMEOUT", "the first as well"
    assert "idle_timeout_ms" in gateway.wait_event("simulator_down")["why"]
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"x")) == "DELIVERED")
    assert gateway.simulator.stop() == 0


def test_a_simulator_that_answers_late(t):
    """Late is not never: the same answers, or the deadline."""
    gateway, (one, _) = flight(t, rough("late"), simulator={"timeout_ms": 150})
    until(lambda: outcome_of(one.tell("uav2", b"x")), "DELIVERED", "SIMULATOR_TIMEOUT")
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"x")) == "DELIVERED")
    accounts = settle(gateway)
    assert accounts["results_unknown"] >= accounts["simulator_timeout"] > 0, accounts


def test_a_simulator_that_mixes_its_answers(t):
    """Drones hear all of it, in the order of the answers: the same in each run."""
    heard = []
    for _ in range(2):
        gateway, (one, two) = flight(t, "at 0s simulator reorder 20 for 2s\n",
                                     scenarios={"field": IDEAL})
        for number in range(50):
            one.send(ref=900 + number, send={"drone": "uav2", "payload": b"%d" % number,
                                             "report": "REPORT_WISH_ALL"})
        heard.append([int(two.wait_for("delivery").delivery.payload) for _ in range(50)])
        settle(gateway)
    assert heard[0] == heard[1]
    windows = [heard[0][:20], heard[0][20:40], heard[0][40:]]
    assert [sorted(window) for window in windows] == [
        list(range(20)), list(range(20, 40)), list(range(40, 50))], heard[0]
    assert all(window != sorted(window) for window in windows), heard[0]


def test_the_reorder_of_the_example(t):
    gateway, (one, two) = flight(t, rough("reorder"))
    numbers = itertools.count(900)
    heard = []

    def out_of_order():
        for ref in itertools.islice(numbers, 40):
            one.send(ref=ref, send={"drone": "uav2", "payload": b"%d" % ref})
        heard.extend(int(two.wait_for("delivery").delivery.payload) for _ in range(40))
        return heard != sorted(heard)

    uavtest.wait_until(out_of_order)
    assert len(set(heard)) == len(heard)
    settle(gateway)


def test_a_simulator_that_answers_twice(t):
    """The second of both is dropped and counted: nothing is delivered twice."""
    gateway, (one, two) = flight(t, rough("duplicate").replace("10%", "100%"))
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"x")) == "DELIVERED" and
                       any("fault_ended" in line for line in gateway.simulator.lines))
    barrier(two)
    heard = len(payloads(two))
    accounts = settle(gateway)
    assert accounts["results_unknown"] + accounts["results_repeated"] > 0, accounts
    assert heard == accounts["delivered"], accounts


def test_a_simulator_that_lies(t):
    """The gateway believes none of it: SIMULATOR_ERROR, or, where the answer is to something else,
    SIMULATOR_TIMEOUT; the connection stays."""
    for lie, told in (("nan", "SIMULATOR_ERROR"), ("rate", "SIMULATOR_ERROR"),
                      ("outcome", "SIMULATOR_ERROR"), ("receiver", "SIMULATOR_ERROR"),
                      ("missing", "SIMULATOR_ERROR"), ("payload", "SIMULATOR_ERROR"),
                      ("id", "SIMULATOR_TIMEOUT")):
        text = rough("lie nan").replace("nan", lie)
        gateway, (one, _) = flight(t, text, simulator={"timeout_ms": 150})
        until(lambda: outcome_of(one.tell("uav2", b"x")), "DELIVERED", told)
        assert not any("event=simulator_down" in line for line in gateway.lines), lie
        accounts = settle(gateway)
        assert accounts[told.lower()] > 0, (lie, accounts)
    for lie in ("outcome", "receiver", "id", "garbage"):
        assert f"lie {lie} " in example("rough-simulator.faults", 1), lie


def test_a_simulator_that_talks_garbage(t):
    """The connection ends, and is made anew."""
    gateway, (one, _) = flight(t, rough("garbage"), simulator=QUICK)
    until(lambda: outcome_of(one.tell("uav2", b"x")), "DELIVERED", "SIMULATOR_DOWN")
    gateway.wait_event("simulator_down")
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"x")) == "DELIVERED")


def test_a_simulator_that_closes(t):
    """Who comes meanwhile is turned away; then all is as before."""
    gateway, (one, _) = flight(t, rough("close"), simulator=QUICK)
    until(lambda: outcome_of(one.tell("uav2", b"x")), "DELIVERED", "SIMULATOR_DOWN")
    gateway.simulator.wait_event("gateway_disconnected", why="a fault closes it")
    gateway.wait_event("simulator_down")
    start = len(gateway.simulator.lines)
    gateway.simulator.wait_event("fault_ended", start=start, fault="simulator close")
    gateway.simulator.wait_event("gateway_connected", start=start)
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"x")) == "DELIVERED")
    events = [uavtest.parse_logfmt(line).get("event") for line in gateway.simulator.lines]
    for began in [at for at, event in enumerate(events) if event == "fault_began"]:
        meanwhile = itertools.takewhile(lambda event: event != "fault_ended", events[began:])
        assert "gateway_connected" not in meanwhile, events


def test_a_simulator_that_dies(t):
    """As a crash: no accounts, its own exit code, and SIMULATOR_DOWN."""
    stub = simulator(t, example("dying-simulator.faults", 100))
    stub.killed = True  # its end is none of the runner's business
    gateway = ready(t, stub)
    one, _ = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    uavtest.wait_until(lambda: outcome_of(one.tell("uav2", b"x")) == "SIMULATOR_DOWN")
    assert stub.wait() == 3
    assert "fault_began" in stub.lines[-1] and "simulator die exit 3" in stub.lines[-1], stub.log()
    settle(gateway)


def test_queued_while_it_is_closed(t):
    """on_simulator_down = queue: what was sent meanwhile goes when it is back."""
    gateway, (one, two) = flight(t, "at 200ms simulator close for 500ms\n",
                                 simulator={"on_simulator_down": "queue", **QUICK})
    start = len(gateway.lines)
    assert outcome_of(one.tell("uav2", b"before")) == "DELIVERED"
    gateway.wait_event("simulator_down", start=start)
    assert outcome_of(one.tell("uav2", b"while")) == "DELIVERED"
    barrier(two)
    assert payloads(two) == [b"before", b"while"]
    settle(gateway)


# ---------------------------------------------------------------- to the last bit


class Caller(ChannelClient):
    """A gateway's end of a connection, that says when its messages are sent."""

    def __init__(self, stub, names=("uav1", "uav2", "uav3"), base=1):
        super().__init__(stub, "caller")
        self.base = base
        self.set_scenario(1, "field", model="free-space")
        for at, name in enumerate(names):
            self.set_node(1, base + at, name, 100.0 * (int(name[-1]) if name[-1].isdigit() else 4))
        self.names = names

    def ask(self, sequence, at_us, sender):
        nodes = {name: self.base + at for at, name in enumerate(self.names)}
        self.tell(transmit={
            "id": sequence, "scenario": 1, "transmitter": nodes[sender], "origin": nodes[sender],
            "receivers": [node for name, node in nodes.items() if name != sender],
            "sequence": sequence, "payload": bytes(200), "sent_at_us": at_us})

    def results(self, count):
        """{id: {receiver's name: what became of it there}}."""
        found = {}
        while len(found) < count:
            result = self.read_result()
            found[result.id] = {
                self.names[one.receiver - self.base]: (
                    one.outcome, one.reason, one.valid_for_us, one.payload, link_bytes(one.link))
                for one in result.receptions}
        return found


MIXED = """
at 10s link uav1 uav2 loss 30% for 30s
at 15s link * * latency +20ms for 5s
at 20s node uav3 freeze for 2s
at 25s jammer at 0 50 0 to 400 50 0 power 0dBm for 10s
at 30s link uav2 -> * corrupt 40% bits 3 every 7s for 3s
"""
START = 1763768000_000000


def test_the_same_whenever_it_is_asked(t):
    """Forty seconds of a flight in no time: forwards, backwards, by other numbers, on two connections."""
    count, found = 600, []
    for order in (range(count), reversed(range(count)), range(count)):
        stub = simulator(t, MIXED, seed=3)
        first = not found
        callers = [Caller(stub)] if first else [
            Caller(stub, ("uav3", "uav1", "uav2"), 7), Caller(stub, ("uav2", "uav3", "uav1"), 3)]
        callers[0].ask(10_000, START, "uav1")  # the timeline begins
        callers[0].results(1)
        order = list(order)
        for number in order:
            sender = f"uav{1 + number % 3}"
            callers[number % len(callers)].ask(number, START + number * 66_667, sender)
        told = {}
        for at, caller in enumerate(callers):
            told |= caller.results(sum(number % len(callers) == at for number in order))
            caller.close()
        found.append(told)
        assert stub.stop() == 0
    assert found[0] == found[1] == found[2]
    fates = {one[:2] for told in found[0].values() for one in told.values()}
    names = {(outcome_name(outcome), channel.Reason.Name(reason)) for outcome, reason in fates}
    assert names >= {("DELIVERED", "REASON_NONE"), ("LOST", "REASON_FAULT_INJECTED"),
                     ("CORRUPTED", "REASON_NONE"), ("LOST", "REASON_INTERFERENCE")}, names


def test_without_a_timeline_and_before_it(t):
    """A timeline changes nothing of what it does not speak of."""
    found = []
    for text in (None, "at 100s link * * loss 100%\n", "at 0s link uav8 uav9 loss 100%\n"):
        stub = simulator(t, text) if text else t.simulator()
        caller = Caller(stub)
        for number in range(100):
            caller.ask(number, START + number, "uav1")
        found.append(caller.results(100))
        caller.close()
    assert found[0] == found[1] == found[2]


def test_who_is_held_back_is_heard(t):
    """However much of what it asked for is held back, a gateway's pings are answered: for more there
    is no room, and it comes sooner."""
    count, many = 40, 10_000  # answers of some 900 kB each
    for what in ("reorder 1000", "late 1min"):
        stub = simulator(t, f"at 0s simulator {what} for 10min\n")
        caller = Caller(stub, ("uav1", "uav2"))
        for number in range(count):
            caller.tell(transmit={"id": number, "scenario": 1, "transmitter": 1, "origin": 1,
                                  "receivers": [2] * many, "sequence": number, "sent_at_us": START})
        caller.tell(ping={"nonce": 5})
        whole, size = [], 0
        while True:
            body, used = uavtest.decode_frame(caller.data)
            if not used:
                data = caller.socket.recv(1 << 20)
                assert data, "closed"
                caller.data += data
                continue
            del caller.data[:used]
            size += used
            message = channel.FromSimulator.FromString(body)
            if message.HasField("pong"):
                break
            if message.HasField("result") and not message.result.more:
                whole.append(message.result.id)
        assert 0 < len(whole) < count and len(set(whole)) == len(whole), whole
        assert (whole == sorted(whole)) == (what == "late 1min"), whole
        assert size / len(whole) * (count - len(whole)) < 16 << 20, (size, whole)
        caller.socket.close()
        assert stub.stop() == 0


# -------------------------------------------------------------------- configuration


def refused(t, *arguments):
    done = subprocess.run([t.binary("sim-stub"), *map(str, arguments)], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, timeout=uavtest.DEADLINE, check=False)
    return done.returncode, done.stderr.decode()


def test_mistakes_in_a_timeline(t):
    """All of them, each with its line; nothing is started."""
    path = t.folder / "a.faults"
    path.write_bytes(b"# fine\nat 3 link a b loss 1%\n\nat 3s node \x1b[31m\xff freeze for 1s\r\n"
                     b"at 3s simulator di\n" + b"x" * 1001 + b"\nat 1s simulator die\n")
    code, said = refused(t, "--faults", path)
    lines = said.splitlines()
    assert code == 2 and len(lines) == 4, said
    for number, word, line in zip((2, 4, 5, 6), ('"3"', "?[31m?", "nearest known: die", "too long"), lines):
        assert line.startswith(f"sim-stub: {path}:{number}: ") and word in line, line
    path.write_text("at 1s simulator die\n" * 1001, encoding="ascii")
    code, said = refused(t, "--faults", path)
    assert code == 2 and said == f"sim-stub: {path}:1001: more than 1000 faults\n", said
    path.write_bytes(b"#\n" * 600_000)
    code, said = refused(t, "--faults", path)
    assert code == 2 and "more than 1 MiB" in said, said
    code, said = refused(t, "--faults", "/dev/zero")
    assert code == 2 and said == "sim-stub: /dev/zero:1: the file has more than 1 MiB\n", said
    for missing in (t.folder / "none", t.folder):
        code, said = refused(t, "--faults", missing)
        assert code == 2 and said.startswith(f"sim-stub: {missing}: "), said


def test_a_timeline_in_the_configuration(t):
    """Its path counts from the folder of the file."""
    (t.folder / "a.faults").write_text("at 1s simulator stall for 1s\n", encoding="ascii")
    (t.folder / "sim.ini").write_text("[sim]\nlisten = 127.0.0.1:0\nfaults = a.faults\n", encoding="ascii")
    stub = t.program(t.binary("sim-stub"), "-c", t.folder / "sim.ini")
    assert stub.wait_event("faults_read")["faults"] == "1"


def test_an_empty_timeline(t):
    """It is told as well: somebody thinks that faults are on."""
    stub = simulator(t, "# nothing yet\n")
    assert stub.wait_event("faults_read")["faults"] == "0"


def test_who_meets_a_fault(t):
    """By packets in the log; and a name that is mistyped is told at the end."""
    stub = simulator(t, "at 0s link uav1 uva2 loss 100%\nat 0s link uav1 uav2 loss 1% for 1ms every 100ms\n"
                        "at 0s simulator stall for 1ms\nat 1000h link * * loss 100%\n")
    caller = Caller(stub)
    for number in range(10):
        caller.ask(number, START + number, "uav1")
    stub.wait_event("fault_ended", line=2, packets=10)
    assert "packets" not in stub.wait_event("fault_ended", line=3)
    caller.socket.close()
    assert stub.stop() == 0
    unmet = [line for line in map(uavtest.parse_logfmt, stub.lines) if line.get("event") == "fault_met_nothing"]
    assert [(line["line"], line["fault"], line["level"]) for line in unmet] == [
        ("1", "link uav1 uva2 loss 100%", "warning")], stub.log()


if __name__ == "__main__":
    uavtest.run()
