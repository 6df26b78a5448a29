"""ns3-sim: what it computes is what sim-stub computes where both know a model, and what the
literature says where they do not; the same requests give the same results; nothing that a
gateway can say ends it. `make ns3-sim` builds it, this test does not."""

import math
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from channel_client import ChannelClient  # noqa: E402
from scene import link_bytes, members, outcome_name, ready, settle  # noqa: E402
from uavtest import channel  # noqa: E402

DISTANCES_M = [10.0, 35.0, 100.0, 180.0, 400.0, 1000.0, 2500.0, 4900.0]
LIGHT_MPS = 299792458.0


def needs_ns3():
    if not (uavtest.BUILD / "ns3-sim").exists():
        raise uavtest.Skip("ns3-sim is not built: deploy/install-deps.sh --ns3 installs ns-3, "
                           "make ns3-sim builds it")


class Peer(ChannelClient):
    """A gateway's side of a connection, with as many scenarios as it likes."""

    def __init__(self, t, program, seed=1):
        needs_ns3()
        super().__init__(t.simulator(seed=seed, program=program), "peer")
        self.ack = self.read().hello_ack
        self.asked = 0

    def scenario(self, number, model, **parameters):
        """Why it was refused; empty when it was not."""
        self.set_scenario(number, f"s{number}", model=model, **parameters)
        status = self.read().scenario_status
        assert status.scenario == number and status.ok == (not status.message), status
        return status.message

    def place(self, number, node, east=0.0, north=0.0, up=0.0, **fields):
        self.set_node(number, node, f"uav{node}", east, north, up, **fields)

    def ask(self, number, transmitter, *receivers, sequence=1):
        """What becomes of one packet at each receiver."""
        self.asked += 1
        self.tell(transmit={"id": self.asked, "scenario": number, "transmitter": transmitter,
                            "receivers": receivers, "sequence": sequence, "payload": bytes(64)})
        result = self.read().result
        assert result.id == self.asked, result
        return result.receptions

    def loss(self, number, *distances, up=(30.0, 1.5)):
        """Path losses over these distances along the ground."""
        self.place(number, 1, up=up[0])
        found = []
        for at, distance in enumerate(distances):
            self.place(number, 2 + at, east=distance * 0.6, north=-distance * 0.8, up=up[1])
        for one in self.ask(number, 1, *range(2, 2 + len(distances))):
            found.append(one.link.path_loss_db)
        return found


def models_of(peer):
    return list(peer.ack.models)


# ----------------------------------------------------------------- a mission


def test_a_mission(t):
    """Behind the gateway, to the accounts at the end."""
    needs_ns3()
    gateway = ready(t, t.simulator(program="ns3-sim"), scenarios={
        "field": uavtest.scenario(channel_model="3gpp-rma", channel_shadowing_db="0",
                                  channel_los="los"),
        "hall": uavtest.scenario(channel_model="3gpp-indoor-office")})
    told = gateway.wait_event("simulator_connected")
    assert told["software"] == "ns3-sim" and "+ns-3." in told["version"], told
    ground, far = members(t, gateway, "ground", "far", presence="PRESENCE_WISH_NONE")
    (inside,) = members(t, gateway, "inside", scenario="hall")
    far.place(0.0, 800.0, 60.0)
    hop = ground.tell("far", b"near enough").send_report.outcomes[0].hops[0]
    assert outcome_name(hop.outcome) == "DELIVERED" and 90.0 < hop.link.path_loss_db < 120.0, hop
    assert hop.link.line_of_sight == uavtest.relay.LINE_OF_SIGHT_LOS
    far.place(0.0, 90000.0, 60.0)
    hop = ground.tell("far", b"too far").send_report.outcomes[0].hops[0]
    assert outcome_name(hop.outcome) == "LOST", hop
    assert not inside.tell(None, b"alone").send_report.outcomes
    accounts = settle(gateway)
    assert gateway.simulator.stop() == 0
    stub = gateway.simulator.wait_event("accounts")
    assert (stub["delivered"], stub["lost"], stub["scenarios"]) == ("1", "1", "2"), stub
    assert accounts["delivered"] == accounts["lost"] == 1, accounts


