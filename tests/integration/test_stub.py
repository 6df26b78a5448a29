"""sim-stub behind the gateway: its physics, its chance, its refusals and its accounts."""

import math
import re
import select
import ssl
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import certificates  # noqa: E402
import hostile  # noqa: E402
import uavtest  # noqa: E402
from channel_client import ChannelClient  # noqa: E402
from certificates import Authority  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, error_of, link_bytes, members, outcome_name, outcomes_of, ready, settle,
)
from uavtest import channel, relay  # noqa: E402


def slope(points):
    """Of the least-squares line through (x, y)."""
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points))
    above = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return above / sum((x - mean_x) ** 2 for x, _ in points)


# ----------------------------------------------------------------- physics


def test_free_space_loses_20_db_a_decade(t):
    gateway = ready(t)
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.place(0.0, 0.0, 50.0)
    losses, levels, delays = [], [], []
    for step in range(25):
        distance = 10 ** (1 + step / 6)  # 10 m to 100 km
        two.place(distance * 0.6, -distance * 0.8, 50.0)
        outcome = one.tell("uav2", b"how far?").send_report.outcomes[0]
        link = outcome.hops[0].link
        assert math.isclose(link.distance_m, distance, rel_tol=1e-5)
        losses.append((math.log10(link.distance_m), link.path_loss_db))
        levels.append((math.log10(link.distance_m), link.snr_db))
        delays.append((link.distance_m, link.propagation_ns))
        # ITU-R P.525: 20 log10(4 pi d f / c)
        expected = 20 * math.log10(4 * math.pi * distance * 2.4e9 / 299792458.0)
        assert abs(link.path_loss_db - expected) < 0.01, (distance, link)
    assert abs(slope(losses) - 20.0) <= 0.1, slope(losses)
    assert abs(slope(levels) + 20.0) <= 0.1, slope(levels)
    assert abs(slope(delays) - 1e9 / 299792458.0) < 0.01


def log_distance(**changes):
    return uavtest.scenario(channel_model="log-distance", **changes)


def test_log_distance_loses_by_its_exponent(t):
    """Free space up to the reference, ten times the exponent a decade from there on."""
    gateway = ready(t, scenarios={"field": log_distance(channel_exponent="3.2",
                                                        channel_reference_m="100")})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    near, far = [], []
    for step in range(25):
        distance = 10 ** (1 + step / 6)  # 10 m to 100 km
        two.place(distance * 0.6, -distance * 0.8)
        link = one.tell("uav2", b"how far?").send_report.outcomes[0].hops[0].link
        (near if step <= 6 else far).append((math.log10(link.distance_m), link.path_loss_db))
    assert abs(slope(near) - 20.0) <= 0.001, slope(near)
    assert abs(slope(far) - 32.0) <= 0.001, slope(far)
    # ITU-R P.525 at 100 m and 2.4 GHz
    assert abs(near[-1][1] - 80.05) < 0.01, near[-1]


def shadowings(t, seed, names):
    """{(sender, receiver): dB} of everyone to everyone, who registered in this order."""
    gateway = ready(t, t.simulator(seed=seed), scenarios={
        "field": log_distance(channel_shadowing_db="6", channel_exponent="2",
                              channel_decorrelation_m="0")})
    drones = dict(zip(names, members(t, gateway, *names, presence="PRESENCE_WISH_NONE")))
    for number, drone in enumerate(drones.values()):
        drone.place(100.0 * 1.1 ** number)
    found = {}
    for again in range(3):
        for sender, drone in drones.items():
            for outcome in drone.tell(None, b"x").send_report.outcomes:
                link = outcome.hops[0].link
                free = 20 * math.log10(4 * math.pi * link.distance_m * 2.4e9 / 299792458.0)
                extra = round(link.path_loss_db - free, 3)
                assert found.setdefault((sender, outcome.drone_id), extra) == extra, again
    return found


def test_shadowing_is_of_the_pair(t):
    """The same both ways, for every message, and in every run with the seed."""
    names = [f"uav{number}" for number in range(1, 9)]
    first = shadowings(t, 1, names)
    assert len(first) == len(names) * (len(names) - 1)
    for (sender, receiver), extra in first.items():
        assert abs(first[receiver, sender] - extra) < 0.002, (sender, receiver)
        assert abs(extra * 100 - round(extra * 100)) < 0.2, "hundredths of a decibel"
    assert len(set(first.values())) > len(first) / 3
    assert 3.0 < math.sqrt(sum(x * x for x in first.values()) / len(first)) < 9.0
    second = shadowings(t, 1, names[::-1])  # other numbers, and other distances
    assert all(abs(second[pair] - extra) < 0.002 for pair, extra in first.items())
    other = shadowings(t, 2, names[:2])
    assert abs(other["uav1", "uav2"] - first["uav1", "uav2"]) > 0.002, "another seed"


def flight(t, seed):
    """What two drones in a town are told of their link on the same way, whatever the clock shows."""
    gateway = ready(t, t.simulator(seed=seed), scenarios={"field": uavtest.scenario(
        channel_model="3gpp-uma", channel_fading="rician", channel_motion="told",
        channel_bandwidth_hz="1000000", channel_bitrate_bps="1000000")})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    links = []
    for step in range(60):
        two.place(300.0 + 0.5 * step, 20.0, 40.0)
        for sender, to in ((one, "uav2"), (two, "uav1")):
            links.append(sender.tell(to, b"where?").send_report.outcomes[0].hops[0].link)
    return links


def test_chance_is_of_the_place(t):
    """Shadowing changes slowly on the way, fading fast; both are the same in either direction,
    and in each run with the seed."""
    first = flight(t, 3)
    assert [link.SerializeToString() for link in flight(t, 3)] == [
        link.SerializeToString() for link in first]
    for there, back in zip(first[::2], first[1::2]):
        assert there.path_loss_db == back.path_loss_db and there.rx_power_dbm == back.rx_power_dbm
    losses = [link.path_loss_db for link in first[::2] if link.line_of_sight == first[0].line_of_sight]
    # half a metre on, of a standard deviation of 4 to 6 dB and 37 to 50 m: mostly under 1 dB
    assert all(abs(b - a) < 3.5 for a, b in zip(losses, losses[1:])), losses
    assert len(set(losses)) > len(losses) / 2
    gains = [link.rx_power_dbm + link.path_loss_db for link in first[::2]]
    assert max(gains) - min(gains) > 2.0, gains
    other = flight(t, 4)
    assert [link.path_loss_db for link in other] != [link.path_loss_db for link in first]


def test_the_parameters_of_a_scenario(t):
    """Each key does what its name says."""
    base = {"channel.bandwidth_hz": 1000000, "channel.bitrate_bps": 1000000}
    scenarios = {
        "base": uavtest.scenario(**base),
        "high": uavtest.scenario(**{**base, "channel.frequency_hz": 24000000000}),
        "loud": uavtest.scenario(**{**base, "channel.tx_power_dbm": 30}),
        "deaf": uavtest.scenario(**{**base, "channel.noise_figure_db": 16}),
        "slow": uavtest.scenario(**{**base, "channel.bitrate_bps": 100000}),
        "wide": uavtest.scenario(**{**base, "channel.bandwidth_hz": 10000000}),
        "dense": uavtest.scenario(**base, channel_modulation="64qam"),
        "town": log_distance(**base, channel_exponent="3"),
        "street": log_distance(**base, channel_exponent="3", channel_reference_m="100"),
        "ideal": IDEAL,
    }
    gateway = ready(t, scenarios=scenarios)
    one, two = t.drone(gateway, "uav1"), t.drone(gateway, "uav2")
    two.place(1000.0)
    links = {}
    for name in scenarios:
        for drone in (one, two):
            assert drone.request(choose_scenario={"name": name}).HasField("scenario_chosen")
        links[name] = one.tell("uav2", bytes(100)).send_report.outcomes[0].hops[0].link

    assert links["dense"].packet_error_rate > links["base"].packet_error_rate

    def differs(name, field):
        return getattr(links[name], field) - getattr(links["base"], field)

    for name, field, expected in (
        ("high", "path_loss_db", 20.0), ("high", "snr_db", -20.0), ("loud", "tx_power_dbm", 10.0),
        ("loud", "snr_db", 10.0), ("deaf", "snr_db", -10.0), ("wide", "snr_db", -10.0),
        ("slow", "airtime_us", 7200), ("slow", "snr_db", 0.0), ("wide", "path_loss_db", 0.0),
        ("dense", "path_loss_db", 0.0), ("dense", "snr_db", 0.0), ("town", "path_loss_db", 30.0),
        ("town", "snr_db", -30.0), ("street", "path_loss_db", 10.0),
    ):
        assert abs(differs(name, field) - expected) < 0.001, (name, field, differs(name, field))
    for link in (links["base"], links["slow"]):
        assert link.delay_us == link.airtime_us + math.ceil(link.propagation_ns / 1000)
    assert links["base"].airtime_us == 800
    assert links["ideal"].distance_m == 1000.0 and links["ideal"].path_loss_db == 0.0