def test_who_it_is(t):
    needs_ns3()
    for flag, start in (("--help", "Usage: ns3-sim ["), ("--version", "ns3-sim ")):
        said = subprocess.run([t.binary("ns3-sim"), flag], capture_output=True, text=True,
                              check=True, timeout=uavtest.DEADLINE).stdout
        assert said.startswith(start) and "sim-stub" not in said, said
        assert all(len(line) <= 79 for line in said.splitlines()), said
    (t.folder / "empty").touch()
    (t.folder / "a.faults").write_text("at noon\n", encoding="ascii")
    for code, *words in (
            (2, "--wings"), (2, "--plot", "foo"), (2, "--plot", "free-space", "--wings"),
            (2, "--plot", "free-space", "-p", "x"), (1, "--plot", "free-space", "--data", "-o", "."),
            (1, "--fit", t.folder / "none"), (1, "--fit", t.folder / "empty"),
            (2, "--fit", t.folder / "empty", "-p", "exponent=2"), (2, "--faults", t.folder / "a.faults"),
            (2, "--faults", t.folder / "none"), (2, "--conformance", "here"),
            (2, "--conformance", "127.0.0.1:1", "--only", "all"), (1, "--conformance", "127.0.0.1:1")):
        wrong = subprocess.run([t.binary("ns3-sim"), *words], capture_output=True, text=True,
                               check=False, timeout=uavtest.DEADLINE)
        assert wrong.returncode == code and "ns3-sim" in wrong.stderr, (words, wrong)
        assert "sim-stub: " not in wrong.stderr and "see sim-stub" not in wrong.stderr, (words, wrong)
    peer = Peer(t, "ns3-sim")
    assert peer.ack.simulator == "ns3-sim" and "+ns-3." in peer.ack.version, peer.ack


# ------------------------------------------------------------------- numbers

# What both simulators know: (model, parameters, those of sim-stub alone, heights in m). The
# lower node is the base station, raised to its usual height.
SHARED = [
    ("free-space", {"frequency_hz": 9e8}, {}, (120.0, 1.5)),
    ("free-space", {"frequency_hz": 5.8e9}, {}, (0.0, 0.0)),
    ("log-distance", {"exponent": 3.1}, {}, (30.0, 2.0)),
    ("log-distance", {"exponent": 2.2, "reference_m": 100}, {}, (30.0, 2.0)),
    ("two-ray", {"frequency_hz": 9e8}, {"ground": "crossover"}, (10.0, 1.5)),
    ("two-ray", {"frequency_hz": 2.4e9, "base_height_m": 8}, {"ground": "crossover"}, (120.0, 0.0)),
    *((model, {"los": los, **parameters}, {}, (terminal, 0.0))
      for los in ("los", "nlos")
      for model, terminal, parameters in (
          ("3gpp-rma", 1.5, {}), ("3gpp-rma", 10.0, {"frequency_hz": 7e8}),
          ("3gpp-rma", 3.0, {"building_height_m": 12, "street_width_m": 30, "base_height_m": 50}),
          ("3gpp-rma", 3.0, {"building_height_m": 5, "street_width_m": 8}),
          ("3gpp-uma", 1.5, {}), ("3gpp-uma", 22.5, {"frequency_hz": 6e9}),
          ("3gpp-umi", 1.5, {}), ("3gpp-umi", 22.5, {}),
          ("3gpp-umi", 4.0, {"frequency_hz": 28e9}))),
]