# ------------------------------------------------------------------- chance

# At this distance about half of all packets of 64 bytes are lost (QPSK at 1 Mbit/s).
POOR = uavtest.scenario(channel_tx_power_dbm="0")
POOR_M = 1130.0


def fates(t, seed, messages, names=("uav1", "uav2", "uav3")):
    """Outcomes of these senders' messages to everyone else; the drones come in the order of
    `names`, which decides their numbers."""
    gateway = ready(t, t.simulator(seed=seed), scenarios={"field": POOR})
    drones = dict(zip(names, members(t, gateway, *names, presence="PRESENCE_WISH_NONE")))
    drones["uav3"].place(POOR_M)
    found = {}
    for sender in messages:
        drones[sender].send(ref=1, send={
            "everyone": {}, "payload": bytes(64), "report": "REPORT_WISH_ALL"})
        reply = drones[sender].reply_to(1)
        number = len([key for key in found if key[0] == sender]) // 2 + 1
        for one in reply.send_report.outcomes:
            found[sender, number, one.drone_id] = outcome_name(one.outcome)
    return found


def test_chance_follows_the_seed(t):
    """The same seed gives the same outcomes, however senders interleave; another one others."""
    senders = ["uav1", "uav2"]
    in_turn = senders * 40
    first = fates(t, 1, in_turn)
    assert set(first.values()) == {"DELIVERED", "LOST"}
    assert first == fates(t, 1, in_turn), "a second run"
    assert first == fates(t, 1, sorted(in_turn)), "interleaved otherwise"
    assert first == fates(t, 1, in_turn, names=("uav3", "uav1", "uav2")), "numbered otherwise"
    other = fates(t, 2, in_turn)
    assert set(other) == set(first) and other != first
    lost = sum(outcome == "LOST" for outcome in first.values()) / len(first)
    assert 0.05 < lost < 0.95


def test_the_packet_error_rate_is_what_happens(t):
    """As many are lost as the link's numbers say, within four standard deviations."""
    gateway = ready(t, t.simulator(seed=3), scenarios={"field": POOR})
    one, two = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    two.place(POOR_M)
    count, lost, rate = 1000, 0, 0.0
    send = {"drone": "uav2", "payload": bytes(64), "report": "REPORT_WISH_ALL"}
    for first in range(1, count, 50):
        for ref in range(first, first + 50):
            one.send(ref=ref, send=send)
        for ref in range(first, first + 50):
            outcome = one.reply_to(ref).send_report.outcomes[0]
            rate = outcome.hops[0].link.packet_error_rate
            lost += outcome.outcome == relay.OUTCOME_LOST
    assert 0.05 < rate < 0.95, rate
    deviation = math.sqrt(count * rate * (1 - rate))
    assert abs(lost - count * rate) < 4 * deviation, (lost, rate)


# ------------------------------------------------- several connections