def test_the_same_as_sim_stub(t):
    """To a hundredth of a decibel: two implementations that have nothing in common."""
    stub, ns3 = Peer(t, "sim-stub"), Peer(t, "ns3-sim")
    for number, (model, parameters, own, up) in enumerate(SHARED, 1):
        losses = []
        for peer, added in ((stub, own), (ns3, {})):
            why = peer.scenario(number, model, shadowing_db=0, **parameters, **added)
            assert not why, (model, parameters, why)
            losses.append(peer.loss(number, *DISTANCES_M, up=up))
        for distance, one, other in zip(DISTANCES_M, *losses):
            assert abs(one - other) < 0.01, (model, parameters, distance, one, other)


def test_the_same_chance_as_sim_stub(t):
    """Who is in sight, who in shadow and by how much, and which packet is lost, for pairs at
    all distances: by ns-3's probabilities and spreads, drawn as sim-stub draws."""
    nodes = range(1, 41)
    for model in ("3gpp-rma", "3gpp-uma", "3gpp-umi"):
        found = []
        for program in ("sim-stub", "ns3-sim"):
            peer = Peer(t, program, seed=11)
            assert peer.scenario(1, model, bitrate_bps=1e6, tx_power_dbm=23) == ""
            for node in nodes:
                peer.place(1, node, east=9.0 * node, north=0.7 * node ** 2, up=1.5 + node % 3)
            found.append([(one, other.receiver, other) for one in nodes
                          for other in peer.ask(1, one, *(n for n in nodes if n != one))])
        sights = set()
        for (one, receiver, stub), (_, _, ns3) in zip(*found):
            assert stub.link.line_of_sight == ns3.link.line_of_sight, (model, one, receiver)
            assert abs(stub.link.path_loss_db - ns3.link.path_loss_db) < 0.02, (model, stub, ns3)
            assert stub.outcome == ns3.outcome, (model, stub, ns3)
            sights.add((ns3.link.line_of_sight, ns3.outcome))
        assert len(sights) > 2, (model, sights)


def hata_urban_db(mhz, base_m, mobile_m, km):
    """Large city, up to 1.5 GHz (COST 231 final report, eq. 4.4.1)."""
    mobile = 3.2 * math.log10(11.75 * mobile_m) ** 2 - 4.97
    return (69.55 + 26.16 * math.log10(mhz) - 13.82 * math.log10(base_m) - mobile
            + (44.9 - 6.55 * math.log10(base_m)) * math.log10(km))


def cost_231_hata_db(mhz, base_m, mobile_m, km):
    """Metropolitan centre, 1.5 to 2 GHz (COST 231 final report, eq. 4.4.3)."""
    mobile = 3.2 * math.log10(11.75 * mobile_m) ** 2 - 4.97
    return (46.3 + 33.9 * math.log10(mhz) - 13.82 * math.log10(base_m) - mobile
            + (44.9 - 6.55 * math.log10(base_m)) * math.log10(km) + 3.0)


def free_space_db(hertz, metres):
    return 20 * math.log10(4 * math.pi * metres * hertz / LIGHT_MPS)


def test_models_of_ns3_alone(t):
    """By the formulas of their sources."""
    peer = Peer(t, "ns3-sim")
    assert {"okumura-hata", "itu-r-1411-los", "kun-2600", "3gpp-indoor-office"} <= set(models_of(peer))
    far = [1000.0, 3000.0, 10000.0]
    straight = [math.hypot(distance, 48.5) for distance in far]
    assert peer.scenario(1, "okumura-hata", frequency_hz=9e8) == ""
    for metres, loss in zip(straight, peer.loss(1, *far, up=(50.0, 1.5))):
        assert abs(loss - hata_urban_db(900.0, 50.0, 1.5, metres / 1000)) < 0.01, (metres, loss)
    assert peer.scenario(2, "kun-2600", frequency_hz=2.6e9) == ""
    for metres, loss in zip(straight, peer.loss(2, *far, up=(50.0, 1.5))):
        assert abs(loss - (36 + 26 * math.log10(metres))) < 0.01, (metres, loss)
    # behind the breakpoint of ITU-R P.1411, eq. 1 to 8: between bounds that are 20 dB apart
    assert peer.scenario(3, "itu-r-1411-los", frequency_hz=2e9) == ""
    wave = LIGHT_MPS / 2e9
    bend = 4 * 10.0 * 2.0 / wave
    (loss,) = peer.loss(3, 4 * bend, up=(10.0, 2.0))
    at_bend = abs(20 * math.log10(wave ** 2 / (8 * math.pi * 10.0 * 2.0)))
    metres = math.hypot(4 * bend, 8.0)
    assert abs(loss - (at_bend + 10 + 40 * math.log10(metres / bend))) < 0.01, loss
    # indoors, TR 38.901 table 7.4.1-1, InH
    for number, los in ((4, "los"), (5, "nlos")):
        assert peer.scenario(number, "3gpp-indoor-office", frequency_hz=3.5e9, los=los,
                             shadowing_db=0) == ""
    metres = math.hypot(50.0, 1.5)
    sight = 32.4 + 17.3 * math.log10(metres) + 20 * math.log10(3.5)
    hidden = 38.3 * math.log10(metres) + 17.3 + 24.9 * math.log10(3.5)
    assert abs(peer.loss(4, 50.0, up=(3.0, 1.5))[0] - sight) < 0.01
    assert abs(peer.loss(5, 50.0, up=(3.0, 1.5))[0] - hidden) < 0.01


def test_near_by_it_is_free_space(t):
    """Where formulas that were fitted far out would gain on it."""
    peer = Peer(t, "ns3-sim")
    for number, model in enumerate(("okumura-hata", "itu-r-1411-los", "kun-2600"), 1):
        assert peer.scenario(number, model, frequency_hz=2.6e9) == ""
        for metres, loss in zip((1.0, 2.0), peer.loss(number, 1.0, 2.0, up=(2.0, 2.0))):
            assert loss > free_space_db(2.6e9, metres) - 0.001, (model, metres, loss)
    assert peer.scenario(9, "kun-2600", frequency_hz=2.6e9) == ""
    assert abs(peer.loss(9, 2.0, up=(2.0, 2.0))[0] - free_space_db(2.6e9, 2.0)) < 0.01


# ---------------------------------------------------------- the protocol as such


def test_conformance(t):
    """sim-stub plays the protocol's checks against it, with models of either kind."""
    needs_ns3()
    listening = "%s:%d" % t.simulator(program="ns3-sim", seed=3).at
    for model in ("free-space", "3gpp-umi"):
        done = subprocess.run([t.binary("sim-stub"), "--conformance", listening, "--model", model],
                              capture_output=True, text=True, check=False, timeout=50)
        assert done.returncode == 0 and f"model {model}: " in done.stdout, done
        assert " 0 failed" in done.stdout and done.stdout.count("\nskip") <= 1, done.stdout


# ----------------------------------------------------------------- repeatable


# Some of them where ns-3 would draw the height of the environment (3gpp-uma).
NODES = [(0.0, 1.5), (300.0, 80.0), (700.0, 22.0), (1500.0, 14.0), (8000.0, 25.0)]


def answers(peer, order):
    """{(scenario, transmitter, sequence): what became of it, bit for bit}, asked in this order."""
    models = [model for model in models_of(peer) if model != "ideal"]
    for number, model in enumerate(models, 1):
        seen = {"los": "los"} if model.startswith("3gpp") else {}
        for twin, frequency, added in ((number, 9e8, seen), (100 + number, 5.8e9, {})):
            assert peer.scenario(twin, model, frequency_hz=frequency, tx_power_dbm=5, **added) == ""
            for node, (east, up) in enumerate(NODES, 1):
                peer.place(twin, node, east=east, up=up)
    questions = [(twin, transmitter, sequence)
                 for number in range(1, len(models) + 1) for twin in (number, 100 + number)
                 for transmitter in range(1, 6) for sequence in range(1, 6)]
    found = {}
    for question in order(questions):
        number, transmitter, sequence = question
        receptions = peer.ask(number, transmitter, *(n for n in range(1, 6) if n != transmitter),
                              sequence=sequence)
        found[question] = [(one.receiver, one.outcome, one.valid_for_us, link_bytes(one.link))
                           for one in receptions]
    return found