class Link(ChannelClient):
    """A connection to sim-stub as a gateway has several of, with numbers of its own for
    the nodes."""

    def __init__(self, stub, base, **secured):
        super().__init__(stub, "eight", **secured)
        self.base = base
        self.set_scenario(base, "field", model="log-distance", exponent=2, shadowing_db=4, tx_power_dbm=0)
        for number in range(4):
            self.set_node(base, base + number, f"uav{number}", 900.0 * number)

    def transmit(self, number, sent_at_us):
        """The message of that number, from one to the three others."""
        sender = number % 4
        self.tell(transmit={
            "id": number, "scenario": self.base, "transmitter": self.base + sender,
            "receivers": [self.base + n for n in range(4) if n != sender],
            "origin": self.base + (sender + number % 3) % 4, "sequence": number,
            "payload": bytes(64), "sent_at_us": sent_at_us})

    def results(self, count):
        """{message: what became of it}, nodes told by place instead of number."""
        found = {}
        while len(found) < count:
            result = self.read_result()
            found[result.id] = [
                (one.receiver - self.base, one.outcome, one.reason, link_bytes(one.link))
                for one in result.receptions]
        return found


def test_eight_connections_of_one_gateway(t):
    """A message has the same fate, bit for bit, whichever connection carries it, whatever
    numbers it goes by there, and whenever it says that it was sent."""
    stub = t.simulator(seed=9)
    count = 400
    links = [Link(stub, 1 + 10 * lane) for lane in range(8)]
    for number in range(count):
        links[0].transmit(number, 0)
    alone = links[0].results(count)
    assert {one[1] for told in alone.values() for one in told} == {
        channel.OUTCOME_DELIVERED, channel.OUTCOME_LOST}
    ahead = 2 ** 52  # microseconds: in the year 2112
    for number in range(count):
        links[number * 5 % 8].transmit(number, ahead + number)
    spread = {}
    for lane, link in enumerate(links):
        spread.update(link.results(sum(number * 5 % 8 == lane for number in range(count))))
    assert spread == alone
    links[1].tell(remove_scenario={"scenario": links[1].base})
    for link in links[:3]:
        link.transmit(7, 0)
    assert links[0].results(1) == links[2].results(1) == {7: alone[7]}
    assert links[1].results(1) == {7: []}
    for link in links:
        link.close()
        stub.wait_event("gateway_disconnected", gateway="eight")
    assert stub.stop() == 0
    accounts = stub.wait_event("accounts")
    assert (accounts["scenarios"], accounts["nodes"]) == ("8", "32"), accounts
    assert accounts["transmits"] == str(2 * count + 3), accounts


# --------------------------------------------------------- configuration


def wrong_start(t, *arguments):
    """(exit code, what it says) of a sim-stub that does not start."""
    done = subprocess.run(
        [t.binary("sim-stub"), *map(str, arguments)], stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, timeout=uavtest.DEADLINE)
    return done.returncode, done.stderr.decode()


def test_configuration_file(t):
    path = t.folder / "sim.ini"
    path.write_text("# a comment\n[sim]\nlisten = 127.0.0.1:0\nseed = 42\n")
    stub = t.program(t.binary("sim-stub"), "-c", path)
    listening = stub.wait_event("listening")
    assert listening["seed"] == "42"
    stub.at = stub.address()
    ready(t, stub)
    flags = t.program(t.binary("sim-stub"), "-c", path, "--seed", "7")
    assert flags.wait_event("listening")["seed"] == "7", "flags override the file"


def test_mistakes_in_the_file(t):
    path = t.folder / "sim.ini"
    for text, line, word in (
        ("[sim]\nseed = many\n", 2, "seed"),
        ("[sim]\nseed = 18446744073709551616\n", 2, "seed"),
        ("[sim]\n\nlisten = nowhere\n", 3, "listen"),
        ("[sim]\nlisten = 127.0.0.1:65536\n", 2, "listen"),
        ("[sim]\nsead = 1\n", 2, "sead"),
        ("[simulator]\nseed = 1\n", 2, "simulator"),
        ("[sim]\nseed = 1\nseed = 2\n", 3, "twice"),
        ("[sim]\nwhat is this\n", 2, "key = value"),
        ("seed = 1\n", 1, "section"),
        ("[sim]\nseed = 1" + " " * 3000 + "\n", 2, "too long"),
    ):
        path.write_text(text)
        code, said = wrong_start(t, "-c", path)
        assert code == 2 and f"{path}:{line}: " in said and word in said, (text[:40], code, said)
    for missing in (t.folder / "none.ini", t.folder):
        code, said = wrong_start(t, "-c", missing)
        assert code == 2 and str(missing) in said, (code, said)


def test_a_frequency_that_was_not_published(t):
    """Taken, since the formulas go on; told, since nobody vouches for them there."""
    stub = t.simulator(program="sim-stub")
    ready(t, stub, scenarios={
        f"{model}-{at}": uavtest.scenario(channel_model=model, channel_frequency_hz=frequency)
        for model, frequencies in (("3gpp-rma", ("1e6", "30e9", "31e9")), ("3gpp-umi", ("0.5e9", "100e9", "300e9")))
        for at, frequency in enumerate(frequencies)})
    told = {line["name"]: line["why"] for line in map(uavtest.parse_logfmt, stub.lines)
            if line.get("event") == "scenario_out_of_range"}
    assert set(told) == {"3gpp-rma-0", "3gpp-rma-2", "3gpp-umi-2"}, stub.log()
    assert told["3gpp-rma-0"] == "3gpp-rma is published for 0.5 to 30 GHz, frequency_hz is 1000000", told


def test_wrong_usage(t):
    for arguments in (("--listen", "nowhere"), ("--seed", "x"), ("--wings",), ("surplus",),
                      ("--listen", "127.0.0.1:99999"), ("--seed", "-1")):
        code, said = wrong_start(t, *arguments)
        assert code == 2 and said, arguments
    stub = t.simulator()
    code, said = wrong_start(t, "--listen", "%s:%d" % stub.at)
    assert code == 1 and "cannot_listen" in said
    for flag, pattern in (("--help", rb"Usage: sim-stub"), ("--version", rb"sim-stub \d+\.\d+")):
        done = subprocess.run([t.binary("sim-stub"), flag], stdout=subprocess.PIPE, check=True)
        assert re.match(pattern, done.stdout)


# ---------------------------------------------------------------- refusals


def test_refused_by_name(t):
    """The operator reads in the gateway's log which model or parameter it is, and what would
    be allowed; every other scenario works."""
    def changed(**changes):
        return uavtest.scenario(**changes)

    wrong = {
        "model": (changed(channel_model="psychic"), ["psychic", "free-space", "ideal", "log-distance"]),
        "no-model": (changed(channel_model=None), ["model"]),
        "key": (changed(**{"channel.frequncy_hz": 1}), ["frequncy_hz", "frequency_hz"]),
        "foreign": (changed(channel_model="ideal"), ["frequency_hz", "ideal"]),
        "word": (changed(channel_bandwidth_hz="broad"), ["bandwidth_hz", "broad"]),
        "bounds": (changed(channel_noise_figure_db="-1"), ["noise_figure_db", "-1"]),
        "nan": (changed(channel_tx_power_dbm="nan"), ["tx_power_dbm", "nan"]),
        "choice": (changed(channel_modulation="morse"), ["modulation", "morse", "64qam"]),
        "steep": (log_distance(channel_exponent="9"), ["exponent", "9", "from 1 to 8"]),
        "remote": (log_distance(channel_reference_m="0"), ["reference_m", "10000"]),
        "shady": (log_distance(channel_shadowing_db="41"), ["shadowing_db", "from 0 to 40"]),
        "nearly": (log_distance(channel_shadow_db="4"), ["shadow_db", "shadowing_db"]),
        "unread": (changed(channel_exponent="2"), ["exponent", "free-space"]),
        "together": (changed(channel_bitrate_bps="50000000"), ["bitrate_bps", "bandwidth_hz"]),
    }
    scenarios = {name: keys for name, (keys, _) in wrong.items()}
    stub = t.simulator()
    gateway = t.gateway(stub.at, {**scenarios, "right": uavtest.scenario()})
    gateway.wait_event("scenario_accepted", scenario="right")
    drone = t.drone(gateway, "uav1")
    entries = {e.name: e for e in drone.request(list_scenarios={}).scenarios.entries}
    for name, (_, words) in wrong.items():
        why = gateway.wait_event("scenario_refused", scenario=name)["why"]
        assert all(word in why for word in words), (name, why)
        assert not entries[name].available and entries[name].message == why
        assert error_of(drone.request(choose_scenario={"name": name})) == "SCENARIO_UNAVAILABLE"
        assert stub.wait_event("scenario_refused", name=name)["why"] == why
    assert drone.request(choose_scenario={"name": "right"}).scenario_chosen.scenario.available