def test_the_same_whatever_was_asked_before(t):
    """Models and frequencies in turn or one after the other: ns-3's objects, which all scenarios
    share, keep nothing from one question for the next."""
    first = answers(Peer(t, "ns3-sim", seed=5), lambda questions: questions)
    outcomes = {one[1] for told in first.values() for one in told}
    assert outcomes == {channel.OUTCOME_DELIVERED, channel.OUTCOME_LOST}
    assert first == answers(Peer(t, "ns3-sim", seed=5), lambda questions: questions[::-1])
    mixed = answers(Peer(t, "ns3-sim", seed=5), lambda questions: sorted(
        questions, key=lambda question: (question[2], -question[1], question[0] % 100)))
    assert first == mixed
    other = answers(Peer(t, "ns3-sim", seed=6), lambda questions: questions)
    assert other != first, "another seed"


# -------------------------------------------------------------- what ends ns-3


def test_scenarios_that_ns3_would_not_survive(t):
    """Frequencies for which its classes end the process are refused, and no others."""
    peer = Peer(t, "ns3-sim")
    for model, least, most in (("3gpp-rma", 5e8, 3e10), ("3gpp-uma", 5e8, 1e11),
                               ("3gpp-umi", 5e8, 1e11), ("3gpp-indoor-office", 5e8, 1e11)):
        for frequency in (least, most):
            assert peer.scenario(1, model, frequency_hz=frequency) == ""
        for frequency in (least * 0.99, most * 1.01):
            why = peer.scenario(1, model, frequency_hz=frequency)
            assert "frequency_hz" in why and model in why and "from 5" in why, why
    for model in models_of(peer):
        if model != "ideal" and not model.startswith("3gpp"):
            for frequency in (1e6, 300e9):
                assert peer.scenario(1, model, frequency_hz=frequency) == "", model
    assert "okumura-hata" in peer.scenario(1, "okumura")


def test_places_that_ns3_would_not_survive(t):
    """Below ground, in one place, and at the ends of what a float can say."""
    wild = [0.0, -0.0, -1.0, 1e-30, 1.0, 10.0, 13.0, 25.0, 1e9, -3.4e38, 3.4e38,
            -struct.unpack("f", b"\xff\xff\x7f\x7f")[0]]
    peer = Peer(t, "ns3-sim")
    for number, model in enumerate(models_of(peer), 1):
        for choice in ({"los": "los"}, {"los": "nlos"}) if model.startswith("3gpp") else ({},):
            assert peer.scenario(number, model, **choice) == ""
            for east in (0.0, 1.0, 5000.0, -3.4e38):
                peer.place(number, 1, east=east, up=2.0)
                for node, up in enumerate(wild, 2):
                    peer.place(number, node, up=up)
                receptions = peer.ask(number, 1, *range(2, 2 + len(wild)))
                for one, up in zip(receptions, wild):
                    numbers = [value for _, value in one.link.ListFields()]
                    assert all(math.isfinite(value) for value in numbers), (model, east, up, one)
                    assert one.link.path_loss_db >= 0.0, (model, east, up, one)
                    if model != "ideal" and abs(one.link.distance_m) < 1e8:
                        assert one.link.path_loss_db < 1e6, (model, east, up, one)
    peer.tell(ping={"nonce": 7})
    assert peer.read().pong.nonce == 7
    assert peer.simulator.stop() == 0


if __name__ == "__main__":
    uavtest.run()