# ----------------------------------------------------------------- accounts


def test_accounts_agree(t):
    """What drones saw, what the gateway counted, and what sim-stub decided."""
    gateway = ready(t, scenarios={"field": POOR})
    names = ["uav1", "uav2", "uav3", "uav4"]
    drones = dict(zip(names, members(t, gateway, *names, presence="PRESENCE_WISH_NONE")))
    drones["uav3"].place(POOR_M)
    drones["uav4"].place(0.0, 5e6)
    seen = {"DELIVERED": 0, "LOST": 0, "TARGET_OFFLINE": 0}
    for number in range(40):
        for sender, target in (("uav1", None), ("uav2", "uav3"), ("uav3", "ghost")):
            reply = drones[sender].tell(target, bytes(64))
            for outcome in outcomes_of(reply).values():
                seen[outcome] += 1
    assert all(seen.values()), seen
    accounts = settle(gateway)
    gateway.simulator.stop()
    stub = {key: int(value) for key, value in gateway.simulator.wait_event("accounts").items()
            if value.isdigit()}
    assert {key: accounts[key.lower()] for key in seen} == seen
    assert (stub["delivered"], stub["lost"]) == (seen["DELIVERED"], seen["LOST"])
    assert stub["receptions"] == accounts["results"] == seen["DELIVERED"] + seen["LOST"]
    assert stub["transmits"] == accounts["transmits"] == 80
    assert accounts["results_unknown"] == accounts["results_repeated"] == 0
    for drone in drones.values():
        drone.wait_closed()
    heard = sum(event.HasField("delivery") for drone in drones.values() for event in drone.events)
    assert heard == seen["DELIVERED"]


def test_stop_in_order(t):
    """It ends at SIGTERM although a gateway is connected, and says what it did."""
    stub = t.simulator()
    ready(t, stub)
    assert stub.stop() == 0
    assert stub.wait_event("accounts")["scenarios"] == "1"


def test_a_connection_that_is_no_gateway(t):
    """Garbage, and requests before hello, end that connection alone."""
    stub = t.simulator()
    gateway = ready(t, stub)
    one, _ = members(t, gateway, "uav1", "uav2")
    ping = uavtest.delimit(channel.ToSimulator(ping={"nonce": 1}))
    for data in (b"GET / HTTP/1.1\r\n\r\n" * 9, b"\x00", b"\xff" * 10, ping,
                 uavtest.encode_varint(4 * 1024 * 1024 + 1)):
        sock = hostile.connect(stub)
        sock.sendall(data)
        try:
            assert sock.recv(100) == b"", data
        except ConnectionError:
            pass
        sock.close()
    assert outcomes_of(one.tell(None, b"x")) == {"uav2": "DELIVERED"}


# ----------------------------------------------------------------------- TLS


def secured(t, ca, *flags):
    """sim-stub with TLS; its certificate is for simulator.test."""
    own = ca.issue("stub", dns=["simulator.test"])
    return t.simulator("--tls-cert", own.cert, "--tls-key", own.key, *flags)


def link_to(ca, identity=None, **keys):
    """The gateway's side of it."""
    shown = {"tls_cert": identity.cert, "tls_key": identity.key} if identity else {}
    return {"tls_ca": ca.cert, "tls_name": "simulator.test", **shown, **keys}


def flies(t, gateway):
    one, two = members(t, gateway, "uav1", "uav2")
    two.place(10.0)
    assert outcomes_of(one.tell("uav2", bytes(60000))) == {"uav2": "DELIVERED"}
    assert len(two.wait_for("delivery").delivery.payload) == 60000


def test_a_gateway_with_tls(t):
    ca = Authority(t.folder)
    stub = secured(t, ca)
    assert stub.wait_event("listening")["tls"] == "yes"
    gateway = ready(t, stub, simulator=link_to(ca))
    flies(t, gateway)
    gateway.stop()
    gone = stub.wait_event("gateway_disconnected", gateway="test")
    assert gone["why"] == "closed by the gateway", gone
    assert t.simulator().wait_event("listening")["tls"] == "no"


def test_gateways_with_a_certificate_alone(t):
    ca, other = Authority(t.folder), Authority(t.folder, "other")
    path = t.folder / "sim.ini"
    own = ca.issue("stub", dns=["simulator.test"])
    path.write_text(f"[sim]\nlisten = 127.0.0.1:0\ntls_cert = {own.cert.name}\n"
                    f"tls_key = {own.key.name}\ntls_ca = {ca.cert}\n")
    stub = t.program(t.binary("sim-stub"), "-c", path)
    stub.at = stub.address()
    flies(t, ready(t, stub, simulator=link_to(ca, ca.issue("gateway"))))
    for identity, why in ((None, "shows no certificate"), (other.issue("gateway"), "not accepted")):
        start = len(stub.lines)
        gateway = t.gateway(stub.at, simulator=link_to(ca, identity))
        assert why in stub.wait_event("connection_closed", start=start)["why"]
        assert gateway.stop() == 0
    start = len(stub.lines)
    t.gateway(stub.at)
    assert "does not speak TLS" in stub.wait_event("connection_closed", start=start)["why"]


def test_tls_that_cannot_be(t):
    ca = Authority(t.folder)
    own, another = ca.issue("stub"), ca.issue("another")
    code, said = wrong_start(t, "--tls-cert", own.cert)
    assert code == 2 and "go together" in said, said
    for cert, key, word in ((own.cert, another.key, "not the key of"),
                            (t.folder / "none", own.key, "No such file")):
        code, said = wrong_start(t, "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
        assert code == 1 and "event=cannot_start" in said and word in said, said


def pour(sock, data):
    """Sends all of it, reading only when no more can be sent; what it read meanwhile."""
    heard, left = bytearray(), memoryview(data)
    sock.setblocking(False)
    while left:
        try:
            left = left[sock.send(left[:300]):]  # a record of its own
            continue
        except ssl.SSLWantWriteError:
            pass
        if not select.select([], [sock], [], 1.0)[1]:
            try:
                heard += sock.recv(65536)
            except ssl.SSLWantReadError:
                select.select([sock], [sock], [], uavtest.DEADLINE)
    sock.settimeout(uavtest.DEADLINE)
    return heard


def test_answers_that_are_not_taken_with_tls(t):
    """More than may wait for a gateway: what it has sent meanwhile is answered later, what
    the socket no longer tells of included, and others are not kept waiting."""
    ca = Authority(t.folder)
    stub = secured(t, ca)
    link = Link(stub, 1, secure=lambda sock: certificates.client(ca).wrap_socket(
        sock, server_hostname="simulator.test"))
    for number in range(4, 68):
        link.tell(set_node={"scenario": 1, "node": 1 + number, "name": f"uav{number}"})
    count = 5000  # with 67 receptions each: some 25 MB
    asked = b"".join(uavtest.delimit(channel.ToSimulator(transmit={
        "id": number, "scenario": 1, "transmitter": 1, "receivers": range(2, 69),
        "sequence": number, "payload": bytes(64)})) for number in range(count))
    link.data += pour(link.socket, asked)
    flies(t, ready(t, stub, simulator=link_to(ca)))
    found = link.results(count)
    assert len(found) == count and {len(one) for one in found.values()} == {67}
    link.close()


def test_connections_without_hello(t):
    """They take no gateway's place for long, nor does one that begins a frame alone."""
    stub = t.simulator()
    gateway = ready(t, stub)
    begun = hostile.connect(stub)
    begun.sendall(uavtest.delimit(channel.ToSimulator(hello={"protocol": 1, "gateway": "begun"})) + b"\x7f")
    crowd = [hostile.connect(stub) for _ in range(254)]
    surplus = hostile.connect(stub)
    assert surplus.recv(1) == b""
    stub.wait_event("gateway_turned_away")
    for sock in crowd:
        assert sock.recv(1) == b""
    stub.wait_event("connection_closed", why="no hello came")
    stub.wait_event("gateway_disconnected", gateway="begun", why="the rest of a frame did not come")
    for sock in (begun, surplus, *crowd):
        sock.close()
    one, _ = members(t, gateway, "uav1", "uav2")
    assert outcomes_of(one.tell(None, b"x")) == {"uav2": "DELIVERED"}


if __name__ == "__main__":
    uavtest.run()
